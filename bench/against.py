"""Two servers that speak the wire, in turns, by what the wire alone allows: how soon, and how often in a second.

    ./justw bench --against URL         a box that is started for it, and the server at URL
    ./justw bench --against URL URL     the two there

What the second server takes is the floor of each row. Whatever else the machine does falls on both, since they take
turns; who goes first changes from round to round. Each is first sent the same music, by its own uploads, and that is
what is played and listed; where a server had a library before, `bytes` says how much longer its answers are. What the
bench has made it deletes in the end. A server that lacks a route is said to, in the row; one whose answers are not
those of the wire ends the bench. So does one that keeps to rate limits, and that is found out first.
"""

import argparse
import io
import itertools
import json
import os
import re
import sys
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import trio

from bench.meters import Row
from bench.wire import Connection, Crowd, Lacking, Server, Wrong, at, told
from tests.rigs.process import serving
from tests.soak.sounds import RATE, made

CONNECTIONS = (1, 8)
UPLOADS_AT_ONCE = (1, 4)
PLAYLISTS = 50
MIB, MB = 1024 * 1024, 1_000_000
SHORT_S = 0.2
QUIET = ("--audio", "silent", "--reader", "none")
ENV = {"TOMB_FREE_KEPT_MB": "0", "PYTHONPATH": str(Path(__file__).with_name("as_installed"))}
BOUNDARY = "a-boundary-that-is-in-no-music"
IS_PLAYING = re.compile(r'"is_playing":\s*(true|false)')


@dataclass(frozen=True, slots=True)
class Counts:
    """`requests`, `creates`, `songs`: a row and round, over all its connections. `large`: in MiB."""

    rounds: int
    requests: int
    creates: int
    clients: int
    songs: int
    large: int


# --- what a round measures --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sample:
    """`times` in seconds, one each; `took` in all. `size`: bytes of an answer."""

    times: list[float] = field(default_factory=list)
    took: float = 0.0
    size: int = 0

    def __iadd__(self, other: "Sample") -> "Sample":
        self.times += other.times
        self.took += other.took
        self.size = other.size
        return self

    async def fill(self, workers: Sequence[Callable[[], Awaitable[None]]]) -> None:
        """`took` is what these take at once."""
        began = perf_counter()
        async with trio.open_nursery() as nursery:
            for work in workers:
                nursery.start_soon(work)
        self.took = perf_counter() - began


async def asked_often(
    server: Server,
    ask: Callable[[], tuple[str, str, object]],
    expected: Sequence[str],
    connections: int,
    count: int,
) -> Sample:
    """`ask`: method, path and body of the next request. The first, whose answer is looked at, is not counted."""
    async with Connection(server) as connection:
        asked = server.request(*ask())
        status, body, _ = await connection.ask(asked)
        server.data(asked, status, body, *expected)
    requests = iter([server.request(*ask()) for _ in range(count)])
    sample = Sample(size=len(body))

    async def run() -> None:
        async with Connection(server) as connection:
            for asked in requests:
                status, body, took = await connection.ask(asked)
                server.look(asked, status, body)
                sample.times.append(took)

    await sample.fill([run] * connections)
    return sample


async def large_upload(server: Server, made_there: "Made", song: Callable[[], bytes], form: bool) -> Sample:
    """Of its chunks, one after the other."""
    content = song()
    sample = Sample(size=len(content))
    async with Connection(server) as connection:
        path = await announced(server, connection, made_there.playlist(server), content)
        for asked in chunks(server, path, content, form):
            status, body, took = await connection.ask(asked)
            server.look(asked, status, body)
            sample.took += took
        sample.times.append(sample.took)
        await told(server, connection, server.request("POST", f"{path}/finalize", {}))
    return sample


async def small_uploads(
    server: Server, made_there: "Made", song: Callable[[], bytes], count: int, at_once: int
) -> Sample:
    """Songs of one chunk: announced, sent, finalized. `times`: of all three together, without the first."""
    songs = [song() for _ in range(count)]
    sample = Sample(size=len(songs[0]))
    async with Connection(server) as connection:
        await uploaded(server, connection, made_there.playlist(server), song())

    async def run() -> None:
        async with Connection(server) as connection:
            while songs:
                content = songs.pop()
                began = perf_counter()
                await uploaded(server, connection, made_there.playlist(server), content)
                sample.times.append(perf_counter() - began)

    await sample.fill([run] * at_once)
    return sample


