"""SQLite's file format, as far as it takes to read rows from a database that SQLite itself refuses to read.

Every page that still looks like one of a table is read by itself, so that a broken page costs its own rows only, even
where it is the one that says where the others are. Page and record layouts: sqlite.org/fileformat2.html, sections 1.5,
1.6 and 2.1; the log: section 4.
"""

import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"SQLite format 3\0"
PAGE = 4096
_LOG_HEADER, _FRAME_HEADER = 32, 24
_LOG_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}  # byte order of the checksums
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 13, 10, 2
_CAP = 64 * 1024 * 1024  # no row of ours is as large; a damaged length may be

Value = int | float | str | bytes | None
Checksum = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Record:
    """`rowid`: None in an index, and so in a table without rowids. Text that is no UTF-8 has replacement characters."""

    rowid: int | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A page in the log: its number, and where in the log its bytes are. `commits`: a transaction ends here."""

    page: int
    at: int
    commits: bool


@dataclass(frozen=True, slots=True)
class Log:
    """The frames that are whole, up to the last commit. `damaged`: a transaction was lost before that one, which no
    crash does: SQLite would silently stop there."""

    page_size: int
    frames: tuple[Frame, ...]
    damaged: bool


def read_log(path: Path) -> Log:
    """What is in a write-ahead log; an absent one is empty."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < _LOG_HEADER + _FRAME_HEADER:
        return Log(PAGE, (), damaged=False)
    magic, _, page_size = struct.unpack_from(">III", data)
    order = _LOG_MAGIC.get(magic, "<")
    page_size = page_size if _is_page_size(page_size) else PAGE
    headed = magic in _LOG_MAGIC and _checksum(order, data[:24], (0, 0)) == struct.unpack_from(">II", data, 24)
    # Salts tell this log's frames from those that an earlier one left further on.
    salts = data[16:24] if headed else data[_LOG_HEADER + 8 : _LOG_HEADER + 16]
    whole: list[Frame] = []
    unbroken, damaged, committed = headed, False, 0
    for at in range(_LOG_HEADER, len(data) - _FRAME_HEADER - page_size + 1, _FRAME_HEADER + page_size):
        # Each frame is checked from what the one before it says, so that a broken one does not condemn the rest.
        said: Checksum = struct.unpack_from(">II", data, 24 if at == _LOG_HEADER else at - page_size - 8)
        if data[at + 8 : at + 16] != salts or not _holds(data, at, page_size, order, said):
            unbroken = False
            continue
        page, size = struct.unpack_from(">II", data, at)
        whole.append(Frame(page, at + _FRAME_HEADER, commits=size > 0))
        if size:
            committed, damaged = len(whole), damaged or not unbroken
    return Log(page_size, tuple(whole[:committed]), damaged)


def log_of(database: Path) -> Path:
    """Where SQLite keeps the log of a database."""
    return database.with_name(database.name + "-wal")


def merge(database: Path, target: Path) -> None:
    """Copy a database with what is in its log, into one file. Raises: OSError."""
    log_path = log_of(database)
    log = read_log(log_path)
    if database.exists():
        shutil.copyfile(database, target)
    else:
        target.touch()
    if log.frames:
        with log_path.open("rb") as source, target.open("r+b") as file:
            for frame in log.frames:
                page = os.pread(source.fileno(), log.page_size, frame.at)
                os.pwrite(file.fileno(), page, (frame.page - 1) * log.page_size)


def records(path: Path) -> Iterator[Record]:
    """Every row and key that can be read of a database without a log, in no useful order."""
    with path.open("rb") as file:
        yield from _Image(file).records()


class _Broken(Exception):
    """A page or row that makes no sense."""


class _Image:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file.fileno()
        head = os.pread(self._file, 100, 0).ljust(100, b"\0")
        size = int.from_bytes(head[16:18], "big")
        self._size = size if _is_page_size(size) and head.startswith(MAGIC) else PAGE
        self._count = os.fstat(self._file).st_size // self._size
        self._head = head

    def records(self) -> Iterator[Record]:
        free = self._free()
        for number in range(1, self._count + 1):
            if number not in free:
                yield from self._of_page(self._page(number), 100 if number == 1 else 0)

    def _page(self, number: int) -> bytes:
        if not 1 <= number <= self._count:
            raise _Broken
        return os.pread(self._file, self._size, (number - 1) * self._size)

    def _free(self) -> set[int]:
        """Pages that hold nothing any more; what was deleted may still be on them."""
        free: set[int] = set()
        trunk = int.from_bytes(self._head[32:36], "big")
        while 1 <= trunk <= self._count and trunk not in free:
            free.add(trunk)
            words = struct.unpack(f">{self._size // 4}I", self._page(trunk))
            free.update(words[2 : 2 + min(words[1], len(words) - 2)])
            trunk = words[0]
        return free

    def _of_page(self, page: bytes, start: int) -> Iterator[Record]:
        kind = page[start]
        if kind not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
            return
        first = start + (12 if kind == _INDEX_INTERIOR else 8)
        count = int.from_bytes(page[start + 3 : start + 5], "big")
        for at in range(first, min(first + 2 * count, self._size - 1), 2):
            try:
                yield self._cell(page, kind, int.from_bytes(page[at : at + 2], "big"))
            except (_Broken, IndexError, struct.error):
                continue

    def _cell(self, page: bytes, kind: int, at: int) -> Record:
        if kind == _INDEX_INTERIOR:
            at += 4
        length, at = _varint(page, at)
        rowid: int | None = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        return Record(rowid, _values(self._payload(page, at, length, table=kind == _TABLE_LEAF)))

    def _payload(self, page: bytes, at: int, length: int, *, table: bool) -> bytes:
        if not 0 < length < _CAP:
            raise _Broken
        most = self._size - 35 if table else (self._size - 12) * 64 // 255 - 23
        least = (self._size - 12) * 32 // 255 - 23
        if length <= most:
            return page[at : at + length]
        local = least + (length - least) % (self._size - 4)
        local = local if local <= most else least
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        return page[at : at + local] + self._overflow(following, length - local)

    def _overflow(self, number: int, length: int) -> bytes:
        pieces = []
        while length > 0:
            page = self._page(number)
            number = int.from_bytes(page[:4], "big")
            pieces.append(page[4 : 4 + length])
            length -= self._size - 4
        return b"".join(pieces)


def _values(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at != len(payload):
        raise _Broken
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in _INTEGERS:
        end = at + _INTEGERS[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), at + 8
    if kind >= 12:
        end = at + (kind - 12) // 2
        return payload[at:end].decode("utf-8", "replace") if kind % 2 else payload[at:end], end
    if kind in (10, 11):
        raise _Broken
    return {8: 0, 9: 1}.get(kind), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for offset in range(8):
        byte = data[at + offset]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + offset + 1
    value = value << 8 | data[at + 8]
    return (value - (1 << 64) if value >> 63 else value), at + 9


def _is_page_size(size: int) -> bool:
    return 512 <= size <= 32768 and size & size - 1 == 0


def _holds(data: bytes, at: int, page_size: int, order: str, said: Checksum) -> bool:
    summed = _checksum(order, data[at : at + 8], said)
    body = at + _FRAME_HEADER
    return _checksum(order, data[body : body + page_size], summed) == struct.unpack_from(">II", data, at + 16)


def _checksum(order: str, data: bytes, seed: Checksum) -> Checksum:
    one, two = seed
    for first, second in struct.iter_unpack(f"{order}II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
