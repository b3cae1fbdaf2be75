"""The bodies of requests: taken piece by piece as the handler asks for them, so that what is sent faster than it can
be used waits in the network and not in our memory. And what is in that of a chunk: its bytes as they are, or as the
one file of a form.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from math import inf
from typing import Any, Literal, Self

import trio
from werkzeug.http import parse_options_header

from tomb.errors import BadRequest, PayloadTooLarge, RequestTimeout
from tomb.library.parts import Pieces
from tomb.nurseries.memory_budget import Held

BODY_LIMIT = 1024 * 1024
CHUNK_LIMIT = 8 * 1024 * 1024 + 64 * 1024  # the largest chunk, and what a form has around it
FIELD = "file"
STALL_S = 20.0
LEAST_BYTES = 4096  # of a body in that time, if it is not complete: Wi-Fi at the far end of the garden
SLICE = 64 * 1024  # what is worked on without a pause
WHOLE = SLICE // 2  # a piece of that size stays as it came
FORM_PARTS = 16
FORM_HEADERS_LIMIT = 4 * 1024  # of all its parts together: to take them apart costs half a millisecond a kilobyte
FORM_PADDING_LIMIT = 1024  # after a boundary; more of it is content, or it would be looked through with each piece
FORM_IDLE_LIMIT = SLICE + FORM_HEADERS_LIMIT  # bytes of a form that are neither content nor lead to any
BOUNDARY_LIMIT = 70  # RFC 2046, section 5.1.1
DRAINED_S = 2.0
DRAINED_AT_MOST = 16 * 1024 * 1024
CHECKSUMS = {
    "Content-Digest": "SHA-256 of the body as it is sent: sha-256=:BASE64: (RFC 9530)",
    "X-Chunk-SHA256": "SHA-256 of the chunk, in hex; of a form, that of the file in it",
}


class ClientLeft(Exception):
    """The client hung up before all of its body was here. Nobody is there to be answered."""


class Incoming:
    """A body on its way. Iterating gives its pieces, of the size in which the server reads them.

    It is pulled: each piece is asked of the connection when somebody wants it (`receive`, as ASGI has it), in the task
    that wants it. `length`: in bytes, where the client says it. `here`: all of it, if it came already. `limit`: the
    most bytes there may be; None: any.
    Raises PayloadTooLarge beyond `limit`; RequestTimeout when not even `LEAST_BYTES` come within `STALL_S`, and at the
    end of what `within` allows; ClientLeft.
    """

    def __init__(self, receive: Callable[[], Awaitable[Any]], length: int | None, here: bytes | None = None) -> None:
        self.length = length
        self.limit: int | None = BODY_LIMIT
        self.ended = trio.Event()  # all of it is here
        if here is not None:
            self.ended.set()
        self._receive = receive
        self._here = here
        self._taken = 0
        self._given_up = False
        self._deadline = inf
        self._came, self._waited = 0, 0.0

    def within(self, seconds: float) -> Self:
        """The same, which is to be complete by then."""
        self._deadline = trio.current_time() + seconds
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self.limit is not None and (self.length or 0) > self.limit:
            self._refuse()
        if self._here:
            here, self._here = self._here, None
            if self.limit is not None and len(here) > self.limit:
                self._refuse()
            return here
        if self.ended.is_set():
            raise StopAsyncIteration
        began = trio.current_time()
        # Only waiting for the client counts: not our own use of what came, which may wait for memory or a disk.
        with trio.move_on_at(min(self._deadline, began + STALL_S - self._waited)):
            piece = await self._next()
            self._taken += len(piece)
            if self.limit is not None and self._taken > self.limit:
                self._refuse()
            self._keep_pace(len(piece), trio.current_time() - began)
            return piece
        self._given_up = True
        raise RequestTimeout("the body did not arrive in time")

    def here(self) -> bytes | None:
        """All of it, where it came with its head: that is a connection's own memory. Raises PayloadTooLarge."""
        here, self._here = self._here, None
        if here is not None and self.limit is not None and len(here) > self.limit:
            self._refuse()
        return here

    async def read(self, held: Held) -> bytes:
        """All of it, as there is memory for it. Raises as iterating does."""
        content = bytearray()
        async for piece in self:
            await held.grow(len(piece))
            content += piece
        held.complete()
        return bytes(content)

    async def drain(self) -> None:
        """Let the rest pass, within limits: a client that is still sending does not look for its answer."""
        if self.ended.is_set():
            return
        passed = 0
        with trio.move_on_after(0 if self._given_up else DRAINED_S):
            while not self.ended.is_set() and passed <= DRAINED_AT_MOST:
                try:
                    passed += len(await self._next())
                except StopAsyncIteration:
                    return

    async def _next(self) -> bytes:
        while not self.ended.is_set():
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            if not message.get("more_body", False):
                self.ended.set()
            if piece := message.get("body", b""):
                return bytes(piece)
        raise StopAsyncIteration

    def _keep_pace(self, size: int, waited: float) -> None:
        self._came += size
        self._waited += waited
        if self._came >= LEAST_BYTES:
            self._came, self._waited = 0, 0.0

    def _refuse(self) -> None:
        raise PayloadTooLarge("the body is too large", {"limit": self.limit})


