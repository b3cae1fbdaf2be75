"""Says when another Hypercorn makes its handshake or keeps its messages differently."""

import importlib.metadata
import inspect

import pytest
from hypercorn.protocol import h11, ws_stream
from hypercorn.trio import tcp_server
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, TextMessage

from tomb.nurseries import hypercorn_patch
from tomb.nurseries.hypercorn_patch import FRAMES, BoundedBuffer, EndingQueues, EndingStream, PlainHandshake, frame
from tomb.socketio import FRAMES_EXTENSION

OFFER = [
    (b"connection", b"Upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-extensions", b"permessage-deflate; client_max_window_bits"),
]


def accepted_extensions(kind: type[ws_stream.Handshake]) -> list[bytes]:
    hand = kind(OFFER, "1.1")
    assert hand.is_valid()
    status, headers, _ = hand.accept(None, [])
    assert status == 101
    return [value for name, value in headers if name == b"sec-websocket-extensions"]


def test_the_offer_of_compression_is_not_taken() -> None:
    assert accepted_extensions(PlainHandshake) == []


def test_hypercorn_itself_still_takes_it() -> None:
    """If not, `hypercorn_patch.py` has nothing left to do: look whether Hypercorn has a setting now."""
    assert importlib.metadata.version("hypercorn") == "0.18.0"
    (original,) = [base for base in PlainHandshake.__mro__ if base.__module__ == ws_stream.__name__]
    assert accepted_extensions(original)


def test_the_classes_are_looked_up_where_we_put_ours() -> None:
    hypercorn_patch.install()
    hypercorn_patch.install()
    source = inspect.getsource(ws_stream.WSStream)
    assert source.count(" Handshake(") == 1
    assert source.count(" WebsocketBuffer(") == 1
    assert ws_stream.Handshake is PlainHandshake
    assert ws_stream.WebsocketBuffer is BoundedBuffer
    assert inspect.getsource(h11.H11Protocol).count(" WSStream(") == 1
    assert vars(h11)["WSStream"] is EndingStream
    assert vars(tcp_server)["TaskGroup"] is EndingQueues
    assert inspect.getsource(tcp_server.TCPServer).count(" TaskGroup(") == 1


def test_a_message_that_is_too_long_is_let_go() -> None:
    buffer = BoundedBuffer(max_length=10)
    buffer.extend(TextMessage(data="12345", message_finished=False))
    for _ in range(3):
        with pytest.raises(ws_stream.FrameTooLargeError):
            buffer.extend(TextMessage(data="67890-", message_finished=False))
        assert buffer.value is None


def test_a_message_within_the_limit_is_kept_whole() -> None:
    buffer = BoundedBuffer(max_length=10)
    buffer.extend(TextMessage(data="12345", message_finished=False))
    buffer.extend(TextMessage(data="67890", message_finished=True))
    assert buffer.to_message()["text"] == "1234567890"
    buffer.clear()
    buffer.extend(TextMessage(data="again", message_finished=True))
    assert buffer.to_message()["text"] == "again"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_what_wsproto_makes_of_its_message(size: int) -> None:
    server = Connection(ConnectionType.SERVER)
    text, blob = "ä" * (size // 2) + "a" * (size % 2), bytes(size)
    assert frame(text) == server.send(TextMessage(data=text))
    assert frame(blob) == server.send(BytesMessage(data=blob))


def test_what_is_said_to_many_is_made_once() -> None:
    text = "one for all"
    assert frame(text) is frame(text)


def test_both_sides_call_it_alike() -> None:
    assert FRAMES == FRAMES_EXTENSION
