from pathlib import Path

import pytest

from eessi_stack.doctor.load import sample
from eessi_stack.doctor.mount import find
from eessi_stack.eb.trial import _error, _loaded

TABLE = """22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /cvmfs/software.eessi.io ro,relatime - fuse cvmfs2 ro
31 30 0:41 / /cvmfs/software.eessi.io rw - overlay overlay rw,lowerdir=/ro,upperdir=/tmp/up\\040per,workdir=/tmp/w
40 22 0:50 / /tmp/with\\040blank rw shared:1 - tmpfs none rw
cut off"""


@pytest.mark.parametrize(
    ("path", "kind", "upper"),
    [
        ("/home/me", "ext4", None),
        ("/cvmfs/software.eessi.io/versions", "overlay", "/tmp/up per"),
        ("/tmp/with blank/x", "tmpfs", None),
    ],
)
def test_the_mount_of_a_path(path: str, kind: str, upper: str | None) -> None:
    found = find(TABLE, Path(path))
    assert found
    assert (found.kind, found.upper and str(found.upper)) == (kind, upper)


def test_no_mount_at_all() -> None:
    assert find("", Path("/")) is None


def test_a_sample_is_from_all_over() -> None:
    modules = [str(number) for number in range(100)]
    assert sample(modules, 4) == ["0", "25", "50", "75"]
    assert sample(modules[:2], 4) == ["0", "1"]


def test_what_is_loaded_is_read_from_what_lmod_prints() -> None:
    said = "LOADEDMODULES=GCCcore/12.3.0:zlib/1.2.13; export LOADEDMODULES;\nMODULEPATH=/m; export MODULEPATH;"
    assert _loaded(said) == "GCCcore/12.3.0:zlib/1.2.13"
    assert _loaded("export LOADEDMODULES='A/1';") == "A/1"
    assert _loaded("false") == ""


def test_an_error_of_lmod_on_one_line() -> None:
    said = 'false\nLmod has detected the following error: The following module(s)\nare unknown: "X/1"\n\nPlease check\n'
    assert _error(said) == 'The following module(s) are unknown: "X/1"'
    assert _error("") == "it is not loaded afterwards"
