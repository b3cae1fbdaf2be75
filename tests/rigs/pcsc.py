"""A real pcscd with virtual readers (vsmartcard's vpcd), and cards for them.

    async with pcsc_rig() as rig:  # libpcsclite in this process, and in children given rig.env, talks to this pcscd
        await rig.insert("04A22B3C4D5E80")
        await rig.remove()

pcscd lives in namespaces of its own (see `pcsc_cell`): a pcscd of the machine and its readers are neither seen nor
touched, and nothing listens where others could reach it. Needs root, or a kernel that lets users make user namespaces;
Debian's does.

The card speaks vpcd's protocol: a 2-byte big-endian length, then the payload; 00, 01 and 02 are power off, on and
reset, 04 asks for the ATR, all else is an APDU. To connect is to insert the card, to close is to take it away; pcscd
looks every 400 ms.
"""

import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
import trio

from tests.rigs.cell import cell
from tests.rigs.patience import PATIENCE_S

READER = "Virtual PCD 00 00"
SECOND_READER = "Virtual PCD 00 01"
PORTS = {READER: 35963, SECOND_READER: 35964}

ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")  # a MIFARE Classic 1K, as PC/SC part 3 writes it
GET_UID = bytes.fromhex("FFCA000000")
OK = b"\x90\x00"
NOT_SUPPORTED = b"\x6d\x00"

GONE = None  # in place of an answer: the card is torn away when it should give it


class Card:
    """One insertion of a card. `answers` come first, in place of the UID; none may be empty, or vpcd waits for ever."""

    def __init__(self, stream: trio.SocketStream, uid: bytes, answers: Sequence[bytes | None]) -> None:
        self.uid = uid
        self.readings = 0  # how often it was asked for its UID
        self.read = trio.Event()  # that was at least once
        self.touched = trio.Event()  # pcscd saw it,
        self.touched_ns = 0  # then; 0: not yet
        self.apdus: list[bytes] = []
        self._stream = stream
        self._answers = list(answers)
        self._lying = trio.CancelScope()
        self._gone = trio.Event()

    async def serve(self) -> None:
        """Until pcscd or `take` closes the connection."""
        with self._lying, suppress(trio.BrokenResourceError):
            async with self._stream:
                await self._converse()
        self._gone.set()

    async def _converse(self) -> None:
        while payload := await self._receive():
            self.touched_ns = self.touched_ns or time.monotonic_ns()
            self.touched.set()
            answer = self._answer(payload)
            if answer is GONE:
                return
            if len(payload) > 1 or payload == b"\x04":
                await self._stream.send_all(struct.pack(">H", len(answer)) + answer)

    async def take(self) -> None:
        self._lying.cancel()
        await self._gone.wait()

    def _answer(self, payload: bytes) -> bytes | None:
        if len(payload) == 1:
            return ATR
        self.apdus.append(payload)
        if payload != GET_UID:
            return NOT_SUPPORTED
        self.readings += 1
        self.read.set()
        return self._answers.pop(0) if self._answers else self.uid + OK

    async def _receive(self) -> bytes:
        header = await self._exactly(2)
        return await self._exactly(struct.unpack(">H", header)[0]) if header else b""

    async def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            # Delayed acknowledgements would cost each APDU 43 ms; the kernel forgets this setting, hence each time.
            self._stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = await self._stream.receive_some(size - len(data))
            if not part:
                return b""
            data += part
        return data


class PcscRig:
    def __init__(self, folder: Path, control: trio.socket.SocketType, nursery: trio.Nursery) -> None:
        self.env = {"PCSCLITE_CSOCK_NAME": str(folder / "pcscd.comm")}
        self.cards: dict[str, Card] = {}
        self._control = control
        self._nursery = nursery

    async def insert(self, uid: str, *, answers: Sequence[bytes | None] = (), reader: str = READER) -> Card:
        """Lay a card with this UID (hex) on the reader. Answers at once; pcscd sees it up to 400 ms later."""
        assert reader not in self.cards, f"a card lies on {reader} already"
        connection = socket.socket(fileno=(await self._order(f"connect {PORTS[reader]}"))[0])
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(connection))
        self.cards[reader] = Card(stream, bytes.fromhex(uid), answers)
        self._nursery.start_soon(self.cards[reader].serve)
        return self.cards[reader]

    async def remove(self, *, reader: str = READER) -> None:
        """Take the card away, if one lies there."""
        if card := self.cards.pop(reader, None):
            await card.take()

    async def swap(self, uid: str) -> Card:
        """Another card in place of the first, faster than pcscd looks."""
        await self.remove()
        return await self.insert(uid)

    async def wobble(self, times: int, gap_ms: float) -> None:
        """The card that lies there loses contact for `gap_ms`, and again as soon as its UID was read.

        The reader misses it for 100 to 450 ms, as pcscd looks every 400 ms. Faster is not possible: vpcd lets only one
        connection wait, and the kernel would offer it the next a second later.
        """
        card = self.cards[READER]
        for _ in range(times):
            await card.read.wait()
            await self.remove()
            await trio.sleep(gap_ms / 1000)
            card = await self.insert(card.uid.hex())
        await card.read.wait()

    async def kill(self) -> None:
        """pcscd crashes, and the cards lose their reader."""
        await self._order("kill")
        for reader in list(self.cards):
            await self.remove(reader=reader)

    async def start(self) -> None:
        await self._order("start")

    async def restart(self) -> None:
        await self.kill()
        await self.start()

    async def freeze(self) -> None:
        """pcscd hangs: it takes connections and never answers."""
        await self._order("freeze")

    async def thaw(self) -> None:
        await self._order("thaw")

    async def _order(self, command: str) -> list[int]:
        with trio.fail_after(PATIENCE_S, shield=True):  # or the next order would get this one's answer
            await self._control.send(command.encode())
            packet, ancillary, _, _ = await self._control.recvmsg(100, socket.CMSG_LEN(struct.calcsize("i")))
        assert packet, f"the cell ended at {command!r}"
        return [struct.unpack("i", data)[0] for _, _, data in ancillary]


@asynccontextmanager
async def pcsc_rig() -> AsyncIterator[PcscRig]:
    """pcscd running, no card inserted. Leaves nothing behind: no process, no file, no environment."""
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            walls = () if os.geteuid() == 0 else ("--user", "--map-root-user")
            async with cell("pcsc_cell.py", folder, walls) as control, trio.open_nursery() as nursery:
                rig = PcscRig(folder, control, nursery)
                for name, value in rig.env.items():
                    patch.setenv(name, value)
                await rig.start()
                yield rig
                nursery.cancel_scope.cancel()
    finally:
        shutil.rmtree(folder)


@cache
def _folder() -> Path:
    """The same for the whole process, as libpcsclite asks the environment once. Short, as a socket's path must be."""
    return Path(tempfile.mkdtemp(prefix="tomb-pcsc-", dir="/tmp"))
