"""A real PulseAudio daemon with a null sink, paced in real time, and a recorder on its monitor.

The daemon lives in a private directory with a socket of its own, so a user's daemon is neither seen nor touched.
Whoever plays must do so under `PulseRig.env`: ALSA and PortAudio read it when PortAudio is initialised.
"""

import os
import socket
import tempfile
from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import itemgetter
from pathlib import Path
from subprocess import DEVNULL, PIPE

import numpy as np
import trio
from numpy.typing import NDArray

from tests.rigs.daemon import Daemon
from tests.rigs.patience import PATIENCE_S

RATE = 44100
FRAME_BYTES = 4

# Without this file ALSA would offer every device of the machine; with it PortAudio finds one, named "default".
ALSA_CONFIG = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
DAEMON = ("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no")
CLIENT_CONFIG = "autospawn = no\nenable-shm = no\n"


class PulseRig(Daemon):
    def __init__(self, root: Path) -> None:
        self._socket = root / "native"
        alsa, client = root / "asound.conf", root / "client.conf"
        alsa.write_text(ALSA_CONFIG)
        client.write_text(CLIENT_CONFIG)
        self.env = {
            "ALSA_CONFIG_PATH": str(alsa),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_CLIENTCONFIG": str(client),
            "PULSE_COOKIE": str(root / "cookie"),
            "PULSE_RUNTIME_PATH": str(root),
            "PULSE_STATE_PATH": str(root),
            "HOME": str(root),
            "XDG_RUNTIME_DIR": str(root),
            "XDG_CONFIG_HOME": str(root),
        }
        native = f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"
        # norewinds=1 is what makes the null sink take samples in real time.
        sink = f"module-null-sink sink_name=box rate={RATE} channels=2 format=s16le norewinds=1"
        super().__init__([*DAEMON, "-L", native, "-L", sink], self._has_sink, self.env, quiet=True)

    async def kill(self) -> None:
        await super().kill()
        self._socket.unlink(missing_ok=True)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator["Recording"]:
        """Record the monitor; the body begins when the first samples have arrived."""
        command = ["parec", "-d", "box.monitor", "--raw", f"--rate={RATE}", "--channels=2", "--format=s16le"]
        process = await trio.lowlevel.open_process(
            [*command, "--latency-msec=5"], env=os.environ | self.env, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
        recording = Recording()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(recording.read_from, process)
                with trio.fail_after(PATIENCE_S):
                    await recording.until_frames(1)
                yield recording
                nursery.cancel_scope.cancel()
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()

    async def _has_sink(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self._socket))
        except OSError:
            return False
        return b"box" in await self._list("sinks")

    async def playing_streams(self) -> int:
        """How many streams programs have open on the sink."""
        return len((await self._list("sink-inputs")).splitlines())

    async def _list(self, what: str) -> bytes:
        command = ["pactl", "list", "short", what]
        listing = await trio.run_process(command, env=os.environ | self.env, capture_stdout=True, check=False)
        return listing.stdout


class Recording:
    """What the monitor gave so far."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._grown = trio.Condition()
        self._arrivals: list[tuple[float, int]] = []  # when there were how many frames

    async def read_from(self, process: trio.Process) -> None:
        assert process.stdout is not None
        async for chunk in process.stdout:
            self._bytes += chunk
            self._arrivals.append((trio.current_time(), len(self._bytes) // FRAME_BYTES))
            async with self._grown:
                self._grown.notify_all()

    @property
    def count(self) -> int:
        """Frames so far."""
        return len(self._bytes) // FRAME_BYTES

    def frames(self, since: int = 0) -> NDArray[np.int16]:
        """The frames from `since` on, shape (frames, 2)."""
        whole = bytes(self._bytes[since * FRAME_BYTES : self.count * FRAME_BYTES])
        return np.frombuffer(whole, np.int16).reshape(-1, 2)

    async def until_frames(self, count: int) -> None:
        async with self._grown:
            while self.count < count:
                await self._grown.wait()

    async def until_sound(self, since: int = 0, above: int = 0) -> int:
        """The first frame from `since` on that is not silent, awaited if need be. `above`: what counts as silence."""
        seen = since
        while True:
            frames = self.frames(seen)
            loud = _loud(frames, above)
            if loud.size:
                return seen + int(loud[0])
            seen += len(frames)
            await self.until_frames(seen + 1)

    async def until_silence(self, since: int = 0, seconds: float = 0.5, above: int = 0) -> int:
        """The frame from `since` on at which `seconds` of silence begin, awaited if need be. `above`: likewise."""
        need, quiet_from, seen = int(seconds * RATE), since, since
        while True:
            frames = self.frames(seen)
            loud = _loud(frames, above)
            if loud.size:
                quiet_from = seen + int(loud[-1]) + 1
            seen += len(frames)
            if seen - quiet_from >= need:
                return quiet_from
            await self.until_frames(quiet_from + need)

    def arrival(self, frame: int) -> float:
        """When `frame` came, on Trio's clock."""
        return self._arrivals[bisect_right(self._arrivals, frame, key=itemgetter(1))][0]


def _loud(frames: NDArray[np.int16], above: int) -> NDArray[np.intp]:
    return np.flatnonzero((np.abs(frames.astype(np.int32)) > above).any(axis=1))


@asynccontextmanager
async def pulse_rig() -> AsyncIterator[PulseRig]:
    """A running daemon; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="tomb-pulse-", ignore_cleanup_errors=True) as root:
        rig = PulseRig(Path(root))
        try:
            await rig.start()
            yield rig
        finally:
            with trio.CancelScope(shield=True):
                await rig.kill()
