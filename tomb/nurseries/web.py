"""Serves the ASGI application it is handed, by Hypercorn's Trio connections on listeners of our own.

Hypercorn does the protocols; what is around them is here, because of three things that its `serve` cannot be told:

- Its writes are shielded and have no deadline, so a peer that stops reading pins its connection, and with it the
  shutdown. Here each connection's stream gives up when nothing could be written for `stall` seconds, and can be broken
  at any moment, which ends a shielded write too. The application gets that as the scope extension `connection.abort`.
- It waits `graceful_timeout` out while a WebSocket is open. Here `draining` is called as soon as nothing new is
  accepted, so that the application can send its WebSockets away, and the wait ends with the last connection.
- It accepts without limit.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import trio
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, LifespanState
from hypercorn.utils import wrap_app

from tomb.nurseries import hypercorn_patch
from tomb.nurseries.connection import Connection, GuardedStream

log = logging.getLogger(__name__)

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI gives its messages no closer type


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    """Seconds, bytes, counts."""

    connections: int = 800  # TCP connections at once; one more is closed unread. Linux's usual 1024 files must do
    message_bytes: int = 1_000_000  # one WebSocket message
    header_bytes: int = 16_384
    keep_alive: float = 15.0  # for the next request, or the first one's headers
    stall: float = 20.0  # without one byte written to a peer that is owed some
    grace: float = 0.5  # from `draining` having returned to the end of every connection
    lifespan: float = 5.0  # for the application's own ASGI shutdown, after that


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener really is."""

    host: str
    port: int


async def serve_web(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    limits: WebLimits | None = None,
    stop: trio.Event | None = None,
    draining: Callable[[], Awaitable[None]] | None = None,
    task_status: trio.TaskStatus[list[Address]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until `stop` is set (then the stop is graceful) or cancelled (then it is immediate).

    `host` may be a name or an address, "0.0.0.0" or "::"; `port` 0 takes a free one. `started()` gives the addresses.
    Raises OSError as it comes, EADDRINUSE for a port that is taken.
    """
    listeners = await trio.open_tcp_listeners(port, host=host)
    hypercorn_patch.install()
    await _Web(app, limits or WebLimits()).serve(
        listeners, stop if stop is not None else trio.Event(), draining, task_status
    )


class _Web:
    def __init__(self, app: ASGIApp, limits: WebLimits) -> None:
        self._app = app
        self._limits = limits
        self._config = _config(limits)
        self._context = WorkerContext(max_requests=None)
        self._streams: set[GuardedStream] = set()
        self._emptied = trio.Event()
        self._state: LifespanState = {}

    async def serve(
        self,
        listeners: list[trio.SocketListener],
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
                async with trio.open_nursery() as accepting:
                    accepting.start_soon(
                        partial(trio.serve_listeners, self._serve, listeners, handler_nursery=connections)
                    )
                    task_status.started([_address(listener) for listener in listeners])
                    await stop.wait()
                    accepting.cancel_scope.cancel()
                await self._drain(draining)
                connections.cancel_scope.cancel()
            await lifespan.wait_for_shutdown()
            lifespan_nursery.cancel_scope.cancel()

    async def _serve(self, stream: trio.SocketStream) -> None:
        guarded = GuardedStream(stream, self._limits.stall)
        if len(self._streams) >= self._limits.connections:
            guarded.abort()
            return
        self._streams.add(guarded)
        connection = Connection(self._with_abort(guarded), self._config, self._context, self._state, guarded)
        try:
            await connection.run()
        except Exception:  # the boundary: one connection's defect must not end the others
            log.exception("a connection failed")
        finally:
            self._streams.discard(guarded)
            if not self._streams:
                self._emptied.set()

    async def _drain(self, draining: Callable[[], Awaitable[None]] | None) -> None:
        await self._context.terminated.set()  # idle keep-alive connections end on this
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

    def _with_abort(self, stream: GuardedStream) -> AppWrapper:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})["connection.abort"] = stream.abort
            await self._app(scope, receive, send)

        return wrap_app(app, 0, "asgi")


def _config(limits: WebLimits) -> Config:
    config = Config()
    config.errorlog = logging.getLogger("hypercorn.error")  # a logger as it is: no handler, level or format of its own
    config.include_server_header = False
    config.keep_alive_timeout = limits.keep_alive
    config.h11_max_incomplete_size = limits.header_bytes
    config.websocket_max_message_size = limits.message_bytes
    config.shutdown_timeout = limits.lifespan
    return config


def _address(listener: trio.SocketListener) -> Address:
    host, port, *_ = listener.socket.getsockname()
    return Address(host, port)
