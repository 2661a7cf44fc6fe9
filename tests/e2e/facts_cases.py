"""What can change between two runs: each case lays something out, asks for it, and changes it.

A case yields the entries that it asks for, then the easyconfigs that have to be parsed again, as file names.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.e2e.facts_world import World

Case = Callable[[World], Iterator[list[str]]]

GCCCORE = {"name": "GCCcore", "version": "1"}
GCC = {"name": "GCC", "version": "1"}

#: Of the first run and of those after the change.
BEFORE = {"FOO_GET": "1", "FOO_IN": "1", "FOO_GONE": "1", "FOO_BYTES": "1", "FOO_EXPANDED": "1"}
AFTER = {"FOO_GET": "2", "FOO_NEW": "1", "FOO_BYTES": "2", "FOO_COPY": "1", "FOO_EXPANDED": "2"}


def toolchain(world: World, version: str = "1") -> None:
    """GCC over GCCcore, as EasyBuild has them; in both robot paths nothing else is of that name."""
    core = {"name": "GCCcore", "version": version}
    world.recipe(f"GCCcore-{version}")
    world.recipe(f"binutils-2-GCCcore-{version}", version="2", toolchain=core)
    world.recipe(f"GCC-{version}", dependencies=[("GCCcore", version)])


def nothing(world: World) -> Iterator[list[str]]:
    world.recipe("Nothing-1", dependencies=[("NothingDep", "1")])
    world.recipe("NothingDep-1")
    yield ["Nothing-1.eb"]
    yield []


def touched(world: World) -> Iterator[list[str]]:
    path = world.recipe("Touched-1")
    yield ["Touched-1.eb"]
    os.utime(path)
    yield []


def toolchain_touched(world: World) -> Iterator[list[str]]:
    toolchain(world, "2")
    world.recipe("Tt-1-GCC-2", version="1", toolchain={"name": "GCC", "version": "2"}, dependencies=[("TtLib", "1")])
    world.recipe("TtLib-1-GCCcore-2", version="1", toolchain={"name": "GCCcore", "version": "2"})
    yield ["Tt-1-GCC-2.eb"]
    for name in ("GCC-2", "GCCcore-2"):
        os.utime(world.path(name))
    yield []


def toolchain_changed(world: World) -> Iterator[list[str]]:
    toolchain(world, "3")
    world.recipe("GCCcore-4")
    world.recipe("Tc-1-GCC-3", version="1", toolchain={"name": "GCC", "version": "3"}, dependencies=[("TcLib", "1")])
    world.recipe("TcLib-1-GCCcore-3", version="1", toolchain={"name": "GCCcore", "version": "3"})
    world.recipe("TcLib-1-GCCcore-4", version="1", toolchain={"name": "GCCcore", "version": "4"})
    world.recipe("TcOther-1")
    yield ["Tc-1-GCC-3.eb", "TcOther-1.eb"]
    world.recipe("GCC-3", dependencies=[("GCCcore", "4")])
    yield ["GCC-3.eb", "GCCcore-4.eb", "Tc-1-GCC-3.eb", "TcLib-1-GCCcore-4.eb"]


def toolchain_gone(world: World) -> Iterator[list[str]]:
    toolchain(world, "5")
    world.recipe("Tg-1-GCC-5", version="1", toolchain={"name": "GCC", "version": "5"}, dependencies=[("TgLib", "1")])
    world.recipe("TgLib-1-GCCcore-5", version="1", toolchain={"name": "GCCcore", "version": "5"})
    yield ["Tg-1-GCC-5.eb"]
    world.path("GCCcore-5").unlink()
    yield ["GCC-5.eb", "Tg-1-GCC-5.eb"]


def edited(world: World) -> Iterator[list[str]]:
    world.recipe("Edited-1", dependencies=[("EditedDep", "1")])
    world.recipe("EditedUser-1", dependencies=[("Edited", "1")])
    for version in ("1", "2"):
        world.recipe(f"EditedDep-{version}")
    yield ["EditedUser-1.eb"]
    world.recipe("Edited-1", dependencies=[("EditedDep", "2")])
    yield ["Edited-1.eb", "EditedDep-2.eb"]


def edited_while_it_is_read(world: World) -> Iterator[list[str]]:
    """By itself, the first time."""
    flag = world.base / "flag"
    world.recipe("Self-1", f"import os\nlocal_is_new = not os.path.exists('{flag}')\nif local_is_new:\n    {_EDIT}")
    text = world.path("Self-1").read_text()
    world.path("Self-1").write_text(text.replace("FLAG", str(flag)).replace("SELF", str(world.path("Self-1"))))
    world.recipe("SelfDep-1")
    yield ["Self-1.eb"]
    yield []


_EDIT = """open('FLAG', 'w').close()
    with open('SELF', 'a') as local_file:
        local_file.write("dependencies = [('SelfDep', '1')]\\n")
