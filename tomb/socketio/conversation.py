"""Socket.IO on one connection: which namespaces it has joined, and what is done about each packet."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import trio
from socketio import packet as sio

from tomb.socketio import codec
from tomb.socketio.asgi import Request
from tomb.socketio.client import Client, Standing
from tomb.socketio.codec import Assembler, SocketPacket
from tomb.socketio.errors import ProtocolError, Refused
from tomb.socketio.namespace import Namespace
from tomb.socketio.session import Session
from tomb.socketio.types import Data, Frame, Frames, Reason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A handler raised. `event` is `connect` or `disconnect` for those two handlers."""

    client: Client
    event: str
    args: tuple[Data, ...]
    error: Exception


# Decides what the client hears of a failure: the returned value is the acknowledgement, if one was asked for. It may
# emit. For `connect` the value becomes the refusal's `data`. It must not block.
OnFailure: TypeAlias = Callable[[Failure], Data]


class Conversation:
    """The session's upper layer. Handlers run in the session's nursery; `receive` itself never waits."""

    def __init__(
        self,
        session: Session,
        namespaces: dict[str, Namespace],
        new_id: Callable[[], str],
        on_failure: OnFailure,
    ) -> None:
        self._session = session
        self._namespaces = namespaces
        self._new_id = new_id
        self._on_failure = on_failure
        self._clients: dict[str, Client] = {}
        self._departed: deque[tuple[Client, Reason]] = deque()
        self._assembler = Assembler(session.limits.attachments)

    @property
    def in_use(self) -> bool:
        return bool(self._clients)

    @property
    def request(self) -> Request:
        return self._session.request

    @property
    def transport(self) -> str:
        return self._session.transport

    @property
    def max_queued(self) -> int:
        return self._session.limits.queued_packets

    def send(self, frames: Frames) -> None:
        self._session.send(frames)

    def overrun(self) -> None:
        self._session.drop(Reason.SLOW_CONSUMER)

    def receive(self, message: Frame) -> None:
        """One message. Raises ProtocolError."""
        packet = self._assembler.feed(message)
        if packet is None:
            return
        if packet.type == sio.CONNECT:
            self._join(packet)
        elif client := self._clients.get(packet.namespace):
            self._receive_for(client, packet)
        # Else it crossed with our sending the client away: nobody's fault.

    def part(self, client: Client, reason: Reason) -> None:
        """One client leaves; when we sent the last one away, the connection goes too."""
        self._depart(client, reason)
        self._session.workers.add(self._say_farewells)
        if not self._clients and reason is Reason.SERVER_DISCONNECT:
            # No Engine.IO close after the namespace's: read in one go, it would reach the JavaScript client's listeners
            # first, as a mere "transport close", after which it connects again.
            self._session.close(reason, last_word=())

    def lost(self, reason: Reason) -> None:
        for client in list(self._clients.values()):
            self._depart(client, reason)

    async def end(self) -> None:
        await self._say_farewells()

    def _receive_for(self, client: Client, packet: SocketPacket) -> None:
        if packet.type == sio.DISCONNECT:
            self.part(client, Reason.CLIENT_DISCONNECT)
        elif packet.type == sio.ACK:
            assert packet.id is not None  # the codec saw to it, and to the list
            assert isinstance(packet.data, list)
            client.acknowledge(packet.id, tuple(packet.data))
        elif client.standing is Standing.CONNECTED:
            self._event(client, packet)

    def _join(self, packet: SocketPacket) -> None:
        if packet.namespace in self._clients:
            raise ProtocolError("a second connect to one namespace")
        namespace = self._namespaces.get(packet.namespace)
        if namespace is None:
            self._refuse(packet.namespace, "Invalid namespace")
        elif len(self._clients) >= self._session.limits.namespaces_per_connection:
            self._refuse(packet.namespace, "Too many namespaces")
        else:
            client = Client(self._new_id(), namespace, self)
            self._clients[namespace.name] = client
            self._session.workers.add(partial(self._connect, client, namespace, packet.data))

    async def _connect(self, client: Client, namespace: Namespace, auth: Data) -> None:
        try:
            await self._decide(client, namespace, auth)
        except Exception as error:  # noqa: BLE001 - the boundary: what a handler raises must not end the server
            failure = Failure(client, "connect", (auth,), error)
            self._failed(failure, lambda data: self._turn_away(client, "Internal error", data))

    async def _decide(self, client: Client, namespace: Namespace, auth: Data) -> None:
        try:
            if namespace.connect_handler is not None:
                await namespace.connect_handler(client, auth)
        except Refused as refusal:
            self._turn_away(client, refusal.message, refusal.data)
        else:
            if client.standing is Standing.PENDING:
                client.admit()

    def _turn_away(self, client: Client, message: str, data: Data) -> None:
        if client.standing is Standing.PENDING:
            self._refuse(client.namespace, message, data)
            del self._clients[client.namespace]
            client.detach()

    def _refuse(self, namespace: str, message: str, data: Data = None) -> None:
        body = {"message": message} if data is None else {"message": message, "data": data}
        self._session.counters.refused += 1
        self.send(codec.encode_control(sio.CONNECT_ERROR, namespace, body))

    def _event(self, client: Client, packet: SocketPacket) -> None:
        assert isinstance(packet.data, list)  # the codec saw to it
        event, *args = packet.data
        if event in self._namespaces[client.namespace].handlers:
            self._session.workers.add(partial(self._handle, client, event, tuple(args), packet.id))
        else:
            self._session.counters.unknown_events += 1

    async def _handle(self, client: Client, event: str, args: tuple[Data, ...], ack_id: int | None) -> None:
        if client.standing is not Standing.CONNECTED:
            return
        acknowledge = partial(self._acknowledge, client, ack_id)
        try:
            acknowledge(await self._namespaces[client.namespace].handlers[event](client, *args))
        except Exception as error:  # noqa: BLE001 - the boundary: what a handler raises must not end the server
            self._failed(Failure(client, event, args, error), acknowledge)

    def _acknowledge(self, client: Client, ack_id: int | None, answer: Data | tuple[Data, ...]) -> None:
        if ack_id is not None:
            values = () if answer is None else answer if isinstance(answer, tuple) else (answer,)
            client.send(codec.encode_ack(values, client.namespace, ack_id))

    def _failed(self, failure: Failure, tell: Callable[[Data], None]) -> None:
        """Logged, and answered as the application wishes; with nothing where its wish fails too."""
        self._session.counters.handler_failures += 1
        log.error("handler of %r failed for %r", failure.event, failure.client, exc_info=failure.error)
        try:
            tell(self._on_failure(failure))
        except Exception:
            log.exception("no answer could be made of that failure")
            tell(None)

    def _depart(self, client: Client, reason: Reason) -> None:
        del self._clients[client.namespace]
        if client.standing is Standing.CONNECTED:
            self._departed.append((client, reason))
        client.detach()

    async def _say_farewells(self) -> None:
        """Each disconnect handler once, and to its end or the deadline, whoever is cancelled meanwhile."""
        with trio.move_on_after(self._session.timing.farewell, shield=True):
            while self._departed:
                await self._say_farewell(*self._departed.popleft())

    async def _say_farewell(self, client: Client, reason: Reason) -> None:
        handler = self._namespaces[client.namespace].disconnect_handler
        if handler is None:
            return
        try:
            await handler(client, reason)
        except Exception as error:  # noqa: BLE001 - the boundary, as above
            self._failed(Failure(client, "disconnect", (reason.value,), error), lambda _: None)
