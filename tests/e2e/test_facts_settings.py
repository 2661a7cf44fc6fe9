"""What is not in an easyconfig decides too: settings, hooks, EasyBuild's code, what is built for."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from eessi_stack.eb.options import variable
from eessi_stack.errors import ExitCode, StackError
from tests.e2e.facts_cases import toolchain
from tests.e2e.facts_world import Known, World, a_world, known, requests

ZEN3 = {"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen3"}
ZEN4 = {"EESSI_SOFTWARE_SUBDIR": "x86_64/amd/zen4"}
ZEN4_CC80 = {**ZEN4, "EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc80", variable("cuda-compute-capabilities"): "8.0"}
ZEN4_CC90 = {**ZEN4, "EESSI_ACCELERATOR_TARGET": "accel/nvidia/cc90", variable("cuda-compute-capabilities"): "9.0a"}
TARGETS = (ZEN3, ZEN4, ZEN4_CC80, ZEN4_CC90)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        for version in range(4):
            world.recipe(f"Dep-{version}")
        yield world


def needs(found: Known, module: str = "App/1") -> list[str]:
    """What a module depends on, at run time or to be built."""
    _, _, run, build, _, error = found[module]
    assert not error
    return [*run, *build]  # type: ignore[misc]


# ------------------------------------------------------------------------------------------------ hooks of others

HOOKS = """
import functools, os, sys
sys.path.insert(0, {helper!r})
import helper
BY_IMPORT = os.environ.get("BY_IMPORT", "0")

@functools.cache
def first():
    return os.environ.get("BY_FIRST_USE", "0")

def parse_hook(ec, *args, **kwargs):
    if ec.name == "App":
        chosen = {{
            "import": BY_IMPORT,
            "first": first(),
            "file": open({file!r}).read(),
            "there": str(int(os.path.exists({there!r}))),
            "helper": helper.VERSION,
            "target": "3" if os.environ["EESSI_SOFTWARE_SUBDIR"].endswith("zen4") else "0",
            "text": "0",
        }}[ec["versionsuffix"].strip("-")]
        ec["dependencies"] = [("Dep", chosen)]
