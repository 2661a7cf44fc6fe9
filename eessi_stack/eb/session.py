"""What all builds of one run share: where they happen, with which sources, modules and cores."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from eessi_stack.eb import builder, options
from eessi_stack.model import Outcome, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of builds for one target."""

    environment: Mapping[str, str]  #: of EasyBuild's processes
    layers: tuple[Path, ...]  #: modules directories that builds see, the first one strongest
    optarch: str | None
    lmod: Path
    sources: Path
    work_dir: Path
    logs: Path
    stop: builder.Stop = field(default_factory=builder.Stop)
    timeout: float | None = None  #: seconds that a build may take

    @property
    def easybuild_version(self) -> str:
        return metadata.version("easybuild-framework")

    def log_of(self, step: Step) -> Path:
        """Where everything goes that EasyBuild prints while it builds a step."""
        return self.logs / f"{step.package.module.replace('/', '-')}.log"

    def build(self, step: Step, cores: int, lock: int, phase: Callable[[str], None]) -> Outcome:
        """Build one package; the caller holds its intent mark, whose lock the build inherits."""
        own = options.for_step(
            step,
            work_dir=self.work_dir,
            sources=self.sources,
            cores=cores,
            logs=self.logs,
            build_path=self.environment.get(options.variable("buildpath")),
        )
        (self.logs / "tmp").mkdir(parents=True, exist_ok=True)
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
                cores=cores,
                lock=lock,
                phase=phase,
                stop=self.stop,
                timeout=self.timeout,
            )
        )


def new_logs(work_dir: Path) -> Path:
    """A folder for the logs of one run."""
    return work_dir / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