async def read_chunk(stream: Incoming, headers: Mapping[str, str], size: int, held: Held) -> Pieces:
    """The body itself, or in a multipart one the field `file`: `size` bytes, taken as there is memory for them.

    It is taken apart and summed up while it comes, in slices of a fraction of a millisecond each, so that nobody else
    waits; and it stays in the pieces in which it came, so that there is never more than one copy of it. Raises:
    BadRequest, also when it does not match the checksums that came with it; and as `Incoming` does.
    """
    sums = {
        "Content-Digest": (_content_digest(headers.get("content-digest", "")), hashlib.sha256()),
        "X-Chunk-SHA256": (_hex_digest(headers.get("x-chunk-sha256")), hashlib.sha256()),
    }
    (digest, of_body), (chunk_digest, of_chunk) = sums.values()
    form = _form(headers.get("content-type", ""))
    chunk: list[bytes | bytearray | memoryview] = []
    left = size
    async for piece in stream:
        for begin in range(0, len(piece), SLICE):
            if begin:
                await trio.lowlevel.checkpoint()
            part = piece[begin : begin + SLICE]
            if digest is not None:
                of_body.update(part)
            for content in (part,) if form is None else form.take(part):
                left -= len(content)
                if left < 0:
                    raise BadRequest(f"this chunk has {size} bytes, and more were sent", {"expected_size": size})
                await held.grow(len(content))
                _add(chunk, content)
                if chunk_digest is not None:
                    of_chunk.update(content)
    if form is not None:
        form.end()
    held.complete()
    for name, (expected, actual) in sums.items():
        if expected is not None and expected != actual.hexdigest():
            details = {"header": name, "expected": expected, "actual": actual.hexdigest()}
            raise BadRequest(f"what arrived does not match its {name}; send the chunk again", details)
    return chunk


def _add(pieces: list[bytes | bytearray | memoryview], content: bytes | memoryview) -> None:
    """What is small goes together: of single bytes, a list takes forty times as much memory."""
    if len(content) >= WHOLE:
        pieces.append(content)
    elif pieces and isinstance(pieces[-1], bytearray):
        pieces[-1] += content
    else:
        pieces.append(bytearray(content))


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
    """The one field `file` of a form (RFC 7578; its syntax is RFC 2046, 5.1.1), whose bytes come piece by piece.

    Content is given on as it comes. Kept back is only what may be the beginning of something else: of the line between
    two parts, which begins with the only CR in it; of the headers of a part, until their end is here. Of what is
    neither header nor content there may be so little that nobody waits while it is searched again.
    """

    def __init__(self, boundary: bytes) -> None:
        self._line = b"\r\n--" + boundary
        self._kept = b"\r\n"  # the first line of all needs none before it
        self._where: Literal["before", "headers", "in", "after"] = "before"
        self._parts = self._files = 0
        self._headers_left = FORM_HEADERS_LIMIT
        self._is_file = False
        self._idle = 0  # bytes since the last that were of use

    def take(self, piece: bytes) -> Iterator[bytes | memoryview]:
        """What of the file is in the next piece of the form. Raises BadRequest, PayloadTooLarge."""
        data = self._kept + piece if self._kept else piece
        self._kept, at = b"", 0
        self._idle += len(piece)
        while at < len(data) and self._where != "after":
            if self._where == "headers":
                end = data.find(b"\r\n\r\n", at)
                if (len(data) if end < 0 else end) - at > self._headers_left:
                    raise BadRequest("the headers in the multipart body are too large", {"limit": FORM_HEADERS_LIMIT})
                if end < 0:
                    self._kept = data[at:]
                    break
                self._headers_left -= end - at
                self._begin(data[at:end])
                at = end + 4
                continue
            is_content = self._where == "in"
            until, after = self._next_line(data, at)
            if is_content and until > at:
                self._idle = len(data) - until
                if self._is_file:
                    yield memoryview(data)[at:until]
            if after is None:
                self._kept = data[until:]
                break
            at = after
        if self._idle > FORM_IDLE_LIMIT:
            raise BadRequest("the multipart body has no beginning, or goes on after its end")

    def end(self) -> None:
        """Raises BadRequest where something is missing."""
        if self._where != "after":
            raise BadRequest("the multipart body cannot be read: it ends before its end")
        if self._files != 1:
            raise self._other_files()

    def _next_line(self, data: bytes, at: int) -> tuple[int, int | None]:
        """Where what is there before the next line between parts ends, and what goes on after it begins; None: that
        line is not here, or not all of it."""
        while (begin := data.find(self._line, at)) >= 0:
            end = begin + len(self._line)
            if data.startswith(b"--", end):
                self._where = "after"
                return begin, len(data)
            padded = data[end : end + FORM_PADDING_LIMIT]
            padding = end + len(padded) - len(padded.lstrip(b" \t"))
            if data.startswith(b"\r\n", padding):
                self._parts += 1
                if self._parts > FORM_PARTS:
                    raise PayloadTooLarge("the multipart body has too many parts", {"limit": FORM_PARTS})
                self._where = "headers"
                return begin, padding  # with the end of its line: a part without headers begins with two of these
            if len(data) - padding < 2 and data[padding:] in (b"", b"-", b"\r"):
                return begin, None
            at = end  # it only begins like one
        begin = data.rfind(b"\r", max(at, len(data) - len(self._line) + 1))
        return (begin, None) if begin >= 0 and self._line.startswith(data[begin:]) else (len(data), None)

    def _begin(self, head: bytes) -> None:
        """A part, whose headers these are."""
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        said = [value for name, _, value in lines if name.strip().lower() == b"content-disposition"]
        if not said:
            raise BadRequest("the multipart body cannot be read: a part of it does not say what it is")
        _, options = parse_options_header(said[-1].decode(errors="replace").strip())
        self._where, self._idle = "in", 0
        self._is_file = options.get("name") == FIELD
        self._files += self._is_file
        if self._files > 1:
            raise self._other_files()

    def _other_files(self) -> BadRequest:
        return BadRequest(f'a multipart body has one file field "{FIELD}"', {"fields": self._files})
