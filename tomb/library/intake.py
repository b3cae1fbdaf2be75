"""Bringing files in: read, hashed and copied into `incoming/` bite by bite, synced as they go."""

import errno
import hashlib
import os
from io import RawIOBase
from pathlib import Path
from typing import IO

from msgspec import Struct

from tomb.errors import DecodeError, Unavailable
from tomb.library import faults
from tomb.library.covers import Picture

# Small enough that a cancelled import lets go within a moment, and that no flood of dirty pages stalls the music.
BITE = 4 * 1024 * 1024


class Staged(Struct, frozen=True):
    """A complete, synced file in `incoming/`. `hash`: SHA-256 in hex. `ext`: in lower case, without the dot."""

    path: Path
    hash: str
    ext: str
    size: int


class Intake:
    """A file being read and hashed and, with a `target`, copied there.

    `bite` until it says True; then `close`, or `abandon` at any time to leave no copy.

    Raises: DecodeError when the source cannot be read, Unavailable when nothing can be read now, NoSpace or Unavailable
    when the target cannot be written.
    """

    def __init__(self, source: Path, target: Path | None = None) -> None:
        self._source = _open_source(source)
        self._target = target
        self._hash = hashlib.sha256()
        self._size = 0
        try:
            self._copy = None if target is None else target.open("xb", buffering=0)
        except OSError as error:
            self._source.close()
            raise faults.of_disk(error) from error

    def bite(self) -> bool:
        """Take the next few megabytes; True at the end."""
        block = _read_source(self._source, BITE)
        self._hash.update(block)
        self._size += len(block)
        if self._copy is not None:
            _write_synced(self._copy, block)
        return len(block) < BITE

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()

    @property
    def staged(self) -> Staged:
        """The copy, once it is complete."""
        assert self._target is not None
        return Staged(self._target, self.hash, self._target.suffix[1:], self._size)

    def close(self) -> None:
        self._source.close()
        if self._copy is not None:
            self._copy.close()

    def abandon(self) -> None:
        self.close()
        if self._target is not None:
            self._target.unlink(missing_ok=True)


def size_of(source: Path) -> int:
    """Raises: as `unreadable` says."""
    try:
        return source.stat().st_size
    except OSError as error:
        raise unreadable(error) from error


def staged(path: Path) -> Staged:
    """Hash and sync a file that somebody else wrote into `incoming/`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return Staged(path, hashlib.file_digest(file, "sha256").hexdigest(), path.suffix[1:], path.stat().st_size)


def stage_picture(folder: Path, picture: Picture) -> Staged:
    """Write a picture into `folder`, named by its content, unless it is there already. Raises: NoSpace, Unavailable."""
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(picture.data).hexdigest()
    path = folder / f"{name}.{picture.ext}"
    if not path.exists():
        with path.open("xb", buffering=0) as file:
            _write_synced(file, picture.data)
    return Staged(path, name, picture.ext, len(picture.data))


def _write_synced(file: RawIOBase, data: bytes) -> None:
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) or 0 :]
        os.fsync(file.fileno())
    except OSError as error:
        raise faults.of_disk(error) from error


def unreadable(error: OSError) -> DecodeError | Unavailable:
    """What to raise when a file that comes in cannot be read. A DecodeError is said of the file, which is then left out
    for good; where the box itself has run out of something, no file is to blame."""
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return Unavailable(f"no files can be read now: {error.strerror}")
    return DecodeError(f"cannot be read: {error.strerror}")


def _open_source(path: Path) -> IO[bytes]:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise unreadable(error) from error


def _read_source(file: IO[bytes], size: int) -> bytes:
    blocks = []
    try:
        while size and (block := file.read(size)):
            blocks.append(block)
            size -= len(block)
    except OSError as error:
        raise unreadable(error) from error
    return b"".join(blocks)
