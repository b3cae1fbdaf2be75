"""What may happen to the player, and what it may ask of its owner in return.

Positions are milliseconds from the start of the track; `heard_ms` is the position that is heard at the moment of the
event, None while the output holds nothing of the current track. `drawn` is a random permutation of the playlist's
indexes, in case it is to be shuffled: chance, like time, arrives in events.
"""

from dataclasses import dataclass, field
from typing import Literal

from tomb.models import Chime, OnRemoval, Origin, RepeatMode, SameTag

RESTART_AFTER_MS = 3000  # Previous earlier than this goes to the track, or the chapter, before
BY_CHAPTER_MS = 20 * 60 * 1000  # in tracks longer than this Next and Previous go by chapter
FADE_S = 10.0  # how long the sleep timer fades, and a limit that is reached

# What a limit leaves: all; the end of the track that runs; nothing, but for parents.
Curb = Literal["none", "last", "shut"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`chapters`: where they begin, the first at 0; none for most tracks."""

    track_id: str
    duration_ms: int
    chapters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The tracks of one playlist, in the library's order. `shuffle`: whether it is to be shuffled, None: as the box is.

    `playlist` is the owner's: nothing here looks at it, but so it cannot differ from what the machine plays."""

    playlist_id: str
    entries: tuple[Entry, ...]
    shuffle: bool | None = None
    playlist: object = field(default=None, compare=False, repr=False)


# --- commands: what people and tags ask for -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """`origin`: where it comes from. Whoever does not say counts as a child, who may do least."""

    origin: Origin = field(default="child", kw_only=True)


@dataclass(frozen=True, slots=True)
class Start(Command):
    """Play `listing` from `track_id` (None: the first in order) on."""

    listing: Listing
    drawn: tuple[int, ...]
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Tapped(Command):
    """A tag of this playlist was placed. `track_id`, `position_ms`: where the playlist was left."""

    listing: Listing
    drawn: tuple[int, ...]
    same_tag: SameTag
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TagRemoved(Command):
    """The tag of this playlist was taken away."""

    playlist_id: str
    on_removal: OnRemoval
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Play(Command):
    pass


@dataclass(frozen=True, slots=True)
class Pause(Command):
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Toggle(Command):
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stop(Command):
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Next(Command):
    """`by_chapter`: whatever the length of the track."""

    heard_ms: int | None = None
    by_chapter: bool = False


@dataclass(frozen=True, slots=True)
class Previous(Command):
    """`by_chapter`: as for Next."""

    heard_ms: int | None = None
    by_chapter: bool = False


@dataclass(frozen=True, slots=True)
class ToChapter(Command):
    """Play the current track from this chapter on. `index`: from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Seek(Command):
    position_ms: int


# --- settings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetVolume(Command):
    volume: int


@dataclass(frozen=True, slots=True)
class SetCeiling:
    """The loudest volume that parents allow."""

    ceiling: int


@dataclass(frozen=True, slots=True)
class SetMode(Command):
    """None leaves a mode as it is."""

    drawn: tuple[int, ...] = ()
    repeat: RepeatMode | None = None
    shuffle: bool | None = None
    auto_advance: bool | None = None
    muted: bool | None = None


@dataclass(frozen=True, slots=True)
class SetSleep(Command):
    """`ends_at` is what clients are shown (epoch seconds); `seconds` is what counts, for a wall clock may jump."""

    seconds: float | None
    ends_at: float | None


@dataclass(frozen=True, slots=True)
class SleepNear:
    """It is time to fade: `left_s` seconds are left of the sleep timer that was set with this number."""

    number: int
    left_s: float


@dataclass(frozen=True, slots=True)
class SleepOver:
    number: int
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SetCurb:
    """What limits leave, from now on (tomb.machines.limits)."""

    curb: Curb


@dataclass(frozen=True, slots=True)
class HushOver:
    """What is to be silent has faded: the timer that was set with this number rang."""

    number: int
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """What the box remembers of the time before it was switched off: to be ready for Play, without sound."""

    volume: int
    muted: bool
    repeat: RepeatMode
    shuffle: bool
    auto_advance: bool
    listing: Listing | None = None
    drawn: tuple[int, ...] = ()
    track_id: str | None = None
    position_ms: int = 0


# --- the library changed --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaylistChanged:
    """Tracks were added, deleted, moved or reordered."""

    listing: Listing
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PlaylistDeleted:
    playlist_id: str


# --- the output reports ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrackStarted:
    """The first sample is heard of the track that was given out with this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class TrackFinished:
    """Its last sample was heard, and nothing followed."""

    generation: int


@dataclass(frozen=True, slots=True)
class TrackFailed:
    """It cannot be decoded (any further). `reason`: what a parent should read."""

    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChapterBegan:
    """The position of the chapter timer that was set with this number is heard."""

    number: int
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """`message`: what a parent should read."""

    message: str
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """An output is there, perhaps another one than before: it holds nothing."""

    heard_ms: int | None = None


Event = (
    Start
    | Tapped
    | TagRemoved
    | Play
    | Pause
    | Toggle
    | Stop
    | Next
    | Previous
    | ToChapter
    | Seek
    | SetVolume
    | SetCeiling
    | SetMode
    | SetSleep
    | SleepNear
    | SleepOver
    | SetCurb
    | HushOver
    | Restore
    | PlaylistChanged
    | PlaylistDeleted
    | TrackStarted
    | TrackFinished
    | TrackFailed
    | ChapterBegan
    | DeviceLost
    | DeviceBack
)


# --- effects: what the owner has to do ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlayTrack:
    """Begin here, now, instead of all that the output holds."""

    generation: int
    track_id: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class EnqueueTrack:
    """Let this come behind the current track without a gap, instead of what was enqueued; `track_id` None: nothing."""

    generation: int
    track_id: str | None


@dataclass(frozen=True, slots=True)
class PauseOutput:
    pass


@dataclass(frozen=True, slots=True)
class ResumeOutput:
    pass


@dataclass(frozen=True, slots=True)
class StopOutput:
    """Be silent, and forget all that the output holds."""


@dataclass(frozen=True, slots=True)
class SetGain:
    """Go to the linear `level` (0 to 1) within `seconds`; None: the output's own short ramp."""

    level: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SaveResume:
    """Remember where the playlist was left."""

    playlist_id: str
    track_id: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class ClearResume:
    """The playlist was heard to its end: it begins anew the next time."""

    playlist_id: str


@dataclass(frozen=True, slots=True)
class CountPlay:
    """The track began to be heard: it counts as played."""

    playlist_id: str
    track_id: str


@dataclass(frozen=True, slots=True)
class SetSleepTimer:
    """Ring `FADE_S` before so many seconds are over, and then, both with this number; None: do not ring at all."""

    seconds: float | None
    number: int


@dataclass(frozen=True, slots=True)
class SetHushTimer:
    """Ring when so many seconds are over, with this number; None: do not ring at all."""

    seconds: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A limit was in the way of what was asked."""


@dataclass(frozen=True, slots=True)
class PlayChime:
    """Let the box say this by one of its own sounds."""

    chime: Chime


@dataclass(frozen=True, slots=True)
class SetChapterTimer:
    """Tell, with this number, when this position of the current track is heard, where the next chapter begins."""

    position_ms: int
    number: int


Effect = (
    PlayTrack
    | EnqueueTrack
    | PauseOutput
    | ResumeOutput
    | StopOutput
    | SetGain
    | SaveResume
    | ClearResume
    | CountPlay
    | SetSleepTimer
    | SetHushTimer
    | Refused
    | PlayChime
    | SetChapterTimer
)
