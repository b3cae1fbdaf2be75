"""The envelope around every answer (wire.md, section 2). Data that is JSON already is spliced in as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json
from trio import MemoryReceiveChannel

from tomb.errors import RequestError


@dataclass(frozen=True, slots=True)
class Document:
    """What is answered as it is, without an envelope."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that is answered as it is, or the part of it that was asked for. `tag` names its content for caches."""

    path: Path
    content_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Download:
    """What is made while it is sent, `length` bytes in all. `name`: for whoever saves it, in any alphabet."""

    name: str
    length: int
    pieces: MemoryReceiveChannel[bytes]
    content_type: str


Data = BaseModel | Mapping[str, Any] | bytes
Bare = Document | FilePart | Download


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers with. `data` as bytes is JSON. `top`: fields that stand beside the envelope's own."""

    data: Data | Bare | None
    message: str = "ok"
    status: int = 200
    top: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every envelope carries. `timestamp`: epoch seconds; `client_op_id` only if the request had one."""

    timestamp: float
    server_seq: int
    request_id: str
    client_op_id: str | None = None

    def fields(self) -> dict[str, Any]:
        fields = {"timestamp": self.timestamp, "server_seq": self.server_seq, "request_id": self.request_id}
        return fields if self.client_op_id is None else {**fields, "client_op_id": self.client_op_id}


def success(answer: Answer, stamp: Stamp) -> bytes:
    data = answer.data if isinstance(answer.data, bytes) else to_json(answer.data)
    if stamp.client_op_id is not None:
        data = _merged(data, to_json({"client_op_id": stamp.client_op_id}))
    envelope = to_json({"status": "success", "message": answer.message, **stamp.fields()})
    envelope = b"".join((envelope[:-1], b',"data":', data, b"}"))
    return envelope if answer.top is None else _merged(to_json(answer.top), envelope)


def failure(error: RequestError, stamp: Stamp) -> bytes:
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
