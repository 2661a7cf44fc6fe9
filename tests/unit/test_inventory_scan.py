import os
from pathlib import Path

import pytest

from eessi_stack.errors import ExitCode, StackError
from eessi_stack.inventory import overlay, scan

TCL = "#%Module\nmodule load GCC/12.3.0\n"


def write(layer: Path, name: str, text: str = 'depends_on("GCC/12.3.0")\n') -> Path:
    path = layer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_modules_are_named_by_their_place(tmp_path: Path) -> None:
    for name in ("A/1.0.lua", "B/.2.0.lua", "lang/C/3.0-GCC-12.3.0.lua", "top.lua", "E/1.0.lua.lua"):
        write(tmp_path, name)
    write(tmp_path, "D/4.0", TCL)
    found = scan(tmp_path, {})
    names = {"A/1.0", "B/.2.0", "lang/C/3.0-GCC-12.3.0", "top", "E/1.0.lua", "D/4.0"}
    assert found.modules == names
    assert found.loads == dict.fromkeys(names, ("GCC/12.3.0",))
    assert (found.incomplete, found.building) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A/.modulerc.lua", "hide_version('A/1')"),
        ("A/.modulerc", "#%Module\n"),
        ("A/.version", '#%Module\nset ModulesVersion "1.0"\n'),
        ("A/README", "no module"),
        ("A/1.0~", TCL),
        ("A/1.0.lua~", "load('x')"),
        ("A/.nfs0000123", TCL),
        ("A/1.0", ""),
    ],
)
def test_what_is_no_module(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)
    found = scan(tmp_path, {})
    assert (found.modules, found.incomplete) == (frozenset(), frozenset())


def test_links_count_when_they_lead_to_a_module(tmp_path: Path) -> None:
    real, layer = tmp_path / "real", tmp_path / "layer"
    write(real, "A/1.0.lua")
    (layer / "A").mkdir(parents=True)
    (layer / "A" / "1.0.lua").symlink_to(real / "A" / "1.0.lua")
    (layer / "A" / "2.0.lua").symlink_to(real / "A" / "gone.lua")
    (layer / "B").symlink_to(real / "A")
    assert scan(layer, {}).modules == {"A/1.0", "B/1.0"}


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_an_empty_module_file_is_incomplete(tmp_path: Path, text: str) -> None:
    write(tmp_path, "A/1.0.lua", text)
    found = scan(tmp_path, {})
    assert not found.modules
    assert found.incomplete == {"A/1.0"}
    assert not found.has("A/1.0")


def test_aliases_of_lua_and_tcl(tmp_path: Path) -> None:
    for name in ("Java/11.0.20.lua", "Java/17.0.6.lua", "Python/3.11.lua"):
        write(tmp_path, name)
    text = 'module_version("Java/11.0.20", "11")\n-- module_version("Java/17.0.6", "17")\n'
    write(tmp_path, "Java/.modulerc.lua", text + 'module_version("/17.0.6", "default")\n')
    write(tmp_path, "Python/.modulerc", "#%Module\nmodule-version Python/3.11 3\n#module-version Python/3.11 2\n")
    write(tmp_path, ".modulerc.lua", "module_alias('JDK/11', 'Java/11.0.20')\n")
    found = scan(tmp_path, {})
    assert found.aliases == {
        "Java/11": "Java/11.0.20",
        "Java/default": "Java/17.0.6",
        "Python/3": "Python/3.11",
        "JDK/11": "Java/11.0.20",
    }
    assert all(found.has(name) for name in found.aliases)
    assert not found.has("Java/17")


def test_marks_say_what_is_built_and_what_was_left(tmp_path: Path) -> None:
    for name in ("Done", "Left", "Now", "Left2"):
        write(tmp_path, f"{name}/1.lua")
    found = scan(tmp_path, {"Left/1": False, "Now/1": True, "Absent/1": False, "Coming/1": True})
    assert found.modules == {"Done/1", "Left2/1"}
    assert found.incomplete == {"Left/1"}
    assert found.building == {"Now/1", "Coming/1"}


def test_an_empty_file_that_is_being_built_is_not_left_behind(tmp_path: Path) -> None:
    write(tmp_path, "A/1.lua", "")
    found = scan(tmp_path, {"A/1": True})
    assert not found.incomplete
    assert found.building == {"A/1"}


def test_layers_add_up_and_the_first_is_strongest(tmp_path: Path) -> None:
    top, low = tmp_path / "accel", tmp_path / "cpu"
    write(top, "CUDA/12.lua", 'load("top/1")')
    write(low, "CUDA/12.lua", 'load("low/1")')
    write(low, "GCC/12.lua", "")
    write(top, "GCC/12.lua")
    write(low, "zlib/1.lua")
    found = overlay([scan(top, {}), scan(low, {})])
    assert found.modules == {"CUDA/12", "GCC/12", "zlib/1"}
    assert found.loads["CUDA/12"] == ("top/1",)


