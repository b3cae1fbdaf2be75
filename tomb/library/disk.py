"""The data folder on its disk: who owns it, what a power cut must not take, and space for when the disk is full."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tomb.errors import FolderInUse

RESERVE = 4 * 1024 * 1024
LOW = 1024 * 1024  # a start needs an eighth of it, beside copies of the database


def made(cached: Path) -> Path:
    """A folder in the cache, made anew where somebody has emptied that; but never the data folder, which it is to be
    noticed of that it is gone. Raises: OSError."""
    cached.parent.mkdir(exist_ok=True)
    cached.mkdir(exist_ok=True)
    return cached


def sync(path: Path) -> None:
    """What is in a file, or the names in a folder, survive a power cut from now on. Raises: OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def below(folder: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """All that is in a folder, what contains before what it contains, however deep: a walk that calls itself ends with
    the stack, in a thousand folders. Links are not followed.

    `unreadable`: called for a folder that cannot be read, and the rest is gone through. Raises: OSError without it.
    """
    waiting = [folder]
    while waiting:
        try:
            entries = [*os.scandir(waiting.pop())]
        except OSError as error:
            if unreadable is None:
                raise
            unreadable(error)
            continue
        yield from map(Path, entries)
        waiting += [Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]


def identity(path: Path) -> tuple[int, int] | None:
    """Which file it is that the path leads to: device and inode; None where it leads nowhere."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_mounted(path: Path) -> bool:
    """Whether a disk is mounted there: a stick that is missing leaves an empty folder behind."""
    try:
        return os.path.ismount(path)
    except OSError:
        return False


class FolderLock:
    """One process owns the data folder, from construction to `release`.

    It is a lock of the kernel, so it never outlives its holder, `kill -9` included. The folder is locked beside the
    file, which says whose it is but may be tidied away; not every file system of a network has locks of folders.
    Raises: FolderInUse, naming the holder, when another process has it; OSError when the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._claim(path)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        # The file stays: whoever removed it could remove the one that another process has just locked.
        os.close(self._file)
        os.close(self._folder)

    def _claim(self, path: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._claim_folder()
        except BlockingIOError as error:
            holder, url, *_ = *os.pread(self._file, 200, 0).decode("ascii", "replace").split(), "", ""
            said = f"the data folder {path.parent} is in use by another tomb (process {holder or 'unknown'})"
            raise FolderInUse(said, url or None) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def _claim_folder(self) -> None:
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
            # No locks of folders here: the file's has to do.


def note_address(folder: Path, url: str) -> None:
    """Let whoever finds the folder in use know where its holder, which is this process, answers."""
    with suppress(OSError), (folder / "tomb.lock").open("r+b") as file:
        os.pwrite(file.fileno(), f"{os.getpid()}\n{url}\n".encode(), 0)


class Reserve:
    """A file that is there only to be given up when the disk is full.

    A deletion must be written down before it frees anything, and a start leases numbers: on a disk without a free page
    neither would go, and nobody could get out of that state by the box's own means. A transaction writes each page of
    the database once at most, so a reserve as large as the database, and some for what lies beside it, is enough for
    any deletion. It is taken from the first moment that the folder is open, and again as soon as it was used.

    `free_kept`: bytes that are to be left free on the disk. Whoever wants none left free wants no reserve.
    """

    def __init__(self, folder: Path, free_kept: int) -> None:
        self._path = folder / "reserve"
        self._database = folder / "tomb.db"
        self._wanted = free_kept >= RESERVE

    def fill(self) -> None:
        """Take what is lacking, or all there is: whoever cannot delete has no use for the rest. Raises: OSError."""
        if not self._wanted:
            return
        size, held = RESERVE + _size(self._database), _size(self._path)
        if held >= size:
            return
        taken = min(size, held + shutil.disk_usage(self._path.parent).free)
        if taken > held:
            with self._path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, taken)

    def release(self) -> bool:
        """Give it up; whether there was any."""
        with suppress(OSError):
            self._path.unlink()
            return True
        return False

    def release_if_low(self) -> None:
        """Before a start, which may have to copy the database, and to make another one of it."""
        if shutil.disk_usage(self._path.parent).free < LOW + 3 * _size(self._database):
            self.release()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
