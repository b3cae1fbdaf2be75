"""A client of MPD's protocol on one end of a stream in memory, for boxes on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
from trio.testing import MemoryReceiveStream, MemorySendStream, memory_stream_pair

from tests.rigs.box import VirtualBox
from tomb.nurseries.mpd.protocol import GREETING
from tomb.nurseries.mpd.server import Mpd, MpdLimits

ADDRESS = "192.0.2.7"


@dataclass
class Answer:
    """`pairs`: its lines but the last; `end`: "OK", or what begins with "ACK"."""

    pairs: list[tuple[str, str]]
    end: str
    binary: bytes = b""

    def __getitem__(self, name: str) -> str:
        [value] = self.all(name)
        return value

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.pairs if each == name]


@dataclass
class Peer:
    stream: trio.StapledStream[MemorySendStream, MemoryReceiveStream]
    received: bytearray = field(default_factory=bytearray)

    async def send(self, *lines: str) -> None:
        await self.stream.send_all("".join(f"{line}\n" for line in lines).encode())

    async def ask(self, *lines: str) -> Answer:
        """What is answered to a command, or a list of them."""
        await self.send(*lines)
        return await self.answer()

    async def ok(self, *lines: str) -> Answer:
        answer = await self.ask(*lines)
        assert answer.end == "OK", answer
        return answer

    async def answer(self) -> Answer:
        pairs, data = list[tuple[str, str]](), b""
        while True:
            line = await self.line()
            if line in ("OK", "") or line.startswith("ACK"):
                return Answer(pairs, line, data)
            name, _, value = line.partition(": ")
            pairs.append((name, value))
            if name == "binary":
                data = await self._exactly(int(value))
                assert await self._exactly(1) == b"\n"

    async def line(self) -> str:
        """Without its end; "" when it was hung up on."""
        while b"\n" not in self.received:
            if not (more := await self.stream.receive_some()):
                return ""
            self.received += more
        line, _, rest = self.received.partition(b"\n")
        self.received = rest
        return line.decode()

    async def is_hung_up_on(self) -> bool:
        """Without another word."""
        return await self.line() == "" and not self.received

    async def silent(self, seconds: float) -> bool:
        with trio.move_on_after(seconds):
            return await self.line() == "never"
        return True

    async def _exactly(self, count: int) -> bytes:
        while len(self.received) < count:
            self.received += await self.stream.receive_some()
        taken, self.received = bytes(self.received[:count]), self.received[count:]
        return taken


class Host:
    """A box with its MPD side, without a network."""

    def __init__(self, box: VirtualBox, nursery: trio.Nursery, limits: MpdLimits | None = None) -> None:
        services = box.services
        self._nursery = nursery
        self._mpd = Mpd(
            services.settings,
            services.ports,
            services.events,
            services.board,
            services.deck,
            services.librarian,
            services.parent_auth,
            limits,
        )

    async def connect(self, address: str = ADDRESS) -> Peer:
        """A client that was greeted, unless it was not."""
        ours, theirs = memory_stream_pair()
        self._nursery.start_soon(self._mpd.serve, theirs, address)
        peer = Peer(ours)
        assert f"{await peer.line()}\n".encode() in (GREETING, b"\n")
        return peer


@asynccontextmanager
async def hosting(box: VirtualBox, limits: MpdLimits | None = None) -> AsyncIterator[Host]:
    async with trio.open_nursery() as nursery:
        yield Host(box, nursery, limits)
        nursery.cancel_scope.cancel()
