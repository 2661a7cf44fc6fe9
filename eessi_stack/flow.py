"""The flow, straight down: load → resolve → observe → compare → plan → build → record. No command-line logic here."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eessi_stack import cpuinfo, intent, inventory, journal, schedule, target
from eessi_stack.compare import compare
from eessi_stack.config import Settings, shipped
from eessi_stack.eb import builder, environment, facts, options, sources
from eessi_stack.eb.mirrors import Mirrors
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Comparison, Inventory, Outcome, Package, Plan, Result, Stack, Step, Target, Tree
from eessi_stack.plan import make_plan

#: The version that a tree without any gets when nobody names one.
DEFAULT_VERSION = "2023.06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Where one command works: the tree, the target in it, and how EasyBuild is configured for both."""

    settings: Settings
    tree: Tree
    target: Target
    runs: tuple[str, ...]  #: the targets that this machine can run, the best first
    compat: Path | None
    environment: Mapping[str, str]  #: of EasyBuild's processes
    notes: tuple[str, ...] = ()  #: what was chosen without being asked for

    @property
    def layers(self) -> tuple[Path, ...]:
        """The modules directories that a user of the target sees, the first one strongest."""
        return tuple(dict.fromkeys((self.tree.modules(self.target), self.tree.modules(self.target.cpu_only))))


