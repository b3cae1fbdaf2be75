"""Debian's MQTT broker in the foreground, on the loopback, and the clients that come with it: one that hears all."""

import os
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tests.rigs.patience import PATIENCE_S

ALL = ("tomb/#", "homeassistant/#")
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"  # where Debian has the broker, and a plain user's PATH does not look


class Heard:
    """What a client has heard so far, in order: whether it was retained, the topic, the payload."""

    def __init__(self) -> None:
        self.messages: list[tuple[bool, str, str]] = []
        self._more = trio.Event()

    def said(self, ending: str) -> list[str]:
        return [payload for _, topic, payload in self.messages if topic.endswith(ending)]

    async def until(self, ending: str, wanted: str | Callable[[str], bool]) -> str:
        """The first payload from now on, the last known included, of such a topic that is as wanted."""
        fits = wanted if callable(wanted) else lambda payload: payload == wanted
        with trio.move_on_after(PATIENCE_S):
            while not (last := self.said(ending)[-1:]) or not fits(last[0]):
                await self._more.wait()
            return last[0]
        raise AssertionError(f"{ending} did not come to be as wanted; last heard: {self.said(ending)[-5:]}")

    async def read(self, stream: trio.abc.ReceiveStream | None) -> None:
        assert stream is not None
        rest = b""
        async for chunk in stream:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                retained, topic, payload = line.decode().split(" ", 2)
                self.messages.append((retained == "1", topic, payload))
            self._more.set()
            self._more = trio.Event()


class Mosquitto:
    """`clients`: what its own clients need to be let in."""

    def __init__(self, folder: Path, configuration: Sequence[str], clients: Sequence[str]) -> None:
        self.port = _free_port()
        self._clients = clients
        self._file = folder / "mosquitto.conf"
        listener = f"listener {self.port} 127.0.0.1"
        lines = (listener, "user root", "persistence false", "log_type error", *configuration)
        self._file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: trio.Process | None = None

    async def start(self) -> None:
        command = ("mosquitto", "-c", str(self._file))
        self._process = await trio.lowlevel.open_process(
            command, stdin=DEVNULL, stdout=DEVNULL, env=os.environ | {"PATH": _PATH}
        )
        with trio.fail_after(PATIENCE_S):
            while not self._answers():
                assert self._process.poll() is None
                await trio.sleep(0.01)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def publish(self, topic: str, payload: str, *more: str) -> None:
        command = ("mosquitto_pub", "-p", str(self.port), *self._clients, "-t", topic, "-m", payload, *more)
        await trio.run_process(command)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Heard]:
        """A client that hears all. The body begins when it is connected."""
        topics = [part for topic in ALL for part in ("-t", topic)]
        command = ("mosquitto_sub", "-p", str(self.port), *self._clients, *topics, "-F", "%r %t %p")
        process = await trio.lowlevel.open_process(command, stdin=DEVNULL, stdout=PIPE)
        heard = Heard()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(heard.read, process.stdout)
                await self.publish("tomb/rig/begin", "hello", "--retain")
                await heard.until("rig/begin", "hello")
                yield heard
                nursery.cancel_scope.cancel()
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@asynccontextmanager
async def mosquitto(
    folder: Path, configuration: Sequence[str] = ("allow_anonymous true",), clients: Sequence[str] = ()
) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(folder, configuration, clients)
    try:
        await broker.start()
        yield broker
    finally:
        with trio.CancelScope(shield=True):
            await broker.kill()


def password_file(folder: Path, *users: str, password: str) -> Path:
    """All of them have the same."""
    file = folder / "passwords"
    file.touch(mode=0o600)
    for user in users:
        _run("mosquitto_passwd", "-b", str(file), user, password)
    return file


def authority(folder: Path, name: str = "ca") -> Path:
    """The certificate of somebody who vouches for others; the key is beside it."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl(
        "req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(certificate)
    )
    return certificate


def vouched_for(ca: Path, name: str, alternative: str) -> tuple[Path, Path]:
    """A certificate and its key."""
    certificate, key, request = (ca.parent / f"{name}.{ending}" for ending in ("pem", "key", "csr"))
    extensions = ca.parent / f"{name}.ext"
    extensions.write_text(f"subjectAltName={alternative}\n", encoding="utf-8")
    _openssl("req", "-new", "-nodes", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
    signing = ("-CA", str(ca), "-CAkey", str(ca.with_suffix(".key")), "-CAcreateserial", "-extfile", str(extensions))
    _run("openssl", "x509", "-req", "-in", str(request), "-days", "2", *signing, "-out", str(certificate))
    return certificate, key


def _openssl(command: str, *arguments: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    _run("openssl", command, *curve, *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PATH": _PATH})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
