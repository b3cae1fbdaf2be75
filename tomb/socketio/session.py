"""One Engine.IO connection, whatever carries it.

A session is born open, over polling or a WebSocket. It may change its carrier once, from polling to WebSocket. `close`
lets it finish sending, for `farewell` seconds at most; `drop` ends it on the spot. Both may be called from anywhere,
any number of times; the first reason stands.

    OPEN ──close──> CLOSING ──flushed, or farewell over──> CLOSED
      └────drop───────┴───────────────drop──────────────────^

All of its tasks — heartbeat, WebSocket writer, handlers — are in one nursery, the one that `run` opens.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

import trio
from engineio import packet as engine

from tomb.socketio import codec
from tomb.socketio.asgi import Request
from tomb.socketio.codec import EnginePacket
from tomb.socketio.errors import ProtocolError
from tomb.socketio.outbox import Outbox
from tomb.socketio.types import Counters, Frame, Frames, Limits, Reason, Timing
from tomb.socketio.workers import Workers


class State(Enum):
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class Carrier(Protocol):
    """A WebSocket, as a session sees it."""

    async def write(self, outbox: Outbox) -> None:
        """Send what the outbox holds and gets, until it is closed and empty."""

    def stop(self, *, abort: bool) -> None:
        """End it; with `abort` at once, though a send may be stuck in it."""


class Layer(Protocol):
    """What lives on a session: Socket.IO."""

    @property
    def in_use(self) -> bool:
        """False where nothing has been joined, so that nobody would miss the session."""

    def receive(self, message: Frame) -> None:
        """One message. Raises ProtocolError."""

    def lost(self, reason: Reason) -> None:
        """The session is over; nothing can be sent any more. Called once, synchronously, before `end`."""

    async def end(self) -> None:
        """Tell the application. Shields itself, for `farewell` seconds at most."""


class Session:
    """See the module. `request` is the one that opened it."""

    def __init__(self, sid: str, request: Request, limits: Limits, timing: Timing, counters: Counters) -> None:
        self.sid = sid
        self.request = request
        self.limits = limits
        self.timing = timing
        self.counters = counters
        self.state = State.OPEN
        self.reason: Reason | None = None
        self.upgrading = False
        self.polling = False  # a GET is waiting
        self.outbox = Outbox(limits.queued_packets, limits.queued_bytes)
        self.ended = trio.Event()
        self.workers: Workers
        self._layer: Layer
        self._nursery: trio.Nursery
        self._carrier: Carrier | None = None
        self._leaving = trio.Event()
        self._pong_due = False

    def __repr__(self) -> str:
        return f"<Session {self.sid} {self.transport} {self.state.name.lower()}>"

    @property
    def transport(self) -> str:
        return "polling" if self._carrier is None else "websocket"

    async def run(
        self, make_layer: Callable[["Session"], Layer], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """From the handshake to the last disconnect handler. `started()` when it can receive."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self.workers = Workers(nursery, self.limits.handlers_at_once, self.limits.handlers_waiting)
                self._layer = make_layer(self)
                task_status.started()
                try:
                    await self._beat()
                    with trio.move_on_after(self.timing.farewell):
                        await trio.sleep_forever()
                finally:
                    # Also when cancelled from above: a carrier stuck in a shielded send would hold this nursery.
                    self.drop(Reason.SERVER_SHUTDOWN)
        finally:
            await self._layer.end()
            self.ended.set()

    def adopt(self, carrier: Carrier) -> None:
        """From here on everything goes over this WebSocket."""
        self.upgrading = False
        self._carrier = carrier
        if self.state is State.CLOSED:
            carrier.stop(abort=False)
        else:
            self._nursery.start_soon(self._write, carrier)

    def send(self, frames: Frames) -> None:
        """Queue one message. A client whose queue is full is dropped; one that is leaving gets nothing more."""
        if self.state is State.OPEN and not self.outbox.put(frames):
            self.drop(Reason.SLOW_CONSUMER)

    async def receive(self, packet: EnginePacket) -> None:
        """One packet from the client; waits while its handlers have no room. Raises ProtocolError."""
        if self.state is State.CLOSED:
            return
        match packet.type:
            case engine.MESSAGE:
                self._layer.receive(packet.data)
                await self.workers.room()
            case engine.PONG:
                self._pong_due = False
            case engine.CLOSE:
                self.drop(Reason.TRANSPORT_CLOSE, abort=False)
            case engine.NOOP:
                pass
            case _:
                raise ProtocolError("a packet that only a server sends")

    def close(self, reason: Reason, last_word: Frames = (codec.CLOSE,)) -> None:
        """Say goodbye: what is queued is still sent, then the last word, within `farewell` seconds."""
        if self.state is State.OPEN:
            self.reason = self.reason or reason
            self.outbox.put(last_word)
            self.state = State.CLOSING
            self.outbox.close()
            self._leaving.set()

    def drop(self, reason: Reason, *, abort: bool = True) -> None:
        """End now. `abort`: the carrier may be stuck, so break it rather than ask it."""
        if self.state is State.CLOSED:
            return
        self.reason = self.reason or reason
        self.counters.ended[self.reason] += 1
        self.state = State.CLOSED
        self.outbox.close()
        self._layer.lost(self.reason)
        self._nursery.cancel_scope.cancel()
        if self._carrier is not None:
            self._carrier.stop(abort=abort)

    def flushed(self) -> None:
        """The last queued frame of a closing session is out."""
        self.drop(self.reason or Reason.SERVER_DISCONNECT, abort=False)

    async def _write(self, carrier: Carrier) -> None:
        await carrier.write(self.outbox)
        self.flushed()

    async def _beat(self) -> None:
        """A ping every `ping_interval`; ends when the session is to be closed, or no pong came."""
        pause = self.timing.ping_interval
        while not await self._told_to_leave(within=pause):
            if not self._layer.in_use:
                self.close(Reason.NOTHING_JOINED)
                return
            self._pong_due = True
            self.send((codec.PING,))
            if await self._told_to_leave(within=self.timing.ping_timeout):
                return
            if self._pong_due:
                self.drop(Reason.PING_TIMEOUT)
                return
            # A client reckons from ping to ping, so the wait for the pong is a part of the interval.
            pause = max(0.0, self.timing.ping_interval - self.timing.ping_timeout)

    async def _told_to_leave(self, within: float) -> bool:
        with trio.move_on_after(within):
            await self._leaving.wait()
        return self._leaving.is_set()
