"""What the player does when something happens to it: the output reports, a device goes, the library changes."""

from tomb.machines.player_actions import checkpoint, cut, end, let_follow, locate, uncue
from tomb.machines.player_events import Credit, DeviceBack, DeviceLost, Edited, Failed, Gone, Loudness, Skipped, Started
from tomb.machines.player_guards import lost_is_why
from tomb.machines.player_state import Player, failing, loudness, sound_after, successor, survivor, track_at


def hear(p: Player, _: Started) -> None:
    p.begun = True
    p.failed = frozenset()
    p.heard_any = True
    if p.position_ms == 0 and p.listing is not None:
        p.effects.append(Credit(p.listing.playlist_id, track_at(p, p.place)))
    let_follow(p)


def advance(p: Player, event: Started) -> None:
    assert p.following is not None
    p.generation, track_id = p.following
    p.place = next(place for place in range(len(p.order)) if track_at(p, place) == track_id)
    p.position_ms = 0
    p.following = None
    p.message = None
    checkpoint(p)
    hear(p, event)


def go_on(p: Player, _: object) -> None:
    place = successor(p)
    assert place is not None
    p.place = place
    cut(p, 0)


def go_on_quietly(p: Player, _: object) -> None:
    p.place = successor(p) or 0
    p.position_ms = 0
    uncue(p)


def _note_failure(p: Player, track_id: str, event: Failed) -> None:
    p.failed |= {track_id}
    p.message = event.reason
    p.effects.append(Skipped(track_id, event.reason))


def skip(p: Player, event: Failed) -> None:
    bad = track_at(p, p.place)
    place = sound_after(p, failing(p))
    assert place is not None
    p.place = place
    cut(p, 0)
    _note_failure(p, bad, event)


def skip_quietly(p: Player, event: Failed) -> None:
    bad = track_at(p, p.place)
    place = sound_after(p, failing(p))
    assert place is not None
    p.place = place
    p.position_ms = 0
    uncue(p)
    _note_failure(p, bad, event)


def end_failing(p: Player, event: Failed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    end(p, event)


def give_up(p: Player, event: Failed) -> None:
    _note_failure(p, track_at(p, p.place), event)
    p.wanted = False
    p.position_ms = 0
    uncue(p)


def drop_following(p: Player, event: Failed) -> None:
    assert p.following is not None
    _note_failure(p, p.following[1], event)
    p.following = None
    let_follow(p)


def lose(p: Player, event: DeviceLost) -> None:
    locate(p, event.heard_ms)
    p.lost = p.message = event.message
    p.cued = p.begun = False
    p.following = None
    checkpoint(p)


def lose_quietly(p: Player, event: DeviceLost) -> None:
    if lost_is_why(p, event):
        p.message = event.message
    p.lost = event.message


def resume_on_device(p: Player, event: DeviceBack) -> None:
    p.lost = None
    locate(p, event.heard_ms)
    cut(p, p.position_ms)


def settle_on_device(p: Player, event: DeviceBack) -> None:
    locate(p, event.heard_ms)
    p.message = None if p.message == p.lost else p.message
    p.lost = None
    p.cued = p.begun = False
    p.following = None
    p.effects.append(Loudness(loudness(p), 0.0))


def adopt(p: Player, event: Edited) -> None:
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


def adopt_sounding(p: Player, event: Edited) -> None:
    adopt(p, event)
    if p.begun:
        let_follow(p)


def adopt_next(p: Player, event: Edited) -> None:
    adopt(p, event)
    cut(p, 0)


def adopt_quietly(p: Player, event: Edited) -> None:
    adopt(p, event)
    uncue(p)


def adopt_end(p: Player, event: Edited) -> None:
    adopt(p, event)
    p.wanted = False
    uncue(p)


def drop_listing(p: Player, _: Gone) -> None:
    p.listing = None
    p.order = ()
    p.place = p.position_ms = 0
    p.wanted = False
    p.message = None
    uncue(p)
