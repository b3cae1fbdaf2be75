"""Uploads: how fast music comes in over HTTP, large and small, beside what no box could do without.

50 MiB in chunks of 1 MiB, as forms (as browsers send them) and raw, and 2,000 small files, ten to a playlist: one by
one, and in folders. A client of blocking sockets sends them, each with a connection that is kept open. Rates in MB
(10^6 bytes) a second.

Floors, in turns with the box: a plain file of the same bytes with one fsync at its end; a process of Trio and h11 that
writes what it is sent to a file, with an fsync each 16 MiB (`bare`). For small files that process is asked the same
three times for each, and does with the third what a track does to the disk: it syncs the file, gives it its name, syncs
that too, and commits a row. It looks at nothing that it is sent, and decides nothing.

ext4 gives no inode away that was freed less than one to six minutes ago, and looks at each of these for each file that
is made (`recently_deleted` in fs/ext4/ialloc.c). Behind thousands of files that were deleted just before, an earlier
bench's for instance, small uploads were a third slower.

    python -m bench.uploads              prints the rows
    python -m bench.uploads bare FOLDER  that process, on a port that it prints
"""

import hashlib
import io
import json
import os
import socket
import sqlite3
import sys
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from subprocess import PIPE
from tempfile import TemporaryDirectory
from time import perf_counter

import h11
import trio

from bench.meters import Row, forget_peak, peak_mb, timed, weighed
from tests.rigs.process import Box, serving
from tests.soak.sounds import made
from tomb.library import parcels

QUIET = ("--audio", "silent", "--reader", "virtual")
ENV = {"TOMB_FREE_KEPT_MB": "0", "PYTHONPATH": str(Path(__file__).with_name("as_installed"))}
MB, MIB = 1_000_000, 1024 * 1024
SONG, LARGE_SONG = 50 * MIB, 240 * MIB
TURNS = 7
SYNCED = 16 * MIB
PLAYLISTS, TRACKS, SMALL_S = 200, 10, 0.5
BARE_TRACKS = 1000
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
FORM_HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'.encode()
FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()


class Sender:
    """One connection, on which requests follow one another. Blocks."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: str, path: str, body: bytes, kind: str = "application/json") -> bytes:
        """The body of the answer, which must be a good one."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
        self._socket.sendall(f"{head}\r\n\r\n".encode())
        self._socket.sendall(body)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        fields = answer[:end].lower().split(b"\r\n")
        size = next(int(field.partition(b":")[2]) for field in fields if field.startswith(b"content-length:"))
        while len(answer) < end + 4 + size:
            answer += self._more()
        assert fields[0].split()[1].startswith(b"2"), answer
        return answer[end + 4 :]

    def _more(self) -> bytes:
        received = self._socket.recv(262_144)
        assert received, "the server hung up"
        return received

    def post(self, path: str, body: object) -> str:
        """The `session_id` in the answer, where there is one."""
        answer = json.loads(self.ask("POST", path, json.dumps(body).encode()))
        return str(answer["data"].get("session_id", ""))


