"""Cuts what a broker sends into whole packets, of the few kinds that this client can be sent, and none too large.

The length of a packet stands in its first bytes and may say 256 MiB. Whoever may publish chooses it, so a message over
the bound is passed over as it comes in, without being kept, and the conversation goes on: otherwise one large retained
message would end each connection anew. All topics are subscribed to with QoS 0, so a broker that sends any other QoS,
or a packet of another kind, speaks something else than MQTT, or means no good.
(OASIS, MQTT version 3.1.1, sections 2.2 and 3.)
"""

from collections.abc import Iterator
from typing import Final

from tomb.errors import Broken

CONNACK, PUBLISH, SUBACK, PINGRESP = 0x20, 0x30, 0x90, 0xD0
QOS: Final = 0x06
LENGTH_BYTES: Final = 4
LARGEST: Final = 8 * 1024  # bytes of a packet


class Frames:
    """`skipped`: messages that were too large, since the beginning."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._received = bytearray()
        self._to_skip = 0
        self.skipped = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The packets that are complete with `data`. Raises Broken."""
        self._received += data
        while True:
            passed_over = min(self._to_skip, len(self._received))
            del self._received[:passed_over]
            self._to_skip -= passed_over
            size = _size(self._received)
            if self._to_skip or size is None:
                return
            if size > self._largest:
                if self._received[0] & 0xF0 != PUBLISH:
                    raise Broken("the broker sent a packet of a size that its kind cannot have")
                self._to_skip = size
                self.skipped += 1
            elif size > len(self._received):
                return
            else:
                packet = bytes(self._received[:size])
                del self._received[:size]
                yield packet


def _size(received: bytearray) -> int | None:
    """Of the packet that begins there, as far as that can be told already."""
    if not received:
        return None
    kind = received[0] & 0xF0
    if kind not in (CONNACK, PUBLISH, SUBACK, PINGRESP) or (kind == PUBLISH and received[0] & QOS):
        raise Broken("what answers there does not speak MQTT as it was asked to")
    length = 0
    for place, byte in enumerate(received[1 : 1 + LENGTH_BYTES]):
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return 2 + place + length
    if len(received) > LENGTH_BYTES:
        raise Broken("the broker sent a packet whose length has no end")
    return None
