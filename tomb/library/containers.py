"""What a sound file is, by its first bytes: a name is only a label, and who reads a file is not left to guess.

Guessing is what ffmpeg does by itself: a playlist called `song.m4a` is then a playlist, and opens what it names.
"""

import os
import re
from pathlib import Path
from typing import Literal

Container = Literal["mov", "matroska", "asf", "flv", "aac", "loas", "mp3", "wav", "aiff", "flac", "ogg"]
"""As ffmpeg calls its demuxers. None of them opens another file."""

_STARTS: tuple[tuple[bytes, Container], ...] = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"FLV\x01", "flv"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
)
_EXTENSIONS: dict[Container, tuple[str, ...]] = {
    "mov": ("m4a", "m4b", "mp4"),
    "matroska": ("mka", "mkv", "webm"),
    "asf": ("wma",),
    "flv": ("flv",),
    "aac": ("aac",),
    "loas": ("aac",),
    "mp3": ("mp3",),
    "wav": ("wav",),
    "aiff": ("aiff", "aif"),
    "flac": ("flac",),
    "ogg": ("ogg", "oga", "opus"),
}
_NATIVE: tuple[Container, ...] = ("mp3", "wav", "flac", "ogg", "aiff")
PLAYABLE = frozenset(ending for kind in _NATIVE for ending in _EXTENSIONS[kind])
"""Endings of names: libsndfile plays such files as they are."""
TYPES = frozenset(ending for endings in _EXTENSIONS.values() for ending in endings)
"""All that are taken, whichever way they come; for the others there is ffmpeg, once, when they come in."""
TRANSCODED = TYPES - PLAYABLE
NO_TYPE = "not an audio type that the box plays"
MOST_PIECES = 200  # that a file may be mended from: each costs a start of ffmpeg
_ENDING = re.compile(r"(?=.*[a-z])[a-z0-9]{1,5}")
_ATOMS = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
_FAR = 65536  # how far to look for the first frame behind the labels
_LENGTHS = (b"Xing", b"Info", b"VBRI")
_DEEP = 64  # bytes of a frame before which the length stands, whatever the kind of its header
_MOST_LABELS = 8


def ending(name: str) -> str:
    """In lower case; "" where there is none: in "Chapter 1. The moon" the rest is no ending. Such a file, and one with
    an ending that is wrong, is what its content is."""
    _, dot, last = name.strip().lower().rpartition(".")
    return last if dot and _ENDING.fullmatch(last) else ""


def stem(name: str) -> str:
    """Without the ending, and without folders before it."""
    name = name.rpartition("/")[2]
    named = ending(name)
    return name.strip()[: -len(named) - 1] if named else name


def container(path: Path) -> Container | None:
    """None for what is no sound, or sound of no kind that is known here. Raises: OSError."""
    with path.open("rb", buffering=0) as file:
        return container_in(file.fileno())


def container_in(file: int) -> Container | None:
    """As `container`, of an open file."""
    head = os.pread(file, 16, 0)
    if kind := _started(head) or _boxed(head):
        return kind
    behind = _behind_labels(file).lstrip(b"\0")[:16]
    return _started(behind) or _framed(behind)  # some programs put ID3 before anything


def extension(kind: Container, named: str) -> str:
    """The ending of such a file's name: the one that it has, unless that is wrong."""
    return named if named in _EXTENSIONS[kind] else _EXTENSIONS[kind][0]


def _started(head: bytes) -> Container | None:
    return next((name for start, name in _STARTS if head.startswith(start)), None)


def _boxed(head: bytes) -> Container | None:
    if head[4:8] in _ATOMS:
        return "mov"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    return None


def _framed(start: bytes) -> Container | None:
    """Formats without a container are frames one after another, each with a header that begins with set bits."""
    if len(start) < 2:
        return None
    if start[0] == 0xFF and start[1] & 0xF6 == 0xF0:  # ISO 14496-3, ADTS: twelve bits, and the layer is 0
        return "aac"
    if start[0] == 0x56 and start[1] & 0xE0 == 0xE0:  # LOAS: 0x2B7 in eleven bits
        return "loas"
    if start[0] == 0xFF and start[1] & 0xE0 == 0xE0:  # ISO 11172-3: eleven bits
        return "mp3"
    return None


def lacks_length(file: int) -> bool:
    """Whether the open file is an MP3 that does not say how long it is. Raises: OSError.

    An MP3 says so in its first frame ("Xing", called "Info" where the bit rate is constant, or Fraunhofer's "VBRI"), or
    not at all. Then decoders guess from its size and the bit rate of its first frames, and libsndfile 1.2.2 also stops
    where the guess says: of a minute that begins quietly it played 16 s (measured, with LAME's quality 4).
    """
    data = _behind_labels(file)
    # Eleven bits are set, and the layer is the third.
    starts = (at for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] & 0xE6 == 0xE2)
    first = next(starts, None)
    return first is not None and not any(each in data[first : first + _DEEP] for each in _LENGTHS)


def _behind_labels(file: int) -> bytes:
    at = 0
    for _ in range(_MOST_LABELS):
        head = os.pread(file, 10, at)
        if not head.startswith(b"ID3") or len(head) < 10:
            break
        at += 10 + _label_size(head)
    return os.pread(file, _FAR, at)


def _label_size(head: bytes) -> int:
    """Of ID3v2, after its ten first bytes: seven bits of each of four (id3.org/id3v2.4.0-structure, section 3.1)."""
    return head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
