"""One run of a plan: what is built under which mark, what is told and recorded. EasyBuild is played by a function."""

import fcntl
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eessi_stack import install, intent, journal, schedule
from eessi_stack.eb.builder import Stop
from eessi_stack.eb.installation import Installation
from eessi_stack.eb.rebuild import Rebuild
from eessi_stack.install import Run, budget_of
from eessi_stack.model import Action, Outcome, Package, Plan, Result, Step, Target
from eessi_stack.schedule import Budget, Weight

Play = Callable[[Step, intent.Owner], Result]
TWO = Budget(jobs=2, cores=2)


def write(path: Path, text: str = "old") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@dataclass
class FakeSession:
    """Plays a session: who owns the mark is told to the play."""

    logs: Path
    play: Play
    stop: Stop = field(default_factory=Stop)
    easybuild_version: str = "5.4.1"
    built: list[str] = field(default_factory=list)

    def log_of(self, step: Step) -> Path:
        return self.logs / step.package.module.replace("/", "-")

    def build(self, step: Step, cores: int, lock: int, phase: Callable[[str], None]) -> Outcome:
        module = step.package.module
        assert intent.marks(step.prefix).get(module, True), "it is held while it is built"
        os.fstat(lock)
        phase("building")
        self.built.append(module)
        result = self.play(step, intent.owners(step.prefix)[module])
        return Outcome(step=step, result=result, seconds=1.0, cores=cores)


