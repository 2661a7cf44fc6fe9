"""What a build leaves behind, whichever way it ends. EasyBuild's process is played by a function."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from eessi_stack.eb import builder
from eessi_stack.eb.builder import Build, Ended, Stop, command, recover
from eessi_stack.eb.installation import Installation
from eessi_stack.model import Action, OptionValue, Outcome, Package, Request, Result, Step

FAILED = Ended(code=1, interrupted=False, timed_out=False, memory=5, memory_ran_out=False)
WELL = Ended(code=0, interrupted=False, timed_out=False, memory=7, memory_ran_out=False)
INTERRUPTED = Ended(code=143, interrupted=True, timed_out=False, memory=1, memory_ran_out=False)
#: What EasyBuild does: where it installs, where it writes module files; how it ends.
EasyBuild = Callable[[Path, Path], Ended]


def step(
    prefix: Path, module: str = "A/1.0", action: Action = Action.INSTALL, *options: tuple[str, OptionValue]
) -> Step:
    asked = (Request(easyconfig="A-1.0.eb", file="s.yml", line=1, options=options),) if options else ()
    package = Package(module=module, recipe="/r/A-1.0.eb", requests=asked)
    return Step(package=package, action=action, reason="", prefix=prefix)


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def install(prefix: Path, word: str = "old") -> Installation:
    write(prefix / "software/A/1.0/bin/a", word)
    write(prefix / "modules/all/A/1.0.lua", word)
    return Installation(prefix=prefix, module="A/1.0")


def installs(folder: Path, modules: Path) -> Ended:
    write(folder / "bin/a", "new")
    write(modules / "all/A/1.0.lua", "new")
    return WELL


def fails(folder: Path, modules: Path) -> Ended:
    """After the module file was written, as EasyBuild's sanity check does."""
    installs(folder, modules)
    return FAILED


def fails_early(folder: Path, modules: Path) -> Ended:  # noqa: ARG001
    return FAILED


def is_interrupted(folder: Path, modules: Path) -> Ended:
    installs(folder, modules)
    return INTERRUPTED


def writes_no_module(folder: Path, modules: Path) -> Ended:  # noqa: ARG001
    write(folder / "bin/a", "new")
    return WELL


def writes_zeros(folder: Path, modules: Path) -> Ended:
    installs(folder, modules)
    write(modules / "all/A/1.0.lua", "\0\0")
    return WELL


def crashes(folder: Path, modules: Path) -> Ended:
    installs(folder, modules)
    raise OSError(12, "Cannot allocate memory")


def build(  # noqa: PLR0913
    prefix: Path,
    monkeypatch: pytest.MonkeyPatch,
    easybuild: EasyBuild,
    action: Action = Action.INSTALL,
    *,
    bwrap: bool = False,
    said: str = "",
) -> Outcome:
    one = Installation(prefix=prefix, module="A/1.0")

    def run(job: Build, words: tuple[str, ...], environment: Mapping[str, str]) -> Ended:
        write(job.log, said)
        assert ("bwrap" in words) is bwrap
        folder = Path(words[words.index("--bind", 4) + 1]) if bwrap else one.folder
        return easybuild(folder, Path(environment.get("EASYBUILD_INSTALLPATH_MODULES", prefix / "modules")))

    monkeypatch.setattr(builder, "_run", run)
    monkeypatch.setattr(builder, "can_stage", lambda: bwrap)
    return builder.build(
        Build(
            step=step(prefix, action=action),
            environment={},
            log=prefix / "logs" / "log",
            cores=2,
            lock=0,
            phase=lambda _: None,
            stop=Stop(),
        )
    )


def words(prefix: Path) -> set[str]:
    """What directory and module file say."""
    files = [prefix / "software/A/1.0/bin/a", prefix / "modules/all/A/1.0.lua"]
    return {path.read_text() if path.exists() else "" for path in files}


@pytest.mark.parametrize(
    ("action", "more"), [(Action.INSTALL, ()), (Action.REPAIR, ("--rebuild",)), (Action.REBUILD, ("--rebuild",))]
)
def test_command(action: Action, more: tuple[str, ...]) -> None:
    start = (sys.executable, "-P", "-m", "easybuild.main", "/r/A-1.0.eb")
    assert command(step(Path("/p"), "A/1.0", action)) == (*start, *more)
    options = (("from-pr", 1), ("accept-eula-for", "CUDA"))
    assert command(step(Path("/p"), "A/1.0", action, *options)) == (*start, *more, "--accept-eula-for=CUDA")


def test_what_was_built_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = build(tmp_path, monkeypatch, installs)
    assert (outcome.result, outcome.exit_code, outcome.cores, outcome.memory) == (Result.BUILT, 0, 2, 7)
    assert outcome.log == str(tmp_path / "logs/log")
    assert (outcome.failure, outcome.cause) == (None, "")
    assert words(tmp_path) == {"new"}


