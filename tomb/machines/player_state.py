"""What the player knows (the model), and questions about it that its table, its owner and the wire all ask."""

from dataclasses import dataclass, field

from tomb.machines.player_events import Effect, Entry, Listing
from tomb.models import PlayState, RepeatMode


@dataclass(slots=True)
class Player:
    state: PlayState = "stopped"
    listing: Listing | None = None
    order: tuple[int, ...] = ()  # indexes into the listing's entries
    place: int = 0  # index into `order`
    position_ms: int = 0  # where the current track was last known to be; while it sounds, the output knows better
    wanted: bool = False  # the intent to be heard
    lost: str | None = None  # why there is no device
    message: str | None = None  # what a parent should read
    generation: int = 0  # the current cue
    youngest: int = 0  # the last generation that was given out
    cued: bool = False  # the output holds the current cue ...
    begun: bool = False  # ... and its first sample was heard
    following: tuple[int, str] | None = None  # (generation, track) of the cue behind the current one
    failed: frozenset[str] = frozenset()  # tracks that failed since something was heard
    heard_any: bool = False  # something was heard since the last command to play
    volume: int = 50
    ceiling: int = 100
    muted: bool = False
    repeat: RepeatMode = "none"
    shuffle: bool = False
    auto_advance: bool = True
    sleep_ends_at: float | None = None
    effects: list[Effect] = field(default_factory=list)

    @property
    def track(self) -> Entry | None:
        return self.listing.entries[self.order[self.place]] if self.listing and self.order else None

    @property
    def is_playing(self) -> bool:
        """The intent as clients see it: true while loading too."""
        return self.state in ("loading", "playing")

    @property
    def can_next(self) -> bool:
        """Whether Next leads to a track; otherwise it stops."""
        return place_after(self) is not None

    @property
    def can_prev(self) -> bool:
        """Previous goes back by a track or to the start of this one, so it can whenever there is one."""
        return self.track is not None


def loudness(p: Player) -> float:
    """The linear gain of the volume. Squared, since hearing is about logarithmic; 100 % is exactly 1."""
    return 0.0 if p.muted else (p.volume / 100) ** 2


def track_at(p: Player, place: int) -> str:
    assert p.listing is not None
    return p.listing.entries[p.order[place]].track_id


def place_after(p: Player) -> int | None:
    """Where the Next button leads to."""
    if p.place + 1 < len(p.order):
        return p.place + 1
    return 0 if p.order and p.repeat == "playlist" else None


def place_before(p: Player) -> int:
    if p.place > 0:
        return p.place - 1
    return len(p.order) - 1 if p.repeat == "playlist" else 0


def sound_after(p: Player, failed: frozenset[str]) -> int | None:
    """The next place whose track is not among `failed`; each is looked at once."""
    count = len(p.order)
    reach = count if p.repeat == "playlist" else count - 1 - p.place
    candidates = ((p.place + step) % count for step in range(1, reach + 1))
    return next((place for place in candidates if track_at(p, place) not in failed), None)


def successor(p: Player) -> int | None:
    """The place that comes by itself when the current track ends."""
    if not p.auto_advance or p.track is None:
        return None
    if p.repeat == "track" and p.track.track_id not in p.failed:
        return p.place
    return sound_after(p, p.failed)


def failing(p: Player) -> frozenset[str]:
    """The tracks that failed, were the current one to fail too."""
    return p.failed | ({p.track.track_id} if p.track else set())


def survivor(p: Player, listing: Listing) -> str | None:
    """The first track, from the current one on, that `listing` still has."""
    kept = {entry.track_id for entry in listing.entries}
    count = len(p.order)
    reach = count if p.repeat == "playlist" else count - p.place
    ahead = (track_at(p, (p.place + step) % count) for step in range(reach))
    return next((track_id for track_id in ahead if track_id in kept), None)
