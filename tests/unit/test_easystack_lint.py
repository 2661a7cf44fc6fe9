"""Every kind of finding, and what is none."""

import pytest

from eessi_stack.easystack import scope
from eessi_stack.easystack.document import parse
from eessi_stack.easystack.lint import MAX_NEAREST, Finding, lint
from eessi_stack.easystack.sheet import Easystack, placed
from eessi_stack.errors import StackErrors

OPTIONS = {"from-commit": "text", "from-pr": "integers", "include-easyblocks": "list", "rebuild": "flag"}

NAMES = {"Foo-1.0.eb", "Bar-2.0-foss-2023a.eb", "Bar-2.0-foss-2023b.eb", "GROMACS-2024.1.eb"}


def easystack(file: str, text: str) -> Easystack:
    folders = tuple(f"/{file}".split("/")[:-1])
    return placed(parse(text, file, OPTIONS), file, folders, scope.of(folders))


def asking(file: str, *names: str, header: str = "") -> Easystack:
    entries = "".join(f"- {name}\n" for name in names or ["Foo-1.0.eb"])
    return easystack(file, f"{header}easyconfigs:\n{entries}")


def said(*easystacks: Easystack, names: set[str] | None = None) -> list[str]:
    return [str(finding) for finding in lint(easystacks, names=names)]


def headed(key: str, value: str) -> str:
    return f"eessi-stack:\n  {key}: {value}\n"


@pytest.mark.parametrize(
    ("version", "targets", "wrong"),
    [
        ("2023.06", "[x86_64/amd/zen5, aarch64/generic]", "`x86_64/amd/zen5`"),
        ("2023.06", "[aarch64/a64fx, x86_64, accel/nvidia/cc90, x86_64/amd/zen4/accel/nvidia]", ""),
        ("2023.06", "[accel/amd/gfx90a]", "`accel/amd/gfx90a`"),
        ("2025.06", "[x86_64/amd/zen5, all]", ""),
        ("2019.01", "[x86_64/amd/zen5]", ""),
    ],
)
def test_a_target_that_the_eessi_version_does_not_have(version: str, targets: str, wrong: str) -> None:
    found = said(asking(f"{version}/a.yml", header=headed("targets", targets)))
    texts = [f"{version}/a.yml:2: {wrong} in `targets` is no target of EESSI {version}; 2025.06 and 2026.06 have it"]
    assert found == (texts if wrong else [])


def test_nothing_is_wrong_with_a_good_easystack() -> None:
    header = "easybuild_version: 4.9.4\neessi-stack: {eessi-version: 2023.06, easybuild-version: 4.9.4}\n"
    name = "x/2023.06/zen4/eessi-2023.06-eb-4.9.4-2023a.yml"
    assert said(asking(name, header=header), names=NAMES) == []


