"""Requests become models here; pydantic's complaints become the wire's, each with the field that it is about."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from tomb.errors import FieldError, UnsupportedMedia, ValidationFailed
from tomb.http.requests import PARTS, Body

M = TypeVar("M", bound=BaseModel)
B = TypeVar("B", bound=Body)
NAMED_AT_MOST = 20
OP_ID_LENGTH = 200
_OURS = "Value error, "  # what pydantic puts before the words of our own validators


def body(model: type[B], raw: bytes, media_type: str) -> B:
    """Raises UnsupportedMedia for what is not JSON, ValidationFailed. No body at all is an empty object."""
    if not raw:
        return _valid(model, {})
    if media_type != "application/json":
        raise UnsupportedMedia("the body must be JSON (Content-Type: application/json)")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise named(error) from None


def query(model: type[M], given: Mapping[str, str]) -> M:
    """Raises ValidationFailed."""
    return _valid(model, given, "query")


def path(given: Mapping[str, str]) -> dict[str, Any]:
    """The variable parts of an address. Raises ValidationFailed."""
    return {name: _part(name, value) for name, value in given.items()}


def op_id_in(raw: bytes) -> str | None:
    """The `client_op_id` of a body, whatever else may be wrong with it: the answer carries it."""
    if b"client_op_id" not in raw:
        return None
    try:
        found = from_json(raw)
    except ValueError:
        return None
    op_id = found.get("client_op_id") if isinstance(found, dict) else None
    return op_id if isinstance(op_id, str) and 0 < len(op_id) <= OP_ID_LENGTH else None


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
