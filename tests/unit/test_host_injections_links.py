"""Links to the driver, in folders and through links as sites have them."""

import os
from pathlib import Path

import pytest

from eessi_stack.host_injections import links
from eessi_stack.host_injections.driver import Driver
from eessi_stack.model import Target, Tree

ZEN3 = Target(cpu="x86_64/amd/zen3")


def driver(folder: Path, version: str = "535.54.03") -> Driver:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("libcuda.so.1", f"libnvidia-tls.so.{version}"):
        (folder / name).touch()
    return Driver(libraries={path.name: path for path in folder.iterdir()}, version=version)


def tree(repo: Path, version: str = "2023.06") -> Tree:
    return Tree(repo=repo, version=version)


def test_linked_where_eessi_2023_06_looks(tmp_path: Path) -> None:
    repo, one = tree(tmp_path), driver(tmp_path / "lib")
    looked = tmp_path / "host_injections" / "2023.06" / "compat" / "linux" / "x86_64" / "lib"
    assert list(links.wrong(links.home(repo, ZEN3), one)) == [f"{looked} is not there"]
    links.link(links.home(repo, ZEN3), one)
    assert not list(links.wrong(links.home(repo, ZEN3), one))
    assert looked.resolve() == tmp_path / "host_injections" / "nvidia" / "x86_64" / "host"
    assert (looked / "libcuda.so").samefile(tmp_path / "lib" / "libcuda.so.1")
    assert (looked / links.CUDA_VERSION).read_text() == "12.2\n"


def test_another_driver_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    links.link(links.home(repo, ZEN3), driver(tmp_path / "old"))
    new = driver(tmp_path / "new", "550.54.14")
    assert list(links.wrong(links.home(repo, ZEN3), new)) == [
        "1 not linked, such as libnvidia-tls.so.550.54.14",
        "2 of another driver, such as libcuda.so",
        "linked for driver 535.54.03, and this is 550.54.14",
    ]
    links.link(links.home(repo, ZEN3), new)
    where = links.home(repo, ZEN3)
    assert not list(links.wrong(where, new))
    assert {path.name for path in where.folder.iterdir()} == {*new.links, links.DRIVER_VERSION, links.CUDA_VERSION}


def test_a_library_that_is_gone(tmp_path: Path) -> None:
    repo, one = tree(tmp_path), driver(tmp_path / "lib")
    links.link(links.home(repo, ZEN3), one)
    (tmp_path / "lib" / "libcuda.so.1").unlink()
    assert list(links.wrong(links.home(repo, ZEN3), Driver())) == ["2 links that lead nowhere, such as libcuda.so"]


def test_later_versions_have_a_link_in_the_compat_layer(tmp_path: Path) -> None:
    repo = tree(tmp_path, "2025.06")
    link = repo.compat(ZEN3) / "lib" / "nvidia"
    assert "no" in links.home(repo, ZEN3).problem
    link.parent.mkdir(parents=True)
    link.symlink_to(os.devnull)
    assert "EESSI_202506_NVIDIA_OVERRIDE" in links.home(repo, ZEN3).problem
    link.unlink()
    link.symlink_to(tmp_path / "site" / "nvidia")
    one = driver(tmp_path / "lib")
    links.link(links.home(repo, ZEN3), one)
    assert not list(links.wrong(links.home(repo, ZEN3), one))
    assert (tmp_path / "site" / "nvidia" / "libcuda.so.1").exists()
    assert link.is_symlink()


def test_a_link_takes_the_place_of_one_to_a_folder(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("a")
    links.put_link(tmp_path / "link", Path("b"))
    assert (tmp_path / "link").readlink() == Path("b")
    assert not list((tmp_path / "a").iterdir())


def test_what_an_admin_has_put_there_is_no_place_for_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        links.put_link(tmp_path / "folder", Path("elsewhere"))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_folders_are_for_all_whatever_the_umask(tmp_path: Path) -> None:
    (tmp_path / "variant").symlink_to(tmp_path / "opt" / "eessi")
    before = os.umask(0o077)
    try:
        links.make_folder(tmp_path / "variant" / "nvidia")
    finally:
        os.umask(before)
    made = (tmp_path / "opt", tmp_path / "opt" / "eessi", tmp_path / "opt" / "eessi" / "nvidia")
    assert [oct(path.stat().st_mode & 0o777) for path in made] == ["0o755"] * 3
