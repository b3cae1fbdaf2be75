"""Serves the ASGI application it is handed: requests by `http1`, WebSockets by Hypercorn, on listeners of our own.

What is around the protocols is here, because of three things that Hypercorn's `serve` cannot be told:

- Its writes are shielded and have no deadline, so a peer that stops reading pins its connection, and with it the
  shutdown. Here each connection's stream gives up when nothing could be written for `stall` seconds, and can be broken
  at any moment, which ends a shielded write too. The application gets that as the scope extension `connection.abort`.
- It waits `graceful_timeout` out while a WebSocket is open. Here `draining` is called as soon as nothing new is
  accepted, so that the application can send its WebSockets away, and the wait ends with the last connection.
- It accepts without limit. Here a bound in all comes from the descriptors that the process may have: each connection
  may have a file open beside its socket, and `descriptors_kept` of them are never theirs, so that music, tags and
  database find one whatever HTTP is doing. And no address may have more than a part of what is free: who takes much
  finds less and less, while somebody who comes later finds something. Whoever finds nothing is answered 503.

*Who leaves.* For a peer that has hung up nothing more need be done. But most is done before anybody could hang up, and
a task that waits for that costs a twentieth of a small upload. So what may take long is noted (the scope extension
`connection.watched`), and one task looks after all of it twice a second: the kernel knows, whatever is still unread.

*Stopping.* Writes are shielded, since half a frame or half a chunk is worse than none: what was begun must be finished.
So nothing here relies on cancelling a connection; its socket is reset instead, which ends a write at once, and then its
tasks are cancelled. That is the order in `_break_when_cancelled`, in the stall and in `connection.abort` alike.

*HTTPS* is a port beside, under the same bounds, which count from the first byte on: who connects and says nothing has a
place as long as a handshake may last, and a handshake, which costs more than a request, is to be had so often a second.

*The boundary.* Whatever a connection's tasks raise ends that connection and is logged, in `_converse`; with `except*`,
for a defect may come together with a cancellation, and only the one is ours to catch.
"""

import logging
import math
import resource
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeAlias

import trio
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import LifespanState
from hypercorn.utils import wrap_app
from msgspec import Struct

from tomb.config import Rate
from tomb.nurseries import hypercorn_patch
from tomb.nurseries.buckets import Buckets
from tomb.nurseries.connection import Connection, GuardedStream, SecureStream
from tomb.nurseries.http1 import Http1
from tomb.nurseries.listeners import EVERYWHERE, Listeners, is_elsewhere, open_listeners

log = logging.getLogger(__name__)

HANDSHAKES = Rate(40, 10)  # a browser makes some six a page, and takes connections up again
LEAST_SHARE = 4  # connections that an address may have where hardly any are free
WATCHED: Final = "connection.watched"
LOOK_S = 0.5  # between two looks at who has left
REFUSED_AT_ONCE = 16  # further ones are reset unread; their descriptors come from those that are kept
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI gives its messages no closer type


class WebLimits(Struct, frozen=True, kw_only=True):
    """Seconds, bytes, counts."""

    connections: int = 800  # TCP connections at once; fewer where descriptors are few
    connections_per_address: int = 128  # a browser has six a page and a WebSocket; a proxy in front is one address
    descriptors_kept: int = 100  # for everything but connections
    message_bytes: int = 1_000_000  # one WebSocket message
    queued_messages: int = 2  # read from a connection, and not yet taken by the application; 64 kB each, or a message
    header_bytes: int = 16_384
    keep_alive: float = 15.0  # for the next request, or the first one's headers
    stall: float = 20.0  # without one byte written to a peer that is owed some
    handshake: float = 10.0  # of TLS
    handshakes: Rate = HANDSHAKES  # of one address
    refusal: float = 1.0  # for a connection too many to send its request and read why it is not served
    grace: float = 0.5  # from `draining` having returned to the end of every connection
    lifespan: float = 5.0  # for the application's own ASGI shutdown, after that


class Address(Struct, frozen=True):
    """Where a listener really is."""

    host: str
    port: int
    is_secure: bool = False

    @property
    def url(self) -> str:
        """By which this computer gets there."""
        host = "localhost" if self.host in EVERYWHERE else f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_secure else 'http'}://{host}:{self.port}"


class SecurePort(Struct, frozen=True):
    """A port for HTTPS, 0 for a free one. `context`: what a new connection is secured with; None: it is reset."""

    port: int
    context: Callable[[], ssl.SSLContext | None]