def test_an_absent_directory_holds_nothing(tmp_path: Path) -> None:
    assert scan(tmp_path / "none", {}).modules == frozenset()
    assert overlay([]).modules == frozenset()


def refused(layer: Path) -> StackError:
    with pytest.raises(StackError) as caught:
        scan(layer, {})
    assert caught.value.reference == "modules-unreadable"
    assert caught.value.exit_code is ExitCode.UNDECIDED
    return caught.value


def test_what_is_there_and_no_directory_is_not_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("gone")
    for name in ("file", "link"):
        assert str(tmp_path / name) in refused(tmp_path / name).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_directory_is_not_nothing(tmp_path: Path) -> None:
    write(tmp_path, "A/1.lua")
    (tmp_path / "A").chmod(0)
    try:
        assert str(tmp_path / "A") in refused(tmp_path).message
    finally:
        (tmp_path / "A").chmod(0o755)


def test_a_module_file_that_cannot_be_read_is_not_nothing(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "1.lua").symlink_to("/proc/self/mem")  # it opens, and no read of its start succeeds
    assert refused(tmp_path).message.startswith(f"{tmp_path}/A/1.lua: cannot be read: ")


def test_a_module_under_easybuilds_lock_is_being_built(tmp_path: Path) -> None:
    for name in ("A_B/1.0", "C/1.0"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / f"{name}.lua").write_text('help("x")')
    found = scan(tmp_path, {}, {"A_B_1.0"})
    assert (found.modules, found.building) == (frozenset({"C/1.0"}), frozenset({"A_B/1.0"}))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "1.lua").write_text('help("x")')
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(".")
    assert "A/1" in scan(tmp_path, {}).modules


def test_a_file_of_zeros_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "1.lua").write_bytes(b"\0" * 400)
    assert scan(tmp_path, {}).incomplete == {"A/1"}


def test_a_folder_that_is_a_link_to_another_holds_the_same_modules(tmp_path: Path) -> None:
    (tmp_path / "Zoo").mkdir()
    (tmp_path / "Zoo" / "1.0.lua").write_text("-- a module\n")
    (tmp_path / "Foo").symlink_to("Zoo")
    (tmp_path / "Zoo" / "back").symlink_to("..")
    assert {"Foo/1.0", "Zoo/1.0"} <= scan(tmp_path, {}).modules


def test_half_a_module_file_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "1.0.lua").write_text("help([==[R is a free software envir")
    assert scan(tmp_path, {}).incomplete == {"A/1.0"}


ROOT = 'local root = "{prefix}/software/{module}"\n'


def installed(prefix: Path, *modules: str, text: str = ROOT, folder: bool = True) -> Path:
    layer = prefix / "modules" / "all"
    for module in modules:
        write(layer, f"{module}.lua", text.format(prefix=prefix, module=module))
        if folder:
            (prefix / "software" / module).mkdir(parents=True)
    return layer


def test_what_is_installed_in_a_folder_that_is_gone_is_hollow(tmp_path: Path) -> None:
    layer = installed(tmp_path, "There/1", "Gone/1", "File/1")
    installed(tmp_path, "System/1", text='local root = "/usr"\n', folder=False)
    installed(tmp_path, "Bare/1", text="help([[x]])\n", folder=False)
    installed(tmp_path, "Stub/1", text=ROOT + 'LmodError("no licence")\n', folder=False)
    for module in ("Gone/1", "File/1"):
        (tmp_path / "software" / module).rmdir()
    (tmp_path / "software/File/1").touch()
    for cache in (None, tmp_path / "cache.json", tmp_path / "cache.json"):
        assert scan(layer, {}, cache=cache).hollow == {"Gone/1", "File/1"}
    assert scan(layer, {"Gone/1": True, "File/1": False}).hollow == frozenset(), "they are no modules meanwhile"
    (tmp_path / "software" / "Gone" / "1").mkdir()
    assert scan(layer, {}, cache=tmp_path / "cache.json").hollow == {"File/1"}


def test_what_is_whole_in_any_layer_is_not_hollow(tmp_path: Path) -> None:
    above = scan(installed(tmp_path / "above", "A/1", "B/1", folder=False), {})
    below = scan(installed(tmp_path / "below", "A/1"), {})
    assert overlay([above, below]).hollow == {"B/1"}
    assert overlay([below, above]).hollow == {"B/1"}