@pytest.mark.parametrize(
    ("one", "finding"),
    [
        (
            easystack("a.yml", "easyconfigs:\n- Foo-1.0.eb:\n    options:\n      rebuild: maybe\n"),
            "a.yml:4: option `rebuild` is `maybe`, not true or false",
        ),
        (
            asking("eessi-2023.06-eb-4.9.4.yml", header=headed("easybuild-version", "5.1.0")),
            "eessi-2023.06-eb-4.9.4.yml:2: `easybuild-version` says 5.1.0, the file's name 4.9.4",
        ),
        (
            asking("x-eb-4.9.4-fix-web-2-x.yml", header="easybuild_version: 4.9.40\n"),
            "x-eb-4.9.4-fix-web-2-x.yml:1: `easybuild_version` says 4.9.40, the file's name 4.9.4",
        ),
        (
            asking("a.yml", header="easybuild_version: 5.0.0\n" + headed("easybuild-version", "5.1.0")),
            "a.yml:1: `easybuild_version` says 5.0.0, `easybuild-version` 5.1.0",
        ),
        (
            asking("2023.06/a.yml", header=headed("eessi-version", "2025.06")),
            "2023.06/a.yml:2: `eessi-version` says 2025.06, the folder 2023.06",
        ),
        (
            asking("2023.06/zen4/eessi-2025.06-eb-5.1.yml"),
            "2023.06/zen4/eessi-2025.06-eb-5.1.yml:1: the file's name says 2025.06, the folder 2023.06",
        ),
        (
            asking("2023.06/a.yml", "/cvmfs/software.eessi.io/versions/2025.06/software/x/Foo-1.0.eb"),
            "2023.06/a.yml:2: `Foo-1.0.eb` is from EESSI 2025.06, the easystack for 2023.06",
        ),
        (
            easystack(
                "2023.06/a.yml",
                "easyconfigs:\n- Foo-1.0.eb:\n    options: {include-easyblocks: /cvmfs/x/versions/2025.06/e/*.py}\n",
            ),
            "2023.06/a.yml:2: `Foo-1.0.eb` is from EESSI 2025.06, the easystack for 2023.06",
        ),
        (
            asking("2023.06/zen4/a.yml", header=headed("targets", "[aarch64, accel/nvidia]")),
            None,
        ),
        (
            asking("2023.06/zen4/a.yml", header=headed("targets", "[aarch64]")),
            "2023.06/zen4/a.yml:2: `targets` is `aarch64`, but the folders say `x86_64/amd/zen4`",
        ),
        (
            asking("2023.06/accel/nvidia/eessi-2023.06-eb-4.9.4-cc70-CUDA.yml"),
            (
                "2023.06/accel/nvidia/eessi-2023.06-eb-4.9.4-cc70-CUDA.yml:1: the file's name says `cc70`, "
                "but its entries are for `accel/nvidia`; say in its header: `targets: [accel/nvidia/cc70]`"
            ),
        ),
        (
            asking("a-zen4.yml"),
            (
                "a-zen4.yml:1: the file's name says `zen4`, but its entries are for all targets; "
                "say in its header: `targets: [x86_64/amd/zen4]`"
            ),
        ),
        (asking("zen4/a-zen4.yml"), None),
        (asking("a-zen4.yml", header=headed("targets", "[x86_64/amd/zen4]")), None),
        (asking("2023.06/rebuilds/a-zen4.yml"), None),
        (
            asking("2023.06/sapphire-rapids/a.yml"),
            (
                "2023.06/sapphire-rapids/a.yml:1: the folder `sapphire-rapids` says nothing of targets; "
                "did you mean `sapphirerapids`?"
            ),
        ),
        (asking("2023.06/campaign/a.yml"), None),
        (asking("2023.06/sapphire-rapids/a.yml", header=headed("targets", "[x86_64/intel/sapphirerapids]")), None),
        (easystack("a.yml", "easyconfigs:\n- Foo-1.0\n- Foo-1.0.eb: {options: {rebuild: true}}\n"), None),
        (
            asking("a.yml", "Foo-1.0.eb", "Foo-1.0"),
            "a.yml:3: `Foo-1.0.eb` is asked for on line 2 already; keep one of them",
        ),
        (
            easystack("a.yml", "easyconfigs:\n- Foo-1.0.eb\n- Foo-1.0.eb: {options: {from-pr: 1234, rebuild: no}}\n"),
            (
                "a.yml:3: `Foo-1.0.eb` is asked for on line 2 already, here with `from-pr: 1234` and `rebuild: false`; "
                "keep one of them"
            ),
        ),
        (
            asking("a.yml", "/x/Foo-1.0.eb", "/y/Foo-1.0.eb"),
            (
                "a.yml:3: `Foo-1.0.eb` is asked for on line 2 already, there with `easyconfig: /x/Foo-1.0.eb`, "
                "here with `easyconfig: /y/Foo-1.0.eb`; keep one of them"
            ),
        ),
        (
            asking("2023.06/rebuilds/a.yml", "Foo-1.0.eb", "Foo-1.0.eb"),
            "2023.06/rebuilds/a.yml:3: `Foo-1.0.eb` is asked for on line 2 already; keep one of them",
        ),
        (
            asking("a.yml", "Bar-2.0-foss-2032a.eb"),
            "a.yml:2: there is no `Bar-2.0-foss-2032a.eb`; did you mean `Bar-2.0-foss-2023a.eb`?",
        ),
        (
            asking("a.yml", "gromacs-2024.1"),
            "a.yml:2: there is no `gromacs-2024.1.eb`; did you mean `GROMACS-2024.1.eb`?",
        ),
        (
            asking("a.yml", "GROMAX-2024.1"),
            "a.yml:2: there is no `GROMAX-2024.1.eb`; did you mean `GROMACS-2024.1.eb`?",
        ),
        (asking("a.yml", "/cvmfs/x/Foo-1.0.eb"), None),
        (
            asking("a.yml", "Foo/1.0"),
            "a.yml:2: `Foo/1.0` is called as a module is, not as an easyconfig; did you mean `Foo-1.0.eb`?",
        ),
        (
            asking("a.yml", "GROMACS/2024.2"),
            (
                "a.yml:2: `GROMACS/2024.2` is called as a module is, not as an easyconfig; "
                "did you mean `GROMACS-2024.1.eb`?"
            ),
        ),
        (asking("a.yml", "folder/Foo-1.0"), None),
        (asking("a.yml", "folder/Qux-1.0"), "a.yml:2: there is no `Qux-1.0.eb`; is its folder in the robot path?"),
        (asking("a.yml", "Qux-1.0"), "a.yml:2: there is no `Qux-1.0.eb`; is its folder in the robot path?"),
        (
            easystack("a.yml", "easyconfigs:\n- Qux-1.0.eb: {options: {from-commit: abc}}\n"),
            (
                "a.yml:2: there is no `Qux-1.0.eb`, and its `from-commit` is not followed; "
                "is its folder in the robot path?"
            ),
        ),
    ],
)
def test_findings_of_one_file(one: Easystack, finding: str | None) -> None:
    assert said(one, names=NAMES) == ([finding] if finding else [])


