"""Makes playlists of folders of music: each folder is committed as a whole.

What is imported becomes audible all at once, or not at all if the import is cut off; whoever starts it again goes on
with the folders that are missing, and what the library has already is neither copied nor doubled. Files that cannot be
played are left out and named.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import trio

from tomb.errors import BadRequest, Conflict, DecodeError
from tomb.library import covers, demo, folders, intake
from tomb.library.arrivals import Album, Arrival
from tomb.library.folders import FolderPlan, Skipped
from tomb.library.tunes import SETS
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.porter import Porter
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SETTLED_S = 10.0  # a file in the inbox that changed more recently may still be on its way


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
        told = f"{self.created} new playlists, {self.tracks} new tracks"
        told += f", {self.already} already there" if self.already else ""
        return told + (f", {len(self.skipped)} left out" if self.skipped else "")


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

    def __init__(self, librarian: Librarian, porter: Porter, ports: Ports) -> None:
        self._librarian = librarian
        self._porter = porter
        self._ports = ports
        self._turn = trio.Lock()
        self._threads = trio.CapacityLimiter(1)

    async def import_folder(self, folder: Path, progress: Callable[[Progress], None] = _silent) -> Imported:
        """Make playlists of a folder and those below it. When nothing in it can be played, nothing is made.

        Raises: BadRequest when it is no folder; NoSpace, with all folders before it imported.
        """
        async with self._turn:
            return await self._import(folder, progress, consume=False)

    async def sync(self) -> Synced:
        """Reconcile database and disk, make playlists of the folders in the inbox, publish the list of playlists."""
        async with self._turn:
            seen = await self._librarian.reconcile()
            imported = Imported()
            for folder in await self._thread(_settled, self._librarian.folder / "inbox", self._ports.wall()):
                imported.add(await self._import(folder, _silent, consume=True))
            self._librarian.listed()
        return Synced(self._librarian.count(), len(seen.lost), len(seen.found), seen.strays, imported)

    async def demo(self) -> Imported:
        """Fill an empty library with melodies that the program plays itself, and link the demo's virtual tags."""
        async with self._porter.incoming() as folder:
            composing = demo.compose(folder)
            while await self._thread(next, composing, None) is not None:
                pass  # a tune a step: whoever stops the box now need not hear them all
            imported = await self.import_folder(folder)
        made = {self._librarian.lite(each).title: each for each in imported.playlist_ids}
        for each in SETS:
            if self._librarian.lite(made[each.title]).description != each.description:
                await self._librarian.update(made[each.title], {"description": each.description})
            with suppress(Conflict):
                await self._librarian.link_tag(each.tag_id, made[each.title], override=False)
        return imported

    async def _import(self, folder: Path, progress: Callable[[Progress], None], *, consume: bool) -> Imported:
        plans, skipped = await self._thread(_planned, folder)
        run = _Run(sum(len(plan.files) for plan in plans), progress, consume, Imported(skipped=skipped))
        try:
            for plan in plans:
                await self._import_one(plan, run)
            run.at(None)
        finally:
            # Synchronous, so that it is told even when the import is cut off.
            if run.imported.tracks and not consume:
                self._librarian.listed()
        return run.imported

    async def _import_one(self, plan: FolderPlan, run: _Run) -> None:
        async with self._porter.incoming() as incoming:
            staged: list[tuple[Path, Arrival]] = []
            for path in plan.files:
                run.at(path)
                try:
                    staged.append((path, await self._porter.stage(path, incoming)))
                except DecodeError as error:
                    run.imported.skipped.append(Skipped(path, str(error)))
                run.done += 1
            if staged:
                await self._commit(plan, await self._with_cover(plan, staged, incoming), run.imported)
        if run.consume:
            await self._thread(_consume, [path for path, _ in staged], self._librarian.folder / "inbox")

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
        picture = await self._thread(covers.beside, plan.folder)
        cover = None if picture is None else await self._thread(intake.stage_picture, incoming, picture)
        return [(path, arrival if arrival.cover else replace(arrival, cover=cover)) for path, arrival in staged]

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        return await self._ports.in_thread(call, *args, limiter=self._threads)


def _planned(folder: Path) -> tuple[list[FolderPlan], list[Skipped]]:
    if not folder.is_dir():
        raise BadRequest(f"{folder} is no folder")
    return folders.plan(folder.resolve())


def _settled(inbox: Path, now: float) -> list[Path]:
    """The folders in the inbox in which nothing changed just now. (A clock may have jumped, either way.)"""
    waiting = [path for path in sorted(inbox.iterdir()) if path.is_dir() and not path.is_symlink()]
    return [folder for folder in waiting if _is_settled(folder, now)]


def _is_settled(folder: Path, now: float) -> bool:
    try:
        changes = [folder.stat().st_mtime, *(path.lstat().st_mtime for path in folder.rglob("*"))]
    except OSError:
        # Something went away while we looked, so it is not settled.
        return False
    return all(abs(now - each) > SETTLED_S for each in changes)


def _consume(paths: Iterable[Path], inbox: Path) -> None:
    # What was left out stays, and its folder with it; so does what belongs to somebody else.
    for path in paths:
        with suppress(OSError):
            path.unlink()
        for folder in path.relative_to(inbox).parents[:-1]:
            with suppress(OSError):
                (inbox / folder).rmdir()
