"""Is there a device? One that comes and goes, with a stand-in for a box that never had it.

Nobody tells the box that a sound card was plugged in. It has to try, and each try costs something: a look at the USB, a
conversation with a daemon, a state that is told to all clients. So the machine decides when to try again. It tries soon
after the first failure and ever later after the next ones, and it goes back to "soon" only when the device has been up
for `STEADY_S`: one with a loose plug arrives as often as it is tried, and an arrival alone would let it be attached and
lost ten times a second for ever.

Until the real device is there for the first time, a stand-in may take its place. Once it was there, its absence is a
fault and no reason to pretend: a box whose loudspeaker was pulled out says so, it does not play to itself.

A service of the box (the watch on the inbox, a sweep) is looked after by the same table: it has no stand-in, and is
there as soon as it runs.

The machine has no clock: times come with the events. Each try has a number, which is given out here, and which comes
back with whatever becomes of it: with the device that appeared, with its loss, with the timer that was set for it. An
event of another number is about a try that is over, such as a driver's thread that was given up and comes back after
all, or a timer that had rung before it was set anew: the table refuses it.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, SetTimer, Table, row

SOON_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds from a failure until the next try, by how many failures there were in a row; the last one from there on."""

STEADY_S = 30.0
"""Seconds. Longer than any device of ours takes to turn out to be broken (a smart card daemon that hangs is found out
after 15 s), so that none is taken for steady that only fails slowly; and longer than the longest pause, so that it is
up for most of the time."""


class Begin(Struct, frozen=True):
    """The box starts."""


class Appeared(Struct, frozen=True):
    """The device is there and works. `at`, here and below: monotonic seconds."""

    attempt: int
    at: float


class Lost(Struct, frozen=True):
    """It could not be found or opened; or it was there, and is not any more. `reason`: for people."""

    attempt: int
    at: float
    reason: str


class RetryDue(Struct, frozen=True):
    """The timer for the next try rang. `number`: that of the try."""

    number: int


class Try(Struct, frozen=True):
    """Look for the device, and serve it when it is there."""

    attempt: int


class UseReal(Struct, frozen=True):
    """From now on the real device counts."""


class UseStandIn(Struct, frozen=True):
    """Serve the stand-in; from now on it counts."""


class DismissStandIn(Struct, frozen=True):
    """Stop serving it."""


class Withdraw(Struct, frozen=True):
    """From now on there is none."""

    reason: str


Effect = Try | SetTimer | UseReal | UseStandIn | DismissStandIn | Withdraw


class Device(Struct):
    """`real`, `stand_in`: whether there is one to look for. `attempt`: the try that is under way or, if `waiting`, the
    next one. `failures`: in a row, as far as they count."""

    real: bool = True
    stand_in: bool = False
    pauses: tuple[float, ...] = SOON_S
    state: str = "absent"
    attempt: int = 0
    waiting: bool = False
    failures: int = 0
    up_since: float = 0.0
    effects: list[Effect] = field(default_factory=list)


def has_real(device: Device, _: Begin) -> bool:
    return device.real


def has_only_stand_in(device: Device, _: Begin) -> bool:
    return device.stand_in and not device.real


def current(device: Device, event: Appeared | Lost) -> bool:
    return event.attempt == device.attempt and not device.waiting


def current_with_stand_in(device: Device, event: Lost) -> bool:
    return current(device, event) and device.stand_in


def current_and_steady(device: Device, event: Lost) -> bool:
    return current(device, event) and event.at - device.up_since >= STEADY_S


def awaited(device: Device, event: RetryDue) -> bool:
    return event.number == device.attempt and device.waiting


def _begin(device: Device, _: Begin) -> None:
    device.attempt = 1
    device.effects.append(Try(1))


def _try(device: Device, event: RetryDue) -> None:
    device.waiting = False
    device.effects.append(Try(event.number))


def _use(device: Device, event: Appeared) -> None:
    device.up_since = event.at
    device.effects.append(UseReal())


def _take_over(device: Device, event: Appeared) -> None:
    device.effects.append(DismissStandIn())
    _use(device, event)


def _pretend(device: Device, _: Begin) -> None:
    device.effects.append(UseStandIn())


def _retry(device: Device, event: Lost) -> None:
    device.failures += 1
    device.attempt += 1
    device.waiting = True
    pause = device.pauses[min(device.failures, len(device.pauses)) - 1]
    device.effects.append(SetTimer(event.at + pause, device.attempt))


def _pretend_and_retry(device: Device, event: Lost) -> None:
    device.effects.append(UseStandIn())
    _retry(device, event)


def _withdraw_and_retry(device: Device, event: Lost) -> None:
    device.effects.append(Withdraw(event.reason))
    _retry(device, event)


def _withdraw_and_retry_soon(device: Device, event: Lost) -> None:
    device.failures = 0
    _withdraw_and_retry(device, event)


DEVICE: Table[Device] = Table(
    "device",
    Device,
    states=("absent", "pretending", "up", "down"),
    initial="absent",
    events=(Begin, Appeared, Lost, RetryDue),
    rows=[
        row("absent", Begin, STAY, when=has_real, do=_begin),
        row("absent", Begin, "pretending", when=has_only_stand_in, do=_pretend),
        row("absent", Appeared, "up", when=current, do=_use),
        row("absent", Lost, "pretending", when=current_with_stand_in, do=_pretend_and_retry),
        row("absent", Lost, "down", when=current, do=_withdraw_and_retry),
        row("pretending", Appeared, "up", when=current, do=_take_over),
        row("pretending", Lost, STAY, when=current, do=_retry),
        row("pretending", RetryDue, STAY, when=awaited, do=_try),
        row("up", Lost, "down", when=current_and_steady, do=_withdraw_and_retry_soon),
        row("up", Lost, "down", when=current, do=_withdraw_and_retry),
        row("down", Appeared, "up", when=current, do=_use),
        row("down", Lost, STAY, when=current, do=_retry),
        row("down", RetryDue, STAY, when=awaited, do=_try),
    ],
    # A device may say more than once that it is there; a timer runs only while there is none.
    ignored={
        "absent": (RetryDue,),
        "pretending": (Begin,),
        "up": (Begin, Appeared, RetryDue),
        "down": (Begin,),
    },
)