@pytest.mark.parametrize(
    ("less", "more"), [("5.1", "5.1.2"), ("5.1.2", "5.1"), ("5.1.2", "5.1.2.dev0")], ids=["less", "more", "dev"]
)
def test_a_version_that_is_less_exact_is_no_contradiction(less: str, more: str) -> None:
    assert said(asking(f"x-eb-{less}.yml", header=headed("easybuild-version", more))) == []


def test_a_suffix_of_the_eessi_version_is_no_contradiction() -> None:
    assert said(asking("2023.06-001/a.yml", header=headed("eessi-version", "2023.06-001"))) == []


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        ("2023.06/a.yml", "2023.06/b.yml", True),
        ("2023.06/zen4/a.yml", "2023.06/x86_64/amd/zen4/b.yml", True),
        ("a.yml", "b.yml", True),
        ("2023.06/icelake_cclake/a.yml", "2023.06/cclake_icelake/b.yml", True),
        ("2023.06/a.yml", "2023.06/zen4/b.yml", False),
        ("2023.06/zen3/a.yml", "2023.06/zen4/b.yml", False),
        ("2023.06/a.yml", "2025.06/b.yml", False),
        ("2023.06/a.yml", "2023.06/rebuilds/b.yml", False),
        ("2023.06/rebuilds/a.yml", "2023.06/rebuilds/b.yml", False),
    ],
)
def test_duplicates_across_files_for_the_same_targets(first: str, second: str, *, again: bool) -> None:
    finding = f"{second}:2: `Foo-1.0.eb` is asked for in {first}:2 already; keep one of them"
    assert said(asking(first), asking(second)) == ([finding] if again else [])


def test_files_whose_names_say_different_targets_do_not_repeat_each_other() -> None:
    findings = lint([asking("accel/nvidia/a-cc70-CUDA.yml"), asking("accel/nvidia/a-cc80-CUDA.yml")])
    assert [finding.kind for finding in findings] == ["targets", "targets"]


def test_headers_that_are_read_together_must_agree_on_easybuild() -> None:
    one, two, other = (
        asking(name, f"{index}.eb", header=headed("easybuild-version", f"5.{index}.0"))
        for index, name in enumerate(("2023.06/a.yml", "2023.06/b.yml", "2025.06/a.yml"))
    )
    assert said(one, two, other) == ["2023.06/b.yml:2: `easybuild-version` is 5.1.0, but 5.0.0 in 2023.06/a.yml"]


def test_an_unknown_folder_is_said_once() -> None:
    findings = lint([asking(f"2023.06/zen_4/{name}.yml", f"{name}.eb") for name in "ba"])
    assert [finding.file for finding in findings] == ["2023.06/zen_4/b.yml"]


def test_without_names_no_easyconfig_is_missed() -> None:
    assert said(asking("a.yml", "Qux-1.0")) == said(asking("a.yml", "Qux-1.0"), names=set()) == []


def test_many_unknown_easyconfigs_are_another_robot_path() -> None:
    findings = lint([asking("a.yml", *(f"Foo-{n}.0.eb" for n in range(2, MAX_NEAREST + 12)))], names=NAMES)
    assert len(findings) == MAX_NEAREST + 10
    assert sum("did you mean" in finding.hint for finding in findings) == MAX_NEAREST


def test_known_issues_are_fine() -> None:
    assert said(easystack("known-issues.yml", "- aarch64:\n  - Foo-9:\n    - info: x\n"), names=NAMES) == []


def test_errors_of_a_file_stand_among_the_findings() -> None:
    with pytest.raises(StackErrors) as several:
        parse("easyconfigs:\n- 1\n- a.eb: {options: {form-pr: 1}}\n", "b:7.yml", OPTIONS)
    findings = lint(
        [asking("a.yml", "Foo-1.0.eb", "Foo-1.0.eb"), asking("c.yml", "Qux-1")], several.value.errors, NAMES
    )
    assert [(one.file, one.line, one.kind) for one in findings] == [
        ("a.yml", 3, "duplicate"),
        ("b:7.yml", 2, "entry"),
        ("b:7.yml", 3, "unknown-option"),
        ("c.yml", 2, "easyconfig"),
    ]
    assert str(findings[2]) == "b:7.yml:3: unknown option `form-pr`; did you mean `from-pr`?"


def test_findings_are_in_the_order_of_lines() -> None:
    later, earlier = (Finding(file="a", line=line, kind="x", cause="y") for line in (10, 9))
    assert sorted([later, earlier]) == [earlier, later]
