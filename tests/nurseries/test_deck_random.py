"""The deck, driven by everybody at once: people, tags, the library, and an output that is never where one expects it.

A machine that only one owner can drive should have no rows that its owner cannot cause. A walk fires what it likes, so
it cannot tell; here only the deck fires, and only what its callers make it fire.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.virtual import virtual_time
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Report
from tomb.errors import BadRequest, Forbidden, NotFound
from tomb.events import Event, Events
from tomb.library.memory import PlayerMemory
from tomb.library.reading import Playable
from tomb.machines.player import PLAYER
from tomb.models import Chapter, Chime, Origin, Playlist, SameTag, TagAction, Track
from tomb.nurseries.deck import Deck, Policy
from tomb.nurseries.journal import Journal, Notes
from tomb.nurseries.machine_states import MachineStates
from tomb.ports import VirtualPorts

pytestmark = virtual_time
MINUTE = 60_000
BOOK = "B"  # so long that Next and Previous go by its chapters
CHAPTERS = (0, 4_000, 30_000)


@dataclass
class HandOutput:
    """An output whose sound moves on when the test says so.

    As a real one it takes the cue that follows a while before that is heard. What is enqueued in between comes behind
    it, though the deck believes to have replaced it: the report of its start is the first that the deck hears of it.
    """

    report: Callable[[Report], None]
    cues: list[Cue] = field(default_factory=list)  # what is heard, what follows it, and what follows that
    taken: int = 1  # so many of them have begun for the device, the last perhaps not for the ear
    started: bool = False
    paused: bool = False
    position_ms: int = 0
    name: str = "by hand"

    def play(self, cue: Cue) -> None:
        self.cues, self.taken, self.started, self.paused, self.position_ms = [cue], 1, False, False, cue.start_ms

    def enqueue(self, cue: Cue | None) -> None:
        if self.cues:
            self.cues[self.taken :] = [] if cue is None else [cue]

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def stop(self) -> None:
        self.cues, self.taken, self.started = [], 1, False

    def set_gain(self, level: float, seconds: float = 0.02) -> None:
        assert 0 <= level <= 1
        assert seconds >= 0

    def set_cue_gain(self, generation: int, gain: float) -> None:
        assert generation in {cue.generation for cue in self.cues} | {0}
        assert gain > 0

    def chime(self, chime: Chime) -> None:
        assert chime in ("error", "limit")

    def expect(self, cues: Sequence[Cue]) -> None:
        raise NotImplementedError

    def heard(self) -> Heard:
        return Heard(self.cues[0].generation, self.position_ms) if self.cues else Heard(None, 0)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        raise NotImplementedError

    # what the test may make it do

    def start(self) -> None:
        if self.cues and not self.started and not self.paused:
            self.started = True
            self.report(CueStarted(self.cues[0].generation))

    def play_on(self, ms: int) -> None:
        if self.started and not self.paused:
            self.position_ms = min(length(self.cues[0].path.name), self.position_ms + ms)

    def take_next(self) -> None:
        if self.started and len(self.cues) > 1:
            self.taken = 2

    def end(self) -> None:
        """Of what is heard. It may be told while it is paused: the ear was behind the device."""
        if not self.started:
            return
        ended = self.cues.pop(0)
        self.taken, self.position_ms = 1, 0
        if self.cues:
            self.report(CueStarted(self.cues[0].generation))
        else:
            self.stop()
            self.report(CueFinished(ended.generation))

    def fail(self) -> None:
        if self.cues:
            failed = self.cues.pop(0)
            self.taken, self.started, self.position_ms = 1, False, 0
            self.report(CueFailed(failed.generation, "damaged"))

    def fail_next(self) -> None:
        if len(self.cues) > 1 and self.taken == 1:
            self.report(CueFailed(self.cues.pop(1).generation, "damaged"))


def length(letter: str) -> int:
    return 21 * MINUTE if letter == BOOK else MINUTE


def playlist(playlist_id: str, tracks: str) -> Playlist:
    made = [
        Track(
            id=f"{playlist_id}-{letter}",
            number=number,
            title=letter,
            filename=letter,
            file_path=letter,
            duration_ms=length(letter),
            chapters=[Chapter(title="", start_ms=at) for at in CHAPTERS] if letter == BOOK else [],
            artist=None,
            album=None,
            file_size=1,
            file_hash="",
            created_at="",
            updated_at="",
        )
        for number, letter in enumerate(tracks, start=1)
    ]
    times = {"created_at": "", "updated_at": ""}
    return Playlist(id=playlist_id, title=playlist_id, track_count=len(made), total_duration_ms=0, tracks=made, **times)


class World:
    """A deck, and everybody around it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.library = {"p": playlist("p", "AB"), "q": playlist("q", "ABC"), "empty": playlist("empty", "")}
        ports = VirtualPorts(seed)
        events = Events(ports, 0)
        self.states: list[dict[str, Any]] = []
        events.subscribe(self._heard_of)
        self.deck = Deck(ports, events, Journal(self._write), self._find, Path("library"), MachineStates(), 0.5)
        self.output: HandOutput | None = None
        self.disk_is_bad = False

    async def _write(self, notes: Notes) -> None:
        raise NotImplementedError("the journal does not run")

    async def _find(self, playlist_id: str) -> Playable:
        await trio.sleep(self.random.choice((0, 0, 0.5)))
        if playlist_id not in self.library:
            raise NotFound("playlist", playlist_id)
        return Playable.of_playlist(self.library[playlist_id])

    def _heard_of(self, event: Event) -> None:
        if event.type == "state:player":
            self.states.append(from_json(event.payload)["data"])

    async def asks(self, ask: Callable[[], Awaitable[object]]) -> None:
        with suppress(BadRequest, NotFound, Forbidden):
            await ask()

    def question(self) -> Callable[[], Awaitable[object]]:
        deck, chance = self.deck, self.random
        # A curb is rare, and parents are not: else it would mostly be silent.
        origin: Origin = chance.choice(("parent", "child"))
        return chance.choice(
            (
                partial(deck.play, origin=origin),
                partial(deck.pause, origin=origin),
                partial(deck.toggle, origin=origin),
                partial(deck.stop, origin=origin),
                partial(deck.next, origin=origin),
                partial(deck.previous, origin=origin),
                partial(deck.seek, chance.choice((0, 10_000, MINUTE, MINUTE + 1))),
                partial(deck.chapter, chance.choice((0, 2, 3)), origin=origin),
                partial(deck.set_volume, chance.randint(0, 100)),
                partial(deck.set_mode, repeat=chance.choice(("none", "track", "playlist"))),
                partial(deck.set_mode, shuffle=chance.choice((True, False)), auto_advance=chance.random() < 0.8),
                partial(deck.sleep, chance.choice((None, 5, 12, 60))),
                partial(deck.start, self.some_playlist(), chance.choice((None, None, 1, 2)), origin=origin),
                partial(deck.start, self.some_playlist(), origin=origin),
                partial(deck.restore, self.memory()),
                self.replace_too_late,
                self.replace_too_late,
            )
        )

    async def replace_too_late(self) -> None:
        """The device has begun what follows when it is told that something else does, or nothing."""
        out = self.output
        if out is not None:
            out.take_next()
            modes = ({"repeat": "track"}, {"repeat": "none"}, {"auto_advance": False})
            await self.deck.set_mode(**self.random.choice(modes))
            if self.random.random() < 0.3:
                await self.deck.pause()
            out.end()

    def edit_in_the_moment_of_the_end(self) -> None:
        """What follows now is enqueued when there is nothing left that it could follow."""
        self.edit()
        if self.output is not None:
            self.output.end()

    def happens(self) -> None:
        deck, chance, out = self.deck, self.random, self.output
        if chance.random() < 0.02:
            self.disk_is_bad = not self.disk_is_bad
        device: list[Callable[[], None]] = []
        if out is not None and self.disk_is_bad:
            device = [out.fail] * 7
        elif out is not None:
            device = [out.start, out.start, out.start, out.take_next, out.end, out.fail, out.fail_next]
            device += [lambda: out.play_on(chance.choice((1_000, 30_000))), self.edit_in_the_moment_of_the_end]
        chance.choice(
            (
                *device,
                *device,
                lambda: deck.tap(self.some_playlist()),
                lambda: deck.tap(self.some_playlist()),
                lambda: deck.lifted(self.some_playlist()),
                lambda: deck.act(TagAction(action=chance.choice(("shuffle", "volume_up", "volume_down")))),
                lambda: deck.set_ceiling(chance.choice((30, 100))),
                lambda: deck.set_curb(chance.choice(("none", "none", "none", "none", "last", "shut"))),
                self.change_policy,
                self.edit,
                self.attach if out is None or chance.random() < 0.2 else self.detach,
            )
        )()

    def some_playlist(self) -> str:
        return self.random.choice(("p", "p", "p", "q", "q", "empty", "none"))

    def change_policy(self) -> None:
        same_tag: SameTag = self.random.choice(get_args(SameTag))
        self.deck.policy = Policy(same_tag, self.random.choice(("keep", "pause")))

    def edit(self) -> None:
        playlist_id = self.random.choice(("p", "q"))
        if self.random.random() < 0.2:
            self.deck.gone(playlist_id)
        else:
            tracks = self.random.choice(("AB", "BA", "ABC", "CAB", "B", "CD", ""))
            self.library[playlist_id] = playlist(playlist_id, tracks)
            self.deck.edited(self.library[playlist_id])

    def attach(self) -> None:
        self.output = HandOutput(self.deck.report)
        self.deck.attach(self.output)

    def detach(self) -> None:
        self.output = None
        self.deck.detach("the loudspeaker is gone")

    def memory(self) -> PlayerMemory:
        chosen = self.random.choice((None, "p", "empty"))
        return PlayerMemory(playlist_id=chosen, track_id=chosen and "p-B", position_ms=5_000)


