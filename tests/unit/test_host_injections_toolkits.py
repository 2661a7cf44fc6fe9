"""Which driver runs what."""

import tomllib

import pytest

from eessi_stack.host_injections import toolkits
from eessi_stack.host_injections.toolkits import Support


@pytest.mark.parametrize(
    ("cuda", "driver", "support"),
    [
        ("12.1.1", "530.30.02", Support.FULL),
        ("12.1.1", "530.30.01", Support.MINOR),
        ("12.1.1", "525.60.13", Support.MINOR),
        ("12.1.1", "525.60.12", Support.NONE),
        ("12.1.1", "580.65.06", Support.FULL),
        ("13.0.2", "575.57.08", Support.NONE),
        ("13.9.0", "580.65.06", Support.MINOR),
        ("11.6.0", "510.39.01", Support.FULL),
        ("13.3.0", "595.45.04", Support.MINOR),
        ("12.4.0", "550.54.9", Support.MINOR),
        ("99.0.0", "580.65.06", Support.UNKNOWN),
    ],
)
def test_what_a_driver_does_for_a_toolkit(cuda: str, driver: str, support: Support) -> None:
    assert toolkits.support(cuda, driver) is support


def test_an_update_that_is_not_in_the_table_needs_what_the_one_before_it_does() -> None:
    assert toolkits.needs("12.1.1") == toolkits.needs("12.1.0") == "530.30.02"
    assert toolkits.needs("11.4.2") == "470.57.02"
    assert not toolkits.needs("12.7.0")


@pytest.mark.parametrize(("driver", "cuda"), [("535.104.05", "12.2"), ("530.30.01", "12.0"), ("390.46", "")])
def test_the_newest_toolkit_of_a_driver(driver: str, cuda: str) -> None:
    assert toolkits.newest(driver) == cuda


def test_later_toolkits_need_later_drivers() -> None:
    table = tomllib.loads(toolkits.DATA.read_text(encoding="utf-8"))["toolkits"]
    rows = sorted((toolkits.parse(cuda), toolkits.parse(driver)) for cuda, driver in table.items())
    assert [driver for _, driver in rows] == sorted(driver for _, driver in rows)
    assert all(toolkits.needs_at_least(cuda) for cuda in table)
