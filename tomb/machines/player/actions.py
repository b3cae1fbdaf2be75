"""What the rows do: fields of the player change, effects are appended.

No action tells the output to begin or to be silent. It says where the player is now, and, by `drop`, that what the
output holds is not that any more; the coupling then sees to it that the output does what the new state says.
"""

from msgspec.structs import replace

from tomb.machines.player import events
from tomb.machines.player.model import (
    Player,
    chapter_after,
    chapter_before,
    failing,
    gain,
    place_after,
    place_before,
    playable_after,
    position,
    successor,
    survivor,
    track_at,
)

# --- what more than one of them does --------------------------------------------------------------------------------


def drop(p: Player) -> None:
    """What the output holds, if anything, is not what should be heard."""
    if p.held:
        p.sound = "outdated"
    p.following = None


def go_to(p: Player, place: int, position_ms: int = 0) -> None:
    p.place = place
    p.position_ms = position_ms
    p.failure = None
    drop(p)


def locate(p: Player, heard_ms: int | None) -> None:
    p.position_ms = position(p, heard_ms)


def save_resume(p: Player) -> None:
    if p.listing is not None and p.track is not None:
        p.effects.append(events.SaveResume(p.listing.playlist_id, p.track.track_id, p.position_ms))


def forget_failures(p: Player) -> None:
    """Somebody who may asks to hear something: every track gets another chance, and no limit has it fade."""
    p.hushed = False
    p.failed = frozenset()
    p.failure = None
    p.heard_any = False


def await_chapter(p: Player, position_ms: int) -> None:
    """The track plays from that position on: be told when its next chapter begins."""
    p.chapter_number += 1  # whatever was awaited before is late
    starts = p.track.chapters if p.track else ()
    ahead = next((start_ms for start_ms in starts if start_ms > position_ms), None)
    if ahead is not None:
        p.effects.append(events.SetChapterTimer(ahead, p.chapter_number))


def choose(p: Player, listing: events.Listing, drawn: tuple[int, ...], track_id: str | None, position_ms: int) -> None:
    p.listing = listing
    p.shuffle_here = listing.shuffle
    ids = [entry.track_id for entry in listing.entries]
    first = ids.index(track_id) if track_id in ids else None
    p.order = _shuffled(drawn, first) if p.shuffled else tuple(range(len(ids)))
    forget_failures(p)
    go_to(p, 0 if p.shuffled else first or 0, 0 if first is None else position_ms)


def _shuffled(drawn: tuple[int, ...], first: int | None) -> tuple[int, ...]:
    head = () if first is None else (first,)
    return head + tuple(index for index in drawn if index != first)


# --- commands -------------------------------------------------------------------------------------------------------


def start(p: Player, event: events.Start | events.Tapped) -> None:
    if p.state != "stopped":
        locate(p, event.heard_ms)
        save_resume(p)
    choose(p, event.listing, event.drawn, event.track_id, event.position_ms)


def restart(p: Player, event: events.Tapped) -> None:
    start(p, replace(event, track_id=None, position_ms=0))


def refuse(p: Player, _: object) -> None:
    p.effects.append(events.Refused())


def play(p: Player, _: object) -> None:
    if p.held and p.hushed:
        p.effects.append(events.SetGain(gain(p), 0.0))
    p.hushed = False
    if p.held:
        p.effects.append(events.ResumeOutput())
    else:
        forget_failures(p)
    if p.sound == "heard":
        await_chapter(p, p.position_ms)


def pause(p: Player, event: events.Pause | events.Toggle | events.Tapped | events.TagRemoved | events.HushOver) -> None:
    locate(p, event.heard_ms)
    if p.held:
        p.effects.append(events.PauseOutput())
    save_resume(p)


def stop(p: Player, event: events.Stop | events.Next | events.Tapped | events.SleepOver) -> None:
    locate(p, event.heard_ms)
    p.failure = None
    save_resume(p)


def next_track(p: Player, _: events.Next | events.Tapped) -> None:
    after = place_after(p)
    assert after is not None
    forget_failures(p)
    go_to(p, after)


