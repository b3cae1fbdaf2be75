"""Files that a browser sends in pieces: announced, received in any order, and made a track all at once.

A chunk that was answered is on the disk, its bytes first and then its bit in the database, so a session goes on after
any interruption where it was. What is done to one session is done by one at a time; bodies arrive in parallel.
"""

import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar, TypeVarTuple
from weakref import WeakValueDictionary

import trio

from tomb.errors import (
    BadRequest,
    DecodeError,
    NoSpace,
    NotFound,
    RequestError,
    StartError,
    Unavailable,
    UnsupportedMedia,
)
from tomb.events import Events
from tomb.library import faults, parts, uploads
from tomb.library.store import Store
from tomb.library.uploads import Upload
from tomb.models import Track
from tomb.nurseries.finishing import Finishing, Said
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.memory_budget import MemoryBudget
from tomb.nurseries.upload_news import UploadNews
from tomb.nurseries.upload_policy import Announced, UploadLimits, admitted
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
CLEAN_S = 0.5  # what is not removed by then, the next sweep removes


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleanup removed: sessions, the number of their files, and bytes."""

    sessions: Sequence[Upload]
    files: int
    freed: int


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
        self._news = UploadNews(events)
        self._librarian = librarian
        self._finishing = Finishing(ports, librarian, ingest, self._news)
        self.limits = limits
        self.memory = MemoryBudget(limits.memory)
        self._threads = trio.CapacityLimiter(2)
        self._opening = trio.Lock()
        self._turns: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()
        self._processing: dict[str, trio.CancelScope] = {}

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
        """Go on with what was under way, and forget what nobody continued. Raises: StartError."""
        opened = cls(store, ports, events, librarian, ingest, limits)
        try:
            await opened._thread(parts.prepare, store.library)
            await opened._end_lost()
            await opened.cleanup(limits.stale_s)
        except (NoSpace, Unavailable) as error:
            raise StartError(f"the folder {store.library} cannot be used: {error.message}") from error
        return opened

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Forget every hour what nobody continued, for ever."""
        task_status.started()
        while True:
            await trio.sleep(SWEEP_S)
            try:
                await self.cleanup(self.limits.stale_s)
            except (NoSpace, Unavailable) as error:
                log.warning("stale uploads could not be removed, trying again in an hour: %s", error.message)

    # --- what clients do --------------------------------------------------------------------------------------------

    async def begin(self, playlist_id: str, announced: Announced) -> Upload:
        """Open a session.

        Raises: NotFound for the playlist, PayloadTooLarge, UnsupportedMedia, NoSpace; Conflict when too many are open;
        Unavailable when the box has no converter for the type.
        """
        self._librarian.lite(playlist_id)
        upload = admitted(announced, playlist_id, self.limits, self._ports)
        path = self._part(upload.id)
        async with self._opening:
            try:
                await self._thread(parts.allocate, path, upload.file_size, self.limits.free_kept)
                await self._store.write(lambda db: uploads.create(db, upload, self.limits.at_once))
            except BaseException:
                await self._discard(path)
                raise
        return upload

    async def size_of(self, playlist_id: str, session_id: str, index: int) -> int:
        """The bytes of a chunk that may come now, before any are taken. Raises as `receive` does."""
        upload = await self._open_session(playlist_id, session_id)
        uploads.check_index(upload, index)
        return upload.size_of(index)

    async def receive(self, playlist_id: str, session_id: str, index: int, data: bytes | bytearray) -> Upload:
        """Take a chunk, counted from 0; one that is there already may come again.

        Raises: BadRequest for a wrong index or size, or when the session is over; NoSpace.
        """
        async with self._turn(session_id):
            upload = await self._open_session(playlist_id, session_id)
            uploads.check_chunk(upload, index, len(data))
            path, offset = self._part(session_id), index * upload.chunk_size
            if not (upload.has(index) and await self._thread(parts.holds, path, offset, data)):
                upload = await self._write(upload, index, data)
            self._news.progressed(upload, index)
            return upload

    async def finalize(self, playlist_id: str, session_id: str, file_hash: str | None, said: Said) -> Track:
        """Make a track of the file; once it is one, the answer is always that track.

        Raises: BadRequest when chunks are missing or the hash is another, with the session as usable as before, and
        when it is cancelled meanwhile; UnsupportedMedia, and the session is over, when it cannot be played; NoSpace.
        """
        async with self._turn(session_id):
            upload = await self._of(playlist_id, session_id)
            if upload.track_id is not None:
                return (await self._librarian.track(upload.track_id)).track
            uploads.check_complete(upload)
            hashes = {each for each in (file_hash, upload.file_hash) if each is not None}
            try:
                track = await self._process(upload, hashes, said)
            except RequestError as error:
                self._news.failed(upload, error)
                raise
            await self._discard(self._part(session_id))
            return track

    async def cancel(self, session_id: str) -> Upload:
        """End a session, also while it is being made a track; its file is gone.

        Raises: BadRequest when it is a track already.
        """
        if session_id in self._processing:
            self._processing[session_id].cancel()
        async with self._turn(session_id):
            upload = await self._store.read(lambda db: uploads.get(db, session_id))
            if upload.status == "completed":
                raise BadRequest("the upload is complete; delete the track instead", {"track_id": upload.track_id})
            return await self._end(upload, "cancelled", None)

    async def status(self, playlist_id: str, session_id: str) -> Upload:
        return await self._of(playlist_id, session_id)

    async def sessions(self) -> list[Upload]:
        """All that are remembered, in order of their making."""
        return await self._store.read(uploads.read_all)

    def is_processing(self, session_id: str) -> bool:
        """Whether it is being made a track right now."""
        return session_id in self._processing

    async def cleanup(self, max_age_s: float) -> Cleaned:
        """Forget sessions to which nothing happened for so long, and files that belong to none."""
        before, busy = self._ports.wall() - max_age_s, list(self._turns)
        # No session may be made between the look at the table and the look at the folder.
        async with self._opening:
            gone = await self._forget_stale(before, busy)
            wanted = await self._store.read(uploads.open_ids)
            files, freed = await self._thread(_sweep, self._store.library, wanted)
        self._news.forget_all_but(wanted)
        return Cleaned(gone, files, freed)

    # --- chunks -----------------------------------------------------------------------------------------------------

    async def _write(self, upload: Upload, index: int, data: bytes | bytearray) -> Upload:
        now = self._ports.wall()
        if upload.has(index):
            # Other content than before: from the first byte of it until the last, the chunk is not there.
            await self._store.write(lambda db: uploads.mark(db, upload.id, index, now, received=False))
        await self._thread(parts.write, self._part(upload.id), index * upload.chunk_size, data)
        return await self._store.write(lambda db: uploads.mark(db, upload.id, index, now))

    async def _open_session(self, playlist_id: str, session_id: str) -> Upload:
        upload = await self._of(playlist_id, session_id)
        uploads.check_open(upload)
        return upload

    async def _of(self, playlist_id: str, session_id: str) -> Upload:
        self._librarian.lite(playlist_id)
        upload = await self._store.read(lambda db: uploads.get(db, session_id))
        if upload.playlist_id != playlist_id:
            raise NotFound("upload session", session_id)
        return upload

    # --- the end of a session ---------------------------------------------------------------------------------------

    async def _forget_stale(self, before: float, busy: Sequence[str]) -> list[Upload]:
        if not await self._store.read(lambda db: uploads.stale(db, before, busy)):
            return []  # nothing is written for nothing: cards wear by writing

        def forget(db: sqlite3.Connection) -> list[Upload]:
            gone = uploads.stale(db, before, busy)
            uploads.forget(db, [each.id for each in gone])
            return gone

        return await self._store.write_to_free(forget)

    async def _end_lost(self) -> None:
        """Somebody has tidied up in the folder: what has no file any more must be sent anew."""
        running = await self._store.read(uploads.open_ids)
        for session_id in await self._thread(parts.lost, self._store.library, running):
            upload = await self._store.read(lambda db: uploads.get(db, session_id))  # noqa: B023  # used at once
            await self._end(upload, "cancelled", "its file is gone")

    async def _process(self, upload: Upload, hashes: Collection[str], said: Said) -> Track:
        with trio.CancelScope() as scope:
            self._processing[upload.id] = scope
            try:
                return await self._finishing.finish(upload, hashes, said)
            except DecodeError as error:
                await self._end(upload, "error", str(error))
                raise UnsupportedMedia(f"the file cannot be played: {error}") from error
            finally:
                del self._processing[upload.id]
        raise BadRequest("this upload was cancelled", {"session_id": upload.id})

    async def _end(self, upload: Upload, status: uploads.Status, error: str | None) -> Upload:
        now = self._ports.wall()
        ended = await self._store.write_to_free(lambda db: uploads.end(db, upload.id, status, error, now))
        self._news.forget(upload)
        await self._discard(self._part(upload.id))
        return ended

    # --- the order of things ----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, session_id: str) -> AsyncIterator[None]:
        lock = self._turns.setdefault(session_id, trio.Lock())
        async with lock:
            yield

    async def _discard(self, path: Path) -> None:
        with trio.move_on_after(CLEAN_S, shield=True):
            await self._thread(parts.discard, [path])

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            raise faults.of_disk(error) from error

    def _part(self, session_id: str) -> Path:
        return parts.path_of(self._store.library, session_id)


def _sweep(library: Path, wanted: Sequence[str]) -> tuple[int, int]:
    return parts.discard(parts.strays(library, wanted))