async def uploaded(server: Server, connection: Connection, playlist: str, content: bytes) -> None:
    path = await announced(server, connection, playlist, content)
    for asked in chunks(server, path, content, form=True):
        await told(server, connection, asked)
    await told(server, connection, server.request("POST", f"{path}/finalize", {}))


async def announced(server: Server, connection: Connection, playlist: str, content: bytes) -> str:
    """The session's path."""
    path = f"/api/playlists/{playlist}/uploads"
    upload = {"filename": "song.wav", "file_size": len(content), "chunk_size": MIB}
    data = await told(server, connection, server.request("POST", f"{path}/session", upload), "session_id")
    return f"{path}/{data['session_id']}"


def chunks(server: Server, path: str, content: bytes, form: bool) -> list[bytes]:
    """The requests that send it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    requests = []
    for first in range(0, len(content), MIB):
        chunk, kind = content[first : first + MIB], "application/octet-stream"
        if form:
            chunk, kind = head + chunk + tail, f"multipart/form-data; boundary={BOUNDARY}"
        requests.append(server.request_of("PUT", f"{path}/chunks/{first // MIB}", chunk, kind))
    return requests


async def toggles(server: Server, crowds: dict[Server, Crowd], count: int) -> Sample:
    sample = Sample()
    async with Connection(server) as connection:
        state = await told(server, connection, server.request("GET", "/api/player/status"), "is_playing")
        plays = bool(state["is_playing"])
        for _ in range(count):
            plays = not plays
            asked = server.request("POST", "/api/player/toggle", {})
            sample.times.append(await crowds[server].change(connection, asked, partial(_tells_player, plays)))
    sample.took = sum(sample.times)
    return sample


def _tells_player(plays: bool, message: str) -> bool:
    if not message.startswith('42["state:player"'):
        return False
    found = IS_PLAYING.search(message)
    return found is not None and (found[1] == "true") is plays


async def creates(server: Server, crowds: dict[Server, Crowd], made_there: "Made", count: int) -> Sample:
    """The first event of any kind that has the new playlist's title counts."""
    sample = Sample()
    async with Connection(server) as connection:
        for _ in range(count):
            title = made_there.title()
            asked = server.request("POST", "/api/playlists", {"title": title})
            sample.times.append(await crowds[server].change(connection, asked, partial(_tells_of, title)))
    return sample


def _tells_of(title: str, message: str) -> bool:
    return title in message


# --- the comparison ---------------------------------------------------------------------------------------------------


