"""Lay out a stack as a module tree: `python dev/lay-out-stack.py INVENTORY.json REPO EASYSTACK...`.

The inventory says which modules each CPU and accelerator target has, in the form of `eessi/inventory-2023.06.json`
beside this project. Each module file loads what the stack's own recipes say, as far as the inventory has it. An alias
is written into `.modulerc.lua` where `aliases` says so: `--alias Java/11=Java/11.0.20`.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from eessi_stack import config, place
from eessi_stack.config import shipped
from eessi_stack.easystack import files
from eessi_stack.eb.facts import Facts
from eessi_stack.model import Package, Stack, Target, Tree

Inventory = Mapping[str, Mapping[str, list[str]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inventory", type=Path)
    parser.add_argument("repo", type=Path)
    parser.add_argument("easystacks", type=Path, nargs="+")
    parser.add_argument("--alias", action="append", default=[], metavar="NAME=MODULE")
    arguments = parser.parse_args()
    document = json.loads(arguments.inventory.read_text(encoding="utf-8"))
    tree = Tree(repo=arguments.repo.absolute(), version=document["version"])
    stack = files.read(arguments.easystacks)
    families = {cpu.split("/")[0] for where in document["modules"].values() for cpu in where["cpu"]}
    packages = {family: resolved(stack, tree, family) for family in sorted(families)}
    count = write(document["modules"], tree, packages)
    aliases(tree, dict(alias.split("=", 1) for alias in arguments.alias))
    print(f"{count} modules in {tree.root}")


def resolved(stack: Stack, tree: Tree, family: str) -> dict[str, Package]:
    """The stack's packages as they are for one CPU family."""
    flags = {"repo": str(tree.repo), "eessi-version": tree.version, "target": f"{family}/generic"}
    here = place.find(config.load(flags), stack)
    with Facts(here.settings.cache_dir, shipped("hooks") / "eb_hooks.py") as facts:
        packages = facts.resolve(stack.requests, family, here.environment)
    return {package.module: package for package in packages}


def write(modules: Inventory, tree: Tree, packages: Mapping[str, Mapping[str, Package]]) -> int:
    """Every module file of every target; how many there are."""
    count = 0
    for module, where in modules.items():
        for cpu in where["cpu"]:
            known = packages[cpu.split("/")[0]].get(module)
            needs = (
                [name for name in known.dependencies if cpu in modules.get(name, {}).get("cpu", ())] if known else []
            )
            text = f"help([==[{module}]==])\n" + "".join(f'depends_on("{name}")\n' for name in needs)
            for accelerator in where["accel"] or [None]:
                path = tree.modules(Target(cpu=cpu, accelerator=accelerator)) / f"{module}.lua"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                count += 1
    return count


def aliases(tree: Tree, wanted: Mapping[str, str]) -> None:
    for folder in tree.root.glob("software/linux/**/modules/all"):
        for alias, module in wanted.items():
            if (folder / f"{module}.lua").is_file():
                with (folder / module.split("/")[0] / ".modulerc.lua").open("a", encoding="utf-8") as file:
                    file.write(f'module_version("{module}", "{alias.split("/", 1)[1]}")\n')


if __name__ == "__main__":
    main()
