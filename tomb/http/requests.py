"""What clients may send (wire.md, section 4). Every body may carry `client_op_id`; unknown fields are ignored.

The types here are also what the API's description is made from, so their JSON schemas say exactly what they take.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from tomb.devices.sighting import parse_uid
from tomb.library.uploads import TYPES
from tomb.models import OnRemoval, RepeatMode, SameTag, TagActionName, Volume

_CONTROL = r"\x00-\x1f\x7f-\x9f"
_BLANK = r"[\t\n\v\f\r ]*"
_HEX = r"[0-9A-Fa-f]"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a tag's number is a text")
    return value


def _plain(text: str) -> str:
    if re.search(f"[{_CONTROL}]", text):
        raise ValueError("a text without control characters")
    return text


def _lines(text: str) -> str:
    _plain(re.sub(r"[\t\n\r]", "", text))
    return text


def _name(text: str) -> str:
    if "/" in _plain(text):
        raise ValueError("an id has no slashes")
    return text


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _number(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError("a whole number in digits")
    return value


def _whole(value: object) -> object:
    """JSON has one kind of number: 27.0 is an integer too (JSON Schema 2020-12, section 6.1.1 of its validation)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _any_case(words: Iterable[str]) -> str:
    spelt = ("".join(f"[{char}{char.upper()}]" if char.isalpha() else char for char in word) for word in words)
    return "|".join(sorted(spelt))


def _youtube(url: str) -> str:
    if not re.fullmatch(r"https://((www|m|music)\.)?(youtube\.com|youtu\.be)/[!-~]+", url):
        raise ValueError("an https address of YouTube")
    return url


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 64, "pattern": f"^[^{_CONTROL}/]*$"}),
]
TagId = Annotated[
    str,
    BeforeValidator(lambda value: parse_uid(_text(value))),
    WithJsonSchema({"type": "string", "pattern": f"^({_HEX}{{8}}|{_HEX}{{14}}|{_HEX}{{20}})$"}),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_plain),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^{_BLANK}[^\s{_CONTROL}]([^{_CONTROL}]{{0,198}}[^\s{_CONTROL}])?{_BLANK}$"}
    ),
]
Description = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_lines),
    WithJsonSchema({"type": "string", "maxLength": 2000, "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
# Of what may be uploaded; other types are refused as that, with 415.
Filename = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "maxLength": 255, "pattern": rf"^[^{_CONTROL}]*\.({_any_case(TYPES)})$"}),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
OpId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]
Address = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(_youtube),
    WithJsonSchema({"type": "string", "maxLength": 500, "pattern": r"^https://www\.youtube\.com/[!-~]+$"}),
]
Place = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_whole)]
# As queries and addresses have them: in digits.
Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_number)]
Index = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(_number)]
PageSize = Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)]
Lines = Annotated[int, Field(ge=1, le=1000), BeforeValidator(_number)]
Hits = Annotated[int, Field(ge=1, le=50), BeforeValidator(_number)]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    client_op_id: OpId | None = None


class CreateBody(Body):
    title: Title
    description: Description = ""


class UpdateBody(Body):
    """What is absent stays as it is; a policy that is null becomes the box's own again."""

    title: Title | None = None
    description: Description | None = None
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None


class ReorderBody(Body):
    """All track ids, or all track numbers."""

    track_order: (
        Annotated[list[Annotated[int, BeforeValidator(_whole)]], Field(max_length=10_000)]
        | Annotated[list[Id], Field(max_length=10_000)]
    )


class DeleteTracksBody(Body):
    track_numbers: Annotated[list[Place], Field(max_length=10_000)] = []
    track_ids: Annotated[list[Id], Field(max_length=10_000)] = []


class MoveBody(Body):
    """`target_position` counts from 1; without it the track goes to the end."""

    source_playlist_id: Id
    target_playlist_id: Id
    track_number: Place
    target_position: Place | None = None


class MoveFromBody(Body):
    """As MoveBody, for the path that names the source."""

    target_playlist_id: Id
    track_number: Place
    target_position: Place | None = None


