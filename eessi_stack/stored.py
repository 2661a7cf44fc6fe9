"""JSON documents on disk that are believed only as they were written: for caches, where a lost one costs time only."""

import contextlib
import json
import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

#: Documents of one folder that are kept. EESSI's largest version has some two hundred targets.
MOST = 400


def load(path: Path, schema: str) -> Any | None:  # noqa: ANN401 (whatever was saved)
    """The document that `save` wrote there under this schema; None where there is none, or it is damaged or foreign."""
    try:
        head, _, payload = path.read_bytes().partition(b"\n")
        return json.loads(payload) if head == _head(schema, payload) else None
    except (OSError, ValueError):
        return None


def save(path: Path, schema: str, document: Any) -> bool:  # noqa: ANN401 (whatever JSON can hold)
    """Put a document in the place of an earlier one, whole or not at all; whether that could be done."""
    try:
        is_new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, schema, document)
    except OSError:
        return False
    if is_new:
        tidy(path.parent)
    return True


def write(path: Path, schema: str, document: Any) -> None:  # noqa: ANN401 (whatever JSON can hold)
    """Put a document in the place of an earlier one, whole or not at all. OSError where that cannot be done."""
    import tempfile  # noqa: PLC0415 (most runs save nothing)

    payload = json.dumps(document, separators=(",", ":")).encode()
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
            file.writelines((_head(schema, payload), b"\n", payload))
        os.replace(draft, path)  # noqa: PTH105 (a name)
    finally:
        with contextlib.suppress(OSError):  # gone, where all went well
            os.unlink(draft)  # noqa: PTH108


def tidy(folder: Path, most: int = MOST) -> None:
    """Take away the oldest documents of a folder, and what killed runs left of them; other files are not ours."""
    ours = re.compile(r"\.?[a-z]+-[0-9a-f]{24}\.json(-\w+)?")
    found = []
    with contextlib.suppress(OSError):
        found = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(folder) if ours.fullmatch(entry.name)]
    for _, path in sorted(found, reverse=True)[most:]:
        with contextlib.suppress(OSError):  # another run was faster
            os.unlink(path)  # noqa: PTH108


def _head(schema: str, payload: bytes) -> bytes:
    return f"{schema} {blake2b(payload, digest_size=16).hexdigest()}".encode()
