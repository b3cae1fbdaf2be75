"""Hands the library out as one file, and takes one in: backup, restore, and single playlists.

What goes out is made by a task of its own, a piece ahead of whoever takes it, since a download lasts for as long as a
client likes: the task holds the snapshot and the librarian's promise to delete nothing, and ends when all is taken, or
nobody takes anything any more. What comes in goes onto the disk as it comes, and counts only when it is whole.
"""

import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import trio
from msgspec import Struct, field
from msgspec.structs import replace

from tomb.errors import Conflict, DecodeError, RequestError, Unavailable, UnsupportedMedia
from tomb.library import faults, files, parts
from tomb.library.archives import archive, backup, playlist_export, restore
from tomb.library.archives.archive import DATABASE, Member
from tomb.library.archives.backup import Counts
from tomb.library.archives.manifest import PlaylistCard, TrackCard
from tomb.library.archives.unpacking import Targets, Unpacked, Unpacking
from tomb.library.arrivals import Arrival
from tomb.library.intake import Staged
from tomb.library.store import Store
from tomb.models import Playlist, iso
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

log = logging.getLogger(__name__)

OUT_AT_ONCE = 4  # each has a copy of the database
STALL_S = 120.0  # without a piece being taken
SLOW_S = 10.0  # likewise: then it gives way to another
CLEAN_S = 0.5  # what is not removed by then, the next start removes


class Outgoing(Struct, frozen=True):
    """An archive on its way out: `length` bytes in all. Closing `pieces` ends it at any time.

    `pieces` that end before that many bytes have come are of an archive that could not be made to its end.
    """

    name: str
    length: int
    pieces: trio.MemoryReceiveChannel[bytes]


class _Sending(Struct, eq=False):
    """An archive of which pieces are being taken, the last of them then. `gone`: nothing is left of it."""

    taken_at: float
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    gone: trio.Event = field(default_factory=trio.Event)


