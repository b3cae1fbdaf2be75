"""`tomb import`: folders of music into the library, whether the box runs or not. One process owns the data folder."""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio
from tqdm import tqdm

from tomb import remote
from tomb.config import MIB, Settings
from tomb.errors import FolderInUse, TombError
from tomb.events import LEASE_BLOCK, Events
from tomb.library import inbox
from tomb.library.counters import EventLease
from tomb.library.opening import open_store
from tomb.nurseries.importer import Imported, Importer, Progress
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.inspection import Inspection
from tomb.nurseries.librarian import Librarian
from tomb.ports import Ports, RealPorts


def import_folder(folder: Path, settings: Settings, url: str) -> None:
    """Make a playlist of each folder of audio files, and say what was left out.

    Raises: TombError when nothing in it can be played.
    """
    try:
        imported = trio.run(_import, folder, settings, RealPorts())
    except FolderInUse:
        print(f"The box is running; handing {folder} over to it.")
        taken = _hand_over(folder, settings, url)
        print("\n".join((*taken.left_out, taken.message)))
        return
    for skipped in imported.skipped:
        print(f"left out: {skipped.path}: {skipped.reason}")
    if not imported.playlist_ids:
        raise TombError(f"{folder}: {imported.message}")
    print(imported.message)


async def _import(folder: Path, settings: Settings, ports: Ports) -> Imported:
    async with open_store(settings.data, ports) as store, _inspection() as inspection:
        # Events of an import that nobody hears are numbered all the same: the objects carry these numbers.
        events = Events(ports, await EventLease(store, LEASE_BLOCK).open(), log_size=1)
        librarian = await Librarian.open(store, events, ports)
        ingest = Ingest(store, ports, inspection, settings.free_kept_mb * MIB, librarian.make_space)
        importer = Importer(librarian, ingest, ports)
        with _bar() as show:
            return await importer.import_folder(folder, show)


@asynccontextmanager
async def _inspection() -> AsyncIterator[Inspection]:
    """What goes wrong on purpose, and Ctrl-C, comes out as it went in: nurseries make groups of all."""
    inspection, failure = Inspection(), None
    async with trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        try:
            yield inspection
        except (TombError, KeyboardInterrupt) as error:
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """On a terminal alone. (`disable=None` is how tqdm calls that.)"""
    with tqdm(unit="file", leave=False, dynamic_ncols=True, disable=None) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_description(progress.path.name if progress.path else "")
            bar.update(progress.done - bar.n)

        yield show


def _hand_over(folder: Path, settings: Settings, url: str) -> remote.Taken:
    """Put a copy into the inbox of the running box and have it look there. Raises: TombError, with no copy left."""
    library = settings.data / "library"
    name = folder.resolve().name
    target = library / "inbox" / name
    _copy(folder, library / f".{name}.{os.getpid()}", target)
    try:
        count = _count(target)
        taken = remote.sync(url)
        if _count(target) == count:  # what it takes disappears
            raise TombError(f"{folder}: nothing in it can be played; no playlist was made")
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return taken


def _copy(folder: Path, half: Path, target: Path) -> None:
    """All at once: the box must not take a half of it."""
    try:
        shutil.copytree(folder, half, symlinks=True)
        for path in (half, *half.rglob("*")):
            # It is all there, however young it is.
            os.utime(path, (inbox.HANDED_OVER, inbox.HANDED_OVER), follow_symlinks=False)
        half.rename(target)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        raise TombError(f"cannot copy {folder} into the inbox of the box: {error.strerror or error}") from None


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
