"""`tomb import`: folders of music into the library, whether the box runs or not. One process owns the data folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import trio
from tqdm import tqdm

from tomb import remote
from tomb.config import Settings
from tomb.devices.decoder import probe
from tomb.errors import FolderInUse, TombError
from tomb.events import LEASE_BLOCK, Events
from tomb.library.marks import EventLease
from tomb.library.store import open_store
from tomb.nurseries.importer import Imported, Importer, Progress
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.porter import Porter
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
    async with open_store(settings.data, ports) as store:
        # Events of an import that nobody hears are numbered all the same: the objects carry these numbers.
        events = Events(ports, await EventLease(store, LEASE_BLOCK).open(), log_size=1)
        librarian = await Librarian.open(store, events, ports)
        importer = Importer(librarian, Porter(store, ports, probe), ports)
        with _bar() as show:
            return await importer.import_folder(folder, show)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """On a terminal alone. (`disable=None` is how tqdm calls that.)"""
    with _own_stderr() as stderr, tqdm(unit="file", leave=False, dynamic_ncols=True, disable=None, file=stderr) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_description(progress.path.name if progress.path else "")
            bar.update(progress.done - bar.n)

        yield show


@contextmanager
def _own_stderr() -> Iterator[TextIO]:
    """The terminal without what libsndfile's MP3 decoder says of damaged files, which are named in clear words later.

    It writes to the descriptor 2 itself and cannot be told not to.
    """
    ours = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere, os.fdopen(ours, "w", buffering=1) as stderr:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield stderr
        finally:
            os.dup2(ours, 2)


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
            os.utime(path, (0, 0), follow_symlinks=False)  # it is all there, however young it is
        half.rename(target)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        raise TombError(f"cannot copy {folder} into the inbox of the box: {error.strerror or error}") from None


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
