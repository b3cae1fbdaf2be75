"""The world around the player in tests: playlists, an output that does what the effects say, and what may happen."""

import dataclasses
from collections.abc import Iterable, Iterator
from itertools import product
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Step, every_step
from tomb.machines.player import PLAYER
from tomb.machines.player.events import (
    ChapterBegan,
    ClearResume,
    CountPlay,
    DeviceBack,
    DeviceLost,
    EnqueueTrack,
    Entry,
    Listing,
    Next,
    Pause,
    PauseOutput,
    Play,
    PlayChime,
    PlaylistChanged,
    PlaylistDeleted,
    PlayTrack,
    Previous,
    Restore,
    ResumeOutput,
    SaveResume,
    Seek,
    SetChapterTimer,
    SetGain,
    SetMode,
    SetSleepTimer,
    SleepOver,
    Start,
    Stop,
    StopOutput,
    TagRemoved,
    Tapped,
    ToChapter,
    Toggle,
    TrackFailed,
    TrackFinished,
    TrackStarted,
)
from tomb.machines.player.model import Player
from tomb.machines.table import Outcome
from tomb.models import OnRemoval, SameTag

MINUTE = 60_000
CHAPTERS = (0, 10 * MINUTE, 20 * MINUTE)
LATE = 5_000  # later than the 3 s in which Previous goes back a track
BAD = "cannot be decoded"
LOST, STILL_LOST = "the speaker is gone", "the speaker is still gone"


def listing(tracks: str, playlist_id: str = "p") -> Listing:
    """One track a letter, a minute each; a small letter is half an hour in three chapters."""
    return Listing(
        playlist_id,
        tuple(
            Entry(track_id, 30 * MINUTE, CHAPTERS) if track_id.islower() else Entry(track_id, MINUTE)
            for track_id in tracks
        ),
    )


def drawn_for(tracks: Listing) -> tuple[int, ...]:
    """What chance drew: the last first, so that it differs from the library's order."""
    count = len(tracks.entries)
    return tuple(range(count - 1, -1, -1))


def start(tracks: str, track_id: str | None = None, position_ms: int = 0, heard_ms: int | None = None) -> Start:
    chosen = listing(tracks)
    return Start(chosen, drawn_for(chosen), track_id, position_ms, heard_ms)


class Sound(Struct, frozen=True):
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
            case TrackStarted(generation) if step.before.following and generation == step.before.following[0]:
                return replace(self, cue=self.behind, behind=None)
            case TrackFailed(generation, _) if step.before.following and generation == step.before.following[0]:
                return replace(self, behind=None)
        return self

    def _told(self, effect: object) -> "Sound":
        match effect:
            case PlayTrack(_, track_id, _):
                assert self.there, "a track was begun on a device that is lost"
                return Sound(track_id)
            case EnqueueTrack(_, track_id):
                assert self.cue is not None, "something follows nothing"
                assert track_id != self.behind, "the same was said to follow twice"
                return replace(self, behind=track_id)
            case PauseOutput():
                assert self.cue is not None, "silence was told to be silent"
                return replace(self, hushed=True)
            case ResumeOutput():
                assert self.hushed, "what sounds was told to go on"
                return replace(self, hushed=False)
            case StopOutput():
                return Sound(there=self.there)
        assert isinstance(
            effect, SetGain | SaveResume | ClearResume | CountPlay | SetSleepTimer | SetChapterTimer | PlayChime
        )
        return self


def settle(player: Player) -> None:
    """Only the order of generations matters: the current one is always 10, what follows it 12, and 11 was replaced."""
    player.generation = 10
    player.newest = 12 if player.sound == "heard" else 10
    player.following = player.following and (12, player.following[1])
    player.sleep_number = player.chapter_number = 0


