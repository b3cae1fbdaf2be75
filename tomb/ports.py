"""The seams to the world outside the program: wall clock, identifiers, chance, threads, and the computer's switch.

Everything else asks here, so that the whole box runs unchanged on `trio.testing.MockClock`: durations and deadlines
come from Trio's own clock, and what Trio cannot fake comes from a `Ports` object that is handed in. MockClock's
autojump counts a worker thread as idle and leaps while the thread works, therefore `VirtualPorts` runs thread hops
inline.
"""

import os
import random
import time
import uuid
from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

import trio
from msgspec import Struct, field

from tomb.errors import Unavailable

DECODING, HTTP_FILES, DISK = 8, 16, 16
DRAWN = 16 * 64  # bytes of chance, fetched at once from the kernel
POWER_OFF_S = 10.0

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Limiters(Struct, frozen=True):
    """How many threads each kind of blocking work may hold at once, so that none of it starves another.

    Trio's own limiter is one for everybody: forty clients that fetch files from a slow card hold all of its threads,
    and the decoder, whose next second of music is due, waits behind them. A thread that was left behind (`abandon`)
    goes on holding its place until its call returns, hence more places than are needed at any one time.
    """

    decoding: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(DECODING))
    http_files: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(HTTP_FILES))
    disk: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(DISK))
    portaudio: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(1))  # it is not thread-safe


class Ports(Protocol):
    """What a part of the box may ask of the outside world."""

    @property
    def limiters(self) -> Limiters:
        """For blocking work that shares its threads with others of its kind; who needs more order makes his own."""

    def wall(self) -> float:
        """Seconds since the epoch. May jump: a Pi has no clock until the network gave it one."""

    def new_id(self) -> str:
        """A new identifier, unique for all time: a UUID in its 36-character form."""

    def permutation(self, count: int) -> tuple[int, ...]:
        """The numbers below `count` in a random order."""

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        """Run a blocking call. `limiter`: by default that of the disk. `abandon`: on cancellation leave the thread
        behind instead of waiting for it."""

    async def power_off(self) -> None:
        """Have the computer switched off; it ends the box in its own time. Raises Unavailable where that cannot be."""


class RealPorts:
    def __init__(self) -> None:
        self.limiters = Limiters()
        self._drawn = ""  # hexadecimal digits that nobody was given yet

    def wall(self) -> float:
        return time.time()

    def new_id(self) -> str:
        # As `uuid.uuid4` makes one, version 4 and variant 2 (RFC 9562, 5.4), without the object and without asking the
        # kernel for each: a command needs three.
        self._drawn = self._drawn or os.urandom(DRAWN).hex()
        drawn, self._drawn = self._drawn[:32], self._drawn[32:]
        variant = "89ab"[int(drawn[16], 16) & 3]
        return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"

    def permutation(self, count: int) -> tuple[int, ...]:
        return tuple(random.sample(range(count), count))

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        return await trio.to_thread.run_sync(
            call, *args, limiter=limiter or self.limiters.disk, abandon_on_cancel=abandon
        )

    async def power_off(self) -> None:
        # systemd's logind decides: it lets root, and whoever a polkit rule for org.freedesktop.login1.power-off names.
        command = ("systemctl", "poweroff", "--no-ask-password")
        try:
            with trio.fail_after(POWER_OFF_S):
                done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
        except FileNotFoundError:
            raise Unavailable("there is no systemd here that could switch the computer off") from None
        except trio.TooSlowError:
            raise Unavailable("the computer did not answer whether it may be switched off") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise Unavailable(f"the computer may not be switched off from here: {said or done.returncode}")


class VirtualPorts:
    """Deterministic: the wall clock follows Trio's, identifiers and chance follow a seed, threads are inline."""

    def __init__(self, seed: int = 0, epoch: float = 1_750_000_000.0) -> None:
        self._random = random.Random(seed)
        self._epoch = epoch
        self.limiters = Limiters()
        self.powered_off = False
        self.may_power_off = True

    def wall(self) -> float:
        return self._epoch + trio.current_time()

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def permutation(self, count: int) -> tuple[int, ...]:
        return tuple(self._random.sample(range(count), count))

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        await trio.lowlevel.checkpoint()
        return call(*args)

    async def power_off(self) -> None:
        await trio.lowlevel.checkpoint()
        if not self.may_power_off:
            raise Unavailable("the computer may not be switched off from here")
        self.powered_off = True


def monotonic_ns() -> int:
    """A monotonic clock for code that runs outside Trio: the audio callback and the reader's thread."""
    return time.monotonic_ns()
