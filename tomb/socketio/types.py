"""The vocabulary: what crosses the wire, limits, timing, and why a client left."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

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


@dataclass(frozen=True, slots=True)
class RawJson:
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
    NOTHING_JOINED = "no namespace joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything that could grow has an end."""

    connections: int = 512
    connections_per_address: int = 256
    message_bytes: int = 1_000_000  # one message in, and one polling body; announced as maxPayload
    attachments: int = 16  # binary parts of one event
    namespaces_per_connection: int = 8
    payload_packets_in: int = 16  # packets in one polling POST; one more, and it is refused
    payload_packets_out: int = 16  # packets in one answer to a poll, the rest in the next: python clients refuse more
    drain_packets: int = 50  # packets one WebSocket is given before the others get a turn
    queued_packets: int = 512  # waiting for one client; one more and that client is dropped
    queued_bytes: int = 4_000_000  # characters of text plus bytes, likewise; one bigger message may still stand alone
    handlers_at_once: int = 16  # of one client
    handlers_waiting: int = 64  # of one client; then its socket is not read until there is room
    gzip_over_bytes: int = 1024  # polling answers longer than this are compressed where the client accepts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds, on Trio's clock."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    upgrade_timeout: float = 10.0  # from the WebSocket's opening to the client's upgrade packet
    body_timeout: float = 20.0  # for the body of a POST to arrive
    farewell: float = 0.5  # for a closing connection to be told, and for its disconnect handlers


@dataclass(slots=True)
class Counters:
    """Since the server was made. For a health page; nothing is decided by them."""

    connections: int = 0
    refused: int = 0
    unknown_events: int = 0
    handler_failures: int = 0
    ended: Counter[Reason] = field(default_factory=Counter)  # connections, by why
