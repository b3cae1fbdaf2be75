"""What the player knows, and the questions about it that its rows, its owner and the wire all ask."""

from bisect import bisect_right
from typing import Literal

from msgspec import Struct, field

from tomb.machines.player.events import BY_CHAPTER_MS, RESTART_AFTER_MS, Curb, Effect, Entry, Listing
from tomb.models import PlayState, RepeatMode

Transport = Literal["stopped", "playing", "paused", "failed"]
Sound = Literal["lost", "none", "loading", "heard", "outdated"]


class Player(Struct):
    state: Transport = "stopped"
    sound: Sound = "none"
    listing: Listing | None = None
    order: tuple[int, ...] = ()  # indexes into the listing's entries
    place: int = 0  # index into `order`
    position_ms: int = 0  # where the current track was last known to be; while it sounds, the output knows better
    generation: int = 0  # of the track that the output holds, or held last
    newest: int = 0  # the last generation that was given out
    following: tuple[int, str] | None = None  # (generation, track) of what is enqueued
    failed: frozenset[str] = frozenset()  # tracks that failed since something was heard
    heard_any: bool = False  # something was heard since the last command to play
    failure: str | None = None  # why a track was skipped, or all of them
    loss: str | None = None  # why the device is lost
    volume: int = 50
    ceiling: int = 100
    muted: bool = False
    repeat: RepeatMode = "none"
    shuffle: bool = False  # the box's own mode
    shuffle_here: bool | None = None  # that of the playlist, since it was chosen and until somebody sets the mode
    auto_advance: bool = True
    sleep_ends_at: float | None = None
    sleep_number: int = 0  # of the sleep timer that was set last
    chapter_number: int = 0  # of the chapter timer likewise
    curb: Curb = "none"
    hush_number: int = 0  # of the timer that pauses what a limit had fade
    hushed: bool = False  # the gain was faded, or is fading, for a limit
    effects: list[Effect] = field(default_factory=list)

    @property
    def track(self) -> Entry | None:
        return self.listing.entries[self.order[self.place]] if self.listing and self.order else None

    @property
    def goes_on(self) -> bool:
        """Behind a track the next one comes by itself."""
        return self.auto_advance and self.curb != "last"

    @property
    def held(self) -> bool:
        """The output holds the current track."""
        return self.sound in ("loading", "heard")

    @property
    def shuffled(self) -> bool:
        """The mode that is in force."""
        return self.shuffle if self.shuffle_here is None else self.shuffle_here

    @property
    def play_state(self) -> PlayState:
        """Both machines in one word, as clients are shown them."""
        if self.state == "stopped":
            return "stopped"
        if self.state == "failed" or self.sound == "lost":
            return "error"
        if self.state == "paused":
            return "paused"
        return "playing" if self.sound == "heard" else "loading"

    @property
    def is_playing(self) -> bool:
        """The intent as clients are shown it: true while loading too."""
        return self.play_state in ("loading", "playing")

    @property
    def message(self) -> str | None:
        """What a parent should read."""
        return self.loss if self.state in ("playing", "paused") and self.sound == "lost" else self.failure

    @property
    def can_prev(self) -> bool:
        """Previous goes back by a track or to the start of this one, so it can whenever there is one."""
        return self.track is not None


def gain(p: Player) -> float:
    """The linear gain of the volume. Squared, since hearing is about logarithmic; 100 % is exactly 1."""
    return 0.0 if p.muted else (p.volume / 100) ** 2


def track_at(p: Player, place: int) -> str:
    assert p.listing is not None
    return p.listing.entries[p.order[place]].track_id


def position(p: Player, heard_ms: int | None) -> int:
    """Where the current track is: what is heard of it knows better."""
    return p.position_ms if heard_ms is None else heard_ms


def can_next(p: Player, position_ms: int) -> bool:
    """Whether Next leads to a track or, from that position on, to a chapter; otherwise it stops."""
    return place_after(p) is not None or chapter_after(p, position_ms) is not None


def chapter_at(track: Entry | None, position_ms: int) -> int | None:
    """The chapter, from 0, that this position is in; None where there are none."""
    return bisect_right(track.chapters, position_ms) - 1 if track and track.chapters else None


def chapter_after(p: Player, position_ms: int, *, always: bool = False) -> int | None:
    """The chapter that the Next button leads to, `always` or only in a track that is long enough."""
    index = _chapter_in_use(p, position_ms, always)
    return index + 1 if index is not None and p.track and index + 1 < len(p.track.chapters) else None


def chapter_before(p: Player, position_ms: int, *, always: bool = False) -> int | None:
    """The chapter that Previous leads to: this one, or within its first seconds the one before. None likewise, and
    where it leads out of the first."""
    index = _chapter_in_use(p, position_ms, always)
    if index is None or p.track is None or position_ms < RESTART_AFTER_MS:
        return None
    return max(0, index - (position_ms - p.track.chapters[index] < RESTART_AFTER_MS))


def _chapter_in_use(p: Player, position_ms: int, always: bool) -> int | None:
    long = p.track is not None and (always or p.track.duration_ms > BY_CHAPTER_MS)
    return chapter_at(p.track, position_ms) if long else None


def place_after(p: Player) -> int | None:
    """Where the Next button leads to."""
    if p.place + 1 < len(p.order):
        return p.place + 1
    return 0 if p.order and p.repeat == "playlist" else None


def place_before(p: Player) -> int:
    if p.place > 0:
        return p.place - 1
    return len(p.order) - 1 if p.repeat == "playlist" else 0


def playable_after(p: Player, failed: frozenset[str]) -> int | None:
    """The next place whose track is not among `failed`; each is looked at once."""
    count = len(p.order)
    reach = count if p.repeat == "playlist" else count - 1 - p.place
    candidates = ((p.place + step) % count for step in range(1, reach + 1))
    return next((place for place in candidates if track_at(p, place) not in failed), None)


def successor(p: Player) -> int | None:
    """The place that comes by itself when the current track ends."""
    if not p.goes_on or p.track is None:
        return None
    if p.repeat == "track" and p.track.track_id not in p.failed:
        return p.place
    return playable_after(p, p.failed)


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
