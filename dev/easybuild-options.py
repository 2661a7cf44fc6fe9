"""Print the long names of all options of the installed EasyBuild, sorted, one a line.

    python dev/easybuild-options.py > eessi_stack/data/easybuild-options.txt

eessi-stack checks the options of easystack entries against this list, so that it need not import EasyBuild for it.
"""

# ruff: noqa: INP001, SLF001, T201, TID251 (a script that asks EasyBuild, and no part of the package)

from easybuild.tools.options import EasyBuildOptions


def option_names() -> list[str]:
    """Ask EasyBuild's own parser, without anybody's configuration files or `EASYBUILD_*` variables."""
    # The prefix is of variables that nobody sets.
    parser = EasyBuildOptions(go_args=[], go_useconfigfiles=False, envvar_prefix="NO_EASYBUILD").parser
    options = [*parser.option_list, *(option for group in parser.option_groups for option in group.option_list)]
    return sorted({name.removeprefix("--") for option in options for name in option._long_opts})


if __name__ == "__main__":
    print(*option_names(), sep="\n")
