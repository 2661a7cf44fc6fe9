"""The nouns of eessi-stack: frozen values that every step takes and gives. Nothing here reads or changes the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from eessi_stack.failure.cause import Failure

#: What the value of an easystack option can be; lists become tuples.
OptionValue = str | bool | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """What software is built for. It knows no paths."""

    cpu: str  #: `x86_64/amd/zen3`, `aarch64/generic`
    accelerator: str | None = None  #: `nvidia/cc90`, `amd/gfx90a`
    os: str = "linux"

    @property
    def family(self) -> str:
        """The CPU family: `x86_64`, `aarch64`, `ppc64le`, `riscv64`."""
        return self.cpu.split("/", 1)[0]

    @property
    def cpu_only(self) -> "Target":
        return Target(cpu=self.cpu, os=self.os)

    def fits(self, selector: str) -> bool:
        """Whether a selector means this target: a CPU target, family or vendor, and `accel/` with what is known of it.

        `x86_64/amd/zen4`, `aarch64`, `accel/nvidia`, `x86_64/amd/zen4/accel/nvidia/cc90`.
        """
        cpu, _, accelerator = selector.rpartition("accel/") if "accel/" in selector else (selector, "", "")
        return _within(self.cpu, cpu.rstrip("/")) and _within(self.accelerator or "", accelerator)

    def __str__(self) -> str:
        return f"{self.cpu}/accel/{self.accelerator}" if self.accelerator else self.cpu


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One version of one repository: gives every path of a target in it."""

    repo: Path  #: the folder that holds `versions/`
    version: str  #: `2023.06`

    @property
    def root(self) -> Path:
        return self.repo / "versions" / self.version

    def prefix(self, target: Target) -> Path:
        """Where the software of a target is: `…/software/linux/x86_64/amd/zen3[/accel/nvidia/cc90]`."""
        return self.root / "software" / target.os / str(target)

    def modules(self, target: Target) -> Path:
        return self.prefix(target) / "modules" / "all"

    def compat(self, target: Target) -> Path:
        """The compatibility layer for the CPU family of a target."""
        return self.root / "compat" / target.os / target.family

    @property
    def host_injections(self) -> Path:
        return self.repo / "host_injections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A package that a stack leaves out on purpose, and why."""

    easyconfig: str  #: file name or `name-version` without `.eb`
    reason: str
    issue: str = ""  #: URL
    targets: tuple[str, ...] = ()  #: selectors of the targets it applies to (see Target.fits); none means all
    file: str = ""
    line: int = 0

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of an easystack: an easyconfig that somebody asks for."""

    easyconfig: str  #: as written: name with or without `.eb`, or a path
    file: str
    line: int
    options: tuple[tuple[str, OptionValue], ...] = ()
    targets: tuple[str, ...] = ()  #: selectors of the targets it is for (see Target.fits); none means all
    rebuild: bool = False  #: asks that what is installed be built again, and for nothing new

    def is_for(self, target: Target) -> bool:
        return not self.targets or any(target.fits(selector) for selector in self.targets)

    @property
    def filename(self) -> str:
        """The easyconfig's file name, however it was written."""
        name = self.easyconfig.rsplit("/", 1)[-1]
        return name if name.endswith(".eb") else f"{name}.eb"

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"

    def option(self, name: str) -> OptionValue | None:
        return dict(self.options).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The requests of one or more easystack files, in order, with what their headers say."""

    requests: tuple[Request, ...]
    files: tuple[str, ...] = ()
    eessi_version: str | None = None
    easybuild_version: str | None = None
    filter_deps: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A resolved easyconfig: one module of the graph, and the recipe that makes it."""

    module: str  #: `GROMACS/2024.4-foss-2023b`
    recipe: str = ""  #: path of the easyconfig; empty where there is none
    sha256: str = ""  #: of the recipe's content
    dependencies: tuple[str, ...] = ()  #: modules needed at run time, toolchain included
    build_dependencies: tuple[str, ...] = ()  #: modules needed to build it only
    requests: tuple[Request, ...] = ()  #: who asked for it
    error: str = ""  #: why there is no usable recipe

    @property
    def needs(self) -> tuple[str, ...]:
        """All modules that must be there to build it."""
        return self.dependencies + self.build_dependencies

    @property
    def options(self) -> tuple[tuple[str, OptionValue], ...]:
        """What EasyBuild is told besides, by the entry that asked for it."""
        return self.requests[-1].options if self.requests else ()

    @property
    def filename(self) -> str:
        return self.recipe.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The modules present in a prefix and the layers below it."""

    modules: frozenset[str] = frozenset()
    hollow: frozenset[str] = frozenset()  #: of the modules, those whose installation is gone
    incomplete: frozenset[str] = frozenset()  #: module file there, but its build did not end well
    building: frozenset[str] = frozenset()  #: being built by a live process
    misplaced: frozenset[str] = frozenset()  #: only in a prefix where they do not belong
    aliases: Mapping[str, str] = field(default_factory=dict)  #: `Java/11` → `Java/11.0.20`, of `.modulerc(.lua)`
    loads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: what each module file loads

    def has(self, module: str) -> bool:
        """Whether the module is there and complete, as itself or as an alias of one that is."""
        return module in self.modules or self.aliases.get(module) in self.modules

    def is_hollow(self, module: str) -> bool:
        """Whether the module is there, but not what it is of."""
        return module in self.hollow or self.aliases.get(module) in self.hollow

    @property
    def names(self) -> frozenset[str]:
        """Every name by which something that is there and complete can be loaded."""
        return self.modules | {alias for alias, real in self.aliases.items() if real in self.modules}

    def loads_of(self, module: str) -> tuple[str, ...]:
        """What a module's file loads, whether it is called by its own name or by an alias."""
        return self.loads.get(module) or self.loads.get(self.aliases.get(module, ""), ())


