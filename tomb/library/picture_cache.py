"""Pictures as pages ask for them, on the disk: `DATA/cache/FOLDER/KEY.DIGEST.EXT`.

Whatever lies there can be made anew, so nothing of it is synced, recorded or backed up. A name ends with the beginning
of the SHA-256 of what it names: half a file after a power cut, or one that a worn card has changed, is known by that,
and is no hit. Over `limit` bytes what was asked for longest ago goes.
"""

import hashlib
import re
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from tomb.library import faults
from tomb.library.covers import Picture
from tomb.library.disk import made

Size = Literal[120, 300, 600]
SIZES: tuple[int, ...] = get_args(Size)
LIMIT = 64 * 1024 * 1024  # 2,000 covers in all three sizes
_DIGITS = 16
_NAME = re.compile(rf"[0-9A-Za-z_-]+\.[0-9a-f]{{{_DIGITS}}}\.[a-z]{{3,4}}")


class ScaledCover(Struct, frozen=True):
    """A cover of the library (its hash), its longer side in pixels, and how it is to be encoded."""

    cover: str
    size: Size
    ext: Literal["jpg", "webp"]

    @property
    def key(self) -> str:
        return f"{self.cover}-{self.size}-{self.ext}"


class PictureCache:
    """One call at a time. `folder` is made when the first picture is kept. A key has letters, digits, `-` and `_`."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._kept: OrderedDict[str, tuple[Path, int]] | None = None  # what was asked for last is last

    def find(self, key: str) -> Path | None:
        """Where it lies, if it does and is what was put there. Raises: OSError."""
        kept = self._index()
        path, _ = kept.get(key, (None, 0))
        if path is None:
            return None
        with suppress(OSError):
            if f".{_digest(path.read_bytes())}." in path.name:
                kept.move_to_end(key)
                return path
        del kept[key]
        path.unlink(missing_ok=True)
        return None

    def keep(self, key: str, picture: Picture) -> Path:
        """Put it there. Raises: NoSpace, Unavailable."""
        kept = self._index()
        path = self._folder / f"{key}.{_digest(picture.data)}.{picture.ext}"
        try:
            made(self._folder)
            path.write_bytes(picture.data)
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise faults.of_disk(error) from error
        kept[key] = path, len(picture.data)
        self._shrink()
        return path

    def _index(self) -> OrderedDict[str, tuple[Path, int]]:
        if self._kept is None:
            there = self._folder.iterdir() if self._folder.is_dir() else ()
            found = sorted((path for path in there if _NAME.fullmatch(path.name)), key=_age)
            self._kept = OrderedDict((_key_in(path), (path, path.stat().st_size)) for path in found)
            for path in found:
                if self._kept[_key_in(path)][0] != path:  # made twice, since the first one was damaged
                    path.unlink(missing_ok=True)
        return self._kept

    def _shrink(self) -> None:
        kept = self._index()
        while sum(size for _, size in kept.values()) > self._limit:
            _, (path, _) = kept.popitem(last=False)
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _key_in(path: Path) -> str:
    return path.name.partition(".")[0]


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
