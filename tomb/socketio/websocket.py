"""The WebSocket as a session's transport: from the start, or after an upgrade from polling.

*One task writes to a connection, its close included.* ASGI servers keep one state a WebSocket and raise where a message
does not fit it, as a frame after the close does; and they shield their sends, so a task that is in one cannot be called
back. Whoever else would send a close, because the session has ended meanwhile, would send it into the middle of that.
So the task that ASGI gave us is the only one that sends. It ends when the session's queue is closed and empty, which
`close` and `drop` see to, looks at the session before each frame, and then says the close itself.

The reader is a second task, a child of the first. When the session is over it wakes the writer: after
`farewell` seconds it breaks the connection, which is the only thing that ends a send to a peer that has stopped
reading. Where the server has no way to break it (see `asgi.ABORT_EXTENSION`) the writer is cancelled, which helps with
servers that do not shield.

Whatever the server raises here, for whatever reason, leaves through `carry` and ends this one connection: the session
is dropped on the way, and `SocketServer` logs and counts it.
"""

from collections.abc import Callable, Iterator, Sequence

import trio

from tomb.socketio import codec
from tomb.socketio.asgi import HttpRequest
from tomb.socketio.session import EngineSession, State
from tomb.socketio.types import Frame, Message, ProtocolError, Reason, Receive, Send

TOGETHER = 65_536  # characters and bytes in one write, if it is several messages


class WebSocket:
    """One accepted ASGI WebSocket. All of it is called by the task that ASGI gave us, but for `stop`."""

    def __init__(self, request: HttpRequest, receive: Receive, send: Send, max_bytes: int, drain: int) -> None:
        self._receive = receive
        self._send = send
        self._abort: Callable[[], None] | None = request.abort
        self._takes_frames = request.takes_frames
        self._max_bytes = max_bytes
        self._drain = drain
        self._reading = trio.CancelScope()
        self._gone = False

    async def carry(self, session: EngineSession) -> None:
        """Be the session's transport until either side ends it."""
        session.adopt(self)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read, session, nursery.cancel_scope)
                await self._write(session)
                await self.close()
                nursery.cancel_scope.cancel()
        finally:
            session.drop(Reason.TRANSPORT_ERROR)

    async def probe(self, session: EngineSession) -> bool:
        """The client's side of an upgrade: probe, then, its poll having ended, change over. Raises ProtocolError."""
        if await self._next() != codec.PROBE:
            return False
        session.outbox.nudge()
        await self._send({"type": "websocket.send", "text": codec.PROBED})
        return await self._next() == codec.UPGRADE

    async def close(self) -> None:
        if not self._gone:
            await self._send({"type": "websocket.close", "code": 1000})

    def stop(self, *, abort: bool) -> None:
        """For the session, when it is over. Its queue is closed, which ends the writer."""
        self._reading.cancel()
        if abort:
            self._break()

    async def _write(self, session: EngineSession) -> None:
        outbox = session.outbox
        while len(outbox) or not outbox.closed:
            await outbox.wait()
            frames = outbox.take(self._drain)
            for message in _together(frames) if self._takes_frames else map(_alone, frames):
                if session.state is State.CLOSED:
                    return  # dropped while these were being sent
                await self._send(message)
            if len(outbox):
                await trio.lowlevel.checkpoint()  # a send need not be one where the kernel has space
        session.flushed()

    async def _read(self, session: EngineSession, both: trio.CancelScope) -> None:
        with self._reading:
            try:
                while (frame := await self._next()) is not None:
                    await session.receive(codec.decode_frame(frame))
            except ProtocolError:
                session.drop(Reason.PARSE_ERROR, abort=False)
            session.drop(Reason.TRANSPORT_CLOSE, abort=False)
        await trio.sleep(session.timing.farewell)
        self._break()
        both.cancel()

    def _break(self) -> None:
        if self._abort is not None:
            self._abort()

    async def _next(self) -> Frame | None:
        """The next frame; None where the peer is gone."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._gone = True
            return None
        text: str | None = message.get("text")
        frame: Frame = text if text is not None else message["bytes"]
        if len(frame) > self._max_bytes:
            raise ProtocolError("a message over the limit")
        return frame


def _alone(frame: Frame) -> Message:
    return {"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame}


def _together(frames: Sequence[Frame]) -> Iterator[Message]:
    """In as few messages as may be: of those together a copy is made, which a slow peer may hold for minutes."""
    begin = size = 0
    for place, frame in enumerate(frames):
        if place > begin and size + len(frame) > TOGETHER:
            yield {"type": "websocket.send", "frames": frames[begin:place]}
            begin, size = place, 0
        size += len(frame)
    if frames:
        yield {"type": "websocket.send", "frames": frames[begin:]}
