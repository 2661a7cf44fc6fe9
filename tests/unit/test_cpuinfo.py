import pytest

from eessi_stack.cpuinfo import CpuInfo, archspec_name, machine_name, parse
from eessi_stack.errors import ExitCode, StackError

PROC = """\
processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Some Xeon
flags\t\t: fpu avx2 fma
vmx flags\t: vnmi
bugs\t\t: spectre_v1

processor\t: 1
vendor_id\t: GenuineIntel
model name\t: Some Xeon
flags\t\t: fpu
"""

LSCPU = """\
Architecture:           x86_64
Vendor ID:              AuthenticAMD
BIOS Vendor ID:         Advanced Micro Devices, Inc.
  Model name:           Some EPYC
    Flags:              fpu avx2   fma\x20\x20
Vulnerabilities:
  Spectre v1:           Mitigation; usercopy
"""


def test_proc_cpuinfo_gives_the_first_of_its_cpus() -> None:
    assert parse(PROC, "x86_64") == CpuInfo(
        machine="x86_64", vendor="GenuineIntel", features=frozenset({"fpu", "avx2", "fma"}), model="Some Xeon"
    )


def test_lscpu_says_the_same_under_its_own_labels_and_which_machine_it_is_from() -> None:
    assert parse(LSCPU) == CpuInfo(
        machine="x86_64", vendor="AuthenticAMD", features=frozenset({"fpu", "avx2", "fma"}), model="Some EPYC"
    )


@pytest.mark.parametrize("text", [LSCPU, PROC])
def test_a_text_of_another_machine_has_no_features_for_the_one_asked_for(text: str) -> None:
    assert parse(text, "aarch64") == CpuInfo(machine="aarch64")


@pytest.mark.parametrize(
    ("text", "machine"),
    [
        (PROC, "x86_64"),
        ("Features : fp\nCPU implementer : 0x41", "aarch64"),
        ("isa : rv64\nmvendorid : 0x489", "riscv64"),
        ("cpu : POWER9", "ppc64le"),
    ],
)
def test_labels_tell_the_family_where_nobody_does(text: str, machine: str) -> None:
    assert parse(text).machine == machine


@pytest.mark.parametrize(
    ("text", "machine", "vendor", "features"),
    [
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\nFeatures\t: fp asimddp", "aarch64", "0x41", {"fp", "asimddp"}),
        ("Vendor ID:   ARM\nFlags:  fp asimddp", "aarch64", "0x41", {"fp", "asimddp"}),
        ("Vendor ID: FUJITSU\nFlags: fp sve", "aarch64", "0x46", {"fp", "sve"}),
        ("cpu\t\t: POWER9, altivec supported", "ppc64le", "", {"power9", "altivec", "supported"}),
        ("Model name: POWER9 (raw), altivec supported", "ppc64le", "", {"power9", "raw", "altivec", "supported"}),
        ("isa\t: rv64imafdch_zba\nmvendorid\t: 0x489", "riscv64", "0x489", {"rv64imafdch_zba"}),
        ("VENDOR_ID : GenuineIntel\r\nFLAGS : AVX2 fma\r\n", "x86_64", "GenuineIntel", {"avx2", "fma"}),
        ("flags\t:\nflags\t: avx2", "x86_64", "", {"avx2"}),
    ],
)
def test_labels_of_every_family(text: str, machine: str, vendor: str, features: set[str]) -> None:
    cpu = parse(text, machine)
    assert (cpu.vendor, set(cpu.features)) == (vendor, features)


@pytest.mark.parametrize("text", ["", "\n\n", "no labels at all", "Vendor ID: x\n", "Features : asimddp"])
def test_no_features_where_the_text_has_none_of_that_family(text: str) -> None:
    assert parse(text, "x86_64").features == frozenset()


@pytest.mark.parametrize("wrapped", ["avx2\n         fma avx512f", "avx2 fm\n         a avx512f"])
def test_flags_wrapped_between_words_or_inside_of_them(wrapped: str) -> None:
    assert {"avx2", "fma", "avx512f"} <= parse(f"Vendor ID: x\nFlags: {wrapped}\nCaches: 1\n", "x86_64").features


@pytest.mark.parametrize(
    ("given", "name"), [("arm64", "aarch64"), ("AMD64", "x86_64"), (" ppc64le ", "ppc64le"), ("riscv64", "riscv64")]
)
def test_names_of_machines(given: str, name: str) -> None:
    assert machine_name(given) == name


def test_an_unknown_machine_gets_the_nearest_name() -> None:
    with pytest.raises(StackError) as raised:
        machine_name("x86_46")
    assert (raised.value.exit_code, raised.value.hint) == (ExitCode.USAGE, "did you mean `x86_64`?")


@pytest.mark.parametrize(
    ("machine", "vendor", "features", "name"),
    [
        ("ppc64le", "", "power9 altivec", "power9le"),
        ("ppc64le", "", "power10", "power10le"),
        ("aarch64", "0x46", "", "aarch64"),
        ("x86_64", "GenuineIntel", "mmx sse sse2 ssse3", "core2"),
        ("x86_64", "AuthenticAMD", "mmx sse sse2 ssse3", "x86_64"),
        ("riscv64", "0x710", "", None),
    ],
)
def test_archspec_is_asked_about_any_machine(machine: str, vendor: str, features: str, name: str | None) -> None:
    cpu = CpuInfo(machine=machine, vendor=vendor, features=frozenset(features.split()))
    assert archspec_name(cpu) == name
