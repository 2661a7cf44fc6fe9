"""What a tree ships in part, and where the rest is."""

from pathlib import Path

import pytest

from eessi_stack.errors import StackError
from eessi_stack.host_injections import full
from eessi_stack.host_injections.examine import of_full
from eessi_stack.host_injections.install import missing, settings
from eessi_stack.host_injections.item import Item, State, verdict
from eessi_stack.model import Target, Tree
from eessi_stack.observe import Observer

CC80 = Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc80")
CUDA = "CUDA/12.1.1"


def ship(repo: Path, module: str = CUDA, one: Target = CC80, *, between: str = "/") -> Tree:
    """A module of which `bin/nvcc` is a link into host_injections, and the library is there."""
    tree = Tree(repo=repo, version="2023.06")
    folder = tree.prefix(one) / "software" / module
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    (folder / "lib" / "libcudart.so.12").touch()
    (folder / "lib" / "libcudart.so").symlink_to("libcudart.so.12")
    (folder / "bin" / "nvcc").symlink_to(f"{repo}/host_injections/x86_64{between}software/{module}/bin/nvcc")
    path = tree.modules(one) / f"{module}.lua"
    path.parent.mkdir(parents=True)
    path.write_text("help([==[x]==])\n")
    return tree


def install(repo: Path, *names: str, module: str = CUDA) -> Path:
    folder = repo / "host_injections" / "x86_64" / "software" / module
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_links_that_lead_to_nothing_are_named(tmp_path: Path) -> None:
    (one,) = full.find(ship(tmp_path), CC80.cpu_only, Observer())
    assert (one.module, one.links, one.dangling) == (CUDA, 1, ("bin/nvcc",))
    assert one.prefix == tmp_path / "host_injections" / "x86_64"
    item = of_full(one)
    assert item.state is State.MISSING
    assert "such as bin/nvcc" in item.message


def test_all_there(tmp_path: Path) -> None:
    tree = ship(tmp_path, between="//")  # as EESSI's own hook writes it
    folder = install(tmp_path, "bin/nvcc", "easybuild/log")
    one = full.look(tree, CC80, CUDA)
    assert (one.folder, one.is_there, of_full(one).state) == (folder, True, State.OK)


def test_a_module_that_only_says_why_it_does_not_load_needs_nothing(tmp_path: Path) -> None:
    tree = ship(tmp_path)
    stub = tree.prefix(CC80) / "software" / "CUDA" / "13.0.2"
    (stub / "easybuild").mkdir(parents=True)
    (tree.modules(CC80) / "CUDA" / "13.0.2.lua").write_text("LmodError([==[x]==])\n")
    assert [one.module for one in full.find(tree, CC80, Observer())] == [CUDA]
    (stub / "lib").mkdir()
    assert [one.module for one in full.find(tree, CC80, Observer())] == [CUDA, "CUDA/13.0.2"]


@pytest.mark.parametrize("names", [["bin/nvcc"], ["easybuild/log"]], ids=["not by EasyBuild", "a stub"])
def test_half_of_it_is_not_there(tmp_path: Path, names: list[str]) -> None:
    tree = ship(tmp_path)
    install(tmp_path, *names)
    assert of_full(full.look(tree, CC80, CUDA)).state is State.MISSING


def test_a_folder_that_is_shut_to_others(tmp_path: Path) -> None:
    tree = ship(tmp_path)
    folder = install(tmp_path, "bin/nvcc", "easybuild/log")
    folder.parent.chmod(0o750)
    item = of_full(full.look(tree, CC80, CUDA))
    assert (item.state, item.hint) == (State.MISSING, f"chmod o+rx {folder.parent}")


def test_what_is_whole_needs_nothing(tmp_path: Path) -> None:
    tree = ship(tmp_path)
    (tree.prefix(CC80) / "software" / CUDA / "bin" / "nvcc").unlink()
    assert of_full(full.look(tree, CC80, CUDA)).state is State.OK


def test_the_recipe_is_the_one_the_trees_was_made_with(tmp_path: Path) -> None:
    tree = ship(tmp_path)
    assert full.look(tree, CC80, CUDA).recipe == "CUDA-12.1.1.eb"
    kept = tree.prefix(CC80) / "software" / CUDA / "easybuild" / "CUDA-12.1.1.eb"
    kept.parent.mkdir()
    kept.touch()
    assert full.look(tree, CC80, CUDA).recipe == str(kept)


def test_each_is_made_once_and_cuda_first(tmp_path: Path) -> None:
    cudnn = "cuDNN/8.9.2.26-CUDA-12.1.1"
    ship(tmp_path, cudnn)
    ship(tmp_path)
    tree = ship(tmp_path, one=Target(cpu="x86_64/amd/zen3", accelerator="nvidia/cc90"))
    found = tuple(full.find(tree, CC80.cpu_only, Observer()))
    assert len(found) == 3
    assert [one.module for one in missing(reversed(found))] == [CUDA, cudnn]
    assert [one.module for one in full.find(tree, CC80, Observer())] == [CUDA, cudnn]


def test_named_before_the_tree_has_it(tmp_path: Path) -> None:
    tree = Tree(repo=tmp_path, version="2023.06")
    one = full.named(tree, CC80, "/recipes/cuDNN-8.9.2.26-CUDA-12.1.1.eb")
    assert (one.module, one.recipe) == ("cuDNN/8.9.2.26-CUDA-12.1.1", "/recipes/cuDNN-8.9.2.26-CUDA-12.1.1.eb")
    assert of_full(one).state is State.MISSING
    folder = install(tmp_path, "easybuild/log", module=one.module)
    assert of_full(full.named(tree, CC80, one.recipe)).message == f"{folder} is there"
    with pytest.raises(StackError, match="no easyconfig of CUDA or cuDNN"):
        full.named(tree, CC80, "CUDA-Samples-12.1.eb")


def test_an_installation_of_a_site_is_whole_and_for_all() -> None:
    of_tree = {
        "EASYBUILD_HOOKS": "/hooks.py",
        "EASYBUILD_CUDA_COMPUTE_CAPABILITIES": "9.0a",
        "EASYBUILD_UMASK": "077",
        "EASYBUILD_ACCEPT_EULA_FOR": "CUDA,cuDNN,Intel-oneAPI",
        "EASYBUILD_SYSROOT": "/compat",
    }
    assert settings(of_tree, frozenset({"CUDA"})) == {
        "EASYBUILD_SYSROOT": "/compat",
        "EASYBUILD_UMASK": "022",
        "EASYBUILD_ACCEPT_EULA_FOR": "CUDA",
    }


@pytest.mark.parametrize(
    ("states", "code"), [((), 0), (("ok", "warning"), 0), (("ok", "missing"), 1), (("missing", "undecided"), 3)]
)
def test_the_exit_code(states: tuple[str, ...], code: int) -> None:
    assert verdict(Item(name="x", state=State(one), message="") for one in states) == code
