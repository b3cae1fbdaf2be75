"""What the texts of Engine.IO 4 and Socket.IO 5 ask of a server, case by case, over polling and WebSocket.

The times are short ones, as the protocol's public test suite wants them: a ping every 300 ms, 200 ms for the pong, a
second to join a namespace. https://socket.io/docs/v4/engine-io-protocol/, https://socket.io/docs/v4/socket-io-protocol/
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from tests.rigs.virtual import virtual_time
from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer, RefusedWebSocket, Wire
from tomb.socketio import Client, Data, SocketServer, Timing

pytestmark = virtual_time
POLLING, WEBSOCKET = "EIO=4&transport=polling", "EIO=4&transport=websocket"


def echo_server() -> SocketServer:
    """Tells each client what it brought, and gives everything back: as an event, and as an acknowledgement."""
    server = server_with(timing=Timing(ping_interval=0.3, ping_timeout=0.2, connect_timeout=1.0))
    for name in ("/", "/custom"):
        namespace = server.namespace(name)

        @namespace.on_connect
        async def connect(client: Client, auth: Data) -> None:
            client.emit("auth", auth or {})

        @namespace.on("message")
        async def message(client: Client, *args: Data) -> None:
            client.emit("message-back", *args)

        @namespace.on("message-with-ack")
        async def with_ack(client: Client, *args: Data) -> tuple[Data, ...]:
            return args

    return server


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with running(echo_server()) as peer:
        yield peer


async def opened(peer: Peer) -> Wire:
    """A session on a WebSocket that has joined nothing yet."""
    wire = await peer.websocket(WEBSOCKET)
    await wire.frame()
    return wire


async def connected(peer: Peer) -> Wire:
    wire = await peer.open_websocket()
    assert await wire.frame() == '42["auth",{}]'
    return wire


def handshake(packet: str | bytes) -> Any:
    assert str(packet)[0] == "0"
    return json.loads(packet[1:])


# --- Engine.IO: handshake -------------------------------------------------------------------------------------------


async def test_polling_opens_a_session(peer: Peer) -> None:
    answer = await peer.get(POLLING)
    assert answer.status == 200
    said = handshake(answer.text)
    assert isinstance(said.pop("sid"), str)
    assert said == {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


async def test_a_websocket_opens_a_session(peer: Peer) -> None:
    wire = await peer.websocket(WEBSOCKET)
    said = handshake(await wire.frame())
    assert isinstance(said.pop("sid"), str)
    assert said == {"upgrades": [], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


@pytest.mark.parametrize("query", ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"])
async def test_polling_is_refused_without_its_version_and_transport(peer: Peer, query: str) -> None:
    assert (await peer.get(query)).status == 400


@pytest.mark.parametrize(
    "query", ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]
)
async def test_a_websocket_is_refused_without_its_version_and_transport(peer: Peer, query: str) -> None:
    with pytest.raises(RefusedWebSocket):
        await peer.websocket(query)


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_only_a_get_opens_a_session(peer: Peer, method: str) -> None:
    assert (await peer.request(method, POLLING)).status == 400


# --- Engine.IO: heartbeat -------------------------------------------------------------------------------------------


async def test_a_poll_brings_pings_and_its_pongs_keep_the_session(peer: Peer) -> None:
    polling = await peer.begin_polling()
    for _ in range(3):
        assert (await polling.get()).packets == ["2"]
        assert (await polling.post("3")).text == "ok"


async def test_a_websocket_brings_pings_and_its_pongs_keep_the_session(peer: Peer) -> None:
    wire = await opened(peer)
    for _ in range(3):
        assert await wire.frame() == "2"
        await wire.send("3")


async def test_a_poll_without_pongs_ends_with_the_ping_timeout(peer: Peer) -> None:
    polling = await peer.begin_polling()
    await trio.sleep(0.501)
    assert (await polling.get()).status == 400


async def test_a_websocket_without_pongs_ends_with_the_ping_timeout(peer: Peer) -> None:
    wire = await opened(peer)
    await wire.done.wait()
    assert trio.current_time() == pytest.approx(0.5)


# --- Engine.IO: close and upgrade -----------------------------------------------------------------------------------


async def test_a_close_packet_ends_polling_and_the_poll_that_waits(peer: Peer) -> None:
    polling = await peer.begin_polling()
    answers: list[list[str]] = []

    async def poll() -> None:
        answers.append((await polling.get()).packets)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll)
        await trio.testing.wait_all_tasks_blocked()
        assert (await polling.post("1")).status == 200
    assert answers == [["6"]]
    assert (await polling.get()).status == 400


async def test_a_close_packet_ends_a_websocket(peer: Peer) -> None:
    wire = await opened(peer)
    await wire.send("1")
    assert await wire.rest() == []
    assert wire.closed


async def upgraded(peer: Peer) -> tuple[str, Wire]:
    polling = await peer.begin_polling()
    wire = await polling.knock()
    await wire.send("2probe")
    assert await wire.frame() == "3probe"
    await wire.send("5")
    await trio.testing.wait_all_tasks_blocked()
    return polling.sid, wire


async def test_a_session_moves_from_polling_to_a_websocket(peer: Peer) -> None:
    _, wire = await upgraded(peer)
    assert await wire.frame() == "2"


async def test_a_session_that_has_moved_takes_no_more_polls(peer: Peer) -> None:
    sid, wire = await upgraded(peer)
    assert (await peer.get(f"{POLLING}&sid={sid}")).status == 400
    assert (await peer.post(f"{POLLING}&sid={sid}", "40")).status == 400
    assert await wire.frame() == "2"


async def test_a_second_websocket_for_it_is_accepted_and_closed_and_the_first_goes_on(peer: Peer) -> None:
    sid, wire = await upgraded(peer)
    second = await peer.websocket(f"{WEBSOCKET}&sid={sid}")
    assert await second.rest() == []
    assert second.closed
    await wire.send("40")
    assert str(await wire.frame()).startswith("40{")


# --- Socket.IO: connect and disconnect ------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
async def test_a_client_connects_to_a_namespace_with_or_without_a_payload(
    peer: Peer, namespace: str, auth: str
) -> None:
    wire = await opened(peer)
    await wire.send(f"40{namespace}{auth}")
    answer = str(await wire.frame())
    assert answer.startswith(f"40{namespace}")
    assert isinstance(json.loads(answer[2 + len(namespace) :])["sid"], str)
    assert await wire.frame() == f'42{namespace}["auth",{auth or "{}"}]'


async def test_an_unknown_namespace_is_refused_and_the_connection_goes_on(peer: Peer) -> None:
    wire = await opened(peer)
    await wire.send("40/random")
    assert await wire.frame() == '44/random,{"message":"Invalid namespace"}'
    await wire.send("40")
    assert str(await wire.frame()).startswith("40{")


async def test_a_handshake_that_is_none_ends_the_connection(peer: Peer) -> None:
    wire = await opened(peer)
    await wire.send("4abc")
    assert await wire.rest() == []


async def test_a_connection_without_a_handshake_is_closed_in_the_end(peer: Peer) -> None:
    wire = await opened(peer)
    for _ in range(3):
        assert await wire.frame() == "2"
        await wire.send("3")
    assert await wire.rest() == ["1"]
    assert trio.current_time() == pytest.approx(1.0)


@pytest.mark.parametrize("namespace", ["", "/custom,"])
async def test_a_client_leaves_a_namespace_and_the_connection_goes_on(peer: Peer, namespace: str) -> None:
    wire = await opened(peer)
    await wire.send(f"40{namespace}")
    await wire.frames(2)
    await wire.send(f"41{namespace}")
    for _ in range(5):
        assert await wire.frame() == "2"
        await wire.send("3")


# --- Socket.IO: events and acknowledgements -------------------------------------------------------------------------


async def test_an_event_of_text(peer: Peer) -> None:
    wire = await connected(peer)
    await wire.send('42["message",1,"2",{"3":[true]}]')
    assert await wire.frame() == '42["message-back",1,"2",{"3":[true]}]'


async def test_an_event_with_attachments(peer: Peer) -> None:
    wire = await connected(peer)
    slot = '{"_placeholder":true,"num":%d}'
    await wire.send(f'452-["message",{slot % 0},{slot % 1}]', b"\x01\x02\x03", b"\x04\x05\x06")
    text, *attachments = await wire.frames(3)
    assert text == f'452-["message-back",{slot % 0},{slot % 1}]'
    assert attachments == [b"\x01\x02\x03", b"\x04\x05\x06"]


async def test_an_acknowledgement_of_text(peer: Peer) -> None:
    wire = await connected(peer)
    await wire.send('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert await wire.frame() == '43456[1,"2",{"3":[false]}]'


async def test_an_acknowledgement_with_attachments(peer: Peer) -> None:
    wire = await connected(peer)
    slot = '{"_placeholder":true,"num":%d}'
    await wire.send(f'452-789["message-with-ack",{slot % 0},{slot % 1}]', b"\x01\x02", b"\x03")
    text, *attachments = await wire.frames(3)
    assert text == f"462-789[{slot % 0},{slot % 1}]"
    assert attachments == [b"\x01\x02", b"\x03"]


@pytest.mark.parametrize("packet", ["4abc", "42{}", '42abc["message-with-ack",1]'])
async def test_a_packet_of_no_known_type_payload_or_acknowledgement_id_ends_the_connection(
    peer: Peer, packet: str
) -> None:
    wire = await connected(peer)
    await wire.send(packet)
    assert await wire.rest() == []
    assert wire.closed
