"""The server: an ASGI 3 application, and the nursery in which its sessions live.

*The boundary.* Whatever a connection's tasks raise ends that connection, is logged once and counted: both kinds of task
pass through `SocketServer._boundary`, those of the session (heartbeat, handlers) and those of the transport (reader,
writer, a poll). Handlers have one of their own before it, in `multiplexer.py`, since they are owed an answer.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import trio

from tomb.socketio import asgi, codec, polling
from tomb.socketio.asgi import HttpRequest, HttpResponse, Refusal
from tomb.socketio.client import Client
from tomb.socketio.multiplexer import Multiplexer, OnFailure
from tomb.socketio.namespace import Namespace
from tomb.socketio.queues import QueueBudget
from tomb.socketio.session import EngineSession, MessageHandler, State
from tomb.socketio.types import (
    ASGIApp,
    Counters,
    Data,
    ProtocolError,
    RawJson,
    Reason,
    Receive,
    Scope,
    Send,
    SocketLimits,
    Timing,
)
from tomb.socketio.websocket import WebSocket

log = logging.getLogger(__name__)


class SocketServer:
    """A Socket.IO 5 server on Engine.IO 4, over WebSocket and long-polling.

    `new_id` makes ids that cannot be guessed: whoever knows a polling session's id can speak for it.
    `fallback` gets every request that is not for `path`, lifespan included; a WebSocket elsewhere is refused at once.
    `allows` is asked before anything else is done for a request to `path`: False is a 403, and no session. It must not
    block. What it lets through from another origin is answered with that origin echoed, for credentials.
    `on_failure`: see `OnFailure`.

    Nothing works before `run`.
    """

    def __init__(
        self,
        *,
        new_id: Callable[[], str],
        fallback: ASGIApp | None = None,
        allows: Callable[[HttpRequest], bool] = lambda _: True,
        on_failure: OnFailure = lambda _: {"error": "internal error"},
        path: str = "/socket.io",
        limits: SocketLimits | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.limits = limits or SocketLimits()
        self.timing = timing or Timing()
        self.counters = Counters()
        self.budget = QueueBudget(self.limits.held_bytes)
        self._new_id = new_id
        self._fallback = fallback
        self._allows = allows
        self._on_failure = on_failure
        self._paths = (path, path + "/")
        self._namespaces: dict[str, Namespace] = {}
        self._sessions: dict[str, EngineSession] = {}
        self._addresses: Counter[str] = Counter()
        self._nursery: trio.Nursery | None = None
        self.namespace("/")

    @property
    def connections(self) -> int:
        return len(self._sessions)

    def namespace(self, name: str) -> Namespace:
        """The namespace of that name, made at its first mention."""
        return self._namespaces.setdefault(name, Namespace(name))

    def client(self, sid: str, namespace: str = "/") -> Client:
        """Raises KeyError where nobody of that sid is connected."""
        return self._namespaces[namespace].clients[sid]

    def emit(
        self,
        event: str,
        *args: Data | RawJson,
        rooms: Iterable[str] | None = None,
        to: str | None = None,
        accept: Callable[[Client], bool] | None = None,
        namespace: str = "/",
    ) -> int:
        """See `Namespace.emit`. Raises KeyError for a namespace that was never made."""
        return self._namespaces[namespace].emit(event, *args, rooms=rooms, to=to, accept=accept)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the sessions, until cancelled: `await nursery.start(server.run)`. Nothing is left when it returns."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    async def shutdown(self, deadline: float = 0.3) -> None:
        """Refuse newcomers, tell every client, and have them all gone within `deadline` seconds; `run` may go on."""
        nursery, self._nursery = self._nursery, None
        if nursery is None:
            return
        for session in list(self._sessions.values()):
            session.close(Reason.SERVER_SHUTDOWN)
        with trio.move_on_after(deadline):
            while self._sessions:
                await next(iter(self._sessions.values())).ended.wait()
        for session in list(self._sessions.values()):
            session.drop(Reason.SERVER_SHUTDOWN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "websocket":
            await self._websocket(HttpRequest.of(scope), receive, send)
        elif kind == "http" and scope["path"] in self._paths:
            await self._http(HttpRequest.of(scope), receive, send)
        elif self._fallback is not None:
            await self._fallback(scope, receive, send)
        elif kind == "lifespan":
            await asgi.lifespan(receive, send)
        else:
            await asgi.send_answer(send, Refusal.NOT_FOUND.answer(), HttpRequest.of(scope), cross_origin=False)

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        """See the module. With `except*`, for a nursery may raise a defect together with its own cancellation, and only
        the one is ours to catch."""
        try:
            yield
        except* Exception as errors:
            self.counters.connection_failures += 1
            log.error("a connection failed, and was ended", exc_info=errors)

    async def _http(self, request: HttpRequest, receive: Receive, send: Send) -> None:
        allowed = self._allows(request)
        outcome: HttpResponse | Refusal | None = Refusal.FAILED
        with self._boundary():
            outcome = await self._poll(request, receive) if allowed else Refusal.FORBIDDEN
        if isinstance(outcome, Refusal):
            self.counters.refused += 1
            outcome = outcome.answer()
        if outcome is not None:
            over = self.limits.gzip_over_bytes
            await asgi.send_answer(send, outcome, request, cross_origin=allowed, gzip_over_bytes=over)

    async def _poll(self, request: HttpRequest, receive: Receive) -> HttpResponse | Refusal | None:
        if request.method == "OPTIONS":
            return HttpResponse(204)
        if refusal := self._version_refusal(request, "polling"):
            return refusal
        if "sid" not in request.query:
            return await self._handshake(request)
        session = self._session_of(request)
        if session is None:
            return Refusal.SESSION_UNKNOWN
        if request.method == "GET":
            return await polling.get(session, receive)
        if request.method == "POST":
            return await polling.post(session, receive, request)
        return Refusal.METHOD

    async def _handshake(self, request: HttpRequest) -> HttpResponse | Refusal:
        if request.method != "GET":
            return Refusal.HANDSHAKE_METHOD
        session = await self._open(request, upgrades=("websocket",))
        if isinstance(session, Refusal):
            return session
        return HttpResponse(200, codec.encode_payload(session.outbox.take(1)).encode())

    async def _websocket(self, request: HttpRequest, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        outcome = await self._admit(request)
        if isinstance(outcome, Refusal):
            self.counters.refused += 1
            await asgi.refuse_websocket(send, outcome, request)
            return
        socket = WebSocket(request, receive, send, self.limits.message_bytes, self.limits.drain_packets)
        try:
            with self._boundary():
                await send({"type": "websocket.accept"})
                if "sid" not in request.query or await self._upgraded(outcome, socket):
                    await socket.carry(outcome)
                else:
                    await socket.close()
        finally:
            if outcome.request is request:  # opened here; one that is to be upgraded may go on polling
                outcome.drop(Reason.TRANSPORT_CLOSE)

    async def _admit(self, request: HttpRequest) -> EngineSession | Refusal:
        if request.path not in self._paths:
            return Refusal.NOT_FOUND
        if not self._allows(request):
            return Refusal.FORBIDDEN
        if refusal := self._version_refusal(request, "websocket"):
            return refusal
        if "sid" not in request.query:
            return await self._open(request, upgrades=())
        # A second one for a session that has a WebSocket, or is getting one, is accepted and closed, as the reference
        # server does it: browsers tell a page nothing of a refusal, and some clients throw.
        return self._session_of(request) or Refusal.SESSION_UNKNOWN

    async def _upgraded(self, session: EngineSession, socket: WebSocket) -> bool:
        """True where the client has changed over. Where it has not in time, it goes on polling."""
        if session.upgrading or session.transport == "websocket":
            return False
        session.upgrading = True
        done = False
        try:
            with trio.move_on_after(self.timing.upgrade_timeout), suppress(ProtocolError):
                done = await socket.probe(session)
        finally:
            session.upgrading = False
        return done and session.state is not State.CLOSED

    async def _open(self, request: HttpRequest, upgrades: tuple[str, ...]) -> EngineSession | Refusal:
        if refusal := self._full(request.address):
            return refusal
        nursery = self._nursery
        assert nursery is not None  # `_full` looked
        session = EngineSession(self._new_id(), request, self.limits, self.timing, self.counters, self.budget)
        self.counters.connections += 1
        timing = self.timing
        opening = codec.encode_open(
            session.sid, upgrades, timing.ping_interval, timing.ping_timeout, self.limits.message_bytes
        )
        session.outbox.put((opening,))
        await nursery.start(self._hold, session)
        if self._nursery is None:
            session.close(Reason.SERVER_SHUTDOWN)  # a shutdown began meanwhile, and missed it
        return session

    def _full(self, address: str) -> Refusal | None:
        if self._nursery is None:
            return Refusal.CLOSED
        if len(self._sessions) >= self.limits.connections:
            return Refusal.BUSY
        if self._addresses[address] >= self.limits.connections_per_address:
            return Refusal.BUSY_ADDRESS
        return None

    async def _hold(self, session: EngineSession, *, task_status: trio.TaskStatus[None]) -> None:
        address = session.request.address
        self._sessions[session.sid] = session
        self._addresses[address] += 1
        try:
            with self._boundary():
                await session.run(self._multiplex, task_status=task_status)
        finally:
            del self._sessions[session.sid]
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _multiplex(self, session: EngineSession) -> MessageHandler:
        return Multiplexer(session, self._namespaces, self._new_id, self._on_failure)

    def _session_of(self, request: HttpRequest) -> EngineSession | None:
        session = self._sessions.get(request.query["sid"])
        return None if session is None or session.state is State.CLOSED else session

    def _version_refusal(self, request: HttpRequest, transport: str) -> Refusal | None:
        if request.query.get("transport") != transport:
            return Refusal.TRANSPORT_UNKNOWN
        return None if request.query.get("EIO") == "4" else Refusal.PROTOCOL_VERSION
