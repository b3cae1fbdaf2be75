"""Which chunks of an upload are in its file, though the database does not say so yet: a sum of each, in the cache.

A chunk is answered when it has been written, and is on the disk a moment later, many with one fsync; only then does the
database know of it. A box that is killed in between leaves a file that has all of it, in the memory of the kernel. So
the sum (CRC-32) of each chunk is noted in a file of its own, at the chunk's place, and the next start believes what it
finds to match. After a power cut that is what the disk kept by chance, and as true; so only what is not to be believed
any more is synced.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tomb.library import parts
from tomb.library.disk import made, sync
from tomb.library.uploads import Upload

_MARK = struct.Struct("<Q")
_THERE = 1 << 32  # above the sum, which may be 0


def allocate(data: Path, upload: Upload) -> None:
    """Take the space for them, so that no chunk is refused for want of it. Raises: OSError."""
    with _path(data, upload.id).open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, upload.total_chunks * _MARK.size)


def note(data: Path, session_id: str, index: int, content: bytes | bytearray) -> None:
    """Once it has been written. Raises: OSError."""
    _write(data, session_id, {index: _MARK.pack(_THERE | zlib.crc32(content))}, os.O_CREAT)


def take_back(data: Path, session_id: str, indices: Iterable[int]) -> None:
    """Before other content is written: a power cut that brings the old one back does not bring its mark. And where the
    disk refused them: what the kernel still shows of them will never be there. Raises: OSError."""
    with suppress(FileNotFoundError):
        _write(data, session_id, dict.fromkeys(indices, bytes(_MARK.size)))
        sync(_path(data, session_id))


def _write(data: Path, session_id: str, noted: Mapping[int, bytes], flags: int = 0) -> None:
    file = os.open(_path(data, session_id), os.O_WRONLY | os.O_CLOEXEC | flags, 0o644)
    try:
        for index, mark in noted.items():
            os.pwrite(file, mark, index * _MARK.size)
    finally:
        os.close(file)


def found(data: Path, library: Path, upload: Upload) -> list[int]:
    """The chunks that are there, of those that the upload says it lacks."""
    with suppress(OSError):  # what cannot be read is sent again; for a bad block in it no box fails to start
        noted = _path(data, upload.id).read_bytes()
        with parts.path_of(library, upload.id).open("rb", buffering=0) as file:
            return [*_matching(file.fileno(), noted, upload)]
    return []


def _matching(file: int, noted: bytes, upload: Upload) -> Iterator[int]:
    for index in range(min(upload.total_chunks, len(noted) // _MARK.size)):
        [mark] = _MARK.unpack_from(noted, index * _MARK.size)
        if mark and not upload.has(index):
            content = os.pread(file, upload.size_of(index), index * upload.chunk_size)
            if mark == _THERE | zlib.crc32(content):
                yield index


def discard(data: Path, session_id: str) -> None:
    """Raises: OSError."""
    with suppress(FileNotFoundError):
        _path(data, session_id).unlink()


def keep_only(data: Path, session_ids: Iterable[str]) -> None:
    """Discard all others. Raises: OSError."""
    wanted = set(session_ids)
    for path in _folder(data).iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _folder(data: Path) -> Path:
    return made(data / "cache" / "uploads")


def _path(data: Path, session_id: str) -> Path:
    return _folder(data) / session_id
