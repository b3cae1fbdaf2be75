"""The objects that cross the wire (wire.md, section 3): pydantic models, frozen, with every field always present.

Where clients of the original box read two names for one thing, the second is a computed field, so that it cannot
differ. Durations and positions are milliseconds unless the name or the type says otherwise.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, computed_field
from typing_extensions import TypedDict  # that of Python 3.11 is none that pydantic takes

PlayState = Literal["stopped", "loading", "playing", "paused", "error"]
RepeatMode = Literal["none", "track", "playlist"]
SameTag = Literal["toggle", "restart", "next", "ignore"]
ResumePolicy = Literal["resume", "restart"]
OnRemoval = Literal["keep", "pause"]
SoundTroubleKind = Literal["skipped", "gaps", "made_do"]
UpdateState = Literal["none", "available", "checking", "installing", "proving", "done", "went_back", "failed"]
Origin = Literal["tag", "key", "child", "home", "parent"]
LoudnessMode = Literal["off", "track", "album"]
LimitName = Literal["free", "warning", "grace", "spent", "lifted"]
LimitReason = Literal["daily", "bedtime", "quiet"]
Chime = Literal["ready", "unknown_tag", "error", "limit"]
UploadState = Literal["pending", "uploading", "processing", "completed", "error", "cancelled"]
DownloadState = Literal["pending", "downloading", "processing", "completed", "error", "cancelled"]
LinkState = Literal["waiting", "duplicate", "success", "timeout", "cancelled", "error"]
LinkReason = Literal["random_id"]
TagActionName = Literal[
    "next",
    "previous",
    "chapter_next",
    "chapter_previous",
    "pause",
    "volume_up",
    "volume_down",
    "stop",
    "sleep_timer",
    "shuffle",
    "more",
]
Press = Literal["short", "long", "repeat", "turn+", "turn-"]
KeyActionName = Literal[TagActionName, "mute", "shutdown"]
DeviceKind = Literal["keyboard", "buttons", "knob"]
Volume = Annotated[int, Field(ge=0, le=100)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
BOX_NAME_LENGTH = 60
BoxName = Annotated[str, Field(max_length=BOX_NAME_LENGTH)]
CHILD_PLAYLISTS = 10_000
LOUD_SPANS = 12


def iso(epoch: float) -> str:
    """ISO-8601 in UTC, to the millisecond, for `created_at` and its like."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def counted(count: int, thing: str) -> str:
    """In words for a person: 1 track, 2 tracks."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class Wire(BaseModel):
    """What is answered and told: its description says, too, that every field is present. Where there are many, what has
    several is a tuple: a `Sequence` is made JSON of by a function in Python, which takes twice as long."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True, defer_build=True)


# Of those few of which optional fields that were not given are left out.
SPARSE = ConfigDict(json_schema_serialization_defaults_required=False)


class Loudness(Wire):
    """`track`, `album` in LUFS: of the file itself, and of the album that its tags say it is from. `peak`: its largest
    sample, 1 being full scale. None where it is not known."""

    track: Annotated[float, Field(ge=-100, le=50, allow_inf_nan=False)] | None = None
    album: Annotated[float, Field(ge=-100, le=50, allow_inf_nan=False)] | None = None
    peak: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None


UNKNOWN = Loudness()


class Chapter(Wire):
    """A part of a track, from `start_ms` to where the next begins. The title may be empty."""

    title: str
    start_ms: int = Field(ge=0)


