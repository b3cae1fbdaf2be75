"""Debian's snapserver and snapclient, in the foreground, on the loopback, with a configuration of their own.

A client plays into a file, at its own pace, as into a sound card; so what a room hears can be read. The client writes
silence while it has nothing.
"""

import json
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import numpy as np
import trio

from tests.rigs.daemon import Daemon
from tests.rigs.patience import PATIENCE_S
from tests.rigs.ports import free_ports, listens
from tests.rigs.sounds import Int16
from tomb.devices.snapcast import control

RATE = 44100
FRAME_BYTES = 4
BUFFER_MS = 400  # the least that the server takes
LOOK_S = 0.01

CONFIG = """
[server]
datadir = {root}
[http]
enabled = false
[tcp]
bind_to_address = 127.0.0.1
port = {control}
[stream]
bind_to_address = 127.0.0.1
port = {clients}
source = tcp://127.0.0.1:{sound}?name=box&mode=server&sampleformat={rate}:16:2
codec = pcm
buffer = {buffer_ms}
[logging]
sink = file:{root}/log
filter = *:info
"""


class SnapcastRig(Daemon):
    """`sound`, `control`, `clients`: the ports of the server."""

    def __init__(self, root: Path, rate: int) -> None:
        self.root = root
        self.sound, self.control, self.clients = free_ports(3)
        config = root / "snapserver.conf"
        config.write_text(
            CONFIG.format(
                root=root,
                control=self.control,
                clients=self.clients,
                sound=self.sound,
                rate=rate,
                buffer_ms=BUFFER_MS,
            )
        )
        super().__init__(("snapserver", "-c", str(config)), self._takes_clients, quiet=True)

    @property
    def env(self) -> dict[str, str]:
        """What a box must be told."""
        return {
            "TOMB_AUDIO": "snapcast",
            "TOMB_SNAPCAST": f"127.0.0.1:{self.sound}",
            "TOMB_SNAPCAST_CONTROL_PORT": str(self.control),
            "TOMB_SNAPCAST_DELAY_MS": str(BUFFER_MS),
        }

    async def _takes_clients(self) -> bool:
        return all(listens(port) for port in (self.sound, self.control, self.clients))

    async def ask(self, method: str, **params: object) -> Any:
        """What another app of the house would ask of the server; its result."""
        async with await trio.open_tcp_stream("127.0.0.1", self.control) as stream:
            asked = {"id": 1, "jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
            await stream.send_all(json.dumps(asked).encode() + b"\r\n")
            said = bytearray()
            with trio.fail_after(PATIENCE_S):
                while True:
                    said += await stream.receive_some(65536)
                    *lines, rest = said.split(b"\n")
                    for line in lines:
                        if "id" in (answer := json.loads(line)):
                            return answer["result"]
                    said = bytearray(rest)

    async def until_stream(self, status: str) -> None:
        """Until the server calls its stream `playing`, or `idle`."""
        with trio.fail_after(PATIENCE_S):
            while (await self.ask("Server.GetStatus"))["server"]["streams"][0]["status"] != status:
                await trio.sleep(LOOK_S)

    async def status(self) -> control.Status:
        return await control.look("127.0.0.1", self.control)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listener"]:
        """To what the server hands out, as it came in."""
        listener = Listener()
        async with trio.open_nursery() as nursery:
            await nursery.start(listener.run, self.clients)
            yield listener
            nursery.cancel_scope.cancel()

    @asynccontextmanager
    async def speaker(self, name: str) -> AsyncIterator["Room"]:
        """A client of this name, connected."""
        room = Room(self.root / f"{name}.raw")
        player = f"file:filename={room.file}"
        port = str(self.clients)
        process = await _started("snapclient", "-h", "127.0.0.1", "-p", port, "--hostID", name, "--player", player)
        try:
            with trio.fail_after(PATIENCE_S):
                while not any(
                    each.speaker.id == name for each in (await self.status()).speakers if each.speaker.connected
                ):
                    await trio.sleep(LOOK_S)
                await room.until_frames(1)
            yield room
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()


class Listener:
    """A client that plays nothing and keeps what the server hands out, with the time that each chunk was given.

    The protocol (doc/binary_protocol.md of Snapcast): a head of 26 bytes, little-endian: type, id, the id that it
    answers, two times of seconds and microseconds, the size of what follows. The server uses CLOCK_MONOTONIC.
    """

    HEAD = struct.Struct("<HHHiiiiI")
    CHUNK, HELLO = 2, 5

    def __init__(self) -> None:
        self._samples = bytearray()
        self.times: list[tuple[int, float]] = []  # the first frame of a chunk, and its time
        self._more = trio.Event()

    @property
    def count(self) -> int:
        return len(self._samples) // FRAME_BYTES

    def frames(self) -> Int16:
        frames: Int16 = np.frombuffer(bytes(self._samples), np.int16).reshape(-1, 2)
        return frames

    def sound(self) -> Int16:
        """From the first frame that is not silent to the last one."""
        frames = self.frames()
        loud = np.flatnonzero(frames.any(axis=1))
        return frames[loud[0] : loud[-1] + 1] if loud.size else frames[:0]

    def heard_at(self, frame: int) -> float:
        """When a client plays this frame, on the monotonic clock."""
        first, time = next((first, time) for first, time in reversed(self.times) if first <= frame)
        return time + (frame - first) / RATE + BUFFER_MS / 1000

    async def until_sound(self, since: int = 0) -> int:
        with trio.fail_after(PATIENCE_S):
            while not (loud := np.flatnonzero(self.frames()[since:].any(axis=1))).size:
                await self._more.wait()
        return since + int(loud[0])

    async def run(self, port: int, *, task_status: trio.TaskStatus[None]) -> None:
        hello = {"MAC": "02:00:00:00:00:99", "ID": "listener", "HostName": "listener", "Version": "0.26.0"}
        hello |= {"ClientName": "Snapclient", "OS": "any", "Arch": "any"}
        said = json.dumps(hello | {"Instance": 1, "SnapStreamProtocolVersion": 2}).encode()
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            payload = struct.pack("<I", len(said)) + said
            await stream.send_all(self.HEAD.pack(self.HELLO, 1, 0, 0, 0, 0, 0, len(payload)) + payload)
            received = bytearray()
            while piece := await stream.receive_some(65536):
                received += piece
                while len(received) >= self.HEAD.size:
                    kind, *_, size = self.HEAD.unpack_from(received)
                    if len(received) < self.HEAD.size + size:
                        break
                    self._take(kind, bytes(received[self.HEAD.size : self.HEAD.size + size]))
                    del received[: self.HEAD.size + size]
                    if kind == 1:  # of the codec: from now on there are chunks
                        task_status.started()

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == self.CHUNK:
            seconds, microseconds, size = struct.unpack_from("<iiI", payload)
            self.times.append((self.count, seconds + microseconds / 1e6))
            self._samples += payload[12 : 12 + size]
            self._more.set()
            self._more = trio.Event()


class Room:
    """What is heard where a client plays."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def count(self) -> int:
        """Frames so far."""
        return self.file.stat().st_size // FRAME_BYTES if self.file.exists() else 0

    def frames(self, since: int = 0) -> Int16:
        with self.file.open("rb") as file:
            file.seek(since * FRAME_BYTES)
            whole = file.read()
        frames: Int16 = np.frombuffer(whole[: len(whole) // FRAME_BYTES * FRAME_BYTES], np.int16).reshape(-1, 2)
        return frames

    async def until_frames(self, count: int) -> None:
        with trio.fail_after(PATIENCE_S):
            while self.count < count:
                await trio.sleep(LOOK_S)

    async def until_sound(self, since: int = 0) -> int:
        """The first frame from `since` on that is not silent."""
        with trio.fail_after(PATIENCE_S):
            while not (loud := np.flatnonzero(self.frames(since).any(axis=1))).size:
                await trio.sleep(LOOK_S)
        return since + int(loud[0])

    async def until_silence(self, since: int = 0, seconds: float = 0.5) -> int:
        """The frame from `since` on at which `seconds` of silence begin."""
        need = int(seconds * RATE)
        with trio.fail_after(PATIENCE_S):
            while True:
                frames = self.frames(since)
                loud = np.flatnonzero(frames.any(axis=1))
                quiet_from = int(loud[-1]) + 1 if loud.size else 0
                if len(frames) - quiet_from >= need:
                    return since + quiet_from
                await trio.sleep(LOOK_S)


async def _started(*command: str) -> trio.Process:
    return await trio.lowlevel.open_process([*command], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)


async def listening_on(*ports: int) -> None:
    """Until all of them take connections."""
    with trio.fail_after(PATIENCE_S):
        while not all(listens(port) for port in ports):
            await trio.sleep(LOOK_S)


@asynccontextmanager
async def snapcast_rig(rate: int = RATE) -> AsyncIterator[SnapcastRig]:
    """A running server; it ends with the block."""
    async with AsyncExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory(prefix="tomb-snapcast-", ignore_cleanup_errors=True))
        rig = SnapcastRig(Path(root), rate)
        try:
            await rig.start()
            yield rig
        finally:
            with trio.CancelScope(shield=True):
                await rig.kill()
