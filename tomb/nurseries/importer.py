"""Makes playlists of folders of music: each folder is committed as a whole.

What is imported becomes audible all at once, or not at all if the import is cut off; whoever starts it again goes on
with the folders that are missing, and what the library has already is neither copied nor doubled. Files that cannot be
played are left out and named.
"""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import trio

from tomb.errors import BadRequest, Conflict, DecodeError, NoSpace, Unavailable
from tomb.library import counters, demo, folders, inbox
from tomb.library.arrivals import Album, Arrival
from tomb.library.folders import FolderPlan, Skipped
from tomb.library.inbox import Changes
from tomb.library.tunes import SETS, Set
from tomb.models import counted
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` files; `path` is the one being worked on, None at the end."""

    done: int
    total: int
    path: Path | None


@dataclass(slots=True)
class Imported:
    """What came of an import: ids of playlists made or added to, the number of new tracks, and what was left out."""

    playlist_ids: list[str] = field(default_factory=list)
    created: int = 0
    tracks: int = 0
    already: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, other: "Imported") -> None:
        self.playlist_ids += other.playlist_ids
        self.created += other.created
        self.tracks += other.tracks
        self.already += other.already
        self.skipped += other.skipped

    @property
    def message(self) -> str:
        """One line for a person."""
        if not self.playlist_ids:
            return "nothing in it can be played; no playlist was made"
        line = f"{counted(self.created, 'new playlist')}, {counted(self.tracks, 'new track')}"
        line += f", {self.already} already there" if self.already else ""
        return line + (f", {len(self.skipped)} left out" if self.skipped else "")


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the disk found: tracks' files that vanished or are back, strays removed, the inbox emptied."""

    playlists_count: int
    missing: int
    found: int
    strays: int
    imported: Imported


def _silent(_: Progress) -> None:
    pass


@dataclass(slots=True)
class _Run:
    """One call of `import_folder`. `consume`: what was taken disappears from where it lay."""

    total: int
    progress: Callable[[Progress], None]
    consume: bool
    imported: Imported
    done: int = 0

    def at(self, path: Path | None) -> None:
        self.progress(Progress(self.done, self.total, path))


class Importer:
    """Imports are done one at a time."""

    def __init__(self, librarian: Librarian, ingest: Ingest, ports: Ports) -> None:
        self._librarian = librarian
        self._ingest = ingest
        self._ports = ports
        self._turn = trio.Lock()
        self._threads = trio.CapacityLimiter(1)
        self._left: dict[Path, Changes] = {}  # what was in the inbox when it was looked at last

    async def import_folder(self, folder: Path, progress: Callable[[Progress], None] = _silent) -> Imported:
        """Make playlists of a folder and those below it. When nothing in it can be played, nothing is made.

        Raises: BadRequest when it is no folder; NoSpace, with all folders before it imported.
        """
        async with self._turn:
            return await self._import(await self._thread(_resolved, folder), progress, consume=False)

    async def sync(self) -> Synced:
        """Reconcile database and disk, make playlists of the folders in the inbox, publish the list of playlists."""
        async with self._turn:
            seen = await self._librarian.reconcile()
            imported = await self._take(await self._waiting())
            self._librarian.listed()
        return Synced(self._librarian.count(), len(seen.lost), len(seen.found), seen.strays, imported)

    async def watch_inbox(
        self, *, every_s: float, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Empty the inbox every so many seconds, for ever. What cannot be taken in now is tried again; it is said once.

        People tidy up in an inbox, and the disk that it is on may be a stick. What vanishes meanwhile is passed over
        where it is looked for; what is away as a whole is Unavailable, and back some day. Anything else is a defect,
        and goes up.
        """
        task_status.started()
        said = ""
        while True:
            await trio.sleep(every_s)
            try:
                await self.empty_inbox()
                said = ""
            except (NoSpace, Unavailable) as error:
                if error.message != said:
                    log.warning("the inbox cannot be emptied: %s", error.message)
                said = error.message

    async def empty_inbox(self) -> Imported:
        """Make playlists of the folders in the inbox, except of those that were looked at before and have not changed.

        Raises: NoSpace, Unavailable.
        """
        async with self._turn:
            waiting = await self._waiting()
            new = {
                each: at for each, at in waiting.items() if self._left.get(each) != at and max(at) != inbox.HANDED_OVER
            }
            imported = await self._take(new)
            if imported.tracks:
                self._librarian.listed()
        return imported

    async def demo(self, *, again: bool = False) -> Imported:
        """Fill a new library with melodies that the program plays itself, and link the demo's virtual tags.

        It is done once in the life of a library. What was cut off goes on where it was, but what was there and is
        deleted stays away, unless `again` is asked for. Raises: NoSpace, Unavailable.
        """
        done = 0 if again else await self._demo_done()
        imported = Imported()
        if done < len(SETS):
            await self._librarian.raise_counter(counters.DEMO, 1)  # from here on it is this library's
        for number, each in enumerate(SETS[done:], done + 1):
            imported.add(await self._demo_set(each))
            await self._librarian.raise_counter(counters.DEMO, 1 + number)
        return imported

    def has_only_demo(self) -> bool:
        """Whether nobody gave the box anything: each playlist is named and described like one of its demo's."""
        there = {(lite.title, lite.description) for lite in self._librarian.lites()}
        return there <= {(each.title, each.description) for each in SETS}

    async def _demo_done(self) -> int:
        """How many of its sets this library has had. All, where it is not a new one: it may have been emptied."""
        begun = await self._librarian.counter(counters.DEMO)
        if not begun and (self._librarian.count() or await self._librarian.counter(counters.RECOVERY)):
            await self._librarian.raise_counter(counters.DEMO, 1 + len(SETS))
            return len(SETS)
        return max(begun - 1, 0)

    async def _demo_set(self, each: Set) -> Imported:
        async with self._ingest.incoming() as folder:
            composing = demo.compose(folder, [each])
            while await self._thread(next, composing, None) is not None:
                pass  # a tune a step: whoever stops the box now need not hear them all
            imported = await self.import_folder(folder)
        [playlist_id] = imported.playlist_ids
        if self._librarian.lite(playlist_id).description != each.description:
            await self._librarian.update(playlist_id, {"description": each.description})
        with suppress(Conflict):
            await self._librarian.link_tag(each.tag_id, playlist_id, override=False)
        return imported

    async def _waiting(self) -> Mapping[Path, Changes]:
        waiting = await self._thread(inbox.settled, self._librarian.folder / "inbox", self._ports.wall())
        self._left = {folder: at for folder, at in self._left.items() if folder in waiting}
        return waiting

    async def _take(self, waiting: Mapping[Path, Changes]) -> Imported:
        imported = Imported()
        for folder, changed in waiting.items():
            imported.add(await self._import(folder, _silent, consume=True))
            self._left[folder] = changed
        return imported

    async def _import(self, folder: Path, progress: Callable[[Progress], None], *, consume: bool) -> Imported:
        plans, skipped = await self._thread(folders.plan, folder)
        run = _Run(sum(len(plan.files) for plan in plans), progress, consume, Imported(skipped=skipped))
        try:
            for plan in plans:
                await self._import_one(plan, run)
            run.at(None)
        finally:
            # Synchronous, so that it is published even when the import is cut off.
            if run.imported.tracks and not consume:
                self._librarian.listed()
        return run.imported

    async def _import_one(self, plan: FolderPlan, run: _Run) -> None:
        async with self._ingest.incoming() as incoming:
            staged: list[tuple[Path, Arrival]] = []
            skipped: list[Skipped] = []
            for path in plan.files:
                run.at(path)
                try:
                    staged.append((path, await self._ingest.stage(path, incoming)))
                except DecodeError as error:
                    skipped.append(Skipped(path, str(error)))
                run.done += 1
            if not await self._thread(plan.folder.is_dir):
                # Renamed, or unplugged, while its files were copied. Half of it must not become a playlist: where it
                # is now, it comes in whole.
                run.imported.skipped.append(Skipped(plan.folder, "it went away while it was being taken in"))
                return
            run.imported.skipped += skipped
            if staged:
                await self._commit(plan, await self._with_cover(plan, staged, incoming), run.imported)
            if run.consume:
                taken, where = [path for path, _ in staged], self._librarian.folder / "inbox"
                await self._thread(inbox.consume, plan.folder, taken, where, incoming / "taken")

    async def _commit(self, plan: FolderPlan, staged: list[tuple[Path, Arrival]], imported: Imported) -> None:
        order = folders.in_order([(path, arrival.labels) for path, arrival in staged])
        source = os.fsencode(plan.folder).decode("utf-8", "backslashreplace")
        arrived = await self._librarian.add_album(Album(source, plan.title, [staged[place][1] for place in order]))
        imported.playlist_ids.append(arrived.playlist.id)
        imported.created += arrived.created
        imported.tracks += len(arrived.added)
        imported.already += len(staged) - len(arrived.added)

    async def _with_cover(
        self, plan: FolderPlan, staged: list[tuple[Path, Arrival]], incoming: Path
    ) -> list[tuple[Path, Arrival]]:
        """The picture that lies in the folder is for the tracks that bring none."""
        if all(arrival.cover for _, arrival in staged):
            return staged
        cover = await self._ingest.picture(plan.folder, incoming)
        return [(path, arrival if arrival.cover else replace(arrival, cover=cover)) for path, arrival in staged]

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        return await self._ports.in_thread(call, *args, limiter=self._threads)


def _resolved(folder: Path) -> Path:
    if not folder.is_dir():
        raise BadRequest(f"{folder} is no folder")
    return folder.resolve()
