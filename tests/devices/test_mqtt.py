"""What a broker may send, and what paho has to go on doing for tomb/devices/mqtt."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import lockstep_stream_pair, memory_stream_pair

from tests.rigs.virtual import run_virtually
from tomb.devices.mqtt.frames import LARGEST, Frames
from tomb.devices.mqtt.session import CALM, KEPT, PACKET_PAUSE_S, READ_PAUSE_S, Login, Message, Session
from tomb.errors import Broken, DeviceError, Missing
from tomb.rehearsal.simulated.broker import packet, packets, publish

WILL = Message("tomb/x/availability", b"offline")
WELCOME = packet(0x20, b"\0\0")
TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
MESSAGES = st.lists(st.tuples(TOPICS, st.binary(max_size=200), st.booleans()), max_size=20)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """In pieces that end at these places, as far as they are within it."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


@given(MESSAGES, st.lists(st.integers(0, 5000), max_size=30))
def test_packets_come_out_as_they_were_sent_however_the_stream_is_cut(
    messages: list[tuple[str, bytes, bool]], places: list[int]
) -> None:
    sent = [publish(topic, payload, retained=retained) for topic, payload, retained in messages]
    frames = Frames()
    assert [each for piece in cut(b"".join(sent), places) for each in frames.feed(piece)] == sent


@given(st.integers(0, 3 * LARGEST), st.integers(1, LARGEST))
def test_what_is_too_large_is_passed_over_in_pieces_and_is_not_kept(size: int, piece: int) -> None:
    large, small = publish("a", b"x" * size), publish("b", b"y")
    frames, kept, stream = Frames(), list[bytes](), large + small
    for start in range(0, len(stream), piece):
        kept += frames.feed(stream[start : start + piece])
        assert len(frames._received) <= LARGEST + piece
    fits = len(large) <= LARGEST
    assert kept == ([large, small] if fits else [small])
    assert frames.skipped == (0 if fits else 1)


@pytest.mark.parametrize(
    "sent",
    [
        publish("a", b"", qos=1),
        publish("a", b"", qos=2),
        packet(0x10, b"\0\4MQTT"),
        packet(0xC0),
        packet(0x20, b"\0" * (LARGEST + 1)),
        b"\x30\xff\xff\xff\xff\x01",
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_what_no_broker_sends_to_a_client_of_qos_0_ends_it(sent: bytes) -> None:
    with pytest.raises(Broken):
        list(Frames().feed(sent))


async def converse(sent: Sequence[bytes]) -> list[Message]:
    """What a client hears of a broker that says this and hangs up."""
    ours, theirs = memory_stream_pair()
    session = Session(ours, "tomb-x", WILL)
    for each in sent:
        await theirs.send_all(each)
    await theirs.send_eof()
    heard = list[Message]()
    with suppress(DeviceError):
        await session.open()
        while True:
            heard += await session.receive()
    return heard


GARBAGE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.builds(packet, st.sampled_from([0x20, 0x30, 0x31, 0x90, 0xD0]), st.binary(max_size=40)),
        st.builds(publish, TOPICS, st.binary(max_size=40)),
        st.just(WELCOME),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(st.booleans(), GARBAGE)
def test_whatever_a_broker_sends_nothing_else_is_raised(is_welcome: bool, garbage: list[bytes]) -> None:
    run_virtually(converse, [*([WELCOME] if is_welcome else []), *garbage])


@settings(max_examples=30)
@given(MESSAGES)
def test_messages_are_heard_as_they_were_published(messages: list[tuple[str, bytes, bool]]) -> None:
    sent = [publish(topic, payload, retained=retained) for topic, payload, retained in messages]
    assert run_virtually(converse, [WELCOME, *sent]) == [Message(*each) for each in messages]


def test_a_topic_that_is_no_text_is_nobody_s() -> None:
    assert run_virtually(converse, [WELCOME, publish(b"\xff\xfe", b"x"), publish("a", b"y")]) == [Message("a", b"y")]


@pytest.mark.parametrize(
    ("poured", "seconds"),
    [
        ([publish("a", b"b")] * 10_000, (10_000 - 100 * CALM) * PACKET_PAUSE_S),
        ([publish("a", b"b" * 4000)] * 1000, 1000 * READ_PAUSE_S),
        ([publish("a", b"b" * 4_000_000)], 1000 * READ_PAUSE_S),
    ],
)
def test_a_broker_that_pours_is_read_no_faster_than_is_calm(poured: list[bytes], seconds: float) -> None:
    async def main() -> float:
        began = trio.current_time()
        await converse([WELCOME, *poured])
        return trio.current_time() - began

    assert run_virtually(main) > 0.9 * seconds


def test_what_is_said_before_anything_was_asked_for_is_not_kept_without_end() -> None:
    async def main() -> None:
        ours, theirs = memory_stream_pair()
        session = Session(ours, "tomb-x", WILL)
        await theirs.send_all(publish("a", b"b") * 10_000)
        with pytest.raises(Missing, match="does not answer"):
            await session.open()
        assert len(session._messages) == KEPT

    run_virtually(main)


@pytest.mark.parametrize(
    ("answer", "words"), [(1, "does not speak MQTT"), (4, "user name or password"), (5, "Not authorized")]
)
def test_a_refusal_is_told_in_words(answer: int, words: str) -> None:
    async def main() -> None:
        ours, theirs = memory_stream_pair()
        await theirs.send_all(packet(0x20, bytes([0, answer])))
        with pytest.raises((Missing, Broken), match=words):
            await Session(ours, "tomb-x", WILL, Login("box", "geheim")).open()
        # It does not try by itself with another version, or another name.
        said = bytearray(await theirs.receive_some())
        assert [first >> 4 for first, _ in packets(said)] == [1]

    run_virtually(main)


def test_who_was_cut_off_in_the_middle_of_a_packet_says_no_more() -> None:
    """The broker would take it for the rest of that packet; it knows by the end of the connection what to tell."""

    async def main() -> None:
        ours, theirs = lockstep_stream_pair()
        session = Session(ours, "tomb-x", WILL)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.open)
            await theirs.receive_some()
            await theirs.send_all(WELCOME)
        with pytest.raises(Broken, match="does not take"):
            await session.publish(Message("a", b"b"))
        began = trio.current_time()
        await session.say_goodbye(WILL)
        assert trio.current_time() == began

    run_virtually(main)


def test_a_password_is_shown_by_nothing() -> None:
    assert "geheim" not in repr(Login("box", "geheim"))


def test_paho_is_the_one_whose_inside_is_known() -> None:
    """`_create_socket` is replaced, and `loop_read` reads one packet: look at both before this moves."""
    assert version("paho-mqtt") == "2.2.0"


def test_who_has_no_broker_loads_nothing_of_it() -> None:
    program = (
        "import sys, tomb.box, tomb.rest; print(*(each for each in sys.modules if 'paho' in each or 'mqtt' in each))"
    )
    assert not subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True
    ).stdout.strip()
