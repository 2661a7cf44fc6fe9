"""EasyBuild's RPATH wrappers, quicker: each call of a compiler started Python and ten more processes.

A wrapper adds `-rpath` for every folder that libraries are linked from. What is done to a command line stays exactly
what EasyBuild's rpath_args.py does; only that it is done in the shell that runs already. A configure script calls
compilers hundreds of times, which took longer than many a build.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from eessi_hooks.step import Step

#: What EasyBuild's wrapper says of itself, and what ours is made from.
_SAID = {
    "command": re.compile(r"^'([^'\n]+)' \"\$\{CMD_ARGS\[@\]\}\"$", re.MULTILINE),
    "filters": re.compile(r"\"\$RPATH_ARGS_PY\" \"\$CMD\" '([^'\n]*)' '[^'\n]*' \"\$@\" \)$", re.MULTILINE),
    "include": re.compile(r"\"\$RPATH_ARGS_PY\" \"\$CMD\" '[^'\n]*' '([^'\n]*)' \"\$@\" \)$", re.MULTILINE),
    "log": re.compile(r">> '([^'\n]+)'$", re.MULTILINE),
}
_LINKERS = frozenset({"ld", "ld.gold", "ld.bfd", "lld", "ld.lld", "ld64.lld"})
#: A pattern that means the same to Python and the shell, and is one of what a path begins with.
_SIMPLE = re.compile(r"(?:[\w/.-]|\.\*|\(64\)\?|/\?)*\.\*", re.ASCII)

#: EasyBuild knows a wrapper by the words of the third line, and `linker.py` by those of the fourth and last one.
_TEXT = """#!/usr/bin/env bash
# An RPATH wrapper of eessi-stack: it does what EasyBuild's own would have done by
# "$RPATH_ARGS_PY" "$CMD"
CMD={name}
pre={prefix}
filter='{filters}'
log='{log}'
own='{own}'
args=() rpath=() seen=() link=yes

add() {{
    [[ $1 == /* ]] || return
    [[ -n $filter && $1 =~ $filter ]] && return
    [[ -e $1 ]] || return
    local other
    for other in "${{seen[@]}}"; do
        [[ $1 -ef $other ]] && return
    done
    seen+=("$1")
    rpath+=("$pre-rpath=$1")
}}

while (($#)); do
    case $1 in
        -v | -V | --version | -dumpversion | -E)
            {no_link}
            args+=("$1")
            ;;
        -c)
            link=
            args+=("$1")
            ;;
        -x)
            [[ $2 == c-header || $2 == c++-header ]] && link=
            args+=("$1")
            ;;
        -L*)
            if [[ $1 == -L ]]; then
                shift
                args+=("-L$1")
                add "$1"
            else
                args+=("$1")
                add "${{1#-L}}"
            fi
            ;;
        "$pre--enable-new-dtags") rpath+=("$pre--disable-new-dtags") ;;
        "$pre-rpath="*) add "${{1//"$pre-rpath="/}}" ;;
        -Xlinker*)
            if [[ $1 == -Xlinker && $2 == --enable-new-dtags ]]; then
                rpath+=("$pre--disable-new-dtags")
                shift
            elif [[ $2 == -rpath=* ]]; then
                add "${{2//-rpath=/}}"
                shift
            else
                args+=("$1")
            fi
            ;;
        *) args+=("$1") ;;
    esac
    shift
done
IFS=: read -r -d '' -a folders < <(printf '%s\\0' "$LIBRARY_PATH")
for folder in "${{folders[@]}}"; do
    add "$folder"
done
CMD_ARGS=("${{args[@]}}")
[[ $link ]] && CMD_ARGS=({include}"$pre--disable-new-dtags" "${{rpath[@]}}" "${{args[@]}}")
((${{#CMD_ARGS[@]}})) && [[ -z ${{CMD_ARGS[-1]}} ]] && unset 'CMD_ARGS[-1]' # as with EasyBuild's

path=:$PATH:
while [[ $path == *":$own:"* ]]; do
    path=${{path/":$own:"/:}}
done
path=${{path#:}}
export PATH=${{path%:}}
[[ $log == /dev/null ]] || printf '(%d) [%(%F %T)T] %s %s\\n' $$ -1 '{command}' "${{CMD_ARGS[*]}}" >> "$log"
exec \\
'{command}' "${{CMD_ARGS[@]}}"
"""


def quicken(step: Step) -> bool:  # noqa: ARG001 (wrappers are in PATH)
    """Replace EasyBuild's wrappers by ours, those that say what we know how to do."""
    replaced = [_replaced(wrapper) for wrapper in wrappers(os.environ.get("PATH", ""))]
    return any(replaced)


def wrappers(path: str) -> Iterator[Path]:
    """EasyBuild's wrappers in PATH."""
    from easybuild.tools.toolchain.toolchain import Toolchain

    folders = (Path(folder) for folder in path.split(os.pathsep) if folder.endswith("_wrapper"))
    for wrapper in (one for folder in folders if folder.is_dir() for one in sorted(folder.iterdir())):
        if Toolchain.is_rpath_wrapper(str(wrapper)):
            yield wrapper


def _replaced(wrapper: Path) -> bool:
    text = quicker(wrapper.read_text(encoding="utf-8"), wrapper)
    if text is None:
        return False
    new = wrapper.with_name(f".{wrapper.name}.new")
    new.write_text(text, encoding="utf-8")
    new.chmod(wrapper.stat().st_mode)
    new.replace(wrapper)
    return True


def quicker(text: str, wrapper: Path) -> str | None:
    """The text of a wrapper that does the same; None where it says something that we do not know."""
    said = {name: found[1] for name, pattern in _SAID.items() if (found := pattern.search(text))}
    patterns = [one for one in said.get("filters", "").split(",") if one]
    if said.keys() != _SAID.keys() or not all(map(_SIMPLE.fullmatch, patterns)) or "'" in str(wrapper):
        return None
    linker = wrapper.name in _LINKERS
    prefix = "" if linker else "-Wl,"
    return _TEXT.format(
        name=wrapper.name,
        prefix=prefix,
        filters=f"^({'|'.join(patterns)})" if patterns else "",
        include="".join(f"'{prefix}-rpath={folder}' " for folder in said["include"].split(",") if folder),
        log=said["log"],
        own=wrapper.parent,
        command=said["command"],
        no_link=":" if linker else "link=",
    )
