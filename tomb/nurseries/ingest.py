"""The ingest carries files to the library's door: copied, hashed, examined, labelled, ready to be committed.

Whoever brings music in asks here: the importer for folders, uploads for what a browser sent. The work is done in a
thread of its own and in bites, so that the box goes on playing and a shutdown need not wait for a whole audiobook.

Staging. Whatever is made on the way lies in a folder of its own in `incoming/`, on the same file system as `files/`,
and is synced before it is called staged: so the commit only gives it its name, which no power cut can halve. Until
then it belongs to nobody. A cancellation may come at every await, between two bites or in the middle of ffmpeg; it
leaves through `incoming()`, which removes the folder with all that was not taken in. That is shielded, else the one
who was cancelled could not clean up at all, and has a deadline, since a box that is being switched off waits for it.
What is left then, or by a power cut, the next start removes: no row knows of it.
"""

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, Protocol, TypeVar, TypeVarTuple

import trio
from msgspec import Struct
from msgspec.structs import replace

from tomb.errors import DecodeError, NoSound
from tomb.library import containers, covers, faults, files, hindrances, intake, labels, transcode
from tomb.library.arrivals import Arrival
from tomb.library.containers import Container
from tomb.library.covers import Picture
from tomb.library.intake import Intake, Staged
from tomb.library.labels import Labels
from tomb.library.store import Store
from tomb.library.transcode import Source, Stream
from tomb.models import UNKNOWN, Loudness, SeekMarks
from tomb.nurseries.space import Space
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SLIGHT_S = 0.2  # by so much a container may be wrong about its length
CLEAN_S = 0.5  # what is not removed by then, the next start removes


class Findings(Struct, frozen=True):
    """What a look at a file found.

    `duration_ms`: what was heard of it; 0, and no loudness, if that was not asked for. `damaged_ms`: where something is
    wrong in it for the first time. `lacking`: a better decoder may get more out of it. `pieces`, `unended`: see
    tomb/library/structure.py. `unshown`: why the picture that it brings is no cover.
    `seek_marks`: of what was heard.
    """

    labels: Labels
    duration_ms: int = 0
    loudness: Loudness = UNKNOWN
    cover: Picture | None = None
    damaged_ms: int | None = None
    lacking: bool = False
    pieces: tuple[tuple[int, int], ...] = ()
    unended: bool = False
    unshown: str = ""
    seek_marks: SeekMarks | None = None

    @property
    def packed_marks(self) -> bytes | None:
        return None if self.seek_marks is None else self.seek_marks.packed()


class Look(Struct, frozen=True):
    """What kind of file it really is: its size, the extension for that, the container, whether it is an MP3 to be
    mended, and why nobody can play it, if so. `hash`: where it will be needed and costs one bite. `known`: whether the
    library has what was made of it; None where nobody has looked."""

    size: int
    ext: str
    kind: Container | None
    bare: bool
    hindrance: str | None
    hash: str | None = None
    known: bool | None = None


class Inspector(Protocol):
    """Who looks into files; in the box it is an `Inspection`."""

    async def sound(self, source: Path, name: str, sound: Path | None) -> Findings:
        """What `source`, once called `name`, says of itself, and how long `sound` is.

        Raises: DecodeError when `sound` cannot be played, which is NoSound where another decoder might; Unavailable
        when nothing can be examined now.
        """

    async def beside(self, folder: Path) -> Picture | None:
        """The picture of a folder of music. Raises: Unavailable when nothing can be examined now."""

    async def picture(self, source: Path) -> Picture:
        """What is to be kept of a picture. Raises: DecodeError in words why it is not taken; Unavailable."""

    async def fitted(self, cover: Path, side: int, ext: Literal["jpg", "webp"]) -> Picture:
        """A picture of the library, at most so many pixels wide and high. Raises as `picture` does."""


