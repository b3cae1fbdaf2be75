"""Sheets beside sound files: a cue sheet says what is where in a file, or how files follow each other; so does an m3u.

They are anybody's text in anybody's encoding. No more than `LARGEST` bytes and `MOST` lines of one are looked at.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from tomb.library import encodings

LARGEST = 256 * 1024
MOST = 20_000  # lines
LONGEST = 1000  # characters of a line

_KINDS = ("WAVE", "MP3", "AIFF", "BINARY", "MOTOROLA", "FLAC", "OPUS", "OGG", "AAC")
_FRAMES = 75  # a second, as on a CD


class CueTrack(Struct, frozen=True):
    """`start_ms`: within its file."""

    start_ms: int
    title: str | None
    performer: str | None


class CueFile(Struct, frozen=True):
    """A sound file, under the name that it had where the sheet was written, and the tracks that begin in it."""

    name: str
    tracks: tuple[CueTrack, ...]


class Cue(Struct, frozen=True):
    title: str | None
    performer: str | None
    files: tuple[CueFile, ...]


def text(path: Path) -> str:
    """What a sheet says. Raises: OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if len(data) == LARGEST:  # whatever is cut off is no line, and may be half a character
        data = data[: data.rfind(b"\n") + 1]
    return encodings.read(data.removeprefix(b"\xef\xbb\xbf"))


def cue(said: str) -> Cue:
    """Read a cue sheet, as the manual of CDRWIN describes it. What makes no sense in it is passed over.

    A track begins at its index 1. That counts for the file, too: its index 0 may lie in the one before.
    """
    head: dict[str, str] = {}
    current = head
    files: list[tuple[str, list[tuple[int, dict[str, str]]]]] = []
    for line in _lines(said):
        key, _, rest = line.partition(" ")
        match key.upper():
            case "FILE":
                files.append((_file_name(rest), []))
            case "TRACK":
                current = {}
            case "TITLE" | "PERFORMER" as kind:
                current.setdefault(kind, _unquoted(rest))
            case "INDEX" if current is not head and files and (start_ms := _begins(rest)) is not None:
                files[-1][1].append((start_ms, current))
    return Cue(
        head.get("TITLE"),
        head.get("PERFORMER"),
        tuple(
            CueFile(name, tuple(CueTrack(at, own.get("TITLE"), own.get("PERFORMER")) for at, own in tracks))
            for name, tracks in files
        ),
    )


def listed(said: str) -> list[str]:
    """The files that an m3u names, in its order, with "/" between the parts of a path."""
    return [line.replace("\\", "/") for line in _lines(said) if not line.startswith("#")]


def _lines(said: str) -> Iterator[str]:
    """Those that say something, with one space between words."""
    found = islice(said.splitlines(), MOST)
    return (line for each in found if len(each) <= LONGEST and (line := " ".join(each.split())))


def _file_name(rest: str) -> str:
    named, _, kind = rest.rpartition(" ")
    return _unquoted(named if kind.upper() in _KINDS else rest)


def _unquoted(rest: str) -> str:
    return rest[1:].partition('"')[0] if rest.startswith('"') else rest


def _begins(rest: str) -> int | None:
    """The milliseconds of an index 1, which is in minutes, seconds and frames."""
    number, _, time = rest.partition(" ")
    parts = time.split(":")
    if number.lstrip("0") != "1" or len(parts) != 3 or not all(each.isdecimal() and len(each) <= 5 for each in parts):
        return None
    minutes, seconds, frames = (int(each) for each in parts)
    return (minutes * 60 + seconds) * 1000 + frames * 1000 // _FRAMES
