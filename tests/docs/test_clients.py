"""The clients of docs/clients/ against a real box, over a way that is cut and that loses an answer."""

import sys
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from subprocess import PIPE

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, clean_env, serving
from tomb.library import parcels

ROOT = Path(__file__).parent.parent.parent
CLIENTS = ROOT / "docs/clients"
LINES = 60


@dataclass
class Way:
    """A way to a box that can be cut. `swallows`: what a request begins with whose answer is lost, once."""

    to: int
    port: int = 0
    swallows: bytes | None = None
    lost: int = 0
    is_cut: bool = False
    _ends: list[trio.CancelScope] = field(default_factory=list)

    def cut(self) -> None:
        self.is_cut = True
        for end in self._ends:
            end.cancel()

    async def carry(self, near: trio.SocketStream) -> None:
        if self.is_cut:
            await near.aclose()
            return
        far = await trio.open_tcp_stream("127.0.0.1", self.to)
        try:
            async with near, far, trio.open_nursery() as nursery:
                self._ends.append(nursery.cancel_scope)
                lost = trio.Event()
                nursery.start_soon(self._there, near, far, lost)
                async for data in far:
                    if lost.is_set():
                        break
                    await near.send_all(data)
                nursery.cancel_scope.cancel()
        except* trio.BrokenResourceError:
            """Whoever is at the other end has left, as a program does that ends while the box still tells it."""

    async def _there(self, near: trio.SocketStream, far: trio.SocketStream, lost: trio.Event) -> None:
        async for data in near:
            if self.swallows is not None and data.startswith(self.swallows):
                self.swallows = None
                self.lost += 1
                lost.set()
            await far.send_all(data)
        await far.send_eof()


@asynccontextmanager
async def way_to(box: Box) -> AsyncIterator[Way]:
    way = Way(box.port)
    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        way.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, way.carry, [listener])
        yield way
        nursery.cancel_scope.cancel()


@dataclass
class Program:
    process: trio.Process
    text: str = ""
    read_to: int = 0

    async def says(self, words: str) -> None:
        """Until it says that, after what it was waited for before."""
        assert self.process.stdout is not None
        with trio.fail_after(PATIENCE_S):
            while (found := self.text.find(words, self.read_to)) < 0:
                more = await self.process.stdout.receive_some()
                assert more, f"it ended, and never said {words!r}:\n{self.text}"
                self.text += more.decode()
        self.read_to = found + len(words)

    async def hears(self, line: str) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send_all(f"{line}\n".encode())


@asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[Program]:
    process = await trio.lowlevel.open_process(
        [str(each) for each in command], env=clean_env(), stdin=PIPE, stdout=PIPE
    )
    program = Program(process)
    try:
        yield program
        assert process.stdin is not None
        await process.stdin.aclose()
        with trio.fail_after(PATIENCE_S):
            assert await process.wait() == 0
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.kill()
                await process.wait()


def songs() -> bytes:
    """A folder with a minute of music, as `tomb import` sends it."""
    sound = BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * 60))
    files = [{"name": "Sun.wav", "size": len(sound.getvalue())}]
    return parcels.encoded(parcels.Parcel.model_validate({"title": "Songs", "files": files})) + sound.getvalue()


def javascript(folder: Path) -> list[str | Path]:
    """Beside the packages that it imports."""
    (folder / "node_modules").symlink_to(ROOT / "tests/js/node_modules")
    (folder / "client.mjs").write_bytes((CLIENTS / "client.mjs").read_bytes())
    return ["node", folder / "client.mjs"]


def python(_: Path) -> list[str | Path]:
    return [sys.executable, CLIENTS / "client.py"]


@pytest.mark.parametrize("made", [javascript, python])
async def test_a_client_keeps_in_step_and_what_it_orders_is_done_once(
    tmp_path: Path, made: Callable[[Path], Sequence[str | Path]]
) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box, way_to(box) as way:
        assert (await box.post("/api/imports", songs())).status == 200
        await stays_in_step(box, way, [*made(tmp_path), f"http://127.0.0.1:{way.port}"])


async def stays_in_step(box: Box, way: Way, command: Sequence[str | Path]) -> None:
    async with running(*command) as client:
        await client.says("1 playlists")
        await client.hears("Songs")
        await client.says("playing: Songs, Sun")

        way.swallows = b"POST /api/player/toggle"
        await client.hears("toggle")
        await client.says("paused: Songs, Sun")
        await client.hears("dance")  # which comes after the second try of that, and is no command
        await client.says("dance")
        assert way.lost == 1
        assert (await box.player())["state"] == "paused"

        way.cut()
        await client.says("away")
        await box.post("/api/playlists", {"title": "While you were away"})
        await box.post("/api/player/stop")
        way.is_cut = False
        await client.says("stopped")
        await client.says("2 playlists")
        await client.hears("While you were away")
        await client.says("no tracks")


@pytest.mark.parametrize("client", ["client.mjs", "client.py"])
def test_a_client_is_short(client: str) -> None:
    lines = (CLIENTS / client).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) <= LINES
