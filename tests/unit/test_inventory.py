"""Several inventories as one."""

from eessi_stack.inventory import overlay
from eessi_stack.model import Inventory


def test_a_stale_mark_of_one_layer_says_nothing_of_another() -> None:
    cpu = Inventory(incomplete=frozenset({"A/1", "B/1"}), loads={"A/1": ("Old/1",)})
    accelerator = Inventory(modules=frozenset({"A/1"}), loads={"A/1": ("New/1",)}, building=frozenset({"C/1"}))
    seen = overlay([accelerator, cpu])
    assert (seen.modules, seen.incomplete, seen.building) == tuple(frozenset({name}) for name in ("A/1", "B/1", "C/1"))
    assert seen.loads == {"A/1": ("New/1",)}
