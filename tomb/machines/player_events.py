"""What may happen to the player, and what its machine may ask for in return. The decisions are in player.py.

Positions are milliseconds from the start of the track; `heard_ms` is the position that is heard at the moment of the
event, None when the output holds nothing.
"""

from dataclasses import dataclass

from tomb.models import RepeatMode, SameTag

RESTART_AFTER_MS = 3000  # Previous earlier than this goes to the track before
FADE_S = 10.0  # how long the sleep timer fades


@dataclass(frozen=True, slots=True)
class Entry:
    track_id: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The tracks of one playlist, in the library's order."""

    playlist_id: str
    entries: tuple[Entry, ...]


# --- what happens to the player -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """Play `listing` from `track_id` (None: the first in order) on. `drawn`: a random permutation for shuffling."""

    listing: Listing
    drawn: tuple[int, ...]
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """Be ready to play, without sound: what was active before the box was switched off."""

    listing: Listing
    drawn: tuple[int, ...]
    track_id: str | None = None
    position_ms: int = 0


@dataclass(frozen=True, slots=True)
class Play:
    pass


@dataclass(frozen=True, slots=True)
class Pause:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Toggle:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Next:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Previous:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Seek:
    position_ms: int


@dataclass(frozen=True, slots=True)
class SetVolume:
    volume: int


@dataclass(frozen=True, slots=True)
class SetCeiling:
    """The loudest volume that parents allow."""

    ceiling: int


@dataclass(frozen=True, slots=True)
class SetMode:
    """None leaves a mode as it is."""

    drawn: tuple[int, ...] = ()
    repeat: RepeatMode | None = None
    shuffle: bool | None = None
    auto_advance: bool | None = None
    muted: bool | None = None


@dataclass(frozen=True, slots=True)
class SetSleep:
    """`ends_at` is what clients are shown (epoch seconds); `seconds` is what counts, for a wall clock may jump."""

    seconds: float | None
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class SleepNear:
    """`FADE_S` seconds are left."""


@dataclass(frozen=True, slots=True)
class SleepOver:
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The library changed the playlist: tracks added, deleted, moved or reordered."""

    listing: Listing
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The library deleted the playlist."""

    playlist_id: str


@dataclass(frozen=True, slots=True)
class Started:
    generation: int


@dataclass(frozen=True, slots=True)
class Finished:
    generation: int


@dataclass(frozen=True, slots=True)
class Failed:
    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """`message`: what a parent should read."""

    message: str
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """An output is there, perhaps another one than before: it knows nothing of earlier cues."""

    heard_ms: int | None = None


Event = (
    Start
    | Choose
    | Play
    | Pause
    | Toggle
    | Stop
    | Next
    | Previous
    | Seek
    | SetVolume
    | SetCeiling
    | SetMode
    | SetSleep
    | SleepNear
    | SleepOver
    | Edited
    | Gone
    | Started
    | Finished
    | Failed
    | DeviceLost
    | DeviceBack
)


@dataclass(frozen=True, slots=True)
class Tapped:
    """A linked tag was placed. Not an event of the table: `player.meaning` says which of the commands above it is."""

    listing: Listing
    drawn: tuple[int, ...]
    same_tag: SameTag
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


# --- what the owner has to do ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    generation: int
    track_id: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class Follow:
    """Let this come behind the current cue; `track_id` None: nothing."""

    generation: int
    track_id: str | None


@dataclass(frozen=True, slots=True)
class Hush:
    pass


@dataclass(frozen=True, slots=True)
class Unhush:
    pass


@dataclass(frozen=True, slots=True)
class Halt:
    pass


@dataclass(frozen=True, slots=True)
class Loudness:
    """Go to the linear `level` (0 to 1) within `seconds`; None: the output's own short ramp."""

    level: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    playlist_id: str
    track_id: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class Forget:
    """The playlist was heard to its end: it has no resume point any more."""

    playlist_id: str


@dataclass(frozen=True, slots=True)
class Credit:
    """The track began to be heard: it counts as played."""

    playlist_id: str
    track_id: str


@dataclass(frozen=True, slots=True)
class Skipped:
    track_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArmSleep:
    seconds: float | None


Effect = Cut | Follow | Hush | Unhush | Halt | Loudness | Checkpoint | Forget | Credit | Skipped | ArmSleep