class SeekMarks(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the frames of an MP3 lie, so that a seek need not walk through all that come before.

    At byte `offsets[n]` begins frame number `n * every`, from 0, of `samples` each. The frame at byte `head` comes
    right before the first of them and is its head, which says that there are `total` samples to be heard.
    """

    every: int
    samples: int
    total: int
    head: int
    offsets: tuple[int, ...]

    def packed(self) -> bytes:
        numbers = (self.every, self.samples, self.total, self.head, *self.offsets)
        return struct.pack(f"<{len(numbers)}Q", *numbers)

    @classmethod
    def unpacked(cls, packed: bytes) -> "SeekMarks | None":
        """None where other bytes have come into it."""
        if len(packed) % 8 or len(packed) < 40:
            return None
        every, samples, total, head, *offsets = (number for (number,) in struct.iter_unpack("<Q", packed))
        return cls(every, samples, total, head, tuple(offsets)) if every and samples else None


class Track(Wire):
    """One track of one playlist. `file_path` is relative to the library folder; `filename` is only a label.

    `damaged_at_ms`: where its file was found to be damaged for the first time, which may be where it breaks off.
    """

    id: str
    number: int
    title: str
    filename: str
    file_path: str
    duration_ms: int
    damaged_at_ms: int | None = None
    artist: str | None
    album: str | None
    file_size: int
    file_hash: str
    missing: bool = False
    chapters: tuple[Chapter, ...] = ()
    cover_url: str | None = None
    play_count: int = 0
    loudness: Loudness = UNKNOWN
    seek_marks: bytes | None = Field(None, exclude=True, repr=False)  # packed; they cross no wire
    created_at: str
    updated_at: str
    server_seq: int = 0

    @computed_field  # type: ignore[prop-decorator]  # mypy does not support decorators on properties (mypy issue 1362)
    @property
    def track_number(self) -> int:
        return self.number

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def duration(self) -> float:
        """Seconds."""
        return self.duration_ms / 1000

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def note(self) -> str | None:
        """What parents should know of it, in one line."""
        if self.damaged_at_ms is None:
            return None
        minutes, seconds = divmod(self.damaged_at_ms // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        return f"damaged at {hours}:{minutes:02}:{seconds:02}" if hours else f"damaged at {minutes}:{seconds:02}"


class Resume(Wire):
    """Where a playlist was left."""

    track_id: str
    position_ms: int


class PlaylistLite(Wire):
    """A playlist without the key `tracks`: an empty list there would wipe a client's copy.

    `cover_url` is another one whenever its picture is; with `&size=` it asks for a smaller one. `own_cover`: that
    picture is its own, and not that of its first track that has one. `tag_ids`: its tags, the one that was linked last
    at the end. `for_child`: whether parents let it be started without their PIN (`Choices.child_playlists`).
    """

    id: str
    type: Literal["playlist"] = "playlist"
    title: str
    description: str = ""
    tag_ids: tuple[str, ...] = ()
    track_count: int
    total_duration_ms: int
    cover_url: str | None = None
    own_cover: bool = False
    last_played: int = 0
    created_at: str
    updated_at: str
    resume: Resume | None = None
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    resume_policy: ResumePolicy | None = None
    shuffle: bool | None = None
    for_child: bool = True
    server_seq: int = 0
    playlist_seq: int = 0

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def nfc_tag_id(self) -> str | None:
        """The tag that was linked last."""
        return self.tag_ids[-1] if self.tag_ids else None


class Playlist(PlaylistLite):
    tracks: tuple[Track, ...]

    def lite(self) -> PlaylistLite:
        return PlaylistLite.model_construct(**{name: getattr(self, name) for name in PlaylistLite.model_fields})


class LimitState(Wire):
    """The strictest of the limits. `left_s`: until it is reached (of sound heard for `daily`, else by the clock), or
    until its grace is over. `until`: epoch seconds; when the grace is over, when music is free again, or, of a time of
    day, when it begins."""

    state: LimitName = "free"
    left_s: int | None = None
    until: float | None = None
    reason: LimitReason | None = None


UNLIMITED = LimitState()


class PlayerState(Wire):
    """The whole state of the player; clients replace their whole copy with it. `chapter_index`: from 0, None in a track
    without chapters."""

    state: PlayState
    active_playlist_id: str | None
    active_playlist_title: str | None
    active_track: Track | None
    position_ms: int
    duration_ms: int
    chapter_index: int | None
    track_index: int
    track_count: int
    can_prev: bool
    can_next: bool
    volume: int
    muted: bool
    repeat_mode: RepeatMode
    shuffle_enabled: bool
    auto_advance_enabled: bool
    sleep_timer_ends_at: float | None
    error_message: str | None
    limit: LimitState = UNLIMITED
    server_seq: int
    is_playing: bool

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def is_paused(self) -> bool:
        return self.state == "paused"

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def active_track_id(self) -> str | None:
        return self.active_track.id if self.active_track else None

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def active_track_title(self) -> str | None:
        return self.active_track.title if self.active_track else None

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def active_track_number(self) -> int | None:
        return self.active_track.number if self.active_track else None

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def duration(self) -> float:
        """Seconds."""
        return self.duration_ms / 1000


DownloadStep = Literal[
    "waiting", "starting", "downloading", "converting", "examining", "completed", "error", "cancelled"
]


class DownloadResult(Wire):
    """The track that came of a download, as it is now."""

    track: Track
    playlist_id: str


class DownloadTask(Wire):
    """A video whose sound is wanted in a playlist. `url` is made of its id; `title`: as far as it is known.

    `place`: in the line, from 1; null for what does not wait. `retry_at`: in epoch seconds, while YouTube wants to be
    left alone. `estimated_time_remaining` in seconds. `error_reason`: a key, for words in the family's language; the
    sentence is `error_message`.
    """

    task_id: str
    video_id: str
    url: str
    playlist_id: str
    title: str | None
    thumbnail_url: str
    status: DownloadState
    progress_percent: Annotated[float, Field(ge=0, le=100)]
    current_step: DownloadStep
    estimated_time_remaining: float | None
    place: int | None
    retry_at: float | None
    error_reason: str | None
    error_message: str | None
    result: DownloadResult | None
    created_at: str


class TrackPosition(Wire):
    """The data of `state:track_position`."""

    position_ms: int
    track_id: str
    is_playing: bool
    duration_ms: int


class ExistingPlaylist(Wire):
    """The playlist that already owns the tag, in a `duplicate`."""

    id: str
    title: str


class TagAction(Wire):
    """What a tag does in place of playing a playlist. `minutes` only for the sleep timer, `step` only for the
    volume."""

    action: TagActionName
    minutes: int | None = None
    step: int | None = None


class Tag(Wire):
    """A tag that the box knows: linked to a playlist, or carrying an action, or only seen. Times: epoch seconds.
    `name`: what parents call it."""

    tag_id: str
    playlist_id: str | None = None
    action: TagAction | None = None
    name: str | None = None
    created_at: float
    last_seen: float | None = None


class KeyAction(Wire):
    """What a key does in place of playing a playlist. `minutes`, `step`: as for a tag."""

    action: KeyActionName
    minutes: int | None = None
    step: int | None = None


class KeyBinding(Wire):
    """What a parent gave a key, or a knob, to do: one of `action` and `playlist_id`. `code`: Linux' number of it."""

    device: str
    code: int
    press: Press
    action: KeyAction | None = None
    playlist_id: str | None = None


class KeyDevice(Wire):
    """Something with keys or a knob. `id`: the same whenever it is plugged in there."""

    id: str
    name: str
    kind: DeviceKind


class KeyChoices(Wire):
    """What parents gave keys to do, and the devices of these keys, plugged in or not."""

    devices: Sequence[KeyDevice] = ()
    bindings: Sequence[KeyBinding] = ()


class Finding(Wire):
    """What the doctor says of one thing. `ok`: "unknown" where nobody can tell. `remedy`: a command that mends it.

    `reason`: with `check` a key, for words in the family's language, in which `values` stand; `text` is English.
    """

    check: str
    ok: Literal["yes", "no", "unknown"]
    reason: str
    values: Mapping[str, str] = {}
    text: str
    remedy: str | None = None


class BinItem(Wire):
    """A playlist or a track that was deleted. `playlist_id`, `playlist_title`: of a track, where it was.

    `bytes`: of its sound. `days_left`: until it is gone for good, if nothing needs the space before.
    """

    id: str
    kind: Literal["playlist", "track"]
    title: str
    playlist_id: str | None
    playlist_title: str | None
    track_count: int
    duration_ms: int
    bytes: int
    deleted_at: str
    days_left: int


class Hours(TypedDict("_Hours", {"from": TimeOfDay, "to": TimeOfDay})):  # `from` is a word of Python's
    """From a time of day to another; one that is not later is that of the next day, so the same twice is all day."""


class LoudHours(Hours):
    """How loud it may be meanwhile."""

    ceiling: Volume


T = TypeVar("T")
Week = Annotated[Sequence[T], Field(min_length=7, max_length=7)]  # from Monday on
SpansOfDay = Annotated[Sequence[Hours], Field(max_length=6)]
LoudSpansOfDay = Annotated[Sequence[LoudHours], Field(max_length=LOUD_SPANS)]
MinutesOfDay = Annotated[int, Field(ge=0, le=1440)]
ZoneName = Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*)?$")]


