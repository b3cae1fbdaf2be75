"""Limits: who may hear how much music, and when. Owner of three machines (tomb.machines.limits), one a limit.

What they go by is counted here: the seconds in which sound is heard, on Trio's clock, by the day of the calendar
(tomb.nurseries.calendar). The journal writes it down whenever it writes down a position, so a power cut costs a child
nothing and a limit no more than a few seconds.

A day that comes in sight may have begun long ago: the clock was doubted meanwhile, or somebody has chosen another time
zone. What was heard since its midnight, as far back as this run knows, is then its own (`_Heard`); and so is what an
earlier run heard without a clock. A day that is met again, since the clock went back, goes on where it was, and those
behind it have not been.

All is decided at once, in the task of whoever tells something, as in `taps`; what follows for the player is put into
the deck's mailbox.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date

import trio
from msgspec import Struct, field
from msgspec.structs import replace

from tomb.errors import BadRequest
from tomb.library.days import RECENT, DayUse
from tomb.machines.limits import GRACE_S, LIMITS, WARNING_S, Given, GraceOver, Limit, Looked, Music, Warn
from tomb.machines.player.events import Curb
from tomb.machines.table import ClearTimer, Outcome, SetTimer
from tomb.models import UNLIMITED, Choices, LimitName, LimitReason, LimitState, PlayState
from tomb.nurseries.calendar import Calendar, Now
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import UP, Board
from tomb.nurseries.journal import Journal
from tomb.nurseries.mailbox import Boundary
from tomb.nurseries.timer import Timer

LOOK_S = 60.0  # at the latest, while there is anything to look for: a clock may jump
AWAKE_NOTE_S = 600.0  # between two notes that a box without a clock is awake
SOONEST_S = 0.01
MINUTE_S = 60.0
KNOWN_S = 25 * 3600.0  # how far back it is known when something was heard: a day, and the hour of summer time

STRICTER: Mapping[LimitName, int] = {"free": 0, "lifted": 1, "warning": 2, "grace": 3, "spent": 4}
WHY_DOUBTED: Mapping[str, str] = {
    "unset": "nobody has set the clock: bedtime and quiet hours wait for it, and today's minutes go on counting",
    "jumped": "the clock has jumped: bedtime and quiet hours wait until it has gone on from there for an hour",
}


class _Kept(Struct):
    """A machine, its timer, and what it was shown last."""

    limit: Limit
    timer: Timer
    passed: float = 0.0
    bound: float | None = None
    over: float | None = None  # when it is free again, in epoch seconds

    @property
    def left_s(self) -> float | None:
        bound = None if self.bound is None else max(self.bound, self.limit.moved or self.bound)
        return None if bound is None else bound - self.passed


class _Heard(Struct):
    """When something was heard: Trio's time, by the minute, and how many seconds."""

    minutes: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, at: float, seconds: float) -> None:
        if self.minutes and at - self.minutes[-1][0] < MINUTE_S:
            begun, before = self.minutes[-1]
            self.minutes[-1] = (begun, before + seconds)
        else:
            self.minutes.append((at, seconds))
        while at - self.minutes[0][0] > KNOWN_S:
            self.minutes.popleft()

    def since(self, at: float) -> float:
        return sum(seconds for begun, seconds in self.minutes if begun >= at)


