"""The bodies of requests: taken piece by piece as the handler asks for them, so that what is sent faster than it can
be used waits in the network and not in our memory. And what is in that of a chunk: its bytes as they are, or as the
one file of a form.
"""

import base64
import binascii
import hashlib
import re
from contextlib import suppress
from typing import Any, Self

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers.request import TrioRequest
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from tomb.errors import BadRequest, PayloadTooLarge, RequestTimeout

BODY_LIMIT = 1024 * 1024
CHUNK_LIMIT = 8 * 1024 * 1024 + 64 * 1024  # the largest chunk, and what a form has around it
FIELD = "file"
STALL_S = 20.0  # without one byte of a body that is not complete
DRAINED_S = 2.0
DRAINED_AT_MOST = 16 * 1024 * 1024
CHECKSUMS = {
    "Content-Digest": "SHA-256 of the body as it is sent: sha-256=:BASE64: (RFC 9530)",
    "X-Chunk-SHA256": "SHA-256 of the chunk, in hex; of a form, that of the file in it",
}


class Incoming:
    """A body on its way. Iterating gives its pieces, of the size in which the server reads them.

    `length`: in bytes, where the client says it. Raises PayloadTooLarge beyond `limit`, RequestTimeout when nothing
    comes for `STALL_S`. (The arguments are those with which Quart makes the body of a request.)
    """

    def __init__(self, length: int | None, limit: int | None) -> None:
        self.length = length
        self.limit = limit
        self._taken = 0
        self._given_up = False
        self._send, self._receive = trio.open_memory_channel[bytes](0)

    async def feed(self, piece: bytes, *, more: bool) -> None:
        """Hand over what the client has sent; returns when it was taken, or nobody wants it any more."""
        with suppress(trio.BrokenResourceError):
            if piece:
                await self._send.send(piece)
        if not more:
            self._send.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self.limit is not None and (self.length or 0) > self.limit:
            self._refuse()
        with trio.move_on_after(STALL_S):
            try:
                piece = await self._receive.receive()
            except trio.EndOfChannel:
                raise StopAsyncIteration from None
            self._taken += len(piece)
            if self.limit is not None and self._taken > self.limit:
                self._refuse()
            return piece
        raise self._timeout()

    async def read(self, within_s: float) -> bytes:
        """All of it. Raises as iterating does, and RequestTimeout after so many seconds."""
        with trio.move_on_after(within_s):
            return b"".join([piece async for piece in self])
        raise self._timeout()

    async def drain(self) -> None:
        """Let the rest pass, within limits: a client that is still sending does not look for its answer.

        From then on nothing waits to be taken: Hypercorn tells of the end of a request through the same queue.
        """
        passed = 0
        with self._receive, trio.move_on_after(0 if self._given_up else DRAINED_S):
            async for piece in self._receive:
                passed += len(piece)
                if passed > DRAINED_AT_MOST:
                    return

    def _timeout(self) -> RequestTimeout:
        self._given_up = True
        return RequestTimeout("the body did not arrive in time")

    def _refuse(self) -> None:
        raise PayloadTooLarge("the body is too large", {"limit": self.limit})


class StreamedRequest(TrioRequest):
    body_class = Incoming  # type: ignore[assignment]  # Quart calls no more of a body than we do


class CutOff(Exception):
    """What is being sent cannot be sent to its end. Its connection breaks, so that no half passes as whole."""


class StreamedConnection(TrioASGIHTTPConnection):
    """Quart's own puts whatever comes into the body, however large that grows."""

    # The override of an override: Quart-Trio's own signature is not that of Quart.
    async def handle_messages(  # type: ignore[override]  # as above
        self, nursery: trio.Nursery, request: Any, receive: Any
    ) -> None:
        while (message := await receive())["type"] == "http.request":
            await request.body.feed(message.get("body", b""), more=message.get("more_body", False))
        nursery.cancel_scope.cancel()

    async def handle_request(  # type: ignore[override]  # as above
        self, nursery: trio.Nursery, request: Any, send: Any
    ) -> None:
        try:
            await super().handle_request(nursery, request, send)
        except CutOff:
            nursery.cancel_scope.cancel()  # the server closes what was not finished


def chunk_in(raw: bytes, headers: Headers) -> bytes:
    """The body itself, or in a multipart one the field `file`; checked against the checksums that came with it.

    Raises: BadRequest.
    """
    _check("Content-Digest", _content_digest(headers.get("content-digest", "")), raw)
    chunk = _file_in(raw, headers.get("content-type", ""))
    _check("X-Chunk-SHA256", _hex_digest(headers.get("x-chunk-sha256")), chunk)
    return chunk


def _check(name: str, expected: str | None, content: bytes) -> None:
    if expected is not None and expected != (actual := hashlib.sha256(content).hexdigest()):
        details = {"header": name, "expected": expected, "actual": actual}
        raise BadRequest(f"what arrived does not match its {name}; send the chunk again", details)


def _hex_digest(given: str | None) -> str | None:
    if given is not None and not re.fullmatch("[0-9a-fA-F]{64}", given.strip()):
        raise BadRequest("X-Chunk-SHA256 is 64 hexadecimal digits", {"header": "X-Chunk-SHA256"})
    return given and given.strip().lower()


def _content_digest(given: str) -> str | None:
    """RFC 9530: `sha-256=:BASE64:`, perhaps among others, which are passed over."""
    found = re.search(r"(?:^|,)\s*sha-256=:([^:]*):", given)
    if found is None:
        return None
    try:
        return base64.b64decode(found[1], validate=True).hex()
    except binascii.Error:
        raise BadRequest("Content-Digest has no base64 after sha-256", {"header": "Content-Digest"}) from None


def _file_in(raw: bytes, content_type: str) -> bytes:
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
