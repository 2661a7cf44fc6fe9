"""What EasyBuild looks at while it parses, noted while it happens: this is what makes a stored fact stale.

Whatever is computed once and kept, by EasyBuild or by us, is a *frame*: what is read while it is computed is noted
there, and who uses it later notes the frame. Runs in the reader's process.
"""

import builtins
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eessi_stack.signature import Signature, reliable, signature

#: Variables that every parse reads and that say nothing of a recipe.
_MEANINGLESS = ("TMPDIR", "FANCYLOGGER_")
#: Files that are opened again and again, and that no easyconfig is asked about; one is the name of a text.
_NO_INPUT = frozenset({"/proc/cpuinfo", "/dev/null", "<string>"})
#: Files that say something else each time.
_NEVER_THE_SAME = ("/proc/", "/sys/", "/dev/random", "/dev/urandom")
_CODE = (".py", ".pyc", ".so")
_READING = frozenset({"open", "os.listdir", "os.scandir"})
_ASKING = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn"}
    | {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostname", "urllib.Request"}
)
_IMPORTS = "<frozen importlib"
#: What easyconfigs and hooks may import without being read again each time: it says nothing but what is noted.
_HARMLESS = frozenset(
    {"builtins", "collections", "copy", "easybuild", "enum", "fnmatch", "functools", "glob", "io", "itertools", "json"}
    | {"math", "operator", "os", "pathlib", "posixpath", "re", "string", "sys", "textwrap", "typing"}
)
#: Frames of the whole session.
ALWAYS = frozenset({"session", "names"})


@dataclass
class Frame:
    """What one parse, or another thing that is kept, was made from."""

    environment: dict[str, str | None] = field(default_factory=dict)
    files: dict[str, Signature] = field(default_factory=dict)  #: files and folders that were read, as they were then
    young: set[str] = field(default_factory=set)  #: those of them that a change could have left as they were
    lookups: dict[str, None] = field(default_factory=dict)  #: names and versions, as `store.lookup_key` writes them
    uses: dict[str, None] = field(default_factory=dict)  #: frames
    volatile: bool = False  #: it ran a program, or the like: nobody knows what it depends on

    def see(self, path: str) -> None:
        if path not in self.files:
            self.files[path] = signature(path)
            if not reliable(self.files[path]):
                self.young.add(path)