"""


@pytest.fixture
def hooked(world: World) -> World:
    """Seven recipes whose dependency the hooks choose."""
    (world.base / "helper").mkdir()
    (world.base / "helper" / "helper.py").write_text("VERSION = '0'\n")
    (world.base / "file").write_text("0")
    names = {"helper": "helper", "file": "file", "there": "there"}
    text = HOOKS.format(**{name: str(world.base / path) for name, path in names.items()})
    (world.base / "real_hooks.py").write_text(text)
    (world.base / "hooks.py").symlink_to("real_hooks.py")
    for way in ("import", "first", "file", "there", "helper", "target", "text"):
        world.recipe(f"App-1-{way}", version="1", versionsuffix=f"-{way}")
    world.settle()
    return world


def ask_hooked(world: World, way: str, **variables: str) -> list[str]:
    found = world.ask(f"App-1-{way}.eb", EASYBUILD_HOOKS=str(world.base / "hooks.py"), **variables)
    return needs(found, f"App/1-{way}")


@pytest.mark.parametrize(
    ("way", "variable", "values"), [("import", "BY_IMPORT", "12"), ("first", "BY_FIRST_USE", "121")]
)
def test_a_variable_that_hooks_read_and_keep_counts_for_all_easyconfigs(
    hooked: World, way: str, variable: str, values: str
) -> None:
    for value in values:
        assert ask_hooked(hooked, way, **{variable: value}) == [f"Dep/{value}"]
        hooked.started = 0
        assert ask_hooked(hooked, way, **{variable: value}) == [f"Dep/{value}"]
        assert not hooked.started


def test_what_hooks_read_for_one_easyconfig_counts_for_all(hooked: World) -> None:
    ask_hooked(hooked, "first", BY_FIRST_USE="1")
    ask_hooked(hooked, "import", BY_FIRST_USE="1")
    ask_hooked(hooked, "import", BY_FIRST_USE="2")
    assert ask_hooked(hooked, "first", BY_FIRST_USE="2") == ["Dep/2"]


def change_file(world: World) -> None:
    (world.base / "file").write_text("1")


def change_there(world: World) -> None:
    (world.base / "there").write_text("")


def change_helper(world: World) -> None:
    (world.base / "helper" / "helper.py").write_text("VERSION = '1'\n")


def change_text(world: World) -> None:
    path = world.base / "real_hooks.py"
    path.write_text(path.read_text().replace('"text": "0"', '"text": "1"'))


def change_link(world: World) -> None:
    other = world.base / "other_hooks.py"
    other.write_text((world.base / "real_hooks.py").read_text().replace('"text": "0"', '"text": "1"'))
    (world.base / "hooks.py").unlink()
    (world.base / "hooks.py").symlink_to(other)


@pytest.mark.parametrize("change", [change_file, change_there, change_helper, change_text, change_link])
def test_hooks_and_what_they_look_at(hooked: World, change: Callable[[World], None]) -> None:
    way = change.__name__.removeprefix("change_").replace("link", "text")
    assert ask_hooked(hooked, way) == ["Dep/0"]
    hooked.started = 0
    assert ask_hooked(hooked, way) == ["Dep/0"]
    assert not hooked.started
    change(hooked)
    assert ask_hooked(hooked, way) == ["Dep/1"]


def test_hooks_that_look_at_the_target(hooked: World) -> None:
    for target, expected in ((ZEN3, ["Dep/0"]), (ZEN4, ["Dep/3"])) * 2:
        assert ask_hooked(hooked, "target", **target) == expected
    assert hooked.started == 2


# ------------------------------------------------------------------------------------------------ targets


@pytest.fixture
def by_target(world: World) -> World:
    """Recipes that are something else on each target, one of them a toolchain that others use."""
    zen4 = "os.environ['EESSI_SOFTWARE_SUBDIR'].endswith('zen4')"
    world.recipe("App-1", f"import os\ndependencies = [('Dep', '1' if {zen4} else '0')]")
    gpu = "{'accel/nvidia/cc80': '2', 'accel/nvidia/cc90': '3'}.get(os.environ.get('EESSI_ACCELERATOR_TARGET'), '1')"
    world.recipe("Gpu-1", f"import os\ndependencies = [('Dep', {gpu})]")
    world.recipe("Cuda-1", versionsuffix="-%(cuda_cc_cmake)s", cuda_compute_capabilities=["7.0"])
    toolchain(world)
    world.recipe("GCCcore-2")
    world.recipe("GCC-1", f"import os\ndependencies = [('GCCcore', '2' if {zen4} else '1')]")
    world.recipe("User-1-GCC-1", version="1", toolchain={"name": "GCC", "version": "1"}, dependencies=[("Lib", "1")])
    for core in ("1", "2"):
        world.recipe(f"Lib-1-GCCcore-{core}", version="1", toolchain={"name": "GCCcore", "version": core})
    world.recipe("Same-1", dependencies=[("Dep", "0")])
    world.settle()
    return world


ENTRIES = ("App-1.eb", "Gpu-1.eb", "Cuda-1.eb", "User-1-GCC-1.eb", "Same-1.eb")


def of_targets(world: World, order: Iterable[int], *, cold: bool = False) -> list[Known]:
    """What each of the targets gets, asked for in that order in one run."""
    with world.facts(cold=cold) as facts:
        return [world.resolve(facts, ENTRIES, **TARGETS[number]) for number in order]


def test_each_target_has_its_own_facts_in_any_order(by_target: World) -> None:
    alone = [of_targets(by_target, [number], cold=True)[0] for number in range(4)]
    assert [needs(one) for one in alone] == [["Dep/0"], ["Dep/1"], ["Dep/1"], ["Dep/1"]]
    assert [needs(one, "Gpu/1") for one in alone] == [["Dep/1"], ["Dep/1"], ["Dep/2"], ["Dep/3"]]
    assert [next(name for name in one if name.startswith("Cuda")) for one in alone] == [
        "Cuda/1-70",
        "Cuda/1-70",
        "Cuda/1-80",
        "Cuda/1-90a",
    ]
    assert [needs(one, "User/1-GCC-1")[0] for one in alone] == ["Lib/1-GCCcore-1", *["Lib/1-GCCcore-2"] * 3]
    orders = ([0, 1, 2, 3, 0, 2, 1, 3], [3, 0, 3], [1, 2])
    for order in orders:
        assert of_targets(by_target, order) == [alone[number] for number in order]
    by_target.started = 0
    for order in orders:
        assert of_targets(by_target, order) == [alone[number] for number in order]
    assert not by_target.started


def test_targets_that_differ_by_nothing_that_was_asked_share_one_graph(by_target: World) -> None:
    with by_target.facts() as facts:
        asked = requests("Same-1.eb", "Gpu-1.eb")
        one, two, three = (
            facts.resolve(asked, "x86_64", by_target.environment(**target)) for target in (ZEN3, ZEN4, ZEN4_CC80)
        )
    assert one is two
    assert one is not three


def test_a_user_of_a_toolchain_that_is_another_one_on_each_target_is_read_for_each(by_target: World) -> None:
    of_targets(by_target, range(2))
    by_target.recipe(
        "User-1-GCC-1", version="1", toolchain={"name": "GCC", "version": "1"}, dependencies=[("Lib", "1")]
    )
    with by_target.path("User-1-GCC-1").open("a") as file:
        file.write("# edited\n")
    assert of_targets(by_target, [0, 1, 0]) == [of_targets(by_target, [one], cold=True)[0] for one in (0, 1, 0)]


def test_more_targets_than_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eessi_stack.eb.store.VARIANTS", 2)
    world.recipe("App-1", "import os\ndependencies = [('Dep', os.environ['EESSI_SOFTWARE_SUBDIR'])]")
    for _ in range(2):
        with world.facts() as facts:
            for number in "0123":
                assert needs(world.resolve(facts, ["App-1.eb"], EESSI_SOFTWARE_SUBDIR=number)) == [f"Dep/{number}"]


# ------------------------------------------------------------------------------------------------ settings


def test_a_setting_of_easybuild(world: World) -> None:
    world.recipe("App-1", dependencies=[("Dep", "1"), ("Dep", "2", "", {"name": "system", "version": "system"})])
    world.settle()
    for _ in range(2):
        assert needs(world.ask("App-1.eb")) == ["Dep/1", "Dep/2"]
        assert needs(world.ask("App-1.eb", EASYBUILD_FILTER_DEPS="Dep=2")) == ["Dep/1"]
    assert world.started == 2


def test_minimal_toolchains_and_the_order_of_robot_paths(world: World) -> None:
    toolchain(world)
    world.recipe("App-1-GCC-1", version="1", toolchain={"name": "GCC", "version": "1"}, dependencies=[("Lib", "1")])
    for name in ("GCC", "GCCcore"):
        world.recipe(f"Lib-1-{name}-1", version="1", toolchain={"name": name, "version": "1"})
    world.recipe("Lib-1-GCCcore-1", root="early", version="1", toolchain={"name": "GCCcore", "version": "1"})
    late_first = {"EASYBUILD_ROBOT_PATHS": f"{world.base}/late:{world.base}/early"}
    for _ in range(2):
        assert needs(world.ask("App-1-GCC-1.eb"), "App/1-GCC-1")[0] == "Lib/1-GCC-1"
        minimal = world.ask("App-1-GCC-1.eb", EASYBUILD_MINIMAL_TOOLCHAINS="1")
        assert needs(minimal, "App/1-GCC-1")[0] == "Lib/1-GCCcore-1"
        assert "/early/" in str(minimal["Lib/1-GCCcore-1"][0])
        other = world.ask("App-1-GCC-1.eb", EASYBUILD_MINIMAL_TOOLCHAINS="1", **late_first)
        assert "/late/" in str(other["Lib/1-GCCcore-1"][0])


def test_an_entry_with_an_option_that_changes_the_graph(world: World) -> None:
    world.recipe("App-1", dependencies=[("Dep", "1")])
    world.settle()
    asked = requests("App-1.eb", **{"filter-deps": "Dep"})
    for _ in range(2):
        with world.facts() as facts:
            assert needs(known(facts.resolve(asked, "x86_64", world.environment()))) == []
        assert needs(world.ask("App-1.eb")) == ["Dep/1"]
    assert world.started == 2


def test_archived_easyconfigs(world: World) -> None:
    world.recipe("App-1", dependencies=[("Old", "1")])
    asked = {"EASYBUILD_CONSIDER_ARCHIVED_EASYCONFIGS": "1"}
    assert world.ask("App-1.eb", **asked)["Old/1"][-1]
    (world.base / "late" / "__archive__" / "o" / "Old").mkdir(parents=True)
    world.recipe("Old-1").rename(world.base / "late" / "__archive__" / "o" / "Old" / "Old-1.eb")
    for _ in range(2):
        world.settle()
        assert not world.ask("App-1.eb", **asked)["Old/1"][-1]
        world.recipe("Other-1")
    assert world.ask("App-1.eb")["Old/1"][-1]


def test_a_module_naming_scheme_that_looks_into_easyconfigs(world: World) -> None:
    scheme = {"EASYBUILD_MODULE_NAMING_SCHEME": "CategorizedModuleNamingScheme"}
    world.recipe("App-1", dependencies=[("Dep", "1")])
    world.settle()
    assert needs(world.ask("App-1.eb", **scheme), "devel/App/1") == ["devel/Dep/1"]
    world.recipe("Dep-1", moduleclass="lib")
    assert needs(world.ask("App-1.eb", **scheme), "devel/App/1") == ["lib/Dep/1"]
    assert world.read.count("App-1.eb") == 1


def test_metadata_of_external_modules(world: World) -> None:
    (world.base / "one.cfg").write_text("[cray-x/1]\nname = Python\nversion = 3.1\n")
    asked = {"EASYBUILD_EXTERNAL_MODULES_METADATA": f"{world.base}/*.cfg"}
    world.recipe("App-1", "dependencies = [('cray-x/1', EXTERNAL_MODULE)]", versionsuffix="-Python-%(pyver)s")
    world.settle()
    assert "App/1-Python-3.1" in world.ask("App-1.eb", **asked)
    (world.base / "one.cfg").write_text("[cray-x/1]\nname = Python\nversion = 3.2\n")
    world.settle()
    assert "App/1-Python-3.2" in world.ask("App-1.eb", **asked)
    (world.base / "one.cfg").rename(world.base / "two.cfg")
    (world.base / "one.cfg").write_text("[cray-x/1]\nname = Python\nversion = 3.2\n")
    (world.base / "two.cfg").write_text("nonsense\n")
    with pytest.raises(StackError, match=r"two\.cfg"):
        world.ask("App-1.eb", **asked)


def test_the_home_of_the_user_is_a_constant_of_easyconfigs(world: World) -> None:
    world.recipe("App-1", "dependencies = [('Dep', HOME.rpartition('/')[2])]")
    for home in ("1", "2"):
        assert needs(world.ask("App-1.eb", HOME=f"/home/{home}", XDG_CONFIG_HOME="/home")) == [f"Dep/{home}"]


# ------------------------------------------------------------------------------------------------ code

EASYBLOCK = """
from easybuild.framework.easyblock import EasyBlock
from easybuild.framework.easyconfig import CUSTOM

