"""The import rule and the sizes of DESIGN.md, read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "eessi_stack").rglob("*.py"))
HOOKS = sorted((ROOT / "hooks").rglob("*.py"))

BASE = frozenset({"model", "errors", "failure"})
#: Leaves that a module of the middle row may use besides the base.
LEAVES = {
    "eb": {"scratch", "signature", "stored", "machine", "kept", "module_text"},
    "intent": {"kept"},
    "inventory": {"module_files"},
    "lmod": {"scratch", "signature", "stored"},
    "module_files": {"module_text", "signature", "stored"},
    "config": {"settings", "machine"},
    "target": {"cpuinfo"},
    "easystack": {"config", "easybuild_options", "stored"},
    "share": {"compare"},
    "differ": {"compare"},
    "plan": {"compare"},
}
#: Modules of a folder that build on others of it.
INSIDE = {
    "easystack.files": {"parsed", "sheet", "scope", "document", "yaml_nodes"},
    "easystack.lint": {"sheet", "scope", "selector", "toolchains", "yaml_nodes"},
    "easystack.parsed": {"sheet"},
    "easystack.document": {"sheet", "yaml_composer", "yaml_exclusions", "yaml_nodes"},
    "easystack.sheet": {"scope"},
    "easystack.scope": {"selector"},
    "easystack.yaml_composer": {"yaml_nodes", "sheet"},
    "easystack.yaml_exclusions": {"sheet", "selector", "yaml_nodes"},
    "compare.verdict": {"packages", "excluded", "walk", "drift"},
    "compare.walk": {"packages"},
    "compare.drift": {"packages"},
    "failure.diagnose": {"cause", "complaints", "exit_codes", "first_error", "signals", "transcript"},
    "failure.first_error": {"complaints"},
    "failure.complaints": {"cause"},
    "failure.exit_codes": {"cause"},
}
MIDDLE = frozenset({"eb", "inventory", "journal", "lmod", "easystack", "share", "plan", "schedule", "target", "intent"})
LOW = frozenset(
    {"compare", "differ", "machine", "cpuinfo", "gpu", "config", "settings", "easybuild_options"}
    | {"module_files", "module_text", "signature", "stored", "kept", "runs", "scratch"}
)
#: What joins the steps, each with what it joins besides the middle row.
WIRING = {
    "prefixes": set(),
    "observe": {"place", "module_files"},
    "survey": {"place", "observe", "compare", "config"},
    "flow": {"place", "survey", "recover", "kept"},
    "recover": {"kept"},
    "weigh": set(),
    "forecast": set(),
    "prepare": {"place", "prefixes", "survey", "config", "weigh"},
    "workplace": {"place"},
    "install": {"place", "workplace", "config", "caches", "__version__"},
    "caches": {"place", "prefixes"},
    "status": {"place", "observe", "survey", "caches", "contents", "differ", "machine", "runs"},
    "doctor": {"place", "observe", "caches", "config", "doctor", "scratch"},
    "host_injections": {"place", "prefixes", "observe", "workplace", "host_injections"},
    "contents": {"place", "observe", "differ", "module_text"},
}

MAX_FILE = 300
MAX_FUNCTION = 40


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every name that a file imports, wherever in the file, with what is taken from it: `eessi_stack.flow.Reporter`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(path: Path) -> str:
    """What a file is in the import rule: its name, or that of its folder."""
    return path.relative_to(ROOT / "eessi_stack").parts[0].removesuffix(".py")


def allowed(name: str) -> frozenset[str]:
    """What a part of the package may import from the package."""
    if name in ("__init__", *BASE):
        return frozenset({"failure"} if name in ("model", "failure") else ())
    if name == "__main__":
        return frozenset({"cli"})
    if name == "place":
        return BASE | {"target", "prefixes", "eb", "config", "cpuinfo"}
    if name in WIRING:
        return BASE | MIDDLE | WIRING[name]
    if name == "cli":
        return BASE | MIDDLE | LOW | WIRING.keys() | {"place", "cli", "__version__"}
    own = {name} if (ROOT / "eessi_stack" / name).is_dir() else set()
    return BASE | LEAVES.get(name, set()) | own | ({"__version__"} if name == "eb" else set())


def own_imports(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("eessi_stack.")}


def inside(path: Path) -> set[str]:
    """What a module of a folder imports of the same folder."""
    top = f"eessi_stack.{part(path)}."
    return {name.removeprefix(top).split(".")[0] for name in imports(path) if name.startswith(top)}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PACKAGE, ids=ids)
def test_imports_go_one_way(path: Path) -> None:
    assert own_imports(path) <= allowed(part(path))


@pytest.mark.parametrize(
    "path", [path for path in PACKAGE if part(path) in ("compare", "easystack", "failure")], ids=ids
)
def test_modules_of_a_folder_go_one_way_too(path: Path) -> None:
    assert inside(path) <= INSIDE.get(f"{part(path)}.{path.stem}", set())


def test_leaves_know_no_step_and_do_not_know_each_other_in_circles() -> None:
    left = {name: below for name, below in LEAVES.items() if name not in MIDDLE}
    assert set().union(*LEAVES.values()) <= LOW
    assert left.keys() <= LOW
    left |= {name: {f"{name.split('.')[0]}.{one}" for one in below} for name, below in INSIDE.items()}
    while lowest := [name for name, below in left.items() if not below & left.keys()]:
        left = {name: below for name, below in left.items() if name not in lowest}
    assert not left


def test_the_rule_has_something_to_say() -> None:
    seen = {(part(path), name) for path in PACKAGE for name in own_imports(path)}
    assert {
        ("__main__", "cli"),
        ("cli", "flow"),
        ("flow", "survey"),
        ("survey", "eb"),
        ("eb", "eb"),
        ("target", "cpuinfo"),
    } <= seen
    known = {"__init__", "__main__", "cli", "place", *WIRING, *MIDDLE, *LOW, *BASE}
    assert {part(path) for path in PACKAGE} <= known, "a new module has no place in the import rule yet"


@pytest.mark.parametrize("path", PACKAGE, ids=ids)
def test_only_their_own_folder_imports_easybuild_click_and_rich(path: Path) -> None:
    owners = {"easybuild": "eb", "click": "cli", "rich": "cli"}
    found = {name.split(".")[0] for name in imports(path)} & set(owners)
    assert all(owners[name] == part(path) for name in found)


@pytest.mark.parametrize("path", HOOKS, ids=ids)
def test_hooks_do_not_know_the_package(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("eessi_stack", "click", "rich")}


def uses(path: Path, *names: str) -> list[int]:
    """The lines that use a name, `print` or `sys.exit`, or import it."""
    lines = [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.expr) and _dotted(node) in names]
    return lines + [0 for name in imports(path) if name in names]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


#: Programs of their own, started as child processes.
CHILDREN = {"reader.py", "parse.py", "source_list.py", "supervise.py", "explain.py"}


@pytest.mark.parametrize("path", [path for path in PACKAGE if part(path) not in ("cli", "__main__")], ids=ids)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    if not (part(path) == "eb" and path.name in CHILDREN):
        assert not uses(path, "print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout", "SystemExit")


@pytest.mark.parametrize("path", [path for path in PACKAGE if part(path) not in ("config", "eb")], ids=ids)
def test_only_config_and_eb_read_the_environment(path: Path) -> None:
    assert not uses(path, "os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")


def test_uses_finds_what_is_there() -> None:
    assert uses(ROOT / "eessi_stack" / "config.py", "os.environ")
    assert uses(ROOT / "eessi_stack" / "eb" / "supervise.py", "sys.exit")


@pytest.mark.parametrize("path", PACKAGE + HOOKS, ids=ids)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, f"{path}:{node.lineno}: {node.name}"
