"""Files that a browser sends in pieces: announced, received in any order, and made a track all at once.

A chunk that was answered is in the file, and on the disk `SYNC_S` or `SYNC_BYTES` later: its bytes first and then its
bit in the database, for all that came meanwhile by one fsync of each file and one transaction. Until then the memory of
the box knows of it, and a sum beside the library (`marks`): so a session goes on where it was also after `kill -9`, and
a power cut costs it what came in that last moment. `GET` says what is there, whatever happened.

All that are open are in memory. Announcing one waits for no disk, but for the space of a file that comes in several
chunks: the database learns of it with the next sync, with its track or with its end, whichever is first. With its first
chunk it is noted beside that chunk's sum. So a kill, or the power, takes of what was announced in the last moment only
what had no chunk yet, and that is announced again.

What an upload may become is decided by tomb/machines/upload.py, in the transaction that makes it so. Chunks of one
upload, and the work on it, take turns; bodies arrive in parallel.

How long nobody has continued an upload is measured on the monotonic clock. The wall clock of a Pi says 1970 until the
network has told it better, and by that jump each upload was 56 years old and gone. While the box runs, ages are kept in
memory, at no cost to the card. Across a restart only the wall clock can tell, and may be wrong before or after; so an
upload is at its start as old as the clock says, but never so old that it has not `GRACE_S` of running time left in
which whoever sends it can come back. Nothing is ever forgotten at a start.
"""

import errno
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeVar, TypeVarTuple
from weakref import WeakValueDictionary

import trio
from msgspec import Struct
from msgspec.structs import replace

from tomb.errors import (
    BadRequest,
    Conflict,
    DecodeError,
    NoSpace,
    NotFound,
    PayloadTooLarge,
    RequestError,
    StartError,
    Unavailable,
    UnsupportedMedia,
)
from tomb.events import PLAYLISTS, Events, playlist_room
from tomb.library import containers, faults, files, hindrances, marks, parts, transcode, uploads
from tomb.library.arrivals import Arrival, Arrived
from tomb.library.parts import Pieces
from tomb.library.store import Store
from tomb.library.uploads import Upload
from tomb.machines.table import Outcome
from tomb.machines.upload import (
    OPEN,
    UPLOAD,
    Abandon,
    ChunkStored,
    Committed,
    DiscardPart,
    Finalize,
    Interrupted,
    StopWork,
    Transfer,
    Unplayable,
)
from tomb.models import Track, UploadState
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.memory_budget import MemoryBudget
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SYNC_S = 0.25  # for so long at most a chunk that was answered is not on the disk,
SYNC_BYTES = 16 * 1024 * 1024  # and never more than so many bytes of them:
SYNC_EARLY_BYTES = SYNC_BYTES // 4  # when there are so many they go there, so that hardly anybody waits for it
SWEEP_S = 3600.0
GRACE_S = SWEEP_S
GIVES_WAY_S = 600.0  # one that nobody has continued for so long goes where there are too many for another
NO_ENDING = "any"  # what stands for it in the table; the content decides
CLEAN_S = 0.5  # what is not removed by then, the next sweep removes
PROGRESS_S = 0.1  # between two events of progress of one upload


class UploadLimits(Struct, frozen=True):
    """Bytes: `memory` for chunks on their way. `stale_s`: when nobody continues an upload."""

    file_size: int
    at_once: int
    stale_s: float
    memory: int = 16 * 1024 * 1024


class NewUpload(Struct, frozen=True):
    """A file that is announced. Sizes in bytes; `file_hash`: SHA-256 in hex."""

    filename: str
    file_size: int
    chunk_size: int
    file_hash: str | None = None


