"""The player walked through everything that can happen to it, with playlists of no to three tracks and in all modes."""

from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from functools import partial
from itertools import product
from typing import Any, cast, get_args

import pytest

from tests.machines.player_world import (
    BAD,
    Sound,
    chapters,
    edits,
    memories,
    modes,
    playlists_modes,
    tags,
    walk,
)
from tests.machines.walks import Possible, Step, context, fired, possible_outcomes
from tomb.machines import player as player_module
from tomb.machines.player import COUPLING, PLAYER, model
from tomb.machines.player.events import (
    ClearResume,
    EnqueueTrack,
    HushOver,
    Next,
    PlayTrack,
    Previous,
    SaveResume,
    SetCeiling,
    SetCurb,
    SetMode,
    SetSleep,
    SetVolume,
    SleepNear,
    SleepOver,
    Stop,
    StopOutput,
    TrackFailed,
    TrackFinished,
)
from tomb.machines.player.model import Player
from tomb.machines.table import Outcome
from tomb.models import PlayState, RepeatMode

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
HEARABLE = ("loading", "playing")
STATES: tuple[PlayState, ...] = get_args(PlayState)
REPEATS: tuple[RepeatMode, ...] = get_args(RepeatMode)

EVERY_WALK = pytest.mark.parametrize(
    "steps",
    [
        *(
            pytest.param(
                partial(walk, Player(repeat=repeat, shuffle=shuffle, auto_advance=auto), "ABC"[:count]),
                id=f"{count}-repeat-{repeat}{'-shuffle' * shuffle}{'-one-by-one' * (not auto)}",
            )
            for count, repeat, shuffle, auto in product(range(4), REPEATS, (False, True), (True, False))
        ),
        # These have hundreds of thousands of contexts, so they stop where a few seconds are over.
        pytest.param(partial(walk, Player(), "AB", edits, memories, depth=6), id="edits"),
        pytest.param(partial(walk, Player(), "AB", tags, depth=6), id="tags"),
        pytest.param(partial(walk, Player(), "AB", edits, memories, tags, depth=5), id="edits-and-tags"),
        pytest.param(partial(walk, Player(shuffle=True, repeat="playlist"), "AB", edits, depth=6), id="edits-shuffled"),
        pytest.param(partial(walk, Player(), "AB", modes, depth=6), id="modes"),
        pytest.param(partial(walk, Player(), "aB", chapters, depth=5), id="chapters"),
        pytest.param(partial(walk, Player(repeat="playlist"), "a", chapters, edits, depth=4), id="one-with-chapters"),
        pytest.param(partial(walk, Player(), "AB", playlists_modes, modes, edits, depth=5), id="modes-of-playlists"),
    ],
)


AGREEING: dict[model.Transport, tuple[model.Sound, ...]] = {
    "stopped": ("none", "lost"),
    "playing": ("loading", "heard", "lost"),
    "paused": ("none", "loading", "heard", "lost"),
    "failed": ("none", "lost"),
}


def check_coupling(player: Player) -> None:
    """The two machines agree: what is wanted sounds as soon as it can, and nothing else does."""
    assert player.sound in AGREEING[player.state]
    assert player.held == (player.sound in ("loading", "heard"))
    assert (player.loss is not None) == (player.sound == "lost")
    assert player.track is not None or player.state == "stopped"


def check_shown(player: Player) -> None:
    """What clients are shown: an error has its reason, and only the loss of the device hides an intent."""
    assert player.is_playing == (player.play_state in HEARABLE)
    assert not player.is_playing or player.state == "playing"
    assert player.state != "playing" or player.is_playing or player.sound == "lost"
    assert player.sound != "lost" or player.play_state in ("stopped", "error")
    assert player.play_state != "error" or player.message in (BAD, player.loss)
    assert player.play_state != "error" or player.message is not None
    assert player.message in (None, BAD, player.loss)


def check_place(player: Player) -> None:
    """`order` is a permutation of the playlist, `place` one of its places, the position within the track."""
    entries = player.listing.entries if player.listing else ()
    assert sorted(player.order) == list(range(len(entries)))
    assert player.place in range(len(entries)) or (player.place, player.track) == (0, None)
    assert 0 <= player.position_ms <= (player.track.duration_ms if player.track else 0)
    assert player.shuffled or list(player.order) == sorted(player.order)


