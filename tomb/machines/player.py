"""The player: which track is heard, and what happens next.

In plain words. A *listing* (the tracks of one playlist) is chosen; `order` says in which order they are played
(shuffled or not, fixed once drawn), `place` where in it we are. Sound is made elsewhere: the machine says `Cut`
(begin here, now) or `Follow` (let this come behind it without a gap), each with a fresh *generation*, and hears back
`Started`, `Finished` or `Failed` with that generation. A report about any other generation is late and refused.
`loading` lasts from the cut until its first sample is heard; it exists so that a slow file never blocks a command: a
newer command simply cuts anew.

Rules that hold in every state, and that the tests walk through:
  * while a track is heard, `following` is the track that comes by itself, or None if the music would end;
  * `wanted` is the intent to be heard. It survives the loss of the device, which is the state `error` with `lost` set:
    whatever would begin to sound then is only wanted, and sounds when the device is back;
  * a track that fails is skipped; when nothing was heard and nothing is left, the state is `error`, never a loop.

The table below says when; what is done then is in player_actions.py (people) and player_reactions.py (everything else),
what is asked before in player_guards.py. The model and questions about it are in player_state.py, events and effects in
player_events.py. The owner (tomb.nurseries.deck) carries out the effects in the order in which they were appended.
"""

from collections.abc import Callable
from typing import Any, get_args

from tomb.machines import player_actions as act
from tomb.machines import player_guards as given
from tomb.machines import player_reactions as react
from tomb.machines.player_events import (
    Choose,
    DeviceBack,
    DeviceLost,
    Edited,
    Event,
    Failed,
    Finished,
    Gone,
    Next,
    Pause,
    Play,
    Previous,
    Seek,
    SetCeiling,
    SetMode,
    SetSleep,
    SetVolume,
    SleepNear,
    SleepOver,
    Start,
    Started,
    Stop,
    Tapped,
    Toggle,
)
from tomb.machines.player_state import Player
from tomb.machines.table import STAY, Row, Table, row
from tomb.models import PlayState

SOUNDING = ("loading", "playing")
ANY = get_args(PlayState)


def meaning(p: Player, tap: Tapped) -> Start | Pause | Play | Next | None:
    """What a tap asks for. "The same tag" is judged from what the player does, never from a remembered tag."""
    start = Start(tap.listing, tap.drawn, tap.track_id, tap.position_ms, tap.heard_ms)
    if p.listing is None or p.listing.playlist_id != tap.listing.playlist_id or p.state == "stopped":
        return start
    if tap.same_tag == "restart":
        return Start(tap.listing, tap.drawn, heard_ms=tap.heard_ms)
    if tap.same_tag == "next":
        return Next(tap.heard_ms)
    if p.is_playing:
        return Pause(tap.heard_ms) if tap.same_tag == "toggle" else None
    return Play()


def _sounds(
    source: str | tuple[str, ...],
    on: type[Any],
    do: Callable[[Player, Any], None],
    when: Callable[[Player, Any], bool] = given.chosen,
) -> tuple[Row[Player], ...]:
    """Rows for whatever begins to sound: with the device lost it is only wanted."""

    def but_lost(p: Player, event: object) -> bool:
        return p.lost is not None and when(p, event)

    note = when.__name__
    return (
        row(source, on, "error", when=but_lost, do=do, note=f"{note}, but device lost"),
        row(source, on, "loading", when=when, do=do),
    )


