"""Which files are read for which paths, and that all their errors come at once."""

from pathlib import Path

import pytest

from eessi_stack.easystack import read
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.yaml_nodes import MAX_BYTES


def write(path: Path, text: str = "easyconfigs: [a.eb]\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refused(*paths: Path) -> tuple[StackError, ...]:
    with pytest.raises(StackErrors) as several:
        read(paths)
    assert several.value.exit_code == ExitCode.USAGE
    return several.value.errors


def test_a_folder_stands_for_the_easystacks_in_it_sorted(tmp_path: Path) -> None:
    wanted = [write(tmp_path / name) for name in ("a.yml", "b/a.yaml", "b/c/z.yml", "d.yml")]
    for name in ("eessi-known-issues.yml", ".hidden.yml", ".github/ci.yml", "notes.txt"):
        write(tmp_path / name, "no: easystack\n")
    assert read([tmp_path]).files == tuple(map(str, wanted))


def test_files_keep_the_order_given_and_are_read_once(tmp_path: Path) -> None:
    late, early = write(tmp_path / "z.yml"), write(tmp_path / "a.yml")
    assert read([late, str(early), late, tmp_path]).files == (str(late), str(early))


def test_sources_name_the_path_as_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yml", "easyconfigs:\n- a.eb\n")
    assert read([path]).requests[0].source == f"{path}:2"


def test_errors_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", "")
    write(tmp_path / "b.yml")
    write(tmp_path / "c.yml", "easyconfigs:\n- a.eb: {options: {form-pr: 1}}\n- b.eb: {option: }\n")
    errors = refused(tmp_path, tmp_path / "d.yml")
    places = [str(tmp_path / place) for place in ("a.yml:1", "c.yml:2", "c.yml:3", "d.yml")]
    assert [error.context for error in errors] == places
    assert errors[1].hint == "did you mean `from-pr`?"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "eessi-2023.06.yml")
    (error,) = refused(tmp_path / "eesi-2023.06.yml")
    assert error.message == f"{tmp_path}/eesi-2023.06.yml: no such file or directory"
    assert error.hint == "did you mean `eessi-2023.06.yml`?"


@pytest.mark.parametrize("name", ["missing/deep/a.yml", "x" * 300, "file.yml/a.yml"])
def test_a_path_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    write(tmp_path / "file.yml")
    (error,) = refused(tmp_path / name)
    assert error.reference == "easystack-unreadable"


def test_a_folder_without_easystacks(tmp_path: Path) -> None:
    write(tmp_path / "known-issues.yml")
    (error,) = refused(tmp_path)
    assert error.message == f"{tmp_path}: a folder without easystacks"


def test_no_paths_are_no_stack() -> None:
    (error,) = refused()
    assert error.reference == "easystack-none"


def test_a_link_to_nothing_in_a_folder_is_not_skipped(tmp_path: Path) -> None:
    write(tmp_path / "a.yml")
    (tmp_path / "b.yml").symlink_to("gone.yml")
    (error,) = refused(tmp_path)
    assert error.context == str(tmp_path / "b.yml")


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: more than any memory holds
    (error,) = refused(path)
    assert str(MAX_BYTES // 1024) in error.message


def test_contradicting_files_are_both_named(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{v}.yml", f"eessi-stack: {{eessi-version: {v}}}\neasyconfigs: [a]\n") for v in "12")
    (error,) = refused(one, two)
    assert error.message == f"{two}: `eessi-version` is 2, but 1 in {one}"
