"""The envelope around every answer, and what becomes of whatever goes wrong (wire.md, section 2).

A handler returns `Success` with the model that its signature names, or what is sent as it is: a file, a download, a
document. JSON that was encoded elsewhere, once for all who ask, is spliced in as it is.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from msgspec import Struct, field
from pydantic import BaseModel
from pydantic_core import to_json
from trio import MemoryReceiveChannel
from werkzeug.exceptions import HTTPException

from tomb.errors import (
    BadRequest,
    InternalError,
    MethodNotAllowed,
    NoSuchRange,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    RequestError,
    RequestTimeout,
    UnsupportedMedia,
)

log = logging.getLogger(__name__)

D = TypeVar("D", bound=BaseModel | None)  # invariant: a handler answers with its very model, and no other will do


class Document(Struct, frozen=True):
    """What is answered as it is, without an envelope."""

    content: bytes
    content_type: str


class FilePart(Struct, frozen=True):
    """A file that is answered as it is, or the part of it that was asked for. `tag` names its content for caches."""

    path: Path
    content_type: str
    tag: str
    cache: str = "private, no-cache"
    headers: Mapping[str, str] = field(default_factory=dict)


class Download(Struct, frozen=True):
    """What is made while it is sent, `length` bytes in all. `name`: for whoever saves it, in any alphabet."""

    name: str
    length: int
    pieces: MemoryReceiveChannel[bytes]
    content_type: str


class Encoded(Struct, Generic[D], frozen=True):
    """The JSON of a `D`."""

    json: bytes


class Success(Struct, Generic[D], frozen=True):
    """What a handler answers with; the route has the status. `json`: that of the data, where it was made already."""

    data: D | Encoded[D]
    message: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: bytes | None = None


HandlerResult = Success[Any] | FilePart | Download | Document


class Stamp(Struct, frozen=True):
    """What every envelope carries. `timestamp`: epoch seconds; `client_op_id` only if the request had one."""

    timestamp: float
    server_seq: int
    request_id: str
    client_op_id: str | None = None

    def fields(self) -> dict[str, Any]:
        fields = {"timestamp": self.timestamp, "server_seq": self.server_seq, "request_id": self.request_id}
        return fields if self.client_op_id is None else {**fields, "client_op_id": self.client_op_id}


def success_json(answer: Success[Any], stamp: Stamp, *, flat: bool = False) -> bytes:
    """`flat`: the fields of the data stand beside the envelope's own too."""
    data = inner = answer.data.json if isinstance(answer.data, Encoded) else answer.json or to_json(answer.data)
    if stamp.client_op_id is not None:
        inner = _merged(data, to_json({"client_op_id": stamp.client_op_id}))
    envelope = to_json({"status": "success", "message": answer.message, **stamp.fields()})
    envelope = b"".join((envelope[:-1], b',"data":', inner, b"}"))
    return _merged(data, envelope) if flat else envelope


def failure_json(error: RequestError, stamp: Stamp) -> bytes:
    body: dict[str, Any] = {
        "status": "error",
        "message": error.message,
        "error_type": error.error_type,
        "details": error.details,
    }
    if error.errors:
        body["errors"] = [{"field": each.field, "message": each.message} for each in error.errors]
    return to_json({**body, **stamp.fields()})


def _merged(first: bytes, second: bytes) -> bytes:
    """Two encoded objects as one; what is no object stays as it is."""
    if not first.startswith(b"{"):
        return first
    return b"".join((first[:-1], b"," if len(first) > 2 else b"", second[1:]))


# --- whatever goes wrong, as what the client hears -------------------------------------------------------------------

# What Werkzeug and Quart raise before a handler of ours runs, as what the wire calls it, and what we say of it.
WERKZEUG: Mapping[int, tuple[type[RequestError], str]] = {
    405: (MethodNotAllowed, "this address does not know that method"),
    408: (RequestTimeout, "the body did not arrive in time"),
    413: (PayloadTooLarge, "the body is too large"),
    415: (UnsupportedMedia, "the box cannot read that kind of body"),
}


def refusal_of(error: Exception, request_id: str, path: str) -> RequestError:
    """What the client hears of `error`. A defect is logged with the request's id, and the client hears only that."""
    match error:
        case RequestError():
            return error
        case HTTPException(code=404):
            return NotFound("address", path)
        case HTTPException(code=int(code)) if code < 500:
            kind, message = WERKZEUG.get(code, (BadRequest, error.description or error.name))
            return kind(message)
        case ExceptionGroup():
            leaves = list(_leaves(error))
            if len(leaves) == 1 or all(isinstance(leaf, RequestError) for leaf in leaves):
                return refusal_of(leaves[0], request_id, path)
    log.error("request %s failed", request_id, exc_info=error)
    return InternalError()


def refusal_headers(error: Exception, refusal: RequestError) -> dict[str, str]:
    """What a refusal says in headers."""
    match refusal:
        case RateLimited():
            return {"Retry-After": str(math.ceil(refusal.retry_after))}
        case NoSuchRange():
            return {"Content-Range": f"bytes */{refusal.size}"}
    if isinstance(error, HTTPException):
        return {name: value for name, value in error.get_headers() if name == "Allow"}
    return {}


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _leaves(each)
        else:
            yield each
