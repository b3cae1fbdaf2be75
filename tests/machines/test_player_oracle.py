"""The player against an oracle: a naive music box, written from behaviour.md, in which sound begins at once.

The machine is driven by a model of an output that plays in virtual time: it reports what it begins, ends and cannot
decode, and plays what follows without a gap. The oracle knows neither cues nor generations nor effects; it keeps an
order, a place in it and a position, and says after each thing that happens what a child would hear.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.machines.player_world import BAD, LOST, MINUTE, drawn_for, listing
from tomb.machines.player import PLAYER
from tomb.machines.player.events import (
    DeviceBack,
    DeviceLost,
    EnqueueTrack,
    Next,
    Pause,
    PauseOutput,
    Play,
    PlaylistChanged,
    PlayTrack,
    Previous,
    ResumeOutput,
    Seek,
    SetMode,
    Start,
    Stop,
    StopOutput,
    Toggle,
    TrackFailed,
    TrackFinished,
    TrackStarted,
)
from tomb.machines.player.model import Player
from tomb.models import RepeatMode

Heard = tuple[str, str | None, int]
"""State, track, position: what both worlds are compared by."""


@dataclass
class Box:
    """The machine with an output that does what it is told, at once. `bad` are the tracks that cannot be decoded."""

    bad: frozenset[str]
    player: Player = field(default_factory=Player)
    cue: tuple[int, str] | None = None
    behind: tuple[int, str] | None = None
    position_ms: int = 0

    def fire(self, event: object) -> None:
        reports = [event]
        while reports:
            PLAYER.fire(self.player, reports.pop(0))
            effects, self.player.effects = self.player.effects, []
            for effect in effects:
                reports += self._carry_out(effect)

    def _carry_out(self, effect: object) -> list[object]:
        match effect:
            case PlayTrack(generation, track, position_ms):
                self.cue, self.behind, self.position_ms = (generation, track), None, position_ms
                return [TrackFailed(generation, BAD) if track in self.bad else TrackStarted(generation)]
            case EnqueueTrack(generation, track):
                self.behind = (generation, track) if track and track not in self.bad else None
                return [TrackFailed(generation, BAD)] if track in self.bad else []
            case StopOutput():
                self.cue = None
            case PauseOutput() | ResumeOutput():
                pass  # whether time passes for the cue is read off the state, which the walks hold against these
        return []

    @property
    def heard_ms(self) -> int | None:
        return self.position_ms if self.player.held else None

    def listen(self, ms: int) -> None:
        while ms and self.player.play_state == "playing":
            assert self.cue is not None
            passing = min(ms, MINUTE - self.position_ms)
            self.position_ms += passing
            ms -= passing
            if self.position_ms < MINUTE:
                continue
            if self.behind is None:
                self.fire(TrackFinished(self.cue[0]))
            else:
                self.cue, self.behind, self.position_ms = self.behind, None, 0
                self.fire(TrackStarted(self.cue[0]))

    @property
    def heard(self) -> Heard:
        player = self.player
        position_ms = player.position_ms if self.heard_ms is None else self.heard_ms
        return player.play_state, player.track.track_id if player.track else None, position_ms


class Oracle:
    def __init__(self, bad: frozenset[str]) -> None:
        self.state = "stopped"
        self.library = ""
        self.order = ""
        self.place = 0
        self.position_ms = 0
        self.repeat: RepeatMode = "none"
        self.shuffle = False
        self.shuffle_of_the_box = False
        self.auto = True
        self._chosen = False
        self._bad = bad
        self._tried: set[str] = set()  # found bad since something was heard
        self._anything_heard = False
        self._wanted = False
        self._device = True
        self._device_is_the_error = False

    @property
    def heard(self) -> Heard:
        return self.state, self.track, self.position_ms

    @property
    def track(self) -> str | None:
        return self.order[self.place] if self.order else None

    # what people do

    def start(self, tracks: str, track: str | None, position_ms: int, shuffle: bool | None = None) -> None:
        if not tracks:
            return
        self.shuffle = self.shuffle_of_the_box if shuffle is None else shuffle
        self._chosen = True
        self.library = self.order = tracks
        first = track if track and track in tracks else ""
        if self.shuffle:
            self.order = first + "".join(each for each in reversed(tracks) if each != first)
        self._command(self.order.index(first), position_ms if first else 0)

    def play(self) -> None:
        if self.state == "error" and not self._device:
            self._wanted = self._device_is_the_error = True
        elif self.track and self.state != "playing":
            self._command(self.place, self.position_ms)

    def pause(self) -> None:
        if self.state == "playing":
            self.state = "paused"
        self._wanted = False

    def toggle(self) -> None:
        self.pause() if self.state == "playing" else self.play()

    def stop(self) -> None:
        self.state, self._wanted = "stopped", False

    def next(self) -> None:
        after = self._after()
        if after is not None:
            self._command(after, 0)
        elif self.state != "stopped":
            self.stop()

    def previous(self) -> None:
        if not self.track:
            return
        place = self.place
        if self.position_ms < 3_000:
            place = place - 1 if place else (len(self.order) - 1 if self.repeat == "playlist" else 0)
        self._command(place, 0)

    def seek(self, position_ms: int) -> None:
        if self.track and position_ms <= MINUTE:
            self.position_ms = position_ms

    def set_shuffle(self, shuffle: bool) -> None:
        self.shuffle_of_the_box = shuffle
        if shuffle == self.shuffle:
            return
        self.shuffle = shuffle
        if self.track:
            rest = self.library[::-1].replace(self.track, "")
            here = self.track
            self.order = here + rest if shuffle else self.library
            self.place = self.order.index(here)

    # what else happens

    def listen(self, ms: int) -> None:
        while ms and self.state == "playing":
            passing = min(ms, MINUTE - self.position_ms)
            self.position_ms += passing
            ms -= passing
            if self.position_ms == MINUTE:
                self._track_ended()

    def edit(self, tracks: str) -> None:
        if not self._chosen:
            return
        ahead = self.order[self.place :] + (self.order[: self.place] if self.repeat == "playlist" else "")
        left = [track for track in ahead if track in tracks]
        moved = bool(left) and left[0] != self.track
        kept = "".join(track for track in self.order if track in tracks)
        self.order = kept + "".join(track for track in tracks if track not in kept) if self.shuffle else tracks
        self.library = tracks
        self.place = self.order.index(left[0]) if left else 0
        if moved or not left:
            self.position_ms = 0
        if not left:
            self.stop()
        elif moved and self.state == "playing":
            self._begin()

    def lose(self) -> None:
        self._device = False
        if self.state in ("playing", "paused"):
            self._wanted = self.state == "playing"
            self.state, self._device_is_the_error = "error", True

    def find(self) -> None:
        self._device = True
        if self._wanted:
            self._begin()
        elif self.state == "error" and self._device_is_the_error:
            self.state = "paused"
        self._device_is_the_error = False

    # how that is done

    def _command(self, place: int, position_ms: int) -> None:
        self.place, self.position_ms = place, position_ms
        self._tried.clear()
        self._anything_heard = False
        self._begin()

    def _begin(self) -> None:
        self._wanted = True
        if not self._device:
            self.state, self._device_is_the_error = "error", True
            return
        while self.track in self._bad:
            self._tried.add(self.track or "")
            place = self._next_good_or_untried()
            if place is None:
                self._nothing_is_left()
                return
            self.place, self.position_ms = place, 0
        self.state = "playing"
        self._anything_heard = True
        self._tried.clear()

    def _nothing_is_left(self) -> None:
        if self._anything_heard:
            self._music_is_over()
        else:
            self.state, self.position_ms, self._wanted = "error", 0, False

    def _music_is_over(self) -> None:
        self.place = 0 if self.auto else self._after() or 0
        self.position_ms = 0
        self.stop()

    def _track_ended(self) -> None:
        good = [place for place in self._ahead() if self.order[place] not in self._bad]
        if not self.auto:
            self._music_is_over()
        elif self.repeat == "track":
            self.position_ms = 0
        elif good:
            self.place, self.position_ms = good[0], 0
        else:
            self._music_is_over()

    def _ahead(self) -> list[int]:
        wrapped = range(len(self.order))[: self.place + 1] if self.repeat == "playlist" else ()
        return [*range(self.place + 1, len(self.order)), *wrapped]

    def _next_good_or_untried(self) -> int | None:
        return next((place for place in self._ahead() if self.order[place] not in self._tried), None)

    def _after(self) -> int | None:
        return next(iter(self._ahead()), None)


@dataclass(frozen=True)
class Happening:
    name: str
    happen: Callable[[Box], object]
    expect: Callable[[Oracle], None]

    def __repr__(self) -> str:
        return self.name


TRACKS = st.permutations("ABCDE").flatmap(lambda all_of_them: st.integers(0, 5).map(lambda n: "".join(all_of_them[:n])))
POSITIONS = st.sampled_from([0, 2_999, 3_000, 30_000, MINUTE - 1])


def do(name: str, event: Callable[[int | None], object], expected: Callable[[Oracle], None]) -> Happening:
    return Happening(name, lambda box: box.fire(event(box.heard_ms)), expected)


def starting(tracks: str, track: str | None, position_ms: int, shuffle: bool | None = None) -> Happening:
    chosen = replace(listing(tracks), shuffle=shuffle)
    return do(
        f"start {tracks} at {track} {position_ms} shuffled {shuffle}",
        lambda heard_ms: Start(chosen, drawn_for(chosen), track, position_ms, heard_ms),
        lambda oracle: oracle.start(tracks, track, position_ms, shuffle),
    )


def setting(repeat: RepeatMode) -> Happening:
    return do(f"repeat {repeat}", lambda _: SetMode(repeat=repeat), lambda oracle: setattr(oracle, "repeat", repeat))


def advancing(auto: bool) -> Happening:
    return do(f"auto {auto}", lambda _: SetMode(auto_advance=auto), lambda oracle: setattr(oracle, "auto", auto))


def shuffling(shuffle: bool) -> Happening:
    def shuffled(box: Box) -> None:
        count = len(box.player.order)
        box.fire(SetMode(tuple(range(count - 1, -1, -1)), shuffle=shuffle))

    return Happening(f"shuffle {shuffle}", shuffled, lambda oracle: oracle.set_shuffle(shuffle))


def seeking(position_ms: int) -> Happening:
    return do(f"seek {position_ms}", lambda _: Seek(position_ms), lambda oracle: oracle.seek(position_ms))


def listening(ms: int) -> Happening:
    return Happening(f"listen {ms}", lambda box: box.listen(ms), lambda oracle: oracle.listen(ms))


def editing(tracks: str) -> Happening:
    return do(
        f"edit {tracks}",
        lambda heard_ms: PlaylistChanged(listing(tracks), heard_ms),
        lambda oracle: oracle.edit(tracks),
    )


COMMANDS = st.sampled_from(
    [
        do("play", lambda _: Play(), Oracle.play),
        do("pause", Pause, Oracle.pause),
        do("toggle", Toggle, Oracle.toggle),
        do("stop", Stop, Oracle.stop),
        do("next", Next, Oracle.next),
        do("previous", Previous, Oracle.previous),
    ]
)
HAPPENINGS = st.one_of(
    COMMANDS,
    COMMANDS,
    st.builds(listening, st.one_of(POSITIONS, st.integers(0, 5 * MINUTE))),
    st.one_of(
        st.builds(starting, TRACKS, st.sampled_from([None, *"ABCDE"]), POSITIONS, st.sampled_from([None, True, False])),
        st.builds(seeking, st.one_of(POSITIONS, st.just(MINUTE + 1))),
        st.builds(editing, TRACKS),
    ),
    st.one_of(
        st.builds(setting, st.sampled_from(["none", "track", "playlist"])),
        st.builds(advancing, st.booleans()),
        st.builds(shuffling, st.booleans()),
    ),
    st.sampled_from(
        [do("lose", lambda heard_ms: DeviceLost(LOST, heard_ms), Oracle.lose), do("find", DeviceBack, Oracle.find)]
    ),
)


@settings(max_examples=500)
@given(st.frozensets(st.sampled_from("ABCDE"), max_size=3), TRACKS, st.lists(HAPPENINGS, max_size=40))
def test_a_child_hears_what_behaviour_says(bad: frozenset[str], tracks: str, story: list[Happening]) -> None:
    box, oracle = Box(bad), Oracle(bad)
    for each in [starting(tracks, None, 0), *story]:
        each.happen(box)
        each.expect(oracle)
        assert box.heard == oracle.heard, each
