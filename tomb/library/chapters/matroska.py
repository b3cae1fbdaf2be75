"""Chapters of Matroska and WebM files (RFC 9559, section 5.1.7): those of the first edition, without their parts.

An element is an id, a size and its content, the first two in a form that says its own length. The chapters may lie
behind hours of sound, so that is skipped, or the way is taken that the file's own index shows.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

PARTS = 200_000  # elements that are looked at: of five seconds each, more than there is sound in any file
MOST = 10_000
_TEXT = 4096  # bytes of a title
_SEGMENT, _SEEK_HEAD, _CHAPTERS = 0x18538067, 0x114D9B74, 0x1043A770
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_EDITION, _ATOM, _START, _HIDDEN, _DISPLAY, _TITLE = 0x45B9, 0xB6, 0x91, 0x98, 0x80, 0x85


def chapters(file: BinaryIO) -> list[tuple[int, str | None]]:
    """Milliseconds and title of each. Raises: OSError, ValueError, IndexError."""
    document = _Document(file)
    for name, start, end in document.elements(0, document.size):
        if name == _SEGMENT:
            return document.segment(start, end)
    return []


class _Document:
    def __init__(self, file: BinaryIO) -> None:
        self.size = os.fstat(file.fileno()).st_size
        self._file = file.fileno()
        self._left = PARTS

    def elements(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The elements there, each with where its content begins and ends."""
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise ValueError("too many elements")
            head = os.pread(self._file, 12, at)
            name_length = _length(head[0])
            size_length = _length(head[name_length])
            name = int.from_bytes(head[:name_length], "big")
            size = int.from_bytes(head[name_length : name_length + size_length], "big") & (1 << 7 * size_length) - 1
            start = at + name_length + size_length
            # A live recording does not know how long it will be: all bits are set.
            last = end if size == (1 << 7 * size_length) - 1 else min(start + size, end)
            yield name, start, last
            at = last

    def segment(self, start: int, end: int) -> list[tuple[int, str | None]]:
        for name, first, last in self.elements(start, end):
            if name == _SEEK_HEAD and (shown := self._shown(first, last)) is not None:
                found = next(self.elements(start + shown, end), None)
                if found is not None and found[0] == _CHAPTERS:
                    return self._edition(*found[1:])
            elif name == _CHAPTERS:
                return self._edition(first, last)
        return []

    def _shown(self, start: int, end: int) -> int | None:
        """Where the index says that the chapters are, counted from the start of the segment."""
        for name, first, last in self.elements(start, end):
            if name == _SEEK:
                said = {each: self._number(at, until) for each, at, until in self.elements(first, last)}
                if said.get(_SEEK_ID) == _CHAPTERS:
                    return said.get(_SEEK_POSITION)
        return None

    def _edition(self, start: int, end: int) -> list[tuple[int, str | None]]:
        edition = next((each for each in self.elements(start, end) if each[0] == _EDITION), None)
        if edition is None:
            return []
        marks: list[tuple[int, str | None]] = []
        for name, first, last in self.elements(*edition[1:]):
            if name == _ATOM and len(marks) < MOST:
                marks += self._atom(first, last)
        return marks

    def _atom(self, start: int, end: int) -> list[tuple[int, str | None]]:
        start_ms: int | None = None
        title: str | None = None
        for name, first, last in self.elements(start, end):
            if name == _START:
                start_ms = self._number(first, last) // 1_000_000
            elif name == _HIDDEN and self._number(first, last):
                return []
            elif name == _DISPLAY and title is None:
                for each, at, until in self.elements(first, last):
                    if each == _TITLE:
                        text = os.pread(self._file, min(until - at, _TEXT), at)
                        title = text.rstrip(b"\0").decode("utf-8", "replace")
        return [] if start_ms is None else [(start_ms, title)]

    def _number(self, start: int, end: int) -> int:
        return int.from_bytes(os.pread(self._file, min(end - start, 8), start), "big")


def _length(first: int) -> int:
    """Of an id or a size, in bytes: as many as there are zeros in front, and one."""
    if not first:
        raise ValueError("no element begins so")
    return 9 - first.bit_length()
