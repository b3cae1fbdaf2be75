"""One process owns the data folder. A lock of the kernel, so that it never outlives its holder, `kill -9` included."""

import fcntl
import os
from pathlib import Path

from tomb.errors import FolderInUse


class FolderLock:
    """Held from construction to `release`.

    Raises: FolderInUse, naming the holder, when another process has it; OSError when the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._claim(path)
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        # The file stays: whoever removed it could remove the one that another process has just locked.
        os.close(self._file)

    def _claim(self, path: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise FolderInUse(f"the data folder {path.parent} is in use by another tomb (process {holder})") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
