"""A namespace: its handlers, its clients, its rooms.

Python-socketio has rooms too, but tied to its server and to one more dependency's internals.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from tomb.socketio import codec
from tomb.socketio.types import Data, RawJson, Reason

if TYPE_CHECKING:
    from tomb.socketio.client import Client

# What the client gets as the acknowledgement, if it asked for one: None is none, a tuple is several arguments.
EventHandler: TypeAlias = Callable[..., Awaitable[Data | tuple[Data, ...]]]
ConnectHandler: TypeAlias = Callable[["Client", Data], Awaitable[None]]
DisconnectHandler: TypeAlias = Callable[["Client", Reason], Awaitable[None]]

AnyEventHandler = TypeVar("AnyEventHandler", bound=EventHandler)
AnyConnectHandler = TypeVar("AnyConnectHandler", bound=ConnectHandler)
AnyDisconnectHandler = TypeVar("AnyDisconnectHandler", bound=DisconnectHandler)
Member = TypeVar("Member", bound=Hashable)


class Rooms(Generic[Member]):
    """Rooms exist while somebody is in them. Members are kept in the order in which they came."""

    __slots__ = ("_members", "_rooms")

    def __init__(self) -> None:
        self._members: dict[str, dict[Member, None]] = {}
        self._rooms: dict[Member, set[str]] = {}

    def enter(self, member: Member, room: str) -> None:
        self._members.setdefault(room, {})[member] = None
        self._rooms.setdefault(member, set()).add(room)

    def leave(self, member: Member, room: str) -> None:
        self._rooms.get(member, set()).discard(room)
        members = self._members.get(room, {})
        members.pop(member, None)
        if not members:
            self._members.pop(room, None)

    def leave_all(self, member: Member) -> None:
        for room in self.of(member):
            self.leave(member, room)
        self._rooms.pop(member, None)

    def of(self, member: Member) -> frozenset[str]:
        return frozenset(self._rooms.get(member, ()))

    def has(self, room: str) -> bool:
        """Whether anybody is in it."""
        return room in self._members

    def within(self, rooms: Iterable[str]) -> Collection[Member]:
        """Everybody in any of them, each once."""
        union: dict[Member, None] = {}
        for room in rooms:
            union.update(self._members.get(room, {}))
        return union


class Namespace:
    """Made by `SocketServer.namespace(name)`; a client that asks for one that was not made is refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.clients: dict[str, Client] = {}  # by sid; connected ones only
        self.rooms: Rooms[Client] = Rooms()
        self.handlers: dict[str, EventHandler] = {}
        self.connect_handler: ConnectHandler | None = None
        self.disconnect_handler: DisconnectHandler | None = None

    def on(self, event: str) -> Callable[[AnyEventHandler], AnyEventHandler]:
        """Decorator: `async def handler(client, *args)` answers `event`; one handler an event."""

        def register(handler: AnyEventHandler) -> AnyEventHandler:
            self.handlers[event] = handler
            return handler

        return register

    def on_connect(self, handler: AnyConnectHandler) -> AnyConnectHandler:
        """Decorator: `async def handler(client, auth)` may raise Refused, enter rooms, and emit.

        What it emits to the client, and what its rooms get meanwhile, follows the client's being told that it is in.
        """
        self.connect_handler = handler
        return handler

    def on_disconnect(self, handler: AnyDisconnectHandler) -> AnyDisconnectHandler:
        """Decorator: `async def handler(client, reason)`, once for every client that was connected.

        It has `Timing.farewell` seconds, also while the server is being cancelled. The client has left its rooms.
        """
        self.disconnect_handler = handler
        return handler

    def emit(
        self,
        event: str,
        *args: Data | RawJson,
        rooms: Iterable[str] | None = None,
        to: str | None = None,
        accept: "Callable[[Client], bool] | None" = None,
    ) -> int:
        """Queue an event for the union of `rooms` (None: for everybody) or for the one client `to`; how many got it.

        Never waits, encodes once, reaches each client once. `accept` is asked for every recipient, just before it is
        queued; it must not block. Raises TypeError or ValueError for arguments that JSON cannot say.
        """
        recipients = self._recipients(rooms, to)
        if not recipients:
            return 0
        frames = codec.encode_event(event, args, self.name)
        reached = 0
        for client in recipients:
            if accept is None or accept(client):
                client.send(frames)
                reached += 1
        return reached

    def reaches(self, rooms: Iterable[str] | None) -> bool:
        """Whether an event for these rooms (None: for everybody) has anybody to go to."""
        return bool(self.clients) if rooms is None else any(map(self.rooms.has, rooms))

    def _recipients(self, rooms: Iterable[str] | None, to: str | None) -> "list[Client]":
        # A copy, for a client whose queue is full leaves its rooms while it is being sent to.
        if to is not None:
            return [self.clients[to]] if to in self.clients else []
        return list(self.clients.values() if rooms is None else self.rooms.within(rooms))
