"""Packets to frames and back, for both layers at once.

An Engine.IO packet is one digit and its data; those of type 4 carry a Socket.IO packet: one digit, then namespace,
acknowledgement id and JSON. So `42["hi"]` is an Engine.IO message that holds a Socket.IO event. A binary argument
leaves a placeholder in the JSON and follows as a frame of its own, which long-polling writes as `b` and base64.

The encoding and decoding is python-socketio's and python-engineio's (both pinned; `tests/socketio/test_pins.py` says
what broke when a pin moves). What they leave open is closed here: types and shapes are checked, and whatever a peer
can make them raise comes out as ProtocolError.

Protocol texts: https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
"""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import NoReturn, cast

from msgspec import Struct

from tomb.socketio.reference import Payload, engine, engine_json, sio
from tomb.socketio.types import Data, Frame, Frames, ProtocolError, RawJson

CLOSE, PING, PROBE, PROBED, UPGRADE, NOOP = "1", "2", "2probe", "3probe", "5", "6"
SEPARATOR = "\x1e"

# What a peer can make the two decoders raise: bad digits, base64 and JSON (ValueError), an attachment that is not
# there or not a number (LookupError, TypeError), JSON nested deeper than the interpreter goes (RecursionError).
_UNDECODABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)

# Names the JavaScript client keeps for itself; its server refuses them from the wire as well.
_RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})


# Of JSON an object is made for each value, which takes so much of memory, and in messages three characters.
_VALUE_BYTES = 64


def values_in(message: Frame) -> int:
    """How many values of JSON a message may hold, cheaply, before it is parsed: what begins one is counted, and within
    strings too."""
    return sum(map(message.count, ",:[{")) if isinstance(message, str) else 0


def memory_of(message: Frame) -> int:
    """In bytes, what is made of it included."""
    return len(message) + _VALUE_BYTES * values_in(message)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


class _StrictJson:
    """Python's JSON without its extensions: a NaN would end the connection of a JavaScript client that is sent one."""

    @staticmethod
    def dumps(value: object, separators: tuple[str, str] = (",", ":")) -> str:
        return json.dumps(value, separators=separators, allow_nan=False)

    @staticmethod
    def loads(text: str) -> object:
        decoded: object = engine_json.loads(text, parse_constant=_not_json)
        return decoded


class _Packet(sio.Packet):  # type: ignore[misc]  # the package has no types
    json = _StrictJson


class EnginePacket(Struct, frozen=True):
    """`type` is one of engineio.packet's constants; `data` is bytes for a binary message."""

    type: int
    data: Frame


class SocketPacket(Struct, frozen=True):
    """`type` is one of CONNECT, DISCONNECT, EVENT, ACK: the binary kinds have their attachments back in place."""

    type: int
    namespace: str
    data: Data
    id: int | None


def encode_event(event: str, args: Sequence[Data | RawJson], namespace: str, ack_id: int | None = None) -> Frames:
    """One event as the frames to send: one of text, then one for each binary argument.

    Raises TypeError or ValueError for what JSON cannot say, and for binary arguments beside RawJson ones.
    """
    if not any(isinstance(arg, RawJson) for arg in args):
        return _frames(sio.EVENT, [event, *args], namespace, ack_id)
    (head,) = _frames(sio.EVENT, [event], namespace, ack_id)
    spliced = ",".join(_json_text(arg) for arg in args)
    return (f"{cast(str, head)[:-1]},{spliced}]",)


def encode_ack(args: Sequence[Data], namespace: str, ack_id: int) -> Frames:
    """The answer to an event that asked for one."""
    return _frames(sio.ACK, list(args), namespace, ack_id)


def encode_control(kind: int, namespace: str, data: Data = None) -> Frames:
    """CONNECT, CONNECT_ERROR or DISCONNECT."""
    return _frames(kind, data, namespace, None)


def encode_open(sid: str, upgrades: Sequence[str], interval_s: float, timeout_s: float, max_payload: int) -> str:
    """The handshake: times go out in milliseconds."""
    handshake = {
        "sid": sid,
        "upgrades": list(upgrades),
        "pingInterval": round(interval_s * 1000),
        "pingTimeout": round(timeout_s * 1000),
        "maxPayload": max_payload,
    }
    return cast(str, engine.Packet(engine.OPEN, handshake).encode())


def encode_payload(frames: Iterable[Frame]) -> str:
    """Frames as the body of one polling answer."""
    return SEPARATOR.join(
        frame if isinstance(frame, str) else "b" + base64.b64encode(frame).decode("ascii") for frame in frames
    )


def decode_frame(frame: Frame) -> EnginePacket:
    """One WebSocket frame. Raises ProtocolError."""
    try:
        return _checked(engine.Packet(encoded_packet=frame), frame)
    except _UNDECODABLE as error:
        raise ProtocolError(f"not an Engine.IO packet: {error}") from None


