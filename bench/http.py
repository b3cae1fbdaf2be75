"""HTTP: requests a second and how long one takes, at 1 and 8 connections that are kept open.

Next to each row, in the same minute and from the same client: a bare route of Quart-Trio under the same server that
answers as many bytes (`hello`), and a bare Trio and h11 that does so (`h11`). Each server is a process of its own, the
client is another; the library is 200 playlists of 10 tracks, the rate limits are on, and higher than a client can ask.

Then rows of CPU, which other work on the machine disturbs least: microseconds of the server's main thread a request,
beside those of a bare Trio and h11 that answers as many bytes; a toggle with 50 pages that watch, which costs 50 writes
whoever makes them, so the floor makes them too; and what the guards cost a GET, beside a box without them.

    python -m bench.http                prints the rows
    python -m bench.http serve KIND     one of the servers, on a port that it prints
"""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import PIPE
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

import trio

from bench.meters import weighed
from tests.nurseries.handmade import join, read

SECONDS = 2.0  # a round of one request over all its connections
ROUNDS = 3  # the servers take turns, and the best round of each counts: what disturbs a round is not its own
CONNECTIONS = (1, 8)
KINDS = ("box", "hello", "h11")
PLAYLISTS, TRACKS = 200, 10
MANY = 10_000
A_CONNECTION = 900  # requests; Hypercorn hangs up after 1,000
UNLIMITED = 1e6  # requests, at once and a second
GUARD_ROUNDS, GUARD_REQUESTS = 20, 300  # short, so that what else the machine does falls on both alike
# The last number: how often at most in a round, for what makes the library larger.
ASKED: tuple[tuple[str, str, object, int], ...] = (
    ("GET", "/api/player/status", None, MANY),
    ("GET", "/api/playlists?limit=50", None, MANY),
    ("POST", "/api/player/toggle", {}, MANY),
    ("POST", "/api/player/volume", {"volume": 40}, MANY),
    ("POST", "/api/playlists", {"title": "Made by the bench"}, 24),
)
COSTS: tuple[tuple[str, str, object], ...] = tuple(asked[:3] for asked in ASKED if asked[1].startswith("/api/player"))
WATCHING, TOGGLES, SETTLE_S = 50, 60, 0.05  # pages; by turns with the floor; until all that follows one is done
Row = dict[str, object]


# --- the servers ------------------------------------------------------------------------------------------------------


async def serve(kind: str) -> None:
    if kind == "h11":
        await serve_h11()
    elif kind == "hello":
        await serve_hello()
    else:
        with TemporaryDirectory() as folder:
            if kind == "unguarded":
                await serve_unguarded(Path(folder))
            else:
                await serve_box(Path(folder))


async def serve_box(folder: Path) -> None:
    from tomb import memory
    from tomb.box import open_box
    from tomb.config import Rate, Settings
    from tomb.core import Devices
    from tomb.devices.silent import SilentOutput
    from tomb.http.app import make_app
    from tomb.ports import RealPorts

    ports = RealPorts()
    unlimited = Rate(UNLIMITED, UNLIMITED)
    settings = Settings(data=folder / "data", allowed_hosts=["box"], rate_player=unlimited, rate_other=unlimited)
    fill(folder / "music")
    silent = Devices(None, lambda deck: SilentOutput(ports, deck.report), None, None)
    async with open_box(settings, ports, silent) as services, trio.open_nursery() as nursery:
        imported = await services.importer.import_folder(folder / "music")
        await services.deck.start(imported.playlist_ids[0])
        app = make_app(services)
        await nursery.start(app.run)
        memory.settle()
        await listen(nursery, app)
        await trio.sleep_forever()


def fill(folder: Path) -> None:
    from tomb.rehearsal.simulated.music import sparse_wav

    for number in range(PLAYLISTS):
        playlist = folder / f"Playlist {number:03}"
        playlist.mkdir(parents=True)
        for track in range(TRACKS):
            sparse_wav(playlist / f"{track:02} Track.wav", 600.0 if number == 0 else 1.0, salt=f"{number}/{track}")


async def serve_unguarded(folder: Path) -> None:
    """A box that does not look who asks, from where, how often or for how much, nor tells browsers what not to do."""
    from tomb.http.api import Api
    from tomb.http.guard import Guard

    with (
        patch.object(Api, "_path_in", lambda _, scope: scope["path"]),
        patch.object(Api, "_admit", lambda *_: None),
        patch.object(Api, "_take_place", lambda *_: None),
        patch.object(Guard, "cross_origin_headers", lambda *_, **__: ()),
        patch("tomb.http.api.security_headers", lambda *_, **__: ()),
    ):
        await serve_box(folder)


async def serve_hello() -> None:
    from quart import Response
    from quart_trio import QuartTrio

    app = QuartTrio("hello")

    @app.route("/<int:size>", methods=["GET", "POST"])
    async def hello(size: int) -> Response:
        return Response(b"x" * size, content_type="application/json")

    async with trio.open_nursery() as nursery:
        await listen(nursery, app)
        await trio.sleep_forever()