async def serve_web(
    app: ASGIApp,
    *,
    hosts: Sequence[str],
    port: int,
    secure: SecurePort | None = None,
    limits: WebLimits | None = None,
    stop: trio.Event | None = None,
    draining: Callable[[], Awaitable[None]] | None = None,
    busy: Callable[[], bytes] = lambda: BUSY,
    task_status: trio.TaskStatus[list[Address]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `stop` is set (then the stop is graceful) or cancelled (then it is immediate).

    `hosts` and `port`: as `listeners.open_listeners` takes them. `started()` gives the addresses, those of HTTPS last.
    `busy`: what a connection too many is answered, as it goes over the wire.
    Raises OSError as it comes, EADDRINUSE for a port that is taken.
    """
    listeners = await open_listeners(hosts, port)
    secured: Listeners = []
    try:
        if secure is not None:
            secured = await open_listeners(hosts, secure.port)
    except OSError:
        for listener in listeners:
            await listener.aclose()
        raise
    hypercorn_patch.install()
    web = _Web(app, limits or WebLimits(), busy, secure)
    await web.serve(listeners, secured, stop if stop is not None else trio.Event(), draining, task_status)


class _Web:
    def __init__(self, app: ASGIApp, limits: WebLimits, busy: Callable[[], bytes], secure: SecurePort | None) -> None:
        self._app = app
        self._busy = busy
        self._secure = secure
        self._limits = limits
        self._config = _config(limits)
        self._context = WorkerContext(max_requests=None)
        self._streams: set[GuardedStream] = set()
        self._talking: set[Http1] = set()
        self._watched: dict[Callable[[], None], GuardedStream] = {}
        self._some_watched = trio.Event()
        self._addresses: Counter[str] = Counter()
        self._handshakes = Buckets(limits.handshakes)
        self._refusing = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._headers_until = -math.inf
        self._emptied = trio.Event()
        self._state: LifespanState = {}
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = min(limits.connections, max(1, (descriptors - limits.descriptors_kept) // 2))

    async def serve(
        self,
        listeners: Listeners,
        secured: Listeners,
        stop: trio.Event,
        draining: Callable[[], Awaitable[None]] | None,
        task_status: trio.TaskStatus[list[Address]],
    ) -> None:
        lifespan = Lifespan(wrap_app(self._app, 0, "asgi"), self._config, self._state)
        async with trio.open_nursery() as lifespan_nursery:
            await lifespan_nursery.start(lifespan.handle_lifespan)
            await lifespan.wait_for_startup()
            async with trio.open_nursery() as connections:
                connections.start_soon(self._break_when_cancelled)
                connections.start_soon(self._look_who_left)
                async with trio.open_nursery() as accepting:
                    for serve, group in ((self._serve, listeners), (self._serve_secured, secured)):
                        if group:
                            accepting.start_soon(
                                partial(trio.serve_listeners, serve, group, handler_nursery=connections)
                            )
                    plain = [_address(listener) for listener in listeners]
                    task_status.started([*plain, *(_address(each, is_secure=True) for each in secured)])
                    await stop.wait()
                    accepting.cancel_scope.cancel()
                await self._drain(draining)
                connections.cancel_scope.cancel()
            await lifespan.wait_for_shutdown()
            lifespan_nursery.cancel_scope.cancel()

    async def _serve(self, stream: trio.SocketStream) -> None:
        guarded = GuardedStream(stream, self._limits.stall)
        address, _ = guarded.peer
        if self._is_elsewhere(address, guarded):
            return
        if self._addresses[address] >= self._share():
            await self._refuse(guarded)
            return
        with self._place(guarded, address):
            await self._converse(guarded, guarded)

    async def _serve_secured(self, stream: trio.SocketStream) -> None:
        """As `_serve`, but there is no word to a peer before the handshake, so whoever is refused is so by a reset."""
        guarded = GuardedStream(stream, self._limits.stall)
        address, _ = guarded.peer
        if self._is_elsewhere(address, guarded):
            return
        context = self._secure.context() if self._secure is not None else None
        is_welcome = self._addresses[address] < self._share() and not self._handshakes.take(address)
        if context is None or not is_welcome:
            guarded.abort()
            return
        with self._place(guarded, address):
            secured = SecureStream(guarded, context)
            if await self._shakes_hands(secured):
                await self._converse(secured, guarded)
            else:
                guarded.abort()

    async def _shakes_hands(self, stream: SecureStream) -> bool:
        with trio.move_on_after(self._limits.handshake), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await stream.do_handshake()
            return True
        return False

    def _is_elsewhere(self, address: str, stream: GuardedStream) -> bool:
        """Whether it came from the internet, and was ended for that."""
        if not is_elsewhere(address, stream.own[0]):
            return False
        log.warning("%s is not of this network, and was not listened to", address)
        stream.abort()
        return True

    @contextmanager
    def _place(self, stream: GuardedStream, address: str) -> Iterator[None]:
        self._streams.add(stream)
        self._addresses[address] += 1
        try:
            yield
        finally:
            self._streams.discard(stream)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
            if not self._streams:
                self._emptied.set()

    async def _converse(self, stream: GuardedStream | SecureStream, guarded: GuardedStream) -> None:
        async def app(scope: Any, receive: Any, send: Any, *_: Any) -> None:
            scope["extensions"] |= {"connection.abort": guarded.abort, WATCHED: partial(self._watching, guarded)}
            if scope["type"] == "websocket":
                scope["extensions"][hypercorn_patch.FRAMES] = {}
            await self._app(scope, receive, send)

        requests = Http1(app, self._config, stream, self._limits.refusal, self._own_headers)
        self._talking.add(requests)
        websocket = None
        try:
            websocket = await requests.run()
            if websocket is not None:
                wrapped = wrap_app(app, 0, "asgi")
                await Connection(wrapped, self._config, self._context, self._state, stream, websocket).run()
        except* Exception as errors:
            log.error("a connection failed, and was ended", exc_info=errors)
            if websocket is None:
                await requests.refuse(500)
        finally:
            self._talking.discard(requests)

    @contextmanager
    def _watching(self, stream: GuardedStream, left: Callable[[], None]) -> Iterator[None]:
        """`left` is called, perhaps more than once, when the peer has hung up meanwhile."""
        self._watched[left] = stream
        self._some_watched.set()
        try:
            yield
        finally:
            del self._watched[left]

    async def _look_who_left(self) -> None:
        while True:
            await self._some_watched.wait()
            await trio.sleep(LOOK_S)
            for left, stream in self._watched.items():
                if stream.has_left:
                    left()
            if not self._watched:
                self._some_watched = trio.Event()

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        """The date, to the second."""
        now = trio.current_time()
        if now >= self._headers_until:
            self._headers_until = now + 1.0
            self._headers = self._config.response_headers("h11")
        return self._headers

    def _share(self) -> int:
        """How many connections one address may have now: half of what would be free without it, roughly."""
        free = self._most - len(self._streams)
        return min(self._limits.connections_per_address, max(LEAST_SHARE, free // 2)) if free > 0 else 0

    async def _refuse(self, stream: GuardedStream) -> None:
        """Say why, after the request has come: an answer sent before it, and then a reset, would never be read."""
        if self._refusing >= REFUSED_AT_ONCE:
            stream.abort()
            return
        self._refusing += 1
        try:
            with trio.move_on_after(self._limits.refusal), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                if await stream.receive_some(self._limits.header_bytes):
                    await stream.send_all(self._busy())
                    await stream.send_eof()
                    while await stream.receive_some(self._limits.header_bytes):
                        pass
        finally:
            self._refusing -= 1
            stream.abort()

    async def _drain(self, draining: Callable[[], Awaitable[None]] | None) -> None:
        for requests in self._talking:
            requests.finish()
        await self._context.terminated.set()
        if draining is not None:
            await draining()
        self._emptied = trio.Event()
        if self._streams:
            with trio.move_on_after(self._limits.grace):
                await self._emptied.wait()

    async def _break_when_cancelled(self) -> None:
        try:
            await trio.sleep_forever()
        finally:
            for stream in list(self._streams):
                stream.abort()


def _config(limits: WebLimits) -> Config:
    config = Config()
    config.errorlog = logging.getLogger("hypercorn.error")  # a logger as it is: no handler, level or format of its own
    config.include_server_header = False
    config.keep_alive_timeout = limits.keep_alive
    config.h11_max_incomplete_size = limits.header_bytes
    config.websocket_max_message_size = limits.message_bytes
    config.max_app_queue_size = limits.queued_messages
    config.shutdown_timeout = limits.lifespan
    return config


def _address(listener: trio.SocketListener, *, is_secure: bool = False) -> Address:
    host, port, *_ = listener.socket.getsockname()
    return Address(host, port, is_secure)
