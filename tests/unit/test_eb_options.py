from pathlib import Path

import pytest

from eessi_stack.easystack.files import known_options
from eessi_stack.eb.options import (
    BUILD_ONLY,
    DECIDED,
    ORIGIN,
    Site,
    compute_capabilities,
    configuration,
    eessi_environment,
    filter_deps,
    flags,
    folder_of,
    for_step,
    locale,
    optarch,
    steering_options,
    variable,
)
from eessi_stack.model import Action, OptionValue, Package, Step, Target, Tree

TREE = Tree(repo=Path("/repo"), version="2023.06")
ZEN3 = Target(cpu="x86_64/amd/zen3")
H100 = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90")
SITE = Site(hooks=Path("/hooks/eb_hooks.py"))


def test_every_listed_option_is_one_of_easybuild() -> None:
    assert known_options() >= ORIGIN | BUILD_ONLY
    assert known_options() >= DECIDED
    assert not known_options() & steering_options()
    assert not ORIGIN & BUILD_ONLY


def test_variable() -> None:
    assert variable("filter-deps") == "EASYBUILD_FILTER_DEPS"


@pytest.mark.parametrize(
    ("version", "family", "has", "lacks"),
    [
        ("2023.06", "x86_64", {"zlib", "Autoconf"}, {"Yasm"}),
        ("2023.06", "aarch64", {"zlib", "Autoconf", "Yasm"}, set()),
        ("2025.06", "riscv64", {"zlib", "Yasm"}, {"Autoconf"}),
    ],
)
def test_filter_deps(version: str, family: str, has: set[str], lacks: set[str]) -> None:
    names = filter_deps(version, family, ("Own", "zlib"))
    assert {*has, "Own"} <= set(names)
    assert not lacks & set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("accelerator", "expected"),
    [
        (None, {}),
        ("nvidia/cc80", {"cuda-compute-capabilities": "8.0"}),
        ("nvidia/cc90", {"cuda-compute-capabilities": "9.0a"}),
        ("nvidia/cc100", {"cuda-compute-capabilities": "10.0f"}),
        ("nvidia/cc120", {"cuda-compute-capabilities": "12.0f"}),
        ("amd/gfx90a", {"amdgcn-capabilities": "gfx90a"}),
    ],
)
def test_compute_capabilities(accelerator: str | None, expected: dict[str, str]) -> None:
    assert compute_capabilities(accelerator) == expected


def test_configuration_is_what_eessi_sets() -> None:
    options = configuration(TREE, ZEN3, SITE)
    assert all(name.startswith("EASYBUILD_") and isinstance(value, str) for name, value in options.items())
    assert options["EASYBUILD_RPATH"] == "1"
    assert options["EASYBUILD_HOOKS"] == "/hooks/eb_hooks.py"
    assert options["EASYBUILD_FILTER_DEPS"] == ",".join(filter_deps("2023.06", "x86_64"))
    for name in ("ROBOT_PATHS", "SYSROOT", "CUDA_COMPUTE_CAPABILITIES", "SEARCH_PATH_CPP_HEADERS"):
        assert f"EASYBUILD_{name}" not in options


def test_configuration_of_later_versions_accelerators_and_compat_layers() -> None:
    site = Site(hooks=Path("/h"), compat=Path("/compat"), robot_paths=(Path("/a"), Path("/b")), filter_deps=("Own",))
    options = configuration(Tree(repo=Path("/repo"), version="2025.06"), H100, site)
    assert options["EASYBUILD_SEARCH_PATH_CPP_HEADERS"] == "flags"
    assert options["EASYBUILD_CUDA_COMPUTE_CAPABILITIES"] == "9.0a"
    assert options["EASYBUILD_SYSROOT"] == "/compat"
    assert options["EASYBUILD_ROBOT_PATHS"] == "/a:/b:"
    assert options["EASYBUILD_FILTER_DEPS"].endswith(",Own")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("cvmfs", {"UMASK": "022"}),
        ("site", {"UMASK": "022"}),
        ("project", {"UMASK": "002", "SET_GID_BIT": "1", "GROUP_WRITABLE_INSTALLDIR": "1", "STICKY_BIT": "0"}),
        ("user", {"UMASK": "077", "STICKY_BIT": "1"}),
    ],
)
def test_who_may_read_and_write_is_said_by_the_mode(mode: str, expected: dict[str, str]) -> None:
    options = configuration(TREE, ZEN3, Site(hooks=Path("/h"), mode=mode))
    names = ("UMASK", "SET_GID_BIT", "GROUP_WRITABLE_INSTALLDIR", "STICKY_BIT")
    assert {name: options[f"EASYBUILD_{name}"] for name in names if f"EASYBUILD_{name}" in options} == expected
    assert options["EASYBUILD_READ_ONLY_INSTALLDIR"] == "1"


@pytest.mark.parametrize("option", sorted(steering_options() | DECIDED))
def test_the_user_steers_nothing(option: str) -> None:
    site = Site(hooks=Path("/h"), user={variable(option): "theirs"})
    assert configuration(TREE, ZEN3, site).get(variable(option)) != "theirs"