def check(state: dict[str, Any]) -> None:
    track = state["active_track"]
    assert (track is None) == (state["active_track_id"] is None)
    assert track is None or state["active_playlist_id"] is not None
    assert 0 <= state["position_ms"] <= (0 if track is None else track["duration_ms"])
    assert state["state"] != "error" or state["error_message"]
    assert state["can_prev"] == (track is not None)
    assert track is not None or state["state"] == "stopped"


async def live(seed: int, steps: int) -> None:
    world = World(seed)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.deck.run)
        for _ in range(steps):
            if world.random.random() < 0.4:
                nursery.start_soon(world.asks, world.question())
            else:
                world.happens()
            if world.random.random() < 0.6:  # else what was asked and what happened wait in the mailbox together
                await wait_all_tasks_blocked()
            if world.random.random() < 0.1:
                await trio.sleep(world.random.choice((0.5, 5, 20)))
        await trio.sleep(60)
        check(world.deck.state(0).model_dump())
        nursery.cancel_scope.cancel()
    for state in world.states:
        check(state)


@pytest.mark.parametrize("seed", range(3))
async def test_whoever_asks_and_whatever_happens_the_deck_shows_a_state_that_makes_sense(
    seed: int, autojump_clock: MockClock
) -> None:
    await live(seed, 1500)


async def test_there_is_no_row_of_the_player_that_the_deck_cannot_cause(autojump_clock: MockClock) -> None:
    with rows_recorded(PLAYER) as taken:
        for seed in range(100):  # a handful is enough, but how many the shuffling of tasks decides
            await live(seed, 1500)
            if taken == rows_of(PLAYER):
                return
    assert rows_of(PLAYER) - taken == set()
