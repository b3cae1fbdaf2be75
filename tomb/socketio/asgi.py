"""The ASGI edge: untyped messages become an HttpRequest here, and answers become messages."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Literal, cast
from urllib.parse import parse_qsl

import trio
from msgspec import Struct

from tomb.socketio.types import Receive, Scope, Send

# The key in a scope's `extensions` under which a server may hand in a synchronous way to break the connection.
# ASGI has none, and without it a peer that stopped reading holds its connection for as long as its server lets it.
ABORT_EXTENSION = "connection.abort"
# Likewise, where `{"type": "websocket.send", "frames": [...]}` is understood: several messages, each a str or bytes, in
# one write. What is said to many at once is mostly several small ones.
FRAMES_EXTENSION = "websocket.frames"


class HttpRequest(Struct, frozen=True):
    """What opened a connection. `scope` is the ASGI scope itself, for what is not spelled out here."""

    kind: Literal["http", "websocket"]
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case; repeated ones joined by commas (RFC 9110, 5.3)
    address: str  # of the peer, without its port; "" where the server does not say
    scope: Scope

    @classmethod
    def of(cls, scope: Scope) -> "HttpRequest":
        client = scope.get("client")
        return cls(
            kind=cast(Literal["http", "websocket"], scope["type"]),
            method=scope.get("method", "GET"),
            path=scope["path"],
            query=dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)),
            headers=_headers(scope["headers"]),
            address=client[0] if client else "",
            scope=scope,
        )

    @property
    def abort(self) -> Callable[[], None] | None:
        found: Callable[[], None] | None = (self.scope.get("extensions") or {}).get(ABORT_EXTENSION)
        return found

    @property
    def takes_frames(self) -> bool:
        return FRAMES_EXTENSION in (self.scope.get("extensions") or {})


class HttpResponse(Struct, frozen=True):
    """One HTTP answer with its whole body."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=UTF-8"


class Refusal(Enum):
    """The refusals of the reference server, with its codes; those without one of their own share 3, "bad request".

    https://github.com/socketio/socket.io/blob/main/packages/engine.io/lib/server.ts
    """

    TRANSPORT_UNKNOWN = (400, 0, "Transport unknown")
    SESSION_UNKNOWN = (400, 1, "Session ID unknown")
    HANDSHAKE_METHOD = (400, 2, "Bad handshake method")
    BAD_REQUEST = (400, 3, "Bad request")
    FORBIDDEN = (403, 4, "Forbidden")
    PROTOCOL_VERSION = (400, 5, "Unsupported protocol version")
    METHOD = (405, 3, "Method not allowed")
    BODY_TIMEOUT = (408, 3, "The body did not arrive in time")
    BODY_SIZE = (413, 3, "The body is too large")
    NOT_FOUND = (404, 3, "Not found")
    BUSY_ADDRESS = (429, 3, "Too many connections from this address")
    BUSY = (503, 3, "Too many connections")
    FAILED = (500, 3, "Internal error")
    CLOSED = (503, 3, "The server is shutting down")

    def answer(self) -> HttpResponse:
        status, code, message = self.value
        body = json.dumps({"code": code, "message": message}, separators=(",", ":")).encode()
        return HttpResponse(status, body, "application/json")


async def send_answer(
    send: Send, answer: HttpResponse, request: HttpRequest, *, cross_origin: bool, gzip_over_bytes: int | None = None
) -> None:
    """`cross_origin`: echo the request's Origin, so that a page from there may read the answer, with credentials."""
    body = answer.body
    headers: list[tuple[bytes, bytes]] = [
        (b"content-type", answer.content_type.encode()),
        (b"cache-control", b"no-store"),
    ]
    if gzip_over_bytes is not None and len(body) > gzip_over_bytes and _takes_gzip(request):
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    if cross_origin:
        headers += _cross_origin_headers(request)
    if answer.status != 204:  # which must not have one (RFC 9110, 8.6)
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse_websocket(send: Send, refusal: Refusal, request: HttpRequest) -> None:
    """With its own status and body where the server can; else ASGI turns the close into a bare 403."""
    if "websocket.http.response" not in (request.scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = refusal.answer()
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


async def read_body(receive: Receive, request: HttpRequest, max_bytes: int, timeout: float) -> bytes | Refusal | None:
    """The body; or why not; or None where the peer left before it had sent it all."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > max_bytes:
        return Refusal.BODY_SIZE
    chunks = bytearray()
    with trio.move_on_after(timeout):
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunks += message.get("body", b"")
            if len(chunks) > max_bytes:
                return Refusal.BODY_SIZE
            if not message.get("more_body"):
                return bytes(chunks)
    return Refusal.BODY_TIMEOUT


async def lifespan(receive: Receive, send: Send) -> None:
    """For a server that is the whole application: nothing to set up, nothing to tear down."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _takes_gzip(request: HttpRequest) -> bool:
    offers = [offer.replace(" ", "") for offer in request.headers.get("accept-encoding", "").lower().split(",")]
    return any(offer.split(";")[0] == "gzip" and not offer.endswith((";q=0", ";q=0.0")) for offer in offers)


def _cross_origin_headers(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    headers = [(b"vary", b"Origin")]
    if origin := request.headers.get("origin"):
        headers += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
        ]
    if request.method == "OPTIONS":
        wanted = request.headers.get("access-control-request-headers", "content-type")
        headers += [
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-allow-headers", wanted.encode("latin-1")),
        ]
    return headers
