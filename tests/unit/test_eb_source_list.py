"""Only what reads EasyBuild's checksum entries: the rest runs EasyBuild, and is tested by tests/e2e."""

import pytest

from eessi_stack.eb.source_list import sha256_of

ONE, TWO = "1" * 64, "2" * 64
MD5 = "0" * 32


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ONE, [ONE]),
        (MD5, []),
        (None, []),
        (("sha256", ONE), [ONE]),
        (("md5", MD5), []),
        (("size", 123), []),
        ({"a.tar.gz": ONE, "b.tar.gz": TWO}, [ONE]),
        ({"b.tar.gz": TWO}, []),
        ({"a.tar.gz": [ONE, TWO]}, [ONE, TWO]),
        ({"a.tar.gz": None}, []),
        ([ONE, TWO], [ONE, TWO]),
        ((ONE, TWO), [ONE, TWO]),
        ((MD5, ONE), [ONE]),
        ([("sha256", ONE), ("md5", MD5), {"a.tar.gz": TWO}], [ONE, TWO]),
        ([], []),
        (17, []),
    ],
)
def test_sha256_sums_of_an_entry(entry: object, expected: list[str]) -> None:
    assert sha256_of(entry, "a.tar.gz") == expected