class Ingest:
    """`space`: where whatever is written asks first."""

    def __init__(self, store: Store, ports: Ports, inspector: Inspector, space: Space) -> None:
        self.space = space
        self._store = store
        self._ports = ports
        self._inspector = inspector
        self._threads = trio.CapacityLimiter(1)
        self._incoming = f"{store.library / 'incoming'}{os.sep}"
        self._transcoding = trio.Lock()

    def place(self) -> Path:
        """For a folder in `incoming/`, which is made when something is put into it. Whoever asks for one removes it."""
        return self._store.library.joinpath("incoming", self._ports.new_id())

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[Path]:
        """A folder in `incoming/` for what is copied on the way; gone afterwards, with all that was not taken in."""
        folder = self.place()
        try:
            await self._thread(folder.mkdir)
            yield folder
        finally:
            with trio.move_on_after(CLEAN_S, shield=True):
                await self._thread(files.remove, folder)

    async def look(self, source: Path, first: Callable[[], None] | None = None) -> Look:
        """What kind of file it really is. `first`: done before, in the same hop.

        Raises: DecodeError when it cannot be read; what `first` raises.
        """
        with self._store.noticing_damage():
            return await self._thread(self._taken_up if self._is_here(source) else _looked_at, source, first)

    async def stage(self, source: Path, incoming: Path, name: str | None = None, look: Look | None = None) -> Arrival:
        """Make one file ready to become a track. What lies in the library's `incoming/` is synced, and taken without a
        copy.

        `incoming`: the folder there that is this file's. `name`: what the file is called where it came from, if that is
        not its name here. `look`: at it, if there was one.
        Raises: DecodeError when it cannot be read or played; NoSpace; Unavailable when nothing can be examined now.
        """
        name = source.name if name is None else name
        look = look or await self.look(source)
        if look.hindrance is not None:
            raise DecodeError(look.hindrance)
        origin, sound, found = await self._kept(source, incoming, name, look)
        cover = await self._pictured(found.cover, incoming)
        return Arrival(
            labels.label(name),
            found.labels,
            origin,
            found.duration_ms,
            found.loudness,
            sound,
            cover,
            look.size,
            found.damaged_ms,
            found.unshown,
            found.packed_marks,
        )

    async def picture(self, folder: Path, incoming: Path) -> Staged | None:
        """The picture that lies in a folder of music, ready to become a cover. Raises: NoSpace, Unavailable."""
        return await self._pictured(await self._inspector.beside(folder), incoming)

    async def cover(self, picture: Path, incoming: Path) -> Staged | None:
        """The picture in a file, ready to become a cover; None if it is none that can be shown.

        Raises: NoSpace; Unavailable when nothing can be examined now.
        """
        alone = incoming / self._ports.new_id()
        await self._thread(alone.mkdir)
        try:
            if (size := await self._thread(intake.size_of, picture)) > covers.LARGEST:
                return None
            target = alone / f"cover{picture.suffix}"
            async with self.space.promise(size, target):
                await self._take(picture, target)
        except DecodeError:
            return None
        return await self.picture(alone, incoming)

    async def digest(self, source: Path) -> str:
        """SHA-256 in hex. Raises: DecodeError when it cannot be read."""
        return (await self._take(source)).hash

    async def _kept(self, source: Path, incoming: Path, name: str, look: Look) -> tuple[str, Staged | None, Findings]:
        """The hash of `source`, what is to be kept for it (None if the library has it already), and what it is."""
        origin, kind, foreign = look.hash, look.kind, look.ext in containers.TRANSCODED
        # Reading twice is better than writing for nothing: cards wear by writing. What lies here is written already.
        is_here = self._is_here(source)
        if foreign or look.bare or is_here or await self._store.read(lambda db: files.has_size(db, look.size)):
            origin = origin or (await self._take(source)).hash
            is_known = look.known
            if is_known is None:
                is_known = await self._store.read(lambda db: files.known(db, origin)) is not None
            if is_known:
                return origin, None, await self._inspector.sound(source, name, None)
            if foreign or look.bare:
                found = await self._inspector.sound(source, name, None)
                try:
                    return origin, *(await self._anew(source, kind, incoming, name, found))
                except DecodeError:
                    if foreign:
                        raise
                    # What is mended in vain may be playable as it is.
        if is_here and origin:
            taken = Staged(source, origin, look.ext, look.size)
        else:
            taken = await self._taken(source, incoming, look.ext, look.size)
        try:
            found = await self._inspector.sound(source, name, taken.path)
        except NoSound:
            if kind is None or not transcode.available():
                raise
            found = await self._inspector.sound(source, name, None)
            return taken.hash, *(await self._anew(source, kind, incoming, name, found))
        if found.lacking:
            return taken.hash, *(await self._better(taken, source, kind, incoming, name, found))
        return taken.hash, taken, found

    async def _better(
        self, taken: Staged, source: Path, kind: Container | None, incoming: Path, name: str, found: Findings
    ) -> tuple[Staged, Findings]:
        """ffmpeg's copy of a file of which libsndfile plays only a part; the file itself, where that is no better."""
        if transcode.available():
            with suppress(DecodeError):
                made, anew = await self._anew(source, kind, incoming, name, found)
                if anew.duration_ms >= found.duration_ms or not anew.lacking:
                    return made, anew if found.damaged_ms is None else replace(anew, damaged_ms=found.damaged_ms)
        return taken, replace(found, damaged_ms=found.duration_ms if found.damaged_ms is None else found.damaged_ms)

    async def _taken(self, source: Path, incoming: Path, ext: str, size: int) -> Staged:
        target = incoming / f"{self._ports.new_id()}.{ext}"
        async with self.space.promise(size, target):
            return (await self._take(source, target)).staged

    async def _pictured(self, picture: Picture | None, incoming: Path) -> Staged | None:
        return None if picture is None else await self._thread(intake.stage_picture, incoming, picture)

    async def _anew(
        self, path: Path, kind: Container | None, incoming: Path, name: str, found: Findings
    ) -> tuple[Staged, Findings]:
        """What ffmpeg makes of it. `found`: what is known of it by now. Raises: DecodeError, NoSpace, Unavailable."""
        if kind is None:
            raise DecodeError("not playable: it is no sound file of any kind that is known here")
        source = Source(path, kind, found.pieces, found.unended)
        if kind == "mp3":
            with suppress(DecodeError):
                made, copied = await self._made(source, Stream(), incoming, name, "mp3")
                if not copied.lacking:
                    return made, copied
        stream = await transcode.look(source)
        return await self._made(source, stream, incoming, name, stream.extension)

    async def _made(
        self, source: Source, stream: Stream, incoming: Path, name: str, ext: str
    ) -> tuple[Staged, Findings]:
        """One at a time: ffmpeg takes all the processor that it can get, and hundreds of megabytes of addresses."""
        target = incoming / f"{self._ports.new_id()}.{ext}"
        size = stream.size_of(await self._thread(intake.size_of, source.path))
        async with self._transcoding, self.space.promise(size, target):
            free = size + await self.space.free()
            await self._thread(_touch, target)
            faultless = await transcode.transcode(source, stream, target, free)
            made = await self._thread(intake.staged, target)
        found = await self._inspector.sound(source.path, name, target)
        if faultless or source.kind == "mp3":  # an MP3 is known by its frames
            return made, found
        place_s, heard_s = await transcode.damaged_s(source), found.duration_ms / 1000
        if min(place_s, heard_s) < max(stream.told_s or 0, heard_s) - SLIGHT_S:
            found = replace(found, damaged_ms=round(min(place_s, heard_s) * 1000))
        return made, found

    def _taken_up(self, source: Path, first: Callable[[], None] | None) -> Look:
        """As `_looked_at`, of what lies in `incoming/`: it may become the library's as it is, whoever wrote it."""
        look = _looked_at(source, first, sync=True)
        if look.hash is None:
            return look
        return replace(look, known=self._store.look(lambda db: files.known(db, str(look.hash))) is not None)

    def _is_here(self, source: Path) -> bool:
        return os.fspath(source).startswith(self._incoming)

    async def _take(self, source: Path, target: Path | None = None) -> Intake:
        taking, done = await self._thread(_begin, source, target)
        try:
            while not done:
                done = await self._thread(taking.bite)
        finally:
            taking.close()
        return taking

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            # What concerns the source is a DecodeError by now.
            raise faults.of_disk(error) from error


def _touch(file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.touch()


def _looked_at(source: Path, first: Callable[[], None] | None, *, sync: bool = False) -> Look:
    """`sync`: have it on the disk, and hash what is no more than one bite. Raises: DecodeError when it cannot be read;
    OSError when it cannot be synced."""
    if first is not None:
        first()
    named = containers.ending(source.name)
    try:
        file = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise intake.unreadable(error) from error
    try:
        try:
            size, kind = os.fstat(file).st_size, containers.container_in(file)
            ext = named if kind is None else containers.extension(kind, named)
            bare = ext == "mp3" and transcode.available() and containers.lacks_length(file)
            look = Look(size, ext, kind, bare, hindrances.found(file, kind))
            if sync and size < intake.BITE:
                look = replace(look, hash=hashlib.sha256(os.pread(file, size, 0)).hexdigest())
        except OSError as error:
            raise intake.unreadable(error) from error
        if sync:
            os.fsync(file)
        return look
    finally:
        os.close(file)


def _begin(source: Path, target: Path | None) -> tuple[Intake, bool]:
    """The first bite, which for most files is all, in the same hop."""
    taking = Intake(source, target)
    try:
        return taking, taking.bite()
    except BaseException:
        taking.close()
        raise