# Absolute, and as it is written: a way up, or twice the same, would get round what stands before it.
BackupFolder = Annotated[str, Field(max_length=500, pattern=r"^(/[^/.\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*)+$")]
BackupDays = Annotated[int, Field(ge=1, le=365)]


class Choices(Wire):
    """What parents chose for the whole box; a playlist's own choice goes before it.

    `box_name`: "" while it has none. `start_volume`: the box never starts louder. `loudness`: what is brought to one
    loudness, each track or each album as a whole. `sounds`: whether the box has sounds of its own. `child_playlists`:
    ids of those that a child may start from a screen; null: all. `welcomed`: a parent went through the first screens,
    or skipped them. `time_zone`: an IANA name, "" is that of the computer; by it `daily_minutes` (of sound; null: any),
    `bedtime` (null: none), `quiet_hours` and `volume_by_hour` are meant. `statistics`: whether what is heard counts.
    `backup_to`: the folder on a stick or a share that a backup is written to every `backup_every_days` (null: none).
    """

    box_name: BoxName = ""
    volume_ceiling: Volume = 100
    start_volume: Volume = 100
    same_tag: SameTag = "toggle"
    on_removal: OnRemoval = "keep"
    audio_device: Annotated[str, Field(max_length=200)] = ""
    loudness: LoudnessMode = "track"
    sounds: bool = True
    child_playlists: Annotated[Sequence[str], Field(max_length=CHILD_PLAYLISTS)] | None = None
    welcomed: bool = False
    time_zone: ZoneName = ""
    daily_minutes: Week[MinutesOfDay | None] = (None,) * 7
    quiet_hours: Week[SpansOfDay] = ((),) * 7
    bedtime: Week[Hours | None] = (None,) * 7
    volume_by_hour: Week[LoudSpansOfDay] = ((),) * 7
    statistics: bool = True
    backup_to: BackupFolder | None = None
    backup_every_days: BackupDays = 7


class UpdateStatus(Wire):
    """An update of the box. `version`: the one that it is about; `current`: this one. `reason`: why it came to nothing
    or went back, a key for words in any language, and `message` the same in English. `percent`: how much of the package
    has come, null while nothing comes. `hindrance`: why nothing can be installed: `not_installed` (it runs from no
    package), `no_address` (none is set to look for newer versions), null where it can be."""

    state: UpdateState
    version: str | None
    message: str
    reason: str | None
    current: str
    percent: float | None
    hindrance: str | None


class ServiceState(Wire):
    """One supervised task as health shows it. `since`: epoch seconds."""

    state: str
    since: float
    restarts: int = 0
    last_error: str | None = None


class Speaker(Wire):
    """A room's loudspeaker in the hands of a Snapcast server. `name`: for people; `latency_ms`: so much sooner it is
    given its sound, to make up for its own delay."""

    id: str
    name: str
    connected: bool
    volume: Volume
    muted: bool
    latency_ms: int


class Speakers(Wire):
    """`available`: whether the server can be asked; there are none while it cannot."""

    available: bool
    speakers: Sequence[Speaker]
