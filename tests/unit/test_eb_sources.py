"""Fetching: what is checked, what is never used, and what a cut-off or a second run leaves. URLs are files."""

import hashlib
from pathlib import Path
from threading import Event, Thread

import pytest

from eessi_stack.eb.mirrors import Mirrors, Place
from eessi_stack.eb.sources import Fetched, Source, _download_any, fetch

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
