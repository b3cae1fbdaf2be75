"""Input devices without hardware: the kernel's side of the file descriptor, and the ioctls that say what a device is.

What the box reads are records of `struct input_event`, as a kernel would write them; what is faked is the boundary of
`tomb.devices.keys.Kernel` and no more.
"""

import os
import socket
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tomb.devices.key_codes import AXES, KEYS
from tomb.devices.keys import EV_KEY, EV_REL, EV_SYN, EVENT, EVIOCGRAB, SYN_DROPPED, SYN_REPORT

REL_X, REL_DIAL = 0, 7
KEYBOARD = frozenset({*range(1, 84), 87, 88, 96, 113, 114, 115})
DIGIT = {"0": 11, **{str(number): number + 1 for number in range(1, 10)}}
LETTER = {"A": 30, "B": 48, "C": 46, "D": 32, "E": 18, "F": 33}
ENTER = 28


@dataclass
class FakeDevice:
    """`path`: where it would be. What it is asked of by ioctl; what its keys and knobs do."""

    path: str
    name: str = "gpio_keys"
    phys: str = "gpio-keys/input0"
    keys: Collection[int] = ()
    axes: Collection[int] = ()
    vendor: int = 1
    product: int = 1
    readable: bool = True
    held_by_another: bool = False
    grabbed: bool = False
    opened: int = 0
    kernels: socket.socket = field(init=False)
    boxs: socket.socket = field(init=False)

    def connect(self) -> None:
        self.kernels, self.boxs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.boxs.setblocking(False)

    def disconnect(self) -> None:
        self.kernels.close()
        self.boxs.close()
        self.grabbed = False

    def send(self, *events: tuple[int, int, int]) -> None:
        """Type, code and value of each, and the report's end."""
        self.kernels.sendall(b"".join(EVENT.pack(0, 0, *each) for each in (*events, (EV_SYN, SYN_REPORT, 0))))

    def press(self, code: int) -> None:
        self.send((EV_KEY, code, 1))

    def release(self, code: int) -> None:
        self.send((EV_KEY, code, 0))

    def turn(self, notches: int, axis: int = REL_X) -> None:
        self.send((EV_REL, axis, notches))

    def lose_events(self) -> None:
        self.send((EV_SYN, SYN_DROPPED, 0))

    def type(self, text: str) -> None:
        """As readers do: all at once, and Enter."""
        for code in [*((DIGIT | LETTER)[each] for each in text.upper()), ENTER]:
            self.send((EV_KEY, code, 1), (EV_KEY, code, 0))


class FakeKernel:
    def __init__(self) -> None:
        self._plugged: dict[str, FakeDevice] = {}
        self._by_fd: dict[int, FakeDevice] = {}
        self.fault: OSError | None = None

    def plug(self, device: FakeDevice) -> FakeDevice:
        device.connect()
        self._plugged[device.path] = device
        return device

    def unplug(self, device: FakeDevice) -> None:
        """It may be plugged in again."""
        del self._plugged[device.path]
        device.disconnect()

    def close(self) -> None:
        for device in self._plugged.values():
            device.disconnect()
        self._plugged.clear()

    def devices(self) -> Mapping[str, object]:
        if self.fault is not None:
            raise self.fault
        return {path: (id(each.boxs), each.readable) for path, each in self._plugged.items()}

    def open(self, path: str) -> int:
        device = self._plugged[path]
        if not device.readable:
            raise PermissionError(13, "Permission denied", path)
        device.opened += 1
        fd = os.dup(device.boxs.fileno())
        self._by_fd[fd] = device
        return fd

    def ioctl(self, fd: int, request: int, argument: int | bytearray) -> None:
        told(self._by_fd[fd], request, argument)


def told(device: FakeDevice, request: int, argument: int | bytearray) -> None:
    """What the kernel does with an ioctl on that device."""
    if isinstance(argument, int):
        assert request == EVIOCGRAB
        if device.held_by_another:
            raise OSError(16, "Device or resource busy")
        device.grabbed = bool(argument)
        return
    kind, number, size = request >> 8 & 0xFF, request & 0xFF, request >> 16 & 0x3FFF
    assert (kind, size, request >> 30) == (ord("E"), len(argument), 2)
    argument[:] = _about(device, number).ljust(size, b"\0")[:size]


def _about(device: FakeDevice, number: int) -> bytes:
    match number:
        case 0x02:
            return struct.pack("@HHHH", 3, device.vendor, device.product, 1)
        case 0x06:
            return device.name.encode()
        case 0x07:
            return device.phys.encode()
        case 0x21:
            return _bits(device.keys, KEYS)
        case 0x22:
            return _bits(device.axes, AXES)
    raise OSError(22, "Invalid argument")


def _bits(codes: Collection[int], count: int) -> bytes:
    return sum(1 << code for code in codes).to_bytes(count // 8, "little")
