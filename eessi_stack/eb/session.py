"""What all builds of one run share: where they happen, with which sources, modules and cores."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eessi_stack.eb import builder, options
from eessi_stack.eb.mirrors import Mirrors
from eessi_stack.eb.sources import Fetched, fetch, of_packages
from eessi_stack.model import Outcome, Package, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of builds for one target."""

    environment: Mapping[str, str]  #: of EasyBuild's processes
    family: str
    layers: tuple[Path, ...]  #: modules directories that builds see, the first one strongest
    optarch: str | None
    lmod: Path
    sources: Path
    work_dir: Path
    cores: int
    logs: Path

    def fetch(self, packages: Sequence[Package], done: Callable[[Fetched], Any]) -> dict[str, tuple[str, ...]]:
        """Have every source in place; module → why its sources cannot be had, for those where they cannot."""
        own = {options.variable("sourcepath"): str(self.sources)}
        wanted = of_packages(packages, self.family, {**self.environment, **own})
        every = [file for one in wanted.values() for file in one.files]
        fetched = fetch(every, Mirrors(self.sources / ".mirrors"), done)
        problems = {result.source.path: result.problems for result in fetched}
        lacking = {}
        for module, one in wanted.items():
            why = [text for file in one.files for text in problems.get(file.path, ())]
            if one.error or why:
                lacking[module] = (*((one.error,) if one.error else ()), *why)
        return lacking

    def log_of(self, step: Step) -> Path:
        """Where everything goes that EasyBuild prints while it builds a step."""
        return self.logs / f"{step.package.module.replace('/', '-')}.log"

    def build(self, step: Step, lock: int, phase: Callable[[str], None], *, stale: bool) -> Outcome:
        """Build one package; the caller holds its intent mark, whose lock the build inherits."""
        own = options.for_step(step, work_dir=self.work_dir, sources=self.sources, cores=self.cores, logs=self.logs)
        arch = {options.variable("optarch"): self.optarch} if self.optarch else {}
        modules = {
            "LMOD_CMD": str(self.lmod),
            "MODULEPATH": os.pathsep.join(map(str, self.layers)),
        }
        return builder.build(
            builder.Build(
                step=step,
                environment={**self.environment, **own, **arch, **modules},
                log=self.log_of(step),
                lock=lock,
                stale=stale,
                phase=phase,
            )
        )


def new_logs(work_dir: Path) -> Path:
    """A folder for the logs of one run."""
    return work_dir / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
