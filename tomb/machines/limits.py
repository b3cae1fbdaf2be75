"""May music still play? One machine a limit: the minutes of a day, the bedtime, the quiet hours.

A limit is a *bound* on something that only grows, in seconds of its own measure: how much sound was heard today, or,
where it is a time of day, the clock. How far that has come, `passed`, arrives with each look; what is between the two
is left. The machine knows neither calendars nor clocks, so neither can be wrong in here: a day is a name that is
another one tomorrow, and while its owner does not believe the clock it says that there is no bound.

    free      more is left than the warning needs, or there is no bound
    warning   little is left: it is told, once
    grace     nothing is left; what runs may end, until the grace is over
    spent     nothing starts any more, but for parents
    lifted    somebody gave more for today: the bound was moved, until it is reached or the day is over

Nobody loses the end of a song: where music runs when the bound is reached, there is a grace (none for quiet hours,
`grace_s` 0). It is over when it has lasted, or when nothing is left to end. A pause is no end: what is paused may go on
within the grace.

What is given moves the bound to so much behind where the limit *is*, which may be beyond its bound already: fifteen
minutes at ten o'clock are fifteen minutes, whenever the bedtime was. It belongs to its day.

Whether a parent asks is not known here: the player's machine is told what is shut, and asks each command where it comes
from (tomb.machines.player).
"""

from typing import Literal, get_args

from msgspec import Struct, field

from tomb.machines.table import STAY, ClearTimer, SetTimer, Table, row
from tomb.models import LimitName

WARNING_S = 300.0
GRACE_S = 300.0

Music = Literal["runs", "paused", "none"]


class Looked(Struct, frozen=True):
    """How things are. `bound` None: there is none. `at`: monotonic seconds."""

    passed: float
    bound: float | None
    day: str
    music: Music
    at: float


class Given(Struct, frozen=True):
    """So many seconds more, today. The rest as in `Looked`."""

    seconds: float
    passed: float
    bound: float | None
    day: str


class GraceOver(Struct, frozen=True):
    """The timer that was set with this number rang."""

    number: int


class Warn(Struct, frozen=True):
    """Tell that little is left."""


Effect = Warn | SetTimer | ClearTimer


class Limit(Struct):
    """`always`: more can be given before it is near, too. `moved`: where the bound was moved to on `day`. `warned`: of
    what is left now. `due`: when the grace is over, `timer` the number of its timer."""

    grace_s: float = GRACE_S
    always: bool = False
    state: LimitName = "free"
    day: str = ""
    moved: float | None = None
    warned: bool = False
    due: float = 0.0
    timer: int = 0
    effects: list[Effect] = field(default_factory=list)


def bound_of(limit: Limit, event: Looked | Given) -> float | None:
    """Where the limit is reached, given what was given today."""
    if event.bound is None or limit.moved is None or limit.day != event.day:
        return event.bound
    return max(event.bound, limit.moved)


def left(limit: Limit, event: Looked) -> float | None:
    """Seconds; None without a bound. Below 0 where the limit is behind."""
    bound = bound_of(limit, event)
    return None if bound is None else bound - event.passed


# --- what the rows ask ----------------------------------------------------------------------------------------------


def reached(limit: Limit, event: Looked) -> bool:
    seconds = left(limit, event)
    return seconds is not None and seconds <= 0


def reached_while_music_runs(limit: Limit, event: Looked) -> bool:
    return reached(limit, event) and event.music == "runs" and limit.grace_s > 0


def near(limit: Limit, event: Looked) -> bool:
    seconds = left(limit, event)
    return seconds is not None and 0 < seconds <= WARNING_S


def far(limit: Limit, event: Looked) -> bool:
    return not reached(limit, event) and not near(limit, event)


def nothing_left_to_end(_: Limit, event: Looked) -> bool:
    return event.music == "none"


def newest_timer(limit: Limit, event: GraceOver) -> bool:
    return event.number == limit.timer


def still_moved(limit: Limit, event: Looked) -> bool:
    return event.bound is not None and bound_of(limit, event) != event.bound