class MetadataOverride(Struct, frozen=True):
    """What the client wants the track to be called; None: as the file has it."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None


class ForgottenUpload(Struct, frozen=True):
    """`idle_s`: for how long nobody had continued it."""

    upload: Upload
    idle_s: float


class Cleaned(Struct, frozen=True):
    """What a cleanup removed: sessions, the number of their files, and bytes."""

    sessions: Sequence[ForgottenUpload]
    files: int
    freed: int


class Uploaded(Struct, frozen=True):
    """What became of an upload. `unshown`: why the picture that came in it is none that can be shown; "" where there is
    nothing to say, or nobody knows any more."""

    track: Track
    unshown: str = ""


class _Work(Struct):
    """An upload is being made a track, until `scope` is left. `is_track`: it is one by now, and its own file goes."""

    transfer: Transfer
    scope: trio.CancelScope
    is_track: bool = False


class Uploads:
    """Made by `Uploads.open`. All methods that name a session raise NotFound when the playlist has none such."""

    def __init__(
        self,
        store: Store,
        ports: Ports,
        events: Events,
        librarian: Librarian,
        ingest: Ingest,
        limits: UploadLimits,
    ) -> None:
        self._store = store
        self._ports = ports
        self._events = _UploadEvents(events)
        self._librarian = librarian
        self._ingest = ingest
        self.limits = limits
        self.memory = MemoryBudget(limits.memory)
        self._threads = trio.CapacityLimiter(2)
        self._sweeping = False
        self._known: dict[str, Upload] = {}  # all that are open, with all chunks that are in their files
        self._opening: set[str] = set()  # those whose space is just being taken
        self._unsynced = _Unsynced()
        self._syncing = trio.Lock()
        self._round = 0  # of `marks`
        self._noted = False  # whether there is anything in the last rounds
        self._marking: list[int] = []  # the rounds of chunks that are just being written
        self._turns: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()
        self._working: dict[str, _Work] = {}
        self._continued: dict[str, float] = {}  # when somebody last did, on the monotonic clock
        # At once: a playlist that comes back out of the bin comes without them.
        events.subscribe(lambda _: self._forget_orphans(), ("state:playlist_deleted",))

    @classmethod
    async def open(
        cls,
        store: Store,
        ports: Ports,
        events: Events,
        librarian: Librarian,
        ingest: Ingest,
        limits: UploadLimits,
    ) -> Self:
        """Go on with what was under way. Raises: StartError."""
        opened = cls(store, ports, events, librarian, ingest, limits)
        try:
            noted = await opened._thread(marks.read, store.folder)
            await opened._recall_open()
            await opened._thread(parts.prepare, store.library)
            await opened._recall_announced(noted.announced)
            await opened._recall_ages()
            await opened._end_lost()
            await opened._recall_chunks(noted)
            await opened.cleanup(limits.stale_s)  # files of no session; what is old has its grace
        except (NoSpace, Unavailable) as error:
            if store.read_only:  # then nothing can be uploaded, and what was under way stays as it is
                return opened
            raise StartError(f"the folder {store.library} cannot be used: {error.message}") from error
        return opened

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """See to it that what comes is on the disk soon, and forget every hour what nobody continued, for ever. Raises:
        NoSpace, Unavailable; started again, it is up once that could be done."""
        await self.sync()
        if self._sweeping:
            await self.cleanup(self.limits.stale_s)
        self._sweeping = True
        task_status.started()
        try:
            while True:
                with trio.move_on_after(SWEEP_S):
                    await self._keep_synced()
                await self.cleanup(self.limits.stale_s)
        finally:
            # An end that was asked for forgets nobody; without chunks there is nothing else to find them by.
            with trio.move_on_after(CLEAN_S, shield=True), suppress(NoSpace, Unavailable):
                async with self._syncing:
                    await self._write_down(self._unsynced.announced, {})

    # --- what clients do ---------------------------------------------------------------------------------------------

    async def begin(self, playlist_id: str, new: NewUpload) -> Upload:
        """Open a session.

        Raises: NotFound for the playlist, PayloadTooLarge, UnsupportedMedia, NoSpace; Conflict when too many are open;
        Unavailable when the box has no converter for the type.
        """
        self._librarian.lite(playlist_id)
        upload = self._admitted(playlist_id, new)
        self._forget_orphans()
        while len(self._known) >= self.limits.at_once:
            await self._make_way()
        # From here on it is one of those that are open, and a sweep spares its file.
        self._known[upload.id] = upload
        self._continued[upload.id] = trio.current_time()
        self._opening.add(upload.id)
        try:
            if self._store.refusal is not None:
                raise Unavailable(self._store.refusal)
            path = self._part(upload.id)
            async with self._ingest.space.promise(upload.file_size, path):
                if not upload.single_chunk:
                    await self._thread(parts.allocate, path, upload.file_size)
            if upload.id not in self._known:
                await self._discard(path)
                raise NotFound("playlist", playlist_id)  # it was deleted meanwhile
        except BaseException:
            self._drop(upload.id)
            raise
        finally:
            self._opening.remove(upload.id)
        self._unsynced.announce(upload)
        return upload

    def _forget_orphans(self) -> None:
        """Those that went with their playlist."""
        for upload in [*self._known.values()]:
            if not self._librarian.has(upload.playlist_id):
                self._drop(upload.id)
                self._unsynced.orphan(upload.id)

    async def _make_way(self) -> None:
        """Give up one that somebody has announced and left: eight of these would lock out all others for a day. Raises:
        Conflict when there is none."""
        longest = max((each for each in self._known if each not in self._turns), key=self.idle_s, default=None)
        if longest is None or self.idle_s(longest) < GIVES_WAY_S:
            at_once = self.limits.at_once
            raise Conflict(f"{at_once} uploads are under way; finish or cancel one of them first", {"limit": at_once})
        try:
            await self._change(longest, Abandon("others wanted to send something"))
        except NotFound:
            self._drop(longest)  # it went with its playlist
        await self._discard(self._part(longest))

    async def size_of(self, playlist_id: str, session_id: str, index: int) -> int:
        """The bytes of a chunk that may come now, before any are taken. Raises as `receive` does."""
        upload = await self._of(playlist_id, session_id)
        uploads.check_open(upload)
        uploads.check_index(upload, index)
        return upload.size_of(index)

    async def receive(self, playlist_id: str, session_id: str, index: int, data: Pieces) -> Upload:
        """Take a chunk, counted from 0; one that is there already may come again.

        Raises: BadRequest for a wrong index or size, or when the session is over; NoSpace.
        """
        async with self._turn(session_id):
            upload = await self._of(playlist_id, session_id)
            uploads.check_open(upload)
            uploads.check_chunk(upload, index, _size(data))
            path, offset = self._part(session_id), index * upload.chunk_size
            if not (upload.has(index) and await self._thread(parts.holds, path, offset, data)):
                upload = await self._write(upload, index, data)
            self._continued[session_id] = trio.current_time()
            self._events.progressed(upload, index)
            return upload

    async def finalize(
        self, playlist_id: str, session_id: str, file_hash: str | None, override: MetadataOverride
    ) -> Uploaded:
        """Make a track of the file; once it is one, the answer is always that track.

        Raises: BadRequest when chunks are missing or the hash is another, with the session as usable as before, and
        when it is cancelled meanwhile; UnsupportedMedia, and the session is over, when it cannot be played; NoSpace.
        """
        async with self._turn(session_id):
            upload = await self._of(playlist_id, session_id)
            if upload.track_id is not None:
                return Uploaded((await self._librarian.track(upload.track_id)).track)
            decision = _decided(upload, Finalize(upload.complete))
            if not decision.moved:
                uploads.check_complete(upload)
            hashes = {each for each in (file_hash, upload.file_hash) if each is not None}
            try:
                return await self._process(upload, decision.transfer, hashes, override)
            except RequestError as error:
                self._events.failed(upload, error)
                raise

    async def cancel(self, session_id: str) -> Upload:
        """End a session, also while it is being made a track; its file is gone. One that has ended stays as it is.

        Raises: BadRequest when it is a track already.
        """
        # It waits for no turn: the row decides, at once, and whoever has the turn will find that it did.
        decision = await self._change(session_id, Abandon())
        if decision.upload.status == "completed":
            raise BadRequest("the upload is complete; delete the track instead", {"track_id": decision.upload.track_id})
        if DiscardPart() in decision.transfer.effects:
            async with self._turn(session_id):  # nobody writes into the file any more
                await self._discard(self._part(session_id))
        return decision.upload

    async def status(self, playlist_id: str, session_id: str) -> Upload:
        return self._as_it_is(await self._of(playlist_id, session_id))

    async def sessions(self) -> list[Upload]:
        """All that are remembered, in order of their making."""
        announced = [each for each in self._unsynced.announced.values() if self._librarian.has(each.playlist_id)]
        remembered = {each.id: each for each in (*announced, *await self._store.read(uploads.read_all))}
        in_order = sorted(remembered.values(), key=lambda each: (each.created, each.id))
        return [self._as_it_is(upload) for upload in in_order]

    def idle_s(self, session_id: str) -> float:
        """For how many seconds nobody has continued it."""
        return trio.current_time() - self._continued.get(session_id, trio.current_time())

    async def cleanup(self, max_age_s: float) -> Cleaned:
        """Forget sessions that nobody has continued for so long, and files that belong to none."""
        # Nobody is about to write down one that is forgotten, and no other cleanup counts its file.
        async with self._syncing:
            gone = await self._forget_idle(max_age_s, busy=set(self._turns))
            written = self._known.keys() - self._unsynced.announced.keys() - self._opening
            remembered = {each.id: each for each in await self._store.read(uploads.read_all)}
            for session_id in written:
                if session_id not in remembered or remembered[session_id].status not in OPEN:
                    self._drop(session_id)  # it went with its playlist
            self._forget_orphans()
            files, freed = await self._sweep()
        open_ = self._known.keys()
        self._continued = {each: at for each, at in self._continued.items() if each in remembered or each in open_}
        self._events.forget_all_but(open_)
        return Cleaned(gone, files, freed)

    async def _sweep(self) -> tuple[int, int]:
        """Files of no session, by now: what is announced later has its file later."""
        found = await self._thread(parts.all_in, self._store.library)
        wanted = {self._part(each) for each in self._known}
        return await self._thread(parts.discard, [path for path in found if path not in wanted])

    # --- chunks ------------------------------------------------------------------------------------------------------

    async def _write(self, upload: Upload, index: int, data: Pieces) -> Upload:
        if upload.has(index):
            await self._take_back(upload, index)
        while self._unsynced.size and self._unsynced.size + _size(data) > SYNC_BYTES:
            await self.sync()
        round_ = self._round
        self._noted = True
        self._marking.append(round_)
        try:
            # What comes in several has its space by now.
            async with self._ingest.space.promise(_size(data) if upload.single_chunk else 0, self._part(upload.id)):
                await self._thread(self._put, round_, upload, index, data, self._unsynced.announced.get(upload.id))
            if upload.id not in self._known:
                await self._check_open(upload.id)
            return self._note(upload, (index,))
        except Unavailable:
            await self._check_open(upload.id)
            raise
        finally:
            self._marking.remove(round_)

    async def _check_open(self, session_id: str) -> None:
        """Raises: BadRequest, NotFound. What ends a session takes its file away, and that is what happened."""
        try:
            if (announced := self._unsynced.announced.get(session_id)) is not None:
                self._librarian.lite(announced.playlist_id)
            else:
                uploads.check_open(await self._store.read(lambda db: uploads.get(db, session_id)))
        except (BadRequest, NotFound, UnsupportedMedia):
            self._drop(session_id)
            raise

    async def _is_open(self, session_id: str) -> bool:
        """Not one that was cancelled, or went with its playlist."""
        try:
            await self._check_open(session_id)
        except (BadRequest, NotFound, UnsupportedMedia):
            return False
        return True

    def _put(self, round_: int, upload: Upload, index: int, data: Pieces, announced: Upload | None) -> None:
        """In a thread."""
        parts.write(self._part(upload.id), index * upload.chunk_size, data, create=upload.single_chunk)
        # Its own room was taken at the start. Where there is none for its sum, it is there all the same, and only a
        # box that is killed before it is synced has to ask for it again.
        with suppress(NoSpace), faults.translated("written"):
            marks.note(self._store.folder, round_, upload.id, index, data, announced)

    def _note(self, upload: Upload, indices: Collection[int]) -> Upload:
        """These are in its file now."""
        decision = _decided(self._known.get(upload.id, upload), ChunkStored())
        noted = replace(decision.upload.with_chunks(indices), updated=self._ports.wall())
        self._known[upload.id] = noted
        self._unsynced.add(noted, indices)
        return noted

    async def _take_back(self, upload: Upload, index: int) -> None:
        """Other content than before: from the first byte of it until the last, the chunk is not there. (Whether half of
        it is, after a kill, its sum tells.)"""
        async with self._syncing:  # nobody is about to write down that it is there
            await self._thread(marks.take_back, self._store.folder, self._round, upload.id, (index,))
            if index in self._unsynced.of(upload.id):
                self._unsynced.remove(upload, (index,))
            else:
                now = self._ports.wall()
                await self._store.write(lambda db: _mark(db, upload.id, (index,), now, there=False))
            if (known := self._known.get(upload.id)) is not None:  # else it ended meanwhile, and stays so
                self._known[upload.id] = known.with_chunk(index, there=False)

    # --- onto the disk -----------------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """What was answered is on the disk then, and the database knows it. Raises: NoSpace, Unavailable; after that
        `GET` says what is there, as ever."""
        async with self._syncing:
            fresh, announced = self._unsynced.all(), {**self._unsynced.announced}
            orphans = {*self._unsynced.orphans}
            if not fresh and not announced and not orphans and not self._noted:
                return
            self._round += 1
            self._noted = bool(self._marking)
            noted_before = min(self._marking, default=self._round)  # is in `fresh`, or on the disk already, or over
            for session_id, indices in fresh.items():
                await self._put_on_disk(session_id, indices)
            if fresh or announced:
                await self._write_down(announced, fresh)
            if orphans:
                await self._discard(*map(self._part, orphans))
                self._unsynced.removed(orphans)
            with suppress(RequestError):  # what stays is read at the next start, and believed no more than the file
                await self._thread(marks.forget, self._store.folder, noted_before)

    async def _write_down(self, announced: Mapping[str, Upload], fresh: Mapping[str, Collection[int]]) -> None:
        now = self._ports.wall()
        # What has ended since needs no row; what is announced meanwhile is for the next time.
        announced = {each: upload for each, upload in announced.items() if each in self._known}
        over = await self._store.write(
            lambda db: [
                each
                for each in {**announced, **fresh}
                if not _mark(db, each, fresh.get(each, ()), now, announced=announced.get(each))
            ]
        )
        self._unsynced.written_down(announced)
        for session_id in over:
            self._drop(session_id)
        if over:
            await self._discard(*map(self._part, over))
        for session_id in fresh.keys() & self._known.keys():
            self._unsynced.remove(self._known[session_id], fresh[session_id])

    async def _keep_synced(self) -> None:
        while True:
            await self._unsynced.some.wait()
            with trio.move_on_after(SYNC_S):
                await self._unsynced.many.wait()
            await self.sync()

    async def _put_on_disk(self, session_id: str, indices: Collection[int]) -> None:
        try:
            await self._ports.in_thread(self._sync_chunks, session_id, indices)
        except RequestError:
            if (work := self._working.get(session_id)) is not None and work.is_track:
                return  # it is on the disk as one
            # What the kernel could not write it has given up, and says so once only: the next fsync would succeed.
            if (known := self._known.get(session_id)) is not None:
                self._known[session_id] = known.with_chunks(indices, there=False)
                self._unsynced.remove(known, indices)
            if await self._is_open(session_id):
                raise

    def _sync_chunks(self, session_id: str, indices: Collection[int]) -> None:
        """In a thread."""
        try:
            parts.put_on_disk(self._part(session_id))
        except RequestError:
            with suppress(OSError):
                marks.take_back(self._store.folder, self._round, session_id, indices)
            raise

    def _drop(self, session_id: str) -> None:
        """It is over."""
        self._unsynced.written_down((session_id,))
        if (known := self._known.pop(session_id, None)) is not None:
            self._unsynced.remove(known, self._unsynced.of(session_id))

    async def _recall_open(self) -> None:
        self._known = {upload.id: upload for upload in await self._store.read(uploads.read_open)}

    async def _recall_announced(self, announced: Mapping[str, Upload]) -> None:
        """Those that had chunks, though the database does not know them."""
        remembered = {upload.id for upload in await self._store.read(uploads.read_all)}
        found = await self._thread(parts.all_in, self._store.library)
        new = [each for each in announced.values() if each.id not in remembered and self._part(each.id) in found]
        if new:
            await self._store.write_to_free(lambda db: [_mark(db, each.id, (), each.updated, each) for each in new])
            await self._recall_open()

    async def _recall_chunks(self, noted: marks.Noted) -> None:
        """Those that were answered, and are in the files though the database does not know them."""
        self._round, self._noted = noted.round, True
        for upload in [*self._known.values()]:
            if there := await self._thread(marks.found, noted, self._store.library, upload):
                self._note(upload, there)
        with suppress(NoSpace, Unavailable):  # `run` tries again with what is not given up
            await self.sync()

    # --- what becomes of it ------------------------------------------------------------------------------------------

    async def _process(
        self, upload: Upload, transfer: Transfer, hashes: Collection[str], override: MetadataOverride
    ) -> Uploaded:
        """From the last chunk to the track.

        What may interrupt this, and what is left then. Up to the commit anything may: a client that hangs up, a cancel,
        the end of the box. The work is done on a second name for the bytes, in `incoming/`, which goes whatever
        happens; the row still says `uploading`, so the client may finalize again. The commit itself is
        one transaction, of the track, its file's name and the row, in a thread that nobody interrupts: it is done or it
        is not, and what is not needed any more is removed right after it. What it became is told in the order of the
        commits, whoever wrote it; whoever finalized it hears so, though a cancel came in that very moment.
        """
        place = self._ingest.place()
        source = place.with_suffix(f".{upload.ext}")

        def tidy() -> None:
            work.is_track = True
            with suppress(OSError):  # the next sweep removes it
                self._part(upload.id).unlink(missing_ok=True)
                # Also where the file itself is taken, something may have been made of it in vain.
                if arrival.sound is None or arrival.sound.path != source or place.exists():
                    _remove((source, place))

        with trio.CancelScope() as scope:
            work = self._working[upload.id] = _Work(transfer, scope)
            try:
                arrival = await self._staged(upload, source, place, hashes)
                track = await self._commit(upload, work, _overridden(arrival, override), tidy)
                return Uploaded(track, arrival.unshown)
            except DecodeError as error:
                await self._change(upload.id, Unplayable(str(error)))
                raise UnsupportedMedia(f"the file cannot be played: {error}") from error
            finally:
                del self._working[upload.id]
                # After an end this means nothing; else it is what the row has said all along.
                UPLOAD.fire(work.transfer, Interrupted())
                if not work.is_track:
                    part = (self._part(upload.id),) if DiscardPart() in work.transfer.effects else ()
                    await self._discard(source, place, *part)
        raise BadRequest("this upload was cancelled", {"session_id": upload.id})

    async def _staged(self, upload: Upload, source: Path, place: Path, hashes: Collection[str]) -> Arrival:
        """Raises: BadRequest when the file has another hash; DecodeError when it cannot be played; NoSpace."""
        fresh = self._unsynced.of(upload.id)
        try:
            # Not among the threads that write chunks: where the file system has no second names, this is a copy.
            look = await self._ingest.look(source, partial(parts.lend, self._part(upload.id), source))
            actual = look.hash or await self._ingest.digest(source)
        except DecodeError as error:
            raise Unavailable(f"what arrived {error}") from error  # our own disk fails; the file is not to blame
        except Unavailable as error:
            await self._check_open(upload.id)
            # What an fsync could not write it says once only: the next one would find nothing wrong.
            if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EIO:
                for index in fresh:
                    await self._take_back(upload, index)
            raise
        if hashes and set(hashes) != {actual}:
            details = {"expected": sorted(hashes), "actual": actual}
            raise BadRequest("what arrived has another file_hash; send the chunks that differ again", details)
        return await self._ingest.stage(source, place, upload.filename, replace(look, hash=actual))

    async def _commit(self, upload: Upload, work: _Work, arrival: Arrival, then: Callable[[], None]) -> Track:
        now, announced = self._ports.wall(), self._unsynced.announced.get(upload.id)

        def complete(db: sqlite3.Connection, arrived: Arrived) -> _Decision:
            stored = _stored(db, upload.id, announced)
            decision = _decided(stored, Committed(arrived.added[0].id), working=True)
            if not decision.moved:
                details = {"session_id": upload.id, "status": decision.upload.status}
                raise BadRequest("the upload ended meanwhile", details)
            uploads.put(db, replace(decision.upload, received=upload.received, updated=now))
            return decision

        def tell(arrived: Arrived, decision: _Decision) -> Track:
            work.transfer = decision.transfer
            self._drop(upload.id)
            [track] = [track for track in arrived.playlist.tracks if track.id == arrived.added[0].id]
            self._events.completed(upload, track)
            return track

        return await self._librarian.add_with(upload.playlist_id, [arrival], complete, tell, then)

    async def _change(self, session_id: str, event: Unplayable | Abandon) -> "_Decision":
        """Let that happen to the session, if it still can."""
        working, now = session_id in self._working, self._ports.wall()
        known, announced = self._known.get(session_id), self._unsynced.announced.get(session_id)

        def unit(db: sqlite3.Connection) -> _Decision:
            stored = _stored(db, session_id, announced)
            decision = _decided(known if known and stored.status in OPEN else stored, event, working=working)
            if decision.moved:
                uploads.put(db, replace(decision.upload, updated=now))
            return decision

        decision = await self._store.write_to_free(unit)
        if decision.moved:
            self._drop(session_id)
            self._events.forget(session_id)
            if (work := self._working.get(session_id)) is not None:
                work.transfer = decision.transfer
                if StopWork() in decision.transfer.effects:
                    work.scope.cancel()
        return decision

    def _as_it_is(self, upload: Upload) -> Upload:
        """`upload`: as the database has it."""
        if upload.status not in OPEN:
            return upload
        upload, work = self._known.get(upload.id, upload), self._working.get(upload.id)
        return upload if work is None else replace(upload, status=work.transfer.state)

    # --- ages --------------------------------------------------------------------------------------------------------

    async def _recall_ages(self) -> None:
        now, wall = trio.current_time(), self._ports.wall()
        oldest = max(self.limits.stale_s - GRACE_S, 0.0)
        for upload in await self._store.read(uploads.read_all):
            self._continued[upload.id] = now - min(max(wall - upload.updated, 0.0), oldest)

    async def _forget_idle(self, max_age_s: float, busy: Collection[str]) -> list[ForgottenUpload]:
        idle = {each: self.idle_s(each) for each in self._continued if each not in busy}
        old = [each for each, idle_s in idle.items() if idle_s >= max_age_s]
        if not old:
            return []  # nothing is written for nothing: cards wear by writing
        gone = await self._store.write_to_free(lambda db: uploads.forget(db, old))
        gone += [each for each in self._unsynced.announced.values() if each.id in old]
        for upload in gone:
            self._drop(upload.id)
        return [ForgottenUpload(upload, idle[upload.id]) for upload in gone]

    async def _end_lost(self) -> None:
        """Somebody has tidied up in the folder: what has no file any more must be sent anew."""
        for session_id in await self._thread(parts.lost, self._store.library, [*self._known.values()]):
            await self._change(session_id, Abandon("its file is gone"))

    # --- the order of things -----------------------------------------------------------------------------------------

    async def _of(self, playlist_id: str, session_id: str) -> Upload:
        self._librarian.lite(playlist_id)
        known = self._known.get(session_id)
        return known if known and known.playlist_id == playlist_id else await self._stored(playlist_id, session_id)

    async def _stored(self, playlist_id: str, session_id: str) -> Upload:
        self._librarian.lite(playlist_id)
        upload = await self._store.read(lambda db: uploads.get(db, session_id))
        if upload.playlist_id != playlist_id:
            raise NotFound("upload session", session_id)
        return upload

    def _admitted(self, playlist_id: str, new: NewUpload) -> Upload:
        """What is announced, before a byte of it is sent. Raises: UnsupportedMedia, PayloadTooLarge, Unavailable."""
        ext = containers.ending(new.filename) or NO_ENDING
        if ext != NO_ENDING and ext not in containers.TYPES:
            why = hindrances.LOCKED if ext in hindrances.LOCKED_ENDINGS else containers.NO_TYPE
            raise UnsupportedMedia(why, {"types": sorted(containers.TYPES)})
        if new.file_size > self.limits.file_size:
            raise PayloadTooLarge("the file is too large", {"limit": self.limits.file_size})
        if ext in containers.TRANSCODED and not transcode.available():
            raise Unavailable(f"{ext} files need ffmpeg, which is not installed")
        now = self._ports.wall()
        return Upload(
            id=self._ports.new_id(),
            playlist_id=playlist_id,
            filename=new.filename,
            ext=ext,
            file_size=new.file_size,
            chunk_size=new.chunk_size,
            file_hash=new.file_hash,
            created=now,
            updated=now,
        )

    def _turn(self, session_id: str) -> trio.Lock:
        """Whoever holds it has the turn; it is remembered for as long as somebody has it or waits for it."""
        return self._turns.setdefault(session_id, trio.Lock())

    async def _discard(self, *paths: Path) -> None:
        with trio.move_on_after(CLEAN_S, shield=True):
            await self._thread(_remove, paths)

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            raise faults.of_disk(error) from error

    def _part(self, session_id: str) -> Path:
        return parts.path_of(self._store.library, session_id)


class _Unsynced:
    """What the database lacks: uploads that were announced, as they were then, and chunks that are in their files and
    not on the disk yet. `size`: of these, in bytes. `orphans`: went with their playlist, and their files are to go.
    `some`, `many`: set when there are."""

    def __init__(self) -> None:
        self.announced: dict[str, Upload] = {}
        self.orphans: set[str] = set()
        self.size = 0
        self.some, self.many = trio.Event(), trio.Event()
        self._indices: dict[str, set[int]] = {}

    def announce(self, upload: Upload) -> None:
        self.announced[upload.id] = upload
        self.some.set()

    def written_down(self, session_ids: Iterable[str]) -> None:
        """Those that were announced, or that nobody need write down any more."""
        for session_id in [*session_ids]:
            self.announced.pop(session_id, None)
        self._settle()

    def orphan(self, session_id: str) -> None:
        self.orphans.add(session_id)
        self.some.set()

    def removed(self, orphans: Collection[str]) -> None:
        self.orphans.difference_update(orphans)
        self._settle()

    def all(self) -> dict[str, frozenset[int]]:
        return {session_id: frozenset(indices) for session_id, indices in self._indices.items()}

    def of(self, session_id: str) -> frozenset[int]:
        return frozenset(self._indices.get(session_id, ()))

    def add(self, upload: Upload, indices: Collection[int]) -> None:
        there = self._indices.setdefault(upload.id, set())
        for index in indices:
            self.size += 0 if index in there else upload.size_of(index)
            there.add(index)
        self.some.set()
        if self.size >= SYNC_EARLY_BYTES:
            self.many.set()

    def remove(self, upload: Upload, indices: Collection[int]) -> None:
        there = self._indices.get(upload.id, set())
        self.size -= sum(upload.size_of(index) for index in there.intersection(indices))
        there.difference_update(indices)
        if not there:
            self._indices.pop(upload.id, None)
        # Only one that is set is over: somebody waits for the other.
        if self.size < SYNC_EARLY_BYTES and self.many.is_set():
            self.many = trio.Event()
        self._settle()

    def _settle(self) -> None:
        if not (self._indices or self.announced or self.orphans) and self.some.is_set():
            self.some = trio.Event()


class _Decision(Struct, frozen=True):
    """What the table has said: the row as it is to be then, and whether anything has moved at all."""

    upload: Upload
    transfer: Transfer
    moved: bool


def _decided(
    upload: Upload, event: ChunkStored | Finalize | Committed | Unplayable | Abandon, *, working: bool = False
) -> _Decision:
    """`working`: somebody is making a track of it, which its row does not say."""
    state: UploadState = "processing" if working and upload.status in OPEN else upload.status
    transfer = Transfer(state, upload.error, upload.track_id)
    moved = UPLOAD.fire(transfer, event) is Outcome.MOVED
    return _Decision(
        replace(upload, status=transfer.state, error=transfer.error, track_id=transfer.track_id), transfer, moved
    )


class _UploadEvents:
    """What is published while files arrive (wire.md, section 5). Nothing here is numbered or kept.

    Everything is synchronous, so that what was committed is published even if whoever asked for it is cancelled.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._progress_at: dict[str, float] = {}

    def progressed(self, upload: Upload, index: int) -> None:
        """The first and the last always; between them no more often than anybody can see."""
        now = trio.current_time()
        if now - self._progress_at.get(upload.id, -PROGRESS_S) < PROGRESS_S and not upload.complete:
            return
        self._progress_at[upload.id] = now
        progress = {"chunk_index": index, "progress": upload.progress, "complete": upload.complete}
        self._publish(
            "upload:progress", upload, {**progress, "filename": upload.filename, "file_name": upload.filename}
        )

    def completed(self, upload: Upload, track: Track) -> None:
        self._publish("upload:complete", upload, {"filename": upload.filename, "track": track})
        self.forget(upload.id)

    def failed(self, upload: Upload, error: RequestError) -> None:
        """It did not become a track, or not yet: the session's status says which."""
        self._publish("upload:error", upload, {"error": error.message, "code": error.error_type})

    def forget(self, session_id: str) -> None:
        """There will be no more progress of it."""
        self._progress_at.pop(session_id, None)

    def forget_all_but(self, session_ids: Iterable[str]) -> None:
        self._progress_at = {each: self._progress_at[each] for each in session_ids if each in self._progress_at}

    def _publish(self, event_type: str, upload: Upload, data: Mapping[str, object]) -> None:
        named = {"playlist_id": upload.playlist_id, "session_id": upload.id, **data}
        self._events.tell(event_type, {PLAYLISTS, playlist_room(upload.playlist_id)}, named)


