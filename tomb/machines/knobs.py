"""How far is meant by a knob that is turned? Slowly, each notch counts once; quickly, it counts for more.

A knob says nothing but that it went on by a notch, this way or that. How fast it is turned is the time between two
notches: under `QUICK_S` each counts `QUICK` times, under `FAST_S` it counts `FAST` times. So one turn of the hand goes
from soft to loud, and a child that turns with one finger finds the step between. It gets faster by one stage at a time:
contacts bounce, and a single pair of notches that follow each other at once is no hurry. Whoever turns the other way
begins anew, since a knob is turned back to get nearer to something.

A machine is for one axis of one device. Several notches may come at once, from a box that was busy or a kernel that
adds them up; they are so many notches, and as fast as one of them would be.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, Table, row
from tomb.models import Press

QUICK_S, QUICK = 0.12, 2
FAST_S, FAST = 0.04, 4


class Turned(Struct, frozen=True):
    """By so many notches, against the clock if below 0, never 0. `at`: monotonic seconds."""

    notches: int
    at: float


class Meant(Struct, frozen=True):
    """Do what the knob stands for when it is turned that way, `steps` times."""

    press: Press
    steps: int


class Knob(Struct):
    """`last`: when it was turned last, and `clockwise`: which way."""

    state: str = "slow"
    last: float = float("-inf")
    clockwise: bool = True
    effects: list[Meant] = field(default_factory=list)


def back(knob: Knob, event: Turned) -> bool:
    return (event.notches > 0) != knob.clockwise


def lingering(knob: Knob, event: Turned) -> bool:
    return back(knob, event) or event.at - knob.last >= QUICK_S


def quick(knob: Knob, event: Turned) -> bool:
    return not lingering(knob, event)


def fast(knob: Knob, event: Turned) -> bool:
    return quick(knob, event) and event.at - knob.last < FAST_S


def _turn(knob: Knob, event: Turned, times: int) -> None:
    knob.last, knob.clockwise = event.at, event.notches > 0
    knob.effects.append(Meant("turn+" if knob.clockwise else "turn-", abs(event.notches) * times))


def _turn_once(knob: Knob, event: Turned) -> None:
    _turn(knob, event, 1)


def _turn_quickly(knob: Knob, event: Turned) -> None:
    _turn(knob, event, QUICK)


def _turn_fast(knob: Knob, event: Turned) -> None:
    _turn(knob, event, FAST)


KNOB: Table[Knob] = Table(
    "knob",
    Knob,
    states=("slow", "quick", "fast"),
    initial="slow",
    events=(Turned,),
    rows=[
        row("slow", Turned, "quick", when=quick, do=_turn_quickly),
        row("slow", Turned, STAY, do=_turn_once),
        row("quick", Turned, "fast", when=fast, do=_turn_fast),
        row("quick", Turned, STAY, when=quick, do=_turn_quickly),
        row("quick", Turned, "slow", do=_turn_once),
        row("fast", Turned, STAY, when=fast, do=_turn_fast),
        row("fast", Turned, "quick", when=quick, do=_turn_quickly),
        row("fast", Turned, "slow", do=_turn_once),
    ],
    ignored={},
)
