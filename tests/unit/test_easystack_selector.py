"""What a selector may be, and which words stand for one."""

import tomllib

import pytest

from eessi_stack import target
from eessi_stack.easystack import selector
from eessi_stack.easystack.selector import join, meaning, nearest, split, today, words
from eessi_stack.model import Target


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("x86_64", "x86_64"),
        ("x86_64/amd", "x86_64/amd"),
        ("x86_64/amd/zen4", "x86_64/amd/zen4"),
        ("riscv64/spacemit/x60-k6.6", "riscv64/spacemit/x60-k6.6"),
        ("/aarch64/a64fx/", "aarch64/a64fx"),
        ("accel/nvidia", "accel/nvidia"),
        ("accel/nvidia/cc86", "accel/nvidia/cc86"),
        ("aarch64/accel/amd/gfx90a", "aarch64/accel/amd/gfx90a"),
        ("x86_64/amd/zen4/accel/nvidia/cc90", "x86_64/amd/zen4/accel/nvidia/cc90"),
        ("x86_64/intel/sapphire_rapids", "x86_64/intel/sapphirerapids"),
        ("aarch64/graviton3/accel/nvidia/cc80", "aarch64/neoverse_v1/accel/nvidia/cc80"),
        ("graviton2", "aarch64/neoverse_n1"),
        ("zen4", None),
        ("x86_64/zen4", None),
        ("amd", None),
        ("accel", None),
        ("accel/intel", None),
        ("accel/nvidia/gfx90a", None),
        ("x86_64/amd/zen4/nvidia/cc90", None),
        ("", None),
    ],
)
def test_today(written: str, meant: str | None) -> None:
    assert today(written) == meant


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("zen4", "x86_64/amd/zen4"),
        ("h100", "accel/nvidia/cc90"),
        ("accel", "accel/nvidia"),
        ("x86_64/zen3", "x86_64/amd/zen3"),
        ("aarch64/grace", "aarch64/nvidia/grace"),
        ("AARCH64", "aarch64"),
        ("sapphire-rapids", "x86_64/intel/sapphirerapids"),
        ("accel/nvidia/cc9", "accel/nvidia/cc90"),
        ("qqqq", None),
    ],
)
def test_nearest(written: str, near: str | None) -> None:
    assert nearest(written) == near
    assert near is None or today(near) == near


@pytest.mark.parametrize(
    ("word", "before", "meant"),
    [
        ("zen4", "", ("x86_64/amd/zen4",)),
        ("x86_64", "", ("x86_64",)),
        ("generic", "", ("x86_64/generic", "aarch64/generic", "ppc64le/generic", "riscv64/generic")),
        ("generic", "aarch64", ("aarch64/generic",)),
        ("graviton3", "", ("aarch64/neoverse_v1",)),
        ("sapphire_rapids", "", ("x86_64/intel/sapphirerapids",)),
        ("cclake", "", ("x86_64/intel/cascadelake",)),
        ("accel", "", ("accel/nvidia", "accel/amd")),
        ("nvidia", "accel", ("accel/nvidia",)),
        ("nvidia", "aarch64", ("aarch64/nvidia",)),
        ("amd", "accel", ("accel/amd",)),
        ("amd", "x86_64", ("x86_64/amd",)),
        ("amd", "", ()),
        ("nvidia", "x86_64", ()),
        ("cc90", "", ("accel/nvidia/cc90",)),
        ("cc86", "nvidia", ("accel/nvidia/cc86",)),
        ("gfx90a", "", ("accel/amd/gfx90a",)),
        ("a100", "", ("accel/nvidia/cc80",)),
        ("gh200", "", ("aarch64/nvidia/grace/accel/nvidia/cc90",)),
        ("ccc", "", ()),
        ("Zen4", "", ()),
        ("rebuilds", "", ()),
        ("", "", ()),
    ],
)
def test_meaning(word: str, before: str, meant: tuple[str, ...]) -> None:
    assert meaning(word, before) == meant


def test_every_word_stands_for_selectors_of_today() -> None:
    every = [one for selectors in words().values() for one in selectors]
    assert all(today(one) == one for one in every)


def test_nicknames_are_no_other_names_of_targets() -> None:
    data = tomllib.loads(selector.DATA.read_text(encoding="utf-8"))
    names = [row["name"] for row in data["cpu"]] + [alias for row in data["cpu"] for alias in row.get("aliases", ())]
    assert not data["nicknames"].keys() & {name.rsplit("/", 1)[-1] for name in (*names, *selector.accelerators())}


@pytest.mark.parametrize("version", ["2023.06", "2025.06", "2026.06"])
def test_every_target_of_eessi_is_a_selector_of_itself_that_fits_it(version: str) -> None:
    for one in target.known(version):
        assert today(str(one)) == str(one)
        assert one.fits(str(one))
        assert selector.is_accelerator(one.accelerator or "nvidia")


@pytest.mark.parametrize("text", ["x86_64/amd/zen4/accel/nvidia/cc90", "accel/amd", "aarch64", "x86_64/accel/amd"])
def test_split_is_how_targets_read_selectors(text: str) -> None:
    cpu, accelerator = split(text)
    assert join(cpu, accelerator) == text
    assert Target(cpu=cpu or "x86_64/generic", accelerator=accelerator or None).fits(text)
