"""The flow, straight down: resolve → observe → compare → plan; `install.py` runs the plan. No command-line logic."""

from collections.abc import Sequence

from eessi_stack.model import Answer, Plan, Stack
from eessi_stack.place import Place
from eessi_stack.plan import make_plan
from eessi_stack.survey import Survey


def missing(stack: Stack, places: Sequence[Place], *, strict: bool = False) -> tuple[Answer, ...]:
    """What of a stack is missing, target by target.

    One that cannot be told keeps none of the others from being answered; StackError where it is the only one.
    """
    asked = [place.target for place in places]
    with Survey(stack, places[0].settings, alone=len(places) == 1) as survey:
        if len(places) == 1:
            return (survey.look(places[0], asked, strict=strict)[0],)
        return tuple(survey.answer(place, asked, strict=strict) for place in places)


def plan(stack: Stack, place: Place) -> tuple[Plan, Answer]:
    """What would make the tree match the stack."""
    with Survey(stack, place.settings) as survey:
        answer, seen = survey.look(place, [place.target])
    assert answer.comparison
    return make_plan(answer.comparison, seen, place.tree), answer


def proof(before: Answer, stack: Stack, place: Place) -> Answer:
    """The same packages against what is there now: what proves an install."""
    with Survey(stack, place.settings, before.packages) as survey:
        return survey.look(place, [place.target])[0]
