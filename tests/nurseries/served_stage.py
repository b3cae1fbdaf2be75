"""The stage as a program: says its port, and ends on SIGTERM as a service does."""

import signal
import sys
from functools import partial

import trio

from tests.socketio.stage import set_stage
from tomb.nurseries.web import WebLimits, serve_web
from tomb.socketio import Client, Data, SocketLimits


async def main() -> None:
    stage = set_stage(SocketLimits(connections_per_address=300, queued_bytes=20_000_000))
    root = stage.server.namespace("/")

    @root.on_connect
    async def flood(client: Client, auth: Data) -> None:
        """Whoever asks for it gets more than the kernel holds, so that a write is under way when the end comes."""
        if auth:
            client.emit("flood", "x" * 10_000_000)

    stop = trio.Event()
    limits = WebLimits(connections_per_address=300, stall=3600)  # what would be held by it would be held for ever
    serve = partial(
        serve_web, stage.server, hosts=["127.0.0.1"], port=0, limits=limits, stop=stop, draining=stage.server.shutdown
    )
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as sockets:
            await sockets.start(stage.server.run)
            async with trio.open_nursery() as web:
                (address,) = await web.start(serve)
                sys.stdout.write(f"{address.port}\n")
                sys.stdout.flush()
                await anext(signals)
                stop.set()
            sockets.cancel_scope.cancel()


trio.run(main)
