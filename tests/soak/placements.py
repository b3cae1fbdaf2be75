"""Children, parents, programs and daemons in any order, on virtual time: what the deck hears is what a person expects.

Two readers tell every quarter of a second what lies on them, as real ones do: of two tags now the one and now the
other, of one that wobbles now and then nothing. pcscd dies, or one reader is unplugged, for a moment or for an hour,
and things happen meanwhile. The oracle knows nothing of readings. It is told what hands do.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import trio
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.rigs.tapping import Heard, Library, tapping
from tests.rigs.virtual import run_virtually
from tomb.devices.reader import ReaderGone, ReaderKind, Sighting, Sign, Sink
from tomb.nurseries.linking import Linking
from tomb.nurseries.taps import Taps
from tomb.ports import VirtualPorts

LEFT, RIGHT = "Left 00 00", "Right 00 00"
READERS = (LEFT, RIGHT)
OWNERS = {"A": "p1", "B": "p2", "C": "p1", "X": "p2"}  # and D is new, R a phone, X only ever put on from afar
LONG_S = 1e6  # of a session: longer than any story
TICK_S = 0.25
SETTLED = 14  # ticks: the longest grace is one of 2 s
OUTAGES_S = (0.3, 5.0, 3600.0)
WOBBLES = 2  # ticks: less than a grace


@dataclass
class Spot:
    """A reader as hands see it. `stack`: the tags on it, the upper one last; `plays`: what the upper one plays, if its
    removal is to be heard; `turn`: when that was put there."""

    stack: list[str] = field(default_factory=list)
    plays: str | None = None
    turn: int = 0


class Oracle:
    """Told by what a person sees. `waits`: the session that lives, its playlist and whether it takes any tag."""

    def __init__(self) -> None:
        self.owners = dict(OWNERS)
        self.heard: list[tuple[str, str]] = []
        self.spots = {name: Spot() for name in (*READERS, "afar")}
        self.waits: tuple[str | None, bool] | None = None
        self.placements = 0
        self.order: list[str] = []  # the upper tags, the last that came at the end
        self._turns = itertools.count(1)

    def put(self, where: str, tag: str) -> None:
        spot = self.spots[where]
        self._end(where)
        spot.stack.append(tag)
        spot.turn = next(self._turns)
        self.placements += 1
        self.order.append(tag)
        if self.waits is not None:
            self._offer(tag)
            return
        spot.plays = self.owners.get(tag)
        self.heard.append(("tap", spot.plays) if spot.plays else ("chime", "unknown_tag"))

    def lift(self, where: str) -> None:
        """The upper one."""
        spot = self.spots[where]
        if not spot.stack:
            return
        self._end(where)
        spot.stack.pop()
        if spot.stack:  # what lay beneath is no tap
            self.order.append(spot.stack[-1])
            if self.waits is not None:
                self._offer(spot.stack[-1])
            else:
                spot.plays = self.owners.get(spot.stack[-1])

    def swap(self, where: str, tag: str) -> None:
        if self.spots[where].stack:
            self.spots[where].stack[:-1] = []
        self.put(where, tag)
        self.spots[where].stack = [tag]

    def _end(self, where: str) -> None:
        """The upper tag does not count any more."""
        spot = self.spots[where]
        if spot.stack:
            self.order.remove(spot.stack[-1])
        others = [each.turn for each in self.spots.values() if each is not spot and each.plays == spot.plays]
        if spot.plays is not None and spot.turn > max(others, default=0):
            self.heard.append(("lifted", spot.plays))
        spot.plays = None

    def open(self, playlist_id: str | None, override: bool, *, seen: bool = True) -> None:
        self.waits = (playlist_id, override)
        if seen and self.order:
            self._offer(self.order[-1])

    def found(self) -> None:
        """Readers are back: a session that began meanwhile hears of what lies on them."""
        for name in READERS:
            if self.spots[name].stack and self.waits is not None:
                self._offer(self.spots[name].stack[-1])

    def _offer(self, tag: str) -> None:
        assert self.waits is not None
        playlist_id, override = self.waits
        owner = self.owners.get(tag, playlist_id)
        if tag == "R" or (playlist_id is not None and owner != playlist_id and not override):
            return  # a phone, or a question that somebody has to decide
        if playlist_id is not None:
            self.owners[tag] = playlist_id
        self.waits = None
        for spot in self.spots.values():
            if spot.stack[-1:] == [tag]:
                spot.plays = None


class Readers:
    """Two readers of one device. `stacks`: what lies on each; `gone`: those that are not there."""

    kind: ReaderKind = "pcsc"
    names: Sequence[str] = READERS

    def __init__(self, see: Sink) -> None:
        self.stacks: dict[str, list[str]] = {name: [] for name in READERS}
        self.gone: set[str] = set()
        self.missing = dict.fromkeys(READERS, 0)
        self._see = see
        self._turns = itertools.count()

    async def run(self, see: Sink, *, task_status: object = None) -> None:
        raise NotImplementedError

    async def signal(self, sign: Sign, reader: str) -> None:
        raise NotImplementedError

    async def go_on(self, ticks: int = SETTLED) -> None:
        for _ in range(ticks):
            turn = next(self._turns)
            for name in READERS:
                if name not in self.gone:
                    self._see(self._reading(name, turn))
            await trio.sleep(TICK_S)

    def _reading(self, name: str, turn: int) -> Sighting:
        stack = self.stacks[name]
        self.missing[name] -= self.missing[name] > 0
        if not stack or self.missing[name]:
            return Sighting(None, name)
        tag = stack[turn % len(stack)]
        return Sighting(tag, name, tag == "R")


Step = tuple[str, Any, Any, Any]
_reader, _tag = st.sampled_from(READERS), st.sampled_from("ABCDR")
_playlist = st.sampled_from(["p1", "p2", None])
_HANDS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("put"), _reader, _tag, st.none()),
    st.tuples(st.just("swap"), _reader, _tag, st.none()),
    st.tuples(st.just("lift"), _reader, st.none(), st.none()),
    st.tuples(st.just("wobble"), _reader, st.none(), st.none()),
)
_MEANWHILE: st.SearchStrategy[Step] = st.one_of(
    st.just(("nothing", None, None, None)),
    st.tuples(st.just("lift"), _reader, st.none(), st.none()),
    st.tuples(st.just("put"), _reader, _tag, st.none()),
    st.tuples(st.just("open"), _playlist, st.booleans(), st.none()),
)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        _HANDS,
        _HANDS,
        st.tuples(st.just("die"), st.sampled_from(["pcscd", *READERS]), st.sampled_from(OUTAGES_S), _MEANWHILE),
        st.tuples(st.just("open"), _playlist, st.booleans(), st.none()),
        st.tuples(st.sampled_from(["cancel", "expire"]), st.none(), st.none(), st.none()),
        st.tuples(st.just("client"), st.sampled_from("ABCD"), st.sampled_from(["p1", "p2"]), st.none()),
        st.tuples(st.just("afar"), st.just("X"), st.none(), st.none()),
    ),
    min_size=5,
    max_size=40,
)


class Play:
    def __init__(self, taps: Taps, linking: Linking, library: Library) -> None:
        self.taps, self.linking, self.library = taps, linking, library
        self.oracle = Oracle()
        self.readers = Readers(taps.see)
        taps.use(self.readers)

    async def step(self, step: Step) -> None:
        what, one, two, more = step
        if what == "die":
            await self._die(one, two, more)
        else:
            await self._do(what, one, two)
        await self.readers.go_on()

    async def _do(self, what: str, one: Any, two: Any) -> None:
        match what:
            case "put" if len(self.readers.stacks[one]) < 2 and not self._lies(two):
                self.readers.stacks[one].append(two)
                self.oracle.put(one, two)
            case "swap" if not self._lies(two):
                self.readers.stacks[one] = [two]
                self.oracle.swap(one, two)
            case "lift" if self.readers.stacks[one]:
                self.readers.stacks[one].pop()
                self.oracle.lift(one)
            case "wobble":
                self.readers.missing[one] = WOBBLES
            case "open":
                await self.linking.open(one, LONG_S, override=two)
                self.oracle.open(one, two)
            case "cancel" if self.linking.live is not None:
                await self.linking.cancel(self.linking.live.id)
                self.oracle.waits = None
            case "expire":
                await self.linking.open("p1", 1.0)
                self.oracle.open("p1", False)
                await self.readers.go_on()
                self.oracle.waits = None
            case "client":
                await self.library.link_tag(one, two, override=True)
                self.oracle.owners[one] = two
            case "afar":
                self.taps.tap(one, 1.0)
                self.oracle.put("afar", one)
                await self.readers.go_on()
                self.oracle.lift("afar")

    async def _die(self, who: str, for_s: float, meanwhile: Step) -> None:
        gone = READERS if who == "pcscd" else (who,)
        if who != "pcscd":
            for_s = min(for_s, 5.0)  # the other one is read all the time
        if who == "pcscd":
            self.taps.lose("pcscd stopped")
        else:
            self.taps.see(ReaderGone(who))
        self.readers.gone = set(gone)
        began, (what, one, two, _) = trio.current_time(), meanwhile
        if what == "open" and who == "pcscd":
            await self.linking.open(one, LONG_S, override=two)
            self.oracle.open(one, two, seen=False)
        elif what in ("lift", "put") and one in gone:
            await self._do(what, one, two)
        await self.readers.go_on(int(for_s / TICK_S) if for_s < 60 else 4)
        await trio.sleep(max(0.0, for_s - (trio.current_time() - began)))
        if what == "open" and who == "pcscd":
            self.oracle.found()
        self.readers.gone = set()
        if who == "pcscd":
            self.taps.use(self.readers)

    def _lies(self, tag: str) -> bool:
        return any(tag in stack for stack in self.readers.stacks.values())


async def play(steps: list[Step]) -> int:
    """How many tags were put down. Raises AssertionError."""
    library, deck = Library(dict(OWNERS)), Heard()
    async with tapping(VirtualPorts(), library, deck) as (taps, linking):
        play = Play(taps, linking, library)
        for number, step in enumerate(steps):
            await play.step(step)
            assert deck.heard == play.oracle.heard, steps[: number + 1]
            assert library.owners == play.oracle.owners, steps[: number + 1]
            assert (linking.live is None) == (play.oracle.waits is None), steps[: number + 1]
        return play.oracle.placements


def place(placements: int, number: int) -> str:
    """Play until so many tags were put down. `number`: of the random choices."""
    put = 0

    def once(steps: list[Step]) -> None:
        nonlocal put
        put += run_virtually(play, steps)

    while put < placements:
        examples = max(10, (placements - put) // 8)
        chosen = settings(max_examples=examples, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
                          suppress_health_check=list(HealthCheck))  # fmt: skip
        run: Callable[[], None] = seed(number)(chosen(given(STEPS)(once)))
        run()
        number += 1
    return f"{put} tags were put down, and each was one tap"
