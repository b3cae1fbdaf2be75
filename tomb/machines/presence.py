"""Is a tag lying on the box? One placement is one tap, however the reading wobbles.

A reader never says "placed" or "lifted". It says what it read, many times a second, and a tag at the edge of the field
comes and goes. So a tag that is not read any more is not gone: it is *fading*, and only when it has not been read for
the whole of `grace` was it lifted. A reading that comes before that is the same placement going on; one that comes
later is a new tap, even if the timer that should have said so is late: the times in the events decide, not the order
in which they arrive. Another tag in the field means that the first one was lifted, without any grace.

The machine has no clock. It asks for a timer and the owner answers with `Waited`; it has at most one timer running.
Each has a number of its own, so that one that rang for an earlier wobble cannot end a later one. A reader that is lost
is `Missed` like any other: if it is back within the grace, nothing happened.

A machine is for one reader. Whose the tag is that lies there, a linking session's or playing's, is none of its business
(tomb.nurseries.linking).
"""

from dataclasses import dataclass, field

from tomb.machines.table import STAY, ClearTimer, SetTimer, Table, row

GRACE = 0.6
"""Seconds. Shorter, and a wobbling tag stutters; longer, and lifting a tag to pause feels dead."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The reader read this tag. `at`, here and below: monotonic seconds."""

    tag_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Missed:
    """The reader read nothing, or there is no reader."""

    at: float


@dataclass(frozen=True, slots=True)
class Waited:
    """The timer that was set with this number rang."""

    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Placed:
    tag_id: str


@dataclass(frozen=True, slots=True)
class Lifted:
    tag_id: str


Effect = Placed | Lifted | SetTimer | ClearTimer


@dataclass(slots=True)
class Presence:
    """What lies on one reader. `tag_id` is the tag that was placed and not lifted, `due` when a fading one is gone,
    `timer` the number of the timer that was set last."""

    grace: float = GRACE
    state: str = "absent"
    tag_id: str | None = None
    due: float = 0.0
    timer: int = 0
    effects: list[Effect] = field(default_factory=list)


def same_tag(presence: Presence, event: Seen) -> bool:
    return event.tag_id == presence.tag_id


def same_tag_in_time(presence: Presence, event: Seen) -> bool:
    return same_tag(presence, event) and not overdue(presence, event)


def overdue(presence: Presence, event: Seen | Missed | Waited) -> bool:
    return event.at >= presence.due


def waited_for_it(presence: Presence, event: Waited) -> bool:
    return event.number == presence.timer and overdue(presence, event)


def _place(presence: Presence, event: Seen) -> None:
    presence.tag_id = event.tag_id
    presence.effects.append(Placed(event.tag_id))


def _fade(presence: Presence, event: Missed) -> None:
    presence.due = event.at + presence.grace
    presence.timer += 1
    presence.effects.append(SetTimer(presence.due, presence.timer))


def _recover(presence: Presence, _: Seen) -> None:
    presence.effects.append(ClearTimer())


def _lift(presence: Presence, _: Seen | Missed | Waited) -> None:
    assert presence.tag_id is not None
    presence.effects.append(Lifted(presence.tag_id))
    presence.tag_id = None


def _swap(presence: Presence, event: Seen) -> None:
    _lift(presence, event)
    _place(presence, event)


def _swap_faded(presence: Presence, event: Seen) -> None:
    presence.effects.append(ClearTimer())
    _swap(presence, event)


def _lift_faded(presence: Presence, event: Missed) -> None:
    presence.effects.append(ClearTimer())
    _lift(presence, event)


PRESENCE: Table[Presence] = Table(
    "presence",
    Presence,
    states=("absent", "present", "fading"),
    initial="absent",
    events=(Seen, Missed, Waited),
    rows=[
        row("absent", Seen, "present", do=_place),
        row("present", Seen, STAY, when=same_tag),
        row("present", Seen, STAY, do=_swap, note="another tag"),
        row("present", Missed, "fading", do=_fade),
        row("fading", Seen, "present", when=same_tag_in_time, do=_recover),
        row("fading", Seen, "present", do=_swap_faded, note="another tag, or too late"),
        row("fading", Missed, "absent", when=overdue, do=_lift_faded),
        row("fading", Missed, STAY),
        row("fading", Waited, "absent", when=waited_for_it, do=_lift),
    ],
    # A timer that had rung before it could be cleared finds nothing to do.
    ignored={"absent": (Missed, Waited), "present": (Waited,)},
)
