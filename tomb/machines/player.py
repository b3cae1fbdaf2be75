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

The model and questions about it are in player_state.py, events and effects in player_events.py. The owner
(tomb.nurseries.deck) carries out the effects in the order in which they were appended.
"""

from collections.abc import Callable
from typing import Any, get_args

from tomb.machines.player_events import (
    FADE_S,
    RESTART_AFTER_MS,
    ArmSleep,
    Checkpoint,
    Choose,
    Credit,
    Cut,
    DeviceBack,
    DeviceLost,
    Edited,
    Event,
    Failed,
    Finished,
    Follow,
    Forget,
    Gone,
    Halt,
    Hush,
    Loudness,
    Next,
    Pause,
    Play,
    Previous,
    Seek,
    SetCeiling,
    SetMode,
    SetSleep,
    SetVolume,
    Skipped,
    SleepNear,
    SleepOver,
    Start,
    Started,
    Stop,
    Tapped,
    Toggle,
    Unhush,
)
from tomb.machines.player_state import (
    Player,
    loudness,
    place_after,
    place_before,
    sound_after,
    successor,
    survivor,
    track_at,
)
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


# --- guards: may this row be taken? They only look. -----------------------------------------------------------------


def _chosen(p: Player, _: object) -> bool:
    return p.track is not None


def _lost(p: Player, _: object) -> bool:
    return p.lost is not None


def _lost_is_why(p: Player, _: object) -> bool:
    """The error is the device's loss, and not that no track could be decoded."""
    return p.lost is not None and p.message == p.lost


def _lost_and_wanted(p: Player, _: object) -> bool:
    return p.lost is not None and p.wanted


def _has_tracks(_: Player, event: Start | Choose) -> bool:
    return bool(event.listing.entries)


def _has_next(p: Player, _: object) -> bool:
    return p.can_next


def _within(p: Player, event: Seek) -> bool:
    return p.track is not None and 0 <= event.position_ms <= p.track.duration_ms


def _cued(p: Player, _: object) -> bool:
    return p.cued


def _begun(p: Player, _: object) -> bool:
    return p.cued and p.begun


def _is_current(p: Player, event: Started | Finished | Failed) -> bool:
    return p.cued and event.generation == p.generation


def _is_following(p: Player, event: Started | Failed) -> bool:
    return p.following is not None and event.generation == p.following[0]


def _replaced_too_late(p: Player, event: Started) -> bool:
    """The output had begun what used to follow when it was told that something else follows, or nothing."""
    return p.cued and event.generation > p.generation and not _is_following(p, event)


def _replaced_and_more(p: Player, event: Started) -> bool:
    return _replaced_too_late(p, event) and successor(p) is not None


def _more_comes(p: Player, event: Finished) -> bool:
    return _is_current(p, event) and successor(p) is not None


def _others_left(p: Player, event: Failed) -> bool:
    return _is_current(p, event) and sound_after(p, _failing(p)) is not None


def _was_heard(p: Player, event: Failed) -> bool:
    return _is_current(p, event) and p.heard_any


def _failing(p: Player) -> frozenset[str]:
    assert p.track is not None
    return p.failed | {p.track.track_id}


def _concerned(p: Player, event: Edited) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.listing.playlist_id


def _keeps_track(p: Player, event: Edited) -> bool:
    return _concerned(p, event) and p.track is not None and survivor(p, event.listing) == p.track.track_id


def _keeps_some(p: Player, event: Edited) -> bool:
    return _concerned(p, event) and survivor(p, event.listing) is not None


def _is_ours(p: Player, event: Gone) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.playlist_id


# --- actions: change the fields, append effects ---------------------------------------------------------------------


def _cut(p: Player, position_ms: int) -> None:
    p.youngest += 1
    p.generation = p.youngest
    p.position_ms = position_ms
    p.wanted = True
    p.following = None
    p.begun = False
    p.cued = p.lost is None
    p.message = p.lost
    if p.cued:
        p.effects += (Loudness(loudness(p), 0.0), Cut(p.generation, track_at(p, p.place), position_ms))


def _uncue(p: Player) -> None:
    p.cued = p.begun = False
    p.following = None
    p.effects.append(Halt())


def _locate(p: Player, heard_ms: int | None) -> None:
    if heard_ms is not None:
        p.position_ms = heard_ms


def _checkpoint(p: Player) -> None:
    if p.listing is not None and p.track is not None:
        p.effects.append(Checkpoint(p.listing.playlist_id, p.track.track_id, p.position_ms))


def _let_follow(p: Player) -> None:
    """Keep what follows in step with what would be played next."""
    place = successor(p)
    track_id = None if place is None else track_at(p, place)
    if track_id == (p.following[1] if p.following else None):
        return
    p.youngest += 1
    p.following = None if track_id is None else (p.youngest, track_id)
    p.effects.append(Follow(p.youngest, track_id))


