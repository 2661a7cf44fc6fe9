"""All that tests start has a temporary folder of its own, and leaves nothing in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)  # found out anew
        yield folder


@pytest.fixture(autouse=True)
def nothing_left(temporary: Path) -> Iterator[None]:
    yield
    left = sorted(temporary.iterdir())
    for path in left:  # the next test is not to blame
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not left, "the test leaves temporary files"
