"""The extensions that an easyconfig lists: names, or lists of name, version and options."""

from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping
from typing import cast

from eessi_hooks.step import Config


class Extension(MutableMapping[str, object]):
    """The options of one extension, as an easyconfig is to an action."""

    def __init__(self, name: str, version: str, options: dict[str, object], defaults: Mapping[str, object]) -> None:
        self.name, self.version, self.options, self._defaults = name, version, options, defaults

    def __getitem__(self, param: str) -> object:
        return self.options.get(param, self._defaults.get(param))

    def __setitem__(self, param: str, value: object) -> None:
        if value or param in self.options:
            self.options[param] = value

    def __delitem__(self, param: str) -> None:
        del self.options[param]

    def __iter__(self) -> Iterator[str]:
        return iter(self.options)

    def __len__(self) -> int:
        return len(self.options)


def listed(cfg: Config) -> Iterator[tuple[int, Extension]]:
    """Each extension that has a version, with its place in the list; the options are a copy."""
    defaults = cast("Mapping[str, object]", cfg.get("exts_default_options") or {})
    for place, raw in enumerate(cast("list[object]", cfg.get("exts_list") or ())):
        if isinstance(raw, list | tuple) and len(raw) > 1 and isinstance(raw[0], str):
            options = raw[2] if len(raw) > 2 and isinstance(raw[2], dict) else {}  # noqa: PLR2004
            yield place, Extension(raw[0], str(raw[1]), dict(options), defaults)


def each(cfg: Config, names: Container[str], change: Callable[[Extension], None]) -> None:
    """Let each extension of these names be changed; the list is written anew only where one was."""
    for place, extension in [one for one in listed(cfg) if one[1].name in names]:
        raws = cast("list[object]", cfg["exts_list"])
        before = dict(extension.options)
        change(extension)
        if extension.options != before:
            cfg["exts_list"] = [
                *raws[:place],
                (extension.name, extension.version, extension.options),
                *raws[place + 1 :],
            ]
