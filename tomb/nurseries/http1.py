"""HTTP/1.1 for an ASGI application, in the one task of its connection. It stands where Hypercorn's own protocol would.

Hypercorn reads in one task, and runs the application in another, which it hands what it read through a queue: three
tasks and eight passes of the scheduler a request. Here nothing is read before somebody wants it. The application calls
`receive`, and that reads; between two requests the connection itself reads the next head. So a body that comes faster
than it is used waits in the network, and a peer that leaves is noticed where somebody waits for that: an application
that asks `receive` for more after the body, or writes. A body that came with its head, as most do, is handed over with
it, and so is one that was sent right behind: nobody has to wait for it, nor to watch how it comes.

What is read goes by h11, whose rules for framing and refusing are followed, but for the rest of a body that says how
long it is: that comes straight from the connection, and never more than it. What h11 lets pass and nobody means well by
is refused here (`_objection`). Headers that it let pass on a connection are not shown to it again there, nor is a body
whose length they say. What is written is made here (`Reply`): the application of a box says what is right, and
half of what h11 takes for a request went to having it checked word for word. What begins a WebSocket is left to
Hypercorn, as it came.
"""

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote

import h11
import trio
from hypercorn.config import Config
from msgspec import Struct

from tomb.nurseries.connection import GuardedStream, SecureStream

Header = tuple[bytes, bytes]

WHOLE_BODY: Final = "http.body"  # the extension of a scope that has the body, where all of it came with the head
RECEIVED_AT_ONCE = 65_536
LINGER_BYTES = 1_048_576  # of what a peer still sends when it has been answered for good
REMEMBERED_SIZE = 4096
REMEMBERED_FIELDS = 4  # of a quarter of that each
CHUNKS_AT_ONCE = 64  # taken apart without a pause: of one byte each, 11,000 come at one go

CONTINUE = h11.InformationalResponse(status_code=100, headers=[])
_NO_MORE = {"type": "http.request", "body": b"", "more_body": False}
_DISCONNECT = {"type": "http.disconnect"}


# How most clients begin a request, and say how long its body is.
_LINE: Final = re.compile(rb"(?!CONNECT )([A-Z]+) ([!-~]+) HTTP/1\.1\r\n")
_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ([0-9]{1,15})\r\n")
_FOLD: Final = re.compile(rb"\n[ \t]")
_OF_FRAMING: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade"})


class Asked(Struct, frozen=True):
    """A request. `scope`: as ASGI has it. `begun`: of its body, what came with the head."""

    scope: Mapping[str, Any]
    is_last: bool
    begun: Mapping[str, Any] | None

    @property
    def is_whole(self) -> bool:
        return self.begun is not None and not self.begun["more_body"]


class Head(Struct, frozen=True):
    """A request as most clients begin one. `fields`: its headers as they came, but for the digits of `length`, which is
    b"" where none is said. `body`: what came with it."""

    method: bytes
    target: bytes
    fields: bytes
    length: bytes
    body: bytes

    @classmethod
    def of(cls, received: bytes) -> "Head | None":
        line, end = _LINE.match(received), received.find(b"\r\n\r\n") + 2
        if line is None or end <= line.end():
            return None
        fields, length = received[line.end() - 2 : end], b""
        if (said := _LENGTH.search(fields)) is not None:
            length = said[1]
            fields = fields[: said.start(1)] + fields[said.end(1) :]
        return cls(line[1], line[2], fields, length, received[end + 2 :])


class Fields(Struct, frozen=True):
    """Headers that h11 let pass. `place`: of the one among them that says how long the body is."""

    headers: list[Header]
    place: int | None
    is_last: bool

    def but(self, length: bytes) -> list[Header]:
        if self.place is None:
            return self.headers
        headers = self.headers.copy()
        headers[self.place] = (b"content-length", length)
        return headers


