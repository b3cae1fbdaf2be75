"""What the player does when people ask for something: its fields change, effects are appended.

The names that are `quietly` do it without a sound: whatever was cued is forgotten, and Play begins anew at the place.
"""

from tomb.machines.player_events import (
    FADE_S,
    RESTART_AFTER_MS,
    ArmSleep,
    Checkpoint,
    Choose,
    Cut,
    Follow,
    Forget,
    Halt,
    Hush,
    Loudness,
    Next,
    Pause,
    Previous,
    Seek,
    SetCeiling,
    SetMode,
    SetSleep,
    SetVolume,
    SleepNear,
    SleepOver,
    Start,
    Stop,
    Toggle,
    Unhush,
)
from tomb.machines.player_state import Player, loudness, place_after, place_before, successor, track_at


def cut(p: Player, position_ms: int) -> None:
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


def uncue(p: Player) -> None:
    p.cued = p.begun = False
    p.following = None
    p.effects.append(Halt())


def locate(p: Player, heard_ms: int | None) -> None:
    if heard_ms is not None:
        p.position_ms = heard_ms


def checkpoint(p: Player) -> None:
    if p.listing is not None and p.track is not None:
        p.effects.append(Checkpoint(p.listing.playlist_id, p.track.track_id, p.position_ms))


def let_follow(p: Player) -> None:
    """Keep what follows in step with what would be played next."""
    place = successor(p)
    track_id = None if place is None else track_at(p, place)
    if track_id == (p.following[1] if p.following else None):
        return
    p.youngest += 1
    p.following = None if track_id is None else (p.youngest, track_id)
    p.effects.append(Follow(p.youngest, track_id))


def fresh(p: Player) -> None:
    p.failed = frozenset()
    p.heard_any = False


def choose(p: Player, event: Start | Choose) -> None:
    p.listing = event.listing
    ids = [entry.track_id for entry in event.listing.entries]
    first = ids.index(event.track_id) if event.track_id in ids else None
    p.order = tuple(range(len(ids)))
    p.place = first or 0
    if p.shuffle:
        _draw(p, event.drawn, first)
    p.position_ms = event.position_ms if first is not None else 0
    fresh(p)


def _draw(p: Player, drawn: tuple[int, ...], first: int | None) -> None:
    head = () if first is None else (first,)
    p.order = head + tuple(index for index in drawn if index != first)
    p.place = 0


def start(p: Player, event: Start) -> None:
    if p.state != "stopped":
        locate(p, event.heard_ms)
        checkpoint(p)
    choose(p, event)
    cut(p, p.position_ms)


def again(p: Player, _: object) -> None:
    fresh(p)
    cut(p, p.position_ms)


def want(p: Player, _: object) -> None:
    p.wanted = True


def unwant(p: Player, _: object) -> None:
    p.wanted = False


def pause(p: Player, event: Pause | Toggle) -> None:
    locate(p, event.heard_ms)
    p.wanted = False
    p.effects.append(Hush())
    checkpoint(p)


def resume(p: Player, _: object) -> None:
    p.wanted = True
    p.effects.append(Unhush())


def stop(p: Player, event: Stop | Next | SleepOver) -> None:
    locate(p, event.heard_ms)
    p.wanted = False
    p.message = None
    uncue(p)
    checkpoint(p)


def end(p: Player, _: object) -> None:
    """The music is over. Without auto-advance it is only over until the next track is asked for."""
    after = place_after(p) if not p.auto_advance else None
    p.place = after or 0
    p.position_ms = 0
    p.wanted = False
    uncue(p)
    if after is not None:
        checkpoint(p)
    elif p.listing is not None:
        p.effects.append(Forget(p.listing.playlist_id))


def next_track(p: Player, _: Next) -> None:
    after = place_after(p)
    assert after is not None
    p.place = after
    fresh(p)
    cut(p, 0)


def previous_track(p: Player, event: Previous) -> None:
    locate(p, event.heard_ms)
    if p.position_ms < RESTART_AFTER_MS:
        p.place = place_before(p)
    fresh(p)
    cut(p, 0)


def seek(p: Player, event: Seek) -> None:
    cut(p, event.position_ms)
    checkpoint(p)


def seek_quietly(p: Player, event: Seek) -> None:
    p.position_ms = event.position_ms
    uncue(p)
    checkpoint(p)


def _loudness(p: Player) -> None:
    p.effects.append(Loudness(loudness(p)))


def set_volume(p: Player, event: SetVolume) -> None:
    p.volume = min(event.volume, p.ceiling)
    _loudness(p)


def set_ceiling(p: Player, event: SetCeiling) -> None:
    p.ceiling = event.ceiling
    p.volume = min(p.volume, p.ceiling)
    _loudness(p)


def set_mode(p: Player, event: SetMode) -> None:
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


def set_mode_in_step(p: Player, event: SetMode) -> None:
    set_mode(p, event)
    if p.begun:
        let_follow(p)


def set_sleep(p: Player, event: SetSleep) -> None:
    p.sleep_ends_at = event.ends_at
    p.effects.append(ArmSleep(event.seconds))
    _loudness(p)  # a fade that had begun is taken back


def fade(p: Player, _: SleepNear) -> None:
    p.effects.append(Loudness(0.0, FADE_S))


def sleep_over(p: Player, event: SleepOver) -> None:
    stop(p, event)
    wake(p, event)


def wake(p: Player, _: SleepOver) -> None:
    p.sleep_ends_at = None
    p.effects.append(Loudness(loudness(p), 0.0))
