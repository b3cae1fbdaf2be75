"""`tomb import`: music into the library of this machine, or of a box that runs. It is one program for both.

    plan (library.folders)  ->  carry: to our own importer, or over the network to that of a box  ->  report

The plan is made here, a playlist a folder, and each is carried and committed by itself. A box that has the data folder
is asked to take it, as is any box that is named by `--url`: no box's folder is ever written to by somebody else, and
nothing lies about in an inbox meanwhile. What cannot be read or played is left out and said in a line; Ctrl-C, a full
disk or a box that goes away end it between two folders, and it can be started again.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from msgspec.structs import replace
from tqdm import tqdm

from tomb import remote
from tomb.config import MIB, Settings
from tomb.errors import DecodeError, FolderInUse, TombError
from tomb.events import LEASE_BLOCK, Events
from tomb.library import chapters, folders, intake, parcels
from tomb.library.counters import EventLease
from tomb.library.folders import FolderPlan, PlannedFile, Skipped
from tomb.library.labels import clean, label, shown
from tomb.library.opening import open_store
from tomb.nurseries.importer import TAKEN_OUT, Imported, Importer, Progress
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.inspection import Inspection
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.plain import plain_nursery
from tomb.nurseries.space import Space
from tomb.ports import Ports, RealPorts

Show = Callable[[Progress], None]
Carry = Callable[[FolderPlan, Show], Awaitable[Imported]]


def import_music(path: Path, settings: Settings, url: str | None = None, into: str | None = None) -> None:
    """Make a playlist of a file, or of each folder of audio files; and say what was left out.

    `url`: of the box that is to have it; by default the library in the data folder, or the box that has that. `into`:
    the name or id of the playlist that gets all of it. Raises: TombError, also when nothing in it can be played.
    """
    try:
        root, imported = path.resolve(strict=True), Imported()
    except (OSError, RuntimeError) as error:  # the second is that of a link that leads to itself
        raise TombError(f"{path} cannot be read: {getattr(error, 'strerror', error)}") from None
    try:
        trio.run(_import, root, settings, url, into, imported, RealPorts())
    except BaseException:
        print(*_left_out(imported, root.parent), sep="", end="")
        if imported.playlist_ids:
            print(f"{imported.message}; then it was stopped")
        raise
    print(*_left_out(imported, root.parent), sep="", end="")
    if not imported.is_something:
        raise TombError(f"{path}: {imported.message}")
    print(imported.message)


async def _import(
    root: Path, settings: Settings, url: str | None, into: str | None, imported: Imported, ports: Ports
) -> None:
    # Nobody else is there, so blocking blocks nobody.
    plans, imported.skipped = folders.plan(root)
    total = sum(len(plan.files) for plan in plans)
    done = 0
    async with _carrier(settings, url, into, root.parent, ports) as carry:
        with _bar(total) as show:
            for plan in plans:
                imported.add(await carry(plan, partial(_behind, done, show)))
                done += len(plan.files)


def _behind(before: int, show: Show, progress: Progress) -> None:
    show(replace(progress, done=before + progress.done))


def _left_out(imported: Imported, above: Path) -> Iterator[str]:
    for each in imported.skipped:
        path = each.path.relative_to(above) if each.path.is_relative_to(above) else each.path
        yield f"left out: {shown(path)}: {each.reason}\n"


@contextmanager
def _bar(total: int) -> Iterator[Show]:
    """On a terminal alone. (`disable=None` is how tqdm calls that.)"""
    with tqdm(unit="file", leave=False, dynamic_ncols=True, disable=None, total=total) as bar:

        def show(progress: Progress) -> None:
            bar.set_description(label(progress.path.name) if progress.path else "")
            bar.update(progress.done - bar.n)

        yield show


@asynccontextmanager
async def _carrier(
    settings: Settings, url: str | None, into: str | None, above: Path, ports: Ports
) -> AsyncIterator[Carry]:
    async with AsyncExitStack() as stack:
        if url is None:
            try:
                yield await _own_importer(settings, into, ports, stack)
                return
            except FolderInUse as held:
                url = remote.holder(held, settings)
        yield _Box(remote.as_parent(url, remote.ask_pin), into, above).carry


# --- to our own importer ----------------------------------------------------------------------------------------------


async def _own_importer(settings: Settings, into: str | None, ports: Ports, stack: AsyncExitStack) -> Carry:
    """Raises: FolderInUse."""
    store = await stack.enter_async_context(open_store(settings.data, ports))
    inspection = await stack.enter_async_context(_inspection())
    # Events of an import that nobody hears are numbered all the same: the objects carry these numbers.
    events = Events(ports, await EventLease(store, LEASE_BLOCK).open(), log_size=1)
    librarian = await Librarian.open(store, events, ports)
    space = Space(store.library, ports, settings.free_kept_mb * MIB, librarian.make_space)
    ingest = Ingest(store, ports, inspection, space)
    importer = Importer(librarian, ingest, ports)

    async def carry(plan: FolderPlan, show: Show) -> Imported:
        return await importer.take(plan, into=into, progress=show)

    return carry


@asynccontextmanager
async def _inspection() -> AsyncIterator[Inspection]:
    inspection = Inspection()
    async with plain_nursery() as nursery:
        await nursery.start(inspection.run)
        yield inspection
        nursery.cancel_scope.cancel()


# --- to a box that runs -----------------------------------------------------------------------------------------------


class _Unreadable(TombError):
    """A file that was there when it was looked at."""

    def __init__(self, file: PlannedFile, reason: str) -> None:
        super().__init__(reason)
        self.file = file


class _Box:
    """A box somewhere. `above`: the folder that paths are told relative to."""

    def __init__(self, parent: remote.Parent, into: str | None, above: Path) -> None:
        self._parent = parent
        self._into = into
        self._above = above

    async def carry(self, plan: FolderPlan, show: Show) -> Imported:
        """What cannot be read is left out. Of what the box has all of already, nothing is sent."""
        imported, sizes = Imported(), dict[PlannedFile, int]()
        for file in plan.files:
            try:
                sizes[file] = _size(file.path)
            except DecodeError as error:
                imported.skipped.append(Skipped(file.path, str(error)))
        while sizes:
            try:
                imported.add(await self._known(plan, sizes) or await self._send(plan, sizes, show))
                break
            except _Unreadable as error:  # in the midst of it: the box forgets that it began
                imported.skipped.append(Skipped(error.file.path, str(error)))
                del sizes[error.file]
        return imported

    async def _known(self, plan: FolderPlan, sizes: dict[PlannedFile, int]) -> Imported | None:
        """What comes of a folder of which nothing need be sent; None where something is new. To read it all is only
        worth while if no size is new."""
        look = await self._look(plan, [{"size": size} for size in sizes.values()])
        if not look["new"]:
            look = await self._look(plan, [{"size": size, "hash": _digest(file)} for file, size in sizes.items()])
        if look["new"]:
            return None
        gone = [Skipped([*sizes][place].path, TAKEN_OUT) for place in look["gone"]]
        return Imported(already=len(sizes) - len(gone), already_in=_titles(look), skipped=gone)

    async def _look(self, plan: FolderPlan, files: Sequence[dict[str, int | str]]) -> dict[str, Any]:
        body = {"title": plan.title, "files": files} | ({} if self._into is None else {"into": self._into})
        answer = await remote.patiently(lambda: remote.ask(self._parent, "POST", "/api/imports/look", body))
        data: dict[str, Any] = answer["data"]
        return data

    async def _send(self, plan: FolderPlan, sizes: dict[PlannedFile, int], show: Show) -> Imported:
        pictures = {PlannedFile(path): size for path in plan.pictures if (size := _picture_size(path))}
        parcel = parcels.Parcel(
            title=plan.title,
            into=self._into,
            numbered=plan.numbered,
            files=[self._card(file, size) for file, size in sizes.items()],
            pictures=[self._card(file, size) for file, size in pictures.items()][: parcels.PICTURES_LIMIT],
        )
        line = parcels.encoded(parcel)

        def pieces() -> Iterator[bytes]:
            yield line
            for done, (file, size) in enumerate((sizes | pictures).items()):
                if done < len(sizes):
                    show(Progress(done, len(sizes), file.path))
                yield from _pieces(file, size)

        answer = await remote.patiently(
            lambda: remote.send(
                self._parent,
                "/api/imports",
                pieces(),
                len(line) + parcel.size,
                media_type=parcels.MEDIA_TYPE,
                timeout_s=remote.IMPORT_TIMEOUT_S,
            )
        )
        data = answer["data"]
        skipped = [Skipped(self._above / each["file"], each["reason"]) for each in data["skipped"]]
        return Imported(
            playlist_ids=data["playlist_ids"],
            created=data["created"],
            tracks=data["tracks"],
            already=data["already"],
            already_in=_titles(data),
            skipped=skipped,
        )

    def _card(self, file: PlannedFile, size: int) -> parcels.FileCard:
        name = shown(file.path.relative_to(self._above))
        return parcels.FileCard(
            name=name,
            size=size,
            disc=file.disc,
            part=file.part,
            place=file.place,
            title=file.title,
            artist=file.artist,
            chapters=chapters.encoded(file.chapters),
        )


def _titles(answer: dict[str, Any]) -> list[str]:
    """Of playlists, as a box tells them that may be anybody's, or older than that field."""
    return [clean(each) or "?" for each in answer.get("already_in", ())]


def _size(path: Path) -> int:
    """Raises: DecodeError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.seek(0, 2)
    except OSError as error:
        raise intake.unreadable(error) from error


def _picture_size(path: Path) -> int:
    """0: it cannot be read."""
    try:
        return _size(path)
    except DecodeError:
        return 0


def _digest(file: PlannedFile) -> str:
    try:
        with file.path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise _Unreadable(file, str(intake.unreadable(error))) from error


def _pieces(file: PlannedFile, size: int) -> Iterator[bytes]:
    try:
        with file.path.open("rb", buffering=0) as opened:
            left = size
            while left and (piece := opened.read(min(left, remote.PIECE))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise _Unreadable(file, str(intake.unreadable(error))) from error
    if left:
        raise _Unreadable(file, "it changed while it was read")
