"""Hypercorn's WebSocket handshake without permessage-deflate, its message buffer with an end, and HTTP/1.1 alone.

Hypercorn 0.18 offers permessage-deflate in `protocol/ws_stream.py` and has no setting against it. Each connection that
takes the offer keeps two zlib contexts, about 100 kB, and every frame is compressed once a client. And when a message
is over `websocket_max_message_size` it sends a close frame, but keeps what the peer sends on, without end.

And it changes to HTTP/2 in clear for whoever asks, which no browser does: each stream with a closed window pins what is
sent on it, and settings that are no base64 end in a traceback for each try.

The classes are looked up by name in their modules when a connection or a WebSocket opens, so putting ours in their
place is the whole change. `tests/nurseries/test_hypercorn_patch.py` fails when another Hypercorn does it differently.
"""

from typing import Any

from h11 import Request
from hypercorn import protocol
from hypercorn.protocol import h11, ws_stream
from wsproto.events import Message


class PlainHandshake(ws_stream.Handshake):
    """Hears no offer of an extension, so it accepts none."""

    def __init__(self, headers: list[tuple[bytes, bytes]], http_version: str) -> None:
        super().__init__(headers, http_version)
        self.extensions = None


class BoundedBuffer(ws_stream.WebsocketBuffer):
    """Lets go of a message that has become too long, and takes no more of it."""

    def extend(self, event: Message[Any]) -> None:
        if self.length > self.max_length:
            raise ws_stream.FrameTooLargeError
        try:
            super().extend(event)
        except ws_stream.FrameTooLargeError:
            self.value = None
            raise


class PlainHttp(h11.H11Protocol):
    """Hears no offer to change to HTTP/2, which a server may pass over (RFC 9110, section 7.8)."""

    async def _check_protocol(self, event: Request) -> None:
        pass


def install() -> None:
    """Once a process is enough; again does nothing."""
    # Through setattr, for to a type checker a class is not a variable.
    setattr(ws_stream, "Handshake", PlainHandshake)  # noqa: B010
    setattr(ws_stream, "WebsocketBuffer", BoundedBuffer)  # noqa: B010
    setattr(protocol, "H11Protocol", PlainHttp)  # noqa: B010