def _fresh(p: Player) -> None:
    p.failed = frozenset()
    p.heard_any = False


def _choose(p: Player, event: Start | Choose) -> None:
    p.listing = event.listing
    ids = [entry.track_id for entry in event.listing.entries]
    first = ids.index(event.track_id) if event.track_id in ids else None
    p.order = tuple(range(len(ids)))
    p.place = first or 0
    if p.shuffle:
        _draw(p, event.drawn, first)
    p.position_ms = event.position_ms if first is not None else 0
    _fresh(p)


def _draw(p: Player, drawn: tuple[int, ...], first: int | None) -> None:
    head = () if first is None else (first,)
    p.order = head + tuple(index for index in drawn if index != first)
    p.place = 0


def _start(p: Player, event: Start) -> None:
    if p.state != "stopped":
        _locate(p, event.heard_ms)
        _checkpoint(p)
    _choose(p, event)
    _cut(p, p.position_ms)


def _again(p: Player, _: object) -> None:
    _fresh(p)
    _cut(p, p.position_ms)


def _want(p: Player, _: object) -> None:
    p.wanted = True


def _unwant(p: Player, _: object) -> None:
    p.wanted = False


def _pause(p: Player, event: Pause | Toggle) -> None:
    _locate(p, event.heard_ms)
    p.wanted = False
    p.effects.append(Hush())
    _checkpoint(p)


def _resume(p: Player, _: object) -> None:
    p.wanted = True
    p.effects.append(Unhush())


def _stop(p: Player, event: Stop | Next | SleepOver) -> None:
    _locate(p, event.heard_ms)
    p.wanted = False
    p.message = None
    _uncue(p)
    _checkpoint(p)


def _end(p: Player, _: object) -> None:
    """The music is over. Without auto-advance it is only over until the next track is asked for."""
    after = place_after(p) if not p.auto_advance else None
    p.place = after or 0
    p.position_ms = 0
    p.wanted = False
    _uncue(p)
    if after is not None:
        _checkpoint(p)
    elif p.listing is not None:
        p.effects.append(Forget(p.listing.playlist_id))


def _next(p: Player, _: Next) -> None:
    after = place_after(p)
    assert after is not None
    p.place = after
    _fresh(p)
    _cut(p, 0)


def _previous(p: Player, event: Previous) -> None:
    _locate(p, event.heard_ms)
    if p.position_ms < RESTART_AFTER_MS:
        p.place = place_before(p)
    _fresh(p)
    _cut(p, 0)


def _seek(p: Player, event: Seek) -> None:
    _cut(p, event.position_ms)
    _checkpoint(p)


def _seek_quietly(p: Player, event: Seek) -> None:
    p.position_ms = event.position_ms
    _uncue(p)
    _checkpoint(p)


def _loudness(p: Player) -> None:
    p.effects.append(Loudness(loudness(p)))


def _volume(p: Player, event: SetVolume) -> None:
    p.volume = min(event.volume, p.ceiling)
    _loudness(p)


def _ceiling(p: Player, event: SetCeiling) -> None:
    p.ceiling = event.ceiling
    p.volume = min(p.volume, p.ceiling)
    _loudness(p)


def _mode(p: Player, event: SetMode) -> None:
    p.repeat = event.repeat or p.repeat
    p.auto_advance = p.auto_advance if event.auto_advance is None else event.auto_advance
    if event.muted is not None and event.muted != p.muted:
        p.muted = event.muted
        _loudness(p)
    if event.shuffle is not None and event.shuffle != p.shuffle:
        p.shuffle = event.shuffle
        _reshuffle(p, event.drawn)


def _reshuffle(p: Player, drawn: tuple[int, ...]) -> None:
    if not p.order:
        return
    current = p.order[p.place]
    if p.shuffle:
        _draw(p, drawn, current)
    else:
        p.order = tuple(range(len(p.order)))
        p.place = current


def _mode_sounding(p: Player, event: SetMode) -> None:
    _mode(p, event)
    if p.begun:
        _let_follow(p)


def _sleep(p: Player, event: SetSleep) -> None:
    p.sleep_ends_at = event.ends_at
    p.effects.append(ArmSleep(event.seconds))
    _loudness(p)  # a fade that had begun is taken back


def _fade(p: Player, _: SleepNear) -> None:
    p.effects.append(Loudness(0.0, FADE_S))


def _sleep_over(p: Player, event: SleepOver) -> None:
    _stop(p, event)
    _wake(p, event)


def _wake(p: Player, _: SleepOver) -> None:
    p.sleep_ends_at = None
    p.effects.append(Loudness(loudness(p), 0.0))


