"""What limits leave, in the player: who may begin, what fades, and that nothing stays faded."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.player_world import LATE, Sound, drawn_for, fire, listing, start
from tests.machines.player_world import settle as settle_player
from tests.machines.walks import Step, every_step, fired
from tomb.machines.player import PLAYER
from tomb.machines.player.events import (
    FADE_S,
    Command,
    DeviceBack,
    DeviceLost,
    EnqueueTrack,
    HushOver,
    Next,
    Pause,
    PauseOutput,
    Play,
    Previous,
    Refused,
    SaveResume,
    SetCurb,
    SetGain,
    SetHushTimer,
    SetVolume,
    Stop,
    Tapped,
    ToChapter,
    Toggle,
    TrackFailed,
    TrackFinished,
    TrackStarted,
)
from tomb.machines.player.model import Player, gain
from tomb.machines.table import Outcome
from tomb.models import Origin

OTHERS: tuple[Origin, ...] = ("tag", "key", "child", "home")


def heard(tracks: str = "AB") -> Player:
    player = Player()
    fire(player, start(tracks), TrackStarted(1))
    player.effects.clear()
    return player


def told(player: Player, *events: object) -> list[object]:
    fire(player, *events)
    effects: list[object] = [*player.effects]
    player.effects.clear()
    return effects


def test_what_runs_fades_for_ten_seconds_and_is_paused_with_its_place_kept() -> None:
    player = heard()
    assert told(player, SetCurb("shut")) == [SetGain(0.0, FADE_S), SetHushTimer(FADE_S, 1)]
    assert told(player, HushOver(1, LATE)) == [PauseOutput(), SaveResume("p", "A", LATE)]
    assert player.state == "paused"
    assert FADE_S == 10


def test_what_a_parent_begins_again_is_heard() -> None:
    player = heard()
    fire(player, SetCurb("shut"), HushOver(1, LATE))
    effects = told(player, Play(origin="parent"))
    assert SetGain(gain(player), 0.0) in effects
    assert player.play_state == "playing"
    assert told(player, HushOver(1, LATE)) == []
    assert player.play_state == "playing"


def test_a_fade_is_taken_back_when_there_is_more_and_its_ring_comes_late() -> None:
    player = heard()
    fire(player, SetCurb("shut"))
    assert SetGain(gain(player)) in told(player, SetCurb("none"))
    assert fire(player, HushOver(1, LATE)) is Outcome.REFUSED
    assert player.play_state == "playing"


@pytest.mark.parametrize("origin", OTHERS)
def test_once_shut_only_a_parent_begins_anything_and_everybody_may_pause(origin: Origin) -> None:
    tag = Tapped(listing("AB"), drawn_for(listing("AB")), "toggle", heard_ms=0)
    begins: list[Command] = [start("AB"), Play(), Toggle(), Next(), Previous(), tag, ToChapter(1)]
    for each in begins:
        player = heard("aB")
        fire(player, SetCurb("shut"), HushOver(1, LATE))
        player.effects.clear()
        assert told(player, replace(each, origin=origin)) == [Refused()], each
        assert player.play_state == "paused"
        fire(player, replace(each, origin="parent"))
        assert player.is_playing, each
    pauses: list[Command] = [Pause(), Toggle(), tag, Stop()]
    for pause in pauses:
        player = Player(curb="shut")
        fire(player, replace(start("AB"), origin="parent"), TrackStarted(1))
        assert fire(player, replace(pause, origin=origin)) is Outcome.MOVED
        assert not player.is_playing


def test_in_a_grace_the_track_that_runs_is_the_last_and_the_next_keeps_its_place() -> None:
    player = heard()
    assert told(player, SetCurb("last")) == [EnqueueTrack(player.newest, None)]
    effects = told(player, TrackFinished(1))
    assert (player.play_state, player.track and player.track.track_id) == ("stopped", "B")
    assert SaveResume("p", "B", 0) in effects


def test_in_a_grace_a_track_on_repeat_is_not_repeated() -> None:
    player = heard("A")
    player.repeat = "track"
    fire(player, SetCurb("last"), TrackFinished(1))
    assert player.play_state == "stopped"


def test_what_a_parent_began_goes_on_to_the_next_track_and_is_not_hushed_again() -> None:
    player = Player(curb="shut")
    fire(player, replace(start("AB"), origin="parent"), TrackStarted(1))
    assert player.following is not None
    player.effects.clear()
    assert told(player, SetCurb("shut")) == []


# --- walked ---------------------------------------------------------------------------------------------------------


class World(Struct, frozen=True):
    """`gain`: what the output was told last. `timer`: the number of the hush timer that runs."""

    sound: Sound
    gain: float | None = None
    timer: int | None = None

    def after(self, step: Step) -> "World":
        now = self
        if isinstance(step.event, HushOver) and step.event.number == self.timer:
            now = replace(now, timer=None)
        others: list[object] = []
        for effect in step.effects:
            match effect:
                case SetGain(level, _):
                    now = replace(now, gain=level)
                    others.append(effect)
                case SetHushTimer(None, _):
                    now = replace(now, timer=None)
                case SetHushTimer(_, number):
                    now = replace(now, timer=number)
                case Refused():
                    pass
                case _:
                    others.append(effect)
        return replace(now, sound=self.sound.after(replace(step, effects=tuple(others))))


def happenings(player: Player, world: World) -> Iterator[object]:
    origins: tuple[Origin, ...] = ("child", "parent")
    for origin in origins:
        yield replace(start("AB"), origin=origin)
        for kind in (Pause, Toggle, Stop, Next, Previous):
            yield kind(LATE if player.held else None, origin=origin)
        yield Play(origin=origin)
        chosen = listing("AB")
        yield Tapped(chosen, drawn_for(chosen), "toggle", heard_ms=LATE if player.held else None, origin=origin)
    for curb in ("none", "last", "shut"):
        yield SetCurb(cast(Any, curb))
    yield HushOver(player.hush_number - 1)
    if world.timer is not None:
        yield HushOver(world.timer, LATE if player.held else None)
    yield from (TrackStarted(10), TrackFinished(10), TrackFailed(10, "bad"))
    if player.following is not None:
        yield TrackStarted(12)
    yield from (DeviceLost("gone", LATE if player.held else None), DeviceBack())


def walk() -> Iterable[tuple[World, Step]]:
    return every_step(PLAYER, Player(), happenings, World(Sound()), World.after, 6, settle_player)


def test_whatever_happens_nothing_stays_faded_and_once_shut_nobody_but_a_parent_makes_it_sound() -> None:
    for world, step in walk():
        before, player = cast(Player, step.before), cast(Player, step.after)
        if isinstance(step.event, Command) and step.event.origin != "parent" and before.curb == "shut":
            assert not player.is_playing or before.is_playing, step.path
        if player.play_state == "playing" and not player.hushed:
            assert world.gain == gain(player), step.path
        if player.hushed and player.state == "playing" and player.sound != "lost":
            assert world.timer == player.hush_number, step.path
            assert player.curb == "shut", step.path
        if player.curb == "last":
            assert player.following is None, step.path
        if Refused() in step.effects:
            assert replace_state(before) == replace_state(player), step.path


def replace_state(player: Player) -> tuple[object, ...]:
    return player.state, player.sound, player.place, player.position_ms, player.generation, player.following


def test_a_volume_that_is_set_in_the_fade_does_not_save_it() -> None:
    player = heard()
    fire(player, SetCurb("shut"), SetVolume(80), HushOver(1, LATE))
    assert player.play_state == "paused"
    assert fired(PLAYER, player, Play()).effects == (Refused(),)