ROWS: tuple[Row[Player], ...] = (
    # commands
    *_sounds(ANY, Start, act.start, given.has_tracks),
    row("stopped", Choose, STAY, when=given.has_tracks, do=act.choose),
    *_sounds("stopped", Play, act.again),
    *_sounds("stopped", Toggle, act.again),
    row("paused", Play, "playing", when=given.begun, do=act.resume),
    row("paused", Play, "loading", when=given.cued, do=act.resume),
    *_sounds("paused", Play, act.again),
    row("paused", Toggle, "playing", when=given.begun, do=act.resume),
    row("paused", Toggle, "loading", when=given.cued, do=act.resume),
    *_sounds("paused", Toggle, act.again),
    row("error", Play, STAY, when=given.lost, do=act.want),
    row("error", Play, "loading", do=act.again),
    row("error", Toggle, STAY, when=given.lost, do=act.want),
    row("error", Toggle, "loading", do=act.again),
    row(SOUNDING, Pause, "paused", do=act.pause),
    row(SOUNDING, Toggle, "paused", do=act.pause),
    row("error", Pause, STAY, do=act.unwant),
    row(("loading", "playing", "paused", "error"), Stop, "stopped", do=act.stop),
    *_sounds(ANY, Next, act.next_track, given.has_next),
    row(("loading", "playing", "paused", "error"), Next, "stopped", do=act.stop),
    *_sounds(ANY, Previous, act.previous_track),
    row(SOUNDING, Seek, "loading", when=given.within, do=act.seek),
    row(("stopped", "paused", "error"), Seek, STAY, when=given.within, do=act.seek_quietly),
    # settings
    row(ANY, SetVolume, STAY, do=act.set_volume),
    row(ANY, SetCeiling, STAY, do=act.set_ceiling),
    row(ANY, SetMode, STAY, do=act.set_mode_in_step),
    row(ANY, SetSleep, STAY, do=act.set_sleep),
    row("playing", SleepNear, STAY, do=act.fade),
    row(("loading", "playing", "paused", "error"), SleepOver, "stopped", do=act.sleep_over),
    row("stopped", SleepOver, STAY, do=act.wake),
    # the library changed
    row(SOUNDING, Edited, STAY, when=given.keeps_track, do=react.adopt_sounding),
    row(SOUNDING, Edited, "loading", when=given.keeps_some, do=react.adopt_next),
    row(SOUNDING, Edited, "stopped", when=given.concerned, do=react.adopt_end),
    row("paused", Edited, STAY, when=given.keeps_track, do=react.adopt_sounding),
    row("paused", Edited, STAY, when=given.keeps_some, do=react.adopt_quietly),
    row("error", Edited, STAY, when=given.keeps_some, do=react.adopt),
    row(("paused", "error"), Edited, "stopped", when=given.concerned, do=react.adopt_end),
    row("stopped", Edited, STAY, when=given.concerned, do=react.adopt),
    row(("loading", "playing", "paused", "error"), Gone, "stopped", when=given.is_ours, do=react.drop_listing),
    row("stopped", Gone, STAY, when=given.is_ours, do=react.drop_listing),
    # the sound
    row("loading", Started, "playing", when=given.is_current, do=react.hear),
    row("playing", Started, STAY, when=given.is_following, do=react.advance),
    row("playing", Started, "loading", when=given.replaced_and_more, do=react.go_on),
    row("playing", Started, "stopped", when=given.replaced_too_late, do=act.end),
    row("paused", Started, STAY, when=given.is_current, do=react.hear),
    row("paused", Started, STAY, when=given.is_following, do=react.advance),
    row("paused", Started, STAY, when=given.replaced_too_late, do=react.go_on_quietly),
    row(SOUNDING, Finished, "loading", when=given.more_comes, do=react.go_on),
    row(SOUNDING, Finished, "stopped", when=given.is_current, do=act.end),
    row("paused", Finished, STAY, when=given.more_comes, do=react.go_on_quietly),
    row("paused", Finished, "stopped", when=given.is_current, do=act.end),
    row(SOUNDING, Failed, "loading", when=given.others_left, do=react.skip),
    row(SOUNDING, Failed, "stopped", when=given.was_heard, do=react.end_failing),
    row(SOUNDING, Failed, "error", when=given.is_current, do=react.give_up),
    row("playing", Failed, STAY, when=given.is_following, do=react.drop_following),
    row("paused", Failed, STAY, when=given.others_left, do=react.skip_quietly),
    row("paused", Failed, "stopped", when=given.was_heard, do=react.end_failing),
    row("paused", Failed, "error", when=given.is_current, do=react.give_up),
    row("paused", Failed, STAY, when=given.is_following, do=react.drop_following),
    # the device
    row(("loading", "playing", "paused"), DeviceLost, "error", do=react.lose),
    row(("stopped", "error"), DeviceLost, STAY, do=react.lose_quietly),
    row(SOUNDING, DeviceBack, "loading", do=react.resume_on_device),
    row("error", DeviceBack, "loading", when=given.lost_and_wanted, do=react.resume_on_device),
    row("error", DeviceBack, "paused", when=given.lost_is_why, do=react.settle_on_device),
    row(("stopped", "paused", "error"), DeviceBack, STAY, do=react.settle_on_device),
)

PLAYER = Table(
    "player",
    Player,
    states=ANY,
    initial="stopped",
    events=get_args(Event),
    rows=ROWS,
    ignored={
        "stopped": (Pause, Stop, SleepNear, Started, Finished, Failed),
        "loading": (Choose, Play, SleepNear),
        "playing": (Choose, Play),
        "paused": (Choose, Pause, SleepNear),
        "error": (Choose, SleepNear, Started, Finished, Failed),
    },
)
