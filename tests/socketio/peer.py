"""A server in memory, and the other end of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from tomb.rehearsal.peer import Peer
from tomb.socketio import SocketLimits, SocketServer, Timing


@asynccontextmanager
async def running(server: SocketServer) -> AsyncIterator[Peer]:
    """The server in a nursery, and one peer. Leaving waits for every task that the server or the peer began."""
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        async with trio.open_nursery() as peers:
            yield Peer(server, peers)
            await server.shutdown()
        nursery.cancel_scope.cancel()


def server_with(limits: SocketLimits | None = None, timing: Timing | None = None, **more: Any) -> SocketServer:
    numbers = iter(range(1_000_000))
    return SocketServer(new_id=lambda: f"id{next(numbers)}", limits=limits, timing=timing, **more)
