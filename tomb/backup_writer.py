"""Writes a backup onto a stick or a share: the child that tomb/devices/backup_drive.py starts, and may leave behind.

    python -m tomb.backup_writer

A share whose server is gone, and a stick that is pulled out, hold whoever touches them in the kernel, where nobody can
end him. Here that is a process which nobody waits for. One question on stdin, answers on stdout, JSON, one a line:

    > {"folder": "/media/tomb-backup/box", "below": "/media", "data": "/var/lib/tomb", "owner": "3f9a1c", "make": true}
    < {"free": 31000000000, "total": 32000000000, "largest": 4294967295, "kept": [{"name": "tomb-…", "bytes": 9000}]}
    > {"title": "kids-room", "date": "2026-11-26", "length": 9000}
    > …9000 bytes…
    < {"going_on": true}
    < {"done": "tomb-kids-room-2026-11-26-0007-3f9a1c.tar"}

Whoever asks no second question ends it by closing stdin. What is wrong: `{"refused": "absent"}`, one of `REFUSALS`.

**It never fills the disk of the box itself.** A folder in /media is an ordinary folder of the card for as long as
nothing is mounted there. So its file system must be another one than that of the data, of / and of what `below` lies
in. What lacks on the way is made, but on such a file system only. The way is gone step by step, by descriptors, and
over no links: a stick may hold one to anywhere. (A step into a mount that systemd makes on demand makes it.)

**What has its name is whole.** It is written under another name, synced, read again from the disk and compared, and
only then renamed. Only then those go that are older than the last `KEPT`; and of the whole folder nothing is ever
removed but what has a name that this box gives. They are numbered: a clock that begins in 1970 rotates nothing away.
"""

import errno
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal

from msgspec import Struct

Refusal = Literal["absent", "in_the_way", "read_only", "forbidden", "full", "too_large", "unlike", "broken"]
Report = Callable[[dict[str, object]], None]

KEPT = 3
PIECE = 1024 * 1024
BITE = 8 * PIECE  # is on the disk before the next: what lies in memory, waiting for a slow stick, holds up the card too
STRANGE = 90_000_000  # nobody makes so many backups
MARGIN = PIECE  # for names and tables
MOST_ENTRIES = 20_000  # of a folder that may be anybody's
FAT_LARGEST, LARGEST = 2**32 - 1, 2**62
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BY_ERRNO: dict[int | None, Refusal] = {
    **dict.fromkeys((errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.ESTALE, errno.EHOSTDOWN), "absent"),
    **dict.fromkeys((errno.ELOOP, errno.ENOTDIR, errno.ENAMETOOLONG), "in_the_way"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "forbidden"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "full"),
    errno.EROFS: "read_only",
    errno.EFBIG: "too_large",
}


