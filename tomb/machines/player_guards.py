"""What the player's table asks before it takes a row. Guards only look."""

from tomb.machines.player_events import Choose, Edited, Failed, Finished, Gone, Seek, Start, Started
from tomb.machines.player_state import Player, failing, sound_after, successor, survivor


def chosen(p: Player, _: object) -> bool:
    return p.track is not None


def lost(p: Player, _: object) -> bool:
    return p.lost is not None


def lost_is_why(p: Player, _: object) -> bool:
    """The error is the device's loss, and not that no track could be decoded."""
    return p.lost is not None and p.message == p.lost


def lost_and_wanted(p: Player, _: object) -> bool:
    return p.lost is not None and p.wanted


def has_tracks(_: Player, event: Start | Choose) -> bool:
    return bool(event.listing.entries)


def has_next(p: Player, _: object) -> bool:
    return p.can_next


def within(p: Player, event: Seek) -> bool:
    return p.track is not None and 0 <= event.position_ms <= p.track.duration_ms


def cued(p: Player, _: object) -> bool:
    return p.cued


def begun(p: Player, _: object) -> bool:
    return p.cued and p.begun


def is_current(p: Player, event: Started | Finished | Failed) -> bool:
    return p.cued and event.generation == p.generation


def is_following(p: Player, event: Started | Failed) -> bool:
    return p.following is not None and event.generation == p.following[0]


def replaced_too_late(p: Player, event: Started) -> bool:
    """The output had begun what used to follow when it was told that something else follows, or nothing."""
    return p.cued and event.generation > p.generation and not is_following(p, event)


def replaced_and_more(p: Player, event: Started) -> bool:
    return replaced_too_late(p, event) and successor(p) is not None


def more_comes(p: Player, event: Finished) -> bool:
    return is_current(p, event) and successor(p) is not None


def others_left(p: Player, event: Failed) -> bool:
    return is_current(p, event) and sound_after(p, failing(p)) is not None


def was_heard(p: Player, event: Failed) -> bool:
    return is_current(p, event) and p.heard_any


def concerned(p: Player, event: Edited) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.listing.playlist_id


def keeps_track(p: Player, event: Edited) -> bool:
    return concerned(p, event) and p.track is not None and survivor(p, event.listing) == p.track.track_id


def keeps_some(p: Player, event: Edited) -> bool:
    return concerned(p, event) and survivor(p, event.listing) is not None


def is_ours(p: Player, event: Gone) -> bool:
    return p.listing is not None and p.listing.playlist_id == event.playlist_id
