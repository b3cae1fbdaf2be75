"""Chapters as files have them within: a reader for each format, all for files that may be anybody's.

They go where a file's structure leads and read little of it, so a file of gigabytes costs no more than a small one.
Each bounds the parts that it looks at, and what it reads at once. What makes no sense has no chapters. The examiner
calls them, in a child that may be killed.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tomb.library import chapters, containers, labels
from tomb.library.chapters import asf, flac, id3, matroska, mp4, sheets
from tomb.library.containers import Container
from tomb.library.labels import Marks

if TYPE_CHECKING:
    from tinytag import TinyTag

Found = Iterable[tuple[int, str | None]]

_READERS: Mapping[Container, Callable[[BinaryIO], Found]] = {
    "mov": mp4.chapters,
    "matroska": matroska.chapters,
    "mp3": id3.chapters,
    "flac": flac.chapters,
    "asf": asf.chapters,
}
_COMMENTED: tuple[Container, ...] = ("ogg", "flac")
KINDS = frozenset((*_READERS, *_COMMENTED))
"""Files of any other have no chapters."""
_COMMENT = re.compile(r"chapter\d{1,4}")
_TIME = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?")


def read(path: Path, tags: "TinyTag | None" = None) -> Marks:
    """None for a file without chapters, and for one that makes no sense. `tags`: its own, if they were read."""
    try:
        kind = containers.container(path)
        if kind in _COMMENTED and (said := chapters.tidy(_commented(tags or labels.tags(path, kind)))):
            return said  # it has titles, where a cue sheet of FLAC's own has none
        if kind is None or kind not in _READERS:
            return ()
        with path.open("rb") as file:
            return chapters.tidy(_READERS[kind](file))
    except (OSError, ValueError, IndexError, OverflowError, struct.error):
        return ()


def _commented(tags: "TinyTag | None") -> Iterator[tuple[int, str | None]]:
    """CHAPTER001=00:00:00.000, CHAPTER001NAME=… (wiki.xiph.org/Chapter_Extension), or a whole cue sheet."""
    said = {} if tags is None else tags.other
    sheet = said.get("cuesheet")
    if sheet:
        for file in sheets.cue(str(sheet[0])).files[:1]:
            yield from ((each.start_ms, each.title) for each in file.tracks)
    for key, values in said.items():
        time = _TIME.fullmatch(str(values[0]).strip()) if _COMMENT.fullmatch(key) else None
        if time is not None:
            hours, minutes, seconds, fraction = time.groups("0")
            start_s = (int(hours) * 60 + int(minutes)) * 60 + int(seconds) + float(f"0.{fraction}")
            names = said.get(f"{key}name")
            yield round(start_s * 1000), str(names[0]) if names else None