def _heard(p: Player, _: Started) -> None:
    p.begun = True
    p.failed = frozenset()
    p.heard_any = True
    if p.position_ms == 0 and p.listing is not None:
        p.effects.append(Credit(p.listing.playlist_id, track_at(p, p.place)))
    _let_follow(p)


def _advance(p: Player, event: Started) -> None:
    assert p.following is not None
    p.generation, track_id = p.following
    p.place = next(place for place in range(len(p.order)) if track_at(p, place) == track_id)
    p.position_ms = 0
    p.following = None
    p.message = None
    _checkpoint(p)
    _heard(p, event)


def _go_on(p: Player, _: object) -> None:
    place = successor(p)
    assert place is not None
    p.place = place
    _cut(p, 0)


def _go_on_quietly(p: Player, _: object) -> None:
    p.place = successor(p) or 0
    p.position_ms = 0
    _uncue(p)


def _note_failure(p: Player, track_id: str, event: Failed) -> None:
    p.failed |= {track_id}
    p.message = event.reason
    p.effects.append(Skipped(track_id, event.reason))


def _skip(p: Player, event: Failed) -> None:
    failing = track_at(p, p.place)
    place = sound_after(p, _failing(p))
    assert place is not None
    p.place = place
    _cut(p, 0)
    _note_failure(p, failing, event)


def _skip_quietly(p: Player, event: Failed) -> None:
    failing = track_at(p, p.place)
    place = sound_after(p, _failing(p))
    assert place is not None
    p.place = place
    p.position_ms = 0
    _uncue(p)
    _note_failure(p, failing, event)


