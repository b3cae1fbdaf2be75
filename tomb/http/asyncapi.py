"""The AsyncAPI document (3.0) of the socket side, made from the models of both directions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from tomb import __version__
from tomb.http import links, sockets
from tomb.http.sockets import Message
from tomb.models import (
    SPARSE,
    DownloadTask,
    ExistingPlaylist,
    LimitReason,
    LinkReason,
    LinkState,
    PlayerState,
    Playlist,
    PlaylistLite,
    Press,
    SoundTroubleKind,
    Speakers,
    Track,
    TrackPosition,
    UpdateStatus,
    Wire,
)

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
ASKED: Mapping[str, type[Message]] = {**sockets.ASKED, **links.ASKED}

# --- what is published: the nurseries that do it know nothing of this wire's models ---------------------------------

D = TypeVar("D")


class Numbered(Wire, Generic[D]):
    """The envelope of a `state:*` event. `timestamp`: epoch milliseconds."""

    model_config = SPARSE

    event_type: str
    server_seq: int
    data: D
    timestamp: int
    event_id: str
    playlist_id: str | None = None
    playlist_seq: int | None = None


class Playlists(Wire):
    """All of them, a moment after the list changed and once a second at most; what changed was told at once, in an
    event of its own."""

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


class LinkStatus(Wire):
    model_config = SPARSE

    assoc_id: str
    state: LinkState
    playlist_id: str | None
    tag_id: str | None = None
    server_seq: int


class LinkProgress(Wire):
    """`timestamp`: epoch milliseconds; `expires_at`: epoch seconds."""

    model_config = SPARSE

    state: LinkState
    playlist_id: str | None
    session_id: str
    message: str
    expires_at: float
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None
    reason: LinkReason | None = None
    timestamp: int
    server_seq: int


class TagNews(Wire):
    """`refused`: the limit that keeps it from doing what it is for."""

    tag_id: str
    present: bool
    playlist_id: str | None
    is_random: bool
    refused: LimitReason | None
    server_seq: int


class KeyPressed(Wire):
    """While a parent looks for a key. `bound`: whether that has a meaning; `name`: what is usually printed on it."""

    device: str
    code: int
    press: Press
    bound: bool
    name: str | None
    server_seq: int


class SoundTrouble(Wire):
    """What goes wrong with the sound while the music goes on: a track that is skipped, gaps, a loudspeaker that
    takes the sound only in another form. `message`: for people; `skipped`: the title of that track."""

    kind: SoundTroubleKind
    message: str
    skipped: str | None
    server_seq: int


class UpdateTold(UpdateStatus):
    """An update of the box has come further."""

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


class DownloadProgressed(DownloadTask):
    server_seq: int


class DownloadComplete(Wire):
    task_id: str
    playlist_id: str
    track: Track
    server_seq: int


class DownloadFailed(Wire):
    """`message`: one sentence; `reason`: a key, for words in the family's language."""

    task_id: str
    playlist_id: str
    message: str
    reason: str
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
    "state:speakers": Numbered[Speakers],
    "nfc_status": LinkStatus,
    "nfc_association_state": LinkProgress,
    "nfc_tag": TagNews,
    "key_pressed": KeyPressed,
    "sound_trouble": SoundTrouble,
    "update_state": UpdateTold,
    "upload:progress": UploadProgressed,
    "upload:complete": UploadComplete,
    "upload:error": UploadFailed,
    "youtube:progress": DownloadProgressed,
    "youtube:complete": DownloadComplete,
    "youtube:error": DownloadFailed,
    **{model.event: model for model in sockets.TOLD},
    links.OperationDone.event: links.OperationDone,
}


# --- the document ---------------------------------------------------------------------------------------------------


def document() -> Schema:
    refs, schemas = _schemas()
    names = [*ASKED, *TOLD]
    messages = {_key(name): {"name": name, "contentType": "application/json", "payload": refs[name]} for name in names}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "TOMB, The Open Music Box: sockets",
            "version": __version__,
            "description": "Socket.IO 5 on Engine.IO 4, namespace /; each message is an event with one argument.",
        },
        "channels": {
            "socket": {
                "address": "/socket.io/",
                "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
            }
        },
        "operations": {"asked": _operation("receive", ASKED), "told": _operation("send", TOLD)},
        "components": {"messages": messages, "schemas": schemas},
    }


def _operation(action: str, names: Iterable[str]) -> Schema:
    messages = [{"$ref": f"#/channels/socket/messages/{_key(name)}"} for name in names]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": messages}


def _key(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _schemas() -> tuple[Schema, Schema]:
    """By event the reference to its schema, and the schemas."""
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in dict.fromkeys(ASKED.values())
    ]
    told: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "serialization") for model in dict.fromkeys(TOLD.values())
    ]
    references, schemas = models_json_schema([*asked, *told], ref_template=SCHEMAS + "{model}")
    refs: Schema = {name: references[model, "validation"] for name, model in ASKED.items()}
    refs |= {name: references[model, "serialization"] for name, model in TOLD.items()}
    return refs, schemas["$defs"]
