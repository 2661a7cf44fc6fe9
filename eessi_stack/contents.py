"""What one prefix holds, by name: its modules, and the extensions that come with them."""

import contextlib
import json
from pathlib import Path
from typing import Any

from eessi_stack import module_text
from eessi_stack.differ import Side
from eessi_stack.eb import options
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.model import Target
from eessi_stack.observe import Observer
from eessi_stack.place import Place

#: What a saved status says it is.
FORMAT = "eessi-stack-status"


def look(place: Place, observer: Observer, label: str = "", *, extensions: bool = True) -> Side:
    """What a target's own prefix holds: of an accelerator what is built for it, without what its CPU has.

    Without `extensions` no module file is opened.
    """
    layer = place.tree.modules(place.target)
    seen = observer.layer(layer)
    return Side(
        label=label or str(place.target),
        target=place.target,
        modules={module: _extensions(layer, module) if extensions else () for module in sorted(seen.modules)},
        loads=seen.loads,
        filtered=frozenset(options.filter_deps(place.tree.version, place.target.family)),
    )


def _extensions(layer: Path, module: str) -> tuple[str, ...]:
    for name in (f"{module}.lua", module):
        with contextlib.suppress(OSError):  # gone since, or the other of the two
            text = (layer / name).read_text(encoding="utf-8", errors="replace")
            return module_text.extensions(text) if "extensions" in text else ()
    return ()


def saved(path: Path, target: str) -> Side:
    """What a status that was saved says of a target. StackError where it is no such file, or has no such target."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows, version = _rows(document), str(document["tree"]["version"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StackError(
            "status-unreadable",
            f"{path}: not a status that `eessi-stack status --json` printed",
            exit_code=ExitCode.UNDECIDED,
        ) from error
    name = target if target in rows or len(rows) != 1 else next(iter(rows))
    if name not in rows:
        hint = f"it has {', '.join(rows) or 'no target at all'}"
        raise StackError("status-target", f"{path}: says nothing of {name}", hint=hint)
    cpu, _, accelerator = name.partition("/accel/")
    label = str(path) if name == target else f"{path} ({name})"
    found = Target(cpu=cpu, accelerator=accelerator or None)
    filtered = frozenset(options.filter_deps(version, found.family))
    return Side(label=label, target=found, modules=rows[name], filtered=filtered)


def _rows(document: Any) -> dict[str, dict[str, tuple[str, ...]]]:  # noqa: ANN401 (whatever JSON can hold)
    """Target → module → extensions. One of ValueError, LookupError, TypeError, AttributeError for another document."""
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    return {
        row["target"]: {module: tuple(extensions) for module, extensions in row["modules"].items()}
        for row in document["targets"]
    }