def _end_failing(p: Player, event: Failed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    _end(p, event)


def _give_up(p: Player, event: Failed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    p.wanted = False
    p.position_ms = 0
    _uncue(p)


def _drop_following(p: Player, event: Failed) -> None:
    assert p.following is not None
    _note_failure(p, p.following[1], event)
    p.following = None
    _let_follow(p)


def _lose(p: Player, event: DeviceLost) -> None:
    _locate(p, event.heard_ms)
    p.lost = p.message = event.message
    p.cued = p.begun = False
    p.following = None
    _checkpoint(p)


def _lose_quietly(p: Player, event: DeviceLost) -> None:
    if _lost_is_why(p, event):
        p.message = event.message
    p.lost = event.message


def _return(p: Player, event: DeviceBack) -> None:
    p.lost = None
    _locate(p, event.heard_ms)
    _cut(p, p.position_ms)


def _return_quietly(p: Player, event: DeviceBack) -> None:
    _locate(p, event.heard_ms)
    p.message = None if p.message == p.lost else p.message
    p.lost = None
    p.cued = p.begun = False
    p.following = None
    p.effects.append(Loudness(loudness(p), 0.0))


def _adopt(p: Player, event: Edited) -> None:
    """Take the new listing over; go on at the current track, or at the first behind it that is left."""
    stays = survivor(p, event.listing)
    if p.track is None or stays != p.track.track_id:
        p.position_ms = 0
    old = [track_at(p, place) for place in range(len(p.order))]
    index = {entry.track_id: number for number, entry in enumerate(event.listing.entries)}
    kept = tuple(index[track_id] for track_id in old if track_id in index)
    added = tuple(number for track_id, number in index.items() if track_id not in set(old))
    p.order = kept + added if p.shuffle else tuple(range(len(index)))
    p.listing = event.listing
    p.place = p.order.index(index[stays]) if stays is not None else 0


def _adopt_sounding(p: Player, event: Edited) -> None:
    _adopt(p, event)
    if p.begun:
        _let_follow(p)


def _adopt_next(p: Player, event: Edited) -> None:
    _adopt(p, event)
    _cut(p, 0)


def _adopt_quietly(p: Player, event: Edited) -> None:
    _adopt(p, event)
    _uncue(p)


def _adopt_end(p: Player, event: Edited) -> None:
    _adopt(p, event)
    p.wanted = False
    _uncue(p)


def _gone(p: Player, _: Gone) -> None:
    p.listing = None
    p.order = ()
    p.place = p.position_ms = 0
    p.wanted = False
    p.message = None
    _uncue(p)


# --- the table ------------------------------------------------------------------------------------------------------


def _sounds(
    source: str | tuple[str, ...],
    on: type[Any],
    do: Callable[[Player, Any], None],
    when: Callable[[Player, Any], bool] = _chosen,
) -> tuple[Row[Player], ...]:
    """Rows for whatever begins to sound: with the device lost it is only wanted."""

    def but_lost(p: Player, event: object) -> bool:
        return p.lost is not None and when(p, event)

    note = when.__name__.strip("_")
    return (
        row(source, on, "error", when=but_lost, do=do, note=f"{note}, but device lost"),
        row(source, on, "loading", when=when, do=do),
    )


ROWS: tuple[Row[Player], ...] = (
    # commands
    *_sounds(ANY, Start, _start, _has_tracks),
    row("stopped", Choose, STAY, when=_has_tracks, do=_choose),
    *_sounds("stopped", Play, _again),
    *_sounds("stopped", Toggle, _again),
    row("paused", Play, "playing", when=_begun, do=_resume),
    row("paused", Play, "loading", when=_cued, do=_resume),
    *_sounds("paused", Play, _again),
    row("paused", Toggle, "playing", when=_begun, do=_resume),
    row("paused", Toggle, "loading", when=_cued, do=_resume),
    *_sounds("paused", Toggle, _again),
    row("error", Play, STAY, when=_lost, do=_want),
    row("error", Play, "loading", do=_again),
    row("error", Toggle, STAY, when=_lost, do=_want),
    row("error", Toggle, "loading", do=_again),
    row(SOUNDING, Pause, "paused", do=_pause),
    row(SOUNDING, Toggle, "paused", do=_pause),
    row("error", Pause, STAY, do=_unwant),
    row(("loading", "playing", "paused", "error"), Stop, "stopped", do=_stop),
    *_sounds(ANY, Next, _next, _has_next),
    row(("loading", "playing", "paused", "error"), Next, "stopped", do=_stop),
    *_sounds(ANY, Previous, _previous),
    row(SOUNDING, Seek, "loading", when=_within, do=_seek),
    row(("stopped", "paused", "error"), Seek, STAY, when=_within, do=_seek_quietly),
    # settings
    row(ANY, SetVolume, STAY, do=_volume),
    row(ANY, SetCeiling, STAY, do=_ceiling),
    row(ANY, SetMode, STAY, do=_mode_sounding),
    row(ANY, SetSleep, STAY, do=_sleep),
    row("playing", SleepNear, STAY, do=_fade),
    row(("loading", "playing", "paused", "error"), SleepOver, "stopped", do=_sleep_over),
    row("stopped", SleepOver, STAY, do=_wake),
    # the library changed
    row(SOUNDING, Edited, STAY, when=_keeps_track, do=_adopt_sounding),
    row(SOUNDING, Edited, "loading", when=_keeps_some, do=_adopt_next),
    row(SOUNDING, Edited, "stopped", when=_concerned, do=_adopt_end),
    row("paused", Edited, STAY, when=_keeps_track, do=_adopt_sounding),
    row("paused", Edited, STAY, when=_keeps_some, do=_adopt_quietly),
    row("error", Edited, STAY, when=_keeps_some, do=_adopt),
    row(("paused", "error"), Edited, "stopped", when=_concerned, do=_adopt_end),
    row("stopped", Edited, STAY, when=_concerned, do=_adopt),
    row(("loading", "playing", "paused", "error"), Gone, "stopped", when=_is_ours, do=_gone),
    row("stopped", Gone, STAY, when=_is_ours, do=_gone),
    # the sound
    row("loading", Started, "playing", when=_is_current, do=_heard),
    row("playing", Started, STAY, when=_is_following, do=_advance),
    row("playing", Started, "loading", when=_replaced_and_more, do=_go_on),
    row("playing", Started, "stopped", when=_replaced_too_late, do=_end),
    row("paused", Started, STAY, when=_is_current, do=_heard),
    row("paused", Started, STAY, when=_is_following, do=_advance),
    row("paused", Started, STAY, when=_replaced_too_late, do=_go_on_quietly),
    row(SOUNDING, Finished, "loading", when=_more_comes, do=_go_on),
    row(SOUNDING, Finished, "stopped", when=_is_current, do=_end),
    row("paused", Finished, STAY, when=_more_comes, do=_go_on_quietly),
    row("paused", Finished, "stopped", when=_is_current, do=_end),
    row(SOUNDING, Failed, "loading", when=_others_left, do=_skip),
    row(SOUNDING, Failed, "stopped", when=_was_heard, do=_end_failing),
    row(SOUNDING, Failed, "error", when=_is_current, do=_give_up),
    row("playing", Failed, STAY, when=_is_following, do=_drop_following),
    row("paused", Failed, STAY, when=_others_left, do=_skip_quietly),
    row("paused", Failed, "stopped", when=_was_heard, do=_end_failing),
    row("paused", Failed, "error", when=_is_current, do=_give_up),
    row("paused", Failed, STAY, when=_is_following, do=_drop_following),
    # the device
    row(("loading", "playing", "paused"), DeviceLost, "error", do=_lose),
    row(("stopped", "error"), DeviceLost, STAY, do=_lose_quietly),
    row(SOUNDING, DeviceBack, "loading", do=_return),
    row("error", DeviceBack, "loading", when=_lost_and_wanted, do=_return),
    row("error", DeviceBack, "paused", when=_lost_is_why, do=_return_quietly),
    row(("stopped", "paused", "error"), DeviceBack, STAY, do=_return_quietly),
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
