"""The player walked through everything that can happen to it, with playlists of no to three tracks and in all modes."""

from collections.abc import Callable, Iterable
from copy import copy
from functools import partial
from itertools import product
from typing import cast, get_args

import pytest

from tests.machines.player_world import (
    BAD,
    Sound,
    choices,
    edits,
    modes,
    walk,
)
from tests.machines.walks import Possible, Step, context, fired, possible_outcomes
from tomb.machines.player import PLAYER
from tomb.machines.player_events import (
    Checkpoint,
    Cut,
    Failed,
    Finished,
    Follow,
    Forget,
    Halt,
    Next,
    Previous,
    SetCeiling,
    SetMode,
    SetSleep,
    SetVolume,
    SleepNear,
    SleepOver,
    Stop,
)
from tomb.machines.player_state import Player
from tomb.machines.table import Outcome
from tomb.models import RepeatMode

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
HEARABLE = ("loading", "playing")
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
        pytest.param(partial(walk, Player(), "AB", edits, choices, depth=6), id="edits"),
        pytest.param(partial(walk, Player(shuffle=True, repeat="playlist"), "AB", edits, depth=6), id="edits-shuffled"),
        pytest.param(partial(walk, Player(), "AB", modes, depth=6), id="modes"),
    ],
)


def check_intent(player: Player) -> None:
    """`wanted` is what `is_playing` says, and outlives only the loss of the device."""
    assert player.is_playing == (player.state in HEARABLE)
    assert player.wanted or not player.is_playing
    assert not player.wanted or player.is_playing or (player.state == "error" and player.lost is not None)
    assert player.lost is None or player.state in ("stopped", "error")
    assert player.state != "error" or player.message in (BAD, player.lost)
    assert player.message in (None, BAD, player.lost)


def check_place(player: Player) -> None:
    """`order` is a permutation of the playlist, `place` one of its places, the position within the track."""
    entries = player.listing.entries if player.listing else ()
    assert sorted(player.order) == list(range(len(entries)))
    assert player.place in range(len(entries)) or (player.place, player.track) == (0, None)
    assert 0 <= player.position_ms <= (player.track.duration_ms if player.track else 0)
    assert player.shuffle or list(player.order) == sorted(player.order)


def check_sound(player: Player, sound: Sound) -> None:
    """What the output was told to do is what the state says is done."""
    assert player.cued == (sound.cue is not None)
    assert player.is_playing == (sound.cue is not None and not sound.hushed)
    if player.cued:
        assert player.track is not None
        assert sound.cue == player.track.track_id
        assert player.state in (*HEARABLE, "paused")
    assert (player.following[1] if player.following else None) == sound.behind
    assert (player.state == "playing") == (player.is_playing and player.begun)


def check_following(player: Player) -> None:
    """What was told to follow is what would be played if the track ended now; before it is heard, nothing follows."""
    if not player.begun:
        assert player.following is None
        return
    ended = fired(PLAYER, player, Finished(player.generation))
    if player.following is None:
        assert ended.after.state == "stopped" or ended.after.state == player.state == "paused"
        assert ended.after.state == "stopped"
    else:
        assert ended.after.track.track_id == player.following[1]
    if player.following and player.repeat != "track" and not player.failed:
        assert fired(PLAYER, player, Next()).after.track.track_id == player.following[1]


def check_buttons(player: Player) -> None:
    """`can_next` and `can_prev` tell the truth about what the buttons would do."""
    after_next, after_previous = fired(PLAYER, player, Next()), fired(PLAYER, player, Previous())
    assert player.can_next == after_next.after.wanted
    assert player.can_prev == (after_previous.outcome is MOVED) == after_previous.after.wanted
    if not player.can_next:
        assert after_next.after.state in ("stopped", player.state)


def check_only_bad_tracks(player: Player) -> None:
    """If from now on no track can be decoded, that is found out after each was tried once, and it ends."""
    failing = copy(player)
    failing.effects = []
    for _ in player.order:
        if failing.cued:
            PLAYER.fire(failing, Failed(failing.generation, BAD))
    assert not failing.cued
    if player.is_playing:
        assert failing.state == ("stopped" if player.heard_any else "error")
    else:
        assert failing.state in (player.state, "stopped", "error")


def check_generations(step: Step) -> None:
    """Generations only grow, each is given out once, and the current cue is the one that was cut last."""
    before, after = cast(Player, step.before), cast(Player, step.after)
    given = [effect.generation for effect in step.effects if isinstance(effect, Cut | Follow)]
    assert given == sorted(set(given))
    assert all(generation > before.youngest for generation in given)
    assert after.youngest >= after.generation >= before.generation
    assert after.youngest == max([before.youngest, *given]) or after.lost is not None
    cuts = [effect for effect in step.effects if isinstance(effect, Cut)]
    assert len(cuts) <= 1
    if cuts:
        assert after.track is not None
        assert cuts == [Cut(after.generation, after.track.track_id, after.position_ms)]


