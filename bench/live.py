"""A change by one client to its event at another: POST sent to `state:player` received, in milliseconds.

The floor, in the same run: a message to a bare Trio WebSocket and its echo. `python -m bench.live` prints the row.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, open_websocket, serve_websocket

from bench.http import Connection, request, serving
from bench.meters import Row, timed

CHANGES = 500


async def changes(port: int) -> list[float]:
    """How long each took."""
    times: list[float] = []
    async with (
        open_websocket("127.0.0.1", port, "/socket.io/?EIO=4&transport=websocket", use_ssl=False) as socket,
        await trio.open_tcp_stream("127.0.0.1", port) as stream,
    ):
        await _join(socket)
        http = Connection(stream)
        for number in range(CHANGES):
            began = perf_counter()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(http.ask, request("POST", "/api/player/volume", {"volume": number % 100}))
                await _until(socket, f'"volume":{number % 100},')
                times.append(perf_counter() - began)
    return times


async def _join(socket: WebSocketConnection) -> None:
    await socket.get_message()
    await socket.send_message("40")
    await _until(socket, "connection_status")
    await socket.send_message('42["join:playlists",{}]')
    await _until(socket, "ack:join")


async def _until(socket: WebSocketConnection, part: str) -> None:
    while part not in (message := await socket.get_message()):
        if message == "2":
            await socket.send_message("3")


async def echoes(port: int) -> list[float]:
    times: list[float] = []
    async with open_websocket("127.0.0.1", port, "/", use_ssl=False) as socket:
        for _ in range(CHANGES):
            began = perf_counter()
            await socket.send_message("x" * 1000)
            await socket.get_message()
            times.append(perf_counter() - began)
    return times


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    async def echo(asked: WebSocketRequest) -> None:
        socket = await asked.accept()
        try:
            while True:
                await socket.send_message(await socket.get_message())
        except ConnectionClosed:
            return

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, echo, "127.0.0.1", 0, None)
        yield server.port
        nursery.cancel_scope.cancel()


async def rows() -> list[Row]:
    async with serving("box") as box, echo_server() as echo:
        floor = [seconds * 1000 for seconds in await echoes(echo)]
        times = [seconds * 1000 for seconds in await changes(box.port)]
    return [timed("POST to event at another client", times, floor)]


if __name__ == "__main__":
    for each in trio.run(rows):
        print(json.dumps(each))
