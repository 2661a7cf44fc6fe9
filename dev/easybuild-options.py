"""Print the long names of all options of the installed EasyBuild, sorted, one a line, each with what its value can be.

    python dev/easybuild-options.py > eessi_stack/data/easybuild-options.txt

eessi-stack checks the options of easystack entries against this list, so that it need not import EasyBuild for it.
What the kinds mean is said in eessi_stack/easybuild_options.py.
"""

# ruff: noqa: SLF001 (a script that asks EasyBuild, and no part of the package)

from collections.abc import Iterator
from optparse import Option

from easybuild.tools.options import EasyBuildOptions
from easybuild.tools.version import FRAMEWORK_VERSION

KINDS = {None: "flag", "int": "integer", "float": "number", "string": "text"}

#: What the parser takes for any texts, and EasyBuild later for numbers only.
NUMBERS = ("from-pr", "include-easyblocks-from-pr")

#: Options whose choices are what is installed besides EasyBuild, or included at run time.
OPEN = ("job-backend", "package-naming-scheme", "repository")


def described_options() -> Iterator[tuple[str, str]]:
    """Ask EasyBuild's own parser, without anybody's configuration files or `EASYBUILD_*` variables."""
    # The prefix is of variables that nobody sets.
    parser = EasyBuildOptions(go_args=[], go_useconfigfiles=False, envvar_prefix="NO_EASYBUILD").parser
    options = [*parser.option_list, *(option for group in parser.option_groups for option in group.option_list)]
    for option in options:
        name, *variants = (long.removeprefix("--") for long in option._long_opts)
        yield name, kind(name, option)
        yield from ((variant, "switch") for variant in variants)


def kind(name: str, option: Option) -> str:
    if name in NUMBERS:
        return "integers"
    optional = "?" if option.action == "callback" else ""  # as `--robot`, which may have a value
    if option.type == "choice" and name not in OPEN:
        return "|".join(choice for choice in option.choices if choice) + optional
    if option.action == "append" or (option.type or "").endswith(("list", "tuple")):
        return "list" + optional
    return KINDS.get(option.type, "text") + optional


if __name__ == "__main__":
    print(f"# EasyBuild {FRAMEWORK_VERSION}")
    for described in sorted(described_options()):
        print(*described)
