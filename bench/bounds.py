"""Memory under each bound: what strangers can pin in a box, measured while they do, beside what the bound allows.

Each row has a box of its own with nothing in it, and strangers at eight addresses of the loopback, as from eight
devices that act together; what one device may have is a share of that. Their rates are not limited here: the figure is
what the bound holds back, however fast they are. `median`: by how many MB the box grew, at its peak, from when all was
prepared. `floor`: what the bounds allow, in MB: the one in the row's name, and what each connection may have of it
beside, which was read and not yet taken. What malloc keeps and connections cost is in the figure and not in the floor.

`python -m bench.bounds` prints the rows.
"""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import soundfile
import trio
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_client_stream

from bench.meters import Row, forget_peak, memory_mb, peak_mb, weighed
from tests.rigs.process import Box, call, serving
from tomb.http.api import BODIES_MEMORY
from tomb.http.app import MESSAGE_BYTES
from tomb.http.guard import FILES, FILES_OF_ONE
from tomb.http.operations import KEPT_AT_MOST, KEPT_BYTES
from tomb.http.streams import PIECE
from tomb.nurseries.archivist import OUT_AT_ONCE
from tomb.nurseries.uploads import UploadLimits
from tomb.nurseries.web import WebLimits
from tomb.socketio import SocketLimits

QUIET = ("--audio", "silent", "--reader", "none")
ADDRESSES = tuple(f"127.0.1.{number}" for number in range(1, 9))
SETTLE_S = 6.0  # less than the time after which what does not go on is given up
MB = 1024 * 1024
JSON = "Content-Type: application/json"
SOCKETS, BODIES, CHUNKS_OF_ONE = 400, 64, 4
READ = 64 * 1024  # from a connection at once
WAITING = WebLimits().queued_messages + 1  # of one connection: those that are queued, and the one that will be next
PIECES = WAITING + 2  # what h11 has not taken apart yet, and what the application has in its hand

Attack = Callable[[Box, trio.Nursery, "Growth"], Awaitable[None]]


