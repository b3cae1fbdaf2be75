"""The player: which track is heard, and what happens next.

A *listing* (the tracks of one playlist) is chosen; `order` says in which order they are played (shuffled or not, fixed
once drawn), `place` where in it we are. Two machines share this:

  * the *transport* is what is wanted: `stopped`, `playing`, `paused`, or `failed` when nothing can be decoded. It is
    the table below;
  * the *sound* is what the output does for it: `none`, `loading` (it was told to play, the first sample is not heard
    yet), `heard`, or `lost` with the device.

How the sound goes from one to the other, and what clients are shown of both:

    none --PlayTrack--> loading --TrackStarted--> heard      the track as it is wanted
    loading, heard --a row drops it--> outdated              until, at the end of that row, the coupling has either
    outdated --PlayTrack--> loading                          begun another track
    outdated --StopOutput--> none                            or made the output silent
    any --DeviceLost--> lost --DeviceBack--> none            what comes back holds nothing

    shown        none      loading   heard     lost
    stopped      stopped                       stopped
    playing                loading   playing   error
    paused       paused    paused    paused    error
    failed       error                         error

People command the transport, the output reports about the sound, and neither waits for the other: a slow file never
blocks a command, and a lost device takes nothing of what is wanted. Where the one has consequences for the other is
declared in one place, `COUPLING`: after each row it looks at the pair of states and brings the output in step. So an
action only says where the player is now; that a track sounds, or falls silent, or only will sound when the device is
back, follows from the pair. What clients call the state follows from it too (`Player.play_state`).

Tracks are given out with a fresh *generation* each, by `PlayTrack` (begin here, now) or `EnqueueTrack` (come behind it
without a gap), and are reported on by it. A report about any other generation is late, and its guards refuse it: a
newer command simply plays anew. The sleep timer carries a number for the same reason, and so does the chapter timer.

Limits are decided elsewhere (tomb.machines.limits); what they leave is told to this machine, the *curb*. `last`: behind
the track that is heard none follows by itself. `shut`: what is heard fades and is paused with its place kept, and
nobody but a parent begins anything: a command carries its origin. What a parent began under it plays as ever.

A track may have chapters. In a long one Next and Previous go by them first. Which one is heard follows from the
position; when it changes while the track goes on, nothing else happens, so the chapter timer is there to tell.

Rules that hold in every state, and that the tests walk through:
  * while a track is heard, `following` is the track that comes by itself, or None if the music would end;
  * a track that fails is skipped; when nothing was heard and nothing is left, the transport has `failed`: never a loop.

What the rows ask is in guards.py, what they do in actions.py, in the order of this table; the model is in model.py,
events and effects in events.py. The owner (tomb.nurseries.deck) carries out the effects in the order in which they
were appended.
"""

from collections.abc import Callable, Mapping
from typing import get_args

from tomb.machines.player import actions, events, guards
from tomb.machines.player.model import Player, Sound, Transport
from tomb.machines.table import STAY, Row, Table, row

ANY: tuple[Transport, ...] = get_args(Transport)
SILENT: tuple[Transport, ...] = ("stopped", "paused", "failed")
ACTIVE: tuple[Transport, ...] = ("playing", "paused", "failed")
SOUNDABLE: tuple[Transport, ...] = ("playing", "paused")
STARTING = (events.Start, events.Next, events.Previous, events.ToChapter)
REPORTS = (events.TrackStarted, events.TrackFinished, events.TrackFailed)

