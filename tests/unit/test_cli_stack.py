"""What is said of where a command works."""

from dataclasses import replace
from pathlib import Path

import pytest

from eessi_stack.cli.stack import _chosen, warn
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


def test_a_repository_that_is_named_and_does_not_exist_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = tmp_path / "absent"
    for flags, environ, origin in (
        ({"repo": str(absent)}, {}, "--repo"),
        ({}, {"EESSI_STACK_REPO": str(absent)}, "$EESSI_STACK_REPO"),
    ):
        here = replace(place("this CPU"), settings=load(flags, {"HOME": "/", **environ}), tree=tree_in(absent))
        warn([here, here])
        said = capsys.readouterr().err
        assert said == f"warning: {absent}, from {origin}, does not exist: it counts as an empty tree\n"
    warn([replace(place("this CPU"), settings=load({}, {"HOME": "/"}), tree=tree_in(absent))])
    warn([replace(place("this CPU"), tree=tree_in(tmp_path))])
    assert capsys.readouterr().err == ""


def test_a_target_that_the_version_does_not_have_is_warned_of_until_the_tree_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = replace(place("from --target", cpu="x86_64/amd/zen5"), tree=tree_in(tmp_path))
    warn([here, replace(place("from --target"), tree=tree_in(tmp_path))])
    said = "warning: EESSI 2023.06 does not have the target x86_64/amd/zen5: it would be a site's own\n"
    assert capsys.readouterr().err == said
    here.tree.prefix(here.target).mkdir(parents=True)
    warn([here])
    assert capsys.readouterr().err == ""


def tree_in(repo: Path) -> Tree:
    return Tree(repo=repo, version="2023.06")