def moved_and_near(limit: Limit, event: Looked) -> bool:
    return still_moved(limit, event) and near(limit, event) and not limit.warned


def can_be_moved(_: Limit, event: Given) -> bool:
    return event.bound is not None


def can_be_moved_early(limit: Limit, event: Given) -> bool:
    return limit.always and can_be_moved(limit, event)


# --- what they do ---------------------------------------------------------------------------------------------------


def _turn_page(limit: Limit, event: Looked) -> None:
    """Another day: what was given belongs to its own."""
    if limit.day != event.day:
        limit.day, limit.moved = event.day, None


def _relax(limit: Limit, event: Looked) -> None:
    _turn_page(limit, event)
    limit.warned = False


def _warn(limit: Limit, event: Looked) -> None:
    _turn_page(limit, event)
    limit.warned = True
    limit.effects.append(Warn())


def _begin_grace(limit: Limit, event: Looked) -> None:
    _turn_page(limit, event)
    limit.due = event.at + limit.grace_s
    limit.timer += 1
    limit.effects.append(SetTimer(limit.due, limit.timer))


def _spend(limit: Limit, event: Looked) -> None:
    _turn_page(limit, event)


def _end_grace(limit: Limit, event: Looked) -> None:
    limit.effects.append(ClearTimer())
    _turn_page(limit, event)


def _relax_in_grace(limit: Limit, event: Looked) -> None:
    limit.effects.append(ClearTimer())
    _relax(limit, event)


def _warn_in_grace(limit: Limit, event: Looked) -> None:
    limit.effects.append(ClearTimer())
    _warn(limit, event)


def _move(limit: Limit, event: Given) -> None:
    bound = bound_of(limit, event)
    assert bound is not None
    limit.day = event.day
    limit.moved = max(bound, event.passed) + event.seconds
    limit.warned = False


def _move_in_grace(limit: Limit, event: Given) -> None:
    limit.effects.append(ClearTimer())
    _move(limit, event)


LIMITS: Table[Limit] = Table(
    "limits",
    Limit,
    states=get_args(LimitName),
    initial="free",
    events=(Looked, Given, GraceOver),
    rows=[
        row(("free", "warning"), Looked, "grace", when=reached_while_music_runs, do=_begin_grace),
        row(("free", "warning"), Looked, "spent", when=reached, do=_spend),
        row("free", Looked, "warning", when=near, do=_warn),
        row("free", Looked, STAY, do=_relax),
        row("warning", Looked, STAY, when=near, do=_turn_page),
        row("warning", Looked, "free", do=_relax),
        row("grace", Looked, "free", when=far, do=_relax_in_grace),
        row("grace", Looked, "warning", when=near, do=_warn_in_grace),
        row("grace", Looked, "spent", when=nothing_left_to_end, do=_end_grace),
        row("grace", Looked, STAY, do=_turn_page),
        row("grace", GraceOver, "spent", when=newest_timer),
        row("spent", Looked, "free", when=far, do=_relax),
        row("spent", Looked, "warning", when=near, do=_warn),
        row("spent", Looked, STAY, do=_turn_page),
        row("lifted", Looked, "grace", when=reached_while_music_runs, do=_begin_grace),
        row("lifted", Looked, "spent", when=reached, do=_spend),
        row("lifted", Looked, STAY, when=moved_and_near, do=_warn),
        row("lifted", Looked, STAY, when=still_moved),
        row("lifted", Looked, "warning", when=near, do=_warn),
        row("lifted", Looked, "free", do=_relax),
        row("free", Given, "lifted", when=can_be_moved_early, do=_move),
        row("grace", Given, "lifted", when=can_be_moved, do=_move_in_grace),
        row(("warning", "spent", "lifted"), Given, "lifted", when=can_be_moved, do=_move),
    ],
    # A timer that had rung before it could be cleared finds nothing to do.
    ignored=dict.fromkeys(("free", "warning", "spent", "lifted"), (GraceOver,)),
)
