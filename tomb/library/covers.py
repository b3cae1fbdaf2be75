"""Pictures of albums: told by what they begin with, not by what they are called."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LARGEST = 5 * 1024 * 1024

_SIGNATURES = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))
_STEMS = ("cover", "folder", "front")
_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    ext: str


def picture(data: bytes) -> Picture | None:
    """None for what is no JPEG or PNG, or too large."""
    if len(data) > LARGEST:
        return None
    return next((Picture(data, ext) for signature, ext in _SIGNATURES if data.startswith(signature)), None)


def beside(folder: Path) -> Picture | None:
    """The cover.jpg, folder.png or front.jpeg (whatever their case) in a folder of music."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name.casefold()):
        named_so = path.stem.casefold() in _STEMS and path.suffix.casefold() in _SUFFIXES
        if named_so and path.is_file() and not path.is_symlink() and (found := _read(path)) is not None:
            return found
    return None


def _read(path: Path) -> Picture | None:
    # A cover that cannot be read is no reason to leave the music out.
    with suppress(OSError), path.open("rb") as file:
        return picture(file.read(LARGEST + 1))
    return None
