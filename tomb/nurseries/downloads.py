"""Downloads from YouTube: one at a time, the others in line, and the last of them remembered.

What may become of one is decided by tomb/machines/download.py, in the transaction that changes its row. What is fetched
comes into a folder of its own in `incoming/`, which goes whatever happens, and from there the way of an upload: it is
examined, and committed together with the row. So a download that is cut off, at any byte, leaves nothing but the row;
the next start finds that nobody is at work on it.

Whoever cancels waits until the work has ended: then there is no child any more, and no file. How far a download is, is
known to nobody but the task that does the work, and forgotten with it.
"""

import logging
import re
import sqlite3
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import trio
from msgspec import Struct, field
from msgspec.structs import replace

from tomb.devices.youtube import Fetched, Progress, Reason, YouTube, YouTubeFault
from tomb.devices.youtube.links import video_url
from tomb.errors import BadRequest, DecodeError, NoSpace, NotFound, Unavailable
from tomb.events import PLAYLISTS, Event, Events
from tomb.library import downloads, faults, intake, labels, reading
from tomb.library.arrivals import Arrival, Arrived
from tomb.library.disk import sync
from tomb.library.downloads import Download
from tomb.library.store import Store
from tomb.machines.download import (
    DOWNLOAD,
    ENDS,
    Begin,
    Cancel,
    Committed,
    Downloaded,
    Failed,
    Fetch,
    Interrupted,
    Limited,
    StopWork,
)
from tomb.machines.table import Outcome
from tomb.models import DownloadResult, DownloadStep, DownloadTask, Track, iso
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.machine_states import MachineStates
from tomb.ports import Ports

log = logging.getLogger(__name__)

PROGRESS_S = 0.25  # between two events of progress
ROOM = 64 * 1024 * 1024  # bytes that must be free before anything is fetched; few songs are larger
# How long YouTube is left alone when it does not say for how long it wants to be; by how often it was tried.
PAUSES_S = (60.0, 300.0, 900.0, 3600.0)
LONGEST_PAUSE_S = 6 * 3600.0
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")  # else a title turns what stands beside it around


class WantedVideo(Struct, frozen=True):
    """`title`: as far as it is known."""

    id: str
    title: str | None


class _Work(Struct):
    """A download is being fetched and taken in, until `ended` is set. `gone`: its playlist is not there any more."""

    id: str
    playlist_id: str
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)
    step: DownloadStep = "starting"
    percent: float = 0.0
    eta_s: float | None = None
    title: str | None = None
    told_at: float = -PROGRESS_S
    gone: bool = False


_Event = Begin | Limited | Downloaded | Committed | Failed | Interrupted | Cancel


class _Decision(Struct, frozen=True):
    """What the table has said: the row as it is to be then, and whether anything has moved at all."""

    download: Download
    moved: bool
    stops: bool = False


