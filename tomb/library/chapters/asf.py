"""Chapters of WMA files: the markers in the header of an ASF file (ASF specification, section 3.7)."""

import struct
from typing import BinaryIO

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_MARKERS = bytes.fromhex("01cd87f451a9cf118ee600c00c205365")
LARGEST = 4 * 1024 * 1024  # of the header, with a picture in it
PARTS = 1000  # objects that are looked at
MOST = 10_000
_TEXT = 4096  # bytes of a title


def chapters(file: BinaryIO) -> list[tuple[int, str | None]]:
    """Milliseconds and title of each. Raises: OSError, struct.error."""
    head = file.read(30)
    if not head.startswith(_HEADER):
        return []
    [size] = struct.unpack_from("<Q", head, 16)
    objects = file.read(min(size, LARGEST))
    found: list[tuple[int, str | None]] = []
    at = preroll_ms = 0
    for _ in range(PARTS):
        if at + 24 > len(objects):
            break
        name, length = objects[at : at + 16], struct.unpack_from("<Q", objects, at + 16)[0]
        if name == _PROPERTIES:
            [preroll_ms] = struct.unpack_from("<Q", objects, at + 80)
        elif name == _MARKERS:
            found = _markers(objects[at + 24 : at + length])
        at += max(length, 24)
    return [(start_ms - preroll_ms, title) for start_ms, title in found]


def _markers(data: bytes) -> list[tuple[int, str | None]]:
    """A name of no use, how many there are, and the markers: each with its place in the file, its time in units of 100
    ns, its size, and some more before its title."""
    count, named = struct.unpack_from("<I2xH", data, 16)
    found: list[tuple[int, str | None]] = []
    at = 24 + named
    for _ in range(min(count, MOST)):
        time, size, characters = struct.unpack_from("<8xQH8xI", data, at)
        text = data[at + 30 : at + 30 + min(2 * characters, _TEXT)]
        found.append((time // 10_000, text.decode("utf-16-le", "replace").rstrip("\0")))
        at += 18 + size
    return found
