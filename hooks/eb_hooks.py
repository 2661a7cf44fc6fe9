"""The file for EasyBuild's `--hooks`: one function a hook point. What they do is said in `eessi_hooks/rules`.

EasyBuild takes every name here that ends in `_hook` for a hook, imported ones included, and does not look for
modules beside this file by itself.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from eessi_hooks.engine import EasyConfigs, Results, Subject, run, run_each


def parse_hook(ec: Subject) -> None:
    run("parse", ec)


def pre_build_and_install_loop_hook(ecs: EasyConfigs) -> None:
    run_each("pre_build_and_install_loop", ecs)


def pre_easyblock_hook(block: Subject) -> None:
    run("pre_easyblock", block)


def pre_fetch_hook(block: Subject) -> None:
    run("pre_fetch", block)


def post_fetch_hook(block: Subject) -> None:
    run("post_fetch", block)


def post_ready_hook(block: Subject) -> None:
    run("post_ready", block)


def pre_prepare_hook(block: Subject) -> None:
    run("pre_prepare", block)


def post_prepare_hook(block: Subject) -> None:
    run("post_prepare", block)


def pre_configure_hook(block: Subject) -> None:
    run("pre_configure", block)


def post_configure_hook(block: Subject) -> None:
    run("post_configure", block)


def pre_build_hook(block: Subject) -> None:
    run("pre_build", block)


def post_build_hook(block: Subject) -> None:
    run("post_build", block)


def pre_test_hook(block: Subject) -> None:
    run("pre_test", block)


def post_test_hook(block: Subject) -> None:
    run("post_test", block)


def pre_install_hook(block: Subject) -> None:
    run("pre_install", block)


def post_install_hook(block: Subject) -> None:
    run("post_install", block)


def pre_single_extension_hook(extension: Subject) -> None:
    run("pre_single_extension", extension)


def post_single_extension_hook(extension: Subject) -> None:
    run("post_single_extension", extension)


def post_postproc_hook(block: Subject) -> None:
    run("post_postproc", block)


def pre_module_hook(block: Subject) -> None:
    run("pre_module", block)


def post_module_hook(block: Subject) -> None:
    run("post_module", block)


def post_easyblock_hook(block: Subject) -> None:
    run("post_easyblock", block)


def post_build_and_install_loop_hook(results: Results) -> None:
    run_each("post_build_and_install_loop", [ec for ec, _ in results])