ROWS: tuple[Row[Player], ...] = (
    # limits: whatever would begin, or go on
    *(row(ANY, each, STAY, when=guards.shut_out, do=actions.refuse) for each in STARTING),
    *(row(SILENT, each, STAY, when=guards.shut_out, do=actions.refuse) for each in (events.Play, events.Toggle)),
    row(ANY, events.Tapped, STAY, when=guards.shut_out_of_more, do=actions.refuse),
    row("playing", events.SetCurb, STAY, when=guards.shuts, do=actions.hush),
    row(ANY, events.SetCurb, STAY, do=actions.set_curb),
    row("playing", events.HushOver, "paused", when=guards.newest_hush, do=actions.pause),
    # commands
    row(ANY, events.Start, "playing", when=guards.has_tracks, do=actions.start),
    row(SILENT, events.Play, "playing", when=guards.chosen, do=actions.play),
    row("playing", events.Pause, "paused", do=actions.pause),
    row("playing", events.Toggle, "paused", when=guards.shown_playing, do=actions.pause),
    row(SILENT, events.Toggle, "playing", when=guards.chosen, do=actions.play),
    row(ACTIVE, events.Stop, "stopped", do=actions.stop),
    row(ANY, events.Next, "playing", when=guards.has_next_chapter, do=actions.next_chapter),
    row(ANY, events.Next, "playing", when=guards.has_next, do=actions.next_track),
    row(ACTIVE, events.Next, "stopped", do=actions.stop),
    row(ANY, events.Previous, "playing", when=guards.has_previous_chapter, do=actions.previous_chapter),
    row(ANY, events.Previous, "playing", when=guards.chosen, do=actions.previous_track),
    row(ANY, events.ToChapter, "playing", when=guards.has_chapter, do=actions.to_chapter),
    row(ANY, events.Seek, STAY, when=guards.within, do=actions.seek),
    # tags
    row(ANY, events.Tapped, "playing", when=guards.begins, do=actions.start),
    row(ACTIVE, events.Tapped, "playing", when=guards.restarts, do=actions.restart),
    row(ACTIVE, events.Tapped, "playing", when=guards.skips_to_chapter, do=actions.next_chapter),
    row(ACTIVE, events.Tapped, "playing", when=guards.skips_to_next, do=actions.next_track),
    row(ACTIVE, events.Tapped, "stopped", when=guards.skips_on, do=actions.stop),
    row("playing", events.Tapped, "paused", when=guards.toggles, do=actions.pause),
    row(("paused", "failed"), events.Tapped, "playing", when=guards.same_playlist, do=actions.play),
    row("playing", events.TagRemoved, "paused", when=guards.pauses_on_removal, do=actions.pause),
    # settings
    row(ANY, events.SetVolume, STAY, do=actions.set_volume),
    row(ANY, events.SetCeiling, STAY, do=actions.set_ceiling),
    row(ANY, events.SetMode, STAY, do=actions.set_mode),
    row(ANY, events.SetSleep, STAY, do=actions.set_sleep),
    row("playing", events.SleepNear, STAY, when=guards.newest_timer, do=actions.fade),
    row(ANY, events.SleepOver, "stopped", when=guards.newest_timer, do=actions.fall_asleep),
    row("stopped", events.Restore, STAY, do=actions.restore),
    # the library changed
    row(ANY, events.PlaylistChanged, STAY, when=guards.keeps_some, do=actions.adopt),
    row(ANY, events.PlaylistChanged, "stopped", when=guards.changes_ours, do=actions.adopt),
    row(ANY, events.PlaylistDeleted, "stopped", when=guards.deletes_ours, do=actions.clear),
    # the output reports
    row(SOUNDABLE, events.TrackStarted, STAY, when=guards.is_loading, do=actions.hear),
    row(SOUNDABLE, events.TrackStarted, STAY, when=guards.is_following, do=actions.advance),
    row(SOUNDABLE, events.TrackStarted, STAY, when=guards.replaced_and_more, do=actions.go_on),
    row(SOUNDABLE, events.TrackStarted, "stopped", when=guards.replaced_too_late, do=actions.end),
    row(SOUNDABLE, events.TrackFinished, STAY, when=guards.more_comes, do=actions.go_on),
    row(SOUNDABLE, events.TrackFinished, "stopped", when=guards.is_current, do=actions.end),
    row(SOUNDABLE, events.TrackFailed, STAY, when=guards.others_left, do=actions.skip),
    row(SOUNDABLE, events.TrackFailed, "stopped", when=guards.was_heard, do=actions.end_failing),
    row(SOUNDABLE, events.TrackFailed, "failed", when=guards.is_current, do=actions.give_up),
    row(SOUNDABLE, events.TrackFailed, STAY, when=guards.is_following, do=actions.drop_following),
    row("playing", events.ChapterBegan, STAY, when=guards.newest_chapter, do=actions.pass_chapter),
    row(ANY, events.DeviceLost, STAY, do=actions.lose_device),
    row(ANY, events.DeviceBack, STAY, do=actions.find_device),
)

# (transport, sound) -> what follows. Pairs that are not named agree with each other, or cannot come about. The sound is
# `outdated` only between a row and this: the output holds something that the row has dropped. To a lost device there is
# nothing to say.
COUPLING: Mapping[tuple[Transport, Sound], Callable[[Player], None]] = {
    ("playing", "none"): actions.play_track,
    ("playing", "outdated"): actions.play_track,
    ("playing", "heard"): actions.enqueue,
    ("paused", "heard"): actions.enqueue,
    ("paused", "outdated"): actions.stop_output,
    ("stopped", "loading"): actions.stop_output,
    ("stopped", "heard"): actions.stop_output,
    ("stopped", "outdated"): actions.stop_output,
    ("failed", "loading"): actions.stop_output,
}


def _couple(p: Player) -> None:
    follows = COUPLING.get((p.state, p.sound))
    if follows is not None:
        follows(p)


PLAYER = Table(
    "player",
    Player,
    states=ANY,
    initial="stopped",
    events=get_args(events.Event),
    rows=ROWS,
    ignored={
        "stopped": (
            *(events.Pause, events.Stop, events.TagRemoved, events.SleepNear, events.HushOver, events.ChapterBegan),
            *REPORTS,
        ),
        "playing": (events.Play, events.Restore),
        "paused": (
            *(events.Pause, events.TagRemoved, events.SleepNear, events.HushOver, events.Restore, events.ChapterBegan),
        ),
        "failed": (
            *(events.Pause, events.TagRemoved, events.SleepNear, events.HushOver, events.Restore, events.ChapterBegan),
            *REPORTS,
        ),
    },
    couple=_couple,
)
