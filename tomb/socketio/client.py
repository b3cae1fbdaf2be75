"""A client: one connection's presence in one namespace."""

from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING

import trio

from tomb.socketio import codec
from tomb.socketio.asgi import HttpRequest
from tomb.socketio.namespace import Namespace
from tomb.socketio.reference import sio
from tomb.socketio.types import CallTimeout, ClientGone, Data, Frames, RawJson, Reason

if TYPE_CHECKING:
    from tomb.socketio.multiplexer import Multiplexer


class ClientState(Enum):
    """PENDING while the connect handler decides; a refused client goes from there to GONE."""

    PENDING = auto()
    CONNECTED = auto()
    GONE = auto()


class _Call:
    """An acknowledgement that is awaited: `done` without an answer means that the client left."""

    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = trio.Event()
        self.answer: tuple[Data, ...] | None = None


class Client:
    """What handlers are given. `sid` is its own in each namespace and differs from the connection's."""

    __slots__ = (
        "_calls",
        "_ids",
        "_multiplexer",
        "_namespace",
        "_pending",
        "_pending_bytes",
        "_session",
        "sid",
        "state",
    )

    def __init__(self, sid: str, namespace: Namespace, multiplexer: "Multiplexer") -> None:
        self.sid = sid
        self.state = ClientState.PENDING
        self._namespace = namespace
        self._multiplexer = multiplexer
        self._session = multiplexer.session
        self._pending: list[Frames] = []
        self._pending_bytes = 0
        self._calls: dict[int, _Call] = {}
        self._ids = count(1)

    def __repr__(self) -> str:
        return f"<Client {self.sid} {self._namespace.name} {self.state.name.lower()}>"

    @property
    def namespace(self) -> str:
        return self._namespace.name

    @property
    def request(self) -> HttpRequest:
        """What opened the connection: headers, query, peer address, ASGI scope."""
        return self._session.request

    @property
    def transport(self) -> str:
        """`polling` or `websocket`, at this moment."""
        return self._session.transport

    @property
    def rooms(self) -> frozenset[str]:
        return self._namespace.rooms.of(self)

    def enter_room(self, room: str) -> None:
        """Nothing happens for a client that has gone."""
        if self.state is not ClientState.GONE:
            self._namespace.rooms.enter(self, room)

    def leave_room(self, room: str) -> None:
        self._namespace.rooms.leave(self, room)

    def emit(self, event: str, *args: Data | RawJson) -> None:
        """Queue an event for this client alone. Raises TypeError or ValueError for what JSON cannot say."""
        self.send(codec.encode_event(event, args, self.namespace))

    async def call(self, event: str, *args: Data | RawJson, timeout: float = 60.0) -> tuple[Data, ...]:
        """Emit, and wait for the client's acknowledgement: its arguments. Raises CallTimeout or ClientGone.

        Not for the connect handler: the client cannot answer before it is in.
        """
        if self.state is not ClientState.CONNECTED:
            raise ClientGone(f"{self.sid} is not connected")
        ack_id, call = next(self._ids), _Call()
        self._calls[ack_id] = call
        try:
            self.send(codec.encode_event(event, args, self.namespace, ack_id))
            with trio.move_on_after(timeout):
                await call.done.wait()
        finally:
            self._calls.pop(ack_id, None)
        if call.answer is not None:
            return call.answer
        if call.done.is_set():
            raise ClientGone(f"{self.sid} left before it answered {event!r}")
        raise CallTimeout(f"{self.sid} did not answer {event!r} within {timeout} s")

    def disconnect(self) -> None:
        """Send it away. Its connection is closed as well once no namespace is left on it."""
        if self.state is ClientState.CONNECTED:
            self.send(codec.encode_control(sio.DISCONNECT, self.namespace))
            self._multiplexer.part(self, Reason.SERVER_DISCONNECT)

    def send(self, frames: Frames) -> None:
        """Queue frames already encoded; held back until the client knows that it is in."""
        if self.state is ClientState.CONNECTED:
            self._session.send(frames)
        elif self.state is ClientState.PENDING:
            self._hold(frames)

    async def deliver(self, event: str, *args: Data | RawJson) -> None:
        """As `emit`, but waits where the queue is full. Raises ClientGone."""
        while not self.try_emit(event, *args):
            await self.drain()

    def try_emit(self, event: str, *args: Data | RawJson) -> bool:
        """As `emit`, but False, and nothing queued, where the queue is too full for it. Then `drain` helps."""
        frames = codec.encode_event(event, args, self.namespace)
        if self.state is ClientState.CONNECTED:
            return self._session.try_send(frames)
        self.send(frames)
        return True

    def fits(self, size: int, packets: int) -> bool:
        """Whether that many events, that many characters in all, may be emitted now without the client's being dropped.

        None of them larger than `SocketLimits.queued_bytes`.
        """
        return self._session.outbox.fits(size, packets)

    async def drain(self) -> None:
        """Wait until the client has been sent all that was emitted to it. Raises ClientGone.

        For whoever has much to say to one client, as a replay or a large snapshot is: it waits where `try_emit` or
        `fits` say no, and says then what has become true meanwhile. A broadcast cannot.
        """
        await self._session.outbox.drained()
        if self.state is ClientState.GONE:
            raise ClientGone(f"{self.sid} left before it had read everything")

    def _hold(self, frames: Frames) -> None:
        limits = self._session.limits
        self._pending.append(frames)
        self._pending_bytes += sum(map(len, frames))
        if len(self._pending) > limits.queued_packets or self._pending_bytes > limits.queued_bytes:
            self._session.drop(Reason.SLOW_CONSUMER)

    def admit(self) -> None:
        """For the connection: the connect handler let it in."""
        self.state = ClientState.CONNECTED
        self._namespace.clients[self.sid] = self
        self._session.send(codec.encode_control(sio.CONNECT, self.namespace, {"sid": self.sid}))
        held, self._pending = self._pending, []
        for frames in held:
            self._session.send(frames)

    def acknowledge(self, ack_id: int, answer: tuple[Data, ...]) -> None:
        """For the connection: the client answered a call; one that nobody waits for any more is nobody's loss."""
        if call := self._calls.pop(ack_id, None):
            call.answer = answer
            call.done.set()

    def detach(self) -> None:
        """For the connection: out of its rooms and its namespace, and its calls end."""
        self.state = ClientState.GONE
        self._namespace.clients.pop(self.sid, None)
        self._namespace.rooms.leave_all(self)
        self._pending.clear()
        for call in self._calls.values():
            call.done.set()
