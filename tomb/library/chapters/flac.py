"""Chapters of FLAC files: a cue sheet in a block of its own, as a ripper of whole discs writes it (RFC 9639, section
8.7). It has no titles."""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

_STREAM, _CUE_SHEET = 0, 5
_LEAD_OUTS = (170, 255)
BLOCKS = 200  # that are looked at
_HEAD = 128 + 8 + 259  # bytes of a sheet before the number of its tracks


def chapters(file: BinaryIO) -> list[tuple[int, str | None]]:
    """Milliseconds of each. Raises: OSError, IndexError, struct.error."""
    descriptor, at = file.fileno(), _behind_tag(file)
    if os.pread(descriptor, 4, at) != b"fLaC":
        return []
    at, rate = at + 4, 0
    for _ in range(BLOCKS):
        head = os.pread(descriptor, 4, at)
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind == _STREAM:
            rate = int.from_bytes(os.pread(descriptor, 3, at + 14), "big") >> 4
        elif kind == _CUE_SHEET and rate:
            return [(place * 1000 // rate, None) for place in _tracks(os.pread(descriptor, size, at + 4))]
        if head[0] & 0x80:
            break
        at += 4 + size
    return []


def _tracks(sheet: bytes) -> Iterator[int]:
    """The sample at which each begins: its index 1, the first where there is none."""
    at = _HEAD + 1
    for _ in range(sheet[_HEAD]):
        start, number, count = struct.unpack_from(">QB26xB", sheet, at)[:3]
        indexes = [struct.unpack_from(">QB3x", sheet, at + 36 + 12 * each) for each in range(count)]
        if number not in _LEAD_OUTS and indexes:
            yield start + next((place for place, index in indexes if index == 1), indexes[0][0])
        at += 36 + 12 * count


def _behind_tag(file: BinaryIO) -> int:
    """Where it begins: some programs put ID3 in front."""
    head = os.pread(file.fileno(), 10, 0)
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9] if head.startswith(b"ID3") else 0
    return 10 + size if size else 0
