from pathlib import Path

import pytest
from eessi_hooks.compat import binutils, expand, libbfd


def folder(eprefix: Path, version: str, lib: str = "lib64") -> Path:
    path = eprefix / "usr" / lib / "binutils" / "x86_64-pc-linux-gnu" / version
    (path / "include").mkdir(parents=True)
    (path / "libbfd.so").touch()
    return path


def test_the_newest_binutils_is_taken(tmp_path: Path) -> None:
    folder(tmp_path, "2.9")
    folder(tmp_path, "2.40")
    newest = folder(tmp_path, "2.41")
    folder(tmp_path, "2.41", "lib")
    assert binutils(str(tmp_path)) == str(newest)
    assert libbfd(str(tmp_path)) == str(newest / "libbfd.so")
    text = "-I{binutils}/include {libbfd} {eprefix}/usr ${EBROOTGMP:?} %(start_dir)s"
    expected = f"-I{newest}/include {newest}/libbfd.so {tmp_path}/usr ${{EBROOTGMP:?}} %(start_dir)s"
    assert expand(text, str(tmp_path)) == expected


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no binutils in"):
        binutils(str(tmp_path))
    (folder(tmp_path, "2.41") / "libbfd.so").unlink()
    with pytest.raises(LookupError, match=r"has no libbfd\.so"):
        libbfd(str(tmp_path))


def test_without_a_compatibility_layer_there_is_nothing_to_fill_in() -> None:
    assert expand("{eprefix} {binutils}", None) == "{eprefix} {binutils}"
