"""One Engine.IO session, whatever transport it is on.

A session is born open, over polling or a WebSocket. It may change its transport once, from polling to WebSocket.
`close` lets it finish sending, for `farewell` seconds at most; `drop` ends it on the spot. Both may be called from
anywhere, any number of times; the first reason stands.

    OPEN ──close──> CLOSING ──flushed, or farewell over──> CLOSED
      └────drop───────┴───────────────drop──────────────────^

Its heartbeat and its handlers run in one nursery, the one that `run` opens, and end with it. What reads and writes does
not: those are the tasks of the transport, which the ASGI server began, and which outlive the session by the moment that
a send needs to finish (see `websocket.py`). So a session never waits for a peer's network, and whoever is dropped is
forgotten at once, though its TCP connection may take a while to go.

*Backpressure* goes both ways. Towards the client: `send` cannot wait, for one slow phone must not hold a broadcast
up; so a queue that is full drops its client. Whoever could wait, since it writes to one client only, uses `try_send`
and awaits `outbox.drained()`. From the client: `receive` waits while too many of its events wait for a handler, so its
socket is not read, and TCP tells it to wait. A pong behind those events waits too: a client that keeps its handlers
busy for longer than the ping timeout is taken for dead.
"""

import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

import trio

from tomb.socketio import codec
from tomb.socketio.asgi import HttpRequest
from tomb.socketio.codec import EnginePacket
from tomb.socketio.queues import Outbox, QueueBudget, Workers
from tomb.socketio.reference import engine
from tomb.socketio.types import Counters, Frame, Frames, ProtocolError, Reason, SocketLimits, Timing

log = logging.getLogger(__name__)

# A line a reason, so that whoever rations the log by its lines rations each reason by itself.
_DROPPED = {
    Reason.SLOW_CONSUMER: "dropped a client at %s that reads too slowly: its send queue is full",
    Reason.OUT_OF_MEMORY: "dropped a client at %s: all queues together are full, and its own were the longest",
    Reason.PARSE_ERROR: "dropped a client at %s that breaks the protocol",
    Reason.CONNECT_TIMEOUT: "dropped a client at %s that joined no namespace",
}


class State(Enum):
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class WebSocketTransport(Protocol):
    """A WebSocket, as a session sees it."""

    def stop(self, *, abort: bool) -> None:
        """The session is over. End the connection; with `abort` at once, though a send may be stuck in it."""


class MessageHandler(Protocol):
    """What a session's messages are for: Socket.IO."""

    @property
    def held(self) -> int:
        """Bytes of messages that wait for more messages."""

    @property
    def joined(self) -> trio.Event:
        """Set once the first namespace has been joined."""

    def receive(self, message: Frame) -> None:
        """One message. Raises ProtocolError."""

    def lost(self, reason: Reason) -> None:
        """The session is over; nothing can be sent any more. Called once, synchronously, before `end`."""

    async def end(self) -> None:
        """Tell the application. Shields itself, for `farewell` seconds at most."""


