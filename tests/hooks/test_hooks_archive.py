import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from eessi_hooks.policies.archive import PACKAGE, archive
from eessi_hooks.step import Step
from eessi_hooks.target import BuildTarget

BlockMaker = Callable[..., SimpleNamespace]


def modules(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_package_is_put_beside_the_hooks_file(make_block: BlockMaker, tmp_path: Path) -> None:
    staged = tmp_path / f"reprod_20260101_{os.getpid()}" / "hooks"
    staged.mkdir(parents=True)
    block = make_block("toy", "1.0")
    block.logfile = str(tmp_path / "toy.log")
    step = Step(cfg=block.cfg, target=BuildTarget(), block=block)
    assert archive(step) is True
    expected = {name: text for name, text in modules(PACKAGE).items() if name.endswith(".py")}
    assert modules(staged / "eessi_hooks") == expected
    assert "rules/dependencies.py" in expected
    assert archive(step) is False


def test_a_build_without_archived_hooks_gets_none(make_block: BlockMaker, tmp_path: Path) -> None:
    (tmp_path / f"reprod_20260101_{os.getpid()}").mkdir()
    (tmp_path / "reprod_20260101_1" / "hooks").mkdir(parents=True)
    block = make_block("toy", "1.0")
    block.logfile = str(tmp_path / "toy.log")
    assert archive(Step(cfg=block.cfg, target=BuildTarget(), block=block)) is False
    assert modules(tmp_path) == {}