def check_sound(player: Player, sound: Sound) -> None:
    """What the output was told to do is what the state says is done."""
    assert player.held == (sound.cue is not None)
    assert player.is_playing == (sound.cue is not None and not sound.hushed)
    if player.held:
        assert player.track is not None
        assert sound.cue == player.track.track_id
        assert player.play_state in (*HEARABLE, "paused")
    assert (player.following[1] if player.following else None) == sound.behind
    assert (player.play_state == "playing") == (player.is_playing and player.sound == "heard")


def goes_by_chapter(player: Player) -> bool:
    return model.chapter_after(player, player.position_ms) is not None


def check_following(player: Player) -> None:
    """What was told to follow is what would be played if the track ended now; before it is heard, nothing follows."""
    if player.sound != "heard":
        assert player.following is None
        return
    ended = fired(PLAYER, player, TrackFinished(player.generation))
    if player.following is None:
        assert ended.after.play_state == "stopped" or ended.after.play_state == player.play_state == "paused"
        assert ended.after.play_state == "stopped"
    else:
        assert ended.after.track.track_id == player.following[1]
    if player.following and player.repeat != "track" and not player.failed and not goes_by_chapter(player):
        assert fired(PLAYER, player, Next()).after.track.track_id == player.following[1]


def check_buttons(player: Player) -> None:
    """`can_next` and `can_prev` tell the truth about what the buttons would do."""
    after_next, after_previous = fired(PLAYER, player, Next()), fired(PLAYER, player, Previous())
    assert model.can_next(player, player.position_ms) == (after_next.after.state == "playing")
    assert player.can_prev == (after_previous.outcome is MOVED) == (after_previous.after.state == "playing")
    if not model.can_next(player, player.position_ms):
        assert after_next.after.play_state in ("stopped", player.play_state)


def check_only_bad_tracks(player: Player) -> None:
    """If from now on no track can be decoded, that is found out after each was tried once, and it ends."""
    failing = copy(player)
    failing.effects = []
    for _ in player.order:
        if failing.held:
            PLAYER.fire(failing, TrackFailed(failing.generation, BAD))
    assert not failing.held
    if player.is_playing:
        assert failing.play_state == ("stopped" if player.heard_any else "error")
    else:
        assert failing.play_state in (player.play_state, "stopped", "error")


def check_generations(step: Step) -> None:
    """Generations only grow, each is given out once, and the current cue is the one that was cut last."""
    before, after = cast(Player, step.before), cast(Player, step.after)
    given = [effect.generation for effect in step.effects if isinstance(effect, PlayTrack | EnqueueTrack)]
    assert given == sorted(set(given))
    assert all(generation > before.newest for generation in given)
    assert after.newest >= after.generation >= before.generation
    assert after.newest == max([before.newest, *given])
    cuts = [effect for effect in step.effects if isinstance(effect, PlayTrack)]
    assert len(cuts) <= 1
    if cuts:
        assert after.track is not None
        assert cuts == [PlayTrack(after.generation, after.track.track_id, after.position_ms)]


def check_memory(step: Step) -> None:
    """The place is noted at each pause and stop; a playlist that ends is forgotten, and only then."""
    before, after = cast(Player, step.before), cast(Player, step.after)
    noted = [effect for effect in step.effects if isinstance(effect, SaveResume)]
    forgotten = [effect for effect in step.effects if isinstance(effect, ClearResume)]
    paused = before.is_playing and after.play_state == "paused"
    ended = step.outcome is MOVED and isinstance(step.event, Stop | SleepOver)
    stopped = ended and before.play_state != "stopped"
    if paused or stopped:
        assert after.listing is not None
        assert after.track is not None
        assert noted == [SaveResume(after.listing.playlist_id, after.track.track_id, after.position_ms)]
    assert not (noted and forgotten)
    if forgotten:
        assert isinstance(step.event, TrackFinished | TrackFailed) or type(step.event).__name__ == "TrackStarted"
        assert after.play_state == "stopped" or before.play_state == after.play_state == "paused"


def check_outcome(step: Step) -> None:
    """What is refused or ignored changes nothing; what is stopped is silent."""
    if step.outcome is not MOVED:
        assert context(step.after) == context(step.before)
        assert step.effects == ()
    if step.after.play_state == "stopped" and step.before.held:
        assert StopOutput() in step.effects


