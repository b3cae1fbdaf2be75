"""The data of answers (wire.md, section 3), where it is more than an object of tomb.models."""

from collections.abc import Sequence
from typing import Literal

from tomb.models import (
    Choices,
    ExistingPlaylist,
    LinkState,
    PlayerState,
    Playlist,
    PlaylistLite,
    ServiceState,
    TagAction,
    Track,
    Wire,
)


class PlaylistAnswer(Playlist):
    """Clients read either the playlist or its copy inside."""

    playlist: Playlist


class Collection(Wire):
    """`total` counts the whole library; `items` is the same list. With `tracks=false` they have no key `tracks`."""

    playlists: Sequence[Playlist | PlaylistLite]
    items: Sequence[Playlist | PlaylistLite]
    page: int
    limit: int
    total: int
    total_pages: int


class Started(PlayerState):
    playlist_id: str
    started: Literal[True] = True


class Edited(Wire):
    playlist_id: str
    playlist: Playlist


class Moved(Edited):
    """`playlist` is the source."""

    source: Playlist
    target: Playlist


class SkippedFile(Wire):
    file: str
    reason: str


class TakenIn(Wire):
    created: int
    tracks: int
    skipped: Sequence[SkippedFile]


class SyncResult(Wire):
    """`missing` and `found`: files that vanished and came back."""

    server_seq: int
    playlists_count: int
    missing: int
    found: int
    imported: TakenIn


class ScanAnswer(Wire):
    """All three ids are the same one. `expires_at`: epoch seconds."""

    scan_id: str
    session_id: str
    assoc_id: str
    timeout_ms: int
    expires_at: float


class LinkSession(Wire):
    session_id: str
    assoc_id: str
    playlist_id: str | None
    state: LinkState
    tag_id: str | None
    existing_playlist: ExistingPlaylist | None
    expires_at: float


class Association(Wire):
    tag_id: str
    playlist_id: str
    playlist_title: str
    created_at: str


class AssociationAnswer(Association):
    association: Association


class TagPresent(Wire):
    tag_id: str
    playlist_id: str | None


class NfcStatus(Wire):
    reader_available: bool
    reader_name: str | None
    scanning: bool
    association_active: bool
    current_session_id: str | None
    active_sessions: Sequence[LinkSession]
    tag_present: TagPresent | None


class TagAnswer(Wire):
    """A tag and its use. Times: ISO-8601; `last_seen` is null for a tag that never lay on the box."""

    tag_id: str
    playlist_id: str | None
    playlist_title: str | None
    action: TagAction | None
    created_at: str
    last_seen: str | None


class TagList(Wire):
    tags: Sequence[TagAnswer]


class PlacedTag(Wire):
    tag_id: str


class SettingsAnswer(Choices):
    """`fixed`: what the operator has set, which cannot be changed here."""

    fixed: Sequence[str]
    pin_set: bool


class PinAnswer(Wire):
    """`expires_in`: seconds without a request until the PIN is asked for again."""

    pin_set: bool
    admitted: bool
    expires_in: float | None = None


class HealthStatus(Wire):
    status: Literal["healthy", "degraded", "unhealthy"]
    services: dict[str, bool]
    details: dict[str, ServiceState]
    timestamp: float
    uptime: float


class Platform(Wire):
    """Memory in bytes."""

    platform: str
    platform_release: str
    platform_version: str
    architecture: str
    hostname: str
    processor: str
    python_version: str
    memory_total: int
    memory_available: int
    memory_percent: float


class ProcessInfo(Wire):
    rss_bytes: int
    threads: int
    open_files: int


class Storage(Wire):
    """Bytes."""

    total: int
    free: int
    library_bytes: int


class SystemInfo(Wire):
    """`uptime`: seconds since the box was started."""

    system_info: Platform
    platform: str
    version: str
    contract_version: str
    hostname: str
    uptime: float
    process: ProcessInfo
    storage: Storage


class LogLine(Wire):
    """`timestamp`: epoch seconds. `exception`: what a defect was, without where."""

    timestamp: float
    level: str
    logger: str
    message: str
    exception: str | None = None


class LogCollection(Wire):
    """`total_lines`: how many are kept."""

    logs: Sequence[LogLine]
    total_lines: int


UploadState = Literal["pending", "uploading", "processing", "completed", "error", "cancelled"]


class UploadSession(Wire):
    """Sizes in bytes. `expires_at`: epoch seconds."""

    session_id: str
    playlist_id: str
    filename: str
    file_size: int
    chunk_size: int
    total_chunks: int
    expected_chunks: int
    status: UploadState
    expires_at: float


class UploadProgress(Wire):
    """`received_size`: bytes in all; `progress`: percent."""

    session_id: str
    chunk_index: int
    received_size: int
    progress: float
    complete: bool
    status: UploadState


class UploadStatus(Wire):
    """As UploadSession. `missing_chunks`: what is to be sent to go on."""

    session_id: str
    playlist_id: str
    filename: str
    file_size: int
    bytes_uploaded: int
    progress: float
    progress_percent: float
    chunks_total: int
    chunks_uploaded: int
    chunks_received: int
    missing_chunks: Sequence[int]
    status: UploadState
    error_message: str | None
    created_at: str
    updated_at: str
    expires_at: float


class UploadList(Wire):
    sessions: Sequence[UploadStatus]


class UploadedTrack(Track):
    """Clients read either the track or its copy inside."""

    track: Track
    session_id: str


class CleanedSession(Wire):
    session_id: str
    filename: str
    age_hours: float


class CleanupResult(Wire):
    """`freed_bytes`: of all files that were removed."""

    cleaned_sessions: Sequence[CleanedSession]
    cleaned_files: int
    freed_bytes: int


class RestartAnswer(Wire):
    restart_scheduled: Literal[True] = True
    status: Literal["restart_scheduled"] = "restart_scheduled"


class RestoreAnswer(RestartAnswer):
    """What is in the backup.

    `missing`: tracks whose sound was not there when it was made. `damaged`: files that are not what they were then.
    """

    playlists: int
    tracks: int
    missing: int
    damaged: int
