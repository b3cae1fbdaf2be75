"""A client: one connection's presence in one namespace."""

from enum import Enum, auto
from itertools import count
from typing import Protocol

import trio
from socketio import packet as sio

from tomb.socketio import codec
from tomb.socketio.asgi import Request
from tomb.socketio.errors import CallTimeout, ClientGone
from tomb.socketio.namespace import Namespace
from tomb.socketio.types import Data, Frames, RawJson, Reason


class Standing(Enum):
    """PENDING while the connect handler decides; a refused client goes from there to GONE."""

    PENDING = auto()
    CONNECTED = auto()
    GONE = auto()


class Line(Protocol):
    """The connection that a client lives on."""

    @property
    def request(self) -> Request: ...

    @property
    def transport(self) -> str: ...

    @property
    def max_queued(self) -> int: ...

    def send(self, frames: Frames) -> None: ...

    def overrun(self) -> None:
        """The client was sent more than may wait for it."""

    def part(self, client: "Client", reason: Reason) -> None:
        """The client leaves; the connection may go on."""


class _Call:
    """An acknowledgement that is awaited: `done` without an answer means that the client left."""

    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = trio.Event()
        self.answer: tuple[Data, ...] | None = None


class Client:
    """What handlers are given. `sid` is its own in each namespace and differs from the connection's."""

    __slots__ = ("_calls", "_ids", "_line", "_namespace", "_pending", "sid", "standing")

    def __init__(self, sid: str, namespace: Namespace, line: Line) -> None:
        self.sid = sid
        self.standing = Standing.PENDING
        self._namespace = namespace
        self._line = line
        self._pending: list[Frames] = []
        self._calls: dict[int, _Call] = {}
        self._ids = count(1)

    def __repr__(self) -> str:
        return f"<Client {self.sid} {self._namespace.name} {self.standing.name.lower()}>"

    @property
    def namespace(self) -> str:
        return self._namespace.name

    @property
    def request(self) -> Request:
        """What opened the connection: headers, query, peer address, ASGI scope."""
        return self._line.request

    @property
    def transport(self) -> str:
        """`polling` or `websocket`, at this moment."""
        return self._line.transport

    @property
    def rooms(self) -> frozenset[str]:
        return self._namespace.rooms.of(self)

    def enter_room(self, room: str) -> None:
        """Nothing happens for a client that has gone."""
        if self.standing is not Standing.GONE:
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
        if self.standing is not Standing.CONNECTED:
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
        if self.standing is Standing.CONNECTED:
            self.send(codec.encode_control(sio.DISCONNECT, self.namespace))
            self._line.part(self, Reason.SERVER_DISCONNECT)

    def send(self, frames: Frames) -> None:
        """Queue frames already encoded; held back until the client knows that it is in."""
        if self.standing is Standing.CONNECTED:
            self._line.send(frames)
        elif self.standing is Standing.PENDING:
            self._pending.append(frames)
            if len(self._pending) > self._line.max_queued:
                self._line.overrun()

    def admit(self) -> None:
        """For the connection: the connect handler let it in."""
        self.standing = Standing.CONNECTED
        self._namespace.clients[self.sid] = self
        self._line.send(codec.encode_control(sio.CONNECT, self.namespace, {"sid": self.sid}))
        held, self._pending = self._pending, []
        for frames in held:
            self._line.send(frames)

    def acknowledge(self, ack_id: int, answer: tuple[Data, ...]) -> None:
        """For the connection: the client answered a call; one that nobody waits for any more is nobody's loss."""
        if call := self._calls.pop(ack_id, None):
            call.answer = answer
            call.done.set()

    def detach(self) -> None:
        """For the connection: out of its rooms and its namespace, and its calls end."""
        self.standing = Standing.GONE
        self._namespace.clients.pop(self.sid, None)
        self._namespace.rooms.leave_all(self)
        self._pending.clear()
        for call in self._calls.values():
            call.done.set()