class Growth:
    """Of a box, in MB: the most that there was since `begin`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = 0.0

    def begin(self) -> None:
        self._before, _ = memory_mb(self._pid)
        forget_peak(self._pid)

    @property
    def mb(self) -> float:
        return round(peak_mb(self._pid) - self._before, 1)


async def connections(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """As many as each address gets, with half a request on each."""
    growth.begin()
    for address in ADDRESSES:
        for _ in range(100):
            nursery.start_soon(hold, box.port, address, b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nX-Y: ")
    await trio.sleep(SETTLE_S)


async def queues(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """Clients that ask much and read nothing, each something of its own, so that nothing is held for two at once."""
    ready = trio.Event()
    for number in range(SOCKETS):
        nursery.start_soon(ask_and_not_read, box.port, number, ready)
    await trio.sleep(SETTLE_S)
    growth.begin()
    ready.set()
    await trio.sleep(2 * SETTLE_S)


async def bodies(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """Bodies of JSON, complete but for a byte."""
    growth.begin()
    for address in ADDRESSES * (BODIES // len(ADDRESSES)):
        nursery.start_soon(hold, box.port, address, head("POST", "/api/playlists", JSON, MB), MB - 1)
    await trio.sleep(SETTLE_S)


async def chunks(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """Chunks likewise, of all uploads that there may be at once."""
    size = 8 * MB
    playlist = (await box.post("/api/playlists", {"title": "Uploads"})).data["id"]
    sessions = []
    for number in range(len(ADDRESSES)):
        announced = {"filename": f"{number}.wav", "file_size": CHUNKS_OF_ONE * size, "chunk_size": size}
        answer = await box.post(f"/api/playlists/{playlist}/uploads/session", announced)
        sessions.append(answer.data["session_id"])
    growth.begin()
    for address, session in zip(ADDRESSES, sessions, strict=True):
        for number in range(CHUNKS_OF_ONE):
            path = f"/api/playlists/{playlist}/uploads/{session}/chunks/{number}"
            chunk = head("PUT", path, "Content-Type: application/octet-stream", size)
            nursery.start_soon(hold, box.port, address, chunk, size - 1)
    await trio.sleep(SETTLE_S)


async def kept_answers(box: Box, _: trio.Nursery, growth: Growth) -> None:
    """One playlist changed again and again, by operations that are each kept: more than there may be."""
    playlist = (await box.post("/api/playlists", {"title": "Kept"})).data["id"]
    growth.begin()
    for number in range(KEPT_AT_MOST + 500):
        edit = {"description": f"{number} " + "x" * 1900, "client_op_id": f"op-{number}"}
        assert (await box.put(f"/api/playlists/{playlist}", edit)).status == 200


async def files(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """Of one track that is larger than what the kernel takes for them."""
    track = await uploaded(box, 40 * MB)
    growth.begin()
    for address in [*ADDRESSES, "127.0.1.9"] * FILES_OF_ONE:
        nursery.start_soon(hold, box.port, address, head("GET", f"/api/tracks/{track}/audio", JSON, 0))
    await trio.sleep(SETTLE_S)


async def archives(box: Box, nursery: trio.Nursery, growth: Growth) -> None:
    """Backups that nobody reads."""
    await uploaded(box, 40 * MB)
    growth.begin()
    for address in ADDRESSES:
        nursery.start_soon(hold, box.port, address, head("GET", "/api/backup", JSON, 0))
    await trio.sleep(SETTLE_S)


# --- what strangers do ------------------------------------------------------------------------------------------------


def head(method: str, path: str, kind: str, size: int) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\nContent-Length: {size}\r\n\r\n".encode()


async def hold(port: int, address: str, sent: bytes, more: int = 0) -> None:
    """Send that and so many bytes more, read nothing, and stay."""
    with suppress(OSError, trio.BrokenResourceError):
        async with await trio.open_tcp_stream("127.0.0.1", port, local_address=address) as stream:
            await stream.send_all(sent)
            for at in range(0, more, 65_536):
                await stream.send_all(b" " * min(65_536, more - at))
            await trio.sleep_forever()


async def ask_and_not_read(port: int, number: int, ready: trio.Event) -> None:
    try:
        async with websocket(port, ADDRESSES[number % len(ADDRESSES)]) as socket:
            await socket.get_message()
            await socket.send_message("40")
            await socket.get_message()
            await ready.wait()
            for asked in range(1000):
                ping = {"timestamp": asked, "x": "x" * (MESSAGE_BYTES - 40_000), "y": [[]] * 9_000}
                own = json.dumps(["client_ping", ping], separators=(",", ":"))
                await socket.send_message(f"42{own}")
    except* (OSError, trio.BrokenResourceError, ConnectionClosed, HandshakeError):
        pass  # dropped, as it deserves


@asynccontextmanager
async def websocket(port: int, address: str) -> AsyncIterator[WebSocketConnection]:
    stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=address)
    async with stream, trio.open_nursery() as nursery:
        yield await wrap_client_stream(
            nursery, stream, f"localhost:{port}", "/socket.io/?EIO=4&transport=websocket", message_queue_size=0
        )
        nursery.cancel_scope.cancel()


async def uploaded(box: Box, size: int) -> str:
    """A track of silence; its id."""
    content = wav(size)
    playlist = (await box.post("/api/playlists", {"title": "Long"})).data["id"]
    announced = {"filename": "Long.wav", "file_size": len(content), "chunk_size": 4 * MB}
    session = (await box.post(f"/api/playlists/{playlist}/uploads/session", announced)).data["session_id"]
    path = f"/api/playlists/{playlist}/uploads/{session}"
    for number in range(-(-len(content) // (4 * MB))):
        piece = content[number * 4 * MB : (number + 1) * 4 * MB]
        sent = {"Content-Type": "application/octet-stream"}
        assert (await call(box.port, "PUT", f"{path}/chunks/{number}", piece, headers=sent)).status == 200
    finished = await box.post(f"{path}/finalize", {})
    track: str = finished.data["track"]["id"]
    return track


def wav(size: int) -> bytes:
    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", 44_100, 2, "PCM_16", format="WAV") as sound:
        sound.buffer_write(bytes(size), "int16")
    return content.getvalue()


ATTACKS: tuple[tuple[str, Attack, float], ...] = (
    ("connections that say little, all there may be", connections, 0),
    (
        "queues of 400 clients that read nothing",
        queues,
        SocketLimits().held_bytes + SOCKETS * WAITING * MESSAGE_BYTES,
    ),
    ("64 bodies of JSON that are half here", bodies, BODIES_MEMORY + BODIES * PIECES * READ),
    ("32 chunks that are half here", chunks, UploadLimits(0, 0, 0, 0).memory + 8 * MB + 32 * PIECES * READ),
    ("2500 kept answers", kept_answers, KEPT_BYTES),
    ("files that nobody reads, all there may be", files, 2 * FILES * PIECE),
    ("backups that nobody reads, all there may be", archives, 2 * OUT_AT_ONCE * PIECE),
)


async def measure(title: str, attack: Attack, bound: float) -> Row:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:
        async with serving(Path(folder), *QUIET) as box, trio.open_nursery() as nursery:
            growth = Growth(box.pid)
            await attack(box, nursery, growth)
            grown = growth.mb
            nursery.cancel_scope.cancel()
    return weighed(f"{title}, MB", grown, round(bound / MB, 1))


async def rows() -> None:
    for title, attack, bound in ATTACKS:
        print(json.dumps(await measure(title, attack, bound)), flush=True)


if __name__ == "__main__":
    trio.run(rows)