"""


def suffix_edited(world: World) -> Iterator[list[str]]:
    world.recipe("Suffix-1")
    yield ["Suffix-1.eb"]
    world.recipe("Suffix-1", versionsuffix="-new")
    yield ["Suffix-1.eb"]


def edited_in_place(world: World) -> Iterator[list[str]]:
    path = world.recipe("InPlace-1", dependencies=[("InPlaceDep", "1")])
    for version in ("1", "2"):
        world.recipe(f"InPlaceDep-{version}")
    yield ["InPlace-1.eb"]
    before = path.stat()
    world.recipe("InPlace-1", dependencies=[("InPlaceDep", "2")])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    yield ["InPlace-1.eb", "InPlaceDep-2.eb"]


def edited_all_the_way_down(world: World) -> Iterator[list[str]]:
    """Every second one: what is stale shows only when what leads to it has been read."""
    for number in range(16):
        world.recipe(f"Deep{number}-1", dependencies=[(f"Deep{number + 1}", "1")])
    world.recipe("Deep16-1")
    yield ["Deep0-1.eb"]
    for number in range(1, 16, 2):
        world.recipe(f"Deep{number}-1", dependencies=[(f"Deep{number + 1}", "1")], versionsuffix="")
    yield [f"Deep{number}-1.eb" for number in range(1, 16, 2)]


def redirected(world: World) -> Iterator[list[str]]:
    toolchain(world)
    world.recipe("Redirected-1-GCC-1", version="1", toolchain=GCC, dependencies=[("RedirectedLib", "1")])
    world.recipe("RedirectedLib-1-GCCcore-1", version="1", toolchain=GCCCORE)
    yield ["Redirected-1-GCC-1.eb"]
    world.recipe("RedirectedLib-1-GCC-1", version="1", toolchain=GCC)
    yield ["Redirected-1-GCC-1.eb", "RedirectedLib-1-GCC-1.eb"]


def redirected_back(world: World) -> Iterator[list[str]]:
    toolchain(world)
    world.recipe("Back-1-GCC-1", version="1", toolchain=GCC, dependencies=[("BackLib", "1")])
    world.recipe("BackLib-1-GCCcore-1", version="1", toolchain=GCCCORE)
    path = world.recipe("BackLib-1-GCC-1", version="1", toolchain=GCC)
    yield ["Back-1-GCC-1.eb"]
    path.unlink()
    yield ["Back-1-GCC-1.eb", "BackLib-1-GCCcore-1.eb"]


def shadowed(world: World) -> Iterator[list[str]]:
    world.recipe("Shadowed-1", dependencies=[("ShadowedDep", "1")])
    world.recipe("ShadowedDep-1")
    yield ["Shadowed-1.eb"]
    world.recipe("ShadowedDep-1", root="early", versionsuffix="", description="the same, earlier")
    yield ["ShadowedDep-1.eb"]


def entry_shadowed(world: World) -> Iterator[list[str]]:
    world.recipe("EntryShadowed-1")
    yield ["EntryShadowed-1.eb"]
    world.recipe("EntryShadowed-1", root="early", description="the same, earlier")
    yield ["EntryShadowed-1.eb"]


def dependency_removed(world: World) -> Iterator[list[str]]:
    world.recipe("Removed-1", dependencies=[("RemovedDep", "1")])
    path = world.recipe("RemovedDep-1")
    yield ["Removed-1.eb"]
    path.unlink()
    yield ["Removed-1.eb"]


def dependency_added(world: World) -> Iterator[list[str]]:
    world.recipe("Added-1", dependencies=[("AddedDep", "1")])
    yield ["Added-1.eb"]
    world.recipe("AddedDep-1")
    yield ["Added-1.eb", "AddedDep-1.eb"]


def something_alike_added(world: World) -> Iterator[list[str]]:
    """The error of what is absent says what else there is."""
    world.recipe("Alike-1", dependencies=[("Alikeness", "1")])
    yield ["Alike-1.eb", "Alikeness-1.eb"]
    world.recipe("Alikeness-1.1")
    yield ["Alike-1.eb"]


def entry_removed(world: World) -> Iterator[list[str]]:
    path = world.recipe("Gone-1")
    yield ["Gone-1.eb"]
    path.unlink()
    yield []


def entry_added(world: World) -> Iterator[list[str]]:
    yield ["Come-1.eb"]
    world.recipe("Come-1")
    yield ["Come-1.eb"]


def removed_and_added_back(world: World) -> Iterator[list[str]]:
    path = world.recipe("Again-1", dependencies=[("AgainDep", "1")])
    world.recipe("AgainDep-1")
    yield ["Again-1.eb"]
    text = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(text, encoding="utf-8")
    yield []


def folder_becomes_a_link(world: World) -> Iterator[list[str]]:
    world.recipe("Linked-1", dependencies=[("LinkedDep", "1")])
    world.recipe("LinkedDep-1")
    yield ["Linked-1.eb"]
    folder, other = world.path("LinkedDep-1").parent, world.base / "elsewhere"
    shutil.copytree(folder, other)
    world.recipe("LinkedNew-1")
    with (other / "LinkedDep-1.eb").open("a", encoding="utf-8") as file:
        file.write("dependencies = [('LinkedNew', '1')]\n")
    shutil.rmtree(folder)
    folder.symlink_to(other)
    yield ["LinkedDep-1.eb", "LinkedNew-1.eb"]


def link_leads_elsewhere(world: World) -> Iterator[list[str]]:
    world.recipe("Points-1", dependencies=[("PointsDep", "1")])
    one, two = world.recipe("PointsA-1"), world.recipe("PointsB-1")
    for path in (one, two):
        path.write_text(
            path.read_text().replace("PointsA", "PointsDep").replace("PointsB", "PointsDep") + f"# {path}\n"
        )
    link = world.path("PointsDep-1")
    link.parent.mkdir(parents=True)
    middle = world.base / "middle"
    middle.symlink_to(one)
    link.symlink_to(middle)
    yield ["Points-1.eb"]
    middle.unlink()
    middle.symlink_to(two)
    yield ["PointsDep-1.eb"]


def link_to_nothing_gets_a_target(world: World) -> Iterator[list[str]]:
    world.recipe("Dangling-1", dependencies=[("DanglingDep", "1")])
    world.recipe("DanglingDep-1")
    link, target = world.path("DanglingDep-1", "early"), world.base / "target.eb"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    yield ["Dangling-1.eb"]
    shutil.copyfile(world.path("DanglingDep-1"), target)
    yield ["DanglingDep-1.eb"]


def link_loses_its_target(world: World) -> Iterator[list[str]]:
    world.recipe("Lost-1", dependencies=[("LostDep", "1")])
    target = world.recipe("LostTarget-1")
    target.write_text(target.read_text().replace("LostTarget", "LostDep"))
    link = world.path("LostDep-1")
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    yield ["Lost-1.eb"]
    target.unlink()
    yield ["Lost-1.eb"]


def environment_get(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Get", "os.environ.get('FOO_GET', '0')")


def environment_item_gone(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Item", "os.environ['FOO_GONE'] if 'FOO_GONE' in os.environ else '2'")


def environment_contains(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "In", "'1' if 'FOO_IN' in os.environ else '2'")


def environment_new(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "New", "os.getenv('FOO_NEW', '2')")


def environment_bytes(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Bytes", "os.environb[b'FOO_BYTES'].decode()")


def environment_expanded(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Expanded", "os.path.expandvars('$FOO_EXPANDED')")


def environment_copied(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Copy", "os.environ.copy().get('FOO_COPY', '2')")


def environment_as_dict(world: World) -> Iterator[list[str]]:
    yield from _by_environment(world, "Dict", "dict(os.environ).get('FOO_COPY', '2')")


def environment_of_others(world: World) -> Iterator[list[str]]:
    world.recipe("Others-1", "import os\nlocal_x = os.environ.get('FOO_SAME')\n")
    yield ["Others-1.eb"]
    yield []


def _by_environment(world: World, name: str, version: str) -> Iterator[list[str]]:
    """A recipe whose dependency is 1 or 2."""
    world.recipe(f"{name}-1", f"import os\ndependencies = [('{name}Dep', {version})]")
    for number in ("0", "1", "2"):
        world.recipe(f"{name}Dep-{number}")
    yield [f"{name}-1.eb"]
    yield [f"{name}-1.eb", f"{name}Dep-*.eb"]


def file_read(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "File", "open({path!r}).read()")


def code_read(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "Code.py", "open({path!r}).read()")


def file_read_as_path(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "Pathlib", "__import__('pathlib').Path({path!r}).read_text()")


def file_looked_at(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "Size", "str(os.path.getsize({path!r}))", after="22")


def file_comes(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "Comes", "'2' if os.path.exists({path!r}) else '1'", before=None)


def file_goes(world: World) -> Iterator[list[str]]:
    yield from _by_file(world, "Goes", "'1' if os.path.isfile({path!r}) else '2'", after=None)


def link_comes(world: World) -> Iterator[list[str]]:
    folder = world.base / "links"
    folder.mkdir()
    cases = _by_file(world, "Lexists", f"'2' if os.path.lexists('{folder}/new') else '1'")
    yield next(cases)
    (folder / "new").symlink_to("nowhere")
    yield next(cases)


def folder_goes(world: World) -> Iterator[list[str]]:
    folder = world.base / "folder"
    folder.mkdir()
    cases = _by_file(world, "Isdir", f"'1' if os.path.isdir('{folder}') else '2'")
    yield next(cases)
    folder.rmdir()
    yield next(cases)


def folder_listed(world: World) -> Iterator[list[str]]:
    folder = world.base / "listed"
    folder.mkdir()
    (folder / "a").write_text("")
    cases = _by_file(world, "List", f"str(len(os.listdir('{folder}')))")
    yield next(cases)
    (folder / "b").write_text("")
    yield next(cases)


def folder_globbed(world: World) -> Iterator[list[str]]:
    folder = world.base / "globbed"
    cases = _by_file(world, "Glob", f"str(1 + len(__import__('glob').glob('{folder}/*.txt')))")
    yield next(cases)
    folder.mkdir()
    (folder / "b.txt").write_text("")
    yield next(cases)


def _by_file(
    world: World, name: str, version: str, *, before: str | None = "1", after: str | None = "2"
) -> Iterator[list[str]]:
    """A recipe whose dependency is 1 or 2, by what is in a file."""
    path = world.base / (f"{name}.txt" if "." not in name else name)
    _write(path, before)
    world.recipe(f"{name}-1", f"import os\ndependencies = [('{name}Dep', {version.format(path=str(path))})]")
    for number in ("0", "1", "2"):
        world.recipe(f"{name}Dep-{number}")
    yield [f"{name}-1.eb"]
    _write(path, after)
    yield [f"{name}-1.eb", f"{name}Dep-2.eb"]


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text, encoding="utf-8")


def program_run(world: World) -> Iterator[list[str]]:
    """Never believed, and never the reason for no answer."""
    path = world.base / "program.txt"
    path.write_text("1")
    world.recipe("Program-1", f"import os\ndependencies = [('ProgramDep', os.popen('cat {path}').read())]")
    world.recipe("ProgramUser-1", dependencies=[("Program", "1")])
    for number in ("1", "2"):
        world.recipe(f"ProgramDep-{number}")
    yield ["ProgramUser-1.eb"]
    path.write_text("2")
    yield ["Program-1.eb", "ProgramDep-2.eb"]


def clock_read(world: World) -> Iterator[list[str]]:
    world.recipe("Clock-1", "import time\nlocal_now = time.time()\nversionsuffix = '-%d' % (local_now > 10**9)")
    yield ["Clock-1.eb"]
    yield ["Clock-1.eb"]


def error_mended(world: World) -> Iterator[list[str]]:
    world.recipe("Broken-1", "raise ValueError('out of order')")
    world.recipe("BrokenUser-1", dependencies=[("Broken", "1")])
    yield ["BrokenUser-1.eb", "Broken-1.eb"]
    world.recipe("Broken-1")
    yield ["Broken-1.eb"]


def error_made(world: World) -> Iterator[list[str]]:
    world.recipe("Breaks-1", dependencies=[("BreaksDep", "1")])
    world.recipe("BreaksDep-1")
    yield ["Breaks-1.eb"]
    world.path("BreaksDep-1").write_text("name = (")
    yield ["BreaksDep-1.eb"]


def error_by_environment(world: World) -> Iterator[list[str]]:
    world.recipe("Raises-1", "import os\nif 'FOO_GONE' in os.environ:\n    raise SystemExit(1)")
    yield ["Raises-1.eb"]
    yield ["Raises-1.eb"]


def invalid_mended(world: World) -> Iterator[list[str]]:
    world.recipe("Invalid-1", moduleclass="nonsense")
    world.recipe("Mandatory-1", "del description")
    world.recipe("Unknown-1", "nonsense = 1")
    yield ["Invalid-1.eb", "Mandatory-1.eb", "Unknown-1.eb"]
    for name in ("Invalid-1", "Mandatory-1", "Unknown-1"):
        world.recipe(name)
    yield ["Invalid-1.eb", "Mandatory-1.eb", "Unknown-1.eb"]


def empty(world: World) -> Iterator[list[str]]:
    path = world.recipe("Empty-1")
    path.write_text("")
    yield ["Empty-1.eb"]
    world.recipe("Empty-1")
    yield ["Empty-1.eb"]


def misnamed_mended(world: World) -> Iterator[list[str]]:
    world.recipe("Misnamed-1", dependencies=[("MisnamedDep", "1")])
    world.recipe("MisnamedDep-1", version="2")
    yield ["Misnamed-1.eb"]
    world.recipe("MisnamedDep-1")
    yield ["MisnamedDep-1.eb"]


def absolute_path_goes(world: World) -> Iterator[list[str]]:
    path = world.base / "AbsGoes-1.eb"
    shutil.move(world.recipe("AbsGoes-1"), path)
    world.recipe("AbsGoes-1", description="the other one")
    yield [str(path)]
    path.unlink()
    yield ["AbsGoes-1.eb"]


def absolute_path_comes(world: World) -> Iterator[list[str]]:
    path = world.base / "AbsComes-1.eb"
    world.recipe("AbsComes-1")
    yield [str(path)]
    shutil.copyfile(world.path("AbsComes-1"), path)
    yield ["AbsComes-1.eb"]


def absolute_path_in_a_roundabout_way(world: World) -> Iterator[list[str]]:
    path = world.recipe("AbsRound-1")
    yield [f"{path.parent}//../AbsRound/./{path.name}"]
    world.recipe("AbsRound-1", versionsuffix="-new")
    yield ["AbsRound-1.eb"]


def hidden_dependency(world: World) -> Iterator[list[str]]:
    world.recipe("Hidden-1", dependencies=[("HiddenDep", "1")], hiddendependencies=[("HiddenDep", "1")])
    world.recipe("HiddenDep-1")
    yield ["Hidden-1.eb", "HiddenDep-1.eb"]
    world.recipe("HiddenDep-1", versionsuffix="")
    yield ["HiddenDep-1.eb", "HiddenDep-1.eb hidden"]


def external_module(world: World) -> Iterator[list[str]]:
    world.recipe("External-1", "dependencies = [('cray-x/1', EXTERNAL_MODULE)]")
    yield ["External-1.eb"]
    yield []


def several_blocks(world: World) -> Iterator[list[str]]:
    blocks = "[one]\nversionsuffix = '-one'\n[two]\nversionsuffix = '-two'\n"
    world.recipe("Blocks-1", blocks)
    yield ["Blocks-1.eb"]
    world.recipe("Blocks-1", f"{blocks}dependencies = [('Nothing', '1')]\n")
    yield ["Blocks-1.eb"]


def several_versions(world: World) -> Iterator[list[str]]:
    world.recipe("Multi-1", multi_deps={"MultiDep": ["1", "2"]})
    for version in ("1", "2"):
        world.recipe(f"MultiDep-{version}")
    yield ["Multi-1.eb"]
    world.recipe("MultiDep-2", versionsuffix="", dependencies=[("Nothing", "1")])
    yield ["MultiDep-2.eb"]


def odd_names(world: World) -> Iterator[list[str]]:
    names = ("3proxy", "a b", "_x", "C++")
    for name in names:
        world.recipe(f"{name}-1", dependencies=[(f"{name}Dep", "1")])
        world.recipe(f"{name}Dep-1")
    yield [f"{name}-1.eb" for name in names]
    for name in names:
        world.recipe(f"{name}Dep-1", root="early", description="the same, earlier")
    yield [f"{name}Dep-1.eb" for name in names]


def seen_first_as_a_dependency(world: World) -> Iterator[list[str]]:
    """And asked for later: then it must be valid."""
    world.recipe("First-1", dependencies=[("FirstDep", "1")])
    world.recipe("FirstDep-1", moduleclass="nonsense")
    yield ["First-1.eb"]
    yield []


def reverted(world: World) -> Iterator[list[str]]:
    """Another run saw the change meanwhile, and asked for something else."""
    toolchain(world, "6")
    world.recipe("GCCcore-7")
    world.recipe("Rev-1-GCC-6", version="1", toolchain={"name": "GCC", "version": "6"}, dependencies=[("RevLib", "1")])
    for core in ("6", "7"):
        world.recipe(f"RevLib-1-GCCcore-{core}", version="1", toolchain={"name": "GCCcore", "version": core})
    yield ["Rev-1-GCC-6.eb"]
    world.recipe("GCC-6", dependencies=[("GCCcore", "7")])
    world.ask("GCC-6.eb", **AFTER)
    yield ["Rev-1-GCC-6.eb", "RevLib-1-GCCcore-7.eb"]


def asked_meanwhile(world: World) -> Iterator[list[str]]:
    """The names were looked through again by a run that asked for something else."""
    world.recipe("Mean-1")
    yield ["Mean-1.eb"]
    world.recipe("Mean-1", root="early", description="the same, earlier")
    world.ask("Nothing-1.eb", **AFTER)
    yield ["Mean-1.eb"]


_HELPERS = (toolchain,)
CASES: dict[str, Case] = {
    name: case
    for name, case in list(globals().items())
    if callable(case)
    and getattr(case, "__module__", "") == __name__
    and not name.startswith("_")
    and case not in _HELPERS
}
