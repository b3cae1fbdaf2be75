"""Which yt-dlp there is, and what it needs besides. Blocks, if only for a look at a few folders; nothing is imported.

One comes with the box; newer ones lie in `<data>/youtube/<version>`, each whole and tried out (see `update`). The
newest goes first. Scripts of YouTube's are run by Deno, which comes with the box where it exists; yt-dlp takes Node or
QuickJS as well.
"""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

RUNTIMES = {"deno": "deno", "node": "node", "quickjs": "qjs"}
"""What yt-dlp calls them, and their programs; the safest first."""
_VERSION = re.compile(r"\d{4}\.\d{1,2}\.\d{1,2}(?:\.\d+)?")


class Release(Struct, frozen=True):
    """A yt-dlp. `folder`: None for the one that came with the box."""

    version: str
    folder: Path | None = None

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", self.version)))


def releases(folder: Path) -> list[Release]:
    """All that there are, the newest first; of two that are the same, that of the box."""
    found = [*_own(), *(Release(path.name, path) for path in _updates(folder))]
    return sorted(found, key=lambda each: each.order, reverse=True)


def _own() -> Iterator[Release]:
    try:
        yield Release(importlib.metadata.version("yt-dlp"))
    except importlib.metadata.PackageNotFoundError:
        return


def _updates(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in folder.iterdir() if is_version(path.name) and path.is_dir())
    except FileNotFoundError:
        return


def is_version(text: str) -> bool:
    return _VERSION.fullmatch(text) is not None


def runtime() -> tuple[str, Path] | None:
    """What runs scripts, as yt-dlp calls it, and where it is. What came with the box is beside its Python."""
    beside = str(Path(sys.executable).parent)
    for name, program in RUNTIMES.items():
        found = shutil.which(program, path=f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
        if found is not None:
            return name, Path(found)
    return None


def environment(release: Release) -> dict[str, str]:
    """With which `python -P -m yt_dlp` is this release."""
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    return env if release.folder is None else {**env, "PYTHONPATH": str(release.folder)}


def readable(release: Release) -> list[str]:
    """What it must be able to read in order to run."""
    folders = [sys.prefix, sys.base_prefix]
    return [*folders, str(release.folder)] if release.folder is not None else folders