class Told:
    """Notes what it is told, and in which thread."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.threads: set[int] = set()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(*what: object) -> None:
            self.threads.add(threading.get_ident())
            if name != "tick":
                words = [str(getattr(getattr(one, "package", one), "module", one)) for one in what]
                self.said.append(" ".join([name, *words[:2]]))

        return note


class World:
    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.told = Told()

    def step(self, module: str, action: Action = Action.INSTALL, needs: str = "") -> Step:
        package = Package(module=module, recipe=f"/r/{module}", dependencies=tuple(needs.split()))
        return Step(package=package, action=action, reason="new", prefix=self.prefix)

    def install(self, module: str = "A/1", word: str = "old") -> Installation:
        write(self.prefix / "software" / module / "bin/a", word)
        write(self.prefix / "modules/all" / f"{module}.lua", word)
        return Installation(prefix=self.prefix, module=module)

    def run(self, *steps: Step, play: Play | None = None, lacking: dict[str, tuple[str, ...]] | None = None) -> Run:
        def builds(step: Step, _: intent.Owner) -> Result:
            self.install(step.package.module, "new")
            return Result.BUILT

        self.session = FakeSession(logs=self.prefix / "logs" / "run-1", play=play or builds)
        plan = Plan(target=Target(cpu="x86_64/generic"), steps=steps)
        return Run(plan, self.session, self.told, lacking or {})  # type: ignore[arg-type]

    def through(self, run: Run) -> dict[str, Outcome]:
        weights = {step.package.module: Weight() for step in run._plan.steps}
        return {one.step.package.module: one for one in run.through(TWO, weights)}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("_TICK", "_RETRY"):
        monkeypatch.setattr(schedule, name, 0.01)
    return World(tmp_path)


def test_a_run_is_told_in_one_thread_and_recorded(world: World) -> None:
    found = world.through(world.run(world.step("A/1"), world.step("B/1", needs="A/1")))
    assert [one.result for one in found.values()] == [Result.BUILT] * 2
    assert [line for line in world.told.said if line.startswith("started")] == ["started A/1 2", "started B/1 2"]
    assert "phase A/1 building" in world.told.said
    assert world.told.threads == {threading.get_ident()}
    events = journal.events(world.prefix)
    assert [event["event"] for event in events] == [
        "run-started",
        "step-started",
        "step-ended",
        "step-started",
        "step-ended",
        "run-ended",
    ]
    assert {event["run"] for event in events} == {"run-1"}
    assert (events[0]["steps"], events[0]["cores"], events[0]["easybuild"]) == (2, 2, "5.4.1")
    assert events[-1]["results"] == {"built": 2}
    assert intent.owners(world.prefix) == {}


def test_what_another_run_built_meanwhile_is_not_built(world: World) -> None:
    run = world.run(world.step("A/1"))
    world.install("A/1")
    assert world.through(run)["A/1"].result is Result.PRESENT
    assert world.session.built == []


@pytest.mark.parametrize("action", [Action.REBUILD, Action.REPAIR])
def test_what_is_there_is_built_again_unless_another_run_has_done_it_since(world: World, action: Action) -> None:
    module_file = world.install("A/1").module_file
    assert module_file
    os.utime(module_file, (1000, 1000))
    assert world.through(world.run(world.step("A/1", action)))["A/1"].result is Result.BUILT
    run = world.run(world.step("A/1", action))
    os.utime(module_file, (run._began + 5, run._began + 5))
    assert world.through(run)["A/1"].result is Result.PRESENT


@pytest.mark.parametrize(
    ("action", "there", "rebuild"),
    [
        (Action.REBUILD, True, True),
        (Action.REBUILD, False, False),
        (Action.REPAIR, True, False),
        (Action.INSTALL, False, False),
    ],
)
def test_the_mark_says_whether_something_is_to_be_kept(
    world: World, action: Action, *, there: bool, rebuild: bool
) -> None:
    if there:
        module_file = world.install("A/1").module_file
        assert module_file
        os.utime(module_file, (1000, 1000))
    seen: list[intent.Owner] = []

    def look(_: Step, owner: intent.Owner) -> Result:
        seen.append(owner)
        return Result.FAILED

    world.through(world.run(world.step("A/1", action), play=look))
    assert [(owner.rebuild, owner.pid) for owner in seen] == [(rebuild, os.getpid())]


def is_cut_off(world: World, *, rebuild: bool) -> Installation:
    one = world.install("A/1")
    with pytest.raises(KeyError), intent.hold(world.prefix, "A/1") as mark:  # noqa: PT012
        intent.own(mark, rebuild=rebuild)
        if rebuild:
            Rebuild(installation=one).set_aside()
        write(one.folder / "bin/a", "half")
        raise KeyError
    return one


def test_what_a_killed_build_left_is_taken_away_before_it_is_built(world: World) -> None:
    one = is_cut_off(world, rebuild=False)

    def look(_: Step, __: intent.Owner) -> Result:
        assert not one.folder.exists()
        assert one.module_file is None
        return Result.BUILT

    assert world.through(world.run(world.step("A/1", Action.REPAIR), play=look))["A/1"].result is Result.BUILT
    assert intent.owners(world.prefix) == {}


def test_what_a_killed_rebuild_took_away_is_put_back(world: World) -> None:
    one = is_cut_off(world, rebuild=True)
    found = world.through(world.run(world.step("A/1")))
    assert (found["A/1"].result, found["A/1"].cause) == (Result.PRESENT, "put back")
    assert (one.folder / "bin/a").read_text() == "old"
    assert intent.owners(world.prefix) == {}


def test_a_rebuild_that_was_cut_off_is_done_again_from_the_old_one(world: World) -> None:
    one = is_cut_off(world, rebuild=True)

    def look(_: Step, owner: intent.Owner) -> Result:
        assert owner.rebuild
        assert (one.folder / "bin/a").read_text() == "old"
        return Result.FAILED

    assert world.through(world.run(world.step("A/1", Action.REBUILD), play=look))["A/1"].result is Result.FAILED
    assert one.is_there


def test_another_run_is_waited_for_and_named_once(world: World) -> None:
    is_cut_off(world, rebuild=False)
    (path,) = (world.prefix / intent.FOLDER).iterdir()
    other = os.open(path, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    threading.Timer(0.2, os.close, [other]).start()
    assert world.through(world.run(world.step("A/1", Action.REPAIR)))["A/1"].result is Result.BUILT
    (note,) = [line for line in world.told.said if line.startswith("note")]
    assert note.startswith(f"note A/1 is being built by process {os.getpid()} on ")


def test_what_lacks_a_source_is_not_begun_and_skips_what_needs_it(world: World) -> None:
    steps = (world.step("A/1"), world.step("B/1", needs="A/1"), world.step("C/1"))
    found = world.through(world.run(*steps, lacking={"A/1": ("HTTP 404",)}))
    assert {module: one.result.value for module, one in found.items()} == {
        "A/1": "failed",
        "B/1": "skipped",
        "C/1": "built",
    }
    assert world.session.built == ["C/1"]


def test_a_system_s_error_is_an_outcome_and_the_mark_stays(world: World) -> None:
    def full(_: Step, __: intent.Owner) -> Result:
        raise OSError(28, "No space left on device")

    found = world.through(world.run(world.step("A/1"), world.step("B/1"), play=full))
    assert {one.result for one in found.values()} == {Result.FAILED}
    assert all("No space left" in one.cause for one in found.values())
    assert intent.marks(world.prefix) == {"A/1": False, "B/1": False}


@pytest.mark.parametrize("where", ["build", "reporter"])
def test_a_bug_ends_the_other_builds_and_the_run(world: World, where: str) -> None:
    both = threading.Barrier(2, timeout=20)

    def play(step: Step, _: intent.Owner) -> Result:
        both.wait()
        if step.package.module == "B/1":
            assert world.session.stop.asked.wait(20), "it would be waited for"
            return Result.INTERRUPTED
        if where == "build":
            raise ZeroDivisionError
        return Result.BUILT

    run = world.run(world.step("A/1"), world.step("B/1"), play=play)
    if where == "reporter":

        def broken(_: Outcome) -> None:
            raise ZeroDivisionError

        setattr(world.told, "ended", broken)  # noqa: B010 (it has no such method of its own)
    with pytest.raises(ZeroDivisionError):
        world.through(run)
    assert world.session.stop.asked.is_set()
    assert journal.events(world.prefix)[-1]["event"] == "run-ended"


def test_one_interrupt_asks_and_a_second_one_ends_at_once() -> None:
    stop, told = Stop(), []
    before = signal.getsignal(signal.SIGTERM)
    with install._signals(stop, lambda: told.append(1)):
        os.kill(os.getpid(), signal.SIGTERM)
        assert (stop.asked.is_set(), stop.at_once.is_set()) == (True, False)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.at_once.is_set()
    assert told == [1]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_budget_is_what_the_settings_say() -> None:
    from eessi_stack.config import load

    settings = load({"repo": "/r", "cores": "6", "jobs": "3", "memory": "4G"}, {})
    assert budget_of(settings) == Budget(jobs=3, cores=6, memory=4 << 30)


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under `nohup`
    try:
        with install._signals(Stop(), lambda: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
