"""The flow, straight down: resolve → observe → compare. `prepare.py` plans on it, `install.py` runs the plan."""

from collections.abc import Sequence

from eessi_stack import intent
from eessi_stack.kept import PutBack
from eessi_stack.model import Answer, Stack
from eessi_stack.place import Place
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


def put_back(places: Sequence[Place]) -> tuple[PutBack, ...]:
    """Put back what rebuilds that were cut off had moved aside, so that every command sees it."""
    prefixes = dict.fromkeys(
        place.tree.prefix(one) for place in places for one in (place.target, place.target.cpu_only)
    )
    owners = {prefix: intent.owners(prefix) for prefix in prefixes}
    cut_off = [prefix for prefix, found in owners.items() if any(owner.rebuild for owner in found.values())]
    if not cut_off:
        return ()
    from eessi_stack.recover import recover  # noqa: PLC0415 (what builds is heavy, and hardly ever needed here)

    return tuple(recover(cut_off))


def proof(before: Answer, stack: Stack, place: Place) -> Answer:
    """The same packages against what is there now: what proves an install."""
    with Survey(stack, place.settings, before.packages) as survey:
        return survey.look(place, [place.target])[0]