class Archivist:
    """`run` must be running. `restart`: called when a backup waits for the next start to take the library's place.

    `free_kept`: bytes that are left free on the disk.
    """

    def __init__(
        self,
        store: Store,
        ports: Ports,
        librarian: Librarian,
        ingest: Ingest,
        restart: Callable[[], None],
        free_kept: int,
    ) -> None:
        self._store = store
        self._ports = ports
        self._librarian = librarian
        self._ingest = ingest
        self._restart = restart
        self._free_kept = free_kept
        self._threads = trio.CapacityLimiter(2)
        self._nursery: trio.Nursery | None = None
        self._going_out = 0
        self._sending: list[_Sending] = []
        self._restoring = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep what goes out, for ever."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                task_status.started()
                await trio.sleep_forever()
            finally:
                self._nursery = None

    async def backup(self) -> Outgoing:
        """The whole library as it is now, whatever is edited meanwhile.

        Raises: Conflict when too many archives are on their way out; NoSpace, Unavailable.
        """
        return await self._out(self._back_up)

    async def export(self, playlist_id: str) -> Outgoing:
        """One playlist, without the tracks whose sound is missing. Raises: NotFound, and as `backup` does."""
        return await self._out(partial(self._export, playlist_id))

    async def restore(self, pieces: AsyncIterable[bytes], length: int | None, *, even_damaged: bool = False) -> Counts:
        """Let a backup take the place of the library: checked now, swapped in by the restart that follows.

        `length`: bytes, if it is known. `even_damaged`: sound that is not quite what it was is taken too.
        Raises: BadArchive; Conflict when it comes from a newer program, or another one is being restored; NoSpace,
        Unavailable; what `pieces` raise. The library is then as it was.
        """
        if self._restoring:
            raise Conflict("another backup is being restored")
        self._restoring = True
        folder = self._store.folder
        targets = restore.targets(folder, self._free_kept, even_damaged=even_damaged)
        try:
            # What the library has already needs none.
            size = 0 if length is None else max(0, length - await self._librarian.size())
            await self._thread(restore.prepare, folder, targets)
            try:
                async with self._ingest.space.promise(size):
                    unpacked = await self._unpacked(targets, pieces)
                    counts = await self._thread(restore.seal, folder, unpacked)
            except BaseException:
                with trio.move_on_after(CLEAN_S, shield=True):
                    await self._thread(restore.give_up, folder)
                raise
            # Not one checkpoint since it was decided: nobody can be cancelled in between.
            self._restart()
            return counts
        finally:
            self._restoring = False

    async def take(self, pieces: AsyncIterable[bytes], length: int | None) -> Playlist:
        """Make a playlist of an archive that `export` made, somewhere.

        Raises: BadArchive; Conflict when it comes from a newer program; UnsupportedMedia when something in it cannot be
        played; NoSpace, Unavailable; what `pieces` raise. Nothing is then left of it.
        """
        async with self._ingest.incoming() as folder:
            targets = Targets("playlist", folder, folder, self._store.library, self._free_kept)
            await self._thread(targets.prepare)
            async with self._ingest.space.promise(length or 0) as promise:
                unpacked = await self._unpacked(targets, pieces, promise.written)
            described = playlist_export.described(unpacked)
            pictures: dict[str, Staged | None] = {}
            for name in (each for each in (described.cover, *(t.cover for t in described.tracks)) if each):
                if name not in pictures:
                    pictures[name] = await self._picture(name, folder)
            arrivals = await self._arrivals(described, pictures, folder)
            own = pictures[described.cover] if described.cover else None
            return await self._librarian.add_exported(described, arrivals, own)

    # --- out --------------------------------------------------------------------------------------------------------

    async def _out(self, make: Callable[[Path], Awaitable[tuple[str, list[Member]]]]) -> Outgoing:
        if self._nursery is None:
            raise Unavailable("the box is being switched off")
        if self._going_out >= OUT_AT_ONCE:
            await self._make_place()
        outgoing: Outgoing = await self._nursery.start(self._go_out, make)
        return outgoing

    async def _make_place(self) -> None:
        """Whoever reads least gives way, if that is next to nothing: a stalled download keeps nobody's backup back."""
        slowest = min(self._sending, key=lambda each: each.taken_at, default=None)
        if slowest is None or trio.current_time() - slowest.taken_at < SLOW_S:
            raise Conflict("other archives are still being downloaded; try again later", {"limit": OUT_AT_ONCE})
        slowest.scope.cancel()
        await slowest.gone.wait()

    async def _go_out(
        self,
        make: Callable[[Path], Awaitable[tuple[str, list[Member]]]],
        *,
        task_status: trio.TaskStatus[Outgoing],
    ) -> None:
        """Until `started`, whatever is raised goes to whoever asks. From then on he hears nothing but bytes, and this
        task's parent is the service: a disk that fails now, be it while it is tidied up, ends this one archive.
        """
        asked, sending = True, _Sending(trio.current_time())
        try:
            async with self._reading() as folder:
                name, members = await make(folder)
                send, receive = trio.open_memory_channel[bytes](1)
                async with send:
                    asked = False
                    task_status.started(Outgoing(name, archive.length(members), receive))
                    self._sending.append(sending)
                    with sending.scope:
                        await self._send(name, members, send, sending)
        except RequestError as error:
            if asked:
                raise
            log.warning("an archive could not be made to its end: %s", error.message)
        finally:
            if sending in self._sending:
                self._sending.remove(sending)
            sending.gone.set()

    async def _back_up(self, folder: Path) -> tuple[str, list[Member]]:
        created = iso(self._ports.wall())
        target = folder / DATABASE
        await self._store.snapshot(target)
        return f"tomb-{created[:10]}.tar", await self._thread(backup.pack, target, self._store.library, created)

    async def _export(self, playlist_id: str, _: Path) -> tuple[str, list[Member]]:
        described = await self._store.read(lambda db: playlist_export.card(db, playlist_id))
        created = iso(self._ports.wall())
        members = await self._thread(playlist_export.pack, described, self._store.library, created)
        return f"{described.title}.tar", members

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Path]:
        """While nothing is deleted of what is to be read; a folder for what is needed on the way."""
        self._going_out += 1
        try:
            async with self._librarian.pinned(), self._ingest.incoming() as folder:
                yield folder
        finally:
            self._going_out -= 1

    async def _send(
        self, name: str, members: Sequence[Member], send: trio.MemorySendChannel[bytes], sending: _Sending
    ) -> None:
        reading = archive.pieces(members)
        try:
            while piece := await self._thread(next, reading, b""):
                with trio.fail_after(STALL_S):
                    await send.send(piece)
                sending.taken_at = trio.current_time()
        except trio.BrokenResourceError:
            log.info("nobody wants the rest of %s", name)
        except trio.TooSlowError:
            log.warning("%s was given up: nothing of it was taken for %.0f s", name, STALL_S)
        finally:
            reading.close()

    # --- in ---------------------------------------------------------------------------------------------------------

    async def _unpacked(
        self, targets: Targets, pieces: AsyncIterable[bytes], written: Callable[[int], None] = lambda _: None
    ) -> Unpacked:
        unpacking, ready = Unpacking(targets), bytearray()
        try:
            async for piece in pieces:
                ready += piece
                if len(ready) >= archive.PIECE:
                    await self._thread(unpacking.feed, bytes(ready))
                    written(len(ready))
                    ready.clear()
            await self._thread(unpacking.feed, bytes(ready))
            return await self._thread(unpacking.finish)
        finally:
            unpacking.abandon()

    async def _arrivals(
        self, described: PlaylistCard, pictures: Mapping[str, Staged | None], folder: Path
    ) -> list[Arrival]:
        """For each track. Its file and its picture are a stranger's, so the ingest looks at them like at any other."""
        arrivals: list[Arrival] = []
        sounds: dict[str, Arrival] = {}
        for track in described.tracks:
            if track.file in sounds:
                arrival = await self._again(sounds[track.file], folder)
            else:
                arrival = sounds[track.file] = await self._sound(track, folder / "files")
            cover = pictures[track.cover] if track.cover else None
            # A thousand chapters take a while.
            arrivals.append(await self._thread(playlist_export.relabelled, track, replace(arrival, cover=cover)))
        return arrivals

    async def _sound(self, track: TrackCard, folder: Path) -> Arrival:
        try:
            return await self._ingest.stage(folder / track.file, folder, track.filename or track.file)
        except DecodeError as error:
            raise UnsupportedMedia(f"{track.title}: {error}; nothing was taken in") from error

    async def _again(self, first: Arrival, folder: Path) -> Arrival:
        """The same content once more: each track brings its own file, of which the library keeps one."""
        if first.sound is None:
            return first
        path = folder / "files" / f"{self._ports.new_id()}.{first.sound.ext}"
        await self._thread(parts.lend, first.sound.path, path)
        return replace(first, sound=replace(first.sound, path=path))

    async def _picture(self, name: str, folder: Path) -> Staged | None:
        path = folder / "covers" / name
        if await self._store.read(lambda db: files.has_cover(db, path.stem)):
            return Staged(path, path.stem, path.suffix[1:], 0)
        alone = folder / path.stem
        await self._thread(alone.mkdir)
        await self._thread(path.replace, alone / f"cover{path.suffix}")
        return await self._ingest.picture(alone, folder / "files")

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            raise faults.of_disk(error) from error
