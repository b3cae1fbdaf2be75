"""What clients may send (wire.md, section 4). Every body may carry `client_op_id`; unknown fields are ignored."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tomb.devices.sighting import parse_uid

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
TagId = Annotated[str, StringConstraints(max_length=64), BeforeValidator(lambda value: parse_uid(_text(value)))]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a tag's number is a text")
    return value


OpId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    client_op_id: OpId | None = None


class SeekBody(Body):
    position_ms: Annotated[int, Field(ge=0, le=86_400_000)]


class VolumeBody(Body):
    volume: Annotated[int, Field(ge=0, le=100)]


class ScanBody(Body):
    timeout_ms: Annotated[int, Field(ge=1000, le=300_000)] = 60_000
    playlist_id: Id | None = None
    override: bool = False


class AssociateBody(Body):
    playlist_id: Id
    tag_id: TagId
    override: bool = False


class TagBody(Body):
    tag_id: TagId


class ListQuery(BaseModel):
    """`tracks=false` leaves the tracks away; `q` is looked for in titles."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    tracks: bool = True
    q: Annotated[str, StringConstraints(max_length=200)] = ""


class NoQuery(BaseModel):
    pass