CHECKS = (check_coupling, check_shown, check_place, check_following, check_buttons, check_only_bad_tracks)


@EVERY_WALK
def test_whatever_happens_the_player_keeps_its_rules(steps: Callable[[], Iterable[tuple[Sound, Step]]]) -> None:
    known = set()
    for sound, step in steps():
        player = cast(Player, step.after)
        try:
            for check_step in (check_generations, check_memory, check_outcome):
                check_step(step)
            if (here := (context(player), sound)) in known:
                continue
            known.add(here)
            check_sound(player, sound)
            for check in (
                check_coupling,
                check_shown,
                check_place,
                check_following,
                check_buttons,
                check_only_bad_tracks,
            ):
                check(player)
        except AssertionError as broken:
            broken.add_note(f"after {step.path}\n  from {step.before}\n  to {player}\n  with {step.effects}, {sound}")
            raise


def contexts(steps: Iterable[tuple[Sound, Step]]) -> Iterable[Player]:
    return {context(step.after): cast(Player, step.after) for _, step in steps}.values()


@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize("repeat", REPEATS)
def test_from_everywhere_next_reaches_every_track_and_ends_only_without_repeat(count: int, repeat: RepeatMode) -> None:
    for player in contexts(walk(Player(repeat=repeat), "ABC"[:count])):
        heard = []
        for _ in range(2 * count):
            if model.can_next(player, player.position_ms):
                player = fired(PLAYER, player, Next()).after
                heard.append(player.order[player.place])
        if repeat == "playlist":
            assert set(heard) == set(player.order)
        else:
            assert heard == sorted(set(heard))
            assert not player.order or player.place == count - 1


def stays(state: str) -> set[Possible]:
    return {(MOVED, state)}


def or_refused(state: str, *reached: str) -> set[Possible]:
    return {(REFUSED, state)} | {(MOVED, each) for each in reached}


def or_ignored(state: str, *reached: str) -> set[Possible]:
    return {(IGNORED, state)} | {(MOVED, each) for each in reached}