class Refused(Exception):
    """`why`: for the program. `said`: by the kernel, if it was that."""

    def __init__(self, why: Refusal, said: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.said = said


class Question(Struct, frozen=True):
    """`below`: the folder whose own file system does not count, "" for /. `owner`: stands in the names of its files.
    `make`: what lacks on the way is made; else what is there of it is looked at."""

    folder: str
    below: str
    data: str
    owner: str
    make: bool


class Backup(Struct, frozen=True, order=True):
    """One that has its name: whole when it was written."""

    number: int
    name: str
    bytes: int


def backups(folder: int, owner: str) -> list[Backup]:
    """Those of this box, the oldest first."""
    return sorted(
        Backup(number, entry.name, entry.stat(follow_symlinks=False).st_size)
        for number, entry in _numbered(folder, owner)
        if number < STRANGE and entry.is_file(follow_symlinks=False)
    )


def opened(question: Question) -> int:
    """A descriptor of the folder, on a file system that may be written to. Raises: Refused, OSError."""
    below = Path(question.below or "/")
    ours = {Path(place).stat().st_dev for place in ("/", below.parent, question.data)}
    try:
        here = os.open(below, _FOLDER)
    except FileNotFoundError:
        raise Refused("absent") from None
    try:
        for part in Path(question.folder).relative_to(below).parts:
            there = _into(here, part, ours, make=question.make)
            if there is None:
                break
            os.close(here)
            here = there
        if os.fstat(here).st_dev in ours:
            raise Refused("absent")
    except BaseException:
        os.close(here)
        raise
    return here


def write(folder: int, asked: dict[str, object], owner: str, source: BinaryIO, report: Report) -> str:
    """Take a backup from `source`, and remove those that are too old; its name. Raises: Refused, OSError."""
    length, title = int(str(asked["length"])), str(asked["title"])
    there = backups(folder, owner)
    for entry in list(_entries(folder)):  # of a time when it was cut off
        if (
            entry.name.startswith(".tomb-")
            and entry.name.endswith(f"-{owner}.tar.half")
            and not entry.is_dir(follow_symlinks=False)
        ):
            os.unlink(entry.name, dir_fd=folder)
    if length > largest(os.fstat(folder).st_dev):
        raise Refused("too_large")
    if _free(folder) < length + MARGIN:
        raise Refused("full")
    # A number that only somebody else can have given would leave none for the next.
    number = max((number for number, _ in _numbered(folder, owner) if number < STRANGE), default=0) + 1
    name = "-".join(filter(None, ("tomb", title, str(asked["date"]), f"{number:04}", owner))) + ".tar"
    half = f".{name}.half"
    try:
        said = _taken(folder, half, source, length)
        if _read_again(folder, half, report) != said:
            raise Refused("unlike")
        os.rename(half, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(half, dir_fd=folder)
        raise
    _sync(folder)
    for old in there[: max(0, len(there) + 1 - KEPT)]:
        os.unlink(old.name, dir_fd=folder)
    _sync(folder)
    return name


def _numbered(folder: int, owner: str) -> Iterator[tuple[int, os.DirEntry[str]]]:
    """All that have such a name, be they what they are: none of them is renamed over."""
    named = re.compile(rf"tomb-(?:[a-z0-9-]+-)?\d{{4}}-\d\d-\d\d-(\d{{4,8}})-{re.escape(owner)}\.tar", re.ASCII)
    for entry in _entries(folder):
        name = named.fullmatch(entry.name)
        if name is not None:
            yield int(name[1]), entry


def _into(here: int, part: str, ours: set[int], *, make: bool) -> int | None:
    way = _FOLDER | os.O_NOFOLLOW
    try:
        return os.open(part, way, dir_fd=here)
    except FileNotFoundError:
        if os.fstat(here).st_dev in ours:
            raise Refused("absent") from None
    if not make:
        return None
    os.mkdir(part, 0o700, dir_fd=here)
    return os.open(part, way, dir_fd=here)


def _taken(folder: int, name: str, source: BinaryIO, length: int) -> str:
    """Its sum."""
    summed, left, unsynced = hashlib.sha256(), length, 0
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        while left:
            piece = source.read(min(PIECE, left))
            if not piece:
                raise Refused("broken", "the backup was cut off")
            view = memoryview(piece)
            while view:
                view = view[os.write(file, view) :]
            summed.update(piece)
            left -= len(piece)
            unsynced += len(piece)
            if unsynced >= BITE:
                unsynced = 0
                os.fdatasync(file)
                # Else it would drive out of memory what the box reads again and again.
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)  # and what is read again now comes from the disk
    finally:
        os.close(file)
    return summed.hexdigest()


def _read_again(folder: int, name: str, report: Report) -> str:
    summed = hashlib.sha256()
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        since = 0
        while piece := os.read(file, PIECE):
            summed.update(piece)
            since += len(piece)
            if since >= BITE:
                since = 0
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                report({"going_on": True})
    finally:
        os.close(file)
    return summed.hexdigest()


def _entries(folder: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= MOST_ENTRIES:
                return
            yield entry


def _free(folder: int) -> int:
    found = os.fstatvfs(folder)
    return found.f_bavail * found.f_frsize


def largest(device: int, mounts: Path = Path("/proc/self/mountinfo")) -> int:
    """What a file may have, in bytes: 4 GiB on FAT (Microsoft's specification of it), as sticks come from the shop.

    `device`: as stat(2) has it.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    with mounts.open(encoding="utf-8", errors="replace") as lines:  # proc(5); it asks no disk
        for line in lines:
            fields, _, kind = line.partition(" - ")
            if fields.split()[2] == number:
                return FAT_LARGEST if kind.split()[0] in ("vfat", "msdos") else LARGEST
    return LARGEST


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # which is what shares say that know no such thing
            raise


def _usable(folder: int) -> None:
    if os.fstatvfs(folder).f_flag & os.ST_RDONLY:
        raise Refused("read_only")
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder, effective_ids=True):
        raise Refused("forbidden")


def _answer(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    source = sys.stdin.buffer
    try:
        question = Question(**json.loads(source.readline()))
        folder = opened(question)
        _usable(folder)
        found = os.fstatvfs(folder)
        kept = [{"name": each.name, "bytes": each.bytes} for each in backups(folder, question.owner)]
        total = found.f_blocks * found.f_frsize
        _answer({"free": _free(folder), "total": total, "largest": largest(os.fstat(folder).st_dev), "kept": kept})
        if asked := source.readline():
            _answer({"done": write(folder, json.loads(asked), question.owner, source, _answer)})
    except Refused as error:
        _answer({"refused": error.why, "said": error.said})
    except OSError as error:
        _answer({"refused": _BY_ERRNO.get(error.errno, "broken"), "said": error.strerror or ""})


if __name__ == "__main__":
    main()
