"""What clients may send over the socket (wire.md, section 5). Unknown fields are ignored."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tomb.http.parsing import Id, OpId, TagId


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class NoFields(Message):
    pass


class PlaylistRoom(Message):
    playlist_id: Id


class NfcRoom(Message):
    """Without `assoc_id`: the newest session."""

    assoc_id: Id | None = None


class Ping(Message):
    """`timestamp` comes back as it is."""

    timestamp: Any = None


class SyncRequest(Message):
    """`last_playlist_seqs`: by playlist id."""

    last_global_seq: Annotated[int, Field(ge=0)] | None = None
    last_playlist_seqs: dict[str, int] = {}
    requested_rooms: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=1000)] | None = None


class NfcLink(Message):
    playlist_id: Id
    tag_id: TagId | None = None
    client_op_id: OpId | None = None
