"""Nothing of a read-only installation can be written: EasyBuild adds notes when all else is done."""

from pathlib import Path

from eessi_hooks.step import Step

WRITABLE = 0o222


def finish(step: Step) -> bool:
    """Take the write bits from what EasyBuild has left writable."""
    from easybuild.framework.easyconfig.easyconfig import ActiveMNS
    from easybuild.tools.config import build_option, install_path

    if not build_option("read_only_installdir"):
        return False
    installed = Path(install_path(), ActiveMNS().det_install_subdir(step.cfg))
    notes = installed / "easybuild"
    there = [path for path in (installed, notes, *notes.rglob("*")) if path.exists() and not path.is_symlink()]
    left = [path for path in there if path.stat().st_mode & WRITABLE]
    for path in left:
        path.chmod(path.stat().st_mode & ~WRITABLE)
    return bool(left)
