"""HTTP/1.1 for an ASGI application, in the one task of its connection. It stands where Hypercorn's own protocol would.

Hypercorn reads in one task, and runs the application in another, which it hands what it read through a queue: three
tasks and eight passes of the scheduler a request. Here nothing is read before somebody wants it. The application calls
`receive`, and that reads; between two requests the connection itself reads the next head. So a body that comes faster
than it is used waits in the network, and a peer that leaves is noticed where somebody waits for that: an application
that asks `receive` for more after the body, or writes.

What makes HTTP of it is h11, whose rules for framing, keeping alive and refusing are followed; what h11 lets pass and
nobody means well by is refused here (`_objection`). What begins a WebSocket is left to Hypercorn, as it came.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import h11
import trio
from hypercorn.config import Config
from hypercorn.utils import suppress_body

from tomb.nurseries.connection import GuardedStream, SecureStream

Header = tuple[bytes, bytes]

RECEIVED_AT_ONCE = 65_536
LINGER_BYTES = 1_048_576  # of what a peer still sends when it has been answered for good
CHUNKS_AT_ONCE = 64  # taken apart without a pause: of one byte each, 11,000 come at one go

_NO_MORE = {"type": "http.request", "body": b"", "more_body": False}
_DISCONNECT = {"type": "http.disconnect"}


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
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=config.h11_max_incomplete_size)
        self._read: list[bytes] = []  # since the last request, in case the next one is for Hypercorn
        self._idle = trio.CancelScope()
        self._ending = False
        self._crumbled = False  # the body comes in more chunks than were taken apart at once
        self._response: h11.Response | None = None  # said by the application, and not sent yet
        self._method = b""

    def finish(self) -> None:
        """The request that is being answered is the last one; if there is none, hang up."""
        self._ending = True
        self._idle.cancel()

    async def refuse(self, status: int) -> None:
        """Answer without the application, where nothing was answered yet."""
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [(b"content-length", b"0"), (b"connection", b"close"), *self._own_headers()]
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self._write(h11.Response(status_code=status, headers=headers), h11.EndOfMessage())

    async def run(self) -> bytes | None:
        """Until there is no more to be said. Returns what was read, if that begins a WebSocket."""
        try:
            while not self._ending and (request := await self._next_request()) is not None:
                headers = list(request.headers)  # h11 takes them out of triples anew each time
                if (status := _objection(request, headers)) is not None:
                    await self.refuse(status)
                    break
                if _is_websocket(request, headers):
                    return b"".join(self._read)
                await self._converse(request, headers)
                if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                    break
                self._read = [self._h11.trailing_data[0]]
                self._h11.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self.refuse(error.error_status_hint)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return None  # the peer has gone, or was made to
        await self._hang_up()
        return None

    async def _next_request(self) -> h11.Request | None:
        if self._h11.trailing_data[0]:
            await trio.lowlevel.checkpoint()  # who asks without waiting for the answers must not keep others waiting
        with trio.move_on_after(self._config.keep_alive_timeout) as self._idle:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                received = bytes(await self._stream.receive_some(RECEIVED_AT_ONCE))
                self._read.append(received)
                self._h11.receive_data(received)
            return event if isinstance(event, h11.Request) else None  # or ConnectionClosed
        return None

    async def _converse(self, request: h11.Request, headers: list[Header]) -> None:
        path, _, query = request.target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.1"},
            "http_version": request.http_version.decode("ascii"),
            "method": request.method.decode("ascii").upper(),
            "scheme": self._stream.scheme,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": self._stream.peer,
            "server": self._stream.own,
            "extensions": {},
        }
        self._response, self._method = None, request.method
        await self._app(scope, self._receive, self._send)
        for _ in range(CHUNKS_AT_ONCE):
            # What the application did not ask for, and is here already: most often, that there is no body.
            if self._h11.their_state is not h11.SEND_BODY or self._h11.next_event() is h11.NEED_DATA:
                break
        if self._h11.our_state is h11.SEND_RESPONSE and self._h11.their_state is h11.ERROR:
            await self.refuse(400)

    # --- what the application calls ---------------------------------------------------------------------------------

    async def _receive(self) -> Mapping[str, Any]:
        if self._crumbled:
            await trio.lowlevel.checkpoint()  # before anything is taken that a cancel would lose
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                if self._h11.they_are_waiting_for_100_continue:
                    await self._write(h11.InformationalResponse(status_code=100, headers=[]))
                self._h11.receive_data(bytes(await self._stream.receive_some(RECEIVED_AT_ONCE)))
            if isinstance(event, h11.Data):
                return self._piece(event)
            if isinstance(event, h11.EndOfMessage):
                return _NO_MORE
            if event is h11.PAUSED:
                await self._left()
        except (h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # it left in the middle; what it sends is no HTTP; it was made to leave
        return _DISCONNECT

    def _piece(self, event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> Mapping[str, Any]:
        """What has come of a body, in however many chunks it did. Raises RemoteProtocolError."""
        parts: list[bytes] = []
        while isinstance(event, h11.Data):
            parts.append(bytes(event.data))
            if len(parts) == CHUNKS_AT_ONCE:
                break
            event = self._h11.next_event()
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
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *self._own_headers()]
            if self._ending:
                headers.append((b"connection", b"close"))
            self._response = h11.Response(status_code=message["status"], headers=headers)
            self._has_body = not suppress_body(self._method.decode("ascii").upper(), message["status"])
            return
        events: list[h11.Event] = []
        if self._response is not None:
            events.append(self._response)
            self._response = None
        if self._has_body and (body := message.get("body")):
            events.append(h11.Data(data=body))
        if not message.get("more_body"):
            events.append(h11.EndOfMessage())
        await self._write(*events)

    # --- the wire ---------------------------------------------------------------------------------------------------

    async def _write(self, *events: h11.Event) -> None:
        pieces: list[bytes] = []
        for event in events:
            pieces += self._h11.send_with_data_passthrough(event) or ()
        await self._stream.write(*pieces)

    async def _hang_up(self) -> None:
        """Say that no more will come. A peer that is still sending would find its connection reset, and the answer that
        it has not read yet with it (RFC 9112, 9.6)."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.send_eof()
            if self._h11.their_state in (h11.SEND_BODY, h11.ERROR):
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
