"""How large a body may be, and what is in that of a chunk: its bytes as they are, or as the one file of a form."""

import re
from typing import Any

from quart_trio.wrappers.request import TrioBody, TrioRequest
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from tomb.errors import BadRequest

BODY_LIMIT = 1024 * 1024
CHUNK_LIMIT = 8 * 1024 * 1024 + 64 * 1024  # the largest chunk, and what a form has around it
FIELD = "file"

_CHUNK = re.compile(r"/api/playlists/[^/]+/uploads/[^/]+/chunks/[^/]+/?")


class Request(TrioRequest):
    """Quart has one limit for all bodies, and reads them before it looks for the route."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.method == "PUT" and _CHUNK.fullmatch(self.path):
            self.body = TrioBody(self.content_length, CHUNK_LIMIT)


def file_in(raw: bytes, content_type: str) -> bytes:
    """The body itself, or in a multipart one the field `file`. Raises: BadRequest."""
    media_type, options = parse_options_header(content_type)
    if media_type != "multipart/form-data":
        return raw
    boundary = options.get("boundary", "").encode("latin-1", "replace")
    if not boundary:
        raise BadRequest("the multipart body has no boundary")
    try:
        files = _files(MultipartDecoder(boundary), raw)
    except ValueError as error:
        raise BadRequest(f"the multipart body cannot be read: {error}") from error
    if len(files) != 1:
        raise BadRequest(f'a multipart body has one file field "{FIELD}"', {"fields": len(files)})
    return files[0]


def _files(decoder: MultipartDecoder, raw: bytes) -> list[bytes]:
    """The contents of all fields of that name."""
    decoder.receive_data(raw)
    decoder.receive_data(None)
    files: list[list[bytes]] = []
    ours = False
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        match event:
            case File() | Field():
                ours = event.name == FIELD
                files += [[]] if ours else []
            case Data() if ours:
                files[-1].append(event.data)
    return [b"".join(pieces) for pieces in files]
