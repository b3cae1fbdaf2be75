"""The bodies of requests: taken piece by piece as the handler asks for them, so that what is sent faster than it can
be used waits in the network and not in our memory. And what is in that of a chunk: its bytes as they are, or as the
one file of a form.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from math import inf
from typing import Any, Self

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers.request import TrioRequest
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from tomb.errors import BadRequest, PayloadTooLarge, RequestTimeout
from tomb.nurseries.memory_budget import Held

BODY_LIMIT = 1024 * 1024
CHUNK_LIMIT = 8 * 1024 * 1024 + 64 * 1024  # the largest chunk, and what a form has around it
FIELD = "file"
STALL_S = 20.0
LEAST_BYTES = 4096  # of a body in that time, if it is not complete: Wi-Fi at the far end of the garden
SLICE = 64 * 1024  # what is worked on without a pause
FORM_PARTS = 16
FORM_HEADERS_LIMIT = 8 * 1024
BOUNDARY_LIMIT = 70  # RFC 2046, section 5.1.1
DRAINED_S = 2.0
DRAINED_AT_MOST = 16 * 1024 * 1024
CHECKSUMS = {
    "Content-Digest": "SHA-256 of the body as it is sent: sha-256=:BASE64: (RFC 9530)",
    "X-Chunk-SHA256": "SHA-256 of the chunk, in hex; of a form, that of the file in it",
}


class Incoming:
    """A body on its way. Iterating gives its pieces, of the size in which the server reads them.

    `length`: in bytes, where the client says it. Raises PayloadTooLarge beyond `limit`; RequestTimeout when not even
    `LEAST_BYTES` come within `STALL_S`, and at the end of what `within` allows. (The arguments are those with which
    Quart makes the body of a request.)
    """

    def __init__(self, length: int | None, limit: int | None) -> None:
        self.length = length
        self.limit = limit
        self._taken = 0
        self._given_up = False
        self._deadline = inf
        self._came, self._waited = 0, 0.0
        self._send, self._receive = trio.open_memory_channel[bytes](0)

    async def feed(self, piece: bytes, *, more: bool) -> None:
        """Hand over what the client has sent; returns when it was taken, or nobody wants it any more."""
        with suppress(trio.BrokenResourceError):
            if piece:
                await self._send.send(piece)
        if not more:
            self._send.close()

    def within(self, seconds: float) -> Self:
        """The same, which is to be complete by then."""
        self._deadline = trio.current_time() + seconds
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self.limit is not None and (self.length or 0) > self.limit:
            self._refuse()
        began = trio.current_time()
        # Only waiting for the client counts: not our own use of what came, which may wait for memory or a disk.
        with trio.move_on_at(min(self._deadline, began + STALL_S - self._waited)):
            try:
                piece = await self._receive.receive()
            except trio.EndOfChannel:
                raise StopAsyncIteration from None
            self._taken += len(piece)
            if self.limit is not None and self._taken > self.limit:
                self._refuse()
            self._keep_pace(len(piece), trio.current_time() - began)
            return piece
        self._given_up = True
        raise RequestTimeout("the body did not arrive in time")

    async def read(self, held: Held) -> bytes:
        """All of it, as there is memory for it. Raises as iterating does."""
        content = bytearray()
        async for piece in self:
            await held.grow(len(piece))
            content += piece
        held.complete()
        return bytes(content)

    def _keep_pace(self, size: int, waited: float) -> None:
        self._came += size
        self._waited += waited
        if self._came >= LEAST_BYTES:
            self._came, self._waited = 0, 0.0

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

    def _refuse(self) -> None:
        raise PayloadTooLarge("the body is too large", {"limit": self.limit})


class StreamedRequest(TrioRequest):
    """`until_sent`: what is held from when it is asked for until its answer has been sent, or cannot be."""

    body_class = Incoming  # type: ignore[assignment]  # Quart calls no more of a body than we do

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.until_sent = ExitStack()


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
        with request.until_sent:
            try:
                await super().handle_request(nursery, request, send)
            except CutOff:
                nursery.cancel_scope.cancel()  # the server closes what was not finished


async def read_chunk(stream: Incoming, headers: Headers, size: int, held: Held) -> bytearray:
    """The body itself, or in a multipart one the field `file`: `size` bytes, taken as there is memory for them.

    It is taken apart and summed up while it comes, in slices of a fraction of a millisecond each, so that there is
    never more than one copy of it, and nobody else waits. Raises: BadRequest, also when it does not match the checksums
    that came with it; and as `Incoming` does.
    """
    sums = {
        "Content-Digest": (_content_digest(headers.get("content-digest", "")), hashlib.sha256()),
        "X-Chunk-SHA256": (_hex_digest(headers.get("x-chunk-sha256")), hashlib.sha256()),
    }
    (digest, of_body), (chunk_digest, of_chunk) = sums.values()
    form = _form(headers.get("content-type", ""))
    chunk = bytearray()
    async for piece in stream:
        for begin in range(0, len(piece), SLICE):
            part = piece[begin : begin + SLICE]
            if digest is not None:
                of_body.update(part)
            for content in (part,) if form is None else form.take(part):
                if len(chunk) + len(content) > size:
                    raise BadRequest(f"this chunk has {size} bytes, and more were sent", {"expected_size": size})
                await held.grow(len(content))
                chunk += content
                if chunk_digest is not None:
                    of_chunk.update(content)
            await trio.lowlevel.checkpoint()
    if form is not None:
        form.end()
    held.complete()
    for name, (expected, actual) in sums.items():
        if expected is not None and expected != actual.hexdigest():
            details = {"header": name, "expected": expected, "actual": actual.hexdigest()}
            raise BadRequest(f"what arrived does not match its {name}; send the chunk again", details)
    return chunk


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


def _form(content_type: str) -> "_FormFile | None":
    media_type, options = parse_options_header(content_type)
    if media_type != "multipart/form-data":
        return None
    boundary = options.get("boundary", "").encode("latin-1", "replace")
    if not 0 < len(boundary) <= BOUNDARY_LIMIT:
        raise BadRequest(f"a multipart body has a boundary of 1 to {BOUNDARY_LIMIT} characters")
    return _FormFile(boundary)


class _FormFile:
    """The one field `file` of a form, whose bytes come piece by piece.

    The parser looks for boundaries and the ends of headers in what it has not used yet. Here that stays small: of what
    is neither header nor content it keeps nothing for long, or the form is refused.
    """

    def __init__(self, boundary: bytes) -> None:
        self._parser = MultipartDecoder(boundary, max_parts=FORM_PARTS)
        self._files = 0
        self._is_file = False
        self._unused = 0

    def take(self, piece: bytes) -> Iterator[bytes]:
        """What of the file is in the next piece of the form. Raises BadRequest, PayloadTooLarge."""
        self._unused += len(piece)
        yield from self._parsed(piece)
        if self._unused > FORM_HEADERS_LIMIT + SLICE:
            raise BadRequest("the multipart body has headers without an end, or goes on after its end")

    def end(self) -> None:
        """Raises BadRequest where something is missing."""
        for _ in self._parsed(None):
            pass
        if self._files != 1:
            raise self._other_files()

    def _parsed(self, piece: bytes | None) -> Iterator[bytes]:
        try:
            self._parser.receive_data(piece)
            while not isinstance(event := self._parser.next_event(), Epilogue | NeedData):
                self._unused = 0
                if isinstance(event, File | Field):
                    self._begin(event.name)
                elif isinstance(event, Data) and self._is_file:
                    yield event.data
        except ValueError as error:
            raise BadRequest(f"the multipart body cannot be read: {error}") from error

    def _begin(self, name: str) -> None:
        self._is_file = name == FIELD
        self._files += self._is_file
        if self._files > 1:
            raise self._other_files()

    def _other_files(self) -> BadRequest:
        return BadRequest(f'a multipart body has one file field "{FIELD}"', {"fields": self._files})
