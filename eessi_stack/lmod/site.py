"""The text of lmodrc.lua and SitePackage.lua. Pure, but for the template in data/."""

import re
from functools import cache
from pathlib import Path

from eessi_stack.model import Target, Tree

DATA = Path(__file__).parents[1] / "data"

#: How a file begins that eessi-stack made, and may make anew.
MARK = "-- Made by eessi-stack"

#: Where CUDA and cuDNN may be given to others in part only, so that a site installs them in full.
PUBLISHED = re.compile(r"/cvmfs/[^/]+\.eessi\.io/(?:.+/)?versions/")

#: The last EESSI version whose loader looks for the driver's libraries in host_injections.
LIBRARIES_INJECTED = "2023.06"


def quote(text: str) -> str:
    """A text as a Lua string."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\0"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'


def lmodrc(folder: Path) -> str:
    """The lmodrc.lua that tells Lmod of a cache."""
    where, stamp = quote(str(folder)), quote(str(folder / "timestamp"))
    return f"{MARK}.\npropT = {{}}\nscDescriptT = {{\n  {{ dir = {where}, timestamp = {stamp} }},\n}}\n"


@cache
def _template() -> str:
    return (DATA / "SitePackage.lua").read_text(encoding="utf-8")


def site_package(tree: Tree, target: Target, *, has_compat: bool) -> str:
    """The SitePackage.lua of a CPU target: what users are told when they load a module."""
    injected = str(tree.host_injections)
    facts = {
        "CPU": target.cpu,
        "TREE": f"{tree.root}/",
        "INJECTED": f"{injected}/{tree.version}/",
        "SITE": f"{injected}/{tree.version}",
        "SITE_TARGET": f"{injected}/{tree.version}/software/{target.os}/{target.cpu}",
        "SDK": f"{injected}/{target.family}/software" if PUBLISHED.match(f"{tree.root}/") else "",
        "DRIVER": driver_folder(tree, target) if has_compat else "",
        "DRIVER_VERSION": f"{tree.root}/scripts/gpu_support/nvidia/get_cuda_driver_version.sh",
    }
    lines = [f"{MARK} for EESSI {tree.version} on {target.cpu}: what is changed here is lost. A site's own goes into"]
    lines += [f"-- {facts['SITE']}/.lmod/SitePackage.lua, which is run last.", ""]
    lines += [f"local {name} = {quote(value) if value else 'nil'}" for name, value in facts.items()]
    return "\n".join(lines) + "\n\n" + _template()


def driver_folder(tree: Tree, target: Target) -> str:
    """Where the compat layer's loader finds the libraries of the host's NVIDIA driver."""
    if tree.version > LIBRARIES_INJECTED:
        return f"{tree.compat(target)}/lib/nvidia"
    return f"{tree.host_injections}/{tree.version}/compat/{target.os}/{target.family}/lib"
