"""Socket.IO: event published to event received, CPU a delivered message, memory a connection, connections a second.

Each server runs in a process of its own, so that its CPU and memory are its alone; the clients are the reference
JavaScript ones, all in one node process. Three servers, same payload, same clients, same minute:

    tomb     tomb.socketio under Hypercorn's Trio connections, as the box runs it
    asyncio  python-socketio's AsyncServer under uvicorn, with uvloop, without compression (ours has none either)
    bare     a Trio WebSocket (trio-websocket) with no Socket.IO at all, to bare WebSocket clients: the floor

And SIGTERM to exit, with 200 clients of which one does not read. `python -m bench.socketio [CLIENTS...]` prints rows.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio

from bench.socketio_servers import EVENTS, WARM_UP
from tests.nurseries.handmade import be_told, join

LISTENERS = Path(__file__).parents[1] / "tests" / "js" / "listeners.mjs"
SERVERS = ("tomb", "asyncio", "bare")
COUNTS = (1, 50, 200)
Row = dict[str, object]


class Lines:
    """A child process, by the lines of JSON that it prints."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self._unread = b""

    async def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        while b"\n" not in self._unread:
            chunk = await self.process.stdout.receive_some()
            assert chunk, f"{self.process.args!r} ended early"
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        said: dict[str, Any] = json.loads(line)
        return said


@asynccontextmanager
async def child(*command: str) -> AsyncIterator[Lines]:
    async with trio.open_nursery() as nursery:
        run = partial(trio.run_process, list(command), stdout=subprocess.PIPE, check=False)
        yield Lines(await nursery.start(run))
        nursery.cancel_scope.cancel()


async def publish(server: str, clients: int) -> Row:
    """One row: `clients` connect, EVENTS events are published. ms, microseconds, kB."""
    async with child(sys.executable, "-m", "bench.socketio_servers", server, str(clients)) as serving:
        port = (await serving.next())["port"]
        kind = "bare" if server == "bare" else "socketio"
        arguments = (f"http://127.0.0.1:{port}", str(clients), str(EVENTS + WARM_UP), kind)
        async with child("node", str(LISTENERS), *arguments) as listening:
            connected, heard = await listening.next(), await listening.next()
        spent = await serving.next()
    return {
        "row": f"{server}: event published to received",
        "clients": clients,
        **{key: round(heard[key], 2) for key in ("p50_ms", "p99_ms", "last_p50_ms", "last_p99_ms")},
        "cpu_us_a_message": round(spent["publish_cpu_s"] / (EVENTS * clients) * 1e6, 1),
        "kb_a_connection": round(spent["connect_kb"] / clients, 1),
        "connections_a_second": round(clients / connected["connect_s"]),
        "cpu_us_a_connection": round(spent["connect_cpu_s"] / clients * 1e6),
    }


async def end(clients: int = 200) -> Row:
    """SIGTERM to exit, in ms; goal: below 1000."""
    async with child(sys.executable, "-m", "tests.nurseries.served_stage") as serving:
        assert serving.process.stdout is not None
        port = int(await serving.process.stdout.receive_some())
        async with await join(port, '40{"flood":1}'), trio.open_nursery() as nursery:
            for _ in range(clients - 1):
                await nursery.start(be_told, port)
            began = trio.current_time()
            serving.process.terminate()
            await serving.process.wait()
            took = trio.current_time() - began
    return {"row": "SIGTERM to exit, one client not reading", "clients": clients, "ms": round(took * 1000)}


async def rows(counts: Sequence[int] = COUNTS) -> list[Row]:
    """Everything, the servers in turn for each number of clients."""
    return [await publish(server, clients) for clients in counts for server in SERVERS] + [await end()]


if __name__ == "__main__":
    for row in trio.run(rows, tuple(map(int, sys.argv[1:])) or COUNTS):
        print(json.dumps(row))
