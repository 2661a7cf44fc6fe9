from pathlib import Path

import pytest

from eessi_stack.config import load, shipped
from eessi_stack.errors import ExitCode, StackError, StackErrors


def config(folder: Path, text: str) -> Path:
    path = folder / "eessi-stack.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> StackError:
    with pytest.raises(StackError) as caught:
        load({}, {}, path)
    assert caught.value.exit_code is ExitCode.USAGE
    assert str(path) in caught.value.message
    return caught.value


def test_a_file_is_the_weakest_place(tmp_path: Path) -> None:
    path = config(tmp_path, 'repo = "/file"\ncores = 3\neessi-version = "2023.06"\naccel = "nvidia/cc80"\n')
    got = load({"repo": "/flag"}, {"EESSI_STACK_CORES": "2"}, path)
    assert (got.repo, got.cores, got.eessi_version) == (Path("/flag"), 2, "2023.06")
    assert got.origins["repo"] == "--repo"
    assert got.origins["cores"] == "$EESSI_STACK_CORES"
    assert got.origins["accel"] == str(path)


def test_lists(tmp_path: Path) -> None:
    text = 'target = ["x86_64/generic", "aarch64/generic"]\nrobot-paths = ["/a", "/b"]\nfilter-deps = "zlib,XZ"\n'
    got = load({}, {}, config(tmp_path, text))
    assert got.targets == ("x86_64/generic", "aarch64/generic")
    assert got.robot_paths == (Path("/a"), Path("/b"))
    assert got.filter_deps == ("zlib", "XZ")


@pytest.mark.parametrize("line", ["eessi-version = 2025.10", "repo = true", "repo = {a = 1}", "target = [1.5]"])
def test_what_is_no_text_is_not_guessed_at(tmp_path: Path, line: str) -> None:
    error = refused(config(tmp_path, line))
    assert error.reference == "config-value"
    assert f": {line.partition(' ')[0]}: " in error.message


def test_a_misspelt_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = config(tmp_path, "core = 3\nxyzzy = 3\n")
    with pytest.raises(StackErrors) as caught:
        load({}, {}, path)
    assert caught.value.exit_code is ExitCode.USAGE
    one, other = caught.value.errors
    assert (one.reference, one.message, one.hint) == (
        "config-key",
        f"{path}: unknown setting `core`",
        "did you mean `cores`?",
    )
    assert "known: repo, " in other.hint


def test_a_misspelt_variable_is_named_with_the_nearest() -> None:
    with pytest.raises(StackErrors) as caught:
        load({}, {"EESSI_STACK_TARGT": "x86_64/generic", "EESSI_STACK_CORES": "2", "EESSI_VERSION": "2023.06"})
    assert [(one.message, one.hint) for one in caught.value.errors] == [
        ("$EESSI_STACK_TARGT: no such setting", "did you mean `EESSI_STACK_TARGET`?")
    ]


@pytest.mark.parametrize("text", ["cores = \n", "cores 3\n", "a = '\N{SNOWMAN}"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(config(tmp_path, text)).reference == "config-file"


def test_what_is_no_text_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eessi-stack.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert refused(path).reference == "config-file"


def test_a_file_that_is_not_there_is_refused_when_it_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert refused(path).reference == "config-file"
    with pytest.raises(StackError, match="cannot be read"):
        load({}, {"EESSI_STACK_CONFIG": str(path)})


def test_the_variable_and_the_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for folder in (here, home / "eessi-stack"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    environ = {"XDG_CONFIG_HOME": str(home), "EESSI_STACK_REPO": "/repo"}
    assert load({}, environ).origins["cores"] == "default"
    config(home / "eessi-stack", "cores = 1")
    assert load({}, environ).cores == 1
    config(here, "cores = 2")
    assert load({}, environ).cores == 2
    named = config(tmp_path, "cores = 3")
    assert load({}, environ | {"EESSI_STACK_CONFIG": str(named)}).cores == 3


@pytest.mark.parametrize(("name", "holds"), [("hooks", "eb_hooks.py"), ("easystacks", "2023.04.yml")])
def test_what_is_shipped_is_there(name: str, holds: str) -> None:
    assert (shipped(name) / holds).is_file()
