"""Debian's MQTT broker in the foreground, on the loopback, and the clients that come with it: one that hears all."""

import os
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tests.rigs.daemon import PATH, Daemon
from tests.rigs.patience import PATIENCE_S
from tests.rigs.ports import free_port, listens

ALL = ("tomb/#", "homeassistant/#")


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


class Mosquitto(Daemon):
    """`clients`: what its own clients need to be let in."""

    def __init__(self, folder: Path, configuration: Sequence[str], clients: Sequence[str]) -> None:
        self.port = free_port()
        self._clients = clients
        file = folder / "mosquitto.conf"
        listener = f"listener {self.port} 127.0.0.1"
        lines = (listener, "user root", "persistence false", "log_type error", *configuration)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        super().__init__(("mosquitto", "-c", str(file)), self._takes_clients)

    async def _takes_clients(self) -> bool:
        return listens(self.port)

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
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PATH": PATH})
