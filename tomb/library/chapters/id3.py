"""Chapters of MP3 files: frames of ID3v2 (id3.org/id3v2-chapters-1.0).

A CHAP frame is one chapter: its name within the file, its times, and frames of its own, of which TIT2 is the title.
CTOC frames say which of them belong to the table of contents; one that none names is hidden, as podcasts do with
pictures.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from tomb.library import encodings

LARGEST = 32 * 1024 * 1024  # of the tag, pictures and all
PARTS = 10_000  # frames that are looked at
_TEXT = 4096  # bytes of a title
_NO_TIME = 0xFFFFFFFF
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")


def chapters(file: BinaryIO) -> list[tuple[int, str | None]]:
    """Milliseconds and title of each. Raises: OSError, ValueError, IndexError."""
    head = os.pread(file.fileno(), 10, 0)
    if not head.startswith(b"ID3") or head[3] not in (3, 4):
        return []
    version, flags = head[3], head[5]
    tag = os.pread(file.fileno(), min(_seven_bits(head[6:10]), LARGEST), 10)
    if flags & 0x80 and version == 3:
        tag = tag.replace(b"\xff\x00", b"\xff")
    if flags & 0x40:  # the extended header; in 2.3 its size does not count itself
        tag = tag[_seven_bits(tag[:4]) if version == 4 else 4 + int.from_bytes(tag[:4], "big") :]
    found: dict[bytes, tuple[int, str | None]] = {}
    named: set[bytes] = set()
    for name, body in _frames(tag, version):
        if name == b"CHAP":
            element, _, rest = body.partition(b"\0")
            start_ms = int.from_bytes(rest[:4], "big")
            if len(rest) >= 16 and start_ms != _NO_TIME:
                titles = (_text(each) for kind, each in _frames(rest[16:], version) if kind == b"TIT2")
                found[element] = start_ms, next(titles, None)
        elif name == b"CTOC":
            _, _, rest = body.partition(b"\0")
            named.update(rest[2:].split(b"\0")[: rest[1] if len(rest) > 1 else 0])
    return [mark for element, mark in found.items() if not named or element in named]


def _frames(data: bytes, version: int) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(PARTS):
        head = data[at : at + 10]
        if len(head) < 10 or not head[0]:  # the rest is padding
            return
        size = _seven_bits(head[4:8]) if version == 4 else int.from_bytes(head[4:8], "big")
        body = data[at + 10 : at + 10 + size]
        if version == 4 and head[9] & 0x02:
            body = body.replace(b"\xff\x00", b"\xff")
        if version == 4 and head[9] & 0x01:  # its length is said once more, in front
            body = body[4:]
        yield head[:4], body
        at += 10 + size


def _text(body: bytes) -> str | None:
    if not body or body[0] >= len(_ENCODINGS):
        return None
    text = body[1:_TEXT].decode(_ENCODINGS[body[0]], "replace").partition("\0")[0]
    return text if body[0] else encodings.mended(text)


def _seven_bits(four: bytes) -> int:
    return (four[0] & 0x7F) << 21 | (four[1] & 0x7F) << 14 | (four[2] & 0x7F) << 7 | four[3] & 0x7F
