"""Buttons, knobs, remotes and keyboards: whatever Linux calls an input device, found and lost while the box runs.

There is no package in between. `evdev` has no wheel for any computer and would need a compiler on each Pi; what the box
needs of the kernel's interface is one record of a fixed size (`struct input_event` in linux/input.h) and five ioctls,
none of which has changed since Linux 2.6.

A device is a file, so there is no thread either: each has a task that waits until its file can be read. What cannot be
waited for is a new file; the folder is looked through every `LOOK_S`. What was looked at and is none for us (a mouse, a
touch screen, a jack that tells of its plug, one that we may not read) is left alone until its file is another one, or
another one's: udev gives a device away only after the kernel made its file.

A device is *grabbed* when its owner says so: then its keys come here and nowhere else, not to a console either. Mice
and touch screens are never taken: a child's fingers on the screen are no keys.
"""

import fcntl
import hashlib
import os
import struct
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import trio
from msgspec import Struct

from tomb.devices.key_codes import AXES, BTN_LEFT, BTN_TOUCH, DIGITS, KEY_A, KEY_ENTER, KEYS
from tomb.errors import Broken
from tomb.models import DeviceKind, KeyDevice
from tomb.ports import Ports

LOOK_S: Final = 2.0
INPUT_FOLDER: Final = Path("/dev/input")
EVENT: Final = struct.Struct("@llHHi")  # struct input_event: seconds, microseconds, type, code, value
FEW_KEYS: Final = 8
READ_AT_ONCE: Final = 64 * EVENT.size

EV_SYN, EV_KEY, EV_REL = 0, 1, 2
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1  # and 2: it repeats, as the kernel would have it


class Found(Struct, frozen=True):
    """`keys`, `axes`: the codes of those it has. Two devices may have one id, if they are made alike and say nothing of
    where they are: they count as one."""

    device: KeyDevice
    keys: frozenset[int]
    axes: frozenset[int]


class Gone(Struct, frozen=True):
    device: KeyDevice


class KeyMoved(Struct, frozen=True):
    device_id: str
    code: int
    down: bool


class KnobMoved(Struct, frozen=True):
    """By so many notches, against the clock if below 0."""

    device_id: str
    axis: int
    notches: int


class Confused(Struct, frozen=True):
    """The kernel lost events of this device: nobody knows what is held."""

    device_id: str


Input = Found | Gone | KeyMoved | KnobMoved | Confused
Sink = Callable[[Input], None]


class Kernel(Protocol):
    """What is asked of Linux. All raise OSError."""

    def devices(self) -> Mapping[str, object]:
        """The path of each device file, and what is another thing when the file is another one, or another one's."""

    def open(self, path: str) -> int:
        """A file descriptor that does not block."""

    def ioctl(self, fd: int, request: int, argument: int | bytearray) -> None:
        """A buffer is filled in."""


class Linux:
    def __init__(self, folder: Path = INPUT_FOLDER) -> None:
        self._folder = folder

    def devices(self) -> Mapping[str, object]:
        found = {}
        with suppress(FileNotFoundError):  # a computer without any input device has no folder for them either
            for path in self._folder.glob("event*"):
                with suppress(FileNotFoundError):
                    stat = path.stat()
                    found[str(path)] = (stat.st_ino, stat.st_ctime_ns)
        return found

    def open(self, path: str) -> int:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def ioctl(self, fd: int, request: int, argument: int | bytearray) -> None:
        fcntl.ioctl(fd, request, argument)


def _read(number: int, size: int) -> int:
    """An ioctl of linux/input.h that fills a buffer, `_IOC(_IOC_READ, 'E', …)` of asm-generic/ioctl.h."""
    return 2 << 30 | size << 16 | ord("E") << 8 | number


EVIOCGRAB: Final = 1 << 30 | 4 << 16 | ord("E") << 8 | 0x90
_ID, _NAME, _PHYS, _BITS = 0x02, 0x06, 0x07, 0x20
_TEXT: Final = 256