def commands(player: Player, tracks: str) -> Iterator[object]:
    for heard_ms in (0, LATE) if player.held else (None,):
        yield start(tracks, heard_ms=heard_ms)
        yield start(tracks, tracks[-1:] or None, LATE, heard_ms)
        yield from (each(heard_ms) for each in (Pause, Toggle, Stop, Next, Previous))
        yield from (SleepOver(player.sleep_number + late, heard_ms) for late in (0, -1))
    yield Play()
    yield from (Seek(position_ms) for position_ms in (LATE, MINUTE + 1))


def reports(player: Player) -> Iterator[object]:
    """Late, current, replaced and following generations."""
    for generation in (9, 10, 11, 12) if player.sound == "heard" else (9, 10):
        yield TrackStarted(generation)
    yield from (TrackFinished(generation) for generation in (9, 10))
    yield from (TrackFailed(generation, BAD) for generation in ((9, 10, 12) if player.following else (9, 10)))


def devices(player: Player) -> Iterator[object]:
    for heard_ms in (0, LATE) if player.held else (None,):
        yield DeviceLost(STILL_LOST if player.loss else LOST, heard_ms)
        yield DeviceBack(heard_ms)


def modes(player: Player) -> Iterator[object]:
    drawn = tuple(range(len(player.order) - 1, -1, -1))
    yield SetMode(drawn, repeat="none")
    yield SetMode(drawn, repeat="track")
    yield SetMode(drawn, repeat="playlist")
    yield SetMode(drawn, shuffle=not player.shuffled)
    yield SetMode(drawn, auto_advance=not player.auto_advance)


def playlists_modes(player: Player) -> Iterator[object]:
    """Playlists that are shuffled, or not, whatever the box does."""
    for shuffle in (True, False):
        chosen = dataclasses.replace(listing("AB"), shuffle=shuffle)
        yield Start(chosen, drawn_for(chosen), "B", LATE, LATE if player.held else None)
        yield PlaylistChanged(chosen)


def chapters(player: Player) -> Iterator[object]:
    """Wherever in its chapters a track may be, in what is heard and in what is not."""
    track = player.track
    starts = track.chapters if track else ()
    yield from (Seek(start_ms) for start_ms in starts)
    yield from (ToChapter(index) for index in (0, 2, 3))
    for heard_ms in [at + later for at in starts[1:] for later in (0, LATE)] if player.held else [None]:
        yield from (each(heard_ms, by_chapter) for each in (Next, Previous) for by_chapter in (False, True))
        yield Pause(heard_ms)
        yield Tapped(listing("aB"), drawn_for(listing("aB")), "next", heard_ms=heard_ms)
        yield from (ChapterBegan(player.chapter_number + late, heard_ms) for late in (0, -1))


def edits(_: Player) -> Iterator[object]:
    yield from (PlaylistChanged(listing(tracks)) for tracks in ("AB", "BA", "B", "AX", ""))
    yield PlaylistChanged(listing("AB", "another playlist"))
    yield from (PlaylistDeleted(playlist_id) for playlist_id in ("p", "another playlist"))


def memories(player: Player) -> Iterator[object]:
    """What may be remembered of the time before the box was switched off; its modes are those that are walked."""
    modes = (player.volume, player.muted, player.repeat, player.shuffle, player.auto_advance)
    yield Restore(*modes)
    for tracks in ("AB", ""):
        yield Restore(*modes, listing(tracks), drawn_for(listing(tracks)), "B", LATE)


def tags(player: Player) -> Iterator[object]:
    """The tag of this playlist and of another, under every policy."""
    for heard_ms in (LATE,) if player.held else (None,):
        for playlist_id, same_tag in product(("p", "q"), get_args(SameTag)):
            chosen = listing("AB", playlist_id)
            yield Tapped(chosen, drawn_for(chosen), same_tag, "B", LATE, heard_ms)
        yield Tapped(listing("", "empty"), (), "toggle", heard_ms=heard_ms)
        for playlist_id, on_removal in product(("p", "q"), get_args(OnRemoval)):
            yield TagRemoved(playlist_id, on_removal, heard_ms)


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
