"""Graphs and trees in a line each, for tests."""

from eessi_stack.model import Comparison, Inventory, Package, Request, State


def packages(text: str, errors: dict[str, str] | None = None) -> tuple[Package, ...]:
    """`*A: B C | X`: somebody asks for A, which needs B and C, and X to be built. `*!A` asks for a rebuild of it."""
    found = []
    for line, entry in enumerate(text.split(";"), 1):
        name, _, needs = entry.strip().partition(":")
        run, _, build = needs.partition("|")
        module = name.lstrip("*!")
        easyconfig = f"{module.replace('/', '-')}.eb"
        asked = Request(easyconfig=easyconfig, file="s.yml", line=line, rebuild=name.startswith("*!"))
        found.append(
            Package(
                module=module,
                recipe=f"/r/{easyconfig}",
                dependencies=tuple(run.split()),
                build_dependencies=tuple(build.split()),
                requests=(asked,) if name.startswith("*") else (),
                error=(errors or {}).get(module, ""),
            )
        )
    return tuple(found)


def unresolved(name: str, line: int = 1) -> Package:
    """An entry for which there is no easyconfig."""
    asked = Request(easyconfig=name, file="s.yml", line=line)
    return Package(module=name, error=f"no easyconfig {name}", requests=(asked,))


def tree(text: str = "", **more: object) -> Inventory:
    """Modules and what their files load: `A: B C; B; C`."""
    entries = [entry.strip().partition(":") for entry in text.split(";") if entry.strip()]
    loads = {name: tuple(needs.split()) for name, _, needs in entries}
    return Inventory(modules=frozenset(loads), loads=loads, **more)  # type: ignore[arg-type]


def states(comparison: Comparison) -> dict[str, str]:
    """Module → the first letter of its state, X where that is excluded."""
    return {
        one.package.module: "X" if one.state is State.EXCLUDED else one.state[0].upper() for one in comparison.verdicts
    }


def letters(text: str) -> dict[str, str]:
    """The same, written `A=I B=M`."""
    return dict(pair.split("=") for pair in text.split())
