"""How a folder of music becomes playlists: each folder is one, with what plays in it sorted as people expect."""

import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tomb.errors import Unavailable
from tomb.library.intake import unreadable
from tomb.library.labels import Labels, label

# libsndfile plays these as they are; for the others there is ffmpeg, once, at the import.
PLAYABLE = frozenset({"mp3", "wav", "flac", "ogg", "oga", "opus", "aif", "aiff"})
TRANSCODED = frozenset({"m4a", "m4b", "mp4", "aac", "webm", "wma", "mka", "mkv", "flv"})

_DISC = re.compile(r"(cd|dis[ck])[\s._-]*\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """One playlist to be: `files` in natural order of their names. They lie in `folder` or in its discs' folders."""

    folder: Path
    title: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out, and why, in words for a parent."""

    path: Path
    reason: str


def plan(root: Path) -> tuple[list[FolderPlan], list[Skipped]]:
    """What importing `root` would make: a playlist for it and for each folder below that has something to play.

    Folders called like a disc ("CD 2") belong to the one above. Hidden files and links are passed over in silence.
    Raises: Unavailable when nothing can be read now.
    """
    found: dict[Path, list[Path]] = {}
    skipped: list[Skipped] = []
    for path in _files(root, skipped):
        found.setdefault(_album(path.parent, root), []).append(path)
    return [FolderPlan(folder, label(folder.name), tuple(files)) for folder, files in found.items()], skipped


def in_order(found: Sequence[tuple[Path, Labels]]) -> list[int]:
    """The order in which to play: by disc and track where all files say so without contradiction, else as given."""
    places = [(labels.disc or 1, labels.track or 0) for _, labels in found]
    numbered = all(track for _, track in places) and len(set(places)) == len(places)
    return sorted(range(len(found)), key=places.__getitem__) if numbered else list(range(len(found)))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which "2" comes before "10", whatever the case."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def extension(path: Path) -> str:
    return path.suffix[1:].lower()


def _files(root: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """Whatever is renamed, removed or unplugged while this looks is left out, and the rest is found all the same."""
    waiting = [root]
    while waiting:
        folder, below = waiting.pop(), []
        try:
            entries = _visible(folder)
        except OSError as error:
            skipped.append(_left_out(folder, error))
            continue
        for path in entries:
            try:
                mode = path.lstat().st_mode
            except OSError as error:
                skipped.append(_left_out(path, error))
                continue
            if stat.S_ISDIR(mode):
                below.append(path)
            elif stat.S_ISREG(mode) and extension(path) in PLAYABLE | TRANSCODED:
                yield path
        waiting += reversed(below)


def _left_out(path: Path, error: OSError) -> Skipped:
    reason = unreadable(error)
    if isinstance(reason, Unavailable):
        raise reason from error
    return Skipped(path, str(reason))


def _visible(folder: Path) -> list[Path]:
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    # Without the extension, so that "2.mp3" comes before "2 again.mp3".
    return sorted(paths, key=lambda path: (natural(path.stem), path.name))


def _album(folder: Path, root: Path) -> Path:
    return folder.parent if folder != root and _DISC.fullmatch(folder.name) else folder