def check_memory(step: Step) -> None:
    """The place is noted at each pause and stop; a playlist that ends is forgotten, and only then."""
    before, after = cast(Player, step.before), cast(Player, step.after)
    noted = [effect for effect in step.effects if isinstance(effect, Checkpoint)]
    forgotten = [effect for effect in step.effects if isinstance(effect, Forget)]
    paused = before.is_playing and after.state == "paused"
    stopped = isinstance(step.event, Stop | SleepOver) and before.state != "stopped"
    if paused or stopped:
        assert after.listing is not None
        assert after.track is not None
        assert noted == [Checkpoint(after.listing.playlist_id, after.track.track_id, after.position_ms)]
    assert not (noted and forgotten)
    if forgotten:
        assert isinstance(step.event, Finished | Failed) or type(step.event).__name__ == "Started"
        assert after.state == "stopped" or before.state == after.state == "paused"


def check_outcome(step: Step) -> None:
    """What is refused or ignored changes nothing; what is stopped is silent."""
    if step.outcome is not MOVED:
        assert context(step.after) == context(step.before)
        assert step.effects == ()
    if step.after.state == "stopped" and step.before.cued:
        assert Halt() in step.effects


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
            for check in (check_intent, check_place, check_following, check_buttons, check_only_bad_tracks):
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
            if player.can_next:
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


# What behaviour.md says may come of each event in each state, by state: stopped, loading, playing, paused, error.
_BY_STATE: dict[str, tuple[set[Possible] | None, ...]] = {
    "Start": (
        or_refused("stopped", "loading", "error"),
        or_refused("loading", "loading"),
        or_refused("playing", "loading"),
        or_refused("paused", "loading"),
        or_refused("error", "loading", "error"),
    ),
    "Choose": (or_refused("stopped", "stopped"), None, None, None, None),
    "Play": (
        or_refused("stopped", "loading", "error"),
        None,
        None,
        {(MOVED, "loading"), (MOVED, "playing")},
        {(MOVED, "loading"), (MOVED, "error")},
    ),
    "Pause": (None, stays("paused"), stays("paused"), None, stays("error")),
    "Toggle": (
        or_refused("stopped", "loading", "error"),
        stays("paused"),
        stays("paused"),
        {(MOVED, "loading"), (MOVED, "playing")},
        {(MOVED, "loading"), (MOVED, "error")},
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
    "Seek": (
        or_refused("stopped", "stopped"),
        or_refused("loading", "loading"),
        or_refused("playing", "loading"),
        or_refused("paused", "paused"),
        or_refused("error", "error"),
    ),
    "SetMode": tuple(stays(state) for state in PLAYER.states),
    "SleepOver": tuple(stays("stopped") for _ in PLAYER.states),
    "Edited": (
        or_refused("stopped", "stopped"),
        or_refused("loading", "loading", "stopped"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped"),
        or_refused("error", "error", "stopped"),
    ),
    "Gone": tuple(or_refused(state, "stopped") for state in PLAYER.states),
    "Started": (
        None,
        or_refused("loading", "playing"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused"),
        None,
    ),
    "Finished": (
        None,
        or_refused("loading", "loading", "stopped"),
        or_refused("playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped"),
        None,
    ),
    "Failed": (
        None,
        or_refused("loading", "loading", "stopped", "error"),
        or_refused("playing", "playing", "loading", "stopped"),
        or_refused("paused", "paused", "stopped", "error"),
        None,
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
    "SetVolume": tuple(stays(state) for state in PLAYER.states),
    "SetCeiling": tuple(stays(state) for state in PLAYER.states),
    "SetSleep": tuple(stays(state) for state in PLAYER.states),
    "SleepNear": (None, None, stays("playing"), None, None),
}
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    (state, event): {(IGNORED, state)} if possible is None else possible
    for event, by_state in _BY_STATE.items()
    for state, possible in zip(PLAYER.states, by_state, strict=True)
}


def settings(player: Player) -> Iterable[object]:
    """Set to what they are already, so that they add no contexts to walk."""
    yield from (SetVolume(50), SetCeiling(100), SetSleep(None, None), SleepNear(), SetMode())


def test_every_event_in_every_state_has_the_outcomes_that_were_expected() -> None:
    steps = [walk(Player(), tracks, edits, choices, settings, depth=5) for tracks in ("AB", "")]
    found = possible_outcomes(step for each in steps for _, step in each)
    differing = {pair: (found.get(pair), EXPECTED.get(pair)) for pair in found.keys() | EXPECTED.keys()}
    assert {pair: both for pair, both in differing.items() if both[0] != both[1]} == {}
    assert len(EXPECTED) == len(PLAYER.states) * len(PLAYER.events)
