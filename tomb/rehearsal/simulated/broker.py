"""An MQTT broker on virtual time, which speaks the protocol by itself and can be as bad as a test wants it.

It knows MQTT 3.1.1 as far as a client of QoS 0 needs it, and shares no code with the box or with paho.
"""

import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
from trio.testing import lockstep_stream_pair, memory_stream_pair

from tomb.config import BrokerAddress
from tomb.devices.mqtt.broker import Broker, Credentials
from tomb.errors import Missing
from tomb.ports import VirtualPorts

ACCEPTED, BAD_LOGIN, NOT_ALLOWED = 0, 4, 5


def text(value: str | bytes) -> bytes:
    encoded = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(encoded)) + encoded


def packet(first: int, body: bytes = b"") -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(digits) + body


def publish(topic: str | bytes, payload: bytes = b"", *, retained: bool = False, qos: int = 0) -> bytes:
    number = struct.pack("!H", 7) if qos else b""
    return packet(0x30 | (qos << 1) | retained, text(topic) + number + payload)


def packets(received: bytearray) -> Iterator[tuple[int, bytes]]:
    """Takes whole packets out of what was received."""
    while len(received) > 1:
        length, place = 0, 1
        while place < len(received):
            length |= (received[place] & 0x7F) << (7 * (place - 1))
            place += 1
            if not received[place - 1] & 0x80:
                break
        else:
            return
        if len(received) < place + length:
            return
        first, body = received[0], bytes(received[place : place + length])
        del received[: place + length]
        yield first, body


@dataclass
class Connected:
    """What a client said of itself, and what it published, in order."""

    client_id: str
    keepalive: int
    will: tuple[str, bytes] | None
    login: tuple[str, str | None] | None
    stream: trio.abc.Stream
    topics: list[str] = field(default_factory=list)
    published: list[tuple[str, bytes, bool]] = field(default_factory=list)
    pings: int = 0
    took_leave: bool = False

    def said(self, ending: str) -> list[str]:
        """The payloads of topics that end so."""
        return [payload.decode() for topic, payload, _ in self.published if topic.endswith(ending)]


class FakeBroker(Broker):
    """`there`: whether it can be reached. `answer`: to who connects. `allows`: subscriptions. `silent`: it takes all
    and says nothing; `deaf`: it does not even take it, which is noticed where its connections are `narrow`."""

    def __init__(self) -> None:
        super().__init__(
            VirtualPorts(),
            BrokerAddress("broker.test", 1883, user="box", password="geheim"),  # noqa: S106  # to no broker
            Credentials(),
        )
        self.there = True
        self.answer = ACCEPTED
        self.allows = True
        self.silent = False
        self.deaf = self.narrow = False
        self.dials: list[float] = []
        self.retained: dict[str, bytes] = {}
        self.clients: list[Connected] = []
        self.happened = trio.Event()
        self._nursery: trio.Nursery | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeBroker"]:
        async with trio.open_nursery() as self._nursery:
            yield self
            self._nursery.cancel_scope.cancel()

    @property
    def client(self) -> Connected:
        return self.clients[-1]

    @property
    def box_id(self) -> str:
        return self.client.client_id.removeprefix("tomb-")

    def state(self, name: str) -> str | None:
        payload = self.retained.get(f"tomb/{self.box_id}/state/{name}")
        return None if payload is None else payload.decode()

    async def dial(self) -> trio.abc.Stream:
        self.dials.append(trio.current_time())
        if not self.there:
            raise Missing("the broker broker.test cannot be reached")
        ours, theirs = lockstep_stream_pair() if self.narrow else memory_stream_pair()
        assert self._nursery is not None
        self._nursery.start_soon(self._serve, theirs)
        return ours

    async def say(self, name: str, payload: str | bytes, *, retained: bool = False) -> None:
        """As if somebody had published a command."""
        encoded = payload.encode() if isinstance(payload, str) else payload
        await self.send(publish(f"tomb/{self.box_id}/set/{name}", encoded, retained=retained))

    async def send(self, data: bytes) -> None:
        await self.client.stream.send_all(data)

    async def hang_up(self) -> None:
        await self.client.stream.aclose()

    async def _serve(self, stream: trio.abc.Stream) -> None:
        received, client = bytearray(), None
        try:
            while data := await stream.receive_some(65536):
                if self.deaf:
                    await trio.sleep_forever()
                received += data
                for first, body in packets(received):
                    if first >> 4 == 1:
                        client = _introduced(body, stream)
                        self.clients.append(client)
                        await stream.send_all(packet(0x20, bytes((0, self.answer))))
                    else:
                        assert client is not None
                        await self._take(client, first, body)
                self.happened.set()
                self.happened = trio.Event()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        if client is not None and client.will is not None and not client.took_leave:
            self.retained[client.will[0]] = client.will[1]

    async def _take(self, client: Connected, first: int, body: bytes) -> None:
        match first >> 4:
            case 3:
                length = struct.unpack_from("!H", body)[0]
                topic, payload = body[2 : 2 + length].decode(), body[2 + length :]
                client.published.append((topic, payload, bool(first & 1)))
                if first & 1:
                    self.retained[topic] = payload
            case 8:
                place, count = 2, 0
                while place < len(body):
                    length = struct.unpack_from("!H", body, place)[0]
                    client.topics.append(body[place + 2 : place + 2 + length].decode())
                    assert body[place + 2 + length] == 0  # QoS
                    place, count = place + 3 + length, count + 1
                granted = bytes([0 if self.allows else 0x80]) * count
                await client.stream.send_all(packet(0x90, body[:2] + granted))
            case 12:
                client.pings += 1
                if not self.silent:
                    await client.stream.send_all(packet(0xD0))
            case 14:
                client.took_leave = True
            case other:
                raise AssertionError(f"a client of QoS 0 does not send {other}")


def _introduced(body: bytes, stream: trio.abc.Stream) -> Connected:
    assert body[:7] == text("MQTT") + b"\x04", "MQTT 3.1.1"
    flags, keepalive = body[7], struct.unpack_from("!H", body, 8)[0]
    rest = body[10:]

    def taken() -> bytes:
        nonlocal rest
        length = struct.unpack_from("!H", rest)[0]
        value, rest = rest[2 : 2 + length], rest[2 + length :]
        return value

    client_id = taken().decode()
    will = (taken().decode(), taken()) if flags & 0x04 else None
    assert will is None or flags & 0x20, "the will is to be kept"
    login = (taken().decode(), taken().decode() if flags & 0x40 else None) if flags & 0x80 else None
    assert not rest
    return Connected(client_id, keepalive, will, login, stream)
