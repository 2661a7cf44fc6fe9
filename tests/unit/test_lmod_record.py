import os
from pathlib import Path

import pytest

from eessi_stack.lmod import record
from eessi_stack.lmod.spider import scan


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    for name in ("A/1.lua", "B/1.lua"):
        path = tmp_path / "all" / name
        path.parent.mkdir(parents=True)
        path.write_text("help([[x]])\n")
    return tmp_path / "all"


@pytest.fixture
def cache(tmp_path: Path, layer: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "spiderT.lua").write_text("what Lmod knows")
    record.save(folder, record.made_of({layer: scan(layer)}))
    return folder


def changed(cache: Path, layer: Path) -> tuple[str, ...]:
    return record.changed(cache, cache / "spiderT.lua", {layer: scan(layer)})


def test_what_is_the_same(cache: Path, layer: Path) -> None:
    os.utime(layer / "A" / "1.lua", (1, 1))
    os.utime(layer / "B" / "1.lua")
    assert changed(cache, layer) == ()
    assert (cache / "modules.json").stat().st_mode & 0o777 == 0o644


def test_other_content_of_the_same_size_and_time(cache: Path, layer: Path) -> None:
    path = layer / "A" / "1.lua"
    before = path.stat()
    path.write_text("help([[y]])\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed(cache, layer) == ("A/1",)


def test_what_says_more_came_and_went(cache: Path, layer: Path) -> None:
    (layer / "A" / ".modulerc.lua").write_text("x")
    assert changed(cache, layer) == ("A/.modulerc",)
    record.save(cache, record.made_of({layer: scan(layer)}))
    assert changed(cache, layer) == ()
    (layer / "A" / ".modulerc.lua").unlink()
    assert changed(cache, layer) == ("A/.modulerc",)


def test_another_default_of_the_same_content_is_a_change(cache: Path, layer: Path) -> None:
    (layer / "A" / "2.lua").write_bytes((layer / "A" / "1.lua").read_bytes())
    default = layer / "A" / "default"
    default.symlink_to("1.lua")
    record.save(cache, record.made_of({layer: scan(layer)}))
    assert changed(cache, layer) == ()
    default.unlink()
    default.symlink_to("2.lua")
    assert changed(cache, layer) == ("A/default",)


def test_a_record_of_another_cache_is_not_believed(cache: Path, layer: Path) -> None:
    (cache / "spiderT.lua").write_text("somebody else's")
    os.utime(layer / "A" / "1.lua", (1, 1))
    later = (cache / "spiderT.lua").stat().st_mtime + 5
    os.utime(layer / "B" / "1.lua", (later, later))
    assert changed(cache, layer) == ("B/1",)
