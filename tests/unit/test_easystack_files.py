"""Which files are read for which paths, where they are, that all their errors come at once, and how they are joined."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from eessi_stack.easystack import files
from eessi_stack.easystack.files import known_options, merge, read, scan
from eessi_stack.easystack.parsed import FILENAME
from eessi_stack.easystack.sheet import MAX_BYTES, Sheet
from eessi_stack.errors import ExitCode, StackError, StackErrors
from eessi_stack.model import Exclusion, Request, Stack

KNOWN_ISSUES = "- aarch64/a64fx:\n  - LLVM-15.0.5:\n    - info: out of range\n"


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
    wanted = [write(tmp_path / name) for name in ("a.yml", "b/a.yaml", "b/c/z.yml", "b-1.yml", "d.yml")]
    for name in (".hidden.yml", ".github/ci.yml", "notes.txt"):
        write(tmp_path / name, "no: easystack\n")
    assert read([tmp_path]).files == tuple(map(str, sorted(wanted)))


def test_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "zen4" / "b.yml")
    write(tmp_path / "a.yml")
    monkeypatch.chdir(tmp_path)
    stack = read(["."])
    assert stack.files == ("a.yml", "zen4/b.yml")
    assert [request.targets for request in stack.requests] == [(), ("x86_64/amd/zen4",)]
    monkeypatch.chdir("zen4")
    assert read(["b.yml"]).requests[0].targets == ("x86_64/amd/zen4",)


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


def test_what_can_be_read_is_there_beside_the_errors(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", "")
    good = write(tmp_path / "b.yml")
    found, errors = scan([tmp_path, tmp_path / "c.yml"])
    assert [one.file for one in found] == [str(good)]
    assert [error.reference for error in errors] == ["easystack-empty", "easystack-unreadable"]


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
    write(tmp_path / "notes.txt")
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


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 1 << 40])  # the latter is sparse: more than any memory holds
def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as file:
        file.truncate(size)
    (error,) = refused(path)
    assert str(MAX_BYTES // 1024) in error.message


def test_a_large_file_is_read_to_its_end(tmp_path: Path) -> None:
    comment = "#" * files.FIRST_BYTES
    path = write(tmp_path / "a.yml", f"easyconfigs:\n- a.eb\n{comment}\n- b.eb\n")
    assert [request.line for request in read([path]).requests] == [2, 4]


def test_contradicting_files_are_both_named(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{v}.yml", f"eessi-stack: {{eessi-version: {v}}}\neasyconfigs: [a]\n") for v in "12")
    (error,) = refused(one, two)
    assert error.message == f"{two}: `eessi-version` is 2, but 1 in {one}"


def test_known_issues_are_exclusions_of_the_stack_they_are_given_with(tmp_path: Path) -> None:
    issues = write(tmp_path / "zen4" / "eessi-2023.06-known-issues.yml", KNOWN_ISSUES)
    excluding = "eessi-stack:\n  exclude:\n  - {easyconfig: b, reason: slow}\neasyconfigs: [a.eb]\n"
    own = write(tmp_path / "zen4" / "own.yml", excluding)
    stack = read([tmp_path])
    assert [request.easyconfig for request in stack.requests] == ["a.eb"]
    assert [(one.easyconfig, one.targets, one.source) for one in stack.exclusions] == [
        ("LLVM-15.0.5", ("aarch64/a64fx",), f"{issues}:2"),
        ("b", ("x86_64/amd/zen4",), f"{own}:3"),
    ]


def test_known_issues_alone_are_no_stack(tmp_path: Path) -> None:
    path = write(tmp_path / "known-issues.yml", KNOWN_ISSUES)
    for given in (path, tmp_path):
        (error,) = refused(given)
        assert error.reference == "easystack-empty"
        assert error.message == f"{path}: only known issues, which name nothing to build"


def test_folders_that_no_target_is_in_are_refused_unless_the_header_says_more(tmp_path: Path) -> None:
    path = write(tmp_path / "2023.06" / "aarch64" / "zen4" / "a.yml")
    (error,) = refused(path)
    assert error.message == f"{path}:1: there is no target that the folders `aarch64` and `zen4` all mean"
    assert "`targets: […]`" in error.hint
    write(path, "easyconfigs: [a.eb]\neessi-stack: {targets: [x86_64/amd/zen4]}\n")
    assert read([path]).requests[0].targets == ("x86_64/amd/zen4",)


def no_parsing(content: str | bytes, source: str, options: Mapping[str, str]) -> Sheet:
    raise AssertionError(content, source, options)


def test_what_was_parsed_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, folder = tmp_path / "cache", tmp_path / "2023.06" / "zen4"
    text = "eessi-stack: {filter-deps: [M4]}\neasyconfigs:\n- a.eb: {options: {from-pr: [1, 2], rebuild: true}}\n"
    write(folder / "a.yml", text)
    write(folder / "known-issues.yml", KNOWN_ISSUES)
    cold = read([folder], cache_dir=cache)
    assert cold == read([folder])
    monkeypatch.setattr(files, "parse", no_parsing)
    assert read([folder], cache_dir=cache) == cold
    (tmp_path / "moved").mkdir()
    elsewhere = folder.rename(tmp_path / "moved" / "grace")
    moved = read([elsewhere], cache_dir=cache)
    assert [(one.targets, one.file) for one in moved.requests] == [
        (("aarch64/nvidia/grace",), f"{elsewhere}/a.yml"),
    ]


def test_what_changed_is_parsed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, parsed = tmp_path / "cache", []
    changing = [write(tmp_path / name) for name in ("a.yml", "b.yml")][1]
    read([tmp_path], cache_dir=cache)
    write(changing, "easyconfigs: [b.eb]\n")

    def parse(content: str | bytes, source: str, options: Mapping[str, str]) -> Sheet:
        parsed.append(source)
        return original(content, source, options)

    original = files.parse
    monkeypatch.setattr(files, "parse", parse)
    for _ in range(2):
        assert [request.easyconfig for request in read([tmp_path], cache_dir=cache).requests] == ["a.eb", "b.eb"]
    assert parsed == [str(changing)]


def test_a_file_with_errors_is_not_believed_later_either(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yml", "easyconfigs: 1\n")
    for _ in range(2):
        with pytest.raises(StackErrors):
            read([path], cache_dir=tmp_path / "cache")


def test_another_list_of_options_is_another_meaning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yml", "easyconfigs:\n- a.eb: {options: {new: 1}}\n")
    assert read([path], {"new": "text"}, tmp_path / "cache").requests
    with pytest.raises(StackErrors, match="1 error"):
        read([path], {"old": "text"}, tmp_path / "cache")


def test_a_damaged_or_unusable_cache_costs_only_time(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "a.yml"), tmp_path / "cache"
    fresh = read([path], cache_dir=cache)
    content = (cache / FILENAME).read_bytes()
    for length in range(0, len(content), 7):
        (cache / FILENAME).write_bytes(content[:length])
        assert read([path], cache_dir=cache) == fresh
        assert (cache / FILENAME).read_bytes() == content
    assert read([path], cache_dir=path / "no folder") == fresh


def part(name: str, eessi: str | None = None, easybuild: str | None = None) -> Stack:
    request = Request(easyconfig="a.eb", file=name, line=1)
    exclusion = Exclusion(easyconfig="x", reason="y")
    return Stack(
        requests=(request,),
        files=(name,),
        eessi_version=eessi,
        easybuild_version=easybuild,
        filter_deps=("zlib", name),
        exclusions=(exclusion,),
    )


def test_merge_keeps_every_request_and_each_header_fact_once() -> None:
    merged = merge([part("b", "2023.06"), part("a"), part("c", "2023.06", "5.1.0")])
    assert [request.file for request in merged.requests] == ["b", "a", "c"]
    assert merged.files == ("b", "a", "c")
    assert (merged.eessi_version, merged.easybuild_version) == ("2023.06", "5.1.0")
    assert merged.filter_deps == ("zlib", "b", "a", "c")
    assert merged.exclusions == (Exclusion(easyconfig="x", reason="y"),)


def test_merge_refuses_contradicting_versions() -> None:
    with pytest.raises(StackErrors) as several:
        merge([part("a", "2023.06", "5.1"), part("b"), part("c", "2025.06", "5.2")])
    assert [error.message for error in several.value.errors] == [
        "c: `eessi-version` is 2025.06, but 2023.06 in a",
        "c: `easybuild-version` is 5.2, but 5.1 in a",
    ]


def test_known_options_are_easybuilds() -> None:
    assert {"from-pr", "from-commit", "include-easyblocks-from-pr", "accept-eula-for", "rebuild"} <= known_options()
    assert "include-easyblock-from-pr" not in known_options()
