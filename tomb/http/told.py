"""What the box tells over the socket (wire.md, section 5), as models: the description of it is made from them."""

from collections.abc import Mapping, Sequence
from typing import Generic, Literal, TypeVar

from tomb.http.system import HealthStatus
from tomb.models import (
    ExistingPlaylist,
    LinkState,
    PlayerState,
    Playlist,
    PlaylistLite,
    Track,
    TrackPosition,
    Wire,
)

D = TypeVar("D")


class Numbered(Wire, Generic[D]):
    """The envelope of a `state:*` event. `timestamp`: epoch milliseconds."""

    event_type: str
    server_seq: int
    data: D
    timestamp: int
    event_id: str
    playlist_id: str | None = None
    playlist_seq: int | None = None


class Playlists(Wire):
    playlists: Sequence[PlaylistLite]


class PlaylistNews(Wire):
    playlist_id: str
    playlist: Playlist


class PlaylistGone(Wire):
    playlist_id: str
    message: str


class TrackNews(Track):
    playlist_id: str


class TrackAdded(Wire):
    playlist_id: str
    track: Track


class TracksDeleted(Wire):
    playlist_id: str
    track_numbers: Sequence[int]
    track_ids: Sequence[str]


class VolumeChanged(Wire):
    volume: int
    muted: bool


class Connected(Wire):
    status: Literal["connected"]
    sid: str
    server_seq: int
    server_time: float


class Joined(Wire):
    """`room` is absent where there is none to join."""

    room: str | None = None
    success: bool
    server_seq: int
    message: str | None = None
    playlist_id: str | None = None
    playlist_seq: int | None = None
    assoc_id: str | None = None


class Left(Wire):
    room: str
    success: bool
    server_seq: int
    playlist_id: str | None = None


class Pong(Wire):
    """`timestamp`: the client's own, or the time."""

    timestamp: object
    server_time: float
    server_seq: int


class HealthTold(HealthStatus):
    health_metrics: HealthStatus
    connected_clients: int
    server_time: float


class SyncComplete(Wire):
    synced_rooms: Sequence[str]
    server_seq: int
    current_global_seq: int


class SyncError(Wire):
    error: str
    requested_rooms: object = None


class OperationDone(Wire):
    client_op_id: str | None = None
    success: Literal[True]
    data: object = None
    server_seq: int


class OperationRefused(Wire):
    client_op_id: str | None = None
    success: Literal[False]
    message: str
    error_type: str
    server_seq: int


class LinkStatus(Wire):
    assoc_id: str
    state: LinkState
    playlist_id: str | None
    tag_id: str | None = None
    server_seq: int


class LinkProgress(Wire):
    """`timestamp`: epoch milliseconds; `expires_at`: epoch seconds."""

    state: LinkState
    playlist_id: str | None
    session_id: str
    message: str
    expires_at: float
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None
    timestamp: int
    server_seq: int


class TagNews(Wire):
    tag_id: str
    present: bool
    playlist_id: str | None
    server_seq: int


class UploadProgressed(Wire):
    """`progress`: percent."""

    playlist_id: str
    session_id: str
    chunk_index: int
    progress: float
    complete: bool
    filename: str
    file_name: str
    server_seq: int


class UploadComplete(Wire):
    playlist_id: str
    session_id: str
    filename: str
    track: Track
    server_seq: int


class UploadFailed(Wire):
    """`code`: an `error_type` of the HTTP side."""

    playlist_id: str
    session_id: str
    error: str
    code: str
    server_seq: int


TOLD: Mapping[str, type[Wire]] = {
    "state:player": Numbered[PlayerState],
    "state:track_position": Numbered[TrackPosition],
    "state:playlists": Numbered[Playlists],
    "state:playlist": Numbered[Playlist],
    "state:playlist_created": Numbered[PlaylistNews],
    "state:playlist_updated": Numbered[PlaylistNews],
    "state:playlist_deleted": Numbered[PlaylistGone],
    "state:track": Numbered[TrackNews],
    "state:track_added": Numbered[TrackAdded],
    "state:track_deleted": Numbered[TracksDeleted],
    "state:volume_changed": Numbered[VolumeChanged],
    "connection_status": Connected,
    "ack:join": Joined,
    "ack:leave": Left,
    "client_pong": Pong,
    "health_status": HealthTold,
    "sync:complete": SyncComplete,
    "sync:error": SyncError,
    "ack:op": OperationDone,
    "err:op": OperationRefused,
    "nfc_status": LinkStatus,
    "nfc_association_state": LinkProgress,
    "nfc_tag": TagNews,
    "upload:progress": UploadProgressed,
    "upload:complete": UploadComplete,
    "upload:error": UploadFailed,
}
