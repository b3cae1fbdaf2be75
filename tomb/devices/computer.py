"""The computer that the box runs on: what it is, and how much of it is in use. Linux, by /proc (proc(5))."""

import hashlib
import os
import platform
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from os import statvfs
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

KIB = 1024
_NEVER_WRITTEN = ("iso9660", "udf", "squashfs", "erofs")


class Machine(Struct, frozen=True):
    """Memory in bytes, `memory_percent` of it in use."""

    platform: str
    platform_release: str
    platform_version: str
    architecture: str
    hostname: str
    processor: str
    python_version: str
    memory_total: int
    memory_available: int
    memory_percent: float


class Usage(Struct, frozen=True):
    """Of this process."""

    rss_bytes: int
    threads: int
    open_files: int


class Disk(Struct, frozen=True):
    """Bytes; `free` to ordinary users."""

    total: int
    free: int


def machine() -> Machine:
    memory = _fields(Path("/proc/meminfo"))
    total, available = _kib(memory, "MemTotal"), _kib(memory, "MemAvailable")
    return Machine(
        platform=platform.system(),
        platform_release=platform.release(),
        platform_version=platform.version(),
        architecture=platform.machine(),
        hostname=socket.gethostname(),
        processor=_processor(),
        python_version=platform.python_version(),
        memory_total=total,
        memory_available=available,
        memory_percent=round(100 * (total - available) / total, 1),
    )


def usage() -> Usage:
    status = _fields(Path("/proc/self/status"))
    files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Usage(_kib(status, "VmRSS"), int(status["Threads"]), files)


def time_zone() -> ZoneInfo:
    """By `TZ`, else /etc/localtime (localtime(5)), else UTC. What is no name of a zone is called "localtime"."""
    local = Path("/etc/localtime")
    name = os.environ.get("TZ", "").removeprefix(":") or str(local.resolve()).partition("/zoneinfo/")[2]
    for key in (name, "UTC"):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(key)
        with suppress(ValueError, OSError), local.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    raise OSError("there are no time zones on this computer; Debian's package tzdata has them")


def short_id(root: Path = Path("/")) -> str:
    """Six digits that stay, and that no other computer around is likely to have.

    They do not tell the machine id, which is confidential (machine-id(5)).
    """
    try:
        known = (root / "etc/machine-id").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        known = ""
    return hashlib.sha256(b"tomb " + (known or socket.gethostname()).encode()).hexdigest()[:6]


class _Mount(Struct, frozen=True):
    """`number`: of the device, as major:minor. `root`: what of its file system is mounted. `source`: as mount(8) was
    told it."""

    number: str
    root: str
    place: Path
    kind: str
    source: str


def pluggable(places: Sequence[str], data: Path, root: Path = Path("/")) -> list[str]:
    """Where in these folders sticks, drives and shares are mounted, or would be if somebody looked. No disk is asked.

    Not what the system mounts there for itself: memory, a part of a file system that is elsewhere, a partition of a
    disk that the system, or the library in `data`, is on. A backup there would be gone with what it is a backup of.
    """
    mounts, data = _mounts(root), data.resolve()
    within = [each for each in mounts if any(Path(place) in each.place.parents for place in places)]
    above_data = sorted((each for each in mounts if data.is_relative_to(each.place)), key=lambda each: each.place.parts)
    system = [*(each for each in mounts if each not in within), *above_data[-1:]]
    ours = {_disk_of(each.number, root) for each in system}
    return sorted(
        {str(each.place) for each in within if _is_pluggable(each) and _disk_of(each.number, root) not in ours}
    )


def _mounts(root: Path) -> list[_Mount]:
    """By proc(5): ID, parent, number, root, place, options, some optional fields, "-", kind, source, options."""
    found = []
    for line in (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        about, _, of = line.partition(" - ")
        _, _, number, part, place, *_ = (_plain(each) for each in about.split(" "))
        kind, source, *_ = (_plain(each) for each in of.split(" "))
        found.append(_Mount(number, part, Path(place), kind, source))
    return found


def _plain(field: str) -> str:
    """Spaces and the like are octal there."""
    return re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), field)


def _is_pluggable(mount: _Mount) -> bool:
    if mount.source.startswith("/dev/"):
        # A part of a file system is a bind mount; but Btrfs has volumes in it.
        return mount.kind not in _NEVER_WRITTEN and (mount.root == "/" or mount.kind == "btrfs")
    return mount.kind == "autofs" or ":" in mount.source or mount.source.startswith("//")  # on demand; NFS, SSH; SMB


def _disk_of(number: str, root: Path) -> str:
    """The disk that a partition is on; of what is on none the number itself."""
    device = (root / "sys/dev/block" / number).resolve()
    return (device.parent if (device / "partition").exists() else device).name


def disk(folder: Path) -> Disk:
    """Of the file system that `folder` lies on. Raises OSError."""
    found = statvfs(folder)
    return Disk(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def size_of_files(folder: Path) -> int:
    """Bytes of the files in a folder that may not be there. Raises OSError."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) if folder.is_dir() else 0


def _processor() -> str:
    # A Pi says "Model", a PC "model name"; platform.processor() would start a child process to say neither.
    about = _fields(Path("/proc/cpuinfo"))
    return about.get("model name") or about.get("Model") or platform.machine()


def _fields(path: Path) -> dict[str, str]:
    pairs = (line.partition(":") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _kib(fields: dict[str, str], name: str) -> int:
    return int(fields[name].split()[0]) * KIB


def waits_for_disk(thread: int | None) -> bool:
    """Whether this thread of ours (its native id) sits in the kernel until a disk, or a network's share, answers."""
    try:
        status = Path(f"/proc/self/task/{thread}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False  # it is over, or there is no /proc
    return status.rpartition(") ")[2].startswith("D")
