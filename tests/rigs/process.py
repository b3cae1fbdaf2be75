"""`tomb` as a process of its own: a box that serves, and commands that end by themselves.

    async with serving(data, "--audio", "silent") as box:
        await box.post("/api/player/play")
        assert await box.terminate() == 0

A box listens on the loopback, on a port that the kernel chose. What it wrote is printed when the block fails.
"""

import json
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import h11
import trio

from tests.rigs.patience import PATIENCE_S

TOMB = str(Path(sys.executable).with_name("tomb"))
HARMLESS = Path(__file__).parent / "bin"
LOOK_S = 0.1
# A test may ask as often as it likes, and does not wait until a new box has composed its demo.
# And it does not listen to the keyboard of whoever runs the tests, nor is it announced in his network.
UNHURRIED = {"TOMB_RATE_LIMITS": "off", "TOMB_DEMO": "off", "TOMB_KEYS": "none", "TOMB_MDNS": "off"}
WITH_DEMO = {"TOMB_DEMO": "auto"}
UP = re.compile(rb" is up: http://[^\s]+:(\d+)\n")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def data(self) -> Any:
        """Of the envelope. An error's envelope has none."""
        assert self.status < 300, f"{self.status}: {self.content.decode(errors='replace')}"
        return self.body["data"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended: its status and what it wrote."""

    status: int
    out: str
    err: str


@dataclass
class Said:
    """What a process has written so far."""

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    more: trio.Event = field(default_factory=trio.Event)

    async def read(self, stream: trio.abc.ReceiveStream | None, into: bytearray) -> None:
        assert stream is not None
        async for chunk in stream:
            into += chunk
            self._stir()
        self._stir()

    def _stir(self) -> None:
        self.more.set()
        self.more = trio.Event()


class Box:
    """A box that serves; made by `serving`."""

    def __init__(self, process: trio.Process, said: Said, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.pid = process.pid
        self._process = process
        self._said = said

    @property
    def welcome(self) -> str:
        return self._said.out.decode()

    @property
    def log(self) -> str:
        return self._said.err.decode(errors="replace")

    async def get(self, path: str, **more: Any) -> Answer:
        return await call(self.port, "GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> Answer:
        return await call(self.port, "POST", path, body, **more)

    async def put(self, path: str, body: object = None, **more: Any) -> Answer:
        return await call(self.port, "PUT", path, body, **more)

    async def delete(self, path: str, body: object = None) -> Answer:
        return await call(self.port, "DELETE", path, body)

    async def health(self) -> Any:
        """HealthStatus."""
        return (await self.get("/api/health")).data

    async def player(self) -> Any:
        """PlayerState."""
        return (await self.get("/api/player/status")).data

    async def until_player(self, wanted: Callable[[Any], bool]) -> Any:
        """The first PlayerState that is as wanted."""
        return await self._until("player", self.player, wanted)

    async def until_health(self, wanted: Callable[[Any], bool]) -> Any:
        """The first HealthStatus that is as wanted."""
        return await self._until("health", self.health, wanted)

    async def until_answer(self, path: str, **more: Any) -> Answer:
        """The first answer of a box that may not listen yet."""
        with trio.fail_after(PATIENCE_S):
            while True:
                with suppress(OSError):
                    return await self.get(path, **more)
                await trio.sleep(LOOK_S)

    async def until_log(self, words: str) -> None:
        with trio.fail_after(PATIENCE_S):
            while words not in self.log:
                await self._said.more.wait()

    async def until_up(self, times: int) -> None:
        """Until it has started so often."""
        with trio.fail_after(PATIENCE_S):
            while len(UP.findall(self._said.out)) < times:
                await self._said.more.wait()

    async def ended(self) -> int:
        """The exit status of a box that ends by itself."""
        with trio.fail_after(PATIENCE_S):
            return await self._process.wait()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def send(self, how: signal.Signals) -> None:
        """A signal, without waiting for what comes of it. Two of a kind that come too fast are one to the kernel."""
        self._process.send_signal(how)

    async def terminate(self) -> int:
        """As systemd stops it. The exit status."""
        return await self._end(signal.SIGTERM)

    async def interrupt(self) -> int:
        """As Ctrl-C stops it."""
        return await self._end(signal.SIGINT)

    async def kill(self) -> int:
        """As a power cut stops it."""
        return await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        with trio.fail_after(PATIENCE_S):
            return await self._process.wait()

    async def _until(self, what: str, look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
        seen: Any = None
        with trio.move_on_after(PATIENCE_S):
            while not wanted(seen := await look()):
                await trio.sleep(LOOK_S)
            return seen
        raise AssertionError(f"{what} did not come to be as wanted; last seen: {seen}")


@asynccontextmanager
async def serving(
    data: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    tomb: Sequence[str] = (TOMB,),
    port: int = 0,
) -> AsyncIterator[Box]:
    """A box on the data folder; `env` comes on top of this process's, `before` is what starts it, such as `setpriv`.
    `tomb`: the program, where it is another one for once. `port`: where it is to listen; then nobody waits until it
    does."""
    command = [*before, *tomb, "serve", "--host", "127.0.0.1", "--port", str(port), "--data", str(data), *arguments]
    process = await trio.lowlevel.open_process(
        command, env=clean_env() | UNHURRIED | dict(env or {}), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    said = Said()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(said.read, process.stdout, said.out)
            nursery.start_soon(said.read, process.stderr, said.err)
            yield Box(process, said, port or await _port(process, said))
            await _stop(process)
            nursery.cancel_scope.cancel()
    except BaseException:
        sys.stderr.write((said.out + said.err).decode(errors="replace"))
        raise
    finally:
        with trio.CancelScope(shield=True):
            await _stop(process)


async def run_tomb(
    *arguments: str | Path, env: Mapping[str, str] | None = None, before: Sequence[str] = (), cwd: Path | None = None
) -> Ended:
    """Run a command of `tomb` to its end."""
    with trio.fail_after(PATIENCE_S):
        done = await trio.run_process(
            [*before, TOMB, *map(str, arguments)],
            env=clean_env() | dict(env or {}),
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            cwd=cwd,
        )
    return Ended(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def refused(ended: Ended, *words: str) -> None:
    """One line on stderr that says all these words, and a status that is not zero."""
    assert ended.status == 1, ended
    assert ended.err.startswith("tomb: "), ended.err
    assert len(ended.err.splitlines()) == 1, ended.err
    for word in words:
        assert word in ended.err


async def call(
    port: int,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
    trust: ssl.SSLContext | None = None,
    server_name: str | None = None,
    source: str | None = None,
) -> Answer:
    """One HTTP request on a connection of its own, see `exchange`. `trust`: over HTTPS, of a server of that name or
    else the address. `source`: from that address."""
    name = f"[{address}]" if ":" in address else address
    with trio.fail_after(PATIENCE_S):
        opened = await trio.open_tcp_stream(address, port, local_address=source)
        secured = trust and trio.SSLStream(opened, trust, server_hostname=server_name or address, https_compatible=True)
        async with secured or opened as stream:
            return await exchange(stream, method, path, body, host=f"{name}:{port}", headers=headers)


async def exchange(
    stream: trio.abc.Stream,
    method: str,
    path: str,
    body: object = None,
    *,
    host: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A request and its answer, on a connection that is good for this one. `body`: bytes are sent as they are, anything
    else as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"Host": host, "Content-Length": str(len(content)), "Connection": "close"}
    if body is not None and not isinstance(body, bytes):
        sent["Content-Type"] = "application/json"
    request = h11.Request(method=method, target=path, headers=list((sent | dict(headers or {})).items()))
    connection = h11.Connection(h11.CLIENT)
    events = (request, h11.Data(data=content), h11.EndOfMessage())
    await stream.send_all(b"".join(connection.send(event) or b"" for event in events))
    return await _answer(connection, stream)


async def _answer(connection: h11.Connection, stream: trio.abc.ReceiveStream) -> Answer:
    status, headers, content = 0, dict[str, str](), b""
    while True:
        match event := connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some()))
            case h11.Response():
                status, headers = event.status_code, {name.decode(): value.decode() for name, value in event.headers}
            case h11.Data():
                content += event.data
            case h11.EndOfMessage():
                return Answer(status, headers, content)


def clean_env() -> dict[str, str]:
    """This process's environment without settings of a box, and without a way to switch the computer off."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOMB_")}
    return {**kept, "PATH": f"{HARMLESS}:{os.environ['PATH']}"}


async def _port(process: trio.Process, said: Said) -> int:
    with trio.fail_after(PATIENCE_S):
        while (up := UP.search(said.out)) is None:
            if process.poll() is not None:
                raise AssertionError(f"the box ended with {process.returncode}: {said.err.decode(errors='replace')}")
            with trio.move_on_after(LOOK_S):
                await said.more.wait()
    return int(up[1])


async def _stop(process: trio.Process) -> None:
    if process.poll() is None:
        process.terminate()
        with trio.move_on_after(5):
            await process.wait()
    if process.poll() is None:
        process.kill()
        await process.wait()
