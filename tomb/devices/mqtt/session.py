"""One conversation with an MQTT broker, on a Trio stream that somebody else opened.

paho-mqtt makes and reads the packets, and does nothing else. It wants a socket of its own, with blocking name look-ups,
connects and TLS handshakes; it gets `_Wire`, which is two buffers. What it "sends" is sent by Trio, what Trio received
it "receives". So it has no thread, no loop and no descriptor, and nothing of it ever waits. To hand it that wire, one
method is replaced that is not public (`_create_socket`); the version is pinned, and a test of this module says what
broke when the pin moves.

Two clocks would be one too many: paho looks at its own (`time.monotonic`) in `loop_misc` alone, which is never called.
`keep_alive` sends the two bytes of a PINGREQ on Trio's clock instead, between paho's packets, which are always whole in
the buffer.

QoS 0 is right both ways. Of a state only the newest counts, and all are sent anew on a new connection; a command that
comes twice ("next") is worse than one that is lost with its connection, as a click would be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import trio
from msgspec import Struct
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tomb.devices.mqtt.frames import Frames
from tomb.errors import Broken, Missing

PING_S: Final = 15.0
SILENCE_S: Final = 30.0
"""A broker that says nothing for so long, though it is pinged, is gone. It is told to think of us likewise."""
ANSWER_S: Final = 10.0
SEND_S: Final = 10.0
READ_BYTES: Final = 4096
KEPT: Final = READ_BYTES // 4  # messages; more than come at one go
READ_PAUSE_S: Final = 0.005
PACKET_PAUSE_S: Final = 0.002
CALM: Final = 8
"""A broker that pours waits for us, not we for it: it is read no faster than 800 kB and 500 packets a second. A read
that brings all that it may costs a pause, and so does each packet of one from `CALM` on."""
_PINGREQ: Final = b"\xc0\x00"
_OK: Final = paho.MQTT_ERR_SUCCESS


class Message(Struct, frozen=True):
    """`retained`: the broker kept it from before we subscribed."""

    topic: str
    payload: bytes
    retained: bool = False


class Login(Struct, frozen=True):
    user: str
    password: str | None = None

    def __repr__(self) -> str:
        return f"Login({self.user!r})"


class _Wire:
    """What paho takes for a connected socket."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.sent = bytearray()

    def recv(self, size: int) -> bytes:
        if not self.received:
            raise BlockingIOError
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def send(self, data: bytes | bytearray) -> int:
        self.sent += data
        return len(data)

    def close(self) -> None:
        pass

    def fileno(self) -> int:
        return -1

    def setblocking(self, _: bool) -> None:
        pass


class _Client(paho.Client):
    def __init__(self, client_id: str, wire: _Wire) -> None:
        # What would make it connect again by itself, with another version of MQTT, is switched off.
        super().__init__(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
        self._wire = wire

    def _create_socket(self) -> _Wire:
        return self._wire


class Session:
    """`will`: what the broker tells everybody, retained, when it loses us. All methods raise DeviceError when there is
    no conversation any more. `publish` may be called while another task is in `receive`."""

    def __init__(self, stream: trio.abc.Stream, client_id: str, will: Message, login: Login | None = None) -> None:
        self._stream = stream
        self._wire = _Wire()
        self._frames = Frames()
        self._sending = trio.Lock()
        self._cut_off = False  # in the middle of a packet
        self._heard_at = trio.current_time()
        self._answers: dict[int, bool] = {}  # to our subscriptions: whether we may
        self._awaited: int | None = None
        self._refusal: str | None = None
        self._welcome = False
        self._messages: list[Message] = []
        self._client = _Client(client_id, self._wire)
        self._client.will_set(will.topic, will.payload, retain=True)
        if login is not None:
            self._client.username_pw_set(login.user, login.password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    @property
    def skipped(self) -> int:
        """Messages that were too large to be looked at."""
        return self._frames.skipped

    async def open(self) -> None:
        """Introduce ourselves. Raises Missing where the broker does not want us, in words."""
        self._client.connect("-", keepalive=round(SILENCE_S))
        with _in_time():
            await self._flush()
            while not self._welcome and self._refusal is None:
                await self._pump()
        if self._refusal is not None:
            raise Missing(f"the broker refuses the box: {self._refusal}")

    async def subscribe(self, *topics: str) -> None:
        """Raises Missing where one of them is not allowed."""
        _, self._awaited = self._client.subscribe([(topic, 0) for topic in topics])
        with _in_time():
            await self._flush()
            while self._awaited not in self._answers:
                await self._pump()
        if not self._answers.pop(self._awaited or 0):
            raise Missing(f"the broker does not let the box listen to {' and '.join(topics)}")

    async def publish(self, message: Message) -> None:
        """`retained`: have the broker keep it."""
        self._client.publish(message.topic, message.payload, retain=message.retained)
        await self._flush()

    async def receive(self) -> list[Message]:
        """What came in, as soon as something has."""
        while not self._messages:
            await self._pump()
        messages, self._messages = self._messages, []
        return messages

    async def keep_alive(self) -> NoReturn:
        """Ping the broker. Raises Broken when it is silent for too long; somebody has to `receive` meanwhile."""
        while True:
            await trio.sleep(PING_S)
            if trio.current_time() - self._heard_at >= SILENCE_S:
                raise Broken("the broker does not answer any more")
            self._wire.sent += _PINGREQ
            await self._flush()

    async def say_goodbye(self, will: Message) -> None:
        """Tell the will ourselves and take our leave, after which the broker keeps it to itself."""
        if not self._cut_off:
            self._client.publish(will.topic, will.payload, retain=True)
            self._client.disconnect()
            await self._flush()

    async def _flush(self) -> None:
        async with self._sending:
            while self._wire.sent:
                packets = bytes(self._wire.sent)
                self._wire.sent.clear()
                self._cut_off = True
                try:
                    with trio.fail_after(SEND_S):
                        await self._stream.send_all(packets)
                except trio.TooSlowError:
                    raise Broken("the broker does not take what the box has to say") from None
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    raise Broken("the connection to the broker broke") from None
                self._cut_off = False

    async def _pump(self) -> None:
        try:
            data = await self._stream.receive_some(READ_BYTES)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise Broken("the connection to the broker broke") from None
        if not data:
            raise Broken("the broker hung up")
        self._heard_at = trio.current_time()
        packets = 0
        for packet in self._frames.feed(bytes(data)):
            packets += 1
            self._wire.received += packet
            # One call reads one packet. It must have been all of it, and no answer is due to any that we let through.
            if self._client.loop_read() != _OK or self._wire.received:
                if self._refusal is not None:
                    return
                raise Broken("what answers there does not speak MQTT")
        pause_s = max(0, packets - CALM) * PACKET_PAUSE_S + (len(data) == READ_BYTES) * READ_PAUSE_S
        if pause_s:
            await trio.sleep(pause_s)

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _: Properties | None
    ) -> None:
        self._welcome = not reason.is_failure
        self._refusal = str(reason) if reason.is_failure else None

    def _on_subscribe(
        self, _client: paho.Client, _data: object, number: int, reasons: list[ReasonCode], _: Properties | None
    ) -> None:
        if number == self._awaited:
            self._answers[number] = not any(reason.is_failure for reason in reasons)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # no broker lets such a one through, and it is none of ours
            return
        if len(self._messages) < KEPT:  # there can be more only before it was asked for any
            self._messages.append(Message(topic, bytes(message.payload), message.retain))


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        with trio.fail_after(ANSWER_S):
            yield
    except trio.TooSlowError:
        raise Missing("the broker does not answer") from None
