"""Recipes → the files they need, where from and with which checksum (`python -m eessi_stack.eb.source_list`).

EasyBuild's own fetch step runs for each recipe, with its downloads replaced by notes: so easyblocks, bundles and
extensions are asked in their own words. It imports EasyBuild and the standard library only.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from eessi_stack.eb.library import parse_error, pretend_machine, set_up

Json = dict[str, Any]


def main() -> None:
    """Answer one question. Whatever EasyBuild prints goes to stderr: stdout is the answer alone."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)
    question = json.loads(sys.stdin.readline())
    pretend_machine(question["family"])
    os.environ["EASYBUILD_INSTALLPATH"] = os.environ["TMPDIR"]  # fetch steps make folders where they install
    set_up()
    answer = {"packages": [sources_of(recipe) for recipe in question["recipes"]]}
    with os.fdopen(answer_fd, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(answer) + "\n")


def sources_of(recipe: str) -> Json:
    """Every file that building a recipe reads besides itself; `error` where its fetch step cannot tell."""
    notes = Notes()
    try:
        run_fetch_step(recipe, notes)
    except Exception as error:  # noqa: BLE001 (easyblocks are programs: they can raise anything)
        return {"files": list(notes.files.values()), "error": parse_error(error)}
    return {"files": list(notes.files.values()), "error": ""}


class Notes:
    """What the fetch step of one recipe asked for."""

    def __init__(self) -> None:
        self.files: dict[str, Json] = {}  #: path → file
        self.urls: list[str] = []
        self.target = ""

    def obtain(self, block: Any, filename: str, original: Any, **options: Any) -> str | None:  # noqa: ANN401
        """Stand in for EasyBlock.obtain_file: note the file, and say that it is where it will be."""
        try:
            path: str | None = original(block, filename, **options)
        except Exception:  # noqa: BLE001 (what EasyBuild raises when no URL gave the file)
            path = self.target or default_path(block, filename)
        if path is None and options.get("warning_only"):
            return None  # EasyBuild goes on with another name of the same file: its URLs are collected
        path = path or self.target
        if not self.urls and is_source(path) and not options.get("no_download"):
            with suppress(Exception):  # it is there; where else it can be had matters when it is no good
                original(block, filename, **{**options, "force_download": True})
        git = bool(options.get("git_config"))
        self.files.setdefault(path, {"path": path, "urls": list(dict.fromkeys(self.urls)), "checksums": [], "git": git})
        self.urls, self.target = [], ""
        return path

    def download(self, _filename: str, url: str, path: str, **_options: Any) -> None:  # noqa: ANN401
        """Stand in for download_file: note the URL, and have the next one asked for."""
        self.urls.append(url)
        self.target = path

    def config_guess(self, **_options: Any) -> str:  # noqa: ANN401
        """Stand in for obtain_config_guess, which would download: note the file, and where easyblocks look for it."""
        from easybuild.easyblocks import VERSION  # noqa: PLC0415
        from easybuild.easyblocks.generic import configuremake  # noqa: PLC0415
        from easybuild.tools.config import source_paths  # noqa: PLC0415

        path = str(Path(source_paths()[0], "generic", f"eb_v{VERSION}", "ConfigureMake", "config.guess"))
        url = configuremake.CONFIG_GUESS_URL_STUB + configuremake.CONFIG_GUESS_COMMIT_ID
        sums = [configuremake.CONFIG_GUESS_SHA256]
        self.files[path] = {"path": path, "urls": [url], "checksums": sums, "git": False, "config_guess": True}
        return path

    def verify(self, path: str, checksums: Any, _computed: Any = None) -> bool:  # noqa: ANN401
        """Stand in for verify_checksum: note what the file must hash to."""
        if path in self.files:
            self.files[path]["checksums"] = sha256_of(checksums, Path(path).name)
        return True


def is_source(path: str) -> bool:
    """Whether a file that is there lies where downloads go, not beside its easyconfig."""
    from easybuild.tools.config import source_paths  # noqa: PLC0415

    return Path(path).is_relative_to(source_paths()[0])


def default_path(block: Any, filename: str) -> str:  # noqa: ANN401
    from easybuild.framework.easyconfig.easyconfig import letter_dir_for  # noqa: PLC0415
    from easybuild.tools.config import source_paths  # noqa: PLC0415

    return str(Path(source_paths()[0], letter_dir_for(block.name), block.name, Path(filename).name))


def sha256_of(checksum: Any, filename: str) -> list[str]:  # noqa: ANN401
    """The SHA256 sums that a checksum entry accepts; other kinds are left to EasyBuild's own check."""
    if isinstance(checksum, str):
        return [checksum] if len(checksum) == 64 else []  # noqa: PLR2004 (hexadecimal digits of a SHA256)
    if isinstance(checksum, dict):
        return sha256_of(checksum.get(filename), filename)
    if isinstance(checksum, tuple) and len(checksum) == 2 and checksum[0] == "sha256":  # noqa: PLR2004
        return [checksum[1]]
    if isinstance(checksum, list | tuple):
        return [found for one in checksum for found in sha256_of(one, filename)]
    return []


def runs_config_guess(block: Any) -> bool:  # noqa: ANN401
    """Whether an easyblock asks for config.guess in some later step: for components and R packages."""
    from easybuild.easyblocks.generic.configuremake import ConfigureMake  # noqa: PLC0415
    from easybuild.easyblocks.generic.rpackage import RPackage  # noqa: PLC0415

    parts = [block, *(part for _, part in getattr(block, "comp_instances", ()))]
    return any(
        isinstance(part, ConfigureMake | RPackage) or part.cfg.get("exts_defaultclass") == "RPackage" for part in parts
    )


def run_fetch_step(recipe: str, notes: Notes) -> None:
    from easybuild.easyblocks.generic import configuremake  # noqa: PLC0415
    from easybuild.framework import easyblock  # noqa: PLC0415
    from easybuild.framework.easyconfig.easyconfig import get_easyblock_class, process_easyconfig  # noqa: PLC0415

    block_class = easyblock.EasyBlock
    originals = block_class.obtain_file, easyblock.download_file, easyblock.verify_checksum
    git, compute = easyblock.get_source_tarball_from_git, easyblock.compute_checksum
    guess = configuremake.obtain_config_guess
    configuremake.obtain_config_guess = notes.config_guess
    block_class.obtain_file = lambda block, name, **options: notes.obtain(block, name, originals[0], **options)
    easyblock.download_file = notes.download
    easyblock.verify_checksum = notes.verify
    easyblock.compute_checksum = lambda *_, **__: ""
    easyblock.get_source_tarball_from_git = lambda name, folder, _config: str(Path(folder, name))
    try:
        for entry in process_easyconfig(recipe, validate=False):
            config = entry["ec"]
            block = get_easyblock_class(config["easyblock"], name=config["name"])(config)
            block.fetch_step()
            block.checksum_step()
            if runs_config_guess(block):
                notes.config_guess()
    finally:
        configuremake.obtain_config_guess = guess
        block_class.obtain_file, easyblock.download_file, easyblock.verify_checksum = originals
        easyblock.get_source_tarball_from_git, easyblock.compute_checksum = git, compute


if __name__ == "__main__":
    main()