def music(random: Random, size: int) -> bytes:
    """A WAV file of so many bytes, as long as on a CD: a box that listens to all of it should not take hours."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(44100)
        writer.writeframes(random.randbytes(size - 44))  # the length of its header
    return file.getvalue()


class Made:
    """What the bench makes there: playlists for what it sends. All of it has a title of this run, and is deleted."""

    def __init__(self, counts: Counts) -> None:
        self._numbers = itertools.count()
        self._run = f"Bench {os.getpid()}."
        self._playlists: dict[Server, list[str]] = {}
        self._why_none: dict[Server, str] = {}
        self._random = Random(self._run)
        self._large = music(self._random, counts.large * MIB)

    def title(self) -> str:
        return f"{self._run}{next(self._numbers):06}."

    def large(self) -> bytes:
        """A song, another each time: a library may keep no content twice."""
        return self._large[:-8] + self._random.randbytes(8)

    def small(self) -> bytes:
        return made(self._random, SHORT_S).content

    def create(self) -> tuple[str, str, object]:
        """The request for one more playlist."""
        return "POST", "/api/playlists", {"title": self.title()}

    def playlist(self, server: Server) -> str:
        """The id of one, of each in turn. Raises: Lacking."""
        if why := self._why_none.get(server):
            raise Lacking(why)
        ids = self._playlists[server]
        ids.append(ids.pop(0))
        return ids[-1]

    async def fill(self, server: Server) -> None:
        """Make the playlists, and have a long song played, so that there is something to toggle. Raises: Wrong."""
        ids = self._playlists.setdefault(server, [])
        async with Connection(server) as connection:
            try:
                for _ in range(PLAYLISTS):
                    data = await told(server, connection, server.request(*self.create()))
                    nested = data.get("playlist")
                    ids.append(str((nested if isinstance(nested, dict) else data)["id"]))
                await uploaded(server, connection, ids[0], self.large())
                await told(server, connection, server.request("POST", f"/api/playlists/{ids[0]}/start", {}))
            except Lacking as why:
                self._why_none[server] = str(why)
            except KeyError as why:
                raise Wrong(f"{server.url} makes a playlist without {why}") from why

    async def delete(self, server: Server) -> None:
        """All of it, from the list, and from the bin where there is one."""
        async with Connection(server) as connection:
            with suppress(Lacking):
                for where, field_name in (("/api/playlists", "playlists"), ("/api/bin", "items")):
                    while found := await self._find(server, connection, where, field_name):
                        for each in found:
                            asked = server.request("DELETE", f"{where}/{each}")
                            status, body, _ = await connection.ask(asked)
                            server.look(asked, status, body)

    async def _find(self, server: Server, connection: Connection, where: str, name: str) -> list[str]:
        """The ids of those of ours that are on the first page that has any."""
        page, pages = 1, 1
        while page <= pages:
            asked = server.request("GET", f"{where}?limit=100&tracks=false&page={page}")
            data = await told(server, connection, asked, name)
            page, pages = page + 1, int(data.get("total_pages", 1))
            if found := [str(each["id"]) for each in data[name] if str(each.get("title")).startswith(self._run)]:
                return found
        return []


Shown = Callable[[Sample, Sample], Row]


def by_time(ours: Sample, theirs: Sample) -> Row:
    """In ms."""
    row: Row = {}
    for prefix, sample in (("", ours), ("floor_", theirs)):
        if sample.times:
            times = sorted(sample.times)
            row[prefix.rstrip("_") or "median"] = round(median(times) * 1000, 3)
            row[f"{prefix}p99"] = round(times[-1 - len(times) // 100] * 1000, 3)
            row[f"{prefix}count"] = len(times)
            if sample.took:
                row[f"{prefix}per_second"] = round(len(times) / sample.took)
            if sample.size:
                row[f"{prefix}bytes"] = sample.size
    return with_ratio(row)


def by_rate(a_time: Callable[[Sample], float], ours: Sample, theirs: Sample) -> Row:
    """Larger is better. `a_time`: how much of what is counted one of the times stands for."""
    row: Row = {}
    for name, sample in (("median", ours), ("floor", theirs)):
        if sample.times:
            row[name] = round(len(sample.times) * a_time(sample) / sample.took, 1)
    return with_ratio(row)


def with_ratio(row: Row) -> Row:
    ours, theirs = row.get("median"), row.get("floor")
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        row["ratio"] = round(ours / theirs, 2)
    return row


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two servers, row by row."""

    servers: tuple[Server, Server]
    rounds: int

    async def tell(
        self, title: str, shown: Shown, measure: Callable[..., Awaitable[Sample]], **options: object
    ) -> None:
        """Print a row of what `measure(server, **options)` gives of each. Raises: Wrong, alone or in groups."""
        samples = {server: Sample() for server in self.servers}
        lacks: dict[Server, str] = {}
        for number in range(self.rounds):
            for server in self.servers[:: 1 if number % 2 == 0 else -1]:
                if server not in lacks:
                    try:
                        samples[server] += await measure(server, **options)
                    except Lacking as why:
                        lacks[server] = str(why)
                        samples[server] = Sample()
        row: Row = {"row": title, **shown(*samples.values())}
        if lacks:
            row["lacking"] = "; ".join(lacks.values())
        print(json.dumps(row), flush=True)


async def compare(servers: tuple[Server, Server], counts: Counts) -> None:
    """Print the rows. Raises: Wrong, alone or in groups."""
    comparison, made_there = Comparison(servers, counts.rounds), Made(counts)
    for server in servers:
        await check_rate(server, counts.requests)
    try:
        for server in servers:
            await made_there.fill(server)
        await measured(comparison, made_there, counts)
    except BaseException:
        with trio.CancelScope(shield=True), suppress(Wrong):  # why the bench ends is what it says
            for server in servers:
                await made_there.delete(server)
        raise
    for server in servers:
        await made_there.delete(server)


