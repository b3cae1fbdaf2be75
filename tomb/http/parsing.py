"""What clients send becomes models here (wire.md, section 4).

The first half is the vocabulary: the types of fields that several routes share. Their JSON schemas say exactly what
they take, since the API's description is made from them. The second half parses: pydantic's complaints become the
wire's, each with the field that it is about. Every body may carry `client_op_id`; unknown fields are ignored.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from tomb import bounded_json
from tomb.devices.key_codes import KEYS
from tomb.devices.reader import parse_uid
from tomb.devices.youtube.links import VIDEO_ID
from tomb.errors import FieldError, UnsupportedMedia, ValidationFailed
from tomb.models import BOX_NAME_LENGTH, Press, Volume

M = TypeVar("M", bound=BaseModel)
NAMED_AT_MOST = 20
OP_ID_LENGTH = 200
VALUES, DEPTH = 60_000, 32  # of a body: ten thousand files with their sizes and hashes are the most that is asked for
CONTROL = r"\x00-\x1f\x7f-\x9f"
_BLANK = r"[\t\n\v\f\r ]*"
_HEX = r"[0-9A-Fa-f]"
_OURS = "Value error, "  # what pydantic puts before the words of our own validators

# --- the types of fields ---------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a tag's number is a text")
    return value


def plain(text: str) -> str:
    if re.search(f"[{CONTROL}]", text):
        raise ValueError("a text without control characters")
    return text


def _lines(text: str) -> str:
    plain(re.sub(r"[\t\n\r]", "", text))
    return text


def _name(text: str) -> str:
    if "/" in plain(text):
        raise ValueError("an id has no slashes")
    return text


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def in_digits(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError("a whole number in digits")
    return value


def whole(value: object) -> object:
    """JSON has one kind of number: 27.0 is an integer too (JSON Schema 2020-12, section 6.1.1 of its validation)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 64, "pattern": f"^[^{CONTROL}/]*$"}),
]
TagId = Annotated[
    str,
    BeforeValidator(lambda value: parse_uid(_text(value))),
    WithJsonSchema({"type": "string", "pattern": f"^({_HEX}{{8}}|{_HEX}{{14}}|{_HEX}{{20}})$"}),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(plain),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^{_BLANK}[^\s{CONTROL}]([^{CONTROL}]{{0,198}}[^\s{CONTROL}])?{_BLANK}$"}
    ),
]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(plain),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^{_BLANK}([^\s{CONTROL}]([^{CONTROL}]{{0,198}}[^\s{CONTROL}])?{_BLANK})?$"}
    ),
]
ShortLabel = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=BOX_NAME_LENGTH),
    AfterValidator(plain),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^{_BLANK}([^\s{CONTROL}]([^{CONTROL}]{{0,{BOX_NAME_LENGTH - 2}}}[^\s{CONTROL}])?{_BLANK})?$",
        }
    ),
]
Description = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_lines),
    WithJsonSchema({"type": "string", "maxLength": 2000, "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
OpId = Annotated[str, StringConstraints(min_length=1, max_length=OP_ID_LENGTH)]
Place = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(whole)]
Percent = Annotated[Volume, BeforeValidator(whole)]
VideoId = Annotated[str, StringConstraints(pattern=f"^{VIDEO_ID}$")]
# As queries and addresses have them: in digits.
Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(in_digits)]
Index = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(in_digits)]

# The variable parts of addresses, by the names that routes give them.
PARTS: Mapping[str, TypeAdapter[Any]] = {
    **{name: TypeAdapter(Id) for name in ("playlist_id", "source_id", "track_id", "session_id", "task_id", "item_id")},
    "tag_id": TypeAdapter(TagId),
    "video_id": TypeAdapter(VideoId),
    "track_number": TypeAdapter(Number),
    "chunk_index": TypeAdapter(Index),
    "device_id": TypeAdapter(Id),
    "speaker_id": TypeAdapter(Id),
    "key_code": TypeAdapter(Annotated[int, Field(ge=0, lt=KEYS), BeforeValidator(in_digits)]),
    "press": TypeAdapter(Press),
}


# Each model is made ready when it is needed first: of more than a hundred most boxes never need more than a few.
GIVEN = ConfigDict(frozen=True, strict=True, defer_build=True)


class Body(BaseModel):
    model_config = GIVEN

    client_op_id: OpId | None = None


class QueryModel(BaseModel):
    model_config = ConfigDict(defer_build=True)


class NoQuery(QueryModel):
    pass


# --- parsing ---------------------------------------------------------------------------------------------------------


def body(model: type[M], raw: bytes, media_type: str) -> M:
    """Raises UnsupportedMedia for what is not JSON, ValidationFailed. No body at all is an empty object."""
    if not raw:
        return _valid(model, {})
    if media_type != "application/json":
        raise UnsupportedMedia("the body must be JSON (Content-Type: application/json)")
    try:
        if len(raw) > bounded_json.SMALL:
            bounded_json.check(raw, values=VALUES, depth=DEPTH)
        return model.model_validate_json(raw)
    except bounded_json.TooMuchJson as error:
        raise ValidationFailed([FieldError("body", str(error))]) from None
    except ValidationError as error:
        raise named(error) from None


def query(model: type[M], given: Mapping[str, str]) -> M:
    """Raises ValidationFailed."""
    return _valid(model, given, "query")


def path(given: Mapping[str, str]) -> dict[str, Any]:
    """The variable parts of an address. Raises ValidationFailed."""
    return {name: _part(name, value) for name, value in given.items()}


def repeatable(raw: bytes) -> tuple[str | None, frozenset[str]]:
    """The `client_op_id` of a body, whatever else may be wrong with it, since the answer carries it; and, if there is
    one, the names of all fields.
    """
    nothing = (None, frozenset[str]())
    if b"client_op_id" not in raw:
        return nothing
    try:
        found = bounded_json.load(raw, size=len(raw), values=VALUES, depth=DEPTH)
    except ValueError:
        return nothing
    op_id = found.get("client_op_id") if isinstance(found, dict) else None
    return (op_id, frozenset(found)) if isinstance(op_id, str) and 0 < len(op_id) <= OP_ID_LENGTH else nothing


def named(error: ValidationError, whole: str = "body") -> ValidationFailed:
    """`whole`: how to call what has no field, such as a body that is no JSON at all."""
    wrong = error.errors(include_url=False, include_context=False, include_input=False)[:NAMED_AT_MOST]
    return ValidationFailed([FieldError(_field(each["loc"], whole), each["msg"].removeprefix(_OURS)) for each in wrong])


def _field(place: tuple[int | str, ...], whole: str) -> str:
    # Which member of a union was tried is between pydantic and us; it writes those as "list[int]".
    return ".".join(str(step) for step in place if "[" not in str(step)) or whole


def _part(name: str, value: str) -> Any:
    try:
        return PARTS[name].validate_python(value)
    except ValidationError as error:
        raise named(error, whole=name) from None


def _valid(model: type[M], given: Mapping[str, Any], whole: str = "body") -> M:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise named(error, whole) from None
