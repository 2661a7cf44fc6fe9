"""Real EasyBuild made to fail, and what its files then tell: cause, step, command, first error."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eessi_stack.eb import environment, options
from eessi_stack.eb.evidence import explain
from eessi_stack.failure import transcript
from eessi_stack.failure.cause import Cause, Failure
from eessi_stack.failure.exit_codes import CODES, STEPS_OF_CODES
from eessi_stack.model import Action, Package, Step, Target, Tree
from tests.e2e.building import until
from tests.mounting import APART, needs_mounts

LMOD = environment.find_lmod(None, None)
pytestmark = pytest.mark.skipif(LMOD is None, reason="Lmod is not installed: `make test` installs it")

CONFIGURE = "#!/bin/sh\necho 'checking for error.h... no'\n"
MAKEFILE = "prog: main.o\n\tcc -o $@ main.o\n%.o: %.c\n\tcc -Werror=format -c $< -o $@\n"
GOOD = {"configure": CONFIGURE, "Makefile": MAKEFILE, "main.c": "int main(void) { return 0; }\n"}
INSTALLED = "mkdir -p %(installdir)s/bin && cp prog %(installdir)s/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A package with a source of its own, and what is wrong with it."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[str] = ()  #: more of the easyconfig
    install: str = INSTALLED
    patch: str = ""
    checksum: str = ""  #: another one than the source's
    source: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where EasyBuild is run as eessi-stack runs it."""

    folder: Path

    @property
    def prefix(self) -> Path:
        return self.tree.prefix(self.target)

    @property
    def tree(self) -> Tree:
        return Tree(repo=self.folder / "repo", version="2023.06")

    @property
    def target(self) -> Target:
        return Target(cpu="x86_64/generic")

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def write(self, recipe: Recipe) -> Path:
        """The recipe's easyconfig, with its source and patch where EasyBuild finds them."""
        sources = self.folder / "sources" / recipe.name[0].lower() / recipe.name
        sources.mkdir(parents=True, exist_ok=True)
        source = sources / f"{recipe.name}-1.0.tar.gz"
        pack(source, f"{recipe.name}-1.0", {**GOOD, **recipe.files})
        sums = [recipe.checksum or hashlib.sha256(source.read_bytes()).hexdigest()]
        patches = []
        if recipe.patch:
            (sources / "fix.patch").write_text(recipe.patch)
            patches, sums = ["fix.patch"], [*sums, hashlib.sha256(recipe.patch.encode()).hexdigest()]
        if not recipe.source:
            source.unlink()
        path = self.folder / f"{recipe.name}-1.0.eb"
        path.write_text(
            f"easyblock = 'ConfigureMake'\nname = {recipe.name!r}\nversion = '1.0'\n"
            "homepage = 'https://example.org'\ndescription = 'fails'\ntoolchain = SYSTEM\n"
            f"source_urls = ['http://localhost:9']\nsources = [{source.name!r}]\n"
            f"patches = {patches}\nchecksums = {sums}\n"
            f"install_cmd = {recipe.install!r}\nsanity_check_paths = {{'files': ['bin/prog'], 'dirs': []}}\n"
            + "".join(f"{line}\n" for line in (*recipe.lines, "moduleclass = 'devel'"))
        )
        return path

    def environment(self, **more: str) -> dict[str, str]:
        hooks = Path(__file__).parents[2] / "hooks" / "eb_hooks.py"
        configured = options.configuration(self.tree, self.target, options.Site(hooks=hooks))
        eessi = options.eessi_environment(self.tree, self.target, None)
        step = Step(package=Package(module="x"), action=Action.INSTALL, reason="new", prefix=self.prefix)
        where = options.for_step(
            step, work_dir=self.folder / "work", sources=self.folder / "sources", cores=2, logs=self.logs
        )
        own = {"LMOD_CMD": str(LMOD), "MODULEPATH": str(self.prefix / "modules" / "all")}
        return environment.for_easybuild(configured, eessi, options.locale(), where, own, more)

    def start(self, path: Path, *before: str, **more: str) -> "subprocess.Popen[bytes]":
        """EasyBuild on an easyconfig, below the words of another command if there are any."""
        (self.logs / "tmp").mkdir(parents=True, exist_ok=True)
        words = [*before, sys.executable, "-P", "-m", "easybuild.main", str(path)]
        with (self.logs / f"{path.stem}.log").open("wb") as log:
            return subprocess.Popen(
                words, env=self.environment(**more), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def fail(self, recipe: Recipe, *before: str, **more: str) -> Failure:
        path = self.write(recipe)
        code = self.start(path, *before, **more).wait(timeout=120)
        assert code != 0
        return explain(code, self.logs / f"{path.stem}.log")


def mounted(script: str) -> tuple[str, ...]:
    """The words that run a command where something is mounted that nobody else sees."""
    return (*APART, "sh", "-c", f'{script} && exec "$@"', "-")


def pack(path: Path, folder: str, files: Mapping[str, str]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mode = len(text), 0o755
            tar.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(folder=tmp_path_factory.mktemp("failures"))


def test_the_exit_codes_and_steps_are_easybuilds() -> None:
    from easybuild.tools.build_log import EasyBuildExit
    from easybuild.tools.hooks import STEP_NAMES

    names = {code: EasyBuildExit(code).name for code in {**STEPS_OF_CODES, **CODES}}
    of_steps = {code: names[code].removeprefix("FAIL_").removesuffix("_STEP") for code in STEPS_OF_CODES}
    assert {code: name.replace("_", "").lower() for code, name in of_steps.items()} == {**STEPS_OF_CODES, 12: "source"}
    assert {code: names[code] for code in CODES} == {
        30: "MISSING_SOURCES",
        41: "FAIL_DOWNLOAD",
        42: "FAIL_CHECKSUM",
        43: "FAIL_EXTRACT",
        44: "FAIL_PATCH_APPLY",
        45: "FAIL_SANITY_CHECK",
    }
    assert set(transcript.STEPS.values()) == set(STEP_NAMES)


def error(failure: Failure) -> str:
    return failure.excerpt[failure.error_line]


def test_a_compiler_that_refuses_the_code(site: Site) -> None:
    failure = site.fail(Recipe(name="Compile", files={"main.c": "int main(void) {\n    return nothing;\n}\n"}))

    assert (failure.cause, failure.step, failure.command, failure.exit_code) == (
        Cause.COMPILE,
        "build",
        "make  -j 2",
        2,
    )
    assert error(failure).startswith("main.c:2:12: error: ")
    assert failure.excerpt[0] == "cc -Werror=format -c main.c -o main.o"
    assert Path(failure.output).read_text().splitlines()[0] == failure.excerpt[0]


def test_the_shell_to_re_enter_is_where_it_failed(site: Site) -> None:
    failure = site.fail(Recipe(name="Enter", files={"main.c": "error\n"}))

    script = [failure.reenter, "-c", "pwd; make; echo $EBVERSIONENTER"]
    run = subprocess.run(script, capture_output=True, text=True, check=False)

    assert "Enter-1.0" in run.stdout
    assert "main.c:1:1: error: " in run.stderr


def test_configure_that_lacks_something(site: Site) -> None:
    script = f"{CONFIGURE}echo 'configure: error: zlib is required' >&2\nexit 77\n"
    failure = site.fail(Recipe(name="Configure", files={"configure": script}))

    assert (failure.cause, failure.step, failure.exit_code) == (Cause.CONFIGURE, "configure", 77)
    assert failure.command.startswith("./configure --prefix=")
    assert error(failure) == "configure: error: zlib is required"


def test_a_test_that_fails(site: Site) -> None:
    makefile = f"{MAKEFILE}check:\n\t@echo 'PASS: one'; echo 'FAIL: two'; exit 1\n"
    failure = site.fail(Recipe(name="Check", files={"Makefile": makefile}, lines=["runtest = 'check'"]))

    assert (failure.cause, failure.step, failure.command, failure.exit_code) == (Cause.TEST, "test", "make check", 2)
    assert (error(failure), failure.summary) == ("FAIL: two", "1 test fails: two")


def test_an_installation_that_is_not_whole(site: Site) -> None:
    lines = ["sanity_check_commands = ['prog --version']"]
    failure = site.fail(Recipe(name="Sanity", install="mkdir -p %(installdir)s/lib", lines=lines))

    assert (failure.cause, failure.step) == (Cause.SANITY, "sanitycheck")
    assert (failure.command, failure.exit_code) == ("prog --version", 127)
    assert failure.summary == "no file found at 'bin/prog', and 1 more"
    assert "no file found at 'bin/prog' in " in error(failure)
    assert Path(failure.reenter).is_file()


def test_a_patch_that_does_not_fit(site: Site) -> None:
    patch = "--- a/main.c\n+++ b/main.c\n@@ -1,3 +1,3 @@\n something\n-else\n+new\n entirely\n"
    failure = site.fail(Recipe(name="Patch", patch=patch))

    assert (failure.cause, failure.step, failure.exit_code) == (Cause.PATCH, "patch", 1)
    assert failure.command.startswith("patch  -p1 -i ")
    assert error(failure) == "Hunk #1 FAILED at 1."
    assert failure.summary == "fix.patch does not fit: Hunk #1 FAILED at 1."
    assert Path(failure.reenter).is_file()


def test_a_source_with_another_checksum(site: Site) -> None:
    failure = site.fail(Recipe(name="Checksum", checksum="0" * 64))

    assert (failure.cause, failure.step, failure.command) == (Cause.CHECKSUM, "fetch", "")
    assert "Checksum-1.0.tar.gz" in failure.summary


def test_a_source_that_is_nowhere(site: Site) -> None:
    failure = site.fail(Recipe(name="Missing", source=False))

    assert (failure.cause, failure.step) == (Cause.SOURCE, "fetch")
    assert failure.summary.startswith("Couldn't find file Missing-1.0.tar.gz anywhere")


@pytest.mark.parametrize(
    "line", ["raise KeyError('CPU')", "raise EasyBuildError('no CPU')"], ids=["any error", "EasyBuild's own"]
)
def test_a_hook_that_fails(site: Site, line: str) -> None:
    hooks = site.folder / "hooks.py"
    hooks.write_text(
        f"from easybuild.tools.build_log import EasyBuildError\n\n\ndef pre_configure_hook(block):\n    {line}\n"
    )
    failure = site.fail(Recipe(name="Hook"), EASYBUILD_HOOKS=str(hooks))

    assert (failure.cause, failure.step) == (Cause.HOOK, "configure")
    assert "CPU" in failure.summary


def test_a_module_that_another_easybuild_builds(site: Site) -> None:
    software = site.prefix / "software"
    lock = software / ".locks" / f"{str(software / 'Locked' / '1.0').replace('/', '_')}.lock"
    lock.mkdir(parents=True)

    failure = site.fail(Recipe(name="Locked"))

    assert (failure.cause, failure.summary) == (Cause.LOCK, f"another EasyBuild has a lock: {lock}")


def test_what_fails_without_a_word(site: Site) -> None:
    failure = site.fail(Recipe(name="Silent", files={"Makefile": "all:\n\t@exit 7\n"}))

    assert (failure.cause, failure.exit_code) == (Cause.COMPILE, 2)
    assert failure.summary == "make: *** [Makefile:2: all] Error 7"


def test_a_process_that_was_killed_for_a_reason_that_nobody_knows(site: Site) -> None:
    failure = site.fail(Recipe(name="Killed", files={"Makefile": "all:\n\tsh -c 'kill -9 $$$$'\n"}))

    assert (failure.cause, failure.step) == (Cause.UNKNOWN, "build")
    assert error(failure) == "make: *** [Makefile:2: all] Killed"


def test_an_easybuild_that_was_ended(site: Site) -> None:
    reached = site.folder / "reached"
    path = site.write(Recipe(name="Ended", files={"Makefile": f"all:\n\ttouch {reached}; exec sleep 30\n"}))
    process = site.start(path)
    until(reached)
    subprocess.run(["pkill", "-P", str(process.pid)], check=False)
    process.send_signal(signal.SIGTERM)

    failure = explain(process.wait(timeout=60), site.logs / "Ended-1.0.log")

    assert (failure.cause, failure.step, failure.command) == (Cause.INTERRUPTED, "build", "make  -j 2")


def test_what_may_not_be_written(site: Site) -> None:
    closed = site.folder / "closed"
    closed.mkdir(mode=0o500)
    other = "" if os.geteuid() else "setpriv --reuid=65534 --regid=65534 --clear-groups "
    failure = site.fail(Recipe(name="Closed", files={"Makefile": f"prog:\n\t{other}mkdir {closed}/x\n"}))

    assert (failure.cause, failure.step) == (Cause.PERMISSION, "build")
    assert error(failure).endswith("Permission denied")


@needs_mounts
def test_a_disk_that_is_read_only(site: Site) -> None:
    disk = site.prefix / "software"
    disk.mkdir(parents=True, exist_ok=True)

    failure = site.fail(Recipe(name="Disk"), *mounted(f"mount -t tmpfs -o ro tmpfs {disk}"))

    assert failure.cause is Cause.PERMISSION
    assert "Read-only file system" in error(failure)


@needs_mounts
def test_a_full_disk(site: Site) -> None:
    build = site.folder / "work" / options.folder_of(site.prefix) / "build"
    build.mkdir(parents=True, exist_ok=True)
    makefile = "prog:\n\thead -c 2000000 /dev/zero > $@\n"

    failure = site.fail(
        Recipe(name="Full", files={"Makefile": makefile}), *mounted(f"mount -t tmpfs -o size=1m tmpfs {build}")
    )

    assert (failure.cause, failure.step, failure.command) == (Cause.DISK, "build", "make  -j 2")
    assert "No space left on device" in error(failure)
