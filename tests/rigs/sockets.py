"""Socket.IO clients of a virtual box, in memory: what they were told, in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from trio.testing import wait_all_tasks_blocked

from tests.rigs.box import VirtualBox
from tomb.http.app import make_app
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.peer import Peer
from tomb.socketio import SocketServer

HOST = {"host": "localhost"}


@dataclass
class SocketRoom:
    """Makes clients of one box."""

    app: SocketServer
    peer: Peer
    nursery: trio.Nursery

    async def connect(self, *rooms: str, **headers: str) -> SocketClient:
        """`rooms`: "playlists", or a playlist's id. `headers`: of the handshake."""
        wire = await self.peer.websocket("EIO=4&transport=websocket", headers=HOST | headers)
        await wire.frame()
        await wire.send("40")
        client = SocketClient(wire)
        await wire.frame()
        self.nursery.start_soon(client.read)
        await wait_all_tasks_blocked()
        for room in rooms:
            if room == "playlists":
                await client.emit("join:playlists", {})
            else:
                await client.emit("join:playlist", {"playlist_id": room})
        return client


@asynccontextmanager
async def socket_room(box: VirtualBox) -> AsyncIterator[SocketRoom]:
    app = make_app(box.services)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        async with trio.open_nursery() as peers:
            yield SocketRoom(app, Peer(app, peers), peers)
            await app.shutdown()
            peers.cancel_scope.cancel()
        nursery.cancel_scope.cancel()
