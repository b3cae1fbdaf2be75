"""Which chunks of uploads are in their files, though the database does not say so yet: a sum of each, in the cache.

A chunk is answered when it has been written, and is on the disk a moment later, many with one fsync; only then does the
database know of it. A box that is killed in between leaves files that have all of it, in the memory of the kernel. So
the sum (CRC-32) of each chunk is noted, and the next start believes what it finds to match. After a power cut that is
what the disk kept by chance, and as true; so only what is not to be believed any more is synced.

An upload that was announced is not in the database either for that moment. So it is noted with its chunks.

The notes of all uploads are in one file, which is another from time to time (a round), so that those can go of which
the database knows by now. Of what is noted twice of a chunk, the later is true.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import DecodeError, Struct, json

from tomb.library import parts
from tomb.library.disk import made, sync
from tomb.library.parts import Pieces
from tomb.library.uploads import Upload

_MARK = struct.Struct("<36sIQ16x")  # session, chunk, sum: 64 bytes, for a full disk takes blocks or nothing
_THERE = 1 << 32  # above the sum, which may be 0
_ANNOUNCED = 2**32 - 1  # in the place of the chunk: instead of a sum, the size of the JSON that follows, filled up


class Noted(Struct, frozen=True):
    """What was noted before a start: of each session, its chunks and their sums. `announced`: the database may not know
    these. `round`: one that is later than all of theirs."""

    sums: Mapping[bytes, Mapping[int, int]]
    announced: Mapping[str, Upload]
    round: int


def note(
    data: Path, round_: int, session_id: str, index: int, content: Pieces, announced: Upload | None = None
) -> None:
    """Once it has been written. `announced`: the upload, where the database may not know it yet. Raises: OSError."""
    total = 0
    for piece in content:
        total = zlib.crc32(piece, total)
    mark = _MARK.pack(_key(session_id), index, _THERE | total)
    _append(_path(data, round_), mark if announced is None else _announcement(announced) + mark)


def _announcement(upload: Upload) -> bytes:
    made = json.encode(upload)
    return _MARK.pack(_key(upload.id), _ANNOUNCED, len(made)) + made.ljust(-(-len(made) // _MARK.size) * _MARK.size)


def take_back(data: Path, round_: int, session_id: str, indices: Iterable[int]) -> None:
    """Before other content is written: a power cut that brings the old one back does not bring its mark. And where the
    disk refused them: what the kernel still shows of them will never be there. Raises: OSError."""
    if _rounds(data):
        _append(_path(data, round_), b"".join(_MARK.pack(_key(session_id), index, 0) for index in indices))
        sync(_path(data, round_))
        sync(_folder(data))


def _append(path: Path, noted: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o644)
    except FileNotFoundError:  # somebody has emptied the cache
        file = os.open(made(path.parent) / path.name, flags, 0o644)
    try:
        os.write(file, noted)
    finally:
        os.close(file)


def read(data: Path) -> Noted:
    sums: dict[bytes, dict[int, int]] = {}
    announced: dict[str, Upload] = {}
    rounds = _rounds(data)
    for each in rounds:
        with suppress(OSError):  # what cannot be read is sent again; for a bad block in it no box fails to start
            noted = _path(data, each).read_bytes()
            place = 0
            while place + _MARK.size <= len(noted):
                session, index, mark = _MARK.unpack_from(noted, place)
                place += _MARK.size
                if index != _ANNOUNCED:
                    sums.setdefault(session, {})[index] = mark
                    continue
                with suppress(DecodeError, UnicodeDecodeError):  # a power cut left a part of it
                    upload = json.decode(noted[place : place + mark], type=Upload)
                    announced[upload.id] = upload
                place += -(-mark // _MARK.size) * _MARK.size
    return Noted(sums, announced, rounds[-1] + 1 if rounds else 0)


def found(noted: Noted, library: Path, upload: Upload) -> list[int]:
    """The chunks that are there, of those that the upload says it lacks."""
    sums = noted.sums.get(_key(upload.id), {})
    with suppress(OSError), parts.path_of(library, upload.id).open("rb", buffering=0) as file:
        return [*_matching(file.fileno(), sums, upload)]
    return []


def _matching(file: int, sums: Mapping[int, int], upload: Upload) -> Iterator[int]:
    for index, mark in sums.items():
        if mark and index < upload.total_chunks and not upload.has(index):
            content = os.pread(file, upload.size_of(index), index * upload.chunk_size)
            if mark == _THERE | zlib.crc32(content):
                yield index


def forget(data: Path, before: int) -> None:
    """What was noted in the rounds before that one: the database knows it. Raises: OSError."""
    for each in _rounds(data):  # the first goes first, so that nothing is believed that was taken back later
        if each < before:
            _path(data, each).unlink(missing_ok=True)


def _rounds(data: Path) -> list[int]:
    with suppress(FileNotFoundError):
        return sorted(int(path.name) for path in _folder(data).iterdir() if path.name.isdecimal())
    return []


def _key(session_id: str) -> bytes:
    return session_id.encode().ljust(36, b"\0")


def _folder(data: Path) -> Path:
    return data / "cache" / "uploads"


def _path(data: Path, round_: int) -> Path:
    return _folder(data) / str(round_)
