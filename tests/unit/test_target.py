import pytest

from eessi_stack.cpuinfo import CpuInfo, parse
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target
from eessi_stack.target import (
    check_accelerator,
    check_cpu,
    compatible,
    cpu_targets,
    explain,
    gcc_flag,
    known,
    resolve_alias,
    table,
)

ZEN1 = "fpu mmx sse sse2 ssse3 sse4_1 avx fma avx2 sha_ni"
ALTRA = "fp asimd aes crc32 atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp ssbs"
GRAVITON4 = (
    f"{ALTRA} sha3 sve dit flagm sb paca pacg dcpodp sve2 sveaes svebitperm svesha3 svei8mm svebf16 i8mm rng bti"
)
GRACE = f"{ALTRA} sha3 sm3 sm4 sve dit sb sve2 sveaes svebitperm svesha3 svesm4 svei8mm svebf16 i8mm dgh"
AXION = f"{GRACE} rng bti paca pacg"
ICELAKE = "fma avx2 avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni avx512_vbmi2"

#: vendor, features → what can run, best first. Each row is a machine that is easily taken for another.
X86_64 = [
    ("GenuineIntel", "fpu avx sse4_2", "generic"),
    ("GenuineIntel", "avx2", "generic"),
    ("GenuineIntel", "avx2 fma4", "generic"),
    ("GenuineIntel", "avx2 fma", "intel/haswell generic"),
    ("GenuineIntel", ICELAKE, "intel/icelake intel/cascadelake intel/skylake_avx512 intel/haswell generic"),
    ("AuthenticAMD", ZEN1, "amd/zen2 generic"),
    ("AuthenticAMD", f"{ZEN1} vaes", "amd/zen3 amd/zen2 generic"),
    ("AuthenticAMD", f"{ZEN1} avx512f avx512ifma", "amd/zen2 generic"),
    ("HygonGenuine", f"{ZEN1} vaes", "generic"),
    ("authenticamd", ZEN1, "amd/zen2 generic"),
    ("", ICELAKE, "generic"),
]

AARCH64 = [
    ("0x41", "fp asimd", "generic"),
    ("0x41", ALTRA, "neoverse_n1 generic"),
    ("0x41", GRACE, "nvidia/grace neoverse_v1 neoverse_n1 generic"),
    ("0x41", AXION, "google/axion nvidia/grace neoverse_v1 neoverse_n1 generic"),
    ("0x41", GRAVITON4, "aws/graviton4 neoverse_v1 neoverse_n1 generic"),
    ("0x46", f"{ALTRA} sve svei8mm", "a64fx generic"),
    ("0x46", "asimdhp asimddp svei8mm sve2", "generic"),
    ("0x41", "asimdhp sve", "generic"),
    ("0x61", ALTRA, "neoverse_n1 generic"),
    ("", ALTRA, "neoverse_n1 generic"),
]

K66 = (
    "rv64imafdcv_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zihpm_zfh_zfhmin_zca_zcd_zba_zbb_zbc_zbs_zkt"
    "_zve32f_zve32x_zve64d_zve64f_zve64x_zvfh_zvfhmin_zvkt_sscofpmf_sstc_svinval_svnapot_svpbmt"
)

OTHERS = [
    ("ppc64le", "", "power9 altivec", "power9le generic"),
    ("ppc64le", "", "power10 altivec", "generic"),
    ("riscv64", "0x710", K66, "spacemit/x60-k6.6 generic"),
    ("riscv64", "0x489", "rv64imafdc", "generic"),
    ("riscv64", "0x710", "rv64imafdch_zicsr_zifencei_zba_zbb_sscofpmf", "generic"),
]

MACHINES = [("x86_64", *row) for row in X86_64] + [("aarch64", *row) for row in AARCH64] + OTHERS


@pytest.mark.parametrize(("machine", "vendor", "features", "expected"), MACHINES)
def test_what_a_cpu_can_run(machine: str, vendor: str, features: str, expected: str) -> None:
    cpu = CpuInfo(machine=machine, vendor=vendor, features=frozenset(features.split()))
    assert compatible(cpu) == tuple(f"{machine}/{name}" for name in expected.split())


def test_lscpu_of_an_arm_machine_finds_the_same_targets() -> None:
    text = f"Architecture:  aarch64\nVendor ID:     ARM\nModel name:    Neoverse-V2\nFlags:         {GRACE}\n"
    assert compatible(parse(text))[0] == "aarch64/nvidia/grace"


@pytest.mark.parametrize(
    ("version", "cpus", "prefixes"), [("2023.06", 14, 53), ("2025.06", 15, 165), ("2026.06", 16, 179)]
)
def test_every_version_has_as_many_prefixes_as_eessi_says(version: str, cpus: int, prefixes: int) -> None:
    assert len(cpu_targets(version)) == len(set(cpu_targets(version))) == cpus
    assert len(known(version)) == len(set(known(version))) == prefixes


def test_the_targets_of_versions_are_those_of_the_table() -> None:
    names = {row.name for row in table()}
    assert all(set(cpu_targets(version)) <= names for version in ("2023.06", "2025.06", "2026.06"))


def test_accelerators_are_where_eessi_has_them() -> None:
    old, new = known("2023.06"), known("2025.06")
    assert Target(cpu="aarch64/nvidia/grace", accelerator="nvidia/cc90") in old
    assert Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc100") not in old
    assert Target(cpu="x86_64/generic", accelerator="amd/gfx1201") in new
    assert not [t for t in old + new if t.cpu == "aarch64/a64fx" and t.accelerator]
    assert not [t for t in new if t.family == "aarch64" and (t.accelerator or "").startswith("amd/")]


