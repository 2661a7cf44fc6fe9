"""Fetching: what is checked, what is never used, and what a cut-off or a second run leaves. URLs are files."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from msgspec import structs, to_builtins

from eessi_stack.eb import sources
from eessi_stack.eb.mirrors import Mirrors, Place
from eessi_stack.eb.sources import Fetched, Source, _download_any, fetch
from eessi_stack.failure.cause import Cause
from eessi_stack.failure.diagnose import Evidence, diagnose
from eessi_stack.model import Package

RIGHT = b"what the easyconfig expects"
WRONG = b"something else under the same name"
SHA256 = hashlib.sha256(RIGHT).hexdigest()


class NoMirrors(Mirrors):
    def places(self, name: str, urls: object, checksums: object) -> list[Place]:  # noqa: ARG002
        return []


class OneMirror(Mirrors):
    """A mirror that has the right file, and counts how often it is asked."""

    asked = 0

    def places(self, name: str, urls: object, checksums: object) -> list[Place]:  # noqa: ARG002
        def get(part: Path) -> None:
            self.asked += 1
            part.write_bytes(RIGHT)

        return [("the mirror", get)]


@pytest.fixture
def urls(tmp_path: Path) -> dict[str, str]:
    for name, content in (("right", RIGHT), ("wrong", WRONG)):
        (tmp_path / name).write_bytes(content)
    return {name: (tmp_path / name).as_uri() for name in ("right", "wrong", "absent")}


def source(tmp_path: Path, *urls: str, checksums: tuple[str, ...] = (SHA256,)) -> Source:
    return Source(path=str(tmp_path / "sources" / "a" / "A" / "a-1.tar.gz"), urls=urls, checksums=checksums)


def fetch_one(wanted: Source, mirrors: Mirrors) -> Fetched:
    told: list[Fetched] = []
    (result,) = fetch([wanted, wanted], mirrors, told.append)
    assert told == [result], "each file is fetched once, however many packages want it"
    return result


def litter(wanted: Source) -> list[str]:
    return sorted(path.name for path in Path(wanted.path).parent.iterdir() if path.name != "a-1.tar.gz")


def test_the_first_url_with_the_right_content_is_used(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted = source(tmp_path, urls["absent"], urls["wrong"], urls["right"])
    result = fetch_one(wanted, NoMirrors(tmp_path))
    assert (result.origin, result.problems) == (urls["right"], ())
    assert Path(wanted.path).read_bytes() == RIGHT
    assert litter(wanted) == []


def test_another_checksum_is_never_used(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted = source(tmp_path, urls["wrong"], urls["absent"])
    result = fetch_one(wanted, NoMirrors(tmp_path))
    assert [problem.rsplit(": ", 1)[-1] for problem in result.problems] == [
        hashlib.sha256(WRONG).hexdigest(),
        str(FileNotFoundError(2, "No such file or directory", str(tmp_path / "absent"))).split(": ")[-1],
    ]
    assert not Path(wanted.path).exists()
    assert litter(wanted) == []


def test_a_mirror_is_asked_last(tmp_path: Path, urls: dict[str, str]) -> None:
    mirror = OneMirror(tmp_path)
    assert fetch_one(source(tmp_path, urls["right"]), mirror).origin == urls["right"]
    assert mirror.asked == 0


def test_a_mirror_gives_what_the_urls_do_not_have(tmp_path: Path, urls: dict[str, str]) -> None:
    assert fetch_one(source(tmp_path, urls["wrong"]), OneMirror(tmp_path)).origin == "the mirror"


def test_a_file_that_is_there_and_right_is_left_alone(tmp_path: Path) -> None:
    wanted = source(tmp_path)
    Path(wanted.path).parent.mkdir(parents=True)
    Path(wanted.path).write_bytes(RIGHT)
    assert fetch_one(wanted, NoMirrors(tmp_path)) == Fetched(source=wanted)


def test_a_file_that_is_there_and_wrong_is_set_aside(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted = source(tmp_path, urls["right"])
    Path(wanted.path).parent.mkdir(parents=True)
    Path(wanted.path).write_bytes(WRONG)
    assert not fetch_one(wanted, NoMirrors(tmp_path)).failed
    assert Path(wanted.path).read_bytes() == RIGHT
    assert Path(f"{wanted.path}.bad").read_bytes() == WRONG


def test_a_file_that_is_wrong_and_cannot_be_had_is_set_aside_and_both_sums_are_told(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    wanted = source(tmp_path, urls["absent"])
    target = Path(wanted.path)
    target.parent.mkdir(parents=True)
    target.write_bytes(WRONG)
    first, *others = fetch_one(wanted, NoMirrors(tmp_path)).problems
    found = hashlib.sha256(WRONG).hexdigest()
    assert first == (
        f"{target}: has another checksum: {found}, and its easyconfig says {SHA256}; set aside as a-1.tar.gz.bad"
    )
    assert len(others) == 1
    assert diagnose(Evidence(unavailable=(first, *others))).cause is Cause.CHECKSUM
    assert not target.exists()
    assert Path(f"{target}.bad").read_bytes() == WRONG


def test_a_file_that_is_wrong_and_that_no_url_has_stays_where_it_is(tmp_path: Path) -> None:
    wanted = source(tmp_path)
    target = Path(wanted.path)
    target.parent.mkdir(parents=True)
    target.write_bytes(WRONG)
    (problem, _) = fetch_one(wanted, NoMirrors(tmp_path)).problems
    assert problem.endswith(f"its easyconfig says {SHA256}")
    assert target.read_bytes() == WRONG


def test_config_guess_is_a_program_that_no_package_fails_for(
    tmp_path: Path, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    guess = structs.replace(source(tmp_path, urls["absent"]), config_guess=True)
    monkeypatch.setattr(sources, "ask_once", lambda *_: {"packages": [{"files": [to_builtins(guess)]}]})
    told: list[Fetched] = []
    package = Package(module="A/1", recipe="/A-1.eb")
    lacking = sources.obtain([package], "x86_64", {}, tmp_path, told.append, offline=True)
    assert lacking == {}
    assert told[0].failed
    fetch_one(structs.replace(guess, urls=(urls["right"],)), NoMirrors(tmp_path))
    assert os.access(guess.path, os.X_OK)


def test_without_a_checksum_no_mirror_is_asked(tmp_path: Path, urls: dict[str, str]) -> None:
    mirror = OneMirror(tmp_path)
    assert fetch_one(source(tmp_path, urls["absent"], checksums=()), mirror).failed
    assert mirror.asked == 0


def test_runs_side_by_side_download_once(tmp_path: Path) -> None:
    wanted, mirror = source(tmp_path), OneMirror(tmp_path)
    results: list[tuple[Fetched, ...]] = []
    runs = [Thread(target=lambda: results.append(fetch([wanted], mirror, lambda _: None))) for _ in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert mirror.asked == 1
    assert [result.failed for (result,) in results] == [False] * 8


def test_who_waited_for_a_download_that_failed_holds_a_lock_that_the_next_one_sees(tmp_path: Path) -> None:
    wanted, seen = source(tmp_path), []
    lock = Path(wanted.path).with_name(".a-1.tar.gz.lock")
    lock.parent.mkdir(parents=True)

    class Watched(NoMirrors):
        def places(self, name: str, urls: object, checksums: object) -> list[Place]:  # noqa: ARG002
            def get(part: Path) -> None:
                with lock.open("w") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        seen.append("held")
                part.write_bytes(RIGHT)

            return [("the mirror", get)]

    with lock.open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = Thread(target=fetch, args=([wanted], Watched(tmp_path), lambda _: None))
        second.start()
        time.sleep(0.5)  # it waits for the first one by now
        lock.unlink()  # the first one ends, without a file
    second.join()
    assert seen == ["held"]


def test_an_interrupt_does_not_wait_for_a_server_that_says_nothing(tmp_path: Path, urls: dict[str, str]) -> None:
    over = Event()

    class Silent(NoMirrors):
        def places(self, name: str, urls: object, checksums: object) -> list[Place]:  # noqa: ARG002
            def get(_: Path) -> None:
                over.wait(60)

            return [("a server", get)]

    def interrupt(_: Fetched) -> None:
        raise KeyboardInterrupt

    quick = Source(path=str(tmp_path / "quick"), urls=(urls["right"],))
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fetch([quick, source(tmp_path)], Silent(tmp_path), interrupt)
    assert time.monotonic() - began < 30
    over.set()


def test_what_git_makes_is_left_to_easybuild(tmp_path: Path) -> None:
    assert fetch([Source(path=str(tmp_path / "g.tar.xz"), git=True)], NoMirrors(tmp_path), lambda _: None) == ()


def test_an_interrupted_fetch_asks_nobody_else(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted, mirror, stop = source(tmp_path, urls["wrong"]), OneMirror(tmp_path), Event()
    stop.set()
    target = Path(wanted.path)
    target.parent.mkdir(parents=True)
    result = _download_any(wanted, target, mirror, stop)
    assert result.problems == (f"{urls['wrong']}: interrupted", "the mirror: interrupted")
    assert mirror.asked == 0
    assert not target.exists()


def test_without_mirrors_nothing_is_fetched_and_what_lacks_is_told(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted = source(tmp_path, urls["right"])
    (result,) = fetch([wanted], None, lambda _: None)
    assert "is not there, and nothing is downloaded with --offline" in result.problems[0]
    target = Path(wanted.path)
    assert not target.parent.exists(), "not even a folder"
    target.parent.mkdir(parents=True)
    target.write_bytes(WRONG)
    (result,) = fetch([wanted], None, lambda _: None)
    assert "has another checksum than its easyconfig says" in result.problems[0]
    assert target.read_bytes() == WRONG
    target.write_bytes(RIGHT)
    (result,) = fetch([wanted], None, lambda _: None)
    assert (result.failed, result.origin) == (False, "")


def test_what_a_killed_download_left_is_taken_away_by_the_next(tmp_path: Path, urls: dict[str, str]) -> None:
    wanted = source(tmp_path, urls["right"])
    folder = Path(wanted.path).parent
    for name in (".fetch-a-1.tar.gz-ab12", ".fetch-other.tar.gz-ab12"):
        (folder / name).mkdir(parents=True)
        (folder / name / "part").write_bytes(b"half")
    assert not fetch_one(wanted, NoMirrors(tmp_path)).failed
    assert litter(wanted) == [".fetch-other.tar.gz-ab12"], "that of another file may be in use"


def test_a_folder_that_cannot_be_made_is_a_problem_of_its_sources(tmp_path: Path, urls: dict[str, str]) -> None:
    (tmp_path / "sources").write_text("a file")
    (result,) = fetch([source(tmp_path, urls["right"])], NoMirrors(tmp_path), lambda _: None)
    assert result.failed


def answered(*packages: dict[str, object]) -> Callable[..., dict[str, object]]:
    """What EasyBuild says of the sources of packages."""
    return lambda *_: {"packages": list(packages)}


def test_what_every_package_lacks_is_told_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, urls: dict[str, str]
) -> None:
    def file(name: str, url: str) -> dict[str, object]:
        return {"path": str(tmp_path / "s" / name), "urls": [urls[url]], "checksums": [SHA256]}

    shared = file("shared", "absent")
    says = answered(
        {"files": [file("good", "right")]},
        {"files": [shared, file("good", "right")]},
        {"files": [shared]},
        {"files": [], "error": "EasyBuild says no"},
    )
    monkeypatch.setattr(sources, "ask_once", says)
    monkeypatch.setattr(sources, "Mirrors", NoMirrors)
    packages = [Package(module=name, recipe=f"/r/{name}") for name in ("A/1", "B/1", "C/1", "D/1")]
    told: list[Fetched] = []
    lacking = sources.obtain(packages, "x86_64", {}, tmp_path, told.append)
    assert set(lacking) == {"B/1", "C/1", "D/1"}
    assert lacking["B/1"] == lacking["C/1"]
    assert lacking["D/1"] == ("EasyBuild says no",)
    assert sorted(Path(one.source.path).name for one in told) == ["good", "shared"]
    offline = sources.obtain(packages, "x86_64", {}, tmp_path, told.append, offline=True)
    assert "with --offline" in offline["B/1"][0]
    assert "A/1" not in offline, "it is there by now"