class EngineSession:
    """See the module. `request` is the one that opened it."""

    def __init__(
        self,
        sid: str,
        request: HttpRequest,
        limits: SocketLimits,
        timing: Timing,
        counters: Counters,
        budget: QueueBudget,
    ) -> None:
        self.sid = sid
        self.request = request
        self.limits = limits
        self.timing = timing
        self.counters = counters
        self.state = State.OPEN
        self.reason: Reason | None = None
        self.upgrading = False
        self.polling = False  # a GET is waiting
        self.account = budget.open(lambda: self.drop(Reason.OUT_OF_MEMORY))
        self.outbox = Outbox(limits.queued_packets, limits.queued_bytes, self.account)
        self.ended = trio.Event()
        self.workers: Workers
        self._handler: MessageHandler
        self._nursery: trio.Nursery
        self._transport: WebSocketTransport | None = None
        self._leaving = trio.Event()
        self._pong_due = False

    def __repr__(self) -> str:
        return f"<EngineSession {self.sid} {self.transport} {self.state.name.lower()}>"

    @property
    def transport(self) -> str:
        return "polling" if self._transport is None else "websocket"

    async def run(
        self,
        make_handler: Callable[["EngineSession"], MessageHandler],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """From the handshake to the last disconnect handler. `started()` when it can receive."""
        limits = self.limits
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self.workers = Workers(
                    nursery, limits.handlers_at_once, limits.handlers_waiting, limits.message_bytes, self.account
                )
                self._handler = make_handler(self)
                task_status.started()
                try:
                    nursery.start_soon(self._expect_connect)
                    await self._beat()
                    # The farewell deadline. Whoever reads has long been told by now; the others are not worth more.
                    with trio.move_on_after(self.timing.farewell):
                        await trio.sleep_forever()
                finally:
                    # Also when cancelled from above, by a server that ends or a task beside this one that failed: a
                    # transport may stand in a send that nothing can cancel, and only `drop` breaks that.
                    self.drop(Reason.SERVER_SHUTDOWN)
        finally:
            await self._handler.end()
            self.ended.set()

    def adopt(self, transport: WebSocketTransport) -> None:
        """From here on everything goes over this WebSocket."""
        self.upgrading = False
        self._transport = transport
        if self.state is State.CLOSED:
            transport.stop(abort=False)

    def send(self, frames: Frames) -> None:
        """Queue one message. A client whose queue is full is dropped; one that is leaving gets nothing more."""
        if not self.try_send(frames):
            self.drop(Reason.SLOW_CONSUMER)

    def try_send(self, frames: Frames) -> bool:
        """As `send`, but False, and nothing queued, where the queue is full."""
        return self.state is not State.OPEN or self.outbox.put(frames)

    async def receive(self, packet: EnginePacket) -> None:
        """One packet from the client; waits while its handlers have no room. Raises ProtocolError."""
        if self.state is State.CLOSED:
            return
        match packet.type:
            case engine.MESSAGE:
                held = self._handler.held
                self._handler.receive(packet.data)
                if self._handler.held != held:
                    self.account.change(self._handler.held - held)
                await self.workers.accepting()
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
        """End now. `abort`: the peer may have stopped reading, so break the connection rather than close it."""
        if self.state is State.CLOSED:
            return
        self.reason = self.reason or reason
        self.counters.ended[self.reason] += 1
        if line := _DROPPED.get(self.reason):
            log.warning(line, self.request.address or "an unknown address")
        self.state = State.CLOSED
        self.outbox.discard()
        self.account.close()
        self._handler.lost(self.reason)
        self._nursery.cancel_scope.cancel()
        if self._transport is not None:
            self._transport.stop(abort=abort)

    def flushed(self) -> None:
        """The last queued frame of a closing session is out."""
        self.drop(self.reason or Reason.SERVER_DISCONNECT, abort=False)

    async def _expect_connect(self) -> None:
        """A client that opens a session and says no more holds a place that somebody could use."""
        with trio.move_on_after(self.timing.connect_timeout):
            await self._handler.joined.wait()
            return
        self.close(Reason.CONNECT_TIMEOUT)

    async def _beat(self) -> None:
        """A ping every `ping_interval`; ends when the session is to be closed, or no pong came."""
        pause = self.timing.ping_interval
        while not await self._closing(within=pause):
            self._pong_due = True
            self.send((codec.PING,))
            if await self._closing(within=self.timing.ping_timeout):
                return
            if self._pong_due:
                self.drop(Reason.PING_TIMEOUT)
                return
            # A client reckons from ping to ping, so the wait for the pong is a part of the interval.
            pause = max(0.0, self.timing.ping_interval - self.timing.ping_timeout)

    async def _closing(self, within: float) -> bool:
        with trio.move_on_after(within):
            await self._leaving.wait()
        return self._leaving.is_set()