@pytest.mark.parametrize(
    ("easybuild", "result"),
    [
        (fails, Result.FAILED),
        (fails_early, Result.FAILED),
        (writes_no_module, Result.FAILED),
        (writes_zeros, Result.FAILED),
        (is_interrupted, Result.INTERRUPTED),
    ],
)
def test_a_first_build_that_does_not_end_well_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, easybuild: EasyBuild, result: Result
) -> None:
    outcome = build(tmp_path, monkeypatch, easybuild)
    assert outcome.result is result
    assert outcome.failure
    assert words(tmp_path) == {""}


@pytest.mark.parametrize("bwrap", [False, True], ids=["in place", "beside"])
@pytest.mark.parametrize(
    ("easybuild", "result"),
    [
        (installs, Result.BUILT),
        (fails, Result.FAILED),
        (fails_early, Result.FAILED),
        (writes_no_module, Result.FAILED),
        (is_interrupted, Result.INTERRUPTED),
    ],
)
def test_a_rebuild_leaves_the_old_one_unless_the_new_one_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, easybuild: EasyBuild, result: Result, *, bwrap: bool
) -> None:
    one = install(tmp_path)
    outcome = build(tmp_path, monkeypatch, easybuild, Action.REBUILD, bwrap=bwrap)
    assert outcome.result is result
    assert words(tmp_path) == {"new" if result is Result.BUILT else "old"}
    assert [path.name for path in one.folder.parent.iterdir()] == ["1.0"]
    assert not list((tmp_path / ".eessi-stack").glob("*/*"))


@pytest.mark.parametrize("bwrap", [False, True], ids=["in place", "beside"])
def test_a_rebuild_that_raises_puts_back_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bwrap: bool
) -> None:
    install(tmp_path)
    with pytest.raises(OSError, match="Cannot allocate"):
        build(tmp_path, monkeypatch, crashes, Action.REBUILD, bwrap=bwrap)
    assert words(tmp_path) == {"old"}


def test_zeros_are_no_new_module_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bwrap in (False, True):
        install(tmp_path)
        assert build(tmp_path, monkeypatch, writes_zeros, Action.REBUILD, bwrap=bwrap).result is Result.FAILED
        assert words(tmp_path) == {"old"}


def test_a_rebuild_of_what_is_not_there_is_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(tmp_path, monkeypatch, installs, Action.REBUILD).result is Result.BUILT
    assert build(tmp_path / "other", monkeypatch, fails, Action.REBUILD).result is Result.FAILED
    assert words(tmp_path / "other") == {""}


@pytest.mark.parametrize("action", Action)
def test_another_easybuild_s_lock_is_named_and_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    one = install(tmp_path)
    one.lock.mkdir(parents=True)
    outcome = build(tmp_path, monkeypatch, crashes, action)
    assert outcome.result is Result.FAILED
    assert str(one.lock) in outcome.cause
    assert one.lock.is_dir()
    assert words(tmp_path) == {"old"}


@pytest.mark.parametrize(("action", "bwrap"), [(Action.INSTALL, False), (Action.REBUILD, True)])
def test_a_lock_taken_between_our_look_and_our_easybuild_s_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Action, *, bwrap: bool
) -> None:
    if action is Action.REBUILD:
        install(tmp_path)
    one = Installation(prefix=tmp_path, module="A/1.0")

    def locked_out(folder: Path, modules: Path) -> Ended:  # noqa: ARG001
        one.lock.mkdir(parents=True)
        return FAILED

    said = f"ERROR: Lock {one.lock} already exists, aborting!\n"
    assert build(tmp_path, monkeypatch, locked_out, action, bwrap=bwrap, said=said).result is Result.FAILED
    assert one.lock.is_dir()


@pytest.mark.parametrize("action", [Action.INSTALL, Action.REBUILD])
def test_a_lock_of_our_easybuild_s_own_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    one = install(tmp_path) if action is Action.REBUILD else Installation(prefix=tmp_path, module="A/1.0")

    def is_killed(folder: Path, modules: Path) -> Ended:
        one.lock.mkdir(parents=True)
        return fails(folder, modules)

    build(tmp_path, monkeypatch, is_killed, action)
    assert not one.lock.exists()


@pytest.mark.parametrize("rebuild", [False, True])
def test_what_was_cut_off_is_recovered_with_its_lock(tmp_path: Path, *, rebuild: bool) -> None:
    one = install(tmp_path)
    one.lock.mkdir(parents=True)
    assert not recover(one, rebuild=rebuild)
    assert words(tmp_path) == {"old" if rebuild else ""}
    assert not one.lock.exists(), "the next build would take it for another EasyBuild's"
