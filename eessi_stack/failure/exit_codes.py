"""EasyBuild's exit codes and steps, and what they say of a cause. Pure data, of EasyBuild 5.4."""

from eessi_stack.failure.cause import Cause

#: EasyBuild's exit codes that say it all.
CODES = {
    30: Cause.SOURCE,  # MISSING_SOURCES
    41: Cause.SOURCE,  # FAIL_DOWNLOAD
    42: Cause.CHECKSUM,
    43: Cause.SOURCE,  # FAIL_EXTRACT
    44: Cause.PATCH,  # FAIL_PATCH_APPLY
    45: Cause.SANITY,  # FAIL_SANITY_CHECK
}

#: Those that say in which step it was.
STEPS_OF_CODES = {
    10: "fetch",
    11: "ready",
    12: "extract",
    13: "patch",
    14: "prepare",
    15: "configure",
    16: "build",
    17: "test",
    18: "install",
    19: "extensions",
    20: "postiter",
    21: "postproc",
    22: "sanitycheck",
    23: "cleanup",
    24: "module",
    25: "permissions",
    26: "package",
    27: "testcases",
}

#: What a step is about, where nothing says more.
CAUSES_OF_STEPS = {
    "fetch": Cause.SOURCE,
    "extract": Cause.SOURCE,
    "patch": Cause.PATCH,
    "configure": Cause.CONFIGURE,
    "build": Cause.COMPILE,
    "test": Cause.TEST,
    "install": Cause.COMPILE,
    "extensions": Cause.COMPILE,
    "sanitycheck": Cause.SANITY,
    "permissions": Cause.PERMISSION,
    "testcases": Cause.TEST,
}

#: Steps that run anything: there the error itself says what was being done. A bundle configures while it installs.
ANYTHING = frozenset({"build", "install", "extensions", "postproc", "ready", "prepare", "module", "package", ""})

#: Steps after the last command of a build: its shell is where to look around.
LATE = frozenset({"postiter", "postproc", "sanitycheck", "cleanup", "module", "permissions", "package", "testcases"})

#: What is wrong with the machine, whatever was being done; tests and sanity checks provoke some of it.
MACHINE = frozenset({Cause.DISK, Cause.MEMORY, Cause.PERMISSION})
