"""What is said of where a command works."""

from pathlib import Path

import pytest

from eessi_stack.cli.stack import _chosen
from eessi_stack.config import load
from eessi_stack.model import Target, Tree
from eessi_stack.place import Place

HOST = "no compat layer in /r: the host stands in for it"


def place(why: str, *notes: str, cpu: str = "x86_64/amd/zen3") -> Place:
    settings, tree = load({"repo": "/r"}, {"HOME": "/"}), Tree(repo=Path("/r"), version="2023.06")
    target = Target(cpu=cpu)
    return Place(
        settings=settings, tree=tree, target=target, why=why, runs=(), compat=None, environment={}, notes=notes
    )


@pytest.mark.parametrize(
    ("why", "notes", "said"),
    [
        ("this CPU", (HOST,), f"target x86_64/amd/zen3: this CPU; {HOST}"),
        ("from $EESSI_STACK_TARGET", (), "target x86_64/amd/zen3: from $EESSI_STACK_TARGET"),
        ("from --target", (HOST,), HOST),
        ("from --target", (), ""),
    ],
)
def test_what_nobody_asked_for_on_the_command_line_is_said_in_one_line(
    why: str, notes: tuple[str, ...], said: str
) -> None:
    assert "; ".join(_chosen([place(why, *notes)])) == said


def test_of_several_targets_each_note_is_said_once() -> None:
    both = [place("one of all", HOST), place("one of all", HOST, cpu="aarch64/generic")]
    assert list(_chosen(both)) == [HOST]