# What behaviour.md says may come of each event in each state, by state: stopped, loading, playing, paused, error.
_BY_STATE: dict[str, tuple[set[Possible] | None, ...]] = {
    "Start": (
        or_refused("stopped", "loading", "error"),
        or_refused("loading", "loading"),
        or_refused("playing", "loading"),
        or_refused("paused", "loading"),
        or_refused("error", "loading", "error"),
    ),
    "Restore": (stays("stopped"), None, None, None, None),
    "Play": (
        or_refused("stopped", "loading", "error"),
        None,
        None,
        {(MOVED, "loading"), (MOVED, "playing")},
        or_ignored("error", "loading", "error"),
    ),
    "Pause": (None, stays("paused"), stays("paused"), None, or_ignored("error", "error")),
    "Toggle": (
        or_refused("stopped", "loading", "error"),
        stays("paused"),
        stays("paused"),
        {(MOVED, "loading"), (MOVED, "playing")},
        or_refused("error", "loading", "error"),
    ),
    "Stop": (None, stays("stopped"), stays("stopped"), stays("stopped"), stays("stopped")),
    "Next": (
        or_refused("stopped", "loading", "error"),
        {(MOVED, "loading"), (MOVED, "stopped")},
        {(MOVED, "loading"), (MOVED, "stopped")},
        {(MOVED, "loading"), (MOVED, "stopped")},
        {(MOVED, "loading"), (MOVED, "stopped"), (MOVED, "error")},
    ),
    "Previous": (
        or_refused("stopped", "loading", "error"),
        stays("loading"),
        stays("loading"),
        stays("loading"),
        {(MOVED, "loading"), (MOVED, "error")},
    ),
    "ToChapter": (
        or_refused("stopped", "loading", "error"),
        or_refused("loading", "loading"),
        or_refused("playing", "loading"),
        or_refused("paused", "loading"),
        or_refused("error", "loading", "error"),
    ),
    "Seek": (
        or_refused("stopped", "stopped"),
        or_refused("loading", "loading"),
        or_refused("playing", "loading"),
        or_refused("paused", "paused"),
        or_refused("error", "error"),
    ),
    "Tapped": (
        or_refused("stopped", "loading", "error"),
        or_refused("loading", "loading", "paused", "stopped"),
        or_refused("playing", "loading", "paused", "stopped"),
        or_refused("paused", "loading", "playing", "stopped"),
        or_refused("error", "loading", "stopped", "error"),
    ),
    "TagRemoved": (
        None,
        or_refused("loading", "paused"),
        or_refused("playing", "paused"),
        None,
        or_ignored("error") | or_refused("error", "error"),
    ),
    "SetMode": tuple(stays(state) for state in STATES),
    "SleepOver": tuple(or_refused(state, "stopped") for state in STATES),
    "PlaylistChanged": (
        or_refused("stopped", "stopped"),
        or_refused("loading", "loading", "stopped"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped"),
        or_refused("error", "error", "stopped"),
    ),
    "PlaylistDeleted": tuple(or_refused(state, "stopped") for state in STATES),
    "TrackStarted": (
        None,
        or_refused("loading", "playing"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped"),
        or_ignored("error") | or_refused("error"),
    ),
    "TrackFinished": (
        None,
        or_refused("loading", "loading", "stopped"),
        or_refused("playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped"),
        or_ignored("error") | or_refused("error"),
    ),
    "TrackFailed": (
        None,
        or_refused("loading", "loading", "stopped", "error"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped", "error"),
        or_ignored("error") | or_refused("error"),
    ),
    "ChapterBegan": (
        None,
        {(REFUSED, "loading")},
        or_refused("playing", "playing"),
        None,
        or_ignored("error") | or_refused("error"),
    ),
    "DeviceLost": (stays("stopped"), stays("error"), stays("error"), stays("error"), stays("error")),
    "DeviceBack": (
        stays("stopped"),
        stays("loading"),
        stays("loading"),
        stays("paused"),
        {(MOVED, "loading"), (MOVED, "paused"), (MOVED, "error")},
    ),
    # Settings that touch nothing else; they are walked by themselves, below.
    "SetVolume": tuple(stays(state) for state in STATES),
    "SetCeiling": tuple(stays(state) for state in STATES),
    "SetSleep": tuple(stays(state) for state in STATES),
    "SetCurb": tuple(stays(state) for state in STATES),
    "HushOver": (
        None,
        {(REFUSED, "loading")},
        {(REFUSED, "playing")},
        None,
        or_ignored("error") | or_refused("error"),
    ),
    "SleepNear": (
        None,
        or_refused("loading", "loading"),
        or_refused("playing", "playing"),
        None,
        or_ignored("error") | or_refused("error", "error"),
    ),
}
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    (state, event): {(IGNORED, state)} if possible is None else possible
    for event, by_state in _BY_STATE.items()
    for state, possible in zip(STATES, by_state, strict=True)
}


def settings(player: Player) -> Iterable[object]:
    """Set to what they are already, so that they add no contexts to walk."""
    yield from (SetVolume(50), SetCeiling(100), SetSleep(None, None), SetMode(), SetCurb("none"))
    yield HushOver(player.hush_number)
    yield from (SleepNear(player.sleep_number + late, 10) for late in (0, -1))


def every_kind_of_step() -> Iterable[Step]:
    for tracks in ("AB", ""):
        yield from (step for _, step in walk(Player(), tracks, edits, memories, tags, settings, depth=5))
    for tracks in ("aB", "a"):
        yield from (step for _, step in walk(Player(), tracks, chapters, depth=4))


def test_every_event_in_every_state_has_the_outcomes_that_were_expected() -> None:
    found = possible_outcomes(every_kind_of_step(), "play_state")
    differing = {pair: (found.get(pair), EXPECTED.get(pair)) for pair in found.keys() | EXPECTED.keys()}
    assert {pair: both for pair, both in differing.items() if both[0] != both[1]} == {}
    assert len(EXPECTED) == len(STATES) * len(PLAYER.events)


def test_the_coupling_names_exactly_the_pairs_that_come_about_and_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    met = set()

    class Watched(dict[tuple[model.Transport, model.Sound], Callable[[Player], None]]):
        def get(self, pair: Any, default: Any = None) -> Any:
            met.add(pair)
            return super().get(pair, default)

    monkeypatch.setattr(player_module, "COUPLING", Watched(COUPLING))
    deque(every_kind_of_step(), maxlen=0)
    agreeing = {(state, sound) for state, sounds in AGREEING.items() for sound in sounds}
    assert COUPLING.keys() <= met
    assert met - COUPLING.keys() <= agreeing