async def check_rate(server: Server, count: int) -> None:
    """Raises: Wrong."""
    asked = server.request("GET", "/api/player/status")
    async with Connection(server) as connection:
        with suppress(Lacking):  # which the rows say
            for _ in range(count):
                await told(server, connection, asked)


async def measured(comparison: Comparison, made_there: Made, counts: Counts) -> None:
    sent = partial(by_rate, lambda sample: sample.size / MB)
    for kind in ("form", "raw"):
        title = f"upload of {counts.large} MiB in chunks of 1 MiB, {kind}, MB/s"
        options: dict[str, object] = {"made_there": made_there, "song": made_there.large, "form": kind == "form"}
        await comparison.tell(title, sent, large_upload, **options)
    for at_once in UPLOADS_AT_ONCE:
        title = f"uploads of {SHORT_S * RATE / 1000:g} kB, {at_once} at once, a second"
        options = {"made_there": made_there, "song": made_there.small, "count": counts.songs, "at_once": at_once}
        await comparison.tell(title, partial(by_rate, lambda _: 1), small_uploads, **options)
    for name, ask, expected, count in (
        ("GET status", lambda: ("GET", "/api/player/status", None), ("is_playing",), counts.requests),
        ("GET a list of 50", lambda: ("GET", "/api/playlists?limit=50", None), ("playlists",), counts.requests),
        ("POST toggle", lambda: ("POST", "/api/player/toggle", {}), ("is_playing",), counts.requests),
        ("POST a playlist", made_there.create, (), counts.creates),
    ):
        for connections in CONNECTIONS:
            title = f"{name}, {connections} connection{'s' * (connections > 1)}, ms"
            options = {"ask": ask, "expected": expected, "connections": connections, "count": count}
            await comparison.tell(title, by_time, asked_often, **options)
    async with trio.open_nursery() as nursery:
        crowds = {server: Crowd(server) for server in comparison.servers}
        for crowd in crowds.values():
            await crowd.gather(nursery, counts.clients)
        told_by = f"to the last of {counts.clients} clients, ms"
        await comparison.tell(f"POST toggle {told_by}", by_time, toggles, crowds=crowds, count=counts.creates)
        options = {"crowds": crowds, "made_there": made_there, "count": counts.creates}
        await comparison.tell(f"POST a playlist {told_by}", by_time, creates, **options)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def two(named: Sequence[Server]) -> AsyncIterator[tuple[Server, Server]]:
    if len(named) == 2:
        yield named[0], named[1]
    else:
        with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
            async with serving(Path(folder), *QUIET, env=ENV) as box:
                yield at(box.url), named[0]


async def main(named: Sequence[Server], counts: Counts) -> str | None:
    """What went wrong."""
    why = None
    async with two(named) as servers:
        try:
            await compare(servers, counts)
        except* Wrong as group:
            wrong: BaseException = group
            while isinstance(wrong, BaseExceptionGroup):
                wrong = wrong.exceptions[0]
            why = str(wrong)
    return why


def arguments() -> tuple[list[Server], Counts]:
    parser = argparse.ArgumentParser("python -m bench.against")
    parser.add_argument("--against", nargs="+", type=at, metavar="URL", required=True, help="the other server, or both")
    for name, count, what in (
        ("rounds", 3, "turns that each server has in a row"),
        ("requests", 300, "in a turn, for what changes nothing"),
        ("creates", 24, "playlists in a turn, and changes that clients are told of"),
        ("clients", 50, "that are told"),
        ("songs", 48, "small uploads in a turn"),
        ("large", 50, "MiB of a large upload"),
    ):
        parser.add_argument(f"--{name}", type=int, default=count, help=f"{what} ({count})")
    given = vars(parser.parse_args())
    named: list[Server] = given.pop("against")
    if len(named) > 2:
        parser.error("two servers can be compared, not more")
    return named, Counts(**given)


if __name__ == "__main__":
    sys.exit(trio.run(main, *arguments()))
