import json
import logging
import math
from collections.abc import Callable

import pytest
import trio
from engineio import packet as engine
from socketio import packet as sio

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer, Wire
from tomb.socketio import Client, Data, Failure, RawJson, Refused, SocketServer


async def members(peer: Peer, server: SocketServer, **rooms: list[str]) -> dict[str, Wire]:
    """One WebSocket client a name, in the rooms given for it."""
    wires = {}
    for name, entered in rooms.items():
        wires[name] = await peer.open_websocket()
        client = list(server.namespace("/").clients.values())[-1]
        for room in entered:
            client.enter_room(room)
    return wires


async def heard(wires: dict[str, Wire]) -> dict[str, list[str | bytes]]:
    await trio.testing.wait_all_tasks_blocked()
    return {name: await wire.frames(wire.from_app.statistics().current_buffer_used) for name, wire in wires.items()}


async def test_a_union_of_rooms_reaches_each_client_once(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, both=["red", "blue"], red=["red"], blue=["blue"], none=[])
        assert server.emit("n", 1, rooms=["red", "blue"]) == 3
        assert server.emit("n", 2, rooms=["blue"]) == 2
        assert server.emit("n", 3, rooms=["nowhere"]) == 0
        assert server.emit("n", 4, rooms=[]) == 0
        assert server.emit("n", 5) == 4
        assert await heard(wires) == {
            "both": ['42["n",1]', '42["n",2]', '42["n",5]'],
            "red": ['42["n",1]', '42["n",5]'],
            "blue": ['42["n",1]', '42["n",2]', '42["n",5]'],
            "none": ['42["n",5]'],
        }


async def test_rooms_end_with_their_last_member(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, a=["red", "blue"])
        (client,) = server.namespace("/").clients.values()
        assert client.rooms == {"red", "blue"}
        client.leave_room("red")
        client.leave_room("red")
        client.leave_room("never entered")
        assert client.rooms == {"blue"}
        await wires["a"].hang_up()
        await trio.testing.wait_all_tasks_blocked()
        assert client.rooms == frozenset()
        assert server.namespace("/").rooms.within(["red", "blue"]) == {}


async def test_one_client_can_be_sent_to_by_its_sid(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, a=[], b=[])
        sid, _ = server.namespace("/").clients
        assert server.emit("n", 1, to=sid) == 1
        assert server.emit("n", 1, to="nobody") == 0
        assert server.client(sid).sid == sid
        with pytest.raises(KeyError):
            server.client("nobody")
        with pytest.raises(KeyError):
            server.emit("n", 1, namespace="/never made")
        assert await heard(wires) == {"a": ['42["n",1]'], "b": []}


