"""Is a tag lying on the box? One placement is one tap, however the reading wobbles.

A reader never says "placed" or "lifted". It says what it read, many times a second, and a tag at the edge of the field
comes and goes. So a tag that is not read any more is not gone: it is *fading*, and only when it has not been read for
the whole of `grace` was it lifted. A reading that comes before that is the same placement going on; one that comes
later is a new tap, even if the timer that should have said so is late: the times in the events decide, not the order
in which they arrive. Another tag in the field means that the first one was lifted, without any grace.

Of two tags that lie there together a reader reads now this one and now that. The one that came last counts; the other
lies *beneath* it, and is no tap when it is read again, not even when the upper one is taken away: it was put there
once, and then it was one.

A reader that is lost says nothing of the tag that lies on it. So the tag is *unseen*, however long that takes: a daemon
that is restarted must not make a second tap of one placement, and a loose plug must not pause the music. Whether it is
still there is known once the reader is back: read again it was there all the time. If it is not, it gets a longer grace
than a wobble does, since a reader that just woke up may take a while to find what lies on it.

The machine has no clock. It asks for a timer and the owner answers with `Waited`; it has at most one timer running.
Each has a number of its own, so that one that rang for an earlier wobble cannot end a later one.

A machine is for one reader. Whose the tag is that lies there, a linking session's or playing's, is none of its business
(tomb.nurseries.linking).
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, ClearTimer, SetTimer, Table, row

GRACE = 0.6
"""Seconds. Shorter, and a wobbling tag stutters; longer, and lifting a tag to pause feels dead."""

LONG_GRACE = 2.0
"""Seconds, for a reader that is back, since a daemon that starts looks for cards every 0.4 s; and for two tags that are
known to lie there together, since a reader may well read one of them three times before it reads the other."""


class Seen(Struct, frozen=True):
    """The reader read this tag. `at`, here and below: monotonic seconds."""

    tag_id: str
    at: float


class Missed(Struct, frozen=True):
    """The reader read nothing."""

    at: float


class Lost(Struct, frozen=True):
    """There is no reader any more."""

    at: float


class Waited(Struct, frozen=True):
    """The timer that was set with this number rang."""

    number: int
    at: float


class Placed(Struct, frozen=True):
    tag_id: str


class Lifted(Struct, frozen=True):
    tag_id: str


class Uncovered(Struct, frozen=True):
    """The tag lay beneath the one that was lifted just now: it lies there, and is no tap."""

    tag_id: str


class Hidden(Struct, frozen=True):
    """The tag cannot be seen any more, as its reader is lost."""

    tag_id: str


class Found(Struct, frozen=True):
    """A hidden tag is seen again, and was there all the time."""

    tag_id: str


Event = Seen | Missed | Lost | Waited
Effect = Placed | Lifted | Uncovered | Hidden | Found | SetTimer | ClearTimer


class Presence(Struct):
    """What lies on one reader. `tag_id` is the tag that was placed and not lifted, `seen_at` when it was read last,
    `hidden` whether that is for want of a reader; `beneath` another tag that lay there when it was placed, `beneath_at`
    when that was read last, `both` whether it was read since; `due` when a fading one is gone, `timer` the number of
    the timer that was set last."""

    grace: float = GRACE
    long_grace: float = LONG_GRACE
    state: str = "absent"
    tag_id: str | None = None
    seen_at: float = 0.0
    hidden: bool = False
    beneath: str | None = None
    beneath_at: float = 0.0
    both: bool = False
    due: float = 0.0
    timer: int = 0
    effects: list[Effect] = field(default_factory=list)


def same_tag(presence: Presence, event: Seen) -> bool:
    return event.tag_id == presence.tag_id


def same_tag_in_time(presence: Presence, event: Seen) -> bool:
    return same_tag(presence, event) and not overdue(presence, event)


def beneath(presence: Presence, event: Event) -> bool:
    """Whether the tag that lies beneath, if one does, was never away, and is the one that is seen."""
    if presence.beneath is None or (isinstance(event, Seen) and event.tag_id != presence.beneath):
        return False
    if presence.state == "fading" and event.at >= presence.due:
        return False
    read_last = presence.state == "present" and presence.beneath_at > presence.seen_at
    return read_last or event.at - presence.beneath_at < _patience(presence)


def uncovered(presence: Presence, event: Seen) -> bool:
    return beneath(presence, event) and event.at - presence.seen_at >= _patience(presence)


def _patience(presence: Presence) -> float:
    return presence.long_grace if presence.both else presence.grace


def was_beneath(presence: Presence, event: Seen) -> bool:
    return event.tag_id == presence.beneath


def overdue(presence: Presence, event: Seen | Missed | Waited) -> bool:
    return event.at >= presence.due


def waited_for_it(presence: Presence, event: Waited) -> bool:
    return event.number == presence.timer and overdue(presence, event)


def _place(presence: Presence, event: Seen) -> None:
    presence.tag_id, presence.seen_at = event.tag_id, event.at
    presence.effects.append(Placed(event.tag_id))


def _see(presence: Presence, event: Seen) -> None:
    presence.seen_at = event.at
    _find(presence)


def _see_beneath(presence: Presence, event: Seen) -> None:
    presence.beneath_at = event.at
    presence.both = True


def _find(presence: Presence) -> None:
    if presence.hidden:
        assert presence.tag_id is not None
        presence.hidden = False
        presence.effects.append(Found(presence.tag_id))


def _fade(presence: Presence, event: Missed) -> None:
    if presence.hidden:  # all that was there gets its time to be read again
        presence.seen_at = presence.beneath_at = event.at
    elif presence.beneath_at > presence.seen_at:  # it was there until now
        presence.beneath_at = event.at
    presence.due = event.at + (presence.long_grace if presence.hidden else presence.grace)
    presence.timer += 1
    presence.effects.append(SetTimer(presence.due, presence.timer))


def _recover(presence: Presence, event: Seen) -> None:
    presence.effects.append(ClearTimer())
    _see(presence, event)


def _recover_beneath(presence: Presence, event: Seen) -> None:
    presence.effects.append(ClearTimer())
    _see_beneath(presence, event)


def _lift(presence: Presence, _: Event) -> None:
    assert presence.tag_id is not None
    presence.effects.append(Lifted(presence.tag_id))
    presence.tag_id = presence.beneath = None
    presence.hidden = presence.both = False


def _swap(presence: Presence, event: Seen) -> None:
    lifted, seen_at = presence.tag_id, presence.seen_at
    _lift(presence, event)
    _place(presence, event)
    presence.beneath, presence.beneath_at = lifted, seen_at


def _swap_unseen(presence: Presence, event: Seen) -> None:
    """The first one may lie beneath, and gets its time to be read."""
    _swap(presence, event)
    presence.beneath_at = event.at


def _swap_faded(presence: Presence, event: Seen) -> None:
    presence.effects.append(ClearTimer())
    if event.tag_id == presence.tag_id:  # too late: it was away
        _lift(presence, event)
        _place(presence, event)
    else:
        _swap(presence, event)


def _uncover(presence: Presence, event: Seen) -> None:
    _lift(presence, event)
    presence.tag_id, presence.seen_at = event.tag_id, event.at
    presence.effects.append(Uncovered(event.tag_id))


def _uncover_faded(presence: Presence, event: Seen) -> None:
    presence.effects.append(ClearTimer())
    _uncover(presence, event)


def _lift_faded(presence: Presence, event: Missed) -> None:
    presence.effects.append(ClearTimer())
    _lift(presence, event)


def _lose(presence: Presence, event: Lost) -> None:
    assert presence.tag_id is not None
    if not beneath(presence, event):
        presence.beneath = None
    if not presence.hidden:
        presence.hidden = True
        presence.effects.append(Hidden(presence.tag_id))


def _lose_faded(presence: Presence, event: Lost) -> None:
    presence.effects.append(ClearTimer())
    _lose(presence, event)


def _find_either(presence: Presence, event: Seen) -> None:
    """The other one gets its time to be read, too."""
    presence.beneath_at = event.at
    _see(presence, event)


PRESENCE: Table[Presence] = Table(
    "presence",
    Presence,
    states=("absent", "present", "fading", "unseen"),
    initial="absent",
    events=(Seen, Missed, Lost, Waited),
    rows=[
        row("absent", Seen, "present", do=_place),
        row("present", Seen, STAY, when=same_tag, do=_see),
        row("present", Seen, STAY, when=uncovered, do=_uncover),
        row("present", Seen, STAY, when=beneath, do=_see_beneath),
        row("present", Seen, STAY, do=_swap, note="another tag"),
        row("present", Missed, "fading", do=_fade),
        row("present", Lost, "unseen", do=_lose),
        row("fading", Seen, "present", when=same_tag_in_time, do=_recover),
        row("fading", Seen, "present", when=uncovered, do=_uncover_faded),
        row("fading", Seen, "present", when=beneath, do=_recover_beneath),
        row("fading", Seen, "present", do=_swap_faded, note="another tag, or too late"),
        row("fading", Missed, "absent", when=overdue, do=_lift_faded),
        row("fading", Missed, STAY),
        row("fading", Lost, "unseen", do=_lose_faded),
        row("fading", Waited, "absent", when=waited_for_it, do=_lift),
        row("unseen", Seen, "present", when=same_tag, do=_find_either),
        row("unseen", Seen, "present", when=was_beneath, do=_find_either),
        row("unseen", Seen, "present", do=_swap_unseen, note="another tag"),
        row("unseen", Missed, "fading", do=_fade),
    ],
    # A timer that had rung before it could be cleared finds nothing to do.
    ignored={"absent": (Missed, Lost, Waited), "present": (Waited,), "unseen": (Lost, Waited)},
)