async def listen(nursery: trio.Nursery, app: Any) -> None:
    from tomb.nurseries.web import serve_web

    [address] = await nursery.start(partial(serve_web, app, hosts=["127.0.0.1"], port=0))
    print(address.port, flush=True)


async def serve_h11() -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    print(listener.socket.getsockname()[1], flush=True)
    await trio.serve_listeners(converse, [listener])


listening: list[trio.SocketStream] = []


async def converse(stream: trio.SocketStream) -> None:
    """`/SIZE` is answered with as many bytes. `/listen`: one who hears of each `/SIZE/TOLD`, TOLD bytes of it."""
    import h11

    connection = h11.Connection(h11.SERVER)
    size = told = 0
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                received = await stream.receive_some()
                connection.receive_data(received)
            case h11.Request(target=target):
                if target == b"/listen":
                    listening.append(stream)
                    target = b"/0"
                of_answer, _, of_event = target[1:].partition(b"/")
                size, told = int(of_answer), int(of_event or 0)
            case h11.EndOfMessage():
                headers = [("content-type", "application/json"), ("content-length", str(size))]
                events = (
                    h11.Response(status_code=200, headers=headers), h11.Data(data=b"x" * size), h11.EndOfMessage()
                )  # fmt: skip
                await stream.send_all(b"".join(connection.send(event) or b"" for event in events))
                connection.start_next_cycle()
                if told:
                    for each in listening:
                        await each.send_all(b"x" * told)
            case h11.ConnectionClosed():
                return


# --- the client -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    @property
    def cpu_s(self) -> float:
        """What its main thread has used so far (proc_pid_schedstat): to the nanosecond, where ticks are 10 ms."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[Server]:
    """A server of that kind."""
    command = [sys.executable, "-m", "bench.http", "serve", kind]
    process = await trio.lowlevel.open_process(command, stdout=PIPE)
    assert process.stdout is not None
    try:
        yield Server(int(await process.stdout.receive_some()), process.pid)
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


def request(method: str, path: str, body: object) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
    return (head + "Content-Type: application/json\r\n\r\n").encode() + content


class Connection:
    """Asks and reads answers, as cheaply as can be: the time should be the server's."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    async def ask(self, asked: bytes) -> int:
        """The length of the answer's body."""
        await self._stream.send_all(asked)
        answer = bytearray(await self._more())
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += await self._more()
        assert answer.startswith(b"HTTP/1.1 20"), bytes(answer[:300])
        start = answer.lower().index(b"content-length:", 0, end) + 15
        size = int(answer[start : answer.index(b"\r\n", start)])
        missing = end + 4 + size - len(answer)
        while missing > 0:
            missing -= len(await self._more())
        return size

    async def _more(self) -> bytes:
        received = await self._stream.receive_some(262_144)
        assert received, "the server hung up"
        return bytes(received)


async def ask_for(seconds: float, port: int, asked: bytes, connections: int, at_most: int) -> tuple[list[float], float]:
    """How long each request took, in seconds, and how many there were a second."""
    times: list[float] = []

    async def run() -> None:
        end = perf_counter() + seconds
        while perf_counter() < end and len(times) < at_most:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                connection = Connection(stream)
                await connection.ask(asked)
                for _ in range(A_CONNECTION):
                    if (began := perf_counter()) >= end or len(times) >= at_most:
                        return
                    await connection.ask(asked)
                    times.append(perf_counter() - began)

    began = perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(connections):
            nursery.start_soon(run)
    return times, len(times) / (perf_counter() - began)


async def compare(servers: dict[str, Server], method: str, path: str, body: object, at_most: int) -> AsyncIterator[Row]:
    asked = request(method, path, body)
    async with await trio.open_tcp_stream("127.0.0.1", servers["box"].port) as stream:
        size = await Connection(stream).ask(asked)
    same = request(method, f"/{size}", body)
    for connections in CONNECTIONS:
        best: dict[str, tuple[list[float], float]] = {}
        for _ in range(ROUNDS):
            for kind in KINDS:
                wanted = asked if kind == "box" else same
                times, rate = await ask_for(SECONDS / ROUNDS, servers[kind].port, wanted, connections, at_most)
                if kind not in best or median(times) < median(best[kind][0]):
                    best[kind] = times, rate
        yield row(f"{method} {path}", connections, size, best)


def row(name: str, connections: int, size: int, measured: dict[str, tuple[list[float], float]]) -> Row:
    """Times in milliseconds; the floor is `hello`."""
    halfway = {kind: median(times) * 1000 for kind, (times, _) in measured.items()}
    times, rate = measured["box"]
    return {
        "row": f"{name}, {connections} connection{'s' * (connections > 1)}",
        "median": round(halfway["box"], 3),
        "p99": round(sorted(times)[int(len(times) * 0.99)] * 1000, 3),
        "floor": round(halfway["hello"], 3),
        "ratio": round(halfway["box"] / halfway["hello"], 2),
        "per_second": round(rate),
        "h11_median": round(halfway["h11"], 3),
        "ratio_to_h11": round(halfway["box"] / halfway["h11"], 2),
        "bytes": size,
    }


