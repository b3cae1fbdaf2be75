"""One file that holds a whole library, or one playlist: a POSIX tar of few names in a fixed order.

    tomb.json                     what it is (`tomb.library.archives.manifest`)
    tomb.db                       of a backup: its database
    library/files/SHA256.EXT      sound
    library/covers/SHA256.EXT     pictures
    tomb.sha256                   the sums of the first two, as `sha256sum -c` reads them; the others' are their names

Sound does not get smaller by packing, and what is not packed is no bomb. The length is known before the first byte is
written, any tar program opens one, and a reader needs to see each byte only once.

Reading is sansio: `TarReader.feed` takes bytes as they come. It takes regular members of exactly these names, in this
order and none of them twice, and nothing else that a tar can hold: no links, no folders, no paths, no extended headers.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path

from msgspec import Struct

from tomb.errors import BadRequest, Unavailable

MANIFEST, DATABASE, SUMS = "tomb.json", "tomb.db", "tomb.sha256"
MEDIA_TYPE = "application/x-tar"
PIECE = 256 * 1024
BLOCK = 512  # of a tar file (POSIX.1-1988, ustar); Python's tarfile is loaded for whoever makes a backup
LARGEST = 2**40
TEXT_LIMITS = {MANIFEST: 8 * 1024 * 1024, SUMS: 4096}
PADDING_LIMIT = 1024 * 1024  # GNU tar fills up to its record size, 10 KiB unless told otherwise

_CONTENT = re.compile(r"library/(?P<kind>files|covers)/(?P<name>(?P<hash>[0-9a-f]{64})\.[0-9a-z]{1,5})", re.ASCII)
_END = bytes(2 * BLOCK)
_NOTHING = bytes(BLOCK)


class BadArchive(BadRequest):
    """What was handed in is no archive of this program, or not a whole one."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no whole archive of a TOMB: {why}")


class Member(Struct, frozen=True):
    """What is to be written: `size` bytes, which are `content` or what is in the file of that name."""

    name: str
    size: int
    content: bytes | Path


class Header(Struct, frozen=True):
    """The beginning of a member that is read. `kind` and `hash` are empty for what is not stored by its content."""

    name: str
    size: int
    kind: str = ""
    hash: str = ""

    @property
    def file(self) -> str:
        return self.name.rpartition("/")[2]


class End:
    """The end of the member that began last."""


END = End()


def member(name: str, content: bytes) -> Member:
    return Member(name, len(content), content)


def length(members: Iterable[Member]) -> int:
    """Of the archive, in bytes."""
    return sum(BLOCK + each.size + _gap(each.size) for each in members) + len(_END)


def pieces(members: Sequence[Member]) -> Generator[bytes, None, None]:
    """The archive, a quarter of a megabyte or so at a time.

    Raises: Unavailable when a file is gone or no longer has the size that was said.
    """
    ready = b""
    for each in members:
        ready += _encoded(each)
        for block in _blocks(each):
            ready += block
            if len(ready) >= PIECE:
                yield ready
                ready = b""
        ready += bytes(_gap(each.size))
    yield ready + _END


class TarReader:
    """Takes an archive apart. `close` is to be called at the end of what there is."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0
        self._gap = 0
        self._zeros = 0
        self._seen: set[str] = set()
        self._last = ""

    def feed(self, data: bytes) -> Iterator[Header | bytes | End]:
        """What these bytes bring: of each member its header, its content in pieces, its end. Raises: BadArchive."""
        view = memoryview(data)
        while view:
            if self._left:
                piece, view = view[: self._left], view[self._left :]
                self._left -= len(piece)
                yield bytes(piece)
                if not self._left:
                    yield END
            elif self._gap:
                skipped = min(self._gap, len(view))
                self._gap -= skipped
                view = view[skipped:]
            else:
                taken = BLOCK - len(self._head)
                self._head += view[:taken]
                view = view[taken:]
                if len(self._head) == BLOCK:
                    yield from self._begin()

    def close(self) -> None:
        """Raises: BadArchive when something is missing at the end."""
        if self._head or self._left or self._gap or self._zeros < len(_END) or self._last != SUMS:
            raise BadArchive("it is cut off")

    def _begin(self) -> Iterator[Header | End]:
        block = bytes(self._head)
        self._head.clear()
        if block == _NOTHING:
            self._zeros += BLOCK
            if self._zeros > PADDING_LIMIT:
                raise BadArchive("there is too much behind it")
            return
        if self._zeros:
            raise BadArchive("there is something behind its end")
        header = _decoded(block)
        self._check_place(header.name)
        self._left, self._gap = header.size, _gap(header.size)
        yield header
        if not header.size:
            yield END

    def _check_place(self, name: str) -> None:
        if (name == MANIFEST) != (self._last == "") or name in self._seen or self._last == SUMS:
            raise BadArchive(f"{name} is in a place where it does not belong")
        if name == DATABASE and self._last != MANIFEST:
            raise BadArchive(f"{name} is in a place where it does not belong")
        self._seen.add(name)
        self._last = name


def _encoded(each: Member) -> bytes:
    import tarfile

    info = tarfile.TarInfo(each.name)
    info.size, info.mode = each.size, 0o644
    # Of all tar's formats this one needs no second header for files of more than 8 GiB; all programs read it.
    return info.tobuf(tarfile.GNU_FORMAT)


def _decoded(block: bytes) -> Header:
    import tarfile

    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BadArchive("it is damaged, or no tar file") from error
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not 0 <= info.size <= LARGEST:
        raise BadArchive("there is something other than files in it")
    found = _CONTENT.fullmatch(info.name)
    if found is not None:
        return Header(info.name, info.size, found["kind"], found["hash"])
    if info.name not in (MANIFEST, DATABASE, SUMS):
        raise BadArchive("there are files in it that do not belong there")
    if info.size > TEXT_LIMITS.get(info.name, LARGEST):
        raise BadArchive(f"{info.name} is too large")
    return Header(info.name, info.size)


def _blocks(each: Member) -> Iterator[bytes]:
    if isinstance(each.content, bytes):
        yield each.content
        return
    try:
        with FileIO(each.content) as file:
            left = each.size
            while left and (block := file.read(min(PIECE, left))):
                left -= len(block)
                yield block
            if left or file.read(1):
                raise Unavailable(f"{each.name} changed while it was read")
    except OSError as error:
        raise Unavailable(f"{each.name} cannot be read: {error.strerror}") from error


def _gap(size: int) -> int:
    """What fills the last block of a member."""
    return -size % BLOCK
