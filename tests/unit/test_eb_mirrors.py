from pathlib import Path

import pytest

from eessi_stack.eb.mirrors import Mirrors, _requirement, orig_files

A, B, C, D = (letter * 64 for letter in "abcd")

INDEX = f"""Package: hello
Binary: hello
Files:
 0123456789abcdef0123456789abcdef 100 hello_2.10.orig.tar.gz
Checksums-Sha256:
 {A} 100 hello_2.10.orig.tar.gz
 {B} 12 hello_2.10.orig.tar.gz.asc
 {B} 200 hello_2.10-3.debian.tar.xz
 {B} 300 hello_2.10-3.dsc
Directory: pool/main/h/hello
Homepage: https://example.org

Package: several
Directory: pool/main/s/several
Checksums-Sha256:
 {C} 100 several_1.0.orig-part.tar.xz
 {D} 100 several_1.0.orig.tar.xz

Package: native
Checksums-Sha256:
 {B} 300 native_1.0.tar.xz
Directory: pool/main/n/native

Package: nowhere
Checksums-Sha256:
 {B} 300 nowhere_1.0.orig.tar.xz

Package: nothing
Directory: pool/main/n/nothing
"""


def test_upstream_files_of_an_index() -> None:
    assert orig_files(INDEX) == [
        (A, "pool/main/h/hello/hello_2.10.orig.tar.gz"),
        (C, "pool/main/s/several/several_1.0.orig-part.tar.xz"),
        (D, "pool/main/s/several/several_1.0.orig.tar.xz"),
    ]


def test_an_empty_index_has_none() -> None:
    assert orig_files("") == []


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("numpy-1.26.4.tar.gz", "numpy==1.26.4"),
        ("ruamel.yaml-0.18.6.tar.gz", "ruamel.yaml==0.18.6"),
        ("scikit-learn-1.4.0.zip", "scikit-learn==1.4.0"),
        ("pkg-1.0rc1.tar.bz2", "pkg==1.0rc1"),
        ("hatchling-1.18.0-py3-none-any.whl", "hatchling==1.18.0"),
        ("a_b-2.0-cp311-cp311-manylinux_2_17_x86_64.whl", "a_b==2.0"),
        ("v1.0.tar.gz", None),
        ("fix-1.0.patch", None),
        ("README", None),
    ],
)
def test_requirement_of_a_file_name(filename: str, expected: str | None) -> None:
    assert _requirement(filename) == expected


@pytest.mark.parametrize(
    ("name", "url", "places"),
    [
        ("numpy-1.26.4.tar.gz", "https://pypi.python.org/packages/source/n/numpy", ["PyPI (numpy==1.26.4)"]),
        ("numpy-1.26.4.tar.gz", "https://example.org/numpy", []),
        ("README", "https://files.pythonhosted.org/README", []),
    ],
)
def test_places_of_a_file(name: str, url: str, places: list[str]) -> None:
    found = Mirrors(Path("/nowhere")).places(name, [url], [A])
    assert [origin for origin, _ in found] == [*places, "Debian's archive"]
