"""The facts of a warm run are those of a cold one, whatever has changed between them, and only that is read again.

The cases of `facts_cases` share a world, as each start of EasyBuild takes most of a second.
"""

from dataclasses import dataclass
from fnmatch import fnmatch

import pytest

from tests.e2e.facts_cases import AFTER, BEFORE, CASES
from tests.e2e.facts_world import Known, World, a_world

#: What is never believed is read in each run.
VOLATILE = {
    "clock_read": ["Clock-1.eb"],
    "environment_as_dict": ["Dict-1.eb"],
    "environment_copied": ["Copy-1.eb"],
    "program_run": ["Program-1.eb"],
}


#: Where another run saw a change, or only the time of a file is another one, or the change is one of nothing.
UNCHANGING = {
    "nothing",
    "touched",
    "toolchain_touched",
    "removed_and_added_back",
    "environment_of_others",
    "clock_read",
    "edited_while_it_is_read",
    "external_module",
    "seen_first_as_a_dependency",
}


@dataclass(frozen=True)
class Seen:
    """What one run said to each case, and which easyconfigs it parsed for it."""

    known: dict[str, Known]
    read: dict[str, list[str]]


@dataclass(frozen=True)
class Story:
    """The runs of one world."""

    before: Seen
    warm: Seen  #: nothing has changed since
    changed: Seen
    cold: Seen
    after: Seen  #: nothing has changed since
    expected: dict[str, list[str]]  #: what has to be parsed again after the change
    kept_before: dict[str, Known | None]  #: the answer that was kept, if it is believed
    kept_after: dict[str, Known | None]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    with a_world(tmp_path_factory.mktemp("facts")) as world:
        told = {name: case(world) for name, case in CASES.items()}
        entries = {name: next(case) for name, case in told.items()}
        world.settle()
        before = run(world, entries, BEFORE)
        warm = run(world, entries, BEFORE)
        for name in CASES.keys() - VOLATILE.keys():
            world.ask(*entries[name], **BEFORE)
        with world.facts() as facts:
            kept_before = {name: world.kept(facts, asked, **BEFORE) for name, asked in entries.items()}
        expected = {name: next(case) for name, case in told.items()}
        with world.facts() as facts:
            kept_after = {name: world.kept(facts, asked, **AFTER) for name, asked in entries.items()}
        changed = run(world, entries, AFTER)
        cold = run(world, entries, AFTER, cold=True)
        world.settle()
        run(world, entries, AFTER)
        after = run(world, entries, AFTER)
        return Story(before, warm, changed, cold, after, expected, kept_before, kept_after)


def run(world: World, entries: dict[str, list[str]], environment: dict[str, str], *, cold: bool = False) -> Seen:
    """One run, which asks for the entries of one case after the other."""
    known, read = {}, {}
    with world.facts(cold=cold) as facts:
        for name, asked in entries.items():
            world.read.clear()
            known[name] = world.resolve(facts, asked, **environment)
            read[name] = sorted(world.read)
    return Seen(known, read)


@pytest.mark.parametrize("case", CASES)
def test_what_a_warm_run_knows_is_what_a_cold_one_knows(story: Story, case: str) -> None:
    assert story.warm.known[case] == story.before.known[case]
    assert story.changed.known[case] == story.cold.known[case]
    assert story.after.known[case] == story.cold.known[case]


@pytest.mark.parametrize("case", CASES)
def test_only_what_has_changed_is_read_again(story: Story, case: str) -> None:
    wanted, read = story.expected[case], story.changed.read[case]
    assert [name for name in read if not any(fnmatch(name, one) for one in wanted)] == []
    assert [one for one in wanted if not any(fnmatch(name, one) for name in read)] == []


@pytest.mark.parametrize("case", CASES)
def test_what_has_not_changed_is_not_read(story: Story, case: str) -> None:
    assert story.warm.read[case] == VOLATILE.get(case, [])
    assert story.after.read[case] == VOLATILE.get(case, [])


@pytest.mark.parametrize("case", CASES)
def test_an_answer_that_was_kept_is_believed_only_where_nothing_has_changed(story: Story, case: str) -> None:
    assert story.kept_before[case] == (None if case in VOLATILE else story.before.known[case])
    assert story.kept_after[case] in (None, story.cold.known[case])


def test_the_cases_change_something(story: Story) -> None:
    same = {name for name in CASES if story.before.known[name] == story.cold.known[name]}
    assert same == UNCHANGING
