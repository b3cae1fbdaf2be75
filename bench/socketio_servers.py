"""The servers that `bench.socketio` compares: `python -m bench.socketio_servers tomb|asyncio|bare CLIENTS`.

Each says its port, waits for so many clients, publishes, says what that cost it, and goes on until it is terminated.
"""

import asyncio
import itertools
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import trio

EVENTS, WARM_UP, INTERVAL_S = 300, 50, 0.02
STATE = {  # about the size of a PlayerState
    "is_playing": True, "state": "playing", "active_playlist_id": "5b0f6f0e-6f3d-4f0e-9a51-0c6f8f1b2a3c",
    "active_playlist_title": "Die drei Fragezeichen 1", "active_track_id": "0f8c1f6e-0d57-4c39-8a0b-2f1f3d4e5a6b",
    "position_ms": 123456, "duration_ms": 234567, "track_index": 3, "track_count": 12, "can_prev": True,
    "can_next": True, "volume": 42, "muted": False, "repeat_mode": "none", "shuffle_enabled": False,
    "auto_advance_enabled": True, "sleep_timer_ends_at": None, "error_message": None, "server_seq": 123456,
}  # fmt: skip


class Meter:
    """What a server's process has used, from inside it."""

    def __init__(self) -> None:
        self._cpu_s, self._kb = self._now()

    def read(self) -> tuple[float, float]:
        """CPU seconds and kB since it was made."""
        cpu_s, kb = self._now()
        return cpu_s - self._cpu_s, kb - self._kb

    def _now(self) -> tuple[float, float]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return usage.ru_utime + usage.ru_stime, pages * os.sysconf("SC_PAGE_SIZE") / 1024


def say(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


async def session(
    clients: Callable[[], int],
    wanted: int,
    publish: Callable[[dict[str, object]], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """The same for every server: wait for the clients, publish, say what it cost."""
    connecting = Meter()
    while clients() < wanted:
        await sleep(0.01)
    await sleep(0.5)
    connect_cpu_s, connect_kb = connecting.read()
    publishing = Meter()
    for number in range(EVENTS + WARM_UP):
        if number == WARM_UP:
            publishing = Meter()
        await publish({**STATE, "n": number, "published_ns": str(time.monotonic_ns())})
        await sleep(INTERVAL_S)
    await sleep(0.5)
    say(publish_cpu_s=publishing.read()[0], connect_cpu_s=connect_cpu_s, connect_kb=connect_kb)


def serve_tomb(clients: int) -> None:
    from tomb.nurseries.web import WebLimits, serve_web
    from tomb.socketio import SocketLimits, SocketServer

    async def main() -> None:
        numbers = itertools.count()
        limits = SocketLimits(connections=1000, connections_per_address=1000)
        server = SocketServer(new_id=lambda: f"{next(numbers):020}", limits=limits)

        async def publish(state: dict[str, object]) -> None:
            server.emit("state:player", state)  # type: ignore[arg-type]  # dict is invariant; all its values are JSON

        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            web = WebLimits(connections=1000, connections_per_address=1000)
            (address,) = await nursery.start(partial(serve_web, server, hosts=["127.0.0.1"], port=0, limits=web))
            say(port=address.port)
            await session(lambda: len(server.namespace("/").clients), clients, publish, trio.sleep)
            await trio.sleep_forever()

    trio.run(main)


def serve_bare(clients: int) -> None:
    from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

    async def main() -> None:
        peers: list[tuple[WebSocketConnection, trio.MemorySendChannel[str]]] = []

        async def handle(request: WebSocketRequest) -> None:
            peer = await request.accept()
            put, take = trio.open_memory_channel[str](512)
            peers.append((peer, put))
            try:
                async for text in take:
                    await peer.send_message(text)
            except ConnectionClosed:
                peers.remove((peer, put))

        async def publish(state: dict[str, object]) -> None:
            text = json.dumps(state)
            for _, put in peers:
                put.send_nowait(text)

        async with trio.open_nursery() as nursery:
            server = await nursery.start(partial(serve_websocket, handle, "127.0.0.1", 0, ssl_context=None))
            say(port=server.port)
            await session(lambda: len(peers), clients, publish, trio.sleep)
            await trio.sleep_forever()

    trio.run(main)


def serve_asyncio(clients: int) -> None:
    import socketio
    import uvicorn

    async def main() -> None:
        sio = socketio.AsyncServer(async_mode="asgi")
        connected: set[str] = set()

        @sio.event  # type: ignore[untyped-decorator]  # the package has no types
        async def connect(sid: str, _: object) -> None:
            connected.add(sid)

        async def publish(state: dict[str, object]) -> None:
            await sio.emit("state:player", state)

        listener = socket.create_server(("127.0.0.1", 0))
        # Without compression, like ours: a server that deflates each message for each client would be no match.
        config = uvicorn.Config(socketio.ASGIApp(sio), log_level="error", ws_per_message_deflate=False)
        serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listener]))
        say(port=listener.getsockname()[1])
        await session(lambda: len(connected), clients, publish, asyncio.sleep)
        await serving

    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(main())


if __name__ == "__main__":
    {"tomb": serve_tomb, "asyncio": serve_asyncio, "bare": serve_bare}[sys.argv[1]](int(sys.argv[2]))