def test_the_users_other_options_are_stronger_than_ours() -> None:
    user = {"EASYBUILD_RPATH": "0", "EASYBUILD_HOOKS": "/own.py", "EASYBUILD_LOGTOSTDOUT": "1"}
    options = configuration(TREE, ZEN3, Site(hooks=Path("/h"), user=user))
    assert options | user == options


def test_eessi_environment() -> None:
    variables = eessi_environment(TREE, H100, Path("/compat"))
    assert variables == {
        "EESSI_VERSION": "2023.06",
        "EESSI_CVMFS_REPO": "/repo",
        "EESSI_PREFIX": "/repo/versions/2023.06",
        "EESSI_OS_TYPE": "linux",
        "EESSI_CPU_FAMILY": "x86_64",
        "EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3",
        "EESSI_SOFTWARE_PATH": "/repo/versions/2023.06/software/linux/x86_64/amd/zen3",
        "EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc90",
        "EPREFIX": "/compat",
        "EESSI_EPREFIX": "/compat",
        "EESSI_CVMFS_INSTALL": "1",
    }
    assert "EESSI_CVMFS_INSTALL" not in eessi_environment(TREE, H100, None, "project")
    without = eessi_environment(TREE, ZEN3, None)
    assert not {"EPREFIX", "EESSI_EPREFIX", "EESSI_ACCELERATOR_TARGET"} & set(without)


def test_locale_is_a_copy() -> None:
    locale()["LANG"] = "de_DE"
    assert locale()["LANG"] == "C.utf8"


@pytest.mark.parametrize(
    ("cpu", "host", "flag", "expected"),
    [
        ("x86_64/generic", "x86_64/generic", "march=x86-64", "GENERIC"),
        ("x86_64/generic", "x86_64/amd/zen3", "march=x86-64", "GENERIC"),
        ("x86_64/amd/zen3", "x86_64/amd/zen3", "march=znver3", None),
        ("x86_64/amd/zen2", "x86_64/amd/zen3", "march=znver2", "GCC:march=znver2"),
    ],
)
def test_optarch(cpu: str, host: str, flag: str, expected: str | None) -> None:
    assert optarch(cpu, host, flag) == expected


def test_options_of_one_build() -> None:
    step = Step(package=Package(module="A/1"), action=Action.INSTALL, reason="new", prefix=Path("/prefix"))
    options = for_step(step, work_dir=Path("/w"), sources=Path("/s"), cores=3, logs=Path("/logs"))
    assert options["EASYBUILD_INSTALLPATH"] == "/prefix"
    assert options["EASYBUILD_PREFIX"] == f"/w/{folder_of(Path('/prefix'))}"
    assert "EASYBUILD_BUILDPATH" not in options
    assert options["EASYBUILD_SOURCEPATH"] == "/s"
    assert options["EASYBUILD_PARALLEL"] == "3"
    assert options["EASYBUILD_TMP_LOGDIR"] == "/logs"
    assert options["EASYBUILD_MODULES_TOOL"] == "Lmod"
    decided = steering_options() | DECIDED | {"color"}
    named = [name for name in options if name.startswith("EASYBUILD_")]
    assert {name.removeprefix("EASYBUILD_").lower().replace("_", "-") for name in named} <= decided
    assert options["TMPDIR"] == options["EASYBUILD_TMPDIR"] == "/logs/tmp", "nothing goes to the caller's own"
    others = {name: value for name, value in options.items() if name not in (*named, "TMPDIR")}
    assert {"OMP_NUM_THREADS", "CMAKE_BUILD_PARALLEL_LEVEL", "MAX_JOBS"} <= set(others)
    assert set(others.values()) == {"3"}, "what is not told by -j would take every core of the machine"


def test_no_two_prefixes_build_in_one_folder() -> None:
    prefixes = [Path(tree, cpu) for tree in ("/a", "/b") for cpu in ("x86_64/generic", "x86_64/amd/zen3")]
    folders = set()
    for prefix in prefixes:
        step = Step(package=Package(module="A/1"), action=Action.INSTALL, reason="new", prefix=prefix)
        told = for_step(step, work_dir=Path("/w"), sources=Path("/s"), cores=1, logs=Path("/l"), build_path="/dev/shm")
        folders |= {told["EASYBUILD_PREFIX"], told["EASYBUILD_BUILDPATH"]}
        assert told["EASYBUILD_BUILDPATH"].startswith(f"/dev/shm/{prefix.name}-"), "a user's own is taken, for each one"
    assert len(folders) == 2 * len(prefixes)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("rebuild", True, ("--rebuild",)),
        ("trace", False, ("--disable-trace",)),
        ("max-parallel", 4, ("--max-parallel=4",)),
        ("accept-eula-for", "CUDA", ("--accept-eula-for=CUDA",)),
        ("filter-deps", ("zlib", "XZ"), ("--filter-deps=zlib,XZ",)),
        ("from-pr", 12345, ()),
        ("include-easyblocks-from-commit", "0123abc", ()),
    ],
)
def test_flags(name: str, value: OptionValue, expected: tuple[str, ...]) -> None:
    assert flags([(name, value)]) == expected


def test_flags_keep_their_order() -> None:
    assert flags([("b", True), ("from-pr", 1), ("a", True)]) == ("--b", "--a")
