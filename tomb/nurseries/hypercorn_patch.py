"""Hypercorn's WebSocket handshake without permessage-deflate, and its message buffer with an end.

Hypercorn 0.18 offers permessage-deflate in `protocol/ws_stream.py` and has no setting against it. Each connection that
takes the offer keeps two zlib contexts, about 100 kB, and every frame is compressed once a client. And when a message
is over `websocket_max_message_size` it sends a close frame, but keeps what the peer sends on, without end.

Both classes are looked up by name in that module when a WebSocket opens, so putting ours in their place is the whole
change. `tests/nurseries/test_handshake.py` fails when another Hypercorn does it differently.
"""

from typing import Any

from hypercorn.protocol import ws_stream
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


def install() -> None:
    """Once a process is enough; again does nothing."""
    # Through setattr, for to a type checker a class is not a variable.
    setattr(ws_stream, "Handshake", PlainHandshake)  # noqa: B010
    setattr(ws_stream, "WebsocketBuffer", BoundedBuffer)  # noqa: B010