def previous_track(p: Player, event: events.Previous) -> None:
    locate(p, event.heard_ms)
    forget_failures(p)
    go_to(p, place_before(p) if p.position_ms < events.RESTART_AFTER_MS else p.place)


def next_chapter(p: Player, event: events.Next | events.Tapped) -> None:
    always = isinstance(event, events.Next) and event.by_chapter
    _go_to_chapter(p, chapter_after(p, position(p, event.heard_ms), always=always))


def previous_chapter(p: Player, event: events.Previous) -> None:
    _go_to_chapter(p, chapter_before(p, position(p, event.heard_ms), always=event.by_chapter))


def to_chapter(p: Player, event: events.ToChapter) -> None:
    _go_to_chapter(p, event.index)


def _go_to_chapter(p: Player, index: int | None) -> None:
    assert p.track is not None
    assert index is not None
    forget_failures(p)
    go_to(p, p.place, p.track.chapters[index])


def seek(p: Player, event: events.Seek) -> None:
    p.position_ms = event.position_ms
    drop(p)
    save_resume(p)


# --- settings -------------------------------------------------------------------------------------------------------


def set_volume(p: Player, event: events.SetVolume) -> None:
    p.volume = min(event.volume, p.ceiling)
    p.effects.append(events.SetGain(gain(p)))


def set_ceiling(p: Player, event: events.SetCeiling) -> None:
    p.ceiling = event.ceiling
    p.volume = min(p.volume, p.ceiling)
    p.effects.append(events.SetGain(gain(p)))


def set_mode(p: Player, event: events.SetMode) -> None:
    p.repeat = event.repeat or p.repeat
    p.auto_advance = p.auto_advance if event.auto_advance is None else event.auto_advance
    if event.muted is not None and event.muted != p.muted:
        p.muted = event.muted
        p.effects.append(events.SetGain(gain(p)))
    if event.shuffle is not None:
        before, p.shuffle, p.shuffle_here = p.shuffled, event.shuffle, None
        if p.order and p.shuffled != before:
            here = p.order[p.place]
            p.order = _shuffled(event.drawn, here) if p.shuffled else tuple(range(len(p.order)))
            p.place = p.order.index(here)


def set_sleep(p: Player, event: events.SetSleep) -> None:
    p.sleep_ends_at = event.ends_at
    p.sleep_number += 1
    p.effects.append(events.SetSleepTimer(event.seconds, p.sleep_number))
    p.effects.append(events.SetGain(gain(p)))  # a fade that had begun is taken back


def fade(p: Player, event: events.SleepNear) -> None:
    p.effects.append(events.SetGain(0.0, event.left_s))


def fall_asleep(p: Player, event: events.SleepOver) -> None:
    if p.state != "stopped":
        stop(p, event)
    p.sleep_ends_at = None


def set_curb(p: Player, event: events.SetCurb) -> None:
    if event.curb != "shut":
        _keep_playing(p)
    p.curb = event.curb


def hush(p: Player, event: events.SetCurb) -> None:
    p.curb = event.curb
    p.hushed = True
    p.hush_number += 1
    p.effects += (events.SetGain(0.0, events.FADE_S), events.SetHushTimer(events.FADE_S, p.hush_number))


def _keep_playing(p: Player) -> None:
    """A fade that had begun is taken back; where it is over, `play` does that."""
    if p.hushed and p.state == "playing":
        p.hushed = False
        p.hush_number += 1
        p.effects += (events.SetGain(gain(p)), events.SetHushTimer(None, p.hush_number))


def restore(p: Player, event: events.Restore) -> None:
    p.volume, p.muted = min(event.volume, p.ceiling), event.muted
    p.repeat, p.shuffle, p.auto_advance = event.repeat, event.shuffle, event.auto_advance
    if event.listing is not None and event.listing.entries:
        choose(p, event.listing, event.drawn, event.track_id, event.position_ms)


# --- the library changed --------------------------------------------------------------------------------------------