class _Open:
    """A device that is read."""

    def __init__(self, fd: int, found: Found) -> None:
        self.fd = fd
        self.found = found
        self.device = found.device
        self.grabbed = False
        self.lost_track = False  # of events, until the kernel begins a new report

    def events_in(self, data: bytes) -> list[Input]:
        events: list[Input] = []
        for _, _, kind, code, value in EVENT.iter_unpack(data[: len(data) // EVENT.size * EVENT.size]):
            if (kind, code) == (EV_SYN, SYN_DROPPED):
                self.lost_track = True
                events.append(Confused(self.device.id))
            elif (kind, code) == (EV_SYN, SYN_REPORT):
                self.lost_track = False
            elif self.lost_track:
                continue
            elif kind == EV_KEY and value in (UP, DOWN):
                events.append(KeyMoved(self.device.id, code, value == DOWN))
            elif kind == EV_REL and value:
                events.append(KnobMoved(self.device.id, code, value))
        return events


class InputDevices:
    """One run at a time. `kernel` is the computer's own unless a test hands in another."""

    def __init__(self, ports: Ports, kernel: Kernel | None = None) -> None:
        self._ports = ports
        self._kernel = kernel or Linux()
        self._open: dict[str, _Open] = {}
        self._passed_over: dict[str, object] = {}  # by path, as the kernel showed it
        self._wanted: Collection[str] = ()

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look for devices and tell what happens on them, until cancelled. Started when those that are there are read.

        Raises Broken where the folder of devices cannot be looked through.
        """
        async with trio.open_nursery() as nursery:
            while True:
                try:
                    new = await self._ports.in_thread(self._look)
                except OSError as error:
                    raise Broken(f"The input devices cannot be looked at: {error.strerror}.") from error
                for path, found in new:
                    self._open[path] = found
                    nursery.start_soon(self._serve, path, found, see)
                    see(found.found)
                self._regrab()
                task_status.started()
                task_status = trio.TASK_STATUS_IGNORED
                await trio.sleep(LOOK_S)

    def grab(self, device_ids: Collection[str]) -> None:
        """These, and only these, are to be grabbed from now on. Another program that holds one keeps it until it is
        done; so it is tried again at each look."""
        self._wanted = device_ids
        self._regrab()

    def _regrab(self) -> None:
        for each in self._open.values():
            wanted = each.device.id in self._wanted
            if wanted != each.grabbed:
                with suppress(OSError):  # EBUSY, or it was pulled out at this moment, which its own task finds out
                    self._kernel.ioctl(each.fd, EVIOCGRAB, int(wanted))
                    each.grabbed = wanted

    def _look(self) -> list[tuple[str, _Open]]:
        there = self._kernel.devices()
        self._passed_over = {path: seen for path, seen in self._passed_over.items() if there.get(path) == seen}
        new = [path for path in there if path not in self._open and path not in self._passed_over]
        found = []
        for path in sorted(new):
            opened = self._try(path)
            if opened is None:
                self._passed_over[path] = there[path]
            else:
                found.append((path, opened))
        return found

    def _try(self, path: str) -> _Open | None:
        """None: it is nothing for us, or we may not, or it is gone again."""
        try:
            fd = self._kernel.open(path)
        except OSError:
            return None
        try:
            found = self._examine(fd)
        except OSError:
            found = None
        if found is None:
            os.close(fd)
            return None
        return _Open(fd, found)

    def _examine(self, fd: int) -> Found | None:
        keys, axes = self._bits(fd, EV_KEY, KEYS), self._bits(fd, EV_REL, AXES)
        kind = kind_of(keys, axes)
        if kind is None:
            return None
        number = bytearray(8)
        self._kernel.ioctl(fd, _read(_ID, 8), number)
        _, vendor, product, _ = struct.unpack("@HHHH", number)
        name = self._text(fd, _NAME)
        made_of = f"{vendor:04x}:{product:04x}:{name}:{self._text(fd, _PHYS)}"
        device_id = hashlib.sha256(made_of.encode()).hexdigest()[:16]
        return Found(KeyDevice(id=device_id, name=name or "?", kind=kind), keys, axes)

    def _bits(self, fd: int, kind: int, count: int) -> frozenset[int]:
        buffer = bytearray(count // 8)
        self._kernel.ioctl(fd, _read(_BITS + kind, len(buffer)), buffer)
        return frozenset(code for code in range(count) if buffer[code // 8] >> code % 8 & 1)

    def _text(self, fd: int, number: int) -> str:
        buffer = bytearray(_TEXT)
        with suppress(OSError):  # ENOENT: it has none
            self._kernel.ioctl(fd, _read(number, _TEXT), buffer)
        text = buffer.partition(b"\0")[0].decode(errors="replace")
        return "".join(letter for letter in text if letter.isprintable()).strip()  # a stranger's words

    async def _serve(self, path: str, opened: _Open, see: Sink) -> None:
        try:
            while data := await _next(opened.fd):
                for event in opened.events_in(data):
                    see(event)
        finally:
            trio.lowlevel.notify_closing(opened.fd)
            os.close(opened.fd)
            del self._open[path]
            see(Gone(opened.device))


async def _next(fd: int) -> bytes:
    """Nothing when the device is gone."""
    while True:
        await trio.lowlevel.wait_readable(fd)
        try:
            return os.read(fd, READ_AT_ONCE)
        except BlockingIOError:
            continue
        except OSError:  # ENODEV: it was pulled out
            return b""


def kind_of(keys: Collection[int], axes: Collection[int]) -> DeviceKind | None:
    """Of a device with these keys and axes; None for mice, touch screens, and what has neither."""
    if BTN_LEFT in keys or BTN_TOUCH in keys:
        return None
    if {KEY_A, KEY_ENTER, *list(DIGITS)[:10]} <= set(keys):
        return "keyboard"
    if axes and len(keys) < FEW_KEYS:  # the media keys of many a keyboard claim to have a wheel
        return "knob"
    return "buttons" if keys else None