class State(StrEnum):
    """What is true of a package or a request."""

    INSTALLED = "installed"
    MISSING = "missing"
    BROKEN = "broken"
    DRIFT = "drift"
    EXCLUDED = "excluded"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is true of one package on one target, and why."""

    package: Package
    state: State
    reason: str = ""
    wanted_by: tuple[str, ...] = ()  #: modules that need it; of what is installed, if it needs something that is not
    requests: tuple[Request, ...] = ()  #: the entries for this target that ask for it
    instead: str = ""  #: for drift: the module that is installed in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A verdict for every package of a stack's closure on one target, in build order."""

    target: Target
    verdicts: tuple[Verdict, ...]
    requests: tuple[tuple[Request, Verdict], ...]  #: every request, in order, with the verdict of its package
    elsewhere: tuple[Request, ...] = ()  #: of those for this target, what belongs to an accelerator, which it has not
    unused: tuple[Exclusion, ...] = ()  #: exclusions for this target that exclude nothing

    def of(self, *states: State) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What `missing` says of one of several targets: how it compares, or why that could not be told."""

    target: Target
    prefix: Path
    comparison: Comparison | None = None
    packages: tuple[Package, ...] = ()  #: the graph that the comparison rests on
    problem: str = ""  #: where there is no comparison
    note: str = ""  #: what one should know of the prefix: it is not there


class Action(StrEnum):
    """What a step does."""

    INSTALL = "install"
    REPAIR = "repair"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One package to build, where, and why."""

    package: Package
    action: Action
    reason: str
    prefix: Path
    seconds: float | None = None  #: how long it took when it was last built; None where no journal knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What makes a prefix match its stack: steps in build order."""

    target: Target
    steps: tuple[Step, ...]
    critical: tuple[str, ...] = ()  #: the modules of the critical path: no number of cores makes it shorter


class Result(StrEnum):
    """What became of a step."""

    BUILT = "built"
    PRESENT = "present"  #: another run built it meanwhile
    FAILED = "failed"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a step, and where to read about it."""

    step: Step
    result: Result
    seconds: float = 0.0
    exit_code: int | None = None  #: EasyBuild's own
    log: str = ""  #: path
    cause: str = ""  #: one sentence
    failure: Failure | None = None  #: what went wrong, where a build was tried
    cores: int = 0  #: that the build was given
    memory: int = 0  #: bytes, the peak of its largest process; 0 where that is not known

    @property
    def good(self) -> bool:
        return self.result in (Result.BUILT, Result.PRESENT)
