"""10,000 frames and payloads that no honest client sends: each is refused as what it is, and the server goes on."""

import random

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer
from tomb.socketio import Client, Data, ProtocolError, Reason, SocketLimits, codec
from tomb.socketio.codec import Assembler, EnginePacket
from tomb.socketio.types import Frame

SOUND = [
    "2probe", "3", "40", '40{"token":1}', "41", '42["hear",1]', '4212["hear",{"a":[1,2]}]', '431["x"]',
    '451-["hear",{"_placeholder":true,"num":0}]', '461-3[{"_placeholder":true,"num":0}]', '42/other,["hear"]', "1",
    "5", "6",
]  # fmt: skip
HOSTILE = [
    "", "4", "42", "42[", "42[]", "42{}", "42[1]", "42[null]", '42["connect"]', '42["disconnect"]', "43", "43[]",
    "43x[]",
    "44", "45", "45-", '45-["x"]', "459999999999-[]", "4599999999999999-[]", "46", "47", "49", "4²", "٣", "7", "8", "9",
    "9" * 500, "40[]", '40"x"', "41[1]", "40/" + "n" * 5000, "42" + "[" * 100_000, '42["x",' + "9" * 200 + "]",
    '42["x",1e999]', '42["x",NaN]', "4" + "2" * 5000, '42["\\ud800"]', "b", "b!", "bAAAA", "b=", "\x1e", "4\x1e",
    "\x00",
    '451-["x",{"_placeholder":true,"num":7}]', '451-["x",{"_placeholder":true,"num":"a"}]',
    '451-["x",{"_placeholder":true,"num":{}}]', "42/,[]", "42?x,[]", "0", '0{"sid":"mine"}', "2", "\ud83d",
]  # fmt: skip


def mangled(chance: random.Random) -> Frame:
    """A sound frame with something done to it, a hostile one, or noise."""
    kind = chance.randrange(5)
    if kind == 0:
        return chance.randbytes(chance.randrange(40))
    if kind == 1:
        return chance.choice(HOSTILE)
    text = chance.choice(SOUND)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(text) + 1)
        text = (
            text[:at]
            + chance.choice(["", "[", "]", "{", '"', ",", "-", "/", "0", "9", "é", "\x1e", "b"])
            + text[at + 1 :]
        )
    return text


async def test_ten_thousand_garbage_frames_and_payloads_hurt_nobody(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(connections=20_000, connections_per_address=20_000))
    root = server.namespace("/")

    @root.on("hear")
    async def hear(client: Client, *args: Data) -> int:
        return len(args)

    chance = random.Random(20_261_123)
    async with running(server) as peer:
        witness = await peer.open_websocket()
        tried = 0
        while tried < 7_000:
            tried += await _torment_a_websocket(peer, chance)
        while tried < 10_000:
            tried += await _torment_a_poll(peer, chance)
        await witness.send('421["hear",1,2]')
        assert await witness.frame() == "431[2]"
        await trio.testing.wait_all_tasks_blocked()
        assert server.connections == 1
        assert server.counters.ended[Reason.PARSE_ERROR] > 3_000


async def _torment_a_websocket(peer: Peer, chance: random.Random) -> int:
    """Garbage until the server has had enough of it; how much that was."""
    wire = await peer.open_websocket()
    tried = 0
    while not wire.done.is_set():
        await wire.send(mangled(chance))
        await trio.testing.wait_all_tasks_blocked()
        tried += 1
    return tried


async def _torment_a_poll(peer: Peer, chance: random.Random) -> int:
    polling = await peer.open_polling()
    for tried in range(1, 10):
        frame = mangled(chance)
        body = frame if isinstance(frame, bytes) else frame.encode("utf-8", "surrogatepass")
        status = (await peer.request("POST", polling.query, body)).status
        assert status in (200, 400)
        if status == 400:
            return tried
    await polling.post("1")
    return tried


@pytest.mark.parametrize("frame", HOSTILE)
async def test_each_known_trick_is_a_protocol_error_or_nothing(
    frame: str, autojump_clock: trio.testing.MockClock
) -> None:
    server = server_with()
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send(frame)
        await trio.testing.wait_all_tasks_blocked()
        assert server.counters.handler_failures == 0
        await (await peer.open_websocket()).hang_up()


@given(st.one_of(st.text(), st.binary()))
@settings(max_examples=300, deadline=None)
def test_a_frame_is_decoded_or_refused(frame: Frame) -> None:
    try:
        packet = codec.decode_frame(frame)
    except ProtocolError:
        return
    assert isinstance(packet, EnginePacket)
    assert 0 <= packet.type <= 6


@given(st.lists(st.one_of(st.text(), st.binary()), max_size=4))
@settings(max_examples=300, deadline=None)
def test_messages_are_assembled_or_refused(messages: list[Frame]) -> None:
    assembler = Assembler(4, 1000, 1000)
    for message in messages:
        try:
            packet = assembler.feed(message)
        except ProtocolError:
            return
        if packet is not None:
            assert packet.namespace.startswith("/")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DATA = st.recursive(JSON | st.binary(), lambda inner: st.lists(inner, max_size=3), max_leaves=6)
NAMES = st.text(min_size=1).filter(
    lambda name: (
        name not in {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
    )
)


@given(NAMES, st.lists(DATA, max_size=4), st.sampled_from(["/", "/other"]), st.none() | st.integers(0, 10**9))
@settings(max_examples=200, deadline=None)
def test_what_is_encoded_comes_back_over_either_transport(
    name: str, args: list[Data], namespace: str, ack_id: int | None
) -> None:
    frames = codec.encode_event(name, args, namespace, ack_id)
    by_poll = codec.decode_payload(codec.encode_payload(frames).encode("utf-8", "surrogatepass"), 100)
    by_websocket = [codec.decode_frame(frame) if isinstance(frame, str) else EnginePacket(4, frame) for frame in frames]
    assert by_poll == by_websocket
    assembler = Assembler(100, 1_000_000, 1_000_000)
    *parts, packet = [assembler.feed(engine_packet.data) for engine_packet in by_poll]
    assert parts == [None] * len(parts)
    assert packet is not None
    assert (packet.namespace, packet.id, packet.data) == (namespace, ack_id, [name, *args])
