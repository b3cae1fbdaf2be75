"""Files on their way in, `uploads/SESSION.part`: of their full size from the beginning, filled in any order. One that
comes in a single chunk is made with that."""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from tomb.errors import NoSpace
from tomb.library import faults
from tomb.library.disk import sync
from tomb.library.uploads import Upload

_SUFFIX = ".part"
_PIECES = 512  # written at once; a kernel takes 1024 (IOV_MAX)

Pieces = Sequence[bytes | bytearray | memoryview]
"""Bytes, in as many pieces as they came in: nobody needs them as one."""


def prepare(library: Path) -> None:
    (library / "uploads").mkdir(parents=True, exist_ok=True)


def path_of(library: Path, session_id: str) -> Path:
    return library.joinpath("uploads", f"{session_id}{_SUFFIX}")


def name_of(session_id: str) -> PurePosixPath:
    """Relative to the library folder."""
    return PurePosixPath("uploads", f"{session_id}{_SUFFIX}")


def lost(library: Path, uploads: Iterable[Upload]) -> list[str]:
    """Those of the sessions whose file is not there any more. One of which nothing was on the disk yet gets another,
    where there is space."""
    return [each.id for each in uploads if not _is_there(path_of(library, each.id), each)]


def _is_there(path: Path, upload: Upload) -> bool:
    if path.exists() and path.stat().st_size == upload.file_size:
        return True
    if upload.chunks:
        return False
    path.unlink(missing_ok=True)
    if upload.single_chunk:
        return True
    with suppress(NoSpace):
        allocate(path, upload.file_size)
    return path.exists()


def allocate(path: Path, size: int) -> None:
    """Take the space for a file now, so that a full disk is known at the start. Raises: NoSpace, Unavailable.

    It need not be on the disk before something is in it: see `lost`.
    """
    try:
        with path.open("wb", buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise faults.of_disk(error) from error


def holds(path: Path, offset: int, data: Pieces) -> bool:
    """Whether exactly that is there already. Raises: Unavailable."""
    try:
        with path.open("rb", buffering=0) as file:
            for piece in data:
                if os.pread(file.fileno(), len(piece), offset) != piece:
                    return False
                offset += len(piece)
            return True
    except OSError as error:
        raise faults.of_disk(error) from error


def write(path: Path, offset: int, data: Pieces, *, create: bool) -> None:
    """It is on the disk after the next `sync`. `create`: the file is made if it is not there.

    Raises: NoSpace, Unavailable."""
    left = data
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o644)
        try:
            while left:
                written = os.pwritev(file, left[:_PIECES], offset)
                left, offset = _after(left, written), offset + written
        finally:
            os.close(file)
    except OSError as error:
        raise faults.of_disk(error) from error


def _after(pieces: Pieces, written: int) -> Pieces:
    """What is left of them."""
    for place, piece in enumerate(pieces):
        if written < len(piece):
            return [memoryview(piece)[written:], *pieces[place + 1 :]]
        written -= len(piece)
    return ()


def put_on_disk(path: Path) -> None:
    """What was written into the file, and its name. Raises: NoSpace, Unavailable."""
    try:
        sync(path)
        sync(path.parent)
    except OSError as error:
        raise faults.of_disk(error) from error


def lend(path: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no such thing.

    Raises: NoSpace, Unavailable.
    """
    try:
        target.hardlink_to(path)
    except OSError:
        _copy(path, target)


def _copy(path: Path, target: Path) -> None:
    try:
        shutil.copyfile(path, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise faults.of_disk(error) from error


def discard(paths: Iterable[Path]) -> tuple[int, int]:
    """Unlink what is there of these: how many files, and how many bytes."""
    files = freed = 0
    for path in paths:
        if path.exists():
            files, freed = files + 1, freed + path.stat().st_size
            path.unlink(missing_ok=True)
    return files, freed


def all_in(library: Path) -> list[Path]:
    """What lies there, be it of a session or a stray. Raises: OSError."""
    return [*(library / "uploads").iterdir()]