class Downloads:
    """`youtube`: None where it is switched off. `run` must be running."""

    def __init__(
        self,
        store: Store,
        ports: Ports,
        events: Events,
        machines: MachineStates,
        librarian: Librarian,
        ingest: Ingest,
        youtube: YouTube | None,
    ) -> None:
        self._store = store
        self._ports = ports
        self._events = events
        self._machines = machines
        self._librarian = librarian
        self._ingest = ingest
        self._youtube = youtube
        self._work: _Work | None = None
        self._asked = trio.Event()
        self._rest_until = 0.0  # YouTube is left alone until then, on Trio's clock
        self._places: Mapping[str, int] = {}
        events.subscribe(self._hear, {"state:playlist_deleted"})

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Fetch what is asked for, for ever. Raises: Unavailable, NoSpace when the library cannot be written."""
        for each in await self._store.read(downloads.line):
            self._machines.note(DOWNLOAD, each.id, each.status)
            await self._change(each.id, Interrupted())  # one that only waits goes on waiting
        self._renumber(await self._store.read(downloads.line))
        task_status.started()
        if self._youtube is None:
            await trio.sleep_forever()
        while True:
            self._asked = trio.Event()
            line = await self._store.read(downloads.line)
            rest_s = self._rest_until - trio.current_time()
            if line and rest_s <= 0:
                await self._fetch_next(line[0])
                continue
            with trio.move_on_after(rest_s if line else float("inf")):
                await self._asked.wait()

    # --- what parents do ---------------------------------------------------------------------------------------------

    async def add(self, playlist_id: str, videos: Sequence[WantedVideo]) -> list[DownloadTask]:
        """Put videos into the line; one that is in it for this playlist already is not put there again.

        Raises: NotFound for the playlist, Conflict when the line is too long, NoSpace.
        """
        self._librarian.lite(playlist_id)
        now = self._ports.wall()
        wanted = [
            Download(self._ports.new_id(), each.id, playlist_id, shown(each.title), now)
            for each in {video.id: video for video in videos}.values()
        ]

        def unit(db: sqlite3.Connection) -> tuple[list[Download], list[Download]]:
            return downloads.create(db, wanted), downloads.line(db)

        added, line = await self._store.write(unit)
        for each in wanted:
            if each in added:
                self._machines.note(DOWNLOAD, each.id, each.status)
        self._tell_line(line, self._renumber(line))
        self._asked.set()
        return [self._task(each) for each in added]

    async def cancel(self, task_id: str) -> DownloadTask:
        """End a download, in whatever state it is; when this returns, nothing of it is left. One that has ended stays
        as it is. Raises: NotFound; BadRequest when it is a track already."""
        decision = await self._change(task_id, Cancel())
        if decision.download.status == "completed":
            raise BadRequest("it is a track already; delete that instead", {"track_id": decision.download.track_id})
        if self._work is not None and self._work.id == task_id:
            await self._work.ended.wait()
        return self._task(decision.download)

    async def task(self, task_id: str) -> DownloadTask:
        """Raises: NotFound."""

        def read(db: sqlite3.Connection) -> tuple[Download, Track | None]:
            found = downloads.get(db, task_id)
            return found, _track(db, found)

        return self._task(*await self._store.read(read))

    async def tasks(self) -> list[DownloadTask]:
        """Those that are remembered, the newest first."""

        def read(db: sqlite3.Connection) -> list[tuple[Download, Track | None]]:
            return [(each, _track(db, each)) for each in downloads.read_all(db)]

        return [self._task(*each) for each in await self._store.read(read)]

    # --- the work ----------------------------------------------------------------------------------------------------

    async def _fetch_next(self, first: Download) -> None:
        # Before its row says so: whoever cancels it in that very moment finds the work that he is to stop.
        work = self._work = _Work(first.id, first.playlist_id)
        try:
            with work.scope:
                if (await self._change(first.id, Begin())).moved:
                    await self._fetch(first, work)
        finally:
            self._work = None
            work.ended.set()
        if work.gone:
            await self._change(first.id, _GONE)

    async def _fetch(self, download: Download, work: _Work) -> None:
        try:
            self._librarian.lite(download.playlist_id)
            async with self._ingest.incoming() as folder:
                scratch = folder.absolute()  # for the child, which is at work in there
                fetched = await self._fetched(download, work, scratch)
                work.step, work.eta_s, work.title = "examining", None, shown(fetched.title)
                await self._change(download.id, Downloaded(), work.title)
                await self._commit(download, await self._staged(download, fetched, scratch))
        except YouTubeFault as fault:
            await self._came_to_nothing(download, fault)
        except DecodeError as error:
            await self._change(download.id, Failed("unplayable", f"What came cannot be played: {error}."))
        except NoSpace as error:
            await self._change(download.id, Failed(Reason.DISK_FULL, f"There is no room for it: {error.message}."))
        except NotFound:
            await self._change(download.id, _GONE)
        except Unavailable as error:
            await self._change(download.id, Failed(Reason.UNKNOWN, f"It could not be taken in: {error.message}."))

    async def _fetched(self, download: Download, work: _Work, scratch: Path) -> Fetched:
        assert self._youtube is not None
        async with self._ingest.space.promise(ROOM) as room:
            written = 0

            def told(progress: Progress) -> None:
                nonlocal written
                room.written(max(0, progress.bytes - written))
                written = max(written, progress.bytes)
                self._progressed(download, work, progress)

            fetched = await self._youtube.fetch(video_url(download.video), scratch, told)
        for path in (fetched.path, fetched.picture):
            if path is not None:
                await self._ports.in_thread(_take_over, path, scratch)
        return fetched

    def _hear(self, _: Event) -> None:
        # At once, and not with the next word of yt-dlp's: one that hangs says nothing for minutes.
        work = self._work
        if work and not self._librarian.has(work.playlist_id):
            work.gone = True
            work.scope.cancel()

    def _progressed(self, download: Download, work: _Work, progress: Progress) -> None:
        work.step = "downloading" if progress.phase == "downloading" else "converting"
        work.percent = max(work.percent, min(progress.percent, 99.0))
        work.eta_s = progress.eta_s
        work.title = shown(progress.title) or work.title
        if trio.current_time() - work.told_at >= PROGRESS_S:
            self._tell(replace(download, status="downloading"))

    async def _came_to_nothing(self, download: Download, fault: YouTubeFault) -> None:
        if fault.reason is not Reason.RATE_LIMITED:
            await self._change(download.id, Failed(fault.reason, fault.message))
            return
        pause_s = PAUSES_S[min(download.tries, len(PAUSES_S) - 1)]
        if fault.retry_at_s is not None:
            pause_s = min(max(fault.retry_at_s - self._ports.wall(), 1.0), LONGEST_PAUSE_S)
        self._rest_until = trio.current_time() + pause_s
        log.warning("YouTube wants to be left alone for %d s", pause_s)
        await self._change(download.id, Limited(fault.reason, fault.message))

    async def _staged(self, download: Download, fetched: Fetched, scratch: Path) -> Arrival:
        """Raises: DecodeError, NoSpace, Unavailable."""
        title = shown(fetched.title) or download.title or download.video
        arrival = await self._ingest.stage(fetched.path, scratch, f"{title}{fetched.path.suffix}")
        named = arrival.labels.but(title=title, artist=shown(fetched.channel), album=None)
        cover = None if fetched.picture is None else await self._ingest.cover(fetched.picture, scratch)
        return replace(arrival, labels=named, cover=cover or arrival.cover)

    async def _commit(self, download: Download, arrival: Arrival) -> None:
        """Raises: NotFound when its playlist has gone; NoSpace, Unavailable."""

        def complete(db: sqlite3.Connection, arrived: Arrived) -> tuple[_Decision, list[Download]]:
            decision = _decided(downloads.get(db, download.id), Committed(arrived.added[0].id))
            if not decision.moved:
                raise Unavailable("it ended meanwhile")  # by a cancel, whose row nothing changes any more
            downloads.save(db, decision.download)
            return decision, downloads.line(db)

        def tell(arrived: Arrived, done: tuple[_Decision, list[Download]]) -> None:
            [track] = [track for track in arrived.playlist.tracks if track.id == arrived.added[0].id]
            decision, line = done
            self._changed(decision.download, line, track)

        await self._librarian.add_with(download.playlist_id, [arrival], complete, tell)

    async def _change(self, download_id: str, event: _Event, title: str | None = None) -> _Decision:
        """Let that happen to the download, if it still can. It works on a full disk."""

        def unit(db: sqlite3.Connection) -> tuple[_Decision, list[Download]]:
            was = downloads.get(db, download_id)
            decision = _decided(was if title is None else replace(was, title=title), event)
            if decision.moved:
                downloads.save(db, decision.download)
            return decision, downloads.line(db)

        decision, line = await self._store.write_to_free(unit)
        if decision.moved:
            self._changed(decision.download, line)
        if decision.stops and self._work is not None and self._work.id == download_id:
            self._work.scope.cancel()
        return decision

    # --- what is told ------------------------------------------------------------------------------------------------

    def _changed(self, download: Download, line: Sequence[Download], track: Track | None = None) -> None:
        """Nothing is awaited between the commit and the end of this."""
        self._machines.note(DOWNLOAD, download.id, download.status)
        if download.status in ENDS:
            self._machines.drop(DOWNLOAD, download.id)
        before = self._renumber(line)
        self._tell(download, track)
        named = {"task_id": download.id, "playlist_id": download.playlist_id}
        if download.status == "completed":
            self._events.tell("youtube:complete", {PLAYLISTS}, {**named, "track": track})
        elif download.status == "error":
            told = {"message": download.error, "reason": download.reason}
            self._events.tell("youtube:error", {PLAYLISTS}, {**named, **told})
        self._tell_line([each for each in line if each.id != download.id], before)

    def _renumber(self, line: Sequence[Download]) -> Mapping[str, int]:
        """The places before."""
        waiting = [each.id for each in line if each.status == "pending"]
        before, self._places = self._places, {each: place for place, each in enumerate(waiting, 1)}
        return before

    def _tell_line(self, line: Sequence[Download], before: Mapping[str, int]) -> None:
        """Of each that has another place in it than before this is told."""
        for each in line:
            if self._places.get(each.id) not in (None, before.get(each.id)):
                self._tell(each)

    def _tell(self, download: Download, track: Track | None = None) -> None:
        if self._work is not None and self._work.id == download.id:
            self._work.told_at = trio.current_time()
        self._events.tell("youtube:progress", {PLAYLISTS}, dict(self._task(download, track)))

    def _task(self, download: Download, track: Track | None = None) -> DownloadTask:
        work = self._work if self._work is not None and self._work.id == download.id else None
        works = work is not None and download.status in ("downloading", "processing")
        rest_s = self._rest_until - trio.current_time()
        waits = download.status == "pending"
        return DownloadTask(
            task_id=download.id,
            video_id=download.video,
            url=video_url(download.video),
            playlist_id=download.playlist_id,
            title=(work.title if work else None) or download.title,
            thumbnail_url=thumbnail_url(download.video),
            status=download.status,
            progress_percent=100.0 if download.status == "completed" else work.percent if work and works else 0.0,
            current_step=work.step if work and works else _STEPS.get(download.status, "waiting"),
            estimated_time_remaining=work.eta_s if work and works else None,
            place=self._places.get(download.id) if waits else None,
            retry_at=self._ports.wall() + rest_s if waits and rest_s > 0 else None,
            error_reason=download.reason,
            error_message=download.error,
            result=None if track is None else DownloadResult(track=track, playlist_id=download.playlist_id),
            created_at=iso(download.created),
        )


# What is said of one that nobody is at work on.
_STEPS: Mapping[str, DownloadStep] = {"completed": "completed", "error": "error", "cancelled": "cancelled"}
_GONE = Failed("playlist_gone", "The playlist that it was for is not there any more.")


def thumbnail_url(video_id: str) -> str:
    """Of the box's own copy."""
    return f"/api/youtube/thumbnail/{video_id}"


