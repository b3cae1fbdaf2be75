"""The world around the player in tests: playlists, an output that does what the effects say, and what may happen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.machines.walks import Step, every_step
from tomb.machines.player import PLAYER
from tomb.machines.player_events import (
    ArmSleep,
    Checkpoint,
    Choose,
    Credit,
    Cut,
    DeviceBack,
    DeviceLost,
    Edited,
    Entry,
    Failed,
    Finished,
    Follow,
    Forget,
    Gone,
    Halt,
    Hush,
    Listing,
    Loudness,
    Next,
    Pause,
    Play,
    Previous,
    Seek,
    SetMode,
    Skipped,
    SleepOver,
    Start,
    Started,
    Stop,
    Toggle,
    Unhush,
)
from tomb.machines.player_state import Player
from tomb.machines.table import Outcome

MINUTE = 60_000
LATE = 5_000  # later than the 3 s in which Previous goes back a track
BAD = "cannot be decoded"
LOST, STILL_LOST = "the speaker is gone", "the speaker is still gone"


def listing(tracks: str, playlist_id: str = "p") -> Listing:
    """One track a letter, a minute each."""
    return Listing(playlist_id, tuple(Entry(track_id, MINUTE) for track_id in tracks))


def drawn_for(tracks: Listing) -> tuple[int, ...]:
    """What chance drew: the last first, so that it differs from the library's order."""
    count = len(tracks.entries)
    return tuple(range(count - 1, -1, -1))


def start(tracks: str, track_id: str | None = None, position_ms: int = 0, heard_ms: int | None = None) -> Start:
    chosen = listing(tracks)
    return Start(chosen, drawn_for(chosen), track_id, position_ms, heard_ms)


@dataclass(frozen=True, slots=True)
class Sound:
    """An output, as far as it matters: what it was told to play, and what behind it. It believes every effect."""

    cue: str | None = None
    behind: str | None = None
    hushed: bool = False
    there: bool = True

    def after(self, step: Step) -> "Sound":
        now = self._happened(step)
        for effect in step.effects:
            now = now._told(effect)
        return now

    def _happened(self, step: Step) -> "Sound":
        match step.event:
            case DeviceLost():
                return Sound(there=False)
            case DeviceBack():
                return Sound()
            case Started(generation) if step.before.following and generation == step.before.following[0]:
                return replace(self, cue=self.behind, behind=None)
            case Failed(generation, _) if step.before.following and generation == step.before.following[0]:
                return replace(self, behind=None)
        return self

    def _told(self, effect: object) -> "Sound":
        match effect:
            case Cut(_, track_id, _):
                assert self.there, "a track was begun on a device that is lost"
                return Sound(track_id)
            case Follow(_, track_id):
                assert self.cue is not None, "something follows nothing"
                assert track_id != self.behind, "the same was said to follow twice"
                return replace(self, behind=track_id)
            case Hush():
                assert self.cue is not None, "silence was told to be silent"
                return replace(self, hushed=True)
            case Unhush():
                assert self.hushed, "what sounds was told to go on"
                return replace(self, hushed=False)
            case Halt():
                return Sound(there=self.there)
        assert isinstance(effect, Loudness | Checkpoint | Forget | Credit | Skipped | ArmSleep)
        return self


def settle(player: Player) -> None:
    """Only the order of generations matters: the current one is always 10, what follows it 12, and 11 was replaced."""
    player.generation = 10
    player.youngest = 12 if player.begun else 10
    player.following = player.following and (12, player.following[1])


def commands(player: Player, tracks: str) -> Iterator[object]:
    for heard_ms in (0, LATE) if player.cued else (None,):
        yield start(tracks, heard_ms=heard_ms)
        yield start(tracks, tracks[-1:] or None, LATE, heard_ms)
        yield from (each(heard_ms) for each in (Pause, Toggle, Stop, Next, Previous, SleepOver))
    yield Play()
    yield from (Seek(position_ms) for position_ms in (LATE, MINUTE + 1))


def reports(player: Player) -> Iterator[object]:
    """Late, current, replaced and following generations."""
    for generation in (9, 10, 11, 12) if player.begun else (9, 10):
        yield Started(generation)
    yield from (Finished(generation) for generation in (9, 10))
    yield from (Failed(generation, BAD) for generation in ((9, 10, 12) if player.following else (9, 10)))


def devices(player: Player) -> Iterator[object]:
    for heard_ms in (0, LATE) if player.cued else (None,):
        yield DeviceLost(STILL_LOST if player.lost else LOST, heard_ms)
        yield DeviceBack(heard_ms)


def modes(player: Player) -> Iterator[object]:
    drawn = tuple(range(len(player.order) - 1, -1, -1))
    yield SetMode(drawn, repeat="none")
    yield SetMode(drawn, repeat="track")
    yield SetMode(drawn, repeat="playlist")
    yield SetMode(drawn, shuffle=not player.shuffle)
    yield SetMode(drawn, auto_advance=not player.auto_advance)


def edits(_: Player) -> Iterator[object]:
    yield from (Edited(listing(tracks)) for tracks in ("AB", "BA", "B", "AX", ""))
    yield Edited(listing("AB", "another playlist"))
    yield from (Gone(playlist_id) for playlist_id in ("p", "another playlist"))


def choices(_: Player) -> Iterator[object]:
    for tracks in ("AB", ""):
        yield Choose(listing(tracks), drawn_for(listing(tracks)), "B", LATE)


def walk(first: Player, tracks: str, *more: object, depth: int | None = None) -> Iterable[tuple[Sound, Step]]:
    """Every step with commands on a playlist of `tracks`, reports and devices coming and going, and `more` of the
    generators above."""

    def alphabet(player: Player, _: Sound) -> Iterator[object]:
        yield from commands(player, tracks)
        for each in (reports, devices, *more):
            assert callable(each)
            yield from each(player)

    return every_step(PLAYER, first, alphabet, Sound(), Sound.after, depth, settle)


def fire(player: Player, *events: object) -> Outcome:
    """Fire them all; the outcome of the last."""
    return [PLAYER.fire(player, event) for event in events][-1]
