from pathlib import Path

import pytest

from eessi_stack import weigh as weighing
from eessi_stack.model import Action, Package, Plan, Step, Target
from eessi_stack.weigh import timed, weigh

GIB = 1 << 30


def plan(*modules: str) -> Plan:
    steps = [
        Step(
            package=Package(module=module, recipe=f"/r/{module}"),
            action=Action.INSTALL,
            reason="new",
            prefix=Path("/p"),
        )
        for module in modules
    ]
    return Plan(target=Target(cpu="x86_64/generic"), steps=tuple(steps))


def seconds(module: str, durations: dict[str, float], recipe: str = "") -> float:
    return weigh(plan(module), durations, {f"/r/{module}": recipe})[module].seconds


def test_what_it_took_is_known_best_then_what_another_version_took_then_what_is_known_of_the_software() -> None:
    assert seconds("GROMACS/2024", {"GROMACS/2024": 10.0, "GROMACS/2023": 20.0}) == 10.0
    assert seconds("GROMACS/2024", {"GROMACS/2023": 20.0, "GROMACS-CUDA/1": 5.0}) == 20.0
    assert seconds("GROMACS/2024", {"other/1": 5.0}) == 3600.0


def test_of_other_software_a_longer_recipe_takes_longer_and_one_with_tests_too() -> None:
    small, large = (seconds("nobody-knows/1", {}, "x" * size) for size in (500, 500_000))
    tested = seconds("nobody-knows/1", {}, "name = 'x'\nruntest = 'check'\n")
    assert 0 < small < tested < large
    assert weigh(plan("nobody-knows/1"), {}, {})["nobody-knows/1"].seconds > 0


def test_memory_is_known_of_heavy_software_and_guessed_of_other() -> None:
    found = weigh(plan("PyTorch/2", "zlib/1"), {"PyTorch/2": 1.0}, {})
    assert found["PyTorch/2"].memory_per_core == 4 * GIB
    assert 0 < found["zlib/1"].memory_per_core < GIB


@pytest.mark.parametrize("table", ["minutes", "memory-per-core"])
def test_what_is_known_is_numbers_above_zero(table: str) -> None:
    known = weighing._known()[table]
    assert known
    assert all(isinstance(value, int | float) and value > 0 for value in known.values())


def test_only_steps_that_were_timed_have_a_time() -> None:
    steps = timed(plan("A/1", "A/2").steps, {"A/1": 7.5})
    assert [step.seconds for step in steps] == [7.5, None]
