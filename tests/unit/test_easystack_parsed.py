"""What is kept of parsed easystacks, how long, and when it is not believed."""

import ast
from pathlib import Path

import pytest

from eessi_stack.easystack import document, parsed, sheet
from eessi_stack.easystack.parsed import FILENAME, MEANING, Sheets, schema
from eessi_stack.easystack.sheet import Entry, LeftOut, Remark, Sheet, placed

PACKAGE = Path(parsed.__file__).parents[1]
OPTIONS = {"rebuild": "flag"}

FULL = Sheet(
    entries=(Entry("a.eb", 3, {"x": ("1", "2"), "rebuild": True, "n": 1}), Entry("b", 9, {})),
    left_out=(LeftOut("b", "slow", "https://example.org", ("aarch64",), 7), LeftOut("c", "ü", "", None, 8)),
    eessi_version="2023.06",
    easybuild_version="5.1.0",
    filter_deps=("M4",),
    targets=(),
    rebuild=False,
    ignored_version="4.9",
    lines={"targets": 2},
    remarks=(Remark(4, "wrong", "hint"),),
)


def keep(folder: Path, *contents: bytes, options: dict[str, str] = OPTIONS) -> None:
    sheets = Sheets(folder, options)
    for content in contents:
        if not sheets.find(content):
            sheets.add(content, Sheet(entries=(Entry(content.decode(), 1, {}),)))
    sheets.save()


def names(folder: Path, *contents: bytes, options: dict[str, str] = OPTIONS) -> list[str | None]:
    sheets = Sheets(folder, options)
    return [found.entries[0][0] if (found := sheets.find(content)) else None for content in contents]


def test_all_of_a_sheet_comes_back(tmp_path: Path) -> None:
    sheets = Sheets(tmp_path, OPTIONS)
    sheets.add(b"text", FULL)
    sheets.save()
    found = Sheets(tmp_path, OPTIONS).find(b"text")
    assert found
    assert placed(found, "f.yml").stack == placed(FULL, "f.yml").stack
    for name in ("targets", "rebuild", "ignored_version", "lines"):
        assert getattr(found, name) == (list(FULL.targets or ()) if name == "targets" else getattr(FULL, name))
    assert [Remark(*remark) for remark in found.remarks] == list(FULL.remarks)


def test_another_content_is_another_sheet(tmp_path: Path) -> None:
    keep(tmp_path, b"one", b"two")
    assert names(tmp_path, b"one", b"three", b"two", b"one ") == ["one", None, "two", None]


def test_other_options_are_another_meaning(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    assert names(tmp_path, b"one", options={"rebuild": "text"}) == [None]
    keep(tmp_path, b"two", options={})
    assert names(tmp_path, b"one", b"two") == [None, None]


@pytest.mark.parametrize("name", MEANING)
def test_other_code_is_another_meaning(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema(OPTIONS)
    for each in MEANING:
        (tmp_path / each).parent.mkdir(exist_ok=True)
        (tmp_path / each).write_bytes((PACKAGE / each).read_bytes())
    monkeypatch.setattr(parsed, "_PACKAGE", tmp_path)
    assert schema(OPTIONS) == before
    (tmp_path / name).write_text("# changed")
    assert schema(OPTIONS) != before


def test_all_code_that_decides_a_meaning_is_named() -> None:
    found, new = set(), {"easystack/document", "easystack/sheet"}
    while new:
        name = new.pop()
        found.add(name)
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        modules = {node.module or "" for node in froms} | {
            f"{node.module}.{alias.name}" for node in froms for alias in node.names
        }
        own = {module.removeprefix("eessi_stack.").replace(".", "/") for module in modules if "eessi_stack." in module}
        new |= {module for module in own if (PACKAGE / f"{module}.py").exists()} - found
    # What a sheet means where it is, is worked out anew each time.
    placing = {"model", "failure/cause", "errors", "easystack/scope"}
    assert {f"{name}.py" for name in found - placing} == {name for name in MEANING if name.endswith(".py")}
    assert document.__name__, sheet.__name__


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    sheets = Sheets(None, OPTIONS)
    sheets.add(b"one", FULL)
    sheets.save()
    assert sheets.find(b"one") is None
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_where_nothing_is_new(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    before = (tmp_path / FILENAME).stat().st_ino
    keep(tmp_path, b"one")
    assert (tmp_path / FILENAME).stat().st_ino == before


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "MAX_SHEETS", 3)
    keep(tmp_path, b"1", b"2", b"3")
    keep(tmp_path, b"2", b"4")
    assert names(tmp_path, b"1", b"2", b"3", b"4") == ["1", "2", None, "4"]
    keep(tmp_path, b"5", b"6", b"7", b"8")
    assert names(tmp_path, b"2", b"5", b"6", b"7", b"8") == [None, "5", "6", "7", "8"]


def test_runs_at_the_same_time_do_not_harm_each_other(tmp_path: Path) -> None:
    first, second = Sheets(tmp_path, OPTIONS), Sheets(tmp_path, OPTIONS)
    first.add(b"one", FULL)
    second.add(b"two", FULL)
    first.save()
    second.save()
    assert Sheets(tmp_path, OPTIONS).find(b"two")
