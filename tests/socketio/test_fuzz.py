"""Clients that do anything in any order, read fast, slowly or not at all, and leave at any moment.

Whatever they do ends their own connection and nothing else: nothing is raised into the server, nothing is left of them,
and whoever behaves is served all the while. Each client is a script drawn from a seed, so a failure can be had again.
"""

import logging
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.virtual import run_virtually
from tests.socketio.peer import running, server_with
from tests.socketio.stage import Stage, on_the_air
from tomb.nurseries.web import WebLimits
from tomb.rehearsal.peer import Peer, RefusedWebSocket, Wire
from tomb.socketio import Client, Data, SocketLimits, SocketServer, Timing

PACKETS: tuple[str | bytes, ...] = (
    "40", "40", "40/other,", "40/nowhere,", '40{"refuse":1}', "41", "41", "41/other,", "1", "1", "2", "3", "5", "6",
    "0", "2probe", '42["echo",1]', '427["echo",{"a":[1,"é"]}]', '42["burst",40]', '42["big"]', '42["big"]',
    '42["slow"]', '42["fail"]', '42["kick"]', '42["ask"]', '42["leave and stay"]', '431["answer"]', '42/other,["echo"]',
    "42{}",
    "4abc", "44", "43[]", '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"one", b"two",
    "x" * 3_000, "", "\x1e", '42["echo",1e999]',
)  # fmt: skip
SCRIPTS_IN_MEMORY = 1_500
SCRIPTS_ON_SOCKETS = 600
AT_ONCE = 40


def hostile_server(limits: SocketLimits) -> SocketServer:
    """Has an event for everything that a connection's tasks can be busy with when its end comes."""
    timing = Timing(ping_interval=0.3, ping_timeout=0.2, connect_timeout=0.5, upgrade_timeout=0.3, farewell=0.1)
    server = server_with(limits, timing)
    for name in ("/", "/other"):
        namespace = server.namespace(name)

        @namespace.on_connect
        async def connect(client: Client, auth: Data) -> None:
            client.enter_room("all")
            client.emit("snapshot", "x" * 20_000)

        @namespace.on("echo")
        async def echo(client: Client, *args: Data) -> list[Data]:
            return list(args)

        @namespace.on("burst")
        async def burst(client: Client, count: int) -> None:
            for number in range(count):
                client.emit("n", number)

        @namespace.on("big")
        async def big(client: Client) -> None:
            await client.drain()
            client.emit("big", "y" * 300_000)

        @namespace.on("slow")
        async def slow(client: Client) -> str:
            await trio.sleep(0.05)
            return "done"

        @namespace.on("fail")
        async def fail(client: Client) -> None:
            raise ValueError("as asked")

        @namespace.on("kick")
        async def kick(client: Client) -> None:
            client.disconnect()

        @namespace.on("ask")
        async def ask(client: Client) -> None:
            await client.call("question", timeout=0.1)

        @namespace.on("leave and stay")
        async def leave(client: Client) -> None:
            client.leave_room("all")

    return server


def fuzz_limits() -> SocketLimits:
    return SocketLimits(message_bytes=2_000, queued_packets=60, held_bytes=4_000_000, connections_per_address=500)


def assert_unharmed(server: SocketServer, caplog: pytest.LogCaptureFixture) -> None:
    assert [record.exc_info for record in caplog.records if record.name.endswith("server")] == []
    assert server.counters.connection_failures == 0
    assert server.connections == 0
    assert server.namespace("/").clients == server.namespace("/other").clients == {}
    assert server.budget.held == 0
    assert server.counters.handler_failures > 0, "they have been heard"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR and not _as_asked(record)]
    assert errors == []


def _as_asked(record: logging.LogRecord) -> bool:
    return record.getMessage().startswith(("the handler of 'fail'", "the handler of 'ask'"))


async def shout(server: SocketServer) -> None:
    """What the box tells everybody meanwhile."""
    while True:
        server.emit("news", "z" * 200, rooms=["all"])
        await trio.sleep(0.01)


# --- in memory, on virtual time: a server that is as strict as ASGI allows ------------------------------------------


async def play_in_memory(peer: Peer, chance: random.Random) -> None:
    wire = await _some_websocket(peer, chance)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_read, wire, chance.choice((0.0, 0.0, 0.05, 1.0)))
        for _ in range(chance.randrange(12)):
            if wire.done.is_set():
                break
            await wire.send(chance.choice(PACKETS))
            wire.stalled = chance.random() < 0.2
            if chance.random() < 0.3:
                await trio.sleep(chance.choice((0, 0.001, 0.1, 0.3)))
        if chance.random() < 0.6:
            await wire.to_app.send({"type": "websocket.disconnect", "code": 1006})
        with trio.fail_after(60):
            await wire.done.wait()
        nursery.cancel_scope.cancel()


async def _some_websocket(peer: Peer, chance: random.Random) -> Wire:
    """From the start, or as the upgrade of a polling session; greeted, joined, or neither."""
    if chance.random() < 0.3:
        polling = await peer.begin_polling()
        await polling.post(*(packet for packet in chance.sample(PACKETS, 2) if isinstance(packet, str)))
        if chance.random() < 0.5:
            peer.nursery.start_soon(polling.get)
        try:
            wire = await polling.knock()
        except RefusedWebSocket:  # its packets have ended it
            return await peer.websocket("EIO=4&transport=websocket")
        await wire.send(*chance.choice((("2probe",), ("2probe", "5"), ("5",), ())))
        return wire
    wire = await peer.websocket("EIO=4&transport=websocket")
    await wire.send(*chance.choice((("40",), ("40", "40/other,"), ("40", "40"), ())))
    return wire


async def _read(wire: Wire, pause: float) -> None:
    async for _ in wire.from_app:
        await trio.sleep(pause)


