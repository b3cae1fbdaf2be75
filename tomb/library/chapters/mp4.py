"""Chapters of MP4 files (m4b, m4a): a list of Nero's, or a track of text that the sound refers to.

Nero's `chpl` is in `moov/udta`; as it is nowhere described, it is read as ffmpeg and mp4v2 write it. QuickTime's is a
track like any other whose samples are the titles and whose times are the chapters' (QuickTime File Format, "Chapter
Lists"): the sound names it in `tref/chap`. Files often have both; the track has no limit of 255, and is exact.
"""

import os
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from msgspec import Struct, field

PARTS = 20_000  # boxes that are looked at
MOST = 1000  # samples of a track of text
LARGEST = 4 * 1024 * 1024  # of a table
_TEXT = 1024  # bytes of a title

Marks = list[tuple[int, str | None]]


class _Track(Struct):
    """Where its tables are: (start, end) in the file, by their names."""

    id: int = 0
    kind: bytes = b""
    refers: tuple[int, ...] = ()
    timescale: int = 0
    tables: dict[bytes, tuple[int, int]] = field(default_factory=dict)


def chapters(file: BinaryIO) -> Marks:
    """Milliseconds and title of each. Raises: OSError, ValueError, OverflowError, struct.error."""
    movie = _Movie(file)
    listed: Marks = []
    tracks: list[_Track] = []
    for name, start, end in movie.boxes(0, os.fstat(file.fileno()).st_size):
        if name != b"moov":
            continue
        for inner, first, last in movie.boxes(start, end):
            if inner == b"trak":
                tracks.append(movie.track(first, last))
            elif inner == b"udta":
                for each, at, until in movie.boxes(first, last):
                    if each == b"chpl":
                        listed = _listed(movie.read(at, until))
        break
    texts = {track.id: track for track in tracks if track.kind in (b"text", b"sbtl")}
    named = next((texts[each] for track in tracks for each in track.refers if each in texts), None)
    return movie.titles(named) or listed if named else listed


class _Movie:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file.fileno()
        self._left = PARTS

    def read(self, start: int, end: int) -> bytes:
        if end - start > LARGEST:
            raise ValueError("a box that is too large")
        return os.pread(self._file, end - start, start)

    def boxes(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """The boxes there, each with where its content begins and ends."""
        while end - at >= 8:
            self._left -= 1
            if self._left < 0:
                raise ValueError("too many boxes")
            size, name = struct.unpack(">I4s", os.pread(self._file, 8, at))
            head = 8
            if size == 1:
                size, head = struct.unpack(">Q", os.pread(self._file, 8, at + 8))[0], 16
            elif size == 0:
                size = end - at
            if size < head:
                return
            yield name, at + head, min(at + size, end)
            at += size

    def track(self, start: int, end: int) -> _Track:
        """What a `trak` says of itself."""
        track = _Track()
        waiting = [(start, end)]
        while waiting:
            for name, first, last in self.boxes(*waiting.pop()):
                if name in (b"mdia", b"minf", b"stbl", b"tref"):
                    waiting.append((first, last))
                elif name == b"tkhd":
                    head = self.read(first, min(last, first + 24))
                    [track.id] = struct.unpack_from(">I", head, 20 if head[0] else 12)
                elif name == b"mdhd":
                    head = self.read(first, min(last, first + 24))
                    [track.timescale] = struct.unpack_from(">I", head, 20 if head[0] else 12)
                elif name == b"hdlr":
                    track.kind = self.read(first, min(last, first + 12))[8:]
                elif name == b"chap":
                    ids = self.read(first, min(last, first + 64))
                    track.refers = struct.unpack(f">{len(ids) // 4}I", ids[: len(ids) // 4 * 4])
                else:
                    track.tables[name] = first, last
        return track

    def titles(self, track: _Track) -> Marks:
        """The samples of a track of text, with their times."""
        if not track.timescale:
            return []
        marks: Marks = []
        passed = 0
        for delta, (at, size) in zip(self._deltas(track), self._samples(track), strict=False):
            marks.append((passed * 1000 // track.timescale, _sample(os.pread(self._file, min(size, _TEXT), at))))
            passed += delta
        return marks

    def _deltas(self, track: _Track) -> Iterator[int]:
        for count, delta in self._entries(track, b"stts", ">II"):
            yield from (delta for _ in range(min(count, MOST)))

    def _samples(self, track: _Track) -> Iterator[tuple[int, int]]:
        """Where each sample lies, and its size. Samples lie one behind the other in chunks."""
        sizes = [size for (size,) in self._entries(track, b"stsz", ">I", head=8)]
        if not sizes and b"stsz" in track.tables:
            alike, count = struct.unpack(">4xII", os.pread(self._file, 12, track.tables[b"stsz"][0]))
            sizes = [alike] * min(count, MOST)
        upcoming = iter(sizes)
        runs = self._entries(track, b"stsc", ">III")
        chunks = self._entries(track, b"stco", ">I") or self._entries(track, b"co64", ">Q")
        for number, (at,) in enumerate(chunks, 1):
            together = next((count for first, count, _ in reversed(runs) if first <= number), 0)
            for size in islice(upcoming, together):
                yield at, size
                at += size

    def _entries(self, track: _Track, name: bytes, layout: str, head: int = 4) -> list[tuple[int, ...]]:
        """The first `MOST` entries of a table; their number stands behind `head` bytes."""
        start, end = track.tables.get(name, (0, 0))
        size = struct.calcsize(layout)
        data = os.pread(self._file, max(0, min(end - start, head + 4 + MOST * size)), start)
        if len(data) < head + 4:
            return []
        [count] = struct.unpack_from(">I", data, head)
        there = min(count, (len(data) - head - 4) // size)
        return [struct.unpack_from(layout, data, head + 4 + each * size) for each in range(there)]


def _listed(data: bytes) -> Marks:
    """A version and its flags, a byte that nobody explains, the number of chapters; then for each the time, in units of
    100 ns, and the title with its length in front."""
    marks: Marks = []
    at = 9 if data[:1] == b"\1" else 5
    while at + 9 <= len(data) and len(marks) < MOST:
        start, length = struct.unpack_from(">QB", data, at)
        marks.append((start // 10_000, data[at + 9 : at + 9 + length].decode("utf-8", "replace")))
        at += 9 + length
    return marks


def _sample(data: bytes) -> str | None:
    """A text with its length in front, in UTF-8 or, with a byte order mark, in UTF-16."""
    if len(data) < 2:
        return None
    text = data[2 : 2 + int.from_bytes(data[:2], "big")]
    wide = text[:2] in (b"\xfe\xff", b"\xff\xfe")
    return text.decode("utf-16" if wide else "utf-8", "replace")
