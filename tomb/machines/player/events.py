"""What may happen to the player, and what it may ask of its owner in return.

Positions are milliseconds from the start of the track; `heard_ms` is the position that is heard at the moment of the
event, None while the output holds nothing of the current track. `drawn` is a random permutation of the playlist's
indexes, in case it is to be shuffled: chance, like time, arrives in events.
"""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from tomb.models import Chime, OnRemoval, Origin, RepeatMode, SameTag

RESTART_AFTER_MS = 3000  # Previous earlier than this goes to the track, or the chapter, before
BY_CHAPTER_MS = 20 * 60 * 1000  # in tracks longer than this Next and Previous go by chapter
FADE_S = 10.0  # how long the sleep timer fades, and a limit that is reached

# What a limit leaves: all; the end of the track that runs; nothing, but for parents.
Curb = Literal["none", "last", "shut"]


class Entry(Struct, frozen=True):
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


class Command(Struct, frozen=True, kw_only=True):
    """`origin`: where it comes from. Whoever does not say counts as a child, who may do least."""

    origin: Origin = "child"


class Start(Command, frozen=True):
    """Play `listing` from `track_id` (None: the first in order) on."""

    listing: Listing
    drawn: tuple[int, ...]
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


class Tapped(Command, frozen=True):
    """A tag of this playlist was placed. `track_id`, `position_ms`: where the playlist was left."""

    listing: Listing
    drawn: tuple[int, ...]
    same_tag: SameTag
    track_id: str | None = None
    position_ms: int = 0
    heard_ms: int | None = None


class TagRemoved(Command, frozen=True):
    """The tag of this playlist was taken away."""

    playlist_id: str
    on_removal: OnRemoval
    heard_ms: int | None = None


class Play(Command, frozen=True):
    pass


class Pause(Command, frozen=True):
    heard_ms: int | None = None


class Toggle(Command, frozen=True):
    heard_ms: int | None = None


class Stop(Command, frozen=True):
    heard_ms: int | None = None


class Next(Command, frozen=True):
    """`by_chapter`: whatever the length of the track."""

    heard_ms: int | None = None
    by_chapter: bool = False


class Previous(Command, frozen=True):
    """`by_chapter`: as for Next."""

    heard_ms: int | None = None
    by_chapter: bool = False


class ToChapter(Command, frozen=True):
    """Play the current track from this chapter on. `index`: from 0."""

    index: int


class Seek(Command, frozen=True):
    position_ms: int


# --- settings -------------------------------------------------------------------------------------------------------


class SetVolume(Command, frozen=True):
    volume: int


class SetCeiling(Struct, frozen=True):
    """The loudest volume that parents allow."""

    ceiling: int


class SetMode(Command, frozen=True):
    """None leaves a mode as it is."""

    drawn: tuple[int, ...] = ()
    repeat: RepeatMode | None = None
    shuffle: bool | None = None
    auto_advance: bool | None = None
    muted: bool | None = None


class SetSleep(Command, frozen=True):
    """`ends_at` is what clients are shown (epoch seconds); `seconds` is what counts, for a wall clock may jump."""

    seconds: float | None
    ends_at: float | None


class SleepNear(Struct, frozen=True):
    """It is time to fade: `left_s` seconds are left of the sleep timer that was set with this number."""

    number: int
    left_s: float


class SleepOver(Struct, frozen=True):
    number: int
    heard_ms: int | None = None


class SetCurb(Struct, frozen=True):
    """What limits leave, from now on (tomb.machines.limits)."""

    curb: Curb


class HushOver(Struct, frozen=True):
    """What is to be silent has faded: the timer that was set with this number rang."""

    number: int
    heard_ms: int | None = None


class Restore(Struct, frozen=True):
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


class PlaylistChanged(Struct, frozen=True):
    """Tracks were added, deleted, moved or reordered."""

    listing: Listing
    heard_ms: int | None = None


class PlaylistDeleted(Struct, frozen=True):
    playlist_id: str


# --- the output reports ---------------------------------------------------------------------------------------------


class TrackStarted(Struct, frozen=True):
    """The first sample is heard of the track that was given out with this generation."""

    generation: int


class TrackFinished(Struct, frozen=True):
    """Its last sample was heard, and nothing followed."""

    generation: int


class TrackFailed(Struct, frozen=True):
    """It cannot be decoded (any further). `reason`: what a parent should read."""

    generation: int
    reason: str


class ChapterBegan(Struct, frozen=True):
    """The position of the chapter timer that was set with this number is heard."""

    number: int
    heard_ms: int | None = None


class DeviceLost(Struct, frozen=True):
    """`message`: what a parent should read."""

    message: str
    heard_ms: int | None = None


class DeviceBack(Struct, frozen=True):
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


class PlayTrack(Struct, frozen=True):
    """Begin here, now, instead of all that the output holds."""

    generation: int
    track_id: str
    position_ms: int


class EnqueueTrack(Struct, frozen=True):
    """Let this come behind the current track without a gap, instead of what was enqueued; `track_id` None: nothing."""

    generation: int
    track_id: str | None


class PauseOutput(Struct, frozen=True):
    pass


class ResumeOutput(Struct, frozen=True):
    pass


class StopOutput(Struct, frozen=True):
    """Be silent, and forget all that the output holds."""


class SetGain(Struct, frozen=True):
    """Go to the linear `level` (0 to 1) within `seconds`; None: the output's own short ramp."""

    level: float
    seconds: float | None = None


class SaveResume(Struct, frozen=True):
    """Remember where the playlist was left."""

    playlist_id: str
    track_id: str
    position_ms: int


class ClearResume(Struct, frozen=True):
    """The playlist was heard to its end: it begins anew the next time."""

    playlist_id: str


class CountPlay(Struct, frozen=True):
    """The track began to be heard: it counts as played."""

    playlist_id: str
    track_id: str


class SetSleepTimer(Struct, frozen=True):
    """Ring `FADE_S` before so many seconds are over, and then, both with this number; None: do not ring at all."""

    seconds: float | None
    number: int


class SetHushTimer(Struct, frozen=True):
    """Ring when so many seconds are over, with this number; None: do not ring at all."""

    seconds: float | None
    number: int


class Refused(Struct, frozen=True):
    """A limit was in the way of what was asked."""


class PlayChime(Struct, frozen=True):
    """Let the box say this by one of its own sounds."""

    chime: Chime


class SetChapterTimer(Struct, frozen=True):
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
