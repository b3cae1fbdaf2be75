"""Which day it is where the box stands, and whether that may be believed.

A Pi has no clock of its own. It may start in 1970, or where it was switched off, and be told the time an hour later. So
the wall clock is *doubted* where it shows a time from before this program was written (nobody has set it), and after a
jump of more than an hour that nobody explained, until it has gone on from there for an hour, or is back. That a clock
which was never set is set explains the jump: it is believed at once.

While it is doubted the day stays what it was, whatever the clock says, and times of day mean nothing. A box whose clock
is never set would have one endless day, and whoever has used it up would never hear music again: there, a day is over
when the box was awake for `AWAKE_S` in all, over switching off and on.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import trio
from msgspec import Struct

from tomb.models import Hours
from tomb.ports import Ports

BUILT = datetime(2025, 1, 1, tzinfo=UTC).timestamp()  # when there was no such box yet
JUMP_S = 3600.0
TRUST_S = 3600.0
AWAKE_S = 8 * 3600.0

Doubt = Literal["unset", "jumped"]


class Now(Struct, frozen=True):
    """`at`: Trio's time. `wall`: epoch seconds. `day`: an ISO date, by the box's time zone."""

    at: float
    wall: float
    day: str
    doubt: Doubt | None


class Calendar:
    """`system`: the zone of the computer, in force where parents chose none."""

    def __init__(self, ports: Ports, system: ZoneInfo) -> None:
        self._ports = ports
        self._system = system
        self.zone = system
        self._at, self._wall = trio.current_time(), ports.wall()
        self._span = (math.inf, -math.inf, "")  # a day, from when to when it is
        self._day = self._date(self._wall) if self._wall >= BUILT else ""
        self.doubt: Doubt | None = None if self._day else "unset"
        self._jumped_at = 0.0
        self._before = 0.0  # the wall's lead over Trio's clock before it jumped
        self.awake_s = 0.0  # on this day, with a clock that nobody has set

    def remember(self, day: str, awake_s: float) -> None:
        """This is the last day that the box knew of, when it was switched off."""
        if self.doubt is not None:
            self._day, self.awake_s = day, awake_s

    def use_zone(self, name: str) -> None:
        """An IANA name; what is none, or is not known (any more), is the computer's."""
        self.zone = zone_called(name) or self._system
        self._span = (math.inf, -math.inf, "")

    def look(self) -> Now:
        at, wall = trio.current_time(), self._ports.wall()
        passed = at - self._at
        jumped = abs((wall - self._wall) - passed) > JUMP_S
        if wall < BUILT:
            self.doubt = "unset"
            self._live_without_a_clock(passed)
        elif self.doubt == "unset":
            self.doubt = None
        elif self.doubt == "jumped":
            if jumped:
                self._jumped_at = at
            if abs(wall - at - self._before) <= JUMP_S or at - self._jumped_at >= TRUST_S:
                self.doubt = None
        elif jumped:
            self.doubt, self._jumped_at, self._before = "jumped", at, self._wall - self._at
        self._at, self._wall = at, wall
        if self.doubt is None:
            self._day, self.awake_s = self._date(wall), 0.0
        return Now(at, wall, self._day, self.doubt)

    def _live_without_a_clock(self, passed: float) -> None:
        if not self._day:
            self._day = self._date(0)
        self.awake_s += passed
        if self.awake_s >= AWAKE_S:
            self._day, self.awake_s = (date.fromisoformat(self._day) + timedelta(days=1)).isoformat(), 0.0

    def _date(self, wall: float) -> str:
        begin, end, day = self._span
        if not begin <= wall < end:
            day = datetime.fromtimestamp(wall, self.zone).date().isoformat()
            self._span = self.midnight(day), self.midnight_after(day), day
        return day

    def midnight(self, day: str) -> float:
        """When that day begins, in epoch seconds."""
        return _midnight(day, 0, self.zone)

    def midnight_after(self, day: str) -> float:
        return _midnight(day, 1, self.zone)

    def next_span(self, week: Sequence[Sequence[Hours]], wall: float) -> tuple[float, float] | None:
        """From when to when the first of these hours is that is not over, in epoch seconds; `week`: from Monday on."""
        ahead = (span for span in self._spans(week, wall) if span[1] > wall)
        return min(ahead, default=None)

    def within(self, week: Sequence[Mapping[tuple[str, str], int]], wall: float) -> list[int]:
        """The values of those hours, (from, to), that it is now."""
        found = []
        for hours, value in self._around(week, wall):
            begin, end = hours
            if begin <= wall < end:
                found.append(value)
        return found

    def _spans(self, week: Sequence[Sequence[Hours]], wall: float) -> Iterable[tuple[float, float]]:
        named = [{(each["from"], each["to"]): 0 for each in day} for day in week]
        return (span for span, _ in self._around(named, wall, days=8))

    def _around(
        self, week: Sequence[Mapping[tuple[str, str], int]], wall: float, days: int = 1
    ) -> Iterable[tuple[tuple[float, float], int]]:
        """The hours of yesterday, which may end today, and of so many days from today on."""
        today = datetime.fromtimestamp(wall, self.zone).date()
        for step in range(-1, days):
            day = today + timedelta(days=step)
            for (begin, end), value in week[day.weekday()].items():
                later = timedelta(days=end <= begin)
                yield (self._moment(day, begin), self._moment(day + later, end)), value

    def _moment(self, day: date, clock: str) -> float:
        # Of an hour that summer time leaves out, or has twice, Python takes what the clock before it shows (PEP 495).
        return datetime.combine(day, time.fromisoformat(clock), self.zone).timestamp()


@lru_cache(4)  # each look at the limits asks for the same one
def _midnight(day: str, later: int, zone: ZoneInfo) -> float:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), zone).timestamp()


def zone_called(name: str) -> ZoneInfo | None:
    """None where there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