def decode_payload(body: bytes, max_packets: int) -> list[EnginePacket]:
    """The body of one polling POST. Raises ProtocolError, also when there are more packets than allowed."""
    payload = Payload()
    payload.max_decode_packets = max_packets
    try:
        text = body.decode("utf-8")
        payload.decode(text)
        frames = text.split(SEPARATOR)
        packets = [_checked(packet, frame) for packet, frame in zip(payload.packets, frames, strict=True)]
    except _UNDECODABLE as error:
        raise ProtocolError(f"not an Engine.IO payload: {error}") from None
    return packets


class Assembler:
    """Puts Socket.IO packets together from the messages of one connection; binary ones span several.

    `held`: the memory of a packet that is not complete. A peer may leave it so for ever.
    """

    __slots__ = ("_max_attachments", "_max_bytes", "_max_values", "_partial", "_size", "held")

    def __init__(self, max_attachments: int, max_bytes: int, max_values: int) -> None:
        self._max_attachments = max_attachments
        self._max_bytes = max_bytes
        self._max_values = max_values
        self._partial: sio.Packet | None = None
        self._size = 0
        self.held = 0

    def feed(self, message: Frame) -> SocketPacket | None:
        """One message; the packet that it completes, or None. Raises ProtocolError."""
        size, memory = self._size + len(message), self.held + memory_of(message)
        if size > self._max_bytes:
            raise ProtocolError("a packet over the limit, its attachments included")
        if values_in(message) > self._max_values:
            raise ProtocolError(f"a packet of more than {self._max_values} values")
        packet = self._feed(message)
        self._size, self.held = (0, 0) if self._partial is None else (size, memory)
        return packet

    def _feed(self, message: Frame) -> SocketPacket | None:
        try:
            packet = self._attach(message) if isinstance(message, bytes) else self._begin(message)
            return None if packet is None else _socket_packet(packet)
        except _UNDECODABLE as error:
            raise ProtocolError(f"not a Socket.IO packet: {error}") from None

    def _begin(self, text: str) -> sio.Packet | None:
        if self._partial is not None:
            raise ProtocolError("text where a binary attachment was due")
        if not text:
            raise ProtocolError("an empty message")
        packet = _Packet(encoded_packet=text)
        if packet.attachment_count == 0:
            return packet
        if packet.packet_type not in (sio.BINARY_EVENT, sio.BINARY_ACK):
            raise ProtocolError("attachments on a packet that has none")
        if packet.attachment_count > self._max_attachments:
            raise ProtocolError("too many attachments")
        self._partial = packet
        return None

    def _attach(self, blob: bytes) -> sio.Packet | None:
        if self._partial is None:
            raise ProtocolError("an attachment that nothing announced")
        packet = self._partial
        if not packet.add_attachment(blob):
            return None
        self._partial = None
        return packet


def _frames(kind: int, data: object, namespace: str, ack_id: int | None) -> Frames:
    encoded = _Packet(kind, data, namespace, ack_id).encode()
    text, *attachments = encoded if isinstance(encoded, list) else [encoded]
    return (cast(str, engine.Packet(engine.MESSAGE, text).encode()), *(bytes(blob) for blob in attachments))


def _json_text(arg: Data | RawJson) -> str:
    if isinstance(arg, RawJson):
        return arg.text if isinstance(arg.text, str) else arg.text.decode("utf-8")
    return _StrictJson.dumps(arg)


def _checked(packet: engine.Packet, frame: Frame) -> EnginePacket:
    """The decoder parses JSON wherever it finds some; what a message says is for the next layer, so take it raw."""
    if not engine.OPEN <= packet.packet_type <= engine.NOOP:
        raise ProtocolError("an unknown Engine.IO packet type")
    data = packet.data if packet.binary else cast(str, frame)[1:]
    return EnginePacket(packet.packet_type, data)


def _socket_packet(packet: sio.Packet) -> SocketPacket:
    namespace = packet.namespace or "/"
    data = packet.data
    match packet.packet_type:
        case sio.CONNECT if data is None or isinstance(data, dict):
            return SocketPacket(sio.CONNECT, namespace, data, None)
        case sio.DISCONNECT if data is None:
            return SocketPacket(sio.DISCONNECT, namespace, None, None)
        case sio.EVENT | sio.BINARY_EVENT if isinstance(data, list) and data and _may_be_sent(data[0]):
            return SocketPacket(sio.EVENT, namespace, data, packet.id)
        case sio.ACK | sio.BINARY_ACK if isinstance(data, list) and packet.id is not None:
            return SocketPacket(sio.ACK, namespace, data, packet.id)
    raise ProtocolError("a Socket.IO packet of the wrong shape")


def _may_be_sent(name: object) -> bool:
    return isinstance(name, str) and name not in _RESERVED
