"""What is noted, and where. That everything is noted, with EasyBuild at work: tests/e2e/test_facts.py."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from eessi_stack import signature
from eessi_stack.eb.recorder import Frame, Recorder


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setenv("FOO", "1")
    monkeypatch.delenv("BAR", raising=False)
    return Recorder(str(tmp_path / "scratch"))


def test_what_is_read_is_noted_in_the_frame_that_is_open(recorder: Recorder) -> None:
    recorder.read_variable("FOO", "1")
    with recorder.frame("one") as one:
        recorder.read_variable("FOO", "1")
        with recorder.frame("two") as two:
            recorder.read_variable("BAR", None)
            recorder.looked_up("Lib")
        recorder.read_file("/nowhere/file")
    recorder.read_file("/nowhere/other")
    assert one == Frame(environment={"FOO": "1"}, files={"/nowhere/file": ()}, uses={"two": None})
    assert two == Frame(environment={"BAR": None}, lookups={"Lib": None})
    assert recorder.frames == {"one": one, "two": two}


def test_what_is_kept_is_used_each_time_and_computed_once(recorder: Recorder) -> None:
    with recorder.frame("kept"):
        recorder.read_variable("FOO", "1")
    with recorder.frame("user") as user, recorder.frame("kept") as kept:
        recorder.read_variable("BAR", None)
    assert user.uses == {"kept": None}
    assert kept.environment == {"FOO": "1", "BAR": None}


def test_a_frame_ends_with_an_error_too(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="bad"), recorder.frame("one"):
        raise ValueError("bad")
    recorder.read_variable("FOO", "1")
    assert recorder.frames["one"] == Frame()


@pytest.mark.parametrize("name", ["session", "names", "one"])
def test_nobody_uses_the_session_the_names_or_itself(recorder: Recorder, name: str) -> None:
    with recorder.frame("one") as frame, recorder.frame(name):
        pass
    assert frame.uses == {}


@pytest.mark.parametrize(
    ("name", "value", "noted"),
    [
        ("FOO", "1", True),
        ("FOO", "2", False),  # set by EasyBuild since
        ("FOO", None, False),  # removed by EasyBuild since
        ("BAR", None, True),
        ("BAR", "1", False),
        ("FANCYLOGGER_GETLOGGER_DEBUG", None, False),
        ("PYTHON_VERSION", None, True),
        ("TERM", None, "TERM" not in os.environ),
    ],
)
def test_variables_that_are_an_input(recorder: Recorder, name: str, value: str | None, *, noted: bool) -> None:
    with recorder.frame("one") as frame:
        recorder.read_variable(name, value)
    assert (name in frame.environment) is noted


def test_variables_that_easybuild_is_given_are_an_input(recorder: Recorder) -> None:
    recorder.give({"FOO": None, "BAR": "2"})
    assert ("FOO" in os.environ, os.environ["BAR"]) == (False, "2")
    with recorder.frame("one") as frame:
        recorder.read_variable("FOO", None)
        recorder.read_variable("BAR", "2")
    assert frame.environment == {"FOO": None, "BAR": "2"}
    recorder.give({"BAR": None, "BAZ": None})
    assert "BAR" not in os.environ


@pytest.fixture
def read(recorder: Recorder) -> Iterator[Frame]:
    with recorder.frame("one") as frame:
        yield frame


def test_a_file_is_noted_as_it_was_first_seen(recorder: Recorder, read: Frame, tmp_path: Path) -> None:
    path = tmp_path / "file"
    recorder.read_file(str(path))
    path.write_text("")
    recorder.read_file(str(path))
    assert read.files == {str(path): ()}
    assert read.young == set()


@pytest.mark.parametrize("coarse", [0, 10**18])
def test_a_file_may_be_too_young_to_be_relied_on(
    recorder: Recorder, read: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coarse: int
) -> None:
    monkeypatch.setattr(signature, "_COARSE", coarse)
    path = tmp_path / "file"
    path.write_text("")
    recorder.read_file(path)
    assert read.files == {str(path): signature.signature(str(path))}
    assert read.young == ({str(path)} if coarse else set())


@pytest.mark.parametrize("path", [b"/nowhere/file", Path("/nowhere/file"), "/nowhere/./x/../file"])
def test_however_a_file_is_called(recorder: Recorder, read: Frame, path: object) -> None:
    recorder.read_file(path)
    assert (list(read.files), read.volatile) == (["/nowhere/file"], False)


@pytest.mark.parametrize("path", [3, "/dev/null", "/proc/cpuinfo", "<string>"])
def test_what_is_no_input(recorder: Recorder, read: Frame, path: object) -> None:
    recorder.read_file(path)
    assert read == Frame()


def test_what_easybuild_writes_for_itself_is_no_input(recorder: Recorder, read: Frame, tmp_path: Path) -> None:
    for name in ("scratch", "scratch/eb/file"):
        recorder.read_file(str(tmp_path / name))
    assert read == Frame()
    recorder.read_file(str(tmp_path / "scratch2"))
    assert read.files


@pytest.mark.parametrize("path", ["here", None, "/proc/meminfo", "/sys/x", "/dev/urandom"])
def test_what_depends_on_where_or_when_it_is_read_is_never_believed(
    recorder: Recorder, read: Frame, path: object
) -> None:
    recorder.read_file(path)
    assert read.volatile


def test_that_a_folder_is_there_is_not_what_is_in_it(recorder: Recorder, read: Frame, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    recorder.read_file(str(tmp_path), content=False)
    recorder.read_file(str(tmp_path / "file"), content=False)
    assert list(read.files) == [f"{tmp_path}/", f"{tmp_path}/file"]


def test_a_link_to_nothing_is_told_by_its_folder(recorder: Recorder, read: Frame, tmp_path: Path) -> None:
    recorder._read_folder_of(str(tmp_path / "gone"))
    recorder._read_folder_of(str(tmp_path))
    assert list(read.files) == [str(tmp_path)]


# ------------------------------------------------------------------------------------------------ the environment


@pytest.mark.parametrize(
    ("name", "noted"), [("FOO", {"FOO": "1"}), (b"FOO", {"FOO": "1"}), ("BAR", {"BAR": None}), (7, {})]
)
def test_a_variable_is_noted_however_it_is_asked_for(
    recorder: Recorder, read: Frame, name: object, noted: dict[str, str | None]
) -> None:
    def look(environ: Mapping[Any, Any], name: Any) -> Any:  # noqa: ANN401
        return environ[name]

    ask = recorder._noting(look, look)
    values = {"FOO": "1", b"FOO": b"1", 7: "seven"}
    if name in values:
        assert ask(values, name) == values[name]
    else:
        with pytest.raises(KeyError):
            ask(values, name)
    assert read.environment == noted


def test_who_looks_at_all_variables_depends_on_all(recorder: Recorder) -> None:
    iterate = recorder._noting_all(iter)
    assert list(iterate(["FOO"])) == ["FOO"]
    with recorder.frame("one") as frame:
        iterate([])
    assert frame.volatile


# ------------------------------------------------------------------------------------------------ frames


@pytest.fixture
def chain(recorder: Recorder) -> Recorder:
    """one uses two uses three; other uses nothing."""
    with recorder.frame("one"), recorder.frame("two"), recorder.frame("three"):
        pass
    for name in ("other", "session", "names"):
        with recorder.frame(name):
            pass
    return recorder


@pytest.mark.parametrize(
    ("dropped", "gone"),
    [
        (["three"], {"one", "two", "three"}),
        (["one"], {"one"}),
        (["other", "two"], {"other", "one", "two"}),
        (["session", "names"], set()),
        ([], set()),
    ],
)
def test_what_is_dropped_goes_with_all_that_uses_it(chain: Recorder, dropped: list[str], gone: set[str]) -> None:
    before = set(chain.frames)
    assert chain.drop(dropped) == gone
    assert set(chain.frames) == before - gone


def test_a_session_outlives_what_it_used(chain: Recorder) -> None:
    chain.frames["session"].uses["three"] = None
    chain.drop(["three"])
    assert "session" in chain.frames
    assert chain.closure("session") == {"session"}


def test_all_that_a_frame_uses(chain: Recorder) -> None:
    chain.frames["three"].uses["one"] = None
    assert chain.closure("one") == chain.closure("three") == {"one", "two", "three"}
    assert chain.closure("other") == {"other"}


# ------------------------------------------------------------------------------------------------ who asks


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["<string>"], True),
        (["<frozen genericpath>", "<string>"], True),
        (["<frozen os>", os.__file__, "/site/hooks.py", "/own/easybuild/main.py"], True),
        (["<frozen genericpath>", "/own/easybuild/main.py", "<string>"], False),
        ([os.__file__], False),
    ],
)
def test_who_looks_is_who_is_nearest_apart_from_python(recorder: Recorder, files: list[str], *, expected: bool) -> None:
    class Code:
        def __init__(self, name: str) -> None:
            self.co_filename = name

    class Caller:
        def __init__(self, name: str, back: "Caller | None") -> None:
            self.f_code, self.f_back = Code(name), back

    recorder._own_code = ("/own/",)
    caller: Caller | None = None
    for name in reversed(files):
        caller = Caller(name, caller)
    assert recorder._is_asked_by_others(caller) is expected


def test_code_that_was_installed_is_not_an_input_where_somebody_reads_it(recorder: Recorder) -> None:
    with recorder.frame("one") as frame:
        recorder._opened(os.__file__)
        recorder._opened("/nowhere/hooks.py")
        recorder._opened(f"{os.__file__}.txt")
    assert list(frame.files) == ["/nowhere/hooks.py", f"{os.__file__}.txt"]


def test_what_is_read_while_a_module_is_imported_counts_for_the_session(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(Recorder, "current", recorder, raising=False)
    (tmp_path / "imported_by_a_test.py").write_text(
        "from eessi_stack.eb.recorder import Recorder\nRecorder.current.read_variable('FOO', '1')\n"
    )
    with recorder.frame("session") as session, recorder.frame("one") as frame:
        __import__("imported_by_a_test")
        recorder.read_variable("BAR", None)
    assert session.environment == {"FOO": "1"}
    assert frame.environment == {"BAR": None}


@pytest.mark.parametrize(
    ("name", "variables", "volatile"),
    [
        ("time", {}, True),
        ("os", {}, False),
        ("os.path", {}, False),
        ("easybuild.tools", {}, False),
        ("time", {"__file__": "/a/module.py"}, False),
        ("time", None, False),  # by this test
    ],
)
def test_an_easyconfig_that_imports_who_knows_what_is_never_believed(
    recorder: Recorder, name: str, variables: dict[str, str] | None, *, volatile: bool
) -> None:
    importing = recorder._importing(lambda *_: None)
    importing(name, variables)
    with recorder.frame("one") as frame:
        importing(name, variables)
    assert frame.volatile is volatile


@pytest.mark.parametrize("event", ["subprocess.Popen", "os.system", "socket.connect", "os.fork"])
def test_who_asks_a_program_is_never_believed(recorder: Recorder, event: str) -> None:
    audit = recorder._auditing()
    audit(event, ())
    with recorder.frame("one") as frame:
        audit("compile", ())
        assert not frame.volatile
        audit(event, ())
    assert frame.volatile


@pytest.mark.parametrize("event", ["open", "os.listdir", "os.scandir"])
def test_what_is_opened_is_noted(recorder: Recorder, event: str) -> None:
    audit = recorder._auditing()
    with recorder.frame("one") as frame:
        audit(event, ("/nowhere/file", "r", 0))
    assert list(frame.files) == ["/nowhere/file"]