def song_of(size: int) -> bytes:
    """A WAV of noise, as a CD has it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(44_100)
        writer.writeframes(Random(size).randbytes(size - 44))  # its header
    return file.getvalue()


def chunks(content: bytes, *, form: bool) -> list[bytes]:
    cut = [content[first : first + MIB] for first in range(0, len(content), MIB)]
    return [FORM_HEAD + each + FORM_END for each in cut] if form else cut


def send(port: int, path: str, bodies: Sequence[bytes], kind: str, places: range) -> None:
    with closing(Sender(port)) as sender:
        for place in places:
            sender.ask("PUT", f"{path}/chunks/{place}", bodies[place], kind)


async def sent(port: int, path: str, bodies: Sequence[bytes], kind: str, at_once: int) -> float:
    """Seconds until all of them were answered."""
    began = perf_counter()
    async with trio.open_nursery() as nursery:
        for first in range(at_once):
            places = range(first, len(bodies), at_once)
            nursery.start_soon(trio.to_thread.run_sync, send, port, path, bodies, kind, places)
    return perf_counter() - began


async def upload(box: Box, playlist: str, content: bytes, form: bool, at_once: int) -> tuple[float, float]:
    """Seconds for the chunks, and for the rest."""
    base = f"/api/playlists/{playlist}/uploads"
    with closing(Sender(box.port)) as sender:
        announced = {"filename": "song.wav", "file_size": len(content), "chunk_size": MIB}
        session = sender.post(f"{base}/session", announced)
        kind = f"multipart/form-data; boundary={BOUNDARY}" if form else "application/octet-stream"
        took = await sent(box.port, f"{base}/{session}", chunks(content, form=form), kind, at_once)
        began = perf_counter()
        sender.post(f"{base}/{session}/finalize", {})
        return took, perf_counter() - began


# --- the rows ---------------------------------------------------------------------------------------------------------


async def rows() -> None:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        async with serving(Path(folder) / "data", *QUIET, env=ENV) as box, bare(Path(folder) / "bare") as bare_port:
            async for row in large(Path(folder), box, bare_port):
                print(json.dumps(row), flush=True)
        async with (
            serving(Path(folder) / "many", *QUIET, env=ENV) as box,
            bare(Path(folder) / "bare-many") as bare_port,
        ):
            async for row in small(box, bare_port):
                print(json.dumps(row), flush=True)


async def large(folder: Path, box: Box, bare_port: int) -> AsyncIterator[Row]:
    song = song_of(SONG)
    playlist = (await box.post("/api/playlists", {"title": "Uploads"})).data["id"]
    for form in (True, False):
        for at_once in (1, 4):
            forget_peak(box.pid)  # what the start took
            rates, files, bares, ends, hashed = [], [], [], [], []
            for turn in range(TURNS):
                content = song[:-8] + f"{form}{at_once}{turn:07}".encode()[-8:]  # the library keeps no content twice
                size = len(content) / MB
                files.append(size / written(folder / "plain", content))
                bodies = chunks(content, form=form)
                bares.append(size / await sent(bare_port, "", bodies, "application/octet-stream", at_once))
                took, ended = await upload(box, playlist, content, form, at_once)
                rates.append(size / took)
                ends.append(ended * 1000)
                hashed.append(read_and_hashed(folder / "plain") * 1000)
            how = f"{'forms' if form else 'raw'}, {at_once} at once"
            measured = weighed(
                f"upload of 50 MiB in chunks of 1 MiB, {how}, MB/s", *map(round, (median(rates), median(files)))
            )
            yield {
                **measured,
                "bare": round(median(bares)),
                "ratio_to_bare": round(median(rates) / median(bares), 2),
                "best": round(max(rates)),
                "memory": peak_mb(box.pid),
            }
            if not form:
                yield timed(f"finalize of 50 MiB, {how} (floor: reading and hashing it)", ends, hashed)
    before = peak_mb(box.pid)
    forget_peak(box.pid)
    await upload(box, playlist, song_of(LARGE_SONG), False, 4)
    yield weighed("peak memory of an upload of 240 MiB, 4 at once (floor: of 50 MiB), MB", peak_mb(box.pid), before)


async def small(box: Box, bare_port: int) -> AsyncIterator[Row]:
    random = Random(3)
    for at_once in (1, 4):
        bare_songs = [("", made(random, SMALL_S).content) for _ in range(BARE_TRACKS)]
        floor = await sent_small(bare_port, send_bare, bare_songs, at_once)
        playlists = [
            (await box.post("/api/playlists", {"title": f"{at_once} {number:03}"})).data["id"]
            for number in range(PLAYLISTS)
        ]
        songs = [(playlist, made(random, SMALL_S).content) for playlist in playlists for _ in range(TRACKS)]
        rate = await sent_small(box.port, send_small, songs, at_once)
        yield weighed(f"{len(songs)} uploads of 4 kB, {at_once} at once, tracks/s", round(rate, 1), round(floor, 1))
    albums = [[made(random, SMALL_S).content for _ in range(TRACKS)] for _ in range(PLAYLISTS)]
    began = perf_counter()
    await trio.to_thread.run_sync(send_folders, box.port, albums)
    rate = PLAYLISTS * TRACKS / (perf_counter() - began)
    yield weighed(f"the same, in {PLAYLISTS} folders, a request each, tracks/s", round(rate, 1), 0)


def send_folders(port: int, albums: Sequence[Sequence[bytes]]) -> None:
    """As `tomb import` does."""
    with closing(Sender(port)) as sender:
        for number, songs in enumerate(albums):
            files = [{"name": f"{place}.wav", "size": len(song)} for place, song in enumerate(songs)]
            parcel = parcels.Parcel.model_validate({"title": f"Folder {number}", "files": files})
            sender.ask("POST", "/api/imports", parcels.encoded(parcel) + b"".join(songs), parcels.MEDIA_TYPE)


async def sent_small(
    port: int,
    send: Callable[[int, Sequence[tuple[str, bytes]]], None],
    songs: Sequence[tuple[str, bytes]],
    at_once: int,
) -> float:
    """Tracks a second. `songs`: with the playlist of each."""
    began = perf_counter()
    async with trio.open_nursery() as nursery:
        for first in range(at_once):
            nursery.start_soon(trio.to_thread.run_sync, send, port, songs[first::at_once])
    return len(songs) / (perf_counter() - began)


def send_small(port: int, songs: Sequence[tuple[str, bytes]]) -> None:
    with closing(Sender(port)) as sender:
        for playlist, content in songs:
            base = f"/api/playlists/{playlist}/uploads"
            session = sender.post(f"{base}/session", {"filename": "song.wav", "file_size": len(content)})
            sender.ask("PUT", f"{base}/{session}/chunks/0", content, "application/octet-stream")
            sender.post(f"{base}/{session}/finalize", {})


def send_bare(port: int, songs: Sequence[tuple[str, bytes]]) -> None:
    with closing(Sender(port)) as sender:
        for _, content in songs:
            sender.ask("POST", "/session", json.dumps({"filename": "song.wav", "file_size": len(content)}).encode())
            sender.ask("PUT", "/chunks", content, "application/octet-stream")
            sender.ask("POST", "/finalize", b"{}")


# --- the floors -------------------------------------------------------------------------------------------------------


def written(path: Path, content: bytes) -> float:
    """Seconds for a plain file of that."""
    began = perf_counter()
    with path.open("wb", buffering=0) as file:
        for first in range(0, len(content), MIB):
            file.write(memoryview(content)[first : first + MIB])
        os.fsync(file.fileno())
    return perf_counter() - began


def read_and_hashed(path: Path) -> float:
    began = perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    return perf_counter() - began


@asynccontextmanager
async def bare(path: Path) -> AsyncIterator[int]:
    command = [sys.executable, "-m", "bench.uploads", "bare", str(path)]
    async with trio.open_nursery() as nursery:
        child = await nursery.start(partial(trio.run_process, command, stdout=PIPE))
        yield int(await child.stdout.receive_some())
        nursery.cancel_scope.cancel()


async def take_what_comes(folder: Path) -> None:
    keeping = Keeping(folder)
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    print(listener.socket.getsockname()[1], flush=True)
    file = os.open(folder / "all", os.O_WRONLY | os.O_CREAT)
    await trio.serve_listeners(partial(take, keeping, file), [listener])


class Keeping:
    """Files that were sent whole, and a row for each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._place = os.open(folder, os.O_RDONLY)
        self._numbers = count()
        self._turn = trio.CapacityLimiter(1)
        self._db = sqlite3.connect(folder / "rows.db", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE files (name TEXT PRIMARY KEY, size INTEGER)")

    async def keep(self, content: bytes) -> None:
        await trio.to_thread.run_sync(self._keep, f"{next(self._numbers)}", content, limiter=self._turn)

    def _keep(self, name: str, content: bytes) -> None:
        part, lent = self._folder / f"{name}.part", self._folder / f"{name}.lent"
        with part.open("wb", buffering=0) as file:
            file.write(content)
            os.fsync(file.fileno())
        lent.hardlink_to(part)
        lent.rename(self._folder / f"{name}.wav")
        os.fsync(self._place)
        self._db.execute("INSERT INTO files VALUES (?, ?)", (name, len(content)))
        part.unlink()


async def take(keeping: Keeping, file: int, stream: trio.SocketStream) -> None:
    """Whatever is sent is written over what came on this connection before, as soon as it is here; `/chunks` are files
    of their own, with the request that follows."""
    connection, unsynced, chunk = h11.Connection(h11.SERVER), 0, b""
    while True:
        offset, target, pieces = 0, b"", list[bytes]()
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some(65_536))
            elif isinstance(event, h11.Request):
                target = event.target
            elif isinstance(event, h11.Data) and target == b"/chunks":
                pieces.append(event.data)
            elif isinstance(event, h11.Data):
                offset += os.pwrite(file, event.data, offset)
            elif isinstance(event, h11.ConnectionClosed):
                return
        chunk = b"".join(pieces) or chunk
        if target == b"/finalize":
            await keeping.keep(chunk)
        unsynced += offset
        if unsynced >= SYNCED:
            await trio.to_thread.run_sync(os.fsync, file)
            unsynced = 0
        answer = h11.Response(status_code=200, headers=[("Content-Length", "0")])
        await stream.send_all((connection.send(answer) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        connection.start_next_cycle()


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["bare"]:
        trio.run(take_what_comes, Path(arguments[1]))
    else:
        trio.run(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
