"""Hypercorn's WebSocket handshake without permessage-deflate, its message buffer with an end, and many frames at once.

Hypercorn 0.18 offers permessage-deflate in `protocol/ws_stream.py` and has no setting against it. Each connection that
takes the offer keeps two zlib contexts, about 100 kB, and every frame is compressed once a client. And when a message
is over `websocket_max_message_size` it sends a close frame, but keeps what the peer sends on, without end.

And an application is told of the end of its connection through the queue that its messages come by, which waits where
that is full. It may be full for good: the application has ended, or is about to and reads no more, or it is that very
task which tells, since a send of its own found the connection broken. All this behind the shield of a write, so neither
a closing peer nor a cancel ended such a connection. Here the end needs no space: it ends the queue, and comes when the
queue has been read. What is put into a queue whose application has ended goes nowhere.

What a server says to many is the same bytes for each of them, for it masks nothing and compresses nothing. Hypercorn
makes them anew for every connection, by way of an event, and writes each message by itself. Here an application may
send several messages in one, `{"type": "websocket.send", "frames": [...]}`, where a scope's `extensions` have `FRAMES`:
they are one write, and of a message that has just been said to another connection the bytes are there.

The classes are looked up by name in their modules when a connection opens, so putting ours in their place is the whole
change. `tests/nurseries/test_hypercorn_patch.py` fails when another Hypercorn does it differently.
"""

import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import trio
from hypercorn.config import Config
from hypercorn.protocol import h11 as h11_protocol
from hypercorn.protocol import ws_stream
from hypercorn.protocol.events import Body, Data, Event, StreamClosed
from hypercorn.trio import tcp_server
from hypercorn.trio.task_group import TaskGroup
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope
from wsproto.events import Message
from wsproto.frame_protocol import CloseReason

FRAMES: Final = "websocket.frames"
_REMEMBERED, _REMEMBERED_SIZE = 8, 16_384  # messages, and characters of one: more is not worth its memory


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


class EndingStream(ws_stream.WSStream):
    """Tells the application of the end in any case.

    Hypercorn answers 400 to whoever sends frames before the handshake was accepted, takes the stream for closed, and
    says no more to the application, which has been asked already: it held the place of a peer that had long gone until
    a heartbeat found out.
    """

    refused = False

    async def handle(self, event: Event) -> None:
        closed_before = self.closed
        if isinstance(event, Body | Data) and not closed_before and not self.handshake.accepted:
            self.refused = True  # while the 400 is on its way the application may accept: that would be a second answer
        await super().handle(event)
        if closed_before and isinstance(event, StreamClosed) and self.app_put is not None:
            await self.app_put({"type": "websocket.disconnect", "code": CloseReason.ABNORMAL_CLOSURE.value})

    async def app_send(self, message: ASGISendEvent | None) -> None:
        if self.refused:
            return
        frames: Any = None if message is None else message.get("frames")
        if frames is None:
            await super().app_send(message)
        elif not self.closed and self.state is ws_stream.ASGIWebsocketState.CONNECTED:
            await self.send(Data(stream_id=self.stream_id, data=b"".join(map(frame, frames))))


class EndingQueues(TaskGroup):
    """The tasks of a connection. An application's queue ends with the connection, and with the application."""

    async def spawn_app(
        self, app: AppWrapper, config: Config, scope: Scope, send: Callable[..., Awaitable[None]]
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        end: ASGIReceiveEvent

        async def run_app(scope: Any, receive: Any, send: Any, sync_spawn: Any, call_soon: Any) -> None:
            async def receive_to_the_end() -> ASGIReceiveEvent:
                try:
                    event: ASGIReceiveEvent = await receive()
                except trio.EndOfChannel:
                    return end
                return event

            try:
                await app(scope, receive_to_the_end, send, sync_spawn, call_soon)
            finally:
                receive.__self__.close()  # the channel whose method it is

        put: Any = await super().spawn_app(run_app, config, scope, send)

        async def put_or_end(event: ASGIReceiveEvent) -> None:
            nonlocal end
            if event["type"].endswith(".disconnect"):
                end = event
                put.__self__.close()
            else:
                with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await put(event)

        return put_or_end


def frame(message: str | bytes) -> bytes:
    """A message as a server's one frame (RFC 6455, 5.2)."""
    return _remembered(message) if len(message) <= _REMEMBERED_SIZE else _frame(message)


def _frame(message: str | bytes) -> bytes:
    payload, final_and_kind = (message.encode(), 0x81) if isinstance(message, str) else (message, 0x82)
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", final_and_kind, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", final_and_kind, 126, size) + payload
    return struct.pack("!BBQ", final_and_kind, 127, size) + payload


_remembered = lru_cache(_REMEMBERED)(_frame)


def install() -> None:
    """Once a process is enough; again does nothing."""
    # Through setattr, for to a type checker a class is not a variable.
    setattr(ws_stream, "Handshake", PlainHandshake)  # noqa: B010
    setattr(ws_stream, "WebsocketBuffer", BoundedBuffer)  # noqa: B010
    setattr(h11_protocol, "WSStream", EndingStream)  # noqa: B010
    setattr(tcp_server, "TaskGroup", EndingQueues)  # noqa: B010
