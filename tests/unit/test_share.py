from dataclasses import replace

import pytest

from eessi_stack.compare.packages import graph_of
from eessi_stack.model import Package, Request, Target
from eessi_stack.share import Share, kinds_of, share_of
from tests.unit.graphs import packages, unresolved

ZEN3, ZEN4, A64FX = (Target(cpu=cpu) for cpu in ("x86_64/amd/zen3", "x86_64/amd/zen4", "aarch64/a64fx"))
ZEN3_CC80, ZEN3_CC90, ZEN4_CC90 = (
    replace(cpu, accelerator=accelerator)
    for cpu, accelerator in ((ZEN3, "nvidia/cc80"), (ZEN3, "nvidia/cc90"), (ZEN4, "nvidia/cc90"))
)

#: Who asks for what: the entry's name says the rest.
SELECTORS = {
    "R/4": (),
    "GROMACS-CUDA/1": (),
    "zen4-only/1": ("x86_64/amd/zen4",),
    "cc90-CUDA/1": ("accel/nvidia/cc90",),
    "cc90-plain/1": ("accel/nvidia/cc90",),
    "zen4-CUDA/1": ("x86_64/amd/zen4",),
    "gone.eb": (),
}
GRAPH = (
    *packages("R/4; GROMACS-CUDA/1: UCX-CUDA/1; UCX-CUDA/1: | CUDA/12; CUDA/12; zen4-only/1"),
    *packages("cc90-CUDA/1: CUDA/12; cc90-plain/1; zen4-CUDA/1: CUDA/12"),
    unresolved("gone.eb"),
)
REQUESTS = tuple(
    Request(easyconfig=name, file="s.yml", line=line, targets=targets)
    for line, (name, targets) in enumerate(SELECTORS.items(), 1)
)


def stack() -> tuple[Package, ...]:
    asked = {request.easyconfig: request for request in REQUESTS}
    return tuple(
        replace(package, requests=(asked[package.module],) if package.module in asked else ()) for package in GRAPH
    )


def shared(target: Target, *asked: Target) -> Share:
    return share_of(target, kinds_of(REQUESTS, graph_of(stack())), asked)


def names(requests: tuple[Request, ...]) -> str:
    return " ".join(request.easyconfig for request in requests)


#: target, asked besides it, what it answers for, what belongs to an accelerator that nobody asked about
CASES = {
    "a CPU alone": (ZEN3, (), "R/4 gone.eb", "GROMACS-CUDA/1"),
    "a CPU with entries of its own": (ZEN4, (), "R/4 zen4-only/1 gone.eb", "GROMACS-CUDA/1 zen4-CUDA/1"),
    "a CPU with its accelerator": (ZEN3, (ZEN3_CC80,), "R/4 gone.eb", ""),
    "a CPU with another CPU's accelerator": (ZEN3, (ZEN4_CC90,), "R/4 gone.eb", "GROMACS-CUDA/1"),
    "a CPU with other CPUs": (ZEN3, (ZEN4, A64FX), "R/4 gone.eb", "GROMACS-CUDA/1"),
    "an accelerator alone": (ZEN3_CC90, (), "R/4 GROMACS-CUDA/1 cc90-CUDA/1 cc90-plain/1 gone.eb", ""),
    "an accelerator with its CPU": (ZEN3_CC90, (ZEN3,), "GROMACS-CUDA/1 cc90-CUDA/1 cc90-plain/1", ""),
    "an accelerator with another CPU": (
        ZEN3_CC90,
        (ZEN4,),
        "R/4 GROMACS-CUDA/1 cc90-CUDA/1 cc90-plain/1 gone.eb",
        "",
    ),
    "an accelerator of another kind": (ZEN3_CC80, (ZEN3, ZEN3_CC90), "GROMACS-CUDA/1", ""),
    "another CPU's accelerator": (ZEN4_CC90, (ZEN4,), "GROMACS-CUDA/1 cc90-CUDA/1 cc90-plain/1 zen4-CUDA/1", ""),
}


@pytest.mark.parametrize(("target", "others", "own", "elsewhere"), CASES.values(), ids=CASES)
def test_share(target: Target, others: tuple[Target, ...], own: str, elsewhere: str) -> None:
    share = shared(target, target, *others)
    assert (names(share.own), names(share.elsewhere)) == (own, elsewhere)


def test_the_order_is_the_stacks_however_entries_differ() -> None:
    own = shared(ZEN4_CC90, ZEN4_CC90).own
    assert names(own) == "R/4 GROMACS-CUDA/1 zen4-only/1 cc90-CUDA/1 cc90-plain/1 zen4-CUDA/1 gone.eb"


def test_together_the_targets_answer_every_entry_that_is_for_one_of_them() -> None:
    asked = (ZEN3, ZEN3_CC80, ZEN3_CC90, ZEN4, ZEN4_CC90)
    shares = [shared(target, *asked) for target in asked]
    assert {request for share in shares for request in share.own} == set(REQUESTS)
    assert not any(share.elsewhere for share in shares)