def adopt(p: Player, event: events.PlaylistChanged) -> None:
    """Take the new listing over; go on at the current track, or at the start of the first behind it that is left."""
    before, stays = p.track, survivor(p, event.listing)
    old = dict.fromkeys(track_at(p, place) for place in range(len(p.order)))
    index = {entry.track_id: number for number, entry in enumerate(event.listing.entries)}
    kept = tuple(index[track_id] for track_id in old if track_id in index)
    added = tuple(number for track_id, number in index.items() if track_id not in old)
    p.order = kept + added if p.shuffled else tuple(range(len(index)))
    p.listing = event.listing
    p.place = p.order.index(index[stays]) if stays is not None else 0
    if before is None or stays != before.track_id:
        p.position_ms = 0
        drop(p)
        if p.state != "stopped":
            save_resume(p)


def clear(p: Player, _: events.PlaylistDeleted) -> None:
    p.listing = None
    p.shuffle_here = None
    p.order = ()
    go_to(p, 0)


# --- the output reports ---------------------------------------------------------------------------------------------


def hear(p: Player, _: events.TrackStarted) -> None:
    p.sound = "heard"
    p.failed = frozenset()
    p.heard_any = True
    if p.state == "playing":
        await_chapter(p, p.position_ms)
    if p.position_ms == 0 and p.listing is not None:
        p.effects.append(events.CountPlay(p.listing.playlist_id, track_at(p, p.place)))


def advance(p: Player, event: events.TrackStarted) -> None:
    assert p.following is not None
    p.generation, track_id = p.following
    p.place = next(place for place in range(len(p.order)) if track_at(p, place) == track_id)
    p.position_ms = 0
    p.following = None
    p.failure = None
    save_resume(p)
    hear(p, event)


def go_on(p: Player, _: object) -> None:
    place = successor(p)
    assert place is not None
    go_to(p, place)


def end(p: Player, _: object) -> None:
    """The music is over. Without auto-advance it is only over until the next track is asked for."""
    after = place_after(p) if not p.goes_on else None
    p.place = after or 0
    p.position_ms = 0
    if after is not None:
        save_resume(p)
    elif p.listing is not None:
        p.effects.append(events.ClearResume(p.listing.playlist_id))


def skip(p: Player, event: events.TrackFailed) -> None:
    bad, place = track_at(p, p.place), playable_after(p, failing(p))
    assert place is not None
    go_to(p, place)
    _note_failure(p, bad, event)


def end_failing(p: Player, event: events.TrackFailed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    end(p, event)


def give_up(p: Player, event: events.TrackFailed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    p.position_ms = 0
    p.effects.append(events.PlayChime("error"))


def drop_following(p: Player, event: events.TrackFailed) -> None:
    assert p.following is not None
    _note_failure(p, p.following[1], event)
    p.following = None


def _note_failure(p: Player, track_id: str, event: events.TrackFailed) -> None:
    p.failed |= {track_id}
    p.failure = event.reason


def pass_chapter(p: Player, event: events.ChapterBegan) -> None:
    await_chapter(p, position(p, event.heard_ms))


def lose_device(p: Player, event: events.DeviceLost) -> None:
    locate(p, event.heard_ms)
    if p.held:
        save_resume(p)
        p.failure = None
    p.sound, p.following, p.loss = "lost", None, event.message


def find_device(p: Player, event: events.DeviceBack) -> None:
    locate(p, event.heard_ms)
    p.sound, p.following, p.loss = "none", None, None


# --- the coupling ---------------------------------------------------------------------------------------------------


def play_track(p: Player) -> None:
    p.newest += 1
    p.generation = p.newest
    p.sound = "loading"
    p.effects += (events.SetGain(gain(p), 0.0), events.PlayTrack(p.generation, track_at(p, p.place), p.position_ms))


def stop_output(p: Player) -> None:
    p.sound = "none"
    p.following = None
    p.effects.append(events.StopOutput())


def enqueue(p: Player) -> None:
    """Keep what follows in step with what would be played next."""
    place = successor(p)
    track_id = None if place is None else track_at(p, place)
    if track_id == (p.following[1] if p.following else None):
        return
    p.newest += 1
    p.following = None if track_id is None else (p.newest, track_id)
    p.effects.append(events.EnqueueTrack(p.newest, track_id))