def _overridden(arrival: Arrival, override: MetadataOverride) -> Arrival:
    own = arrival.labels
    title, artist, album = override.title or own.title, override.artist or own.artist, override.album or own.album
    return replace(arrival, labels=own.but(title=title, artist=artist, album=album))


def _stored(db: sqlite3.Connection, session_id: str, announced: Upload | None) -> Upload:
    """Part of a unit of work. Raises: NotFound, which an upload is not that was only announced yet."""
    stored = uploads.find(db, session_id) or announced
    if stored is None:
        raise NotFound("upload session", session_id)
    return stored


def _mark(
    db: sqlite3.Connection,
    session_id: str,
    indices: Collection[int],
    now: float,
    announced: Upload | None = None,
    *,
    there: bool = True,
) -> bool:
    """Part of a unit of work: the session is written down, and these chunks are on the disk, or not any more. False
    where it is over."""
    try:
        stored = _stored(db, session_id, announced)
        if not indices:
            if stored is announced:
                uploads.put(db, stored)
            return stored.status in OPEN
        decision = _decided(stored, ChunkStored())
        if decision.moved:
            uploads.put(db, replace(decision.upload.with_chunks(indices, there=there), updated=now))
        return decision.moved
    except NotFound:
        return False


def _size(data: Pieces) -> int:
    return sum(map(len, data))


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        files.remove(path)