class Recorder:
    """The frames of one session; what is read while none is open is not noted."""

    def __init__(self, scratch: str) -> None:
        self.started = time.time_ns()
        self.scratch = scratch
        self.frames: dict[str, Frame] = {}
        self._open: list[Frame] = []
        self._scratch = tuple(f"{path}/" for path in (scratch, os.path.realpath(scratch)))
        self._own_code = tuple(f"{path}/" for path in (sys.prefix, sys.base_prefix, Path(__file__).parents[1]))
        self._python = ("<frozen ", f"{Path(os.__file__).parent}/")
        self._given = dict(os.environ)

    def watch(self) -> None:
        """Note every environment variable and file that is read from now on, by whoever does it."""
        environ: Any = type(os.environ)
        read, iterate = environ.__getitem__, environ.__iter__
        environ.__getitem__ = self._noting(read, read)
        environ.__contains__ = self._noting(environ.__contains__, read)
        environ.__iter__ = self._noting_all(iterate)
        for name in ("stat", "lstat", "access", "readlink"):  # no audit event tells of them
            setattr(os, name, self._looking(getattr(os, name), links=name in ("lstat", "readlink")))
        builtins.__import__ = self._importing(builtins.__import__)
        sys.addaudithook(self._auditing())

    @contextmanager
    def frame(self, name: str) -> Iterator[Frame]:
        """Note under that name what is read meanwhile; the frame around it notes the name."""
        self.use(name)
        frame = self.frames.setdefault(name, Frame())
        self._open.append(frame)
        try:
            yield frame
        finally:
            self._open.pop()

    def drop(self, names: Iterable[str]) -> set[str]:
        """Forget frames, and all that use them; which ones."""
        gone = set(names) - ALWAYS
        while more := {name for name, frame in self.frames.items() if not gone.isdisjoint(frame.uses)} - gone - ALWAYS:
            gone |= more
        for name in gone:
            del self.frames[name]
        return gone

    def closure(self, name: str) -> set[str]:
        """A frame and all that it uses."""
        found, todo = {name}, [name]
        for one in todo:
            new = (self.frames[one].uses.keys() & self.frames.keys()) - found
            found |= new
            todo += new
        return found

    def use(self, name: str) -> None:
        """Note a frame in the one that is open; all of them use the session's."""
        if self._open and name not in ALWAYS and self._open[-1] is not self.frames.get(name):
            self._open[-1].uses[name] = None

    def looked_up(self, key: str) -> None:
        if self._open:
            self._open[-1].lookups[key] = None

    def read_variable(self, name: str, value: str | None) -> None:
        """Note a variable; what EasyBuild itself has set is no input."""
        if self._open and not name.startswith(_MEANINGLESS) and self._given.get(name) == value:
            self._here().environment[name] = value

    def read_file(self, path: object, *, content: bool = True) -> None:
        """Note a file or folder, its content or only that it is there; what is relative depends on where this runs."""
        if not self._open or isinstance(path, int):
            return
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else "."
        if text in _NO_INPUT or f"{text}/".startswith(self._scratch):
            return
        if not os.path.isabs(text):  # noqa: PTH117 (called for every file that is opened)
            self._cannot_tell()
        text = os.path.abspath(text)  # noqa: PTH100
        if text.startswith(_NEVER_THE_SAME):
            self._cannot_tell()
        if not content and os.path.isdir(text):  # noqa: PTH112
            text = f"{text}/"
        self._here().see(text)

    def give(self, variables: Mapping[str, str | None]) -> None:
        """Change the environment that EasyBuild is given."""
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
                self._given.pop(name, None)
            else:
                os.environ[name] = self._given[name] = value

    def _here(self) -> Frame:
        """Where to note: what a module reads while it is imported counts for all who have it later."""
        caller: Any = sys._getframe(1)  # noqa: SLF001 (no other way to tell)
        while caller:
            if caller.f_code.co_filename.startswith(_IMPORTS):
                return self.frames["session"]
            caller = caller.f_back
        return self._open[-1]

    def _cannot_tell(self) -> None:
        if self._open:
            self._here().volatile = True

    def _noting(self, ask: Callable[[Any, Any], Any], read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def noting(environ: Any, name: Any) -> Any:  # noqa: ANN401 (os.environ takes anything)
            if self._open and isinstance(name, str | bytes):  # os.environb has bytes
                try:
                    value = os.fsdecode(read(environ, name))
                except KeyError:
                    value = None
                self.read_variable(os.fsdecode(name), value)
            return ask(environ, name)

        return noting

    def _noting_all(self, iterate: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def noting(environ: Any) -> Any:  # noqa: ANN401
            self._cannot_tell()
            return iterate(environ)

        return noting

    def _looking(self, look: Callable[..., Any], *, links: bool) -> Callable[..., Any]:
        def looking(path: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            if self._open and self._is_asked_by_others(sys._getframe(1)):  # noqa: SLF001
                self.read_file(path, content=False)
                if (links or not kwargs.get("follow_symlinks", True)) and isinstance(path, str | bytes | os.PathLike):
                    self._read_folder_of(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100
            return look(path, *args, **kwargs)

        return looking

    def _read_folder_of(self, path: str) -> None:
        """A link that leads nowhere can come and go: only its folder tells."""
        if not signature(path):
            self.read_file(os.path.dirname(path))  # noqa: PTH120

    def _importing(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def importing(name: str, variables: Any = None, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            known = sys._getframe(1).f_globals if variables is None else variables  # noqa: SLF001
            # Only what an easyconfig says itself: it is executed with variables that are of no file.
            if self._open and "__file__" not in known and name.partition(".")[0] not in _HARMLESS:
                self._cannot_tell()
            return load(name, variables, *args, **kwargs)

        return importing

    def _auditing(self) -> Callable[[str, tuple[Any, ...]], None]:
        def audit(event: str, arguments: tuple[Any, ...], heard: frozenset[str] = _READING | _ASKING) -> None:
            if event in heard and self._open:  # a million events are of no interest: this is all they cost
                if event in _ASKING:
                    self._cannot_tell()
                elif not sys._getframe(1).f_code.co_filename.startswith(_IMPORTS):  # noqa: SLF001
                    self._opened(arguments[0])

        return audit

    def _is_asked_by_others(self, caller: Any) -> bool:  # noqa: ANN401 (a frame)
        """Whether an easyconfig, or a hook or easyblock of others, looks: Python's own code between does not count."""
        while caller and caller.f_code.co_filename.startswith(self._python):
            caller = caller.f_back
        return bool(caller) and not caller.f_code.co_filename.startswith(self._own_code)

    def _opened(self, path: object) -> None:
        if not self._is_own_code(path):
            self.read_file(path)

    def _is_own_code(self, path: object) -> bool:
        return isinstance(path, str) and path.endswith(_CODE) and path.startswith(self._own_code)
