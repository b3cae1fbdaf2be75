"""The WebSocket as a session's carrier: from the start, or after an upgrade from polling."""

from collections.abc import Callable

import trio

from tomb.socketio import codec
from tomb.socketio.asgi import Request
from tomb.socketio.errors import ProtocolError
from tomb.socketio.outbox import Outbox
from tomb.socketio.session import Session
from tomb.socketio.types import Frame, Reason, Receive, Send


class WebSocket:
    """One accepted ASGI WebSocket. Its reader is the task that ASGI gave us, its writer is one of the session's."""

    def __init__(self, request: Request, receive: Receive, send: Send, max_bytes: int, drain: int) -> None:
        self._receive = receive
        self._send = send
        self._abort: Callable[[], None] | None = request.abort
        self._max_bytes = max_bytes
        self._drain = drain
        self._reading = trio.CancelScope()
        self._gone = False

    async def converse(self, session: Session) -> None:
        """Carry `session` until either side ends it."""
        session.adopt(self)
        try:
            with self._reading:
                await self._read(session)
        finally:
            session.drop(Reason.TRANSPORT_CLOSE, abort=False)
        if not self._gone:
            await self._send({"type": "websocket.close", "code": 1000})

    async def probe(self, session: Session) -> bool:
        """The client's side of an upgrade: probe, then, its poll having ended, change over. Raises ProtocolError."""
        if await self._next() != codec.PROBE:
            return False
        session.outbox.nudge()
        await self._send({"type": "websocket.send", "text": codec.PROBED})
        return await self._next() == codec.UPGRADE

    async def refuse(self) -> None:
        """End it before it carried anything."""
        if not self._gone:
            await self._send({"type": "websocket.close", "code": 1002})

    async def write(self, outbox: Outbox) -> None:
        while len(outbox) or not outbox.closed:
            await outbox.wait()
            for frame in outbox.take(self._drain):
                kind = "text" if isinstance(frame, str) else "bytes"
                await self._send({"type": "websocket.send", kind: frame})
            if len(outbox):
                await trio.lowlevel.checkpoint()  # a send need not be one where the kernel has room

    def stop(self, *, abort: bool) -> None:
        self._reading.cancel()
        if abort and self._abort is not None:
            self._abort()

    async def _read(self, session: Session) -> None:
        try:
            while (frame := await self._next()) is not None:
                await session.receive(codec.decode_frame(frame))
        except ProtocolError:
            session.drop(Reason.PARSE_ERROR, abort=False)

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
