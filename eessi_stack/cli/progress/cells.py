"""Text as a terminal shows it: without what moves the cursor, and no wider than its cells. Pure."""

import re

from rich.cells import cell_len, set_cell_size

#: CSI and OSC sequences, with their 8-bit forms, and what else begins with ESC; a cut off one too.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)

#: What EasyBuild prints below a command when it starts it.
_ABOUT_COMMANDS = ("[started at: ", "[working dir: ", "[input: ", "[output and state saved to ")


def clean(text: str) -> str:
    """What others wrote, without colours and control characters."""
    text = _ESCAPES.sub("", text)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "" for letter in text)


def cut(text: str, width: int) -> str:
    """Text of at most so many cells; what is left out shows."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Text of exactly so many cells."""
    text = cut(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def columns(text: str) -> int:
    return cell_len(text)


def last_line(text: str) -> str:
    """The last line that says something; a progress bar that rewrites its line has said the last of it.

    While a command runs, that is the command: EasyBuild keeps to itself what it prints until it has ended.
    """
    lines = (clean(line).strip() for line in reversed(re.split(r"[\r\n]+", text)))
    return next((line for line in lines if line and not line.startswith(_ABOUT_COMMANDS)), "")