def shown(text: str | None) -> str | None:
    """A stranger's text in one line, as it may stand beside others. None if nothing is left."""
    return None if text is None else labels.clean(_BIDI.sub("", text[: 4 * labels.LONGEST]))


def _decided(download: Download, event: _Event) -> _Decision:
    fetch = Fetch(download.status, download.tries, download.reason, download.error, download.track_id)
    moved = DOWNLOAD.fire(fetch, event) is Outcome.MOVED
    now = replace(
        download,
        status=fetch.state,
        tries=fetch.tries,
        reason=fetch.reason,
        error=fetch.error,
        track_id=fetch.track_id,
    )
    return _Decision(now, moved, StopWork() in fetch.effects)


def _track(db: sqlite3.Connection, download: Download) -> Track | None:
    """What became of it, if that is still there."""
    if download.track_id is None:
        return None
    try:
        return reading.whereabouts(db, download.track_id).track
    except NotFound:
        return None


def _take_over(path: Path, scratch: Path) -> None:
    """What the child says it made is a file in its own folder, and no link out of it; from now on it is on the disk.

    Raises: DecodeError, NoSpace, Unavailable.
    """
    try:
        is_own = path.parent == scratch and stat.S_ISREG(path.lstat().st_mode)
    except OSError as error:
        raise intake.unreadable(error) from error
    if not is_own:
        raise DecodeError("it is no file")
    with faults.translated("written"):
        sync(path)
