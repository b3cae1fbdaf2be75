"""Disks with a will of their own: full to the page, not to be written, or without power. Mounting them needs root."""

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOKS = 20
# fs/ext4/ext4.h; xfstests' `godown -f` does the same. _IOR('X', 125, __u32), EXT4_GOING_FLAGS_NOLOGFLUSH.
SHUTDOWN = 0x8004587D
WITHOUT_LOG = struct.pack("I", 2)


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A tmpfs, mounted on `folder`."""

    folder: Path

    @property
    def free(self) -> int:
        """Bytes."""
        seen = os.statvfs(self.folder)
        return seen.f_bavail * seen.f_frsize

    def leave(self, kib: int) -> None:
        """Let somebody else fill it, but for so many KiB (a multiple of 4: it gives room by the page)."""
        self.clear()
        with self._filler.open("wb") as file:
            for _ in range(LOOKS):  # a box that runs beside may write or free a page just then
                size = os.fstat(file.fileno()).st_size + self.free - kib * 1024
                os.ftruncate(file.fileno(), size)
                os.posix_fallocate(file.fileno(), 0, size)
                if self.free == kib * 1024:
                    return
        raise AssertionError(f"{self.free} bytes are free, though there were to be {kib} KiB")

    def clear(self) -> None:
        self._filler.unlink(missing_ok=True)

    @contextmanager
    def full(self, kib: int = 0) -> Iterator[None]:
        """Full, but for so many KiB, for a while."""
        self.leave(kib)
        try:
            yield
        finally:
            self.clear()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """For a while, in which nobody may have a file on it open for writing."""
        _run("mount", "-o", "remount,ro", self.folder)
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", self.folder)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"


@contextmanager
def small_disk(folder: Path, mib: int = 16) -> Iterator[SmallDisk]:
    """`folder` is made, and is a disk of that size meanwhile."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder)
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", folder)


@dataclass(frozen=True, slots=True)
class Ext4Disk:
    """An ext4 file system in the file `image`, mounted on `folder`."""

    folder: Path
    image: Path

    def sync(self) -> None:
        """As a computer does that is switched off in order, when a container of this one is."""
        _run("sync", "--file-system", self.folder)

    def cut_power(self) -> None:
        """Neither dirty pages nor the journal reach the disk any more; what touches it gets an I/O error."""
        disk = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(disk, SHUTDOWN, WITHOUT_LOG)
        finally:
            os.close(disk)

    def restore_power(self, *, examined: bool = False) -> None:
        """What was synced is there again, and what the kernel had written out by itself.

        `examined`: as a computer examines the disk that it starts from; a disk that needs more than that is a failure.
        """
        # Whoever has a mount namespace of his own, as a pcscd of the tests has, may hold the dead file system for as
        # long as he lives, and a child of the box that was killed for the moment that it needs to follow; the same
        # image would be the same file system. A copy of it is another one.
        _run("umount", "--lazy", self.folder)
        self.plug_in(examined=examined)

    def pull_out(self) -> None:
        """As somebody does who does not ask: what is open of it is dead, and where it was is an empty folder."""
        self.cut_power()
        _run("umount", "--lazy", self.folder)

    def plug_in(self, *, examined: bool = False) -> None:
        """Another device, as a stick is that is put in again. See `restore_power`."""
        copy = self.image.with_suffix(".copy")
        _run("cp", "--sparse=always", self.image, copy)
        copy.replace(self.image)
        if examined:
            _run("e2fsck", "-p", self.image)  # replays the journal; anything to mend is an error
            _run("e2fsck", "-f", "-n", self.image)
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", self.image, self.folder)

    def remount(self, options: str) -> None:
        _run("mount", "-o", f"remount,{options}", self.folder)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing may be open for writing."""
        self.remount("ro")
        try:
            yield
        finally:
            self.remount("rw")

    def fail(self) -> None:
        """An error within the file system, to which the kernel reacts as it was told to when the disk was mounted."""
        [device] = [
            line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if f" {self.folder} " in line
        ]
        (Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error").write_text("for a test")

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """For a while nothing can be changed, not even through files that are open.

        (The kernel makes no disk read-only while a file on it is open for writing. Immutable files are as good: ext4
        looks at each write, see ext4_write_checks in fs/ext4/file.c. What SQLite shares between connections is memory
        that has a file's name only; ext4 would let whoever writes to it die of SIGBUS, which a failing card does not.)
        """
        files = [path for path in self.folder.rglob("*") if not path.name.endswith("-shm")]
        _run("chattr", "+i", self.folder, *files)
        try:
            yield
        finally:
            _run("chattr", "-R", "-i", self.folder)


@contextmanager
def ext4_disk(folder: Path, mib: int = 512) -> Iterator[Ext4Disk]:
    """`folder` is made, and is a disk of that size meanwhile; only what is written to it takes room."""
    folder.mkdir()
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(mib * 1024 * 1024)
    _run("mkfs.ext4", "-q", "-F", image)
    disk = Ext4Disk(folder, image)
    disk.mount()
    try:
        yield disk
    finally:
        _run("umount", "--lazy", folder)
        image.unlink()


def _run(*command: str | Path) -> None:
    env = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    subprocess.run(command, check=True, env=env)
