"""A YouTube of the tests' own, for the real yt-dlp.

    async with youtube_rig() as rig:
        youtube = YtDlp(RealPorts(), data, rig.world)

All is as with the real one, from the host names over the filtering proxy to TLS, but for two things: yt-dlp's
extractors for YouTube are replaced by the rig's (plugins/), which know the videos of `videos.py`; and what the proxy
connects to is the rig's server on loopback. `rig.tomb` starts `tomb` as a process that uses this YouTube.

`rig.unplugged` leaves yt-dlp its own extractors: the server answers them, too (`innertube.py`), but has no scripts.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

import trio

from tests.rigs.pictures import plain
from tests.rigs.sounds import noise, write
from tests.rigs.youtube.server import Server
from tests.rigs.youtube.videos import SECONDS
from tomb.devices.youtube.tool import World

PLUGINS = Path(__file__).with_name("plugins")
EXTRACTORS = "rig,rig:list,rig:search"
NAMES = ("youtube.com", "www.youtube.com", "*.googlevideo.com", "i.ytimg.com")
ANYWHERE = "142.250.185.78"
ADDRESSES = {
    "lan.googlevideo.com": "192.168.1.1",
    "self.googlevideo.com": "127.0.0.1",
    "mapped.googlevideo.com": "::ffff:10.0.0.1",
}


@dataclass
class RigNetwork:
    """All names have an address of the Internet, but for a few; and all addresses are the rig's server. `down`: no
    network at all."""

    port: int
    dialled: list[tuple[str, int]] = field(default_factory=list)
    down: bool = False

    async def resolve(self, host: str) -> Sequence[str]:
        await trio.lowlevel.checkpoint()
        if self.down:
            raise OSError("Temporary failure in name resolution")
        return [ADDRESSES.get(host, ANYWHERE)]

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        self.dialled.append((address, port))
        return await trio.open_tcp_stream("127.0.0.1", self.port)


def world(network: RigNetwork, authority: Path) -> World:
    return World(network=network, extractors=EXTRACTORS, plugins=PLUGINS, authority=authority)


@dataclass(frozen=True, slots=True)
class YouTubeRig:
    world: World
    unplugged: World
    network: RigNetwork
    server: Server
    tomb: tuple[str, ...]
    """In place of the program `tomb`."""


@asynccontextmanager
async def youtube_rig(materials: Path | None = None) -> AsyncIterator[YouTubeRig]:
    """`materials`: a folder that the sounds and the certificate stay in, for the next rig."""
    with TemporaryDirectory(prefix="tomb-youtube-") as name:
        folder = materials or Path(name)
        certificate = await _certificate(folder)
        sounds = await _sounds(folder)
        server = Server(sounds, plain(480, 360, kind="JPEG"), certificate)
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        network = RigNetwork(port)
        tomb = (sys.executable, "-m", "tests.rigs.youtube", str(port), str(certificate))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, server.serve, [listener])
            unplugged = World(network=network, authority=certificate)
            yield YouTubeRig(world(network, certificate), unplugged, network, server, tomb)
            nursery.cancel_scope.cancel()


async def _certificate(folder: Path) -> Path:
    """Key and certificate in one file; whoever trusts it trusts the rig for YouTube's names."""
    file = folder / "youtube.pem"
    if await trio.Path(file).exists():
        return file
    names = ",".join(f"DNS:{name}" for name in NAMES)
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=youtube.com"]
    made += ["-addext", f"subjectAltName={names}", "-keyout", str(file), "-out", str(folder / "certificate")]
    await trio.run_process(made, stderr=DEVNULL)
    file.write_bytes(file.read_bytes() + (folder / "certificate").read_bytes())
    return file


async def _sounds(folder: Path) -> dict[str, Path]:
    sounds = {"webm": folder / "sound.webm", "m4a": folder / "sound.m4a"}
    if await trio.Path(sounds["m4a"]).exists():
        return sounds
    source = write(folder / "sound.wav", noise(SECONDS, rate=48000), 48000)
    for kind, codec in (("webm", "libopus"), ("m4a", "aac")):
        options = ["-v", "error", "-i", str(source), "-c:a", codec, "-b:a", "128k", str(sounds[kind])]
        await trio.run_process(["ffmpeg", "-nostdin", *options])
    return sounds