class {name}(EasyBlock):
    @staticmethod
    def extra_options():
        return EasyBlock.extra_options({{"known_{known}": [None, "of no use", CUSTOM]}})
"""


@pytest.fixture
def blocks(world: World) -> World:
    """A recipe that is right as long as its easyblock knows the parameter that it has."""
    (world.base / "blocks").mkdir()
    (world.base / "blocks" / "tool.py").write_text(EASYBLOCK.format(name="EB_Tool", known="old"))
    world.recipe("Tool-1", easyblock="EB_Tool", known_new=1)
    world.settle()
    return world


def error_of(found: Known) -> str:
    return str(found["Tool-1.eb"][-1]) if "Tool-1.eb" in found else str(found["Tool/1"][-1])


@pytest.mark.parametrize("relative", [False, True])
def test_an_included_easyblock(blocks: World, monkeypatch: pytest.MonkeyPatch, *, relative: bool) -> None:
    monkeypatch.chdir(blocks.base)
    asked = {"EASYBUILD_INCLUDE_EASYBLOCKS": "blocks/*.py" if relative else f"{blocks.base}/blocks/*.py"}
    for _ in range(2):
        assert "known_new" in error_of(blocks.ask("Tool-1.eb", **asked))
    assert blocks.started == 1
    (blocks.base / "blocks" / "tool.py").write_text(EASYBLOCK.format(name="EB_Tool", known="new"))
    assert not error_of(blocks.ask("Tool-1.eb", **asked))


def test_another_file_of_the_pattern(blocks: World) -> None:
    asked = {"EASYBUILD_INCLUDE_EASYBLOCKS": f"{blocks.base}/blocks/*.py"}
    blocks.recipe("Tool-1", easyblock="EB_Late", known_new=1)
    assert "EB_Late" in error_of(blocks.ask("Tool-1.eb", **asked))
    blocks.settle()
    (blocks.base / "blocks" / "late.py").write_text(EASYBLOCK.format(name="EB_Late", known="new"))
    assert not error_of(blocks.ask("Tool-1.eb", **asked))


def test_the_same_pattern_in_another_folder(blocks: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"EASYBUILD_INCLUDE_EASYBLOCKS": "blocks/*.py"}
    other = blocks.base / "other" / "blocks" / "tool.py"
    other.parent.mkdir(parents=True)
    other.write_text(EASYBLOCK.format(name="EB_Tool", known="new"))
    monkeypatch.chdir(blocks.base)
    assert "known_new" in error_of(blocks.ask("Tool-1.eb", **asked))
    monkeypatch.chdir(blocks.base / "other")
    assert not error_of(blocks.ask("Tool-1.eb", **asked))


# ------------------------------------------------------------------------------------------------ the index


def test_an_index_is_believed_as_long_as_it_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.recipe("App-1")
    (world.base / "early").mkdir(exist_ok=True)
    index = world.base / "late" / ".eb-path-index"
    index.write_text("# created at: 2020-01-01 00:00:00.0\n# valid until: 9000-01-01 00:00:00.000000\nNothing.eb\n")
    world.settle()
    assert world.ask("App-1.eb")["App-1.eb"][-1], "the index does not have it"
    world.started = 0
    world.ask("App-1.eb")
    assert not world.started
    monkeypatch.setattr("eessi_stack.eb.store.time.time", lambda: 10**12)
    world.ask("App-1.eb")
    assert world.started, "the index is too old to be believed"
    monkeypatch.undo()
    index.unlink()
    assert world.ask("App-1.eb")["App/1"][0] == str(path)


def test_a_robot_path_that_comes_later(world: World) -> None:
    world.recipe("App-1", dependencies=[("Late", "1")])
    world.settle()
    assert not (world.base / "early").exists()
    assert {"App/1", "Late/1", "Come-1.eb"} == set(world.ask("App-1.eb", "Come-1.eb"))
    world.recipe("Late-1", root="early")
    world.recipe("Come-1", root="early")
    found = world.ask("App-1.eb", "Come-1.eb")
    assert {Path(str(one[0])).name for one in found.values()} == {"App-1.eb", "Late-1.eb", "Come-1.eb"}


# ------------------------------------------------------------------------------------------------ the reader


def test_what_easyconfigs_print_is_no_answer(world: World) -> None:
    world.recipe(
        "App-1", "print('{}\\n' * 100_000, flush=True)\nimport os, sys\nos.write(1, b'{}')\nsys.stdout.write('x')"
    )
    assert needs(world.ask("App-1.eb")) == []


def test_an_easyconfig_that_ends_the_reader_is_no_answer_and_keeps_nothing_from_the_next_run(world: World) -> None:
    world.recipe("App-1", dependencies=[("Dep", "1")])
    world.recipe("Bad-1", "import os\nif 'FOO' in os.environ:\n    os._exit(7)")
    with pytest.raises(StackError, match=r"EasyBuild gave no answer \(exit code 7\)") as failure:
        world.ask("App-1.eb", "Bad-1.eb", FOO="1")
    assert failure.value.exit_code is ExitCode.UNDECIDED
    assert set(world.ask("App-1.eb", "Bad-1.eb")) == {"App/1", "Dep/1", "Bad/1"}


def test_a_configuration_that_easybuild_refuses(world: World) -> None:
    world.recipe("App-1")
    for _ in range(2):
        with pytest.raises(StackError, match=r"NoSuchScheme|does not accept its configuration"):
            world.ask("App-1.eb", EASYBUILD_MODULE_NAMING_SCHEME="NoSuchScheme")
    assert set(world.ask("App-1.eb")) == {"App/1"}


def test_a_very_long_answer(world: World) -> None:
    world.recipe("App-1", f"dependencies = [('{'x' * 100}%d' % number, '1') for number in range(1000)]")
    found = world.ask("App-1.eb")
    assert len(found) == 1001
    assert world.ask("App-1.eb") == found
