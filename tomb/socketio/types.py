"""The vocabulary: what crosses the wire, limits, timing, why a client left, and what can go wrong.

SocketIOError
├── ProtocolError   the peer sent what the protocols do not allow; its connection ends
├── Refused         a connect handler turns a client away; the client is told why
├── ClientGone      an answer was awaited from a client that left
└── CallTimeout     an answer was awaited from a client that stayed silent
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct, field

# What an argument of an event may be: JSON, with bytes allowed anywhere inside.
Data: TypeAlias = bool | int | float | str | bytes | Sequence["Data"] | Mapping[str, "Data"] | None

# One Engine.IO packet as it goes into a WebSocket frame: text, or the bare bytes of a binary attachment.
Frame: TypeAlias = str | bytes
Frames: TypeAlias = tuple[Frame, ...]

# ASGI 3 gives its messages no closer type than these; everything of ours behind `asgi.py` is typed.
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


class RawJson(Struct, frozen=True):
    """An argument that is JSON text already. It is spliced into the packet as it stands, and never parsed.

    `text`: one complete JSON value; bytes are UTF-8. Whoever hands it in answers for its being JSON.
    """

    text: str | bytes


class Reason(StrEnum):
    """Why a client left. Where the JavaScript server knows the case, the words are its own."""

    CLIENT_DISCONNECT = "client namespace disconnect"
    SERVER_DISCONNECT = "server namespace disconnect"
    SERVER_SHUTDOWN = "server shutting down"
    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"
    PING_TIMEOUT = "ping timeout"
    PARSE_ERROR = "parse error"
    SLOW_CONSUMER = "send queue full"
    OUT_OF_MEMORY = "all queues together full"
    CONNECT_TIMEOUT = "no namespace joined"


class SocketLimits(Struct, frozen=True, kw_only=True):
    """Everything that could grow has an end."""

    connections: int = 512
    connections_per_address: int = 256
    message_bytes: int = 1_000_000  # one message in, attachments included; one polling body; announced as maxPayload
    message_values: int = (
        10_000  # brackets, commas and colons in its text: what Python makes of it is 64 bytes for each
    )
    attachments: int = 16  # binary parts of one event
    namespaces_per_connection: int = 8
    payload_packets_in: int = 16  # packets in one polling POST; one more, and it is refused
    payload_packets_out: int = 16  # packets in one answer to a poll, the rest in the next: python clients refuse more
    drain_packets: int = 50  # packets one WebSocket is given before the others get a turn
    queued_packets: int = 512  # waiting for one client; one more and that client is dropped
    queued_bytes: int = 4_000_000  # characters of text plus bytes, likewise; one larger message may wait beside them
    handlers_at_once: int = 16  # of one client
    handlers_waiting: int = 64  # of one client, of `message_bytes` in all; then its socket is not read for a while
    held_bytes: int = 32_000_000  # in the queues of all connections, either way; beyond it the largest is dropped
    gzip_over_bytes: int = 1024  # polling answers longer than this are compressed where the client accepts it


class Timing(Struct, frozen=True, kw_only=True):
    """All in seconds, on Trio's clock."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    connect_timeout: float = 45.0  # from the handshake to the first namespace joined
    upgrade_timeout: float = 10.0  # from the WebSocket's opening to the client's upgrade packet
    body_timeout: float = 20.0  # for the body of a POST to arrive
    farewell: float = 0.5  # for a closing connection to be told, and for its disconnect handlers


class Counters(Struct):
    """Since the server was made. For a health page; nothing is decided by them."""

    connections: int = 0
    refused: int = 0
    unknown_events: int = 0
    handler_failures: int = 0
    connection_failures: int = 0  # something was raised that nobody foresaw, and a connection or a request ended of it
    ended: Counter[Reason] = field(default_factory=Counter)  # connections, by why


class SocketIOError(Exception):
    """Root of everything this package raises on purpose."""


class ProtocolError(SocketIOError):
    """The peer broke the Engine.IO or Socket.IO protocol. Never raised into a handler."""


class Refused(SocketIOError):
    """Raise it in a connect handler: the client's `connect_error` gets `message`, and `data` as `err.data`."""

    def __init__(self, message: str, data: Data = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class ClientGone(SocketIOError):
    """`call()` or `drain()` found the client disconnected, or it left meanwhile."""


class CallTimeout(SocketIOError, TimeoutError):
    """`call()` waited its whole timeout for the acknowledgement."""
