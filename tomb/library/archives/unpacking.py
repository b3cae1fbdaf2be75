"""An archive on its way in: taken apart onto the disk while it comes, each byte once, and summed up on the way.

What the library has already is compared instead of written: a card wears by writing, and a restore onto the same box
then needs next to no free space. Such a file gets a second name, so that it stays whatever is deleted meanwhile.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from msgspec import Struct

from tomb.errors import Conflict, NoSpace
from tomb.library import schema
from tomb.library.archives import manifest
from tomb.library.archives.archive import DATABASE, MANIFEST, PIECE, SUMS, BadArchive, End, Header, TarReader
from tomb.library.archives.manifest import Kind, Manifest
from tomb.library.intake import BITE

MEMBERS_LIMIT = 250_000

_WAY_OUT: Mapping[Kind, str] = {"backup": "; all else, and what is left of that, by `--even-damaged`", "playlist": ""}


class _Text:
    """A small member, in memory."""

    def __init__(self) -> None:
        self._content = bytearray()

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    @property
    def hash(self) -> str:
        return manifest.digest(self.content)

    def write(self, data: bytes) -> None:
        self._content += data

    def finish(self) -> int:
        return 0

    def close(self) -> None:
        pass


class _File:
    """A member on its way to the disk, synced bite by bite; or, as long as it is the same, a second name for `twin`.

    `finish` says how many bytes of a file that is less than a bite are not yet synced.
    """

    def __init__(self, target: Path, twin: Path | None, size: int) -> None:
        self._target = target
        self._sum = hashlib.sha256()
        self._size = 0
        self._unsynced = 0
        self._twin = None if twin is None else _lent(twin, target, size)
        self._copy = target.open("xb", buffering=0) if self._twin is None else None

    @property
    def lent(self) -> bool:
        return self._twin is not None

    @property
    def hash(self) -> str:
        return self._sum.hexdigest()

    def write(self, data: bytes) -> None:
        if self._twin is not None and self._twin.read(len(data)) != data:
            self._part()
        if self._copy is not None:
            self._write(self._copy, data)
        self._sum.update(data)
        self._size += len(data)

    def finish(self) -> int:
        small = self._size < BITE
        if self._copy is not None and not small:
            os.fsync(self._copy.fileno())
        self.close()
        return self._unsynced if small else 0

    def close(self) -> None:
        for file in (self._twin, self._copy):
            if file is not None:
                file.close()

    def _part(self) -> None:
        """The twin is not the same after all: from here on it is a file of its own."""
        assert self._twin is not None
        twin, self._twin = self._twin, None
        self._target.unlink()
        self._copy = self._target.open("xb", buffering=0)
        twin.seek(0)
        left = self._size
        while left:
            block = twin.read(min(BITE, left))
            self._write(self._copy, block)
            left -= len(block)
        twin.close()

    def _write(self, file: IO[bytes], data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        self._unsynced += len(data)
        if self._unsynced >= BITE:
            os.fsync(file.fileno())
            self._unsynced = 0


def _lent(twin: Path, target: Path, size: int) -> IO[bytes] | None:
    """The twin, open, with the second name; None where there is no such file, or no second names (FAT)."""
    with suppress(OSError):
        if twin.stat().st_size != size:
            return None
        target.hardlink_to(twin)
        return target.open("rb")
    return None


class Targets(Struct, frozen=True):
    """Where an archive of `kind` goes: its database into `data`, the rest into `sound`/files and `sound`/covers.

    `kept`: the library whose own files need not be written again. `free_kept`: bytes that are left free on the disk.
    `even_damaged`: sound and pictures that are not quite what they were are taken as what they are now.
    """

    kind: Kind
    data: Path
    sound: Path
    kept: Path
    free_kept: int
    even_damaged: bool = False

    def prepare(self) -> None:
        for folder in (self.data, self.sound / "files", self.sound / "covers"):
            folder.mkdir(parents=True, exist_ok=True)


class Unpacked(Struct, frozen=True):
    """What was in it. `files`: sizes in bytes by name, such as `files/SHA256.EXT`.

    `damaged`: of those whose content is another than it was, the hash as it was, and as it is now.
    """

    manifest: Manifest
    files: Mapping[str, int]
    damaged: Mapping[str, str]


class Unpacking:
    """`feed` it all there is, then `finish`; or `abandon` it at any time, which closes what is open.

    Raises: BadArchive for what is none, is damaged or cut off; Conflict when a newer program made it; NoSpace; OSError.
    """

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._reader = TarReader()
        self._manifest: Manifest | None = None
        self._files: dict[str, int] = {}
        self._damaged: dict[str, str] = {}
        self._sums: dict[str, str] = {}
        self._sums_said = b""
        self._unsynced = 0
        self._now: _Text | _File | None = None
        self._header = Header("", 0)

    def feed(self, data: bytes) -> None:
        for event in self._reader.feed(data):
            match event:
                case Header():
                    self._header = event
                    self._now = self._begun(event)
                case End():
                    self._ended()
                case _:
                    assert self._now is not None
                    self._now.write(event)

    def finish(self) -> Unpacked:
        self._reader.close()
        assert self._manifest is not None
        if self._manifest.kind == "backup" and DATABASE not in self._sums:
            raise BadArchive("there is no database in it")
        if self._sums_said != manifest.sums(self._sums).content:
            raise BadArchive("it is damaged")
        self._sync()
        return Unpacked(self._manifest, self._files, self._damaged)

    def abandon(self) -> None:
        if self._now is not None:
            self._now.close()

    def _begun(self, header: Header) -> _Text | _File:
        if header.name in (MANIFEST, SUMS):
            return _Text()
        if len(self._files) >= MEMBERS_LIMIT:
            raise BadArchive("there are too many files in it")
        if header.name == DATABASE:
            if self._targets.kind != "backup":
                raise BadArchive(f"{DATABASE} is in a place where it does not belong")
            return self._file(header, self._targets.data / DATABASE)
        name = f"{header.kind}/{header.file}"
        self._files[name] = header.size
        return self._file(header, self._targets.sound / name, self._targets.kept / name)

    def _file(self, header: Header, target: Path, twin: Path | None = None) -> _File:
        file = _File(target, twin, header.size)
        if not file.lent and shutil.disk_usage(target.parent).free - header.size < self._targets.free_kept:
            file.close()
            raise NoSpace("there is too little free space for that; nothing was changed")
        return file

    def _ended(self) -> None:
        now, header = self._now, self._header
        assert now is not None
        self._unsynced += now.finish()
        if self._unsynced >= BITE:
            self._sync()
        self._now = None
        if header.hash and now.hash != header.hash:
            self._take_damaged(header, now.hash)
        if isinstance(now, _Text):
            self._understand(header.name, now.content)
        if header.name in (MANIFEST, DATABASE):
            self._sums[header.name] = now.hash

    def _sync(self) -> None:
        # One for many: 20,000 small files, each waiting for the card by itself, take ten times as long.
        if self._unsynced:
            os.sync()
            self._unsynced = 0

    def _take_damaged(self, header: Header, found: str) -> None:
        if not self._targets.even_damaged:
            raise BadArchive(f"{header.name} is damaged" + _WAY_OUT[self._targets.kind])
        name, now = (f"{header.kind}/{header.file.replace(header.hash, each)}" for each in (header.hash, found))
        (self._targets.sound / name).replace(self._targets.sound / now)
        self._files[now] = self._files.pop(name)
        self._damaged[header.hash] = found

    def _understand(self, name: str, content: bytes) -> None:
        if name == SUMS:
            self._sums_said = content
            return
        self._manifest = _checked(content, self._targets.kind)


def look(archive: IO[bytes], kind: Kind) -> Manifest:
    """What an archive says about itself, before the gigabytes are on their way.

    Raises: BadArchive; Conflict when a newer program made it; OSError.
    """
    reader, described = TarReader(), bytearray()
    while block := archive.read(PIECE):
        for event in reader.feed(block):
            match event:
                case End():
                    return _checked(bytes(described), kind)
                case bytes():
                    described += event
    raise BadArchive("it is cut off")


def _checked(content: bytes, kind: Kind) -> Manifest:
    described = manifest.decoded(content, kind)
    if (described.schema_version or 0) > schema.VERSION:
        raise newer(described.schema_version or 0)
    return described


def newer(version: int) -> Conflict:
    return Conflict(
        "this backup was made by a newer TOMB; install the newer program first",
        {"schema_version": version, "known": schema.VERSION},
    )
