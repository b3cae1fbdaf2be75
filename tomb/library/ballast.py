"""Room for bad times: a file that is there only to be removed when the disk is full.

What is deleted must be written down before it makes room, and a start leases numbers. On a disk without a free page
neither would go, so nobody could get out of that state by the box's own means.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

SIZE = 4 * 1024 * 1024  # some hundred deletions
LOW = 256 * 1024  # a start needs half of it


def keep(folder: Path, free_kept: int) -> None:
    """Put it there again, once there is room. `free_kept`: bytes that are left free on the disk; 0: no ballast either.

    Raises: OSError.
    """
    path = _path(folder)
    if path.exists() or free_kept < SIZE or shutil.disk_usage(folder).free < 2 * SIZE:
        return
    half = path.with_suffix(".half")
    with half.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE)
    half.replace(path)


def drop(folder: Path) -> bool:
    """Whether there was any."""
    with suppress(OSError):
        _path(folder).unlink()
        return True
    return False


def drop_if_low(folder: Path) -> None:
    """Before a start."""
    if shutil.disk_usage(folder).free < LOW:
        drop(folder)


def _path(folder: Path) -> Path:
    return folder / "ballast"
