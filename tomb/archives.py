"""`tomb backup` and `tomb restore`: the library as one file, whether the box runs or not."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import trio
from tqdm import tqdm

from tomb import remote
from tomb.config import Settings
from tomb.errors import FolderInUse, TombError
from tomb.library import files
from tomb.library.archives import archive, backup, restore, unpacking
from tomb.library.archives.archive import DATABASE
from tomb.library.archives.backup import Counts
from tomb.library.archives.manifest import Manifest
from tomb.library.archives.unpacking import Targets, Unpacking
from tomb.library.disk import FolderLock, sync
from tomb.library.opening import open_store
from tomb.models import counted, iso
from tomb.ports import Ports, RealPorts

Show = Callable[[int, int], None]


def back_up(target: Path, settings: Settings, url: str | None = None) -> None:
    """Write the library to `target`, which is there when it is whole, or stays as it was.

    `url`: of the box that is asked; by default the library in the data folder, or the box that has that. Raises:
    TombError.
    """
    if target.is_dir():
        raise TombError(f"{target} is a folder; name the file to write")
    with _whole(target) as file, _bar() as show:
        try:
            if url is None:
                trio.run(_back_up, file, settings, RealPorts(), show)
        except FolderInUse as held:
            url = remote.holder(held, settings)
        if url is not None:
            remote.download(remote.as_parent(url, remote.ask_pin), "/api/backup", file, show)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


def restore_from(source: Path, settings: Settings, url: str | None = None, *, even_damaged: bool = False) -> None:
    """Let the backup in `source` take the place of the library. `url`: see `back_up`.

    `even_damaged`: sound that is not quite what it was is taken too. Raises: TombError, with the library as it was.
    """
    try:
        with source.open("rb") as file, _bar() as show:
            described = unpacking.look(file, "backup")
            file.seek(0)
            length = source.stat().st_size
            path = "/api/restore" + ("?even_damaged=true" if even_damaged else "")
            try:
                counts = _restore(file, length, settings, show, even_damaged) if url is None else None
            except FolderInUse as held:
                counts, url = None, remote.holder(held, settings)
            if counts is None:
                assert url is not None
                message = remote.upload(remote.as_parent(url, remote.ask_pin), path, file, length, show)
                print(f"{_held(described)}: {message}")
                return
    except OSError as error:
        raise TombError(f"{source} cannot be read: {error.strerror}") from None
    print(f"restored {_held(counts)}" + _said_amiss(counts))


async def _back_up(file: IO[bytes], settings: Settings, ports: Ports, show: Show) -> None:
    if not (settings.data / DATABASE).exists():
        raise TombError(f"there is no library in {settings.data}")
    async with open_store(settings.data, ports) as store:
        # Nobody else is there, so nothing need be held back, and blocking blocks nobody.
        _write(store.folder, store.library, file, iso(ports.wall()), show)


def _write(folder: Path, library: Path, file: IO[bytes], created: str, show: Show) -> None:
    files.prepare(library)
    snapshot = library / "incoming" / DATABASE
    try:
        backup.snapshot(folder / DATABASE, snapshot)
        members = backup.pack(snapshot, library, created)
        for piece in archive.pieces(members):
            file.write(piece)
            show(file.tell(), archive.length(members))
    finally:
        snapshot.unlink(missing_ok=True)


def _restore(file: IO[bytes], length: int, settings: Settings, show: Show, even_damaged: bool) -> Counts:
    folder = settings.data
    try:
        (folder / "library").mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder / "tomb.lock")
        try:
            restore.finish(folder)  # one that still waits goes first
            targets = restore.targets(folder, 0, even_damaged=even_damaged)  # whoever does it by hand may fill the disk
            counts = _stage(file, length, targets, folder, show)
            restore.finish(folder)
        finally:
            lock.release()
    except OSError as error:
        raise TombError(f"the data folder {folder} cannot be used: {error.strerror}") from None
    except sqlite3.Error as error:
        raise TombError(f"the restore is not finished yet: {error}; the next start of the box goes on") from None
    return counts


def _stage(file: IO[bytes], length: int, targets: Targets, folder: Path, show: Show) -> Counts:
    restore.prepare(folder, targets)
    try:
        taking = Unpacking(targets)
        try:
            while block := file.read(archive.PIECE):
                taking.feed(block)
                show(file.tell(), length)
            return restore.seal(folder, taking.finish())
        finally:
            taking.abandon()
    except BaseException:
        restore.give_up(folder)
        raise


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when all of it is on the disk."""
    half = target.with_name(f"{target.name}.half")
    try:
        with half.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        half.replace(target)
        sync(target.parent)
    except OSError as error:
        raise TombError(f"cannot write {target}: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def _bar() -> Iterator[Show]:
    """On a terminal alone. (`disable=None` is how tqdm calls that.)"""
    with tqdm(unit="B", unit_scale=True, leave=False, dynamic_ncols=True, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def _held(of: Counts | Manifest) -> str:
    return f"{counted(of.playlists, 'playlist')}, {counted(of.tracks, 'track')}"


def _said_amiss(counts: Counts) -> str:
    said = f"; {counts.missing} of them had no sound any more" if counts.missing else ""
    return said + (f"; damaged files: {counts.damaged}" if counts.damaged else "")