class Reporter(Protocol):
    """Who is told what an install does while it does it."""

    def note(self, text: str) -> None: ...
    def planned(self, plan: Plan) -> None: ...
    def fetched(self, result: sources.Fetched) -> None: ...
    def started(self, step: Step) -> None: ...
    def phase(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...


def work(settings: Settings, stack: Stack | None = None) -> Work:
    """Find out where to work. StackError for settings that contradict the stack or name no known target."""
    tree = Tree(repo=settings.repo, version=_version(settings, stack))
    runs = target.compatible(cpuinfo.parse(cpuinfo.host_cpuinfo()))
    chosen, note = _target(settings, tree, runs)
    compat = tree.compat(chosen)
    has_compat = (compat / "usr").is_dir() or (compat / "lib").is_dir()
    site = options.Site(
        hooks=shipped("hooks") / "eb_hooks.py",
        robot_paths=settings.robot_paths,
        filter_deps=(*settings.filter_deps, *(stack.filter_deps if stack else ())),
        compat=compat if has_compat else None,
        user=environment.user_options(),
    )
    return Work(
        settings=settings,
        tree=tree,
        target=chosen,
        runs=runs,
        compat=site.compat,
        environment=environment.for_easybuild(
            options.locale(),
            options.configuration(tree, chosen, site),
            options.eessi_environment(tree, chosen, site.compat),
        ),
        notes=(note, *(() if has_compat else (f"no compat layer in {tree.root}: the host stands in for it",))),
    )


def _version(settings: Settings, stack: Stack | None) -> str:
    asked, declared = settings.eessi_version, stack.eessi_version if stack else None
    if asked and declared and asked != declared:
        raise StackError(
            "version-contradiction",
            f"the stack is for EESSI {declared}, but {settings.origins['eessi-version']} says {asked}",
            context=", ".join(stack.files) if stack else "",
            hint=f"use --eessi-version {declared}, or change `eessi-version` in the easystack's header",
        )
    return asked or declared or target.newest_version(settings.repo) or DEFAULT_VERSION


def _target(settings: Settings, tree: Tree, runs: Sequence[str]) -> tuple[Target, str]:
    """The target asked for; else the best one that the tree has for this CPU; else the CPU's own."""
    origin = settings.origins["target"]
    accelerator = settings.accelerator
    if accelerator:
        accelerator = target.check_accelerator(accelerator, settings.origins["accel"])
    if settings.targets:
        if len(settings.targets) > 1:
            raise StackError("target-several", "this command works on one target at a time", hint=f"see {origin}")
        cpu = target.check_cpu(settings.targets[0], origin)
        return Target(cpu=cpu, accelerator=accelerator), f"target {cpu}, from {origin}"
    existing = target.best_existing(tree, runs)
    why = "the best prefix in the tree for this CPU" if existing else "this CPU"
    cpu = existing or runs[0]
    return Target(cpu=cpu, accelerator=accelerator), f"target {cpu}: {why}"


def resolve(stack: Stack, place: Work) -> tuple[Package, ...]:
    return facts.resolve(stack.requests, place.target.family, place.environment)


def observe(place: Work) -> Inventory:
    marks: dict[str, bool] = {}
    for layer in place.layers:
        marks |= intent.marks(layer.parent.parent)
    return inventory.scan(place.layers, marks)


def missing(stack: Stack, place: Work, *, strict: bool = False) -> tuple[Comparison, tuple[Package, ...]]:
    """What of a stack is missing on the target, and the graph that says why."""
    packages = resolve(stack, place)
    comparison = compare(packages, observe(place), place.target, exclusions=stack.exclusions, strict=strict)
    return comparison, packages


def plan(stack: Stack, place: Work) -> tuple[Plan, Comparison]:
    seen = observe(place)
    comparison = compare(resolve(stack, place), seen, place.target, exclusions=stack.exclusions)
    return make_plan(comparison, seen, place.tree), comparison


def compared_again(before: Comparison, stack: Stack, place: Work) -> Comparison:
    """The same packages against what is there now: what proves an install."""
    packages = tuple(one.package for one in before.verdicts)
    return compare(packages, observe(place), place.target, exclusions=stack.exclusions)


def install(made: Plan, place: Work, reporter: Reporter) -> tuple[Outcome, ...]:
    """Run a plan: sources first, then one package after the other. Every outcome is reported and recorded."""
    if not made.steps:
        return ()
    if target.resolve_alias(place.target.cpu) not in place.runs:
        raise _cannot_run(place)
    run = _Install(place, reporter)
    reporter.planned(made)
    run.fetch(made)
    outcomes = []
    for outcome in schedule.run(made, run.build, run.started):
        journal.record(outcome.step.prefix, "step-ended", **journal.ended(outcome))
        reporter.ended(outcome)
        outcomes.append(outcome)
    return tuple(outcomes)


def _cannot_run(place: Work) -> StackError:
    return StackError(
        "target-foreign",
        f"this machine cannot run what is built for {place.target.cpu}",
        context=f"it can run {', '.join(place.runs)}",
        hint="build on a machine of that CPU; `missing` and `install --dry-run` answer for it here",
    )


class _Install:
    """One run of a plan."""

    def __init__(self, place: Work, reporter: Reporter) -> None:
        self.place = place
        self.reporter = reporter
        self.lmod = environment.find_lmod(place.settings.lmod, place.compat)
        self.logs = place.settings.work_dir / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self.unfetched: dict[str, tuple[str, ...]] = {}  #: module → why its sources cannot be had
        if self.lmod is None:
            raise StackError(
                "lmod-missing",
                "Lmod is not there, and EasyBuild needs it to build",
                context="looked for libexec/lmod in the compat layer and on the host",
                hint="install Lmod (Debian: `apt-get install lmod`), or name its command with --lmod",
                exit_code=ExitCode.UNDECIDED,
            )

    def fetch(self, made: Plan) -> None:
        """Have every source in place; a package whose sources cannot be had is not built."""
        packages = [step.package for step in made.steps]
        settings = self.place.settings
        own = {"EASYBUILD_SOURCEPATH": str(settings.sources)}
        wanted = sources.of_packages(packages, self.place.target.family, {**self.place.environment, **own})
        mirrors = Mirrors(settings.sources / ".mirrors")
        every = [file for one in wanted.values() for file in one.files]
        problems = {
            result.source.path: result.problems for result in sources.fetch(every, mirrors, self.reporter.fetched)
        }
        for module, one in wanted.items():
            why = [text for file in one.files for text in problems.get(file.path, ())]
            if one.error or why:
                self.unfetched[module] = (one.error, *why) if one.error else tuple(why)

    def started(self, step: Step) -> None:
        journal.record(step.prefix, "step-started", **journal.started(step))
        self.reporter.started(step)

    def build(self, step: Step) -> Outcome:
        module = step.package.module
        if module in self.unfetched:
            why = self.unfetched[module]
            return Outcome(step=step, result=Result.FAILED, cause="a source cannot be had", tail=why)

        def waiting(owner: str) -> None:
            self.reporter.note(f"{module} is being built by {owner}: waiting")

        try:
            with intent.hold(step.prefix, module, waiting) as mark:
                if not mark.stale and self._built_meanwhile(step):
                    return Outcome(step=step, result=Result.PRESENT, cause="built by another run meanwhile")
                return builder.build(self._job(step, mark))
        except OSError as error:
            return Outcome(step=step, result=Result.FAILED, cause=str(error))

    def _built_meanwhile(self, step: Step) -> bool:
        path = builder.module_path(step)
        return path is not None and path.stat().st_size > 0

    def _job(self, step: Step, mark: intent.Mark) -> builder.Build:
        settings = self.place.settings
        own = options.for_step(
            step, work_dir=settings.work_dir, sources=settings.sources, cores=settings.cores, logs=self.logs
        )
        cpu = self.place.target.cpu
        arch = options.optarch(self.place.target, self.place.runs[0], target.gcc_flag(cpu))
        return builder.Build(
            step=step,
            environment={
                **self.place.environment,
                **own,
                **({"EASYBUILD_OPTARCH": arch} if arch else {}),
                "LMOD_CMD": str(self.lmod),
                "MODULEPATH": os.pathsep.join(str(layer) for layer in reversed(self.place.layers)),
            },
            log=self.logs / f"{step.package.module.replace('/', '-')}.log",
            lock=mark.lock,
            stale=mark.stale,
            phase=lambda text: self.reporter.phase(step, text),
        )
