"""What is there is looked at once; what is being built is looked at each time."""

from pathlib import Path

import pytest

from eessi_stack import intent, inventory, module_files
from eessi_stack.config import Settings
from eessi_stack.errors import ExitCode, StackError
from eessi_stack.inventory import Homes
from eessi_stack.model import Target, Tree
from eessi_stack.observe import Observer
from eessi_stack.place import Place

CPU = Target(cpu="x86_64/generic")
GPU = Target(cpu="x86_64/generic", accelerator="nvidia/cc80")


def place(repo: Path, target: Target) -> Place:
    settings = Settings.__new__(Settings)
    tree = Tree(repo=repo, version="2023.06")
    return Place(settings=settings, tree=tree, target=target, why="", runs=(), compat=None, environment={})


def install(repo: Path, target: Target, *modules: str) -> None:
    layer = Tree(repo=repo, version="2023.06").modules(target)
    for module in modules:
        path = layer / f"{module}.lua"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('help("x")')


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    install(tmp_path, CPU, "A/1", "CUDA/12")
    install(tmp_path, GPU, "G/1")
    return tmp_path


def test_a_user_of_an_accelerator_sees_both_prefixes(repo: Path) -> None:
    observer = Observer()
    assert observer.everything(place(repo, GPU)).modules == {"A/1", "CUDA/12", "G/1"}
    assert observer.everything(place(repo, CPU)).modules == {"A/1", "CUDA/12"}


def test_what_is_not_where_it_belongs_is_not_there(repo: Path) -> None:
    homes = Homes(cpu=frozenset({"A/1", "G/1"}), accelerator=frozenset({"CUDA/12"}))
    seen = Observer().in_place(place(repo, GPU), homes)
    assert seen.modules == {"A/1"}
    assert seen.misplaced == {"G/1", "CUDA/12"}
    assert Observer().in_place(place(repo, CPU), homes).modules == {"A/1", "CUDA/12"}


def test_each_prefix_is_looked_at_once(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = []
    scan = inventory.scan

    def noting(layer: Path, *args: object) -> object:
        scanned.append(layer)
        return scan(layer, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(inventory, "scan", noting)
    observer = Observer()
    for target in (CPU, GPU, CPU):
        observer.everything(place(repo, target))
    assert len(scanned) == len(set(scanned)) == 2


def test_each_prefix_has_a_cache_of_its_own(repo: Path) -> None:
    for _ in range(2):
        Observer(repo / "cache").everything(place(repo, GPU))
    names = [path.name for path in (repo / "cache").iterdir()]
    assert len(names) == 2
    assert all(name.startswith("modules-") for name in names)


def test_a_mark_that_appears_is_seen_though_no_module_has_changed(repo: Path) -> None:
    def seen() -> frozenset[str]:
        return Observer(repo / "cache").everything(place(repo, CPU)).modules

    assert "A/1" in seen()
    prefix = Tree(repo=repo, version="2023.06").prefix(CPU)
    with intent.hold(prefix, "A/1") as mark:
        intent.own(mark)
        assert "A/1" not in seen()
    assert "A/1" in seen()
    lock = prefix / "software" / ".locks" / f"{prefix}/software/A/1.lock".replace("/", "_")
    lock.mkdir(parents=True)
    assert "A/1" not in seen()


def test_a_build_that_starts_while_the_prefix_is_read_is_one_that_goes_on(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = Tree(repo=repo, version="2023.06").prefix(CPU)
    read = module_files.read

    def reading(layer: Path, cache: Path | None = None) -> object:
        (prefix / "software" / ".locks" / f"{prefix}/software/A/1.lock".replace("/", "_")).mkdir(
            parents=True, exist_ok=True
        )
        return read(layer, cache)

    monkeypatch.setattr(module_files, "read", reading)
    assert Observer().everything(place(repo, CPU)).building == {"A/1"}


def test_a_tree_whose_name_is_no_text(tmp_path: Path) -> None:
    repo = tmp_path / "caf\udce9"
    install(repo, CPU, "A/1")
    assert Observer(tmp_path / "cache").everything(place(repo, CPU)).modules == {"A/1"}


def test_installations_that_are_all_out_of_sight_are_one_error(repo: Path) -> None:
    prefix = Tree(repo=repo, version="2023.06").prefix(CPU)
    for module in ("B/1", "C/1"):
        (prefix / f"modules/all/{module[0]}").mkdir()
        (prefix / f"modules/all/{module}.lua").write_text(f'local root = "{prefix}/software/{module}"\n')
    for target in (CPU, GPU):
        with pytest.raises(StackError, match="is not there, and 2 modules are of what it should hold") as caught:
            Observer().check_installations(place(repo, target))
        assert caught.value.exit_code is ExitCode.UNDECIDED
    (prefix / "software").mkdir()
    Observer().check_installations(place(repo, GPU))
    assert Observer().everything(place(repo, CPU)).hollow == {"B/1", "C/1"}
