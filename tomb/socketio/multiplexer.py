"""Socket.IO on one session: the namespaces it has joined share it, and each packet goes to the client in its own."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import trio
from msgspec import Struct

from tomb.socketio import codec
from tomb.socketio.client import Client, ClientState
from tomb.socketio.codec import Assembler, SocketPacket
from tomb.socketio.namespace import Namespace
from tomb.socketio.reference import sio
from tomb.socketio.session import EngineSession
from tomb.socketio.types import ClientGone, Data, Frame, Frames, ProtocolError, Reason, Refused

log = logging.getLogger(__name__)


class Failure(Struct, frozen=True):
    """A handler raised. `event` is `connect` or `disconnect` for those two handlers."""

    client: Client
    event: str
    args: tuple[Data, ...]
    error: Exception


# Decides what the client hears of a failure: the returned value is the acknowledgement, if one was asked for. It may
# emit. For `connect` the value becomes the refusal's `data`. It must not block.
OnFailure: TypeAlias = Callable[[Failure], Data]


class Multiplexer:
    """What a session's messages are for. Handlers run in the session's nursery; `receive` itself never waits."""

    def __init__(
        self,
        session: EngineSession,
        namespaces: dict[str, Namespace],
        new_id: Callable[[], str],
        on_failure: OnFailure,
    ) -> None:
        self.session = session
        self.joined = trio.Event()
        self._namespaces = namespaces
        self._new_id = new_id
        self._on_failure = on_failure
        self._clients: dict[str, Client] = {}
        self._departed: deque[tuple[Client, Reason]] = deque()
        self._assembler = Assembler(
            session.limits.attachments, session.limits.message_bytes, session.limits.message_values
        )

    @property
    def held(self) -> int:
        return self._assembler.held

    def receive(self, message: Frame) -> None:
        """One message. Raises ProtocolError."""
        size = self._assembler.held + codec.memory_of(message)
        packet = self._assembler.feed(message)
        if packet is None:
            return
        if packet.type == sio.CONNECT:
            self._join(packet, size)
        elif client := self._clients.get(packet.namespace):
            self._receive_for(client, packet, size)
        # Else it crossed with our sending the client away: nobody's fault.

    def part(self, client: Client, reason: Reason) -> None:
        """One client leaves; when we sent the last one away, the connection goes too."""
        self._depart(client, reason)
        self.session.workers.add(self._say_farewells)
        if not self._clients and reason is Reason.SERVER_DISCONNECT:
            # No Engine.IO close after the namespace's: read in one go, it would reach the JavaScript client's listeners
            # first, as a mere "transport close", after which it connects again.
            self.session.close(reason, last_word=())

    def lost(self, reason: Reason) -> None:
        for client in list(self._clients.values()):
            self._depart(client, reason)

    async def end(self) -> None:
        await self._say_farewells()

    def _receive_for(self, client: Client, packet: SocketPacket, size: int) -> None:
        if packet.type == sio.DISCONNECT:
            self.part(client, Reason.CLIENT_DISCONNECT)
        elif packet.type == sio.ACK:
            assert packet.id is not None  # the codec saw to it, and to the list
            assert isinstance(packet.data, list)
            client.acknowledge(packet.id, tuple(packet.data))
        elif client.state is ClientState.CONNECTED:
            self._event(client, packet, size)

    def _join(self, packet: SocketPacket, size: int) -> None:
        if packet.namespace in self._clients:
            raise ProtocolError("a second connect to one namespace")
        namespace = self._namespaces.get(packet.namespace)
        if namespace is None:
            self._refuse(packet.namespace, "Invalid namespace")
        elif len(self._clients) >= self.session.limits.namespaces_per_connection:
            self._refuse(packet.namespace, "Too many namespaces")
        else:
            client = Client(self._new_id(), namespace, self)
            self._clients[namespace.name] = client
            self.session.workers.add(partial(self._connect, client, namespace, packet.data), size)

    async def _connect(self, client: Client, namespace: Namespace, auth: Data) -> None:
        def refuse(data: Data) -> None:
            self._turn_away(client, "Internal error", data)

        await self._attempt(client, "connect", (auth,), self._decide(client, namespace, auth), refuse)

    async def _decide(self, client: Client, namespace: Namespace, auth: Data) -> None:
        try:
            if namespace.connect_handler is not None:
                await namespace.connect_handler(client, auth)
        except Refused as refusal:
            self._turn_away(client, refusal.message, refusal.data)
        else:
            if client.state is ClientState.PENDING:
                self.joined.set()
                client.admit()

    def _turn_away(self, client: Client, message: str, data: Data) -> None:
        if client.state is ClientState.PENDING:
            self._refuse(client.namespace, message, data)
            del self._clients[client.namespace]
            client.detach()

    def _refuse(self, namespace: str, message: str, data: Data = None) -> None:
        body = {"message": message} if data is None else {"message": message, "data": data}
        self.session.counters.refused += 1
        self.session.send(codec.encode_control(sio.CONNECT_ERROR, namespace, body))

    def _event(self, client: Client, packet: SocketPacket, size: int) -> None:
        assert isinstance(packet.data, list)  # the codec saw to it
        event, *args = packet.data
        if event in self._namespaces[client.namespace].handlers:
            self.session.workers.add(partial(self._handle, client, event, tuple(args), packet.id), size)
        else:
            self.session.counters.unknown_events += 1

    async def _handle(self, client: Client, event: str, args: tuple[Data, ...], ack_id: int | None) -> None:
        if client.state is not ClientState.CONNECTED:
            return
        handler = self._namespaces[client.namespace].handlers[event]

        async def answer() -> None:
            frames = self._acknowledgement(client, ack_id, await handler(client, *args))
            while not self.session.try_send(frames):
                await client.drain()

        def refuse(data: Data) -> None:
            self.session.send(self._acknowledgement(client, ack_id, data))

        await self._attempt(client, event, args, answer(), refuse)

    def _acknowledgement(self, client: Client, ack_id: int | None, answer: Data | tuple[Data, ...]) -> Frames:
        """None at all where none was asked for, or nobody is there any more."""
        if ack_id is None or client.state is not ClientState.CONNECTED:
            return ()
        values = () if answer is None else answer if isinstance(answer, tuple) else (answer,)
        return codec.encode_ack(values, client.namespace, ack_id)

    async def _attempt(
        self, client: Client, event: str, args: tuple[Data, ...], work: Awaitable[None], tell: Callable[[Data], None]
    ) -> None:
        """The boundary around handlers: what they raise ends nothing. It is logged, counted, and told as `on_failure`
        wishes; what that raises is the connection's end (see `SocketServer`)."""
        try:
            await work
        except Exception as error:
            if isinstance(error, ClientGone) and client.state is ClientState.GONE:
                return  # it was waiting for this very client, which is nobody's failure
            self.session.counters.handler_failures += 1
            log.exception("the handler of %r failed for %r", event, client)
            tell(self._on_failure(Failure(client, event, args, error)))

    def _depart(self, client: Client, reason: Reason) -> None:
        del self._clients[client.namespace]
        if client.state is ClientState.CONNECTED:
            self._departed.append((client, reason))
        client.detach()

    async def _say_farewells(self) -> None:
        """Each disconnect handler once, and to its end or the deadline, whoever is cancelled meanwhile."""
        with trio.move_on_after(self.session.timing.farewell, shield=True):
            while self._departed:
                await self._say_farewell(*self._departed.popleft())

    async def _say_farewell(self, client: Client, reason: Reason) -> None:
        handler = self._namespaces[client.namespace].disconnect_handler
        if handler is not None:
            args = (reason.value,)
            await self._attempt(client, "disconnect", args, handler(client, reason), lambda _: None)
