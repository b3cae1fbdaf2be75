"""A server with something to say to every case of the conformance suite."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import trio

from tests.rigs.patience import PATIENCE_S
from tomb.nurseries.web import WebLimits, serve_web
from tomb.socketio import CallTimeout, Client, Data, Failure, Reason, Refused, SocketLimits, SocketServer, Timing


def counted(prefix: str = "id") -> "partial[str]":
    numbers = itertools.count(1)
    return partial(lambda: f"{prefix}{next(numbers)}")


@dataclass
class Stage:
    """What the handlers below saw."""

    server: SocketServer
    departures: list[tuple[str, Reason]] = field(default_factory=list)
    departed: trio.Event = field(default_factory=trio.Event)
    ticks: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def departure_of(self, sid: str) -> Reason:
        while True:
            for gone, reason in self.departures:
                if gone == sid:
                    return reason
            self.departed = trio.Event()
            await self.departed.wait()

    async def all_gone(self) -> None:
        while self.server.connections:
            await trio.sleep(0.005)


def set_stage(limits: SocketLimits | None = None, timing: Timing | None = None) -> Stage:
    server = SocketServer(new_id=counted(), limits=limits, timing=timing, on_failure=_name_it)
    stage = Stage(server)
    _root(stage)
    other = server.namespace("/other")

    @other.on("where")
    async def where(client: Client) -> str:
        return client.namespace

    return stage


@asynccontextmanager
async def on_the_air(stage: Stage, limits: WebLimits | None = None) -> AsyncIterator[str]:
    """The stage behind Hypercorn, on a free port of the loopback."""
    async with trio.open_nursery() as nursery:
        await nursery.start(stage.server.run)
        (address,) = await nursery.start(partial(serve_web, stage.server, hosts=["127.0.0.1"], port=0, limits=limits))
        yield f"http://127.0.0.1:{address.port}"
        nursery.cancel_scope.cancel()


def _name_it(failure: Failure) -> Data:
    return {"error": type(failure.error).__name__}


def _root(stage: Stage) -> None:
    root = stage.server.namespace("/")

    @root.on_connect
    async def connect(client: Client, auth: Data) -> None:
        wishes = auth if isinstance(auth, dict) else {}
        if "refuse" in wishes:
            raise Refused(wishes["refuse"], {"retry": False})
        if "crash" in wishes:
            raise ValueError("as asked")
        if "greet" in wishes:
            client.emit("greeting", wishes["greet"])
        if "flood" in wishes:
            for number in range(400):
                client.emit("flood", number)

    @root.on_disconnect
    async def disconnect(client: Client, reason: Reason) -> None:
        stage.departures.append((client.sid, reason))
        stage.departed.set()

    @root.on("whoami")
    async def whoami(client: Client) -> dict[str, str]:
        return {"sid": client.sid, "transport": client.transport}

    @root.on("echo")
    async def echo(client: Client, *args: Data) -> list[Data]:
        return list(args)

    @root.on("one")
    async def one(client: Client, arg: Data) -> Data:
        return arg

    @root.on("none")
    async def none(client: Client) -> None:
        return None

    @root.on("several")
    async def several(client: Client) -> tuple[str, int]:
        return "a", 2

    @root.on("send_blobs")
    async def send_blobs(client: Client, count: int) -> None:
        for number in range(count):
            client.emit("blob", number, f"blob {number}".encode())

    @root.on("ask_me")
    async def ask_me(client: Client, *args: Data) -> list[Data]:
        return list(await client.call("question", *args, timeout=PATIENCE_S))

    @root.on("ask_in_vain")
    async def ask_in_vain(client: Client) -> str:
        try:
            await client.call("silence", timeout=0.05)
        except CallTimeout:
            return "timed out"
        return "answered"

    @root.on("tick_back")
    async def tick_back(client: Client, number: int) -> int:
        stage.ticks.append(number)
        client.emit("tick", number)
        await trio.lowlevel.checkpoint()
        return number

    @root.on("ticks_in_order")
    async def ticks_in_order(client: Client) -> list[int]:
        return stage.ticks

    @root.on("burst")
    async def burst(client: Client, count: int) -> str:
        for number in range(count):
            client.emit("tick", number)
        return "sent"

    @root.on("is_reached")
    async def is_reached(client: Client, sid: str) -> bool:
        session = stage.server.client(sid)._session
        return session.polling or session.transport == "websocket"

    @root.on("slow")
    async def slow(client: Client, seconds: float, number: int) -> int:
        stage.at_once += 1
        stage.most_at_once = max(stage.most_at_once, stage.at_once)
        await trio.sleep(seconds)
        stage.at_once -= 1
        return number

    @root.on("most_at_once")
    async def most_at_once(client: Client) -> int:
        return stage.most_at_once

    @root.on("fail")
    async def fail(client: Client, number: int) -> None:
        raise ValueError(number)

    @root.on("join")
    async def join(client: Client, room: str) -> None:
        client.enter_room(room)

    @root.on("leave")
    async def leave(client: Client, room: str) -> None:
        client.leave_room(room)

    @root.on("tell")
    async def tell(client: Client, rooms: list[str], number: int) -> int:
        return root.emit("note", number, rooms=rooms)

    @root.on("kick_me")
    async def kick_me(client: Client) -> None:
        client.disconnect()