class SeekBody(Body):
    position_ms: Annotated[int, Field(ge=0, le=86_400_000), BeforeValidator(_whole)]


class VolumeBody(Body):
    volume: Annotated[Volume, BeforeValidator(_whole)]


class ModeBody(Body):
    """What is absent stays as it is."""

    repeat_mode: RepeatMode | None = None
    shuffle_enabled: bool | None = None
    auto_advance_enabled: bool | None = None
    muted: bool | None = None


class SleepBody(Body):
    """null switches the timer off."""

    seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None


class ScanBody(Body):
    timeout_ms: Annotated[int, Field(ge=1000, le=300_000), BeforeValidator(_whole)] = 60_000
    playlist_id: Id | None = None
    override: bool = False


class AssociateBody(Body):
    playlist_id: Id
    tag_id: TagId
    override: bool = False


class OverrideBody(Body):
    """Without `tag_id`: the tag in question, else the next one that is placed."""

    playlist_id: Id
    tag_id: TagId | None = None


class ActionBody(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    action: TagActionName
    minutes: Annotated[int, Field(ge=1, le=1440), BeforeValidator(_whole)] | None = None
    step: Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)] | None = None


class UseBody(Body):
    """What a tag is for: a playlist, or an action."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["playlist_id"]}, {"required": ["action"]}]})

    playlist_id: Id | SkipJsonSchema[None] = None
    action: ActionBody | SkipJsonSchema[None] = None
    override: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "UseBody":
        given = {"playlist_id", "action"} & self.model_fields_set
        if len(given) != 1 or (self.playlist_id is None and self.action is None):
            raise ValueError("either playlist_id or action")
        return self


class TagBody(Body):
    tag_id: TagId


class SettingsBody(Body):
    """What is absent stays as it is; what is null goes back to its default, `pin` to none."""

    volume_ceiling: Annotated[Volume, BeforeValidator(_whole)] | None = None
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    pin: Pin | None = None


class PinBody(Body):
    pin: Pin


class InitUploadBody(Body):
    """`file_hash`: SHA-256."""

    filename: Filename
    file_size: Annotated[int, Field(ge=1, le=2**40), BeforeValidator(_whole)]
    chunk_size: Annotated[int, Field(ge=1024, le=8 * 1024 * 1024), BeforeValidator(_whole)] = 1_048_576
    file_hash: Hash | None = None


class Metadata(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    title: Title | None = None
    artist: Title | None = None
    album: Title | None = None


class FinalizeBody(Body):
    file_hash: Hash | None = None
    metadata_override: Metadata | None = None


class DownloadBody(Body):
    url: Address
    playlist_id: Id
    quality: Literal["best", "good", "small"] | None = None


class ListQuery(BaseModel):
    """`tracks=false` leaves the tracks away; `q` is looked for in titles and descriptions."""

    page: Number = 1
    limit: PageSize = 50
    tracks: Flag = True
    q: Annotated[str, StringConstraints(max_length=200)] = ""


class LogQuery(BaseModel):
    """The newest `lines` of `level` or above."""

    lines: Lines = 100
    level: Literal["debug", "info", "warning", "error"] = "debug"


class SessionsQuery(BaseModel):
    status: Literal["pending", "uploading", "processing", "completed", "error", "cancelled"] | None = None


class CleanupQuery(BaseModel):
    max_age_hours: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 24.0


class RestoreQuery(BaseModel):
    """`even_damaged`: sound that is not quite what it was is taken too."""

    even_damaged: Flag = False


class SearchQuery(BaseModel):
    query: Title
    max_results: Hits = 10


class NoQuery(BaseModel):
    pass


# The variable parts of addresses, by the names that routes give them.
PARTS: Mapping[str, TypeAdapter[Any]] = {
    **{name: TypeAdapter(Id) for name in ("playlist_id", "source_id", "track_id", "session_id", "task_id")},
    "tag_id": TypeAdapter(TagId),
    "track_number": TypeAdapter(Number),
    "chunk_index": TypeAdapter(Index),
}