async def guards(guarded: Server, unguarded: Server) -> Row:
    """Microseconds of CPU a GET, of the cheapest round of each; goal: a ratio of 1.05 at most."""
    asked = request("GET", "/api/player/status", None)
    best = {guarded: float("inf"), unguarded: float("inf")}
    for _ in range(GUARD_ROUNDS):
        for server in best:
            best[server] = min(best[server], await spent(server, asked))
    cost, floor = best[guarded], best[unguarded]
    return weighed("what the guards cost GET /api/player/status, µs of CPU", round(cost, 1), round(floor, 1))


async def spent(server: Server, asked: bytes, requests: int = GUARD_REQUESTS) -> float:
    """Microseconds of its CPU a request."""
    async with await trio.open_tcp_stream("127.0.0.1", server.port) as stream:
        connection = Connection(stream)
        await connection.ask(asked)
        before = server.cpu_s
        for _ in range(requests):
            await connection.ask(asked)
        return (server.cpu_s - before) / requests * 1e6


async def costs(box: Server, h11: Server) -> AsyncIterator[Row]:
    """The median of short rounds by turns. `least`: of the cheapest round of each."""
    for method, path, body in COSTS:
        asked = request(method, path, body)
        async with await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
            size = await Connection(stream).ask(asked)
        same = request(method, f"/{size}", body)
        ours, bare = [], []
        for _ in range(GUARD_ROUNDS):
            ours.append(await spent(box, asked))
            bare.append(await spent(h11, same))
        least = round(min(ours) / min(bare), 2)
        yield weighed(f"{method} {path}, µs of CPU", round(median(ours), 1), round(median(bare), 1), least=least)


class Watcher:
    """A page that watches, and counts what it is told."""

    def __init__(self) -> None:
        self.heard = 0

    async def watch_box(self, port: int, *, task_status: trio.TaskStatus[None]) -> None:
        async with await join(port, "40") as stream:
            await read(stream, b'40{"sid":')
            joining = b'42["join:playlists"]'
            await stream.send_all(bytes([0x81, 0x80 + len(joining)]) + bytes(4) + joining)
            await read(stream, b'"ack:join"')
            await self._count(stream, task_status)

    async def listen(self, port: int, *, task_status: trio.TaskStatus[None]) -> None:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await Connection(stream).ask(request("GET", "/listen", None))
            await self._count(stream, task_status)

    async def _count(self, stream: trio.SocketStream, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        while received := await stream.receive_some(262_144):
            self.heard += len(received)


async def watched(box: Server, h11: Server) -> Row:
    """Microseconds of CPU a toggle, all that it leads to included, with `WATCHING` pages that are told of it."""
    pages = [Watcher() for _ in range(WATCHING)]
    async with trio.open_nursery() as nursery:
        for page in pages:
            await nursery.start(page.watch_box, box.port)
            await nursery.start(Watcher().listen, h11.port)
        async with (
            await trio.open_tcp_stream("127.0.0.1", box.port) as stream,
            await trio.open_tcp_stream("127.0.0.1", h11.port) as bare_stream,
        ):
            connection, bare = Connection(stream), Connection(bare_stream)
            asked = request("POST", "/api/player/toggle", {})

            async def cost(server: Server, client: Connection, wanted: bytes) -> tuple[float, int]:
                before = server.cpu_s
                size = await client.ask(wanted)
                await trio.sleep(SETTLE_S)
                return (server.cpu_s - before) * 1e6, size

            await trio.sleep(1)
            before = pages[0].heard
            _, size = await cost(box, connection, asked)
            told = pages[0].heard - before
            assert told, "nobody was told of the toggle"
            same = request("POST", f"/{size}/{told}", {})
            ours, floor = [], []
            for _ in range(TOGGLES):
                ours.append((await cost(box, connection, asked))[0])
                floor.append((await cost(h11, bare, same))[0])
        nursery.cancel_scope.cancel()
    title = f"POST /api/player/toggle, {WATCHING} pages watch, µs of CPU"
    return weighed(title, round(median(ours), 1), round(median(floor), 1), least=round(min(ours) / min(floor), 2))


async def rows() -> None:
    async with serving("box") as box, serving("hello") as hello, serving("h11") as h11:
        servers = {"box": box, "hello": hello, "h11": h11}
        for asked in ASKED:
            async for each in compare(servers, *asked):
                print(json.dumps(each), flush=True)
        async for each in costs(box, h11):
            print(json.dumps(each), flush=True)
        print(json.dumps(await watched(box, h11)), flush=True)
    async with serving("box") as guarded, serving("unguarded") as unguarded:
        print(json.dumps(await guards(guarded, unguarded)), flush=True)


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["serve"]:
        trio.run(serve, arguments[1])
    else:
        trio.run(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