class Limits:
    """`days`: what was used of the last ones, the newest last. It is the deck's `limiter`, too."""

    def __init__(
        self, calendar: Calendar, deck: Deck, journal: Journal, board: Board, days: Mapping[str, DayUse]
    ) -> None:
        self._calendar = calendar
        self._deck = deck
        self._journal = journal
        self._board = board
        self._days = dict(days)
        self._choices = Choices()
        self._is_limited = self._needs_clock = False
        self._boundary = Boundary()
        self._changed = trio.Event()
        self._heard = _Heard()
        self._music: Music = "none"
        self._looks_at = math.inf  # on Trio's clock, if nothing changes
        self._sounding_since: float | None = None
        self._counted_s = 0.0  # of today, since it was noted last
        self._awake_noted_at = trio.current_time()
        self._curb: Curb = "none"
        self._ceiling: int | None = None
        self._told: object = None
        self._doubt: tuple[str, bool] | None = None
        self._day = self._resume_day()
        use = self._use
        self._limits: dict[LimitReason, _Kept] = {
            "daily": self._made("daily", use.moved_s, GRACE_S, always=True),
            "bedtime": self._made("bedtime", use.until, GRACE_S),
            "quiet": self._made("quiet", use.until, 0.0),
        }
        self.quieten: Callable[[int], None] = lambda _: None  # whoever else keeps the ceiling, in percent
        deck.limiter = self

    def _made(self, name: LimitReason, moved: float | None, grace_s: float, *, always: bool = False) -> _Kept:
        limit = Limit(grace_s, always, "free" if moved is None else "lifted", self._day, moved)
        return _Kept(limit, Timer(lambda number: self._grace_is_over(name, number)))

    def _resume_day(self) -> str:
        """Go on with the day that it is, or, as nobody knows which, with the last that is known."""
        newest = next(reversed(self._days), "")
        if newest:
            self._calendar.remember(newest, self._days[newest].awake_s)
        adrift = self._days[newest].adrift_s if newest else 0.0
        if adrift:
            self._heard.add(trio.current_time(), adrift)
        now = self._calendar.look()
        if newest and now.day != newest:
            self._day = newest
            self._turn(now)
        return now.day

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            for each in self._limits.values():
                nursery.start_soon(each.timer.run)
            nursery.start_soon(self._keep_looking)
            task_status.started()
            await self._boundary.run()

    async def _keep_looking(self) -> None:
        while True:
            self._changed = trio.Event()
            now = self._calendar.look()
            self._looks_at = now.at + self._wait_s(now)
            with trio.move_on_at(self._looks_at):
                await self._changed.wait()
                continue  # whoever changed something has looked: there is only another time to wait for
            with self._boundary.crossed():
                self._look()

    # --- what others tell -------------------------------------------------------------------------------------------

    def use(self, choices: Choices) -> None:
        """From now on this is what parents chose."""
        with self._boundary.crossed():
            self._choices = choices
            self._needs_clock = any(map(any, (choices.bedtime, choices.quiet_hours, choices.volume_by_hour)))
            self._is_limited = self._needs_clock or any(each is not None for each in choices.daily_minutes)
            self._calendar.use_zone(choices.time_zone)
            self._look()
            self._changed.set()

    def heard(self, state: PlayState) -> None:
        """From now on this is what the player does."""
        with self._boundary.crossed():
            now = self._advance()  # up to now it did something else
            self._music = "runs" if state in ("loading", "playing") else "none" if state == "stopped" else "paused"
            self._sounding_since = now.at if state == "playing" else None
            if self._is_limited or now.doubt or self._doubt or not self._are_free():
                self._judge(now)
            self._note()
            if now.at + self._wait_s(now) < self._looks_at:  # a look that comes too soon finds nothing to do
                self._changed.set()

    def note(self) -> None:
        """Have it written down what was used."""
        with self._boundary.crossed():
            self._look()
            self._note()

    def give(self, seconds: float) -> None:
        """A parent gives so much more for today. Raises BadRequest where there is no limit that is near."""
        with self._boundary.crossed():
            if not self._give(seconds):
                raise BadRequest("there is no limit today that more could be given for")

    def bonus(self, seconds: float) -> bool:
        """A tag gives so much more, once a day. Whether it did."""
        with self._boundary.crossed():
            self._look()
            if self._use.bonus or not self._give(seconds):
                return False
            self._days[self._day] = replace(self._use, bonus=True)
            self._note(always=True)
            return True

    def _give(self, seconds: float) -> bool:
        self._look()
        given = False
        for name, each in self._limits.items():
            event = Given(seconds, each.passed, each.bound, self._day)
            given |= self._fire(name, each, event) is Outcome.MOVED
        if given:
            daily, *timed = (each.limit for each in self._limits.values())
            until = [limit.moved for limit in timed if limit.moved is not None]
            self._days[self._day] = replace(self._use, moved_s=daily.moved, until=max(until, default=None))
            self._note(always=True)
            self._look()
            self._changed.set()
        return given

    def _grace_is_over(self, name: LimitReason, number: int) -> None:
        with self._boundary.crossed():
            self._look()
            self._fire(name, self._limits[name], GraceOver(number))
            self._follow()

    def shown(self) -> LimitState:
        """The strictest of them; of two that are alike the one that is reached sooner."""
        if not self._is_limited and self._are_free():
            return UNLIMITED
        name, each = min(self._limits.items(), key=self._strictness)
        left_s, state = each.left_s, each.limit.state
        if left_s is None:
            return UNLIMITED
        if name == "daily" and self._sounding_since is not None:
            left_s -= trio.current_time() - self._sounding_since
        until = each.over if state == "spent" else each.bound if name != "daily" else None
        if state == "grace":
            left_s = each.limit.due - trio.current_time()
            until = self._wall(each.limit.due)
        elif name != "daily" and until is not None and state != "spent":
            until = max(until, each.limit.moved or until)
        return LimitState(
            state=state,
            left_s=None if state == "spent" else max(0, math.ceil(left_s)),
            until=until,
            reason=None if state == "free" else name,
        )

    def _strictness(self, item: tuple[LimitReason, _Kept]) -> tuple[float, float]:
        _, each = item
        left_s = each.left_s
        if each.limit.state == "spent":  # the one that lasts longest
            return -STRICTER["spent"], -(each.over or 0.0)
        return -STRICTER[each.limit.state], math.inf if left_s is None else left_s

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def today(self) -> str:
        """An ISO date."""
        return self._day

    @property
    def zone(self) -> str:
        """The name of the time zone in force."""
        return self._calendar.zone.key

    @property
    def _use(self) -> DayUse:
        return self._days.get(self._day) or DayUse()

    def _look(self) -> None:
        self._judge(self._advance())

    def _judge(self, now: Now) -> None:
        self._show(now)
        for name, each in self._limits.items():
            if each.bound is not None or each.limit.state != "free":  # what nobody limits stays free
                self._fire(name, each, Looked(each.passed, each.bound, self._day, self._music, now.at))
        self._follow()
        self._set_ceiling(now)
        self._say_doubt(now)

    def _advance(self) -> Now:
        now = self._calendar.look()
        self._count(now)
        if now.day != self._day:
            self._turn(now)
        return now

    def _count(self, now: Now) -> None:
        """What was heard since the last look."""
        if self._sounding_since is None:
            return
        seconds, self._sounding_since = now.at - self._sounding_since, now.at
        if seconds > 0:
            self._heard.add(now.at, seconds)
            use, adrift = self._use, seconds if now.doubt == "unset" else 0.0
            self._days[self._day] = replace(use, heard_s=use.heard_s + seconds, adrift_s=use.adrift_s + adrift)
            self._counted_s += seconds

    def _turn(self, now: Now) -> None:
        """Another day. What was heard without a clock belongs to it, if it was heard since its midnight."""
        before = self._use
        if before.adrift_s:
            self._journal.day(self._day, replace(before, heard_s=before.heard_s - before.adrift_s, adrift_s=0.0))
        self._day = now.day
        for later in [day for day in self._days if day > now.day]:  # it has not been: a clock was wrong
            del self._days[later]
            self._journal.day(later, DayUse())
        use = self._days.pop(now.day, DayUse())  # it is the newest from now on
        if now.doubt is None:
            midnight = now.at - (now.wall - self._calendar.midnight(now.day))
            use = replace(use, heard_s=max(use.heard_s, self._heard.since(midnight)))
        self._days[now.day] = use
        while len(self._days) > RECENT:
            del self._days[next(iter(self._days))]
        self._counted_s = 0.0
        self._note(always=use != DayUse() or before != DayUse())

    def _show(self, now: Now) -> None:
        """What the machines look at. Times of day mean nothing while the clock is doubted."""
        if now.doubt is None and self._use.adrift_s:
            self._days[self._day] = replace(self._use, adrift_s=0.0)
        choices, daily = self._choices, self._limits["daily"]
        minutes = choices.daily_minutes[date.fromisoformat(self._day).weekday()]
        daily.passed, daily.bound = round(self._use.heard_s, 3), None if minutes is None else minutes * MINUTE_S
        daily.over = None if now.doubt == "unset" else self._calendar.midnight_after(self._day)
        bedtimes = [[] if each is None else [each] for each in choices.bedtime]
        for each, week in ((self._limits["bedtime"], bedtimes), (self._limits["quiet"], choices.quiet_hours)):
            span = self._calendar.next_span(week, now.wall) if now.doubt is None and any(week) else None
            each.passed = now.wall
            each.bound, each.over = (None, None) if span is None else span

    def _fire(self, name: LimitReason, each: _Kept, event: Looked | Given | GraceOver) -> Outcome:
        outcome = LIMITS.fire(each.limit, event)
        self._board.machines.note(LIMITS, name, each.limit.state)
        effects, each.limit.effects = each.limit.effects, []
        for effect in effects:
            match effect:
                case Warn():
                    self._deck.chime("limit")
                case SetTimer(at, number):
                    each.timer.set(at, number)
                case ClearTimer():
                    each.timer.clear()
        return outcome

    def _follow(self) -> None:
        """Tell the player what is left, and everybody what is shown."""
        states = {each.limit.state for each in self._limits.values()}
        curb: Curb = "shut" if "spent" in states else "last" if "grace" in states else "none"
        shown = self.shown()
        minutes = None if shown.left_s is None or shown.state == "free" else math.ceil(shown.left_s / MINUTE_S)
        bounds = tuple(each.bound for each in self._limits.values())  # so that a page says what is left at once
        told = (shown.state, shown.reason, minutes, shown.until if shown.state == "spent" else None, bounds)
        if curb != self._curb:
            self._curb = curb
            self._deck.set_curb(curb)
        elif told != self._told and self._told is not None:
            self._deck.tell()
        self._told = told

    def _set_ceiling(self, now: Now) -> None:
        week = [{(each["from"], each["to"]): each["ceiling"] for each in day} for day in self._choices.volume_by_hour]
        lower = self._calendar.within(week, now.wall) if now.doubt is None and any(week) else []
        ceiling = min(self._choices.volume_ceiling, *lower, 100)
        if ceiling != self._ceiling:
            self._ceiling = ceiling
            self._deck.set_ceiling(ceiling)
            self.quieten(ceiling)

    def _say_doubt(self, now: Now) -> None:
        doubt = now.doubt and (now.doubt, self._needs_clock)
        if doubt != self._doubt:
            self._doubt = doubt
            if doubt is None:
                self._board.note("clock", UP)
            else:
                self._board.note("clock", doubt[0], error=WHY_DOUBTED[doubt[0]], configured=doubt[1])

    def _are_free(self) -> bool:
        daily, bedtime, quiet = self._limits.values()
        return daily.limit.state == bedtime.limit.state == quiet.limit.state == "free"

    # --- how long until there is something to do ----------------------------------------------------------------

    def _wait_s(self, now: Now) -> float:
        sounding = self._sounding_since is not None
        if not (self._is_limited or sounding or self._calendar.doubt):
            return math.inf  # what nobody limits is looked at when it is heard
        waits = [LOOK_S, self._calendar.midnight_after(self._day) - now.wall]
        for name, each in self._limits.items():
            left_s = each.left_s
            if left_s is not None and (name != "daily" or sounding):
                waits += (left_s, left_s - WARNING_S)
            if each.over is not None and name != "daily":
                waits.append(each.over - each.passed)
        return max(SOONEST_S, min(wait for wait in waits if wait > 0))

    def _wall(self, at: float) -> float:
        """The wall clock at that time of Trio's."""
        now = self._calendar.look()
        return now.wall + at - now.at

    def _note(self, *, always: bool = False) -> None:
        now = trio.current_time()
        unset = self._calendar.doubt == "unset" and now - self._awake_noted_at >= AWAKE_NOTE_S
        if always or self._counted_s or unset:
            self._counted_s, self._awake_noted_at = 0.0, now
            self._journal.day(self._day, replace(self._use, awake_s=self._calendar.awake_s))