async def test_the_application_decides_for_each_recipient(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    highest: dict[str, int] = {}

    def newer(number: int) -> Callable[[Client], bool]:
        def accept(client: Client) -> bool:
            if highest.get(client.sid, 0) >= number:
                return False
            highest[client.sid] = number
            return True

        return accept

    async with running(server) as peer:
        wires = await members(peer, server, a=["red"], b=["red"])
        first, _ = server.namespace("/").clients
        highest[first] = 5
        assert server.emit("n", 4, rooms=["red"], accept=newer(4)) == 1
        assert server.emit("n", 6, rooms=["red"], accept=newer(6)) == 2
        assert await heard(wires) == {"a": ['42["n",6]'], "b": ['42["n",4]', '42["n",6]']}


async def test_a_broadcast_is_encoded_once_whatever_the_number_of_clients(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counting(name: str, original: Callable[..., object]) -> Callable[..., object]:
        def count(*args: object, **kwargs: object) -> object:
            calls.append(name)
            return original(*args, **kwargs)

        return count

    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, **{f"client {number}": ["red"] for number in range(20)})
        poller = await peer.open_polling()
        server.client(list(server.namespace("/").clients)[-1]).enter_room("red")
        monkeypatch.setattr(json, "dumps", counting("json", json.dumps))
        monkeypatch.setattr(sio.Packet, "encode", counting("socket packet", sio.Packet.encode))
        monkeypatch.setattr(engine.Packet, "encode", counting("engine packet", engine.Packet.encode))
        assert server.emit("state", {"big": list(range(100))}, rooms=["red"]) == 21
        got = await heard(wires)
        assert (await poller.get()).packets == got["client 0"]
    assert sorted(calls) == ["engine packet", "json", "socket packet"]
    assert len({id(frames[0]) for frames in got.values()}) == 1, "every client got the very same string"


async def test_json_text_is_spliced_in_as_it_stands(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, a=[])
        server.emit("state", RawJson('{"a": 1.50}'))
        server.emit("state", RawJson("{}"), 2, RawJson("[\u2603]".encode()))
        (client,) = server.namespace("/").clients.values()
        client.emit("mine", RawJson("null"))
        with pytest.raises(TypeError):
            server.emit("state", RawJson("{}"), b"binary beside it")
        assert await heard(wires) == {"a": ['42["state",{"a": 1.50}]', '42["state",{},2,[\u2603]]', '42["mine",null]']}


async def test_binary_arguments_travel_beside_the_text(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wires, poller = await members(peer, server, a=[]), await peer.open_polling()
        server.emit("pair", b"\x00\x1e", {"deep": [b"\xff"]})
        text = '452-["pair",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}]'
        assert await heard(wires) == {"a": [text, b"\x00\x1e", b"\xff"]}
        assert (await poller.get()).packets == [text, "bAB4=", "b/w=="]


async def test_what_json_cannot_say_is_the_callers_error_and_reaches_nobody(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    async with running(server) as peer:
        wires = await members(peer, server, a=[])
        with pytest.raises(TypeError):
            server.emit("n", object())  # type: ignore[arg-type]  # which is the point
        with pytest.raises(ValueError, match="not JSON compliant"):
            server.emit("n", math.nan)
        assert await heard(wires) == {"a": []}


async def test_acknowledgements_carry_none_one_or_several_values(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    root = server.namespace("/")

    @root.on("give")
    async def give(client: Client, what: str) -> Data | tuple[Data, ...]:
        return {"none": None, "one": [1, 2], "two": ("a", b"b")}[what]

    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send('421["give","none"]', '422["give","one"]', '423["give","two"]', '42["give","one"]')
        await trio.testing.wait_all_tasks_blocked()
        assert await wire.frames(wire.from_app.statistics().current_buffer_used) == [
            "431[]",
            "432[[1,2]]",
            '461-3["a",{"_placeholder":true,"num":0}]',
            b"b",
        ]


async def test_a_failing_handler_is_logged_and_answered_as_the_application_wishes(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[Failure] = []

    def tell(failure: Failure) -> Data:
        failures.append(failure)
        failure.client.emit("err:op", failure.event)
        return {"error": str(failure.error)}

    server = server_with(on_failure=tell)
    root = server.namespace("/")

    @root.on("fail")
    async def fail(client: Client, how: str) -> Data:
        if how == "unsayable":
            return object()  # type: ignore[return-value]  # which is the point
        async with trio.open_nursery():
            raise RuntimeError(how)

    async with running(server) as peer:
        wire, other = await peer.open_websocket(), await peer.open_websocket()
        await wire.send('427["fail","badly"]', '428["fail"]', '429["fail","unsayable"]')
        await trio.testing.wait_all_tasks_blocked()
        answers = sorted(str(frame) for frame in await wire.frames(6))  # they may finish in any order
        assert answers[:3] == ['42["err:op","fail"]'] * 3
        assert [answer[:3] for answer in answers[3:]] == ["437", "438", "439"]
        errors = {failure.args: type(failure.error) for failure in failures}
        assert errors == {("badly",): ExceptionGroup, (): TypeError, ("unsayable",): TypeError}
        assert server.counters.handler_failures == 3
        assert [record.levelno for record in caplog.records] == [logging.ERROR] * 3
        assert server.emit("n", 1) == 2
        assert await other.frame() == await wire.frame() == '42["n",1]'


async def test_a_failure_hook_that_fails_ends_that_connection_and_no_other(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    def tell(failure: Failure) -> Data:
        raise RuntimeError("this one too")

    server = server_with(on_failure=tell)

    @server.namespace("/").on("fail")
    async def fail(client: Client) -> None:
        raise RuntimeError

    async with running(server) as peer:
        wire, other = await peer.open_websocket(), await peer.open_websocket()
        await wire.send('427["fail"]')
        await wire.done.wait()
        server.emit("n", 1)
        assert await other.frame() == '42["n",1]'
        assert server.connections == server.counters.connection_failures == 1
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"], "the handler's, and the hook's"


async def test_a_refused_client_is_told_why_and_joins_nothing(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    root = server.namespace("/")

    @root.on_connect
    async def connect(client: Client, auth: Data) -> None:
        client.enter_room("red")
        client.emit("never seen")
        if auth != {"pin": 1}:
            raise Refused("wrong pin", {"tries": 2})

    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.frame()
        await wire.send("40")
        assert await wire.frame() == '44{"message":"wrong pin","data":{"tries":2}}'
        assert root.emit("n", rooms=["red"]) == 0
        await wire.send('42["ignored"]', '40{"pin":1}')
        assert str(await wire.frame()).startswith('40{"sid":')
        assert await wire.frame() == '42["never seen"]'


async def test_a_refusal_that_cannot_be_said_is_a_failure_like_any_other(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()

    @server.namespace("/").on_connect
    async def connect(client: Client, auth: Data) -> None:
        raise Refused("because", object())  # type: ignore[arg-type]  # which is the point

    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.frame()
        await wire.send("40")
        assert await wire.frame() == '44{"message":"Internal error","data":{"error":"internal error"}}'
        assert server.counters.handler_failures == 1


async def test_what_a_room_gets_while_a_member_is_being_let_in_follows_its_connect(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()

    @server.namespace("/").on_connect
    async def connect(client: Client, auth: Data) -> None:
        client.enter_room("red")
        client.emit("snapshot")
        await trio.sleep(1)
        client.emit("ready")

    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.frame()
        await wire.send("40")
        await trio.sleep(0.5)
        server.emit("meanwhile", rooms=["red"])
        assert str(await wire.frame()).startswith('40{"sid":')
        assert await wire.frames(3) == ['42["snapshot"]', '42["meanwhile"]', '42["ready"]']


async def test_unknown_events_are_ignored_and_counted(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send('42["no such thing"]', '421["nor this"]')
        await trio.testing.wait_all_tasks_blocked()
        assert server.counters.unknown_events == 2
        assert server.connections == 1


async def test_handlers_see_what_opened_the_connection(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        await peer.websocket("EIO=4&transport=websocket&kind=phone", headers={"X-Thing": "1"})
        (session,) = server._sessions.values()
        request = session.request
        assert (request.kind, request.path, request.address) == ("websocket", "/socket.io/", "192.0.2.1")
        assert request.query["kind"] == "phone"
        assert request.headers["x-thing"] == "1"
