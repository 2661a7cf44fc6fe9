"""How `missing` says its answer: one file a format, each a pure `render(report) -> str`, imported only when used."""

import importlib

from eessi_stack.cli.formats.report import Report

#: What `--format` can be, and the module here that renders it.
FORMATS = {"text": "text", "json": "document", "junit": "junit", "github": "github", "markdown": "markdown"}


def render(report: Report, name: str) -> str:
    """The report in one of FORMATS, without a newline at its end."""
    module = importlib.import_module(f"eessi_stack.cli.formats.{FORMATS[name]}")
    return str(module.render(report))
