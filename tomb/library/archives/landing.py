"""A member of an archive on its way in: in memory, or onto the disk.

What the library has already is compared instead of written: a card wears by writing, and a restore onto the same box
then needs next to no room. Such a file gets a second name, so that it stays whatever is deleted meanwhile.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from tomb.library.archives import manifest
from tomb.library.intake import BITE


class Text:
    """A small member, in memory."""

    def __init__(self) -> None:
        self._content = bytearray()

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    @property
    def hash(self) -> str:
        return manifest.digest(self.content)

    def write(self, data: bytes) -> None:
        self._content += data

    def finish(self) -> int:
        return 0

    def close(self) -> None:
        pass


class File:
    """A member on its way to the disk, synced bite by bite; or, as long as it is the same, a second name for `twin`.

    `finish` says how many bytes of a file that is less than a bite are not yet synced.
    """

    def __init__(self, target: Path, twin: Path | None, size: int) -> None:
        self._target = target
        self._sum = hashlib.sha256()
        self._size = 0
        self._unsynced = 0
        self._twin = None if twin is None else _lent(twin, target, size)
        self._copy = target.open("xb", buffering=0) if self._twin is None else None

    @property
    def lent(self) -> bool:
        return self._twin is not None

    @property
    def hash(self) -> str:
        return self._sum.hexdigest()

    def write(self, data: bytes) -> None:
        if self._twin is not None and self._twin.read(len(data)) != data:
            self._part()
        if self._copy is not None:
            self._write(self._copy, data)
        self._sum.update(data)
        self._size += len(data)

    def finish(self) -> int:
        small = self._size < BITE
        if self._copy is not None and not small:
            os.fsync(self._copy.fileno())
        self.close()
        return self._unsynced if small else 0

    def close(self) -> None:
        for file in (self._twin, self._copy):
            if file is not None:
                file.close()

    def _part(self) -> None:
        """The twin is not the same after all: from here on it is a file of its own."""
        assert self._twin is not None
        twin, self._twin = self._twin, None
        self._target.unlink()
        self._copy = self._target.open("xb", buffering=0)
        twin.seek(0)
        left = self._size
        while left:
            block = twin.read(min(BITE, left))
            self._write(self._copy, block)
            left -= len(block)
        twin.close()

    def _write(self, file: IO[bytes], data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        self._unsynced += len(data)
        if self._unsynced >= BITE:
            os.fsync(file.fileno())
            self._unsynced = 0


def _lent(twin: Path, target: Path, size: int) -> IO[bytes] | None:
    """The twin, open, with the second name; None where there is no such file, or no second names (FAT)."""
    with suppress(OSError):
        if twin.stat().st_size != size:
            return None
        target.hardlink_to(twin)
        return target.open("rb")
    return None