class Reply:
    """What is said to one request, as it goes over the wire (RFC 9112): at most one answer, of as many bytes as it
    announces. One that announces none comes in chunks or, to a peer that knows none, ends with the connection.
    `has_begun`: some of it is on its way, and nothing else may be said.
    """

    def __init__(self, asked: Asked, *, is_last: bool) -> None:
        self.keeps_alive = not (is_last or asked.is_last)
        self.has_begun = False
        self.is_complete = False
        self._knows_chunks = asked.scope["http_version"] >= "1.1"
        self._is_head = asked.scope["method"] == "HEAD"
        self._has_body = True
        self._left: int | None = None  # bytes that were announced and are still to come

    def begin(self, status: int, headers: list[Header]) -> bytes:
        """Raises ValueError for a second answer, and for what would be more than one header to whoever reads it."""
        if self.has_begun:
            raise ValueError("it is being answered already")
        self._has_body = not (self._is_head or status in (204, 304))
        named = dict(headers)
        length = named.get(b"content-length")
        if length is not None:
            self._left = int(length)
        elif self._has_body and self._knows_chunks:
            headers = [*headers, (b"transfer-encoding", b"chunked")]
        elif self._has_body:
            self.keeps_alive = False
        if not self.keeps_alive or named.get(b"connection") == b"close":
            self.keeps_alive = False
            headers = [*(each for each in headers if each[0] != b"connection"), (b"connection", b"close")]
        lines = b"".join([b"%b: %b\r\n" % each for each in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers) or b"\0" in lines:
            raise ValueError("a header has a line end in it")
        return b"HTTP/1.1 %d \r\n%b\r\n" % (status, lines)

    def body(self, piece: bytes, *, is_last: bool) -> list[bytes]:
        """Raises ValueError for more, or in the end for less, than was announced."""
        if self.is_complete:
            raise ValueError("it was answered already")
        pieces: list[bytes] = []
        if self._has_body and self._left is not None:
            self._left -= len(piece)
            if self._left < 0 or (is_last and self._left):
                raise ValueError("the body has not the length that was announced")
            pieces = [piece]
        elif self._has_body and self._knows_chunks:
            pieces = [b"%x\r\n" % len(piece), piece, b"\r\n"] if piece else []
            if is_last:
                pieces.append(b"0\r\n\r\n")
        elif self._has_body:
            pieces = [piece]
        self.has_begun, self.is_complete = True, is_last
        return pieces


class Http1:
    """One connection. `lingering`: for how many seconds what a peer still sends is read and dropped when it has been
    answered for good, so that it can read the answer. `own_headers`: what the server itself adds to each answer."""

    def __init__(
        self,
        app: Any,
        config: Config,
        stream: GuardedStream | SecureStream,
        lingering: float,
        own_headers: Callable[[], list[Header]],
    ) -> None:
        self._app = app
        self._config = config
        self._stream = stream
        self._lingering = lingering
        self._own_headers = own_headers
        self._h11 = self._reader()
        self._read: list[bytes] = []  # since the last request, in case the next one is for Hypercorn
        self._idle = trio.CancelScope()  # around all; it has a deadline while the next request is waited for
        self._is_idle = False
        self._ending = False
        self._crumbled = False  # the body comes in more chunks than were taken apart at once
        self._reply: Reply | None = None  # to the request that was read last; None before the first, and between two
        self._head = b""  # said by the application, and not sent yet
        self._begun: Mapping[str, Any] | None = None  # of the body, what came with the head and was not asked for yet
        self._again: tuple[bytes, Asked] | None = None  # the last request that came whole and alone, as it came
        self._fields: dict[bytes, Fields] = {}  # by what they were read from, but for the length
        self._to_come: int | None = None  # bytes of a body that have not come yet; None where it does not say how many
        self._is_unread = False  # the reader has not seen the request that is being answered

    def _reader(self) -> h11.Connection:
        """For one request: what h11 knows of a connection beyond that is how it was answered, which it is not told."""
        return h11.Connection(h11.SERVER, max_incomplete_event_size=self._config.h11_max_incomplete_size)

    def finish(self) -> None:
        """The request that is being answered is the last one; if there is none, hang up."""
        self._ending = True
        if self._is_idle:
            self._idle.cancel()

    async def refuse(self, status: int) -> None:
        """Answer without the application, where nothing was answered yet."""
        if self._reply is not None and self._reply.has_begun:
            return
        lines = b"".join([b"%b: %b\r\n" % each for each in self._own_headers()])
        head = b"HTTP/1.1 %d \r\ncontent-length: 0\r\nconnection: close\r\n%b\r\n" % (status, lines)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.write(head)

    async def run(self) -> bytes | None:
        """Until there is no more to be said. Returns what was read, if that begins a WebSocket."""
        try:
            with self._idle:
                while not self._ending and (request := await self._next_request()) is not None:
                    if isinstance(request, Asked):
                        asked = request
                    else:
                        headers = list(request.headers)  # h11 takes them out of triples anew each time
                        if (status := _objection(request, headers)) is not None:
                            await self.refuse(status)
                            break
                        if _is_websocket(request, headers):
                            return b"".join(self._read)
                        asked = self._asked(request, headers)
                    if not await self._converse(asked):
                        break
                    self._go_on()
        except h11.RemoteProtocolError as error:
            await self.refuse(error.error_status_hint)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return None  # the peer has gone, or was made to
        await self._hang_up()
        return None

    async def _next_request(self) -> h11.Request | Asked | None:
        self._is_idle, self._idle.deadline = True, trio.current_time() + self._config.keep_alive_timeout
        request = await self._read_request()
        self._is_idle, self._idle.deadline = False, math.inf
        # One that comes in the very moment in which it is given up must not be cancelled in its middle.
        return None if self._idle.cancel_called else request

    async def _read_request(self) -> h11.Request | Asked | None:
        if self._h11.trailing_data[0]:
            await trio.lowlevel.checkpoint()  # who asks without waiting for the answers must not keep others waiting
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            received = bytes(await self._stream.receive_some(RECEIVED_AT_ONCE))
            if not any(self._read) and (asked := self._known(received)) is not None:
                self._is_unread = True
                return asked
            self._read.append(received)
            self._h11.receive_data(received)
        return event if isinstance(event, h11.Request) else None  # or ConnectionClosed

    def _known(self, received: bytes) -> Asked | None:
        """A request that is not read again: the last one, word for word, as pages ask that look what plays; or one of
        which h11 has let the headers pass, word for word but for the length, as those who send many files ask."""
        if self._again is not None and received == self._again[0]:
            self._to_come = 0
            return self._again[1]
        head = Head.of(received) if self._fields else None
        if head is None or (fields := self._fields.get(head.fields)) is None:
            return None
        if fields.place is not None and not head.length:
            return None  # a length without digits is none
        to_come = int(head.length or b"0") - len(head.body)
        if to_come < 0:
            return None  # the next one is behind it
        self._to_come = to_come
        scope = self._scope(head.method, head.target, b"1.1", fields.but(head.length))
        asked = Asked(scope, fields.is_last, self._begin(head.body))
        if to_come == 0:
            self._remember(received, asked)
        return asked

    def _remember(self, received: bytes, asked: Asked) -> None:
        """The last request, which came whole and alone."""
        self._again = (received, asked) if len(received) <= REMEMBERED_SIZE else None

    def _remember_fields(self, headers: list[Header], *, is_last: bool) -> None:
        """Of a request that h11 let pass, and nobody here objected to. What it says of its body but for a length, and
        what changes how it goes on, is left to h11 each time."""
        head = None if any(self._read[:-1]) else Head.of(self._read[-1])
        if head is None or len(head.fields) > REMEMBERED_SIZE // REMEMBERED_FIELDS:
            return
        names = [name for name, _ in headers]
        # As h11 and `Head` see it: one end of it, and one length in it, if any; and no line that goes on in the next,
        # for behind the digits that may be another length, `,5`, which only the first one was equal to.
        is_plain = head.fields.count(b"\n") == head.fields.count(b"\r\n") and not _FOLD.search(head.fields)
        lengths = head.fields.lower().count(b"content-length")
        if is_plain and lengths == (head.length != b"") and _OF_FRAMING.isdisjoint(names):
            place = names.index(b"content-length") if lengths else None
            if len(self._fields) == REMEMBERED_FIELDS:
                del self._fields[next(iter(self._fields))]
            self._fields[head.fields] = Fields(headers, place, is_last)

    def _asked(self, request: h11.Request, headers: list[Header]) -> Asked:
        """Raises RemoteProtocolError for a body that is none."""
        length = next((value for name, value in headers if name == b"content-length"), None)
        self._to_come = None if length is None else int(length)
        tokens = b",".join(value for name, value in headers if name == b"connection").lower().split(b",")
        is_last = request.http_version < b"1.1" or b"close" in map(bytes.strip, tokens)
        self._remember_fields(headers, is_last=is_last)
        scope = self._scope(request.method, request.target, request.http_version, headers)
        event = self._h11.next_event()
        if event is h11.NEED_DATA:
            return Asked(scope, is_last, self._begin(b""))
        asked = Asked(scope, is_last, self._piece(event) if isinstance(event, h11.Data) else _NO_MORE)
        if asked.is_whole and not any(self._read[:-1]) and not self._h11.trailing_data[0]:
            self._remember(self._read[-1], asked)
        return asked

    def _begin(self, body: bytes) -> Mapping[str, Any] | None:
        """Of a body, what came with the head; or what is here by now, for most send it right behind."""
        if self._to_come and not body:
            body = self._stream.receive_now(min(self._to_come, RECEIVED_AT_ONCE))
            self._to_come -= len(body)
        if not body:
            return _NO_MORE if self._to_come == 0 else None
        return {"type": "http.request", "body": body, "more_body": self._to_come != 0}

    def _scope(self, method: bytes, target: bytes, version: bytes, headers: list[Header]) -> Mapping[str, Any]:
        path, _, query = target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.1"},
            "http_version": version.decode("ascii"),
            "method": method.decode("ascii"),
            "scheme": self._stream.scheme,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": self._stream.peer,
            "server": self._stream.own,
        }

    def _go_on(self) -> None:
        """To the next request, of which some may be here already."""
        self._reply, self._crumbled, self._to_come = None, False, None
        if self._is_unread:
            self._is_unread = False  # and the reader is as it was
            return
        ahead, has_closed = self._h11.trailing_data
        self._read, self._h11 = [ahead], self._reader()
        if ahead:
            self._h11.receive_data(ahead)
        if has_closed:
            self._h11.receive_data(b"")

    async def _converse(self, asked: Asked) -> bool:
        """Have one request answered. Whether there may be another."""
        extensions = {} if asked.begun is None or not asked.is_whole else {WHOLE_BODY: asked.begun["body"]}
        self._begun = asked.begun
        reply = self._reply = Reply(asked, is_last=self._ending)
        await self._app({**asked.scope, "extensions": extensions}, self._receive, self._send)
        for _ in range(0 if self._crumbled or self._h11.their_state is h11.ERROR else CHUNKS_AT_ONCE):
            # What the application did not ask for, and is here already. Behind a body that is all here the next begins.
            if not self._is_sending or self._h11.next_event() is h11.NEED_DATA:
                break
        if self._h11.their_state is h11.ERROR:
            await self.refuse(400)
        return reply.is_complete and reply.keeps_alive and not self._is_sending

    @property
    def _is_sending(self) -> bool:
        """The peer, or it sends what is no HTTP."""
        state = self._h11.their_state
        return state is h11.ERROR or (self._to_come != 0 and (self._is_unread or state is h11.SEND_BODY))

    # --- what the application calls ---------------------------------------------------------------------------------

    async def _receive(self) -> Mapping[str, Any]:
        if self._begun is not None:
            begun, self._begun = self._begun, None
            return begun
        if self._crumbled:
            await trio.lowlevel.checkpoint()  # before anything is taken that a cancel would lose
        try:
            while (event := self._next_of_body()) is h11.NEED_DATA:
                is_answered = self._reply is not None and self._reply.has_begun  # which the reader is not told
                if self._h11.they_are_waiting_for_100_continue and not is_answered:
                    await self._stream.write(*self._h11.send_with_data_passthrough(CONTINUE) or ())
                most = RECEIVED_AT_ONCE if self._to_come is None else min(RECEIVED_AT_ONCE, self._to_come)
                received = bytes(await self._stream.receive_some(most))
                if received and self._to_come is not None:
                    self._to_come -= len(received)
                    return {"type": "http.request", "body": received, "more_body": self._to_come > 0}
                self._h11.receive_data(received)
            if isinstance(event, h11.Data):
                return self._piece(event)
            if isinstance(event, h11.EndOfMessage):
                return _NO_MORE
            if event is h11.PAUSED:
                await self._left()
        except (h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # it left in the middle; what it sends is no HTTP; it was made to leave
        return _DISCONNECT

    def _next_of_body(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        return h11.PAUSED if self._to_come == 0 else self._h11.next_event()

    def _piece(self, event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> Mapping[str, Any]:
        """What has come of a body, in however many chunks it did. Raises RemoteProtocolError."""
        parts: list[bytes] = []
        while isinstance(event, h11.Data):
            parts.append(bytes(event.data))
            if len(parts) == CHUNKS_AT_ONCE:
                break
            event = self._h11.next_event()
        if self._to_come is not None:
            self._to_come -= sum(map(len, parts))
        self._crumbled = len(parts) == CHUNKS_AT_ONCE
        return {"type": "http.request", "body": b"".join(parts), "more_body": not isinstance(event, h11.EndOfMessage)}

    async def _left(self) -> None:
        """Until the peer hangs up. The next request may come instead; it is kept, and then only a write will tell."""
        ahead, closed = self._h11.trailing_data
        if not ahead and not closed:
            received = bytes(await self._stream.receive_some(RECEIVED_AT_ONCE))
            self._read.append(received)
            self._h11.receive_data(received)
            closed = not received
        if not closed:
            await trio.sleep_forever()

    async def _send(self, message: Mapping[str, Any]) -> None:
        """How an answer begins waits for the first of its body: they are one write."""
        reply = self._reply
        assert reply is not None
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *self._own_headers()]
            reply.keeps_alive = reply.keeps_alive and not self._ending
            self._head = reply.begin(message["status"], headers)
            return
        pieces = reply.body(message.get("body", b""), is_last=not message.get("more_body"))
        head, self._head = self._head, b""
        if said := [each for each in (head, *pieces) if each]:
            await self._stream.write(*said)

    # --- the wire ---------------------------------------------------------------------------------------------------

    async def _hang_up(self) -> None:
        """Say that no more will come. A peer that is still sending would find its connection reset, and the answer that
        it has not read yet with it (RFC 9112, 9.6)."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.send_eof()
            if self._is_sending:
                left = LINGER_BYTES
                with trio.move_on_after(self._lingering):
                    while left > 0 and (received := await self._stream.receive_some(RECEIVED_AT_ONCE)):
                        left -= len(received)


def _objection(request: h11.Request, headers: list[Header]) -> int | None:
    """The status by which a request is refused that h11 lets pass."""
    if not request.http_version.startswith(b"1."):
        # HTTP/2 in clear, by its preface: browsers speak it over TLS only, and under Hypercorn a client could open 100
        # streams, close their windows, and pin 100 answers (735 MB in 25 s were seen). An upgrade to it is not heard.
        return 505
    if request.method != request.method.upper():
        return (
            501  # they are told apart by case (RFC 9110, 9.1): to h11 `head` is none that has no body, to others it is
        )
    if request.method == b"CONNECT":
        return 501  # this is no proxy; and to h11 an answer of 200 would end HTTP on this connection
    names = {name for name, _ in headers}
    if b"transfer-encoding" in names and (b"content-length" in names or request.http_version == b"1.0"):
        return 400  # a proxy in front may see the end of it elsewhere, and so another next request (RFC 9112, 6.1)
    return None


def _is_websocket(request: h11.Request, headers: list[Header]) -> bool:
    """As Hypercorn tells it; anything else that is asked to change the protocol is answered as if it was not."""
    named = dict(headers)  # h11 gives the names in lower case
    tokens = named.get(b"connection", b"").lower().split(b",")
    return (
        request.method == b"GET"
        and named.get(b"upgrade", b"").strip().lower() == b"websocket"
        and any(token.strip() == b"upgrade" for token in tokens)
    )
