"""EasyBuild as a library: the machine that it sees, its configuration, and what its errors say.

In processes of its own only, and it is imported after the machine is set, as it looks at that when it is.
"""

import os
import platform


def pretend_machine(family: str) -> None:
    """Let recipes see the CPU family of the target, not of this machine: `ARCH`, `%(arch)s`, get_cpu_architecture()."""
    real = platform.uname()
    if real.machine == family:
        return
    told = platform.uname_result(real.system, real.node, real.release, real.version, family)
    platform.uname = lambda: told
    platform.machine = lambda: family


def set_up() -> None:
    """Configure EasyBuild from the environment, without log, modules tool or network."""
    import logging  # noqa: PLC0415

    os.environ["___EASYBUILD___"] = "EasyBuild"  # what the `eb` script sets; EasyBuild refuses to start without
    from easybuild.tools import modules  # noqa: PLC0415
    from easybuild.tools.config import update_build_option  # noqa: PLC0415
    from easybuild.tools.options import set_up_configuration  # noqa: PLC0415

    set_up_configuration(args=["--robot", "--missing", "--terse"], silent=True)
    logging.disable(logging.CRITICAL)  # a third of EasyBuild's time goes into its log
    logging.Logger.debug = logging.Logger.info = _nothing  # type: ignore[method-assign]
    update_build_option("silence_hook_trigger", True)  # noqa: FBT003
    modules.avail_modules_tools = dict  # so that EasyBuild falls back to its NoModulesTool: Lmod need not be there


def _nothing(*_: object, **__: object) -> None:
    """What is logged here nobody reads."""


def parse_error(error: BaseException) -> str:
    message = getattr(error, "msg", None) or f"{type(error).__name__}: {error}"
    return " ".join(str(message).split())
