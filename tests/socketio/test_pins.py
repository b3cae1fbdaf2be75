"""What tomb.socketio needs of the packages whose codecs it uses. A red test here says what a new version broke."""

import importlib.metadata
import inspect
import re
from pathlib import Path

import pytest
from engineio import json as engine_json
from engineio import packet as engine
from engineio.payload import Payload
from socketio import packet as sio

PINNED = {"python-socketio": "5.18.1", "python-engineio": "4.15.1"}


@pytest.mark.parametrize("package", PINNED)
def test_the_installed_version_is_the_pinned_one(package: str) -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert re.findall(rf'"{package}==([\d.]+)"', project) == [PINNED[package]]
    assert importlib.metadata.version(package) == PINNED[package]


def test_the_engine_packet_types_are_those_of_protocol_4() -> None:
    names = ("OPEN", "CLOSE", "PING", "PONG", "MESSAGE", "UPGRADE", "NOOP")
    assert [getattr(engine, name) for name in names] == [0, 1, 2, 3, 4, 5, 6]


def test_the_socket_packet_types_are_those_of_protocol_5() -> None:
    names = ("CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK")
    assert [getattr(sio, name) for name in names] == [0, 1, 2, 3, 4, 5, 6]


def test_a_socket_packet_takes_what_we_hand_it() -> None:
    assert list(inspect.signature(sio.Packet).parameters)[:4] == ["packet_type", "data", "namespace", "id"]
    assert sio.Packet(sio.EVENT, ["a", 1], "/x", 7).encode() == '2/x,7["a",1]'
    assert sio.Packet(sio.EVENT, ["a", b"b"], "/", None).encode() == ['51-["a",{"_placeholder":true,"num":0}]', b"b"]
    assert sio.Packet(sio.CONNECT, {"sid": "1"}, "/").encode() == '0{"sid":"1"}'


def test_a_socket_packet_says_what_it_read() -> None:
    packet = sio.Packet(encoded_packet='51-/x,7["a",{"_placeholder":true,"num":0}]')
    assert (packet.packet_type, packet.namespace, packet.id, packet.attachment_count) == (5, "/x", 7, 1)
    assert packet.add_attachment(b"b") is True
    assert packet.data == ["a", b"b"]


def test_json_of_a_packet_can_be_replaced_by_a_subclass() -> None:
    assert sio.Packet.json is engine_json
    assert engine_json.loads("[1]", parse_constant=float) == [1]
    with pytest.raises(ValueError, match="too large"):
        engine_json.loads("[" + "9" * 200 + "]")


def test_an_engine_packet_wraps_a_message_and_unwraps_it() -> None:
    assert engine.Packet(engine.MESSAGE, '2["a"]').encode() == '42["a"]'
    assert engine.Packet(engine.OPEN, {"a": 1}).encode() == '0{"a":1}'
    assert engine.Packet(encoded_packet='42["a"]').packet_type == engine.MESSAGE
    assert engine.Packet(encoded_packet="bAB4=").data == b"\x00\x1e"
    assert engine.Packet(encoded_packet=b"\x00").binary is True


def test_a_payload_has_its_limit_on_the_instance_and_keeps_to_it() -> None:
    payload = Payload()
    payload.max_decode_packets = 2
    payload.decode("2\x1e3")
    assert [packet.packet_type for packet in payload.packets] == [2, 3]
    with pytest.raises(ValueError, match="Too many packets"):
        payload.decode("2\x1e3\x1e2")
