"""A disk that can be full, refuse to be written, be slow, and forget what it was not told to keep.

It is a folder of this computer's, and the box writes to it as ever; what is replaced is how much room there is, what
SQLite and `fsync` are answered, and what is left of it after a power cut.

**What a cut leaves.** Of a file, what it was when it was last synced: nothing, if it never was. Of a folder, the names
that it had when *it* was last synced. That is the worst that a journalling file system may make of it, and so what a
program has to live with. SQLite says to nobody here what it syncs; but its log is synced at each commit (`PRAGMA
synchronous = FULL`), and a commit is never under way when the power goes, since hops into threads are carried out in
one piece. So the database is as it stands. What was deleted, and the deletion not synced, may stay deleted.
"""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tomb.devices import computer

Trouble = Literal["full", "faulty", "read-only"]

CAPACITY = 32 * 1024**3
FREE = 8 * 1024**3
_CHANGES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "REPLACE")
_SAID: dict[Trouble, tuple[int, str]] = {
    "full": (sqlite3.SQLITE_FULL, "database or disk is full"),
    "faulty": (sqlite3.SQLITE_IOERR, "disk I/O error"),
    "read-only": (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
}


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


class Disk:
    """`trouble`: what is the matter with it, if anything. `reserve`: the file that the box gives up when it is full."""

    def __init__(self) -> None:
        self._trouble: Trouble | None = None
        self._reserve: Path | None = None
        self._kept: dict[int, tuple[int, int]] = {}  # of files by inode: size and time of the last change, when synced
        self._named: dict[int, dict[str, int]] = {}  # of folders by inode: names and inodes, when synced

    def is_in(self, trouble: Trouble | None, data: Path) -> None:
        """From now on. `data`: the folder of the box."""
        self._trouble = trouble
        self.is_of(data)

    def is_of(self, data: Path) -> None:
        """The reserve that counts is the one in there, if there is one."""
        self._reserve = data / "reserve" if (data / "reserve").exists() else None

    @property
    def free(self) -> int:
        return 0 if self._is_full else FREE

    @property
    def _is_full(self) -> bool:
        """Until the reserve is given up, if there was one."""
        return self._trouble == "full" and (self._reserve is None or self._reserve.exists())

    # --- what a cut leaves ------------------------------------------------------------------------------------------

    def settle(self, folder: Path) -> None:
        """All that is there was written long ago."""
        for place, folders, files in os.walk(folder):
            self._note_folder(Path(place))
            for name in (*folders, *files):
                self._note_file(os.stat(os.path.join(place, name)))  # noqa: PTH116, PTH118  # as os.walk has it

    def after_cut(self, before: Path, after: Path) -> None:
        """Copy what is left of a folder."""
        after.mkdir()
        kept = self._named.get(before.stat().st_ino, {})
        for entry in sorted(before.iterdir()):
            if entry.name.startswith("tomb.db"):
                shutil.copy2(entry, after)
            elif kept.get(entry.name) == entry.stat().st_ino:
                if entry.is_dir():
                    self.after_cut(entry, after / entry.name)
                else:
                    self._copy(entry, after / entry.name)
        self._note_folder(after)
        if self._reserve is not None and self._reserve.parent == before:
            self._reserve = after / self._reserve.name

    def _copy(self, entry: Path, after: Path) -> None:
        found = entry.stat()
        size, changed = self._kept.get(found.st_ino, (0, 0))
        if (size, changed) == (found.st_size, found.st_mtime_ns):
            os.link(entry, after)  # nobody writes to the old one any more
        else:
            after.touch()
        self._note_file(after.stat())

    def _note_file(self, found: os.stat_result) -> None:
        if stat.S_ISREG(found.st_mode):
            self._kept[found.st_ino] = (found.st_size, found.st_mtime_ns)

    def _note_folder(self, folder: Path) -> None:
        with os.scandir(folder) as entries:
            self._named[folder.stat().st_ino] = {entry.name: entry.inode() for entry in entries}

    # --- in place of the real one -----------------------------------------------------------------------------------

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Whatever the process does with its disks in the block, it does with this one."""
        connection = partial(_Connection, self)
        with ExitStack() as replaced:
            for module, name, other in (
                (sqlite3, "connect", partial(sqlite3.connect, factory=connection)),
                (shutil, "disk_usage", self._usage),
                (computer, "disk", lambda _: computer.Disk(CAPACITY, self.free)),
                (os, "fsync", partial(self._sync, os.fsync)),
                (os, "fdatasync", partial(self._sync, os.fdatasync)),
                (os, "posix_fallocate", partial(self._allocate, os.posix_fallocate)),
            ):
                replaced.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, other)
            yield

    def statement(self, sql: str) -> None:
        """Raises what the disk makes SQLite say to it."""
        wrong = self._trouble
        if wrong is None or sql == "ROLLBACK" or (wrong == "full" and not self._is_full):
            return
        if wrong == "faulty" or sql.lstrip().startswith(_CHANGES):
            code, message = _SAID[wrong]
            error = sqlite3.OperationalError(message)
            error.sqlite_errorcode = code
            raise error

    def _usage(self, _: object) -> _Usage:
        return _Usage(CAPACITY, CAPACITY - self.free, self.free)

    def _sync(self, _: Any, file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        if self._trouble == "faulty":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode):
            self._note_folder(Path(f"/proc/self/fd/{number}"))
        else:
            self._note_file(found)

    def _allocate(self, real: Any, *args: Any) -> None:
        if self._is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(*args)


class _Connection(sqlite3.Connection):
    def __init__(self, disk: Disk, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._disk = disk

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._disk.statement(sql)
        # The cut that is survived here is a simulated one: nobody waits for this computer's own disk.
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._disk.statement(sql)
        return super().executemany(sql, *args)
