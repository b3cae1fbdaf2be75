"""What was meant by a key that is pressed? A short press, a long one, or a press that goes on while it is held.

A key has up to three meanings, and which of them it has comes with the press. They decide how soon the box can answer.
A key without a long press does what it does the moment it goes down: a child hears its press. With a long press nobody
knows yet what is meant; the key does its short press when it is let go, its long one after `LONG_S`, and no third thing
when it is let go after that. A key that repeats (louder, softer) goes on after `REPEAT_AFTER_S`, and then every
`REPEAT_EVERY_S`, for as long as it is held.

The kernel's own repetition is not used: it has one speed for all, and the box would have to be asked to change it. What
was held when its device was pulled out, or when the kernel lost events (SYN_DROPPED, Linux' event-codes.rst), is simply
not held any more: it did what it did, and a press that nobody saw the end of is none.

The machine has no clock: times come with the events. A timer may ring late, after the key was let go; then the time of
the letting go decides, as if it had rung.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, ClearTimer, SetTimer, Table, row
from tomb.models import Press

LONG_S = 0.6
REPEAT_AFTER_S = 0.5
REPEAT_EVERY_S = 0.15


class Pressed(Struct, frozen=True):
    """The key went down. `long`, `repeat`: whether it has these meanings. `at`, here and below: monotonic seconds."""

    at: float
    long: bool = False
    repeat: bool = False


class Released(Struct, frozen=True):
    """The key came up."""

    at: float


class Waited(Struct, frozen=True):
    """The timer that was set with this number rang."""

    number: int
    at: float


class Forgotten(Struct, frozen=True):
    """Nobody knows any more whether it is held."""


class Meant(Struct, frozen=True):
    """Do what the key stands for when it is pressed like that."""

    press: Press


Effect = Meant | SetTimer | ClearTimer


class Key(Struct):
    """One key of one device. `due`: when the timer rings that was set last; `timer`: its number; `repeats`: whether the
    press under way goes on while it is held."""

    state: str = "up"
    repeats: bool = False
    due: float = 0.0
    timer: int = 0
    effects: list[Effect] = field(default_factory=list)


def may_be_long(_: Key, event: Pressed) -> bool:
    return event.long


def repeats(_: Key, event: Pressed) -> bool:
    return event.repeat


def held_long(key: Key, event: Released) -> bool:
    return event.at >= key.due


def due(key: Key, event: Waited) -> bool:
    return event.number == key.timer and event.at >= key.due


def due_and_repeats(key: Key, event: Waited) -> bool:
    return due(key, event) and key.repeats


def repeating(key: Key, _: Released | Forgotten) -> bool:
    return key.repeats


def _wait(key: Key, until: float) -> None:
    key.due = until
    key.timer += 1
    key.effects.append(SetTimer(until, key.timer))


def _wait_for_more(key: Key, event: Pressed) -> None:
    key.repeats = event.repeat
    _wait(key, event.at + LONG_S)


def _do_short(key: Key, _: Pressed) -> None:
    key.repeats = False
    key.effects.append(Meant("short"))


def _do_short_and_wait(key: Key, event: Pressed) -> None:
    key.repeats = True
    key.effects.append(Meant("short"))
    _wait(key, event.at + REPEAT_AFTER_S)


def _do_short_at_last(key: Key, _: Released) -> None:
    key.effects += [ClearTimer(), Meant("short")]


def _do_long_at_last(key: Key, _: Released) -> None:
    key.effects += [ClearTimer(), Meant("long")]


def _do_long(key: Key, _: Waited) -> None:
    key.effects.append(Meant("long"))


def _do_long_and_wait(key: Key, event: Waited) -> None:
    key.effects.append(Meant("long"))
    _wait(key, event.at + REPEAT_AFTER_S)


def _repeat(key: Key, event: Waited) -> None:
    # From when it rang and not from when it was due: a box that was busy does not catch up on what nobody heard.
    key.effects.append(Meant("repeat"))
    _wait(key, event.at + REPEAT_EVERY_S)


def _stop(key: Key, _: Released | Forgotten) -> None:
    key.effects.append(ClearTimer())


KEY: Table[Key] = Table(
    "key",
    Key,
    states=("up", "down", "held"),
    initial="up",
    events=(Pressed, Released, Waited, Forgotten),
    rows=[
        row("up", Pressed, "down", when=may_be_long, do=_wait_for_more),
        row("up", Pressed, "held", when=repeats, do=_do_short_and_wait),
        row("up", Pressed, "held", do=_do_short),
        row("down", Released, "up", when=held_long, do=_do_long_at_last),
        row("down", Released, "up", do=_do_short_at_last),
        row("down", Waited, "held", when=due_and_repeats, do=_do_long_and_wait),
        row("down", Waited, "held", when=due, do=_do_long),
        row("down", Forgotten, "up", do=_stop),
        row("held", Waited, STAY, when=due_and_repeats, do=_repeat),
        row("held", Released, "up", when=repeating, do=_stop),
        row("held", Released, "up"),
        row("held", Forgotten, "up", when=repeating, do=_stop),
        row("held", Forgotten, "up"),
    ],
    # A key may have been held already when its device was found; a timer may have rung before it could be cleared.
    ignored={"up": (Released, Waited, Forgotten), "down": (Pressed,), "held": (Pressed,)},
)
