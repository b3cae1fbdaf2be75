"""Makes playlists of folders of music: each folder is committed as a whole.

What comes is planned first (`library.folders`), and then taken, a plan at a time: from the disk, be it the inbox or a
folder that the command line names, or over the network, where the plan was made by whoever sends it (`Source`).

What is imported becomes audible all at once, or not at all if the import is cut off; whoever starts it again goes on
with the folders that are missing, and what the library has already is neither copied nor doubled. Files that cannot be
played are left out and named.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple

import trio
from msgspec import Struct, field
from msgspec.structs import replace

from tomb.errors import Conflict, DecodeError, NotFound
from tomb.library import counters, demo, folders, inbox, sorting
from tomb.library.arrivals import Album, Arrival, Arrived
from tomb.library.folders import FolderPlan, PlannedFile, Skipped
from tomb.library.inbox import Changes
from tomb.library.intake import Staged
from tomb.library.labels import label
from tomb.library.origins import Compared, Sent
from tomb.library.tunes import SETS, Set
from tomb.models import PlaylistLite, counted
from tomb.nurseries.delivery import Delivery
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.plain import plain_nursery
from tomb.nurseries.space import Promise
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Fetch = Callable[[Path], Awaitable[Path]]

log = logging.getLogger(__name__)

FILES_AT_ONCE = 3  # two are examined (`inspection.AT_ONCE`) while the next one is copied
MOST_SAID = 50  # files that stay in the inbox, at once
NOT_NEEDED = "not needed: each track has a picture; it stays where it is"
PLACES_SAID = 3  # playlists that have what comes again
TAKEN_OUT = "it was taken out of its playlist before, and stays so"


class Progress(Struct, frozen=True):
    """`done` of `total` files; `path` is one that was begun or done just now, None at the end."""

    done: int
    total: int
    path: Path | None


class Imported(Struct):
    """What came of an import: ids of playlists made or added to, the number of new tracks, and what was left out.

    `already`: how many files were there before; `already_in`: the titles of the playlists that have them.
    """

    playlist_ids: list[str] = field(default_factory=list)
    created: int = 0
    tracks: int = 0
    already: int = 0
    already_in: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, other: "Imported") -> None:
        self.playlist_ids += [each for each in other.playlist_ids if each not in self.playlist_ids]
        self.created += other.created
        self.tracks += other.tracks
        self.already += other.already
        self.already_in += [each for each in other.already_in if each not in self.already_in]
        self.skipped += other.skipped

    @property
    def is_something(self) -> bool:
        return bool(self.playlist_ids or self.already)

    @property
    def message(self) -> str:
        """One line for a person."""
        if not self.is_something:
            return "nothing in it can be played; no playlist was made"
        line = f"{counted(self.created, 'new playlist')}, {counted(self.tracks, 'new track')}"
        line += f", {self.already} already there{_places(self.already_in)}" if self.already else ""
        return line + (f", {len(self.skipped)} left out" if self.skipped else "")


def _places(titles: Sequence[str]) -> str:
    if not titles:
        return ""
    said = [f"“{each}”" for each in titles[:PLACES_SAID]]
    if more := len(titles) - len(said):
        said.append(f"{more} more")
    return f" (in {' and '.join([', '.join(said[:-1]), said[-1]] if len(said) > 1 else said)})"


class Synced(Struct, frozen=True):
    """What a look at the disk found: tracks' files that vanished or are back, strays removed, the inbox emptied."""

    playlists_count: int
    missing: int
    found: int
    strays: int
    imported: Imported


def _silent(_: Progress) -> None:
    pass


class Source(Protocol):
    """Where what was planned comes from. It is asked for all files in their order, and then for pictures.

    `size`: bytes that it will write into `incoming`, all in all."""

    @property
    def size(self) -> int: ...

    async def fetch(self, path: Path, incoming: Path, promise: Promise) -> Path:
        """Where the file or picture lies now: in `incoming`, if it had to be brought there first."""

    async def is_whole(self) -> bool:
        """Whether all of it was there until now."""


class _OnDisk:
    """What lies on a disk, where others may rename, remove or unplug it meanwhile."""

    size = 0

    def __init__(self, plan: FolderPlan, ports: Ports) -> None:
        self._plan = plan
        self._ports = ports

    async def fetch(self, path: Path, _: Path, __: Promise) -> Path:
        return path

    async def is_whole(self) -> bool:
        return await self._ports.in_thread(lambda: all(each.exists() for each in self._plan.own))


