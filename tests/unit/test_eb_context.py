"""What all facts of a store rest on."""

import sys
from pathlib import Path

import pytest

from eessi_stack.eb import context

OURS = Path("/hooks/eb_hooks.py")
ENVIRONMENT = {
    "EASYBUILD_HOOKS": str(OURS),
    "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "8.0",
    "EESSI_SOFTWARE_SUBDIR": "x86_64/generic",
    "EPREFIX": "/compat",
    "HOME": "/home/me",
    "FOO": "1",
    "PATH": "/nowhere",
}


def key(*, family: str = "x86_64", **changes: str | None) -> str:
    environment = {name: value for name, value in {**ENVIRONMENT, **changes}.items() if value is not None}
    return context.key(family, environment, OURS)


def test_the_same_is_the_same() -> None:
    assert key() == key()
    assert context.key("x86_64", dict(reversed(ENVIRONMENT.items())), OURS) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"family": "aarch64"},
        {"EASYBUILD_FILTER_DEPS": "zlib"},
        {"EASYBUILD_HOOKS": None},
        {"EASYBUILD_HOOKS": "/other.py"},
        {"HOME": "/home/you"},
        {"PYTHONPATH": "/python"},
    ],
)
def test_what_counts_for_all_facts(changes: dict[str, str]) -> None:
    assert key(**changes) != key()


@pytest.mark.parametrize(
    "changes",
    [
        {"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3"},
        {"EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc80"},
        {"EPREFIX": None},
        {"EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "9.0a"},
        {"EASYBUILD_AMDGCN_CAPABILITIES": "gfx90a"},
        {"FOO": "2"},
        {"FOO": None},
    ],
)
def test_what_is_noted_with_what_read_it(changes: dict[str, str]) -> None:
    assert key(**changes) == key()


@pytest.mark.parametrize("changes", [{"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3"}, {"EPREFIX": None}])
def test_hooks_of_others_may_have_read_anything(changes: dict[str, str]) -> None:
    assert key(EASYBUILD_HOOKS="/other.py", **changes) != key(EASYBUILD_HOOKS="/other.py")
    assert key(EASYBUILD_HOOKS=None, **changes) != key(EASYBUILD_HOOKS=None)


def test_an_interpreter_with_other_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr(sys, "path", ["/some/script", *sys.path[1:]])
    assert key() == before
    monkeypatch.setattr(sys, "path", [*sys.path, "/from/a/pth/file"])
    assert key() != before
    monkeypatch.undo()
    monkeypatch.setattr(sys, "version", "3.99")
    assert key() != before


def test_the_files_that_are_included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.py").write_text("")
    patterns = ["/nowhere/*.py", f"{tmp_path}/*.py"]

    def included() -> str:
        return key(EASYBUILD_INCLUDE_EASYBLOCKS=",".join(patterns))

    before = included()
    (tmp_path / "two.txt").write_text("")
    assert included() == before
    (tmp_path / "two.py").write_text("")
    assert included() != before
    monkeypatch.setenv("HOME", str(tmp_path))
    patterns = ["~/*.py"]
    before = included()
    (tmp_path / "three.py").write_text("")
    assert included() != before


def test_paths_that_are_relative_depend_on_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name / "blocks").mkdir(parents=True)
        (tmp_path / name / "blocks" / "block.py").write_text("")
        monkeypatch.chdir(tmp_path / name)
        found.append([key(), key(EASYBUILD_INCLUDE_EASYBLOCKS="/nowhere,blocks/*.py"), key(EASYBUILD_X="blocks")])
    assert [one == two for one, two in zip(*found, strict=True)] == [True, False, False]


def test_the_place_of_eb_is_where_its_easyconfigs_are(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "eb").write_text("")
        (tmp_path / name / "eb").chmod(0o755)
        found.append(key(PATH=f"/nowhere:{tmp_path / name}"))
    assert found[0] != found[1]
    assert key(PATH=f"/elsewhere:{tmp_path / 'one'}") == found[0]


def test_variables_that_are_no_text() -> None:
    assert key(EASYBUILD_X="caf\udce9") != key(EASYBUILD_X="caf\udcea")


def test_what_varies_from_target_to_target() -> None:
    assert context.varying(ENVIRONMENT) == {
        "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "8.0",
        "EASYBUILD_AMDGCN_CAPABILITIES": None,
        "EESSI_SOFTWARE_SUBDIR": "x86_64/generic",
        "EESSI_ACCELERATOR_TARGET": None,
        "EESSI_EPREFIX": None,
        "EPREFIX": "/compat",
    }
