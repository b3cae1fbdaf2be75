"""What a download costs besides the box: the memory of its child, and the proxy that the child must use.

`python -m bench.youtube` prints the rows. The YouTube is that of the tests; real scripts of YouTube's are not there,
so the engine that runs such is weighed with the solver's own scripts loaded.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import trio

from bench.meters import Row, peak_mb, weighed
from tests.rigs.children import children
from tests.rigs.youtube import videos, youtube_rig
from tomb.devices.internet import HTTPS
from tomb.devices.youtube import Progress
from tomb.devices.youtube.installation import runtime
from tomb.devices.youtube.proxy import proxy
from tomb.devices.youtube.tool import RATE, YtDlp
from tomb.ports import RealPorts

MIB = 1024 * 1024
AMOUNT = 150 * MIB
SERVE = f"""
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
block = bytes(65536)
while True:
    peer, _ = server.accept()
    for _ in range({AMOUNT} // len(block)):
        peer.sendall(block)
    peer.close()
"""
FETCH = f"""
import socket, sys, time
port, secret = int(sys.argv[1]), sys.argv[2]
began = time.perf_counter()
peer = socket.create_connection(("127.0.0.1", port))
if secret:
    asked = f"CONNECT www.youtube.com:443 HTTP/1.1\\r\\nHost: x\\r\\nProxy-Authorization: Basic {{secret}}\\r\\n\\r\\n"
    peer.sendall(asked.encode())
    assert peer.recv(12) == b"HTTP/1.1 200"
got = 0
while block := peer.recv(1 << 20):
    got += len(block)
assert got >= {AMOUNT}, got
print(got / (time.perf_counter() - began) / 1e6)
"""
SOLVER = "from yt_dlp_ejs.yt.solver import core, lib; print(lib() + ';Object.assign(globalThis, lib);' + core())"

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


async def rows(rounds: int = 5) -> list[Row]:
    return [await child_memory(), engine_memory(), *await proxy_cost(rounds)]


async def child_memory() -> Row:
    """MB at most, of yt-dlp alone; ffmpeg, which copies the sound out of its container, comes after it."""
    seen: list[float] = []

    def told(_: Progress) -> None:
        seen.extend(peak_mb(pid) for pid in children(os.getpid(), command="yt_dlp"))

    with TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        async with youtube_rig() as rig:
            youtube = YtDlp(RealPorts(), Path(folder) / "youtube", world=rig.world)
            await youtube.fetch(f"https://www.youtube.com/watch?v={videos.SLOW}", scratch, told)
    bare = peak_of([sys.executable, "-c", "pass"])
    return weighed("yt-dlp's memory at most (floor: a Python that does nothing), MB", max(seen), bare)


def engine_memory() -> Row:
    """MB at most, of Deno with the scripts that solve YouTube's puzzles, but no puzzle."""
    found = runtime()
    assert found is not None
    script = subprocess.run([sys.executable, "-c", SOLVER], capture_output=True, check=True).stdout
    command = [str(found[1]), "run", "--no-remote", "--no-npm", "-"]
    return weighed(
        "Deno's memory at most, with the solver loaded (floor: with nothing), MB",
        peak_of(command, script),
        peak_of(command, b""),
    )


def peak_of(command: Sequence[str], given: bytes = b"") -> float:
    """By way of a small process: the peak of a child begins with what its parent had when it was made."""
    done = subprocess.run([sys.executable, "-c", PEAK, *command], input=given, capture_output=True, check=True)
    return round(int(done.stdout) / 1024, 1)


class Loopback:
    """A network that has one server."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str) -> Sequence[str]:
        assert host == "www.youtube.com"
        await trio.lowlevel.checkpoint()
        return ["142.250.185.78"]

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        assert port == HTTPS, address
        return await trio.open_tcp_stream("127.0.0.1", self._port)


async def proxy_cost(rounds: int) -> list[Row]:
    """What goes through it in a second, and what that costs this process, which is all that the proxy runs in."""
    direct: list[float] = []
    through: list[float] = []
    busy: list[float] = []
    server = await trio.lowlevel.open_process([sys.executable, "-c", SERVE], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(await server.stdout.receive_some())
        secret = "dG9tYjp3b3Jk"  # of "tomb:word"
        for _ in range(rounds):
            direct.append(await speed(port, ""))
            async with proxy(Loopback(port), "word") as way:
                before = time.process_time()
                through.append(await speed(way.port, secret))
                busy.append(time.process_time() - before)
    finally:
        server.kill()
        await server.wait()
    rate = int(RATE.removesuffix("M")) * MIB
    percent = round(median(busy) / AMOUNT * rate * 100, 2)
    return [
        weighed("through the proxy (floor: without), MB/s", round(median(through), 1), round(median(direct), 1)),
        weighed(f"the proxy's CPU at {RATE}B/s, where yt-dlp is bounded, % of a core", percent, 0),
    ]


async def speed(port: int, secret: str) -> float:
    command = [sys.executable, "-c", FETCH, str(port), secret]
    return float((await trio.run_process(command, capture_stdout=True)).stdout)


if __name__ == "__main__":
    for row in trio.run(rows):
        print(json.dumps(row))