def test_a_version_without_known_targets_is_an_error() -> None:
    with pytest.raises(StackError, match=r"1999\.01") as raised:
        known("1999.01")
    assert "2023.06, 2025.06, 2026.06" in raised.value.hint


@pytest.mark.parametrize(
    ("given", "today"),
    [
        ("x86_64/amd/zen3", "x86_64/amd/zen3"),
        ("x86_64/amd/zen3/", "x86_64/amd/zen3"),
        ("aarch64/graviton2", "aarch64/neoverse_n1"),
        ("graviton2", "aarch64/neoverse_n1"),
        ("ampere", "aarch64/neoverse_n1"),
        ("aarch64/graviton3", "aarch64/neoverse_v1"),
        ("x86_64/intel/sapphire_rapids", "x86_64/intel/sapphirerapids"),
    ],
)
def test_names_of_today_and_of_older_trees(given: str, today: str) -> None:
    assert check_cpu(given) == today


def test_an_unknown_name_is_no_alias() -> None:
    assert resolve_alias("aarch64/graviton") == "aarch64/graviton"


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("x86_64/amd/zen33", "x86_64/amd/zen3"),
        ("zen4", "x86_64/amd/zen4"),
        ("x86_64/zen4", "x86_64/amd/zen4"),
        ("x86_64/intel/skylake-avx512", "x86_64/intel/skylake_avx512"),
        ("X86_64/AMD/ZEN2", "x86_64/amd/zen2"),
        ("x86_64/amd/zen3/accel/nvidia/cc80", "x86_64/amd/zen3"),
    ],
)
def test_a_misspelt_target_gets_the_nearest_name_and_says_who_gave_it(given: str, near: str) -> None:
    with pytest.raises(StackError) as raised:
        check_cpu(given, "$SOME_VARIABLE")
    error = raised.value
    assert (error.exit_code, error.hint) == (ExitCode.USAGE, f"did you mean `{near}`?")
    assert error.message == f"$SOME_VARIABLE: {given!r} is not a CPU target"


def test_a_name_like_none_gets_them_all() -> None:
    with pytest.raises(StackError) as raised:
        check_cpu("?")
    assert raised.value.hint.startswith("known: x86_64/generic, x86_64/intel/haswell")


@pytest.mark.parametrize("given", ["nvidia/cc90", "accel/nvidia/cc90", "accel/nvidia/cc120", "accel/amd/gfx90a"])
def test_accelerators_with_or_without_accel(given: str) -> None:
    assert check_accelerator(given) == given.removeprefix("accel/")


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("accel/nvidia/cc8.0", "nvidia/cc80"),
        ("nvidia/90", "nvidia/cc90"),
        ("gfx90a", "amd/gfx90a"),
        ("accel/nvidia/cc9", "nvidia/cc90"),
    ],
)
def test_a_misspelt_accelerator_gets_the_nearest_name(given: str, near: str) -> None:
    with pytest.raises(StackError) as raised:
        check_accelerator(given, "$SOME_VARIABLE")
    assert (raised.value.exit_code, raised.value.hint) == (ExitCode.USAGE, f"did you mean `{near}`?")
    assert raised.value.message.startswith("$SOME_VARIABLE: ")


@pytest.mark.parametrize(
    ("cpu", "flag"),
    [
        ("x86_64/amd/zen3", "march=znver3"),
        ("x86_64/intel/icelake", "march=icelake-server"),
        ("aarch64/graviton2", "mcpu=neoverse-n1"),
        ("aarch64/nvidia/grace", "mcpu=neoverse-v2"),
    ],
)
def test_gcc_flags(cpu: str, flag: str) -> None:
    assert gcc_flag(cpu) == flag


def test_every_target_has_a_gcc_flag_without_its_dash_and_every_family_a_generic() -> None:
    assert all(row.gcc.startswith(("march=", "mcpu=")) for row in table())
    assert {row.name.split("/")[0] for row in table()} == {
        row.name.split("/")[0] for row in table() if row.name.endswith("/generic") and not row.features
    }


def test_archspec_knows_the_names_that_the_table_gives_it() -> None:
    from archspec.cpu import TARGETS

    assert {row.archspec for row in table() if row.archspec} <= set(TARGETS)


def _as_archspec_wants(name: str, without: set[str], vendor: str) -> CpuInfo:
    from archspec.cpu import TARGETS

    return CpuInfo(machine="x86_64", vendor=vendor, features=frozenset(TARGETS[name].features - without))


def test_nothing_to_explain_where_archspec_agrees() -> None:
    assert explain(_as_archspec_wants("zen4", set(), "AuthenticAMD"), "x86_64/amd/zen4") == ""
    assert explain(_as_archspec_wants("broadwell", set(), "GenuineIntel"), "x86_64/intel/haswell") == ""


def test_the_explanation_names_the_features_that_a_hypervisor_hides() -> None:
    hidden = _as_archspec_wants("zen4", {"pku", "flush_l1d"}, "AuthenticAMD")
    why = explain(hidden, "x86_64/amd/zen4")
    assert "archspec calls this CPU zen2 (its zen4 also wants flush_l1d, pku, not shown here)" in why
    assert "EESSI's table decides by avx2, avx512f, avx512ifma, fma, vaes, all shown" in why