class _Run(Struct):
    """One import. `consume`: what was taken disappears from where it lay."""

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
        self._watched = False
        self._left: dict[Path, Changes] = {}  # what was in the inbox when it was looked at last

    async def import_folder(self, folder: Path, progress: Callable[[Progress], None] = _silent) -> Imported:
        """Make playlists of a folder and those below it, or of a file. When nothing in it can be played, nothing is
        made. Raises: NoSpace, with all folders before it imported.
        """
        async with self._turn:
            return await self._import(folder, progress, consume=False)

    async def take(
        self,
        plan: FolderPlan,
        source: Source | None = None,
        *,
        into: str | None = None,
        progress: Callable[[Progress], None] = _silent,
    ) -> Imported:
        """Make a playlist of what was planned; or bring it `into` the one of that name or id.

        `source`: by default the disk that the plan was made of.
        Raises: NotFound, Conflict for `into`; NoSpace, Unavailable; what `source` raises. Nothing is made then.
        """
        run = _Run(len(plan.files), progress, False, Imported())
        await self._import_one(plan, source or _OnDisk(plan, self._ports), run, await self._named(into))
        if run.imported.tracks:
            self._librarian.listed()
        return run.imported

    async def take_delivery(self, pieces: AsyncIterator[bytes]) -> Imported:
        """Make a playlist of a folder that comes over the network. Raises as `take` does, and `Delivery.open`."""
        delivery = await Delivery.open(pieces, self._ports)
        return await self.take(delivery.plan, delivery, into=delivery.into)

    async def look(self, title: str, files: Sequence[Sent], *, into: str | None = None) -> Compared:
        """What would come of such a folder (`origins.look`). Raises: NotFound, Conflict for `into`."""
        return await self._librarian.compared(await self._named(into), title, files)

    async def sync(self) -> Synced:
        """Reconcile database and disk, make playlists of the folders in the inbox, publish the list of playlists."""
        async with self._turn:
            seen = await self._librarian.reconcile()
            imported = await self._empty(await self._waiting())
            self._librarian.listed()
        return Synced(self._librarian.count(), len(seen.lost), len(seen.found), seen.strays, imported)

    async def watch_inbox(
        self, *, every_s: float, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Empty the inbox every so many seconds, for ever. Raises: NoSpace, Unavailable; started again, it is up once
        the inbox could be emptied.

        People tidy up in an inbox, and the disk that it is on may be a stick. What vanishes meanwhile is passed over
        where it is looked for; what is away as a whole is Unavailable, and back some day.
        """
        if self._watched:
            await self.empty_inbox()
        self._watched = True
        task_status.started()
        said: Sequence[Skipped] = ()
        while True:
            await trio.sleep(every_s)
            left = (await self.empty_inbox()).skipped[:MOST_SAID]
            for each in left:
                if each not in said:  # what was taken out of a folder is a change of it, so it is looked at once more
                    log.warning("left in the inbox: %s: %s", label(each.path.name), each.reason)
            said = left or said

    async def empty_inbox(self) -> Imported:
        """Make playlists of the folders in the inbox, except of those that were looked at before and have not changed.

        Raises: NoSpace, Unavailable.
        """
        async with self._turn:
            waiting = await self._waiting()
            imported = await self._empty({each: at for each, at in waiting.items() if self._left.get(each) != at})
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

    async def _empty(self, waiting: Mapping[Path, Changes]) -> Imported:
        imported = Imported()
        for path, changed in waiting.items():
            imported.add(await self._import(path, _silent, consume=True))
            self._left[path] = changed
        return imported

    async def _import(self, folder: Path, progress: Callable[[Progress], None], *, consume: bool) -> Imported:
        plans, skipped = await self._thread(lambda: folders.plan(folder.resolve()))
        run = _Run(sum(len(plan.files) for plan in plans), progress, consume, Imported(skipped=skipped))
        try:
            for plan in plans:
                await self._import_one(plan, _OnDisk(plan, self._ports), run)
            run.at(None)
        finally:
            # Synchronous, so that it is published even when the import is cut off.
            if run.imported.tracks and not consume:
                self._librarian.listed()
        return run.imported

    async def _import_one(self, plan: FolderPlan, source: Source, run: _Run, into: str | None = None) -> None:
        async with self._ingest.space.promise(source.size) as promise, self._ingest.incoming() as incoming:

            def fetch(path: Path) -> Awaitable[Path]:
                return source.fetch(path, incoming, promise)

            outcomes = await self._staged(plan.files, fetch, incoming, run)
            staged = [(file, each) for file, each in outcomes if isinstance(each, Arrival)]
            skipped = [each for _, each in outcomes if isinstance(each, Skipped)]
            # Of ten thousand files that takes a while.
            albums = await self._thread(folders.albums, plan, [(file, arrival.labels) for file, arrival in staged])
            staged, pictures = await self._with_covers(plan, staged, fetch, incoming, skipped, apart=len(albums) > 1)
            skipped += [
                Skipped(file.path, f"only its picture: {each.unshown}") for file, each in staged if each.unshown
            ]
            if not await source.is_whole():
                # Renamed, or unplugged, while its files were copied. Half of it must not become a playlist: where it
                # is now, it comes in whole.
                run.imported.skipped.append(Skipped(plan.folder, "it went away while it was being taken in"))
                return
            run.imported.skipped += skipped
            taken = {file.path for file, _ in staged} | pictures
            for title, places in albums:
                if not places:
                    continue
                arrived = await self._librarian.add_album(Album(title, [staged[place][1] for place in places], into))
                gone = [staged[places[each]][0].path for each in arrived.gone]
                taken -= {*gone}
                run.imported.add(_came(arrived, gone, len(places)))
            if run.consume:
                left = {*plan.pictures} - pictures - {each.path for each in skipped}
                run.imported.skipped += [Skipped(path, NOT_NEEDED) for path in plan.pictures if staged and path in left]
                if all(file.path in taken for file in plan.files):  # what stays is still what they are about
                    taken.update(plan.sheets)
                where = self._librarian.folder / "inbox"
                await self._thread(inbox.consume, plan.own, taken, where, incoming / "taken")

    async def _staged(
        self, files: Sequence[PlannedFile], fetch: Fetch, incoming: Path, run: _Run
    ) -> Sequence[tuple[PlannedFile, Arrival | Skipped]]:
        """What becomes of each file, in their order. They are fetched one after another, and several are worked on at
        once; whatever is wrong with one is no concern of the others."""
        outcomes: dict[int, Arrival | Skipped] = {}
        idle = trio.Semaphore(FILES_AT_ONCE)

        async def stage(place: int, path: Path) -> None:
            file = files[place]
            try:
                arrival = await self._ingest.stage(path, incoming, file.path.name)
                outcomes[place] = replace(arrival, labels=file.labelled(arrival.labels))
            except DecodeError as error:
                outcomes[place] = Skipped(file.path, str(error))
            idle.release()
            run.done += 1
            run.at(file.path)

        async with plain_nursery() as nursery:
            for place, file in enumerate(files):
                await idle.acquire()
                run.at(file.path)
                nursery.start_soon(stage, place, await fetch(file.path))
        return [(file, outcomes[place]) for place, file in enumerate(files)]

    async def _with_covers(
        self,
        plan: FolderPlan,
        staged: list[tuple[PlannedFile, Arrival]],
        fetch: Fetch,
        incoming: Path,
        skipped: list[Skipped],
        *,
        apart: bool,
    ) -> tuple[list[tuple[PlannedFile, Arrival]], set[Path]]:
        """The pictures that lie in folders are for tracks that bring none: that of the track's own folder first, and if
        they are not to be kept `apart`, any. And which of them are so used."""
        lacking = [file for file, arrival in staged if arrival.cover is None]
        covers: dict[Path, tuple[Path, Staged]] = {}
        for path in plan.pictures if lacking else ():
            picture = await fetch(path)
            if path.parent in covers:
                continue
            if (cover := await self._ingest.cover(picture, incoming)) is None:
                skipped.append(Skipped(path, "it is no picture that can be shown"))
            else:
                covers[path.parent] = path, cover
        shared = None if apart else next(iter(covers.values()), None)
        chosen = {file: found for file in lacking if (found := covers.get(file.path.parent, shared)) is not None}
        pictured = [
            (file, replace(arrival, cover=chosen[file][1]) if file in chosen else arrival) for file, arrival in staged
        ]
        return pictured, {path for path, _ in chosen.values()}

    async def _named(self, into: str | None) -> str | None:
        """The id of the playlist that has that id or, whatever the case, that title. Raises: NotFound, Conflict."""
        if into is None:
            return None
        found = await self._thread(_called, into, self._librarian.lites())
        if not found:
            raise NotFound("playlist", into)
        if len(found) > 1:
            raise Conflict(f"{len(found)} playlists are called {into}; name one by its id", {"playlist_ids": found})
        return found[0]

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        return await self._ports.in_thread(call, *args, limiter=self._threads)


def _called(into: str, lites: Sequence[PlaylistLite]) -> list[str]:
    wanted = sorting.key(into)[0]
    exact = [lite.id for lite in lites if into in (lite.id, lite.title)]
    return exact or [lite.id for lite in lites if wanted and sorting.key(lite.title)[0] == wanted]


def _came(arrived: Arrived, gone: Sequence[Path], count: int) -> Imported:
    """What came of one playlist's `count` files."""
    added = len(arrived.added)
    already = count - added - len(gone)
    return Imported(
        playlist_ids=[arrived.playlist.id],
        created=int(arrived.created),
        tracks=added,
        already=already,
        already_in=[arrived.playlist.title] if already else [],
        skipped=[Skipped(path, TAKEN_OUT) for path in gone],
    )