@pytest.mark.parametrize("seed", range(3))
def test_no_order_of_packets_closes_and_losses_hurts_the_server(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        server = hostile_server(fuzz_limits())
        async with running(server) as peer, trio.open_nursery() as nursery:
            nursery.start_soon(shout, server)
            limiter = trio.CapacityLimiter(AT_ONCE)
            async with trio.open_nursery() as scripts:
                for number in range(SCRIPTS_IN_MEMORY // 3):

                    async def play(number: int) -> None:
                        async with limiter:
                            await play_in_memory(peer, random.Random(f"{seed} {number}"))

                    scripts.start_soon(play, number)
            nursery.cancel_scope.cancel()
            await trio.sleep(2)  # polling sessions that nobody ended
            assert_unharmed(server, caplog)

    caplog.set_level(logging.WARNING)
    run_virtually(main)


# --- on real sockets, behind Hypercorn ------------------------------------------------------------------------------


def frame(payload: str | bytes, opcode: int | None = None, *, mask: bool = True) -> bytes:
    """A WebSocket frame (RFC 6455, 5.2), masked with zeros."""
    data = payload.encode() if isinstance(payload, str) else payload
    code = 0x80 | (opcode if opcode is not None else 1 if isinstance(payload, str) else 2)
    size, flag = len(data), 0x80 if mask else 0
    head = struct.pack("!BB", code, flag | size) if size < 126 else struct.pack("!BBH", code, flag | 126, size)
    return head + (bytes(4) if mask else b"") + data


CONTROL = (
    frame(b"\x03\xe8", 8), frame(b"", 8), frame(b"ping", 9), frame(b"pong", 10), frame("bare", mask=False),
    b"\x01\x83\0\0\0\0abc", b"\x80\x83\0\0\0\0abc", b"\xff\xff\xff\xff", frame("\x00" * 200),
)  # fmt: skip
HEAD = b"Host: box\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
HEAD += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


OPENINGS = (("40",), ("40",), ("40", "40/other,"), ("40", "40"), ("2probe", "5", "40"), ())


async def play_on_sockets(port: int, chance: random.Random) -> None:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    if chance.random() < 0.5:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        with trio.move_on_after(1.5):
            async with stream, trio.open_nursery() as nursery:
                await stream.send_all(b"GET /socket.io/?" + await _query(port, chance) + b" HTTP/1.1\r\n" + HEAD)
                if chance.random() < 0.95:
                    await _be_answered(stream)
                await stream.send_all(b"".join(map(frame, chance.choice(OPENINGS))))
                if chance.random() < 0.8:
                    nursery.start_soon(_read_stream, stream, chance.choice((0.0, 0.0, 0.02, 0.1)))
                await _speak(stream, chance)
                await _leave(stream, chance)
                nursery.cancel_scope.cancel()
    except* (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
        pass  # the server has ended it first


async def _query(port: int, chance: random.Random) -> bytes:
    query = b"EIO=4&transport=websocket"
    return query + b"&sid=" + await _polling_sid(port) if chance.random() < 0.25 else query


async def _be_answered(stream: trio.SocketStream) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer and (some := await stream.receive_some(512)):
        answer += some


async def _polling_sid(port: int) -> bytes:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: box\r\n\r\n")
        answer = b""
        while b'"sid":"' not in answer or b"}" not in answer:
            some = await stream.receive_some()
            if not some:
                raise trio.BrokenResourceError(f"no session: {answer!r}")
            answer += some
        return answer.split(b'"sid":"')[1].split(b'"')[0]


async def _speak(stream: trio.SocketStream, chance: random.Random) -> None:
    for _ in range(chance.randrange(10)):
        said = b"".join(
            chance.choice(CONTROL) if chance.random() < 0.1 else frame(chance.choice(PACKETS))
            for _ in range(chance.choice((1, 1, 1, 5)))
        )
        await stream.send_all(said)
        if chance.random() < 0.3:
            await trio.sleep(chance.choice((0, 0.001, 0.02, 0.1)))


async def _leave(stream: trio.SocketStream, chance: random.Random) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its close is a reset
    elif kind == 1:
        await stream.send_all(frame("41") + frame("1"))
        await trio.sleep(0.1)
        await stream.send_all(frame(b"\x03\xe8", 8))
    elif kind == 2:
        await stream.send_eof()
        await trio.sleep(0.1)
    elif kind == 3:
        await trio.sleep(0.5)


async def _read_stream(stream: trio.SocketStream, pause: float) -> None:
    while await stream.receive_some(65_536 if not pause else 1_000):
        await trio.sleep(pause)


@asynccontextmanager
async def watched(stage: Stage) -> AsyncIterator[tuple[str, trio.Nursery]]:
    async with (
        on_the_air(stage, WebLimits(stall=1.0, connections_per_address=500)) as url,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(shout, stage.server)
        yield url, nursery
        nursery.cancel_scope.cancel()


async def test_nothing_that_comes_over_real_sockets_hurts_the_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    stage = Stage(hostile_server(fuzz_limits()))
    limiter = trio.CapacityLimiter(AT_ONCE)
    async with watched(stage) as (url, _):
        port = int(url.rpartition(":")[2])

        async def play(number: int) -> None:
            async with limiter:
                await play_on_sockets(port, random.Random(f"sockets {number}"))

        async with trio.open_nursery() as scripts:
            for number in range(SCRIPTS_ON_SOCKETS):
                scripts.start_soon(play, number)
        with trio.fail_after(PATIENCE_S):
            await stage.all_gone()
        assert await _polling_sid(port)
        with trio.fail_after(PATIENCE_S):
            await stage.all_gone()
    assert_unharmed(stage.server, caplog)
