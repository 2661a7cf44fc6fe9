"""What must hold for every rule."""

from collections import Counter
from pathlib import Path

import pytest
from eessi_hooks import compat
from eessi_hooks.rule import ANY, PARSE_EXTENSION, Rule
from eessi_hooks.rules import RULES
from eessi_hooks.target import CPUS, FAMILIES

IDS = [str(rule) for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_invariants(rule: Rule) -> None:
    assert rule.software
    assert all(rule.software)
    assert rule.software == ANY or "*" not in rule.software
    assert len(rule.why) > 10
    assert set(rule.cpus) <= CPUS
    assert set(rule.families) <= FAMILIES
    assert all(rule.versions)
    assert not (rule.versions and (rule.since or rule.before or rule.up_to)), "versions say it all"
    assert all(version and version[0].isdigit() for version in (*rule.versions, *rule.only_eessi))
    assert not any(place in str(rule) for place in compat._PLACES) or rule.needs_eprefix
    assert not (rule.at.startswith("parse") and rule.do.scoped), "there is no step to end it"
    assert not rule.at.endswith("_single_extension"), "it would act on the extensions after this one"


def test_hook_points_are_easybuilds_and_in_the_hooks_file(hooks_file: Path) -> None:
    from easybuild.tools.hooks import KNOWN_HOOKS

    points = {f"{rule.at}_hook" for rule in RULES if rule.at != PARSE_EXTENSION}
    defined = {
        line.split("(")[0].removeprefix("def ") for line in hooks_file.read_text().splitlines() if "def " in line
    }
    assert points <= defined <= set(KNOWN_HOOKS)


def test_no_rule_is_there_twice() -> None:
    assert [str(rule) for rule, count in Counter(RULES).items() if count > 1] == []
