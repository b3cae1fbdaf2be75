"""What the table asks before it takes a row. Guards only look."""

from tomb.machines.player import events
from tomb.machines.player.model import (
    Player,
    chapter_after,
    chapter_before,
    failing,
    place_after,
    playable_after,
    position,
    successor,
    survivor,
)


def chosen(p: Player, _: object) -> bool:
    return p.track is not None


def has_tracks(_: Player, event: events.Start | events.Tapped) -> bool:
    return bool(event.listing.entries)


def has_next(p: Player, _: object) -> bool:
    return place_after(p) is not None


def has_next_chapter(p: Player, event: events.Next) -> bool:
    return chapter_after(p, position(p, event.heard_ms), always=event.by_chapter) is not None


def has_previous_chapter(p: Player, event: events.Previous) -> bool:
    return chapter_before(p, position(p, event.heard_ms), always=event.by_chapter) is not None


def has_chapter(p: Player, event: events.ToChapter) -> bool:
    return p.track is not None and 0 <= event.index < len(p.track.chapters)


def within(p: Player, event: events.Seek) -> bool:
    return p.track is not None and 0 <= event.position_ms <= p.track.duration_ms


def shown_playing(p: Player, _: events.Toggle | events.Tapped) -> bool:
    """With the device lost, people see an error, and press to hear something."""
    return p.is_playing


# --- tags: "the same" is judged from what the player does, never from a remembered tag ------------------------------


def same_playlist(p: Player, event: events.Tapped) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.listing.playlist_id


def begins(p: Player, event: events.Tapped) -> bool:
    return has_tracks(p, event) and (p.state == "stopped" or not same_playlist(p, event))


def restarts(p: Player, event: events.Tapped) -> bool:
    return has_tracks(p, event) and same_playlist(p, event) and event.same_tag == "restart"


def skips_on(p: Player, event: events.Tapped) -> bool:
    return same_playlist(p, event) and event.same_tag == "next"


def skips_to_chapter(p: Player, event: events.Tapped) -> bool:
    return skips_on(p, event) and chapter_after(p, position(p, event.heard_ms)) is not None


def skips_to_next(p: Player, event: events.Tapped) -> bool:
    return skips_on(p, event) and has_next(p, event)


def toggles(p: Player, event: events.Tapped) -> bool:
    return same_playlist(p, event) and event.same_tag == "toggle" and shown_playing(p, event)


def pauses_on_removal(p: Player, event: events.TagRemoved) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.playlist_id and event.on_removal == "pause"


# --- limits ---------------------------------------------------------------------------------------------------------


def shut_out(p: Player, event: events.Command) -> bool:
    """A limit is reached, and no parent asks."""
    return p.curb == "shut" and event.origin != "parent"


def shut_out_of_more(p: Player, event: events.Tapped) -> bool:
    """As above; but a tag may always pause what it plays."""
    return shut_out(p, event) and not toggles(p, event)


def shuts(p: Player, event: events.SetCurb) -> bool:
    return event.curb == "shut" and p.curb != "shut"


def newest_hush(p: Player, event: events.HushOver) -> bool:
    """Somebody who may may have begun something else meanwhile."""
    return p.hushed and event.number == p.hush_number


# --- the sleep timer ------------------------------------------------------------------------------------------------


def newest_timer(p: Player, event: events.SleepNear | events.SleepOver) -> bool:
    """A timer that was set anew, or taken back, may have rung in the meantime."""
    return event.number == p.sleep_number


# --- the chapter timer ----------------------------------------------------------------------------------------------


def newest_chapter(p: Player, event: events.ChapterBegan) -> bool:
    return p.sound == "heard" and event.number == p.chapter_number


# --- the library changed --------------------------------------------------------------------------------------------


def changes_ours(p: Player, event: events.PlaylistChanged) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.listing.playlist_id


def keeps_some(p: Player, event: events.PlaylistChanged) -> bool:
    return changes_ours(p, event) and survivor(p, event.listing) is not None


def deletes_ours(p: Player, event: events.PlaylistDeleted) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.playlist_id


# --- the output reports ---------------------------------------------------------------------------------------------


def is_current(p: Player, event: events.TrackStarted | events.TrackFinished | events.TrackFailed) -> bool:
    return p.held and event.generation == p.generation


def is_loading(p: Player, event: events.TrackStarted) -> bool:
    return p.sound == "loading" and event.generation == p.generation


def is_following(p: Player, event: events.TrackStarted | events.TrackFailed) -> bool:
    return p.following is not None and event.generation == p.following[0]


def replaced_too_late(p: Player, event: events.TrackStarted) -> bool:
    """The output had begun what was enqueued when it was told that something else follows, or nothing."""
    return p.held and event.generation > p.generation and not is_following(p, event)


def replaced_and_more(p: Player, event: events.TrackStarted) -> bool:
    return replaced_too_late(p, event) and successor(p) is not None


def more_comes(p: Player, event: events.TrackFinished) -> bool:
    return is_current(p, event) and successor(p) is not None


def others_left(p: Player, event: events.TrackFailed) -> bool:
    return is_current(p, event) and playable_after(p, failing(p)) is not None


def was_heard(p: Player, event: events.TrackFailed) -> bool:
    return is_current(p, event) and p.heard_any
