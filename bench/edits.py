"""What an edit costs beside the commit that it cannot do without, and what grows with the library.

The floor of a create is one SQLite commit of one small row, WAL and `synchronous=FULL`, on the same disk, in turns with
it: what that costs is the disk's fsync, and nobody who answers after it can be faster. `processor`: of the box's event
loop, a create. What grows: 20,000 tracks in 1,000 playlists beside 4,000 in 200, asked in turns; goal: a ratio of 1.2.

    python -m bench.edits         prints the rows
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import trio

from bench.http import Connection, request
from bench.library import ENV, QUIET
from bench.meters import Row, timed
from bench.wire import Connection as Connected
from bench.wire import Crowd, at
from tests.rigs.large import Size, make, tag_of
from tests.rigs.listener import Listener, listening
from tests.rigs.process import Box, serving

MEDIUM, LARGE = Size(200, 20), Size(1000, 20)
UNLIMITED = ENV | {"TOMB_RATE_LIMITS": "off"}
ROUNDS, CREATES, WATCHERS = 10, 50, 50
STARTS, ASKED = 5, 100


async def rows() -> None:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        root = Path(folder)
        data = {size: root / f"data-{size.playlists}" for size in (MEDIUM, LARGE)}
        for size, each in data.items():
            await trio.to_thread.run_sync(make, each, size)
        for kind in (starts(data), growth(data), creates(root / "data-200", root / "floor.db")):
            async for row in kind:
                print(json.dumps(row), flush=True)


# --- creating ---------------------------------------------------------------------------------------------------------


async def creates(data: Path, floor: Path) -> AsyncIterator[Row]:
    async with serving(data, *QUIET, env=UNLIMITED) as box:
        with committing(floor) as commit:
            floors = [commit() for _ in range(CREATES)]
            told, processor = await told_to(box, WATCHERS)
            title = f"POST a playlist to {WATCHERS} clients told (floor: one commit)"
            yield {**timed(title, told, floors), "processor": processor}
            for connections in (1, 8):
                times, floors, processor = list[float](), list[float](), 0.0
                for _ in range(ROUNDS):
                    before = loop_s(box)
                    times += await created(box, connections)
                    processor += loop_s(box) - before
                    floors += [commit() for _ in range(CREATES)]
                title = f"POST a playlist, {connections} connection{'s' * (connections > 1)} (floor: one commit)"
                yield {**timed(title, times, floors), "processor": round(processor / len(times) * 1000, 2)}


async def told_to(box: Box, count: int) -> tuple[list[float], float]:
    """From the request to the last of so many clients that hears of it; and of the processor for each, in ms."""
    server = at(f"http://127.0.0.1:{box.port}")
    crowd, times = Crowd(server), list[float]()
    async with Connected(server) as connection, trio.open_nursery() as nursery:
        await crowd.gather(nursery, count)
        before = loop_s(box)
        for turn in range(CREATES):
            asked = server.request("POST", "/api/playlists", {"title": f"Told {turn}"})
            times.append(await crowd.change(connection, asked, partial(contains, f'"Told {turn}"')) * 1000)
        nursery.cancel_scope.cancel()
    return times, round((loop_s(box) - before) / CREATES * 1000, 2)


def contains(text: str, message: str) -> bool:
    return text in message


async def created(box: Box, connections: int) -> list[float]:
    """How long each took, in ms."""
    times, left = list[float](), iter(range(CREATES))

    async def ask() -> None:
        async with await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
            connection = Connection(stream)
            for number in left:
                began = perf_counter()
                await connection.ask(request("POST", "/api/playlists", {"title": f"New {number}"}))
                times.append((perf_counter() - began) * 1000)

    async with trio.open_nursery() as nursery:
        for _ in range(connections):
            nursery.start_soon(ask)
    return times


@contextmanager
def committing(path: Path) -> Iterator[Callable[[], float]]:
    """One commit of one row, in ms."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE playlists (place INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT)")

        def commit() -> float:
            began = perf_counter()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO playlists (id, title) VALUES (hex(randomblob(16)), 'New')")
            db.execute("COMMIT")
            return (perf_counter() - began) * 1000

        yield commit


def loop_s(box: Box) -> float:
    """What its main thread has worked so far (proc_pid_schedstat)."""
    return int(Path(f"/proc/{box.pid}/schedstat").read_text().split()[0]) / 1e9


# --- growing ----------------------------------------------------------------------------------------------------------


async def starts(data: dict[Size, Path]) -> AsyncIterator[Row]:
    times: dict[Size, list[float]] = {size: [] for size in data}
    for _ in range(STARTS):
        for size, folder in data.items():
            began = trio.current_time()
            async with serving(folder, *QUIET, env=UNLIMITED) as box:
                assert (await box.get("/api/health")).status == 200
                times[size].append((trio.current_time() - began) * 1000)
    yield timed(f"start to health, {LARGE} (floor: {MEDIUM})", times[LARGE], times[MEDIUM])


async def growth(data: dict[Size, Path]) -> AsyncIterator[Row]:
    async with (
        serving(data[MEDIUM], *QUIET, env=UNLIMITED) as medium,
        serving(data[LARGE], *QUIET, env=UNLIMITED) as large,
        listening(medium.port, "playlists") as by_medium,
        listening(large.port, "playlists") as by_large,
    ):
        hearing = {medium: by_medium, large: by_large}
        for title, ask in (
            ("a list of 50 with their tracks, after an edit", listed),
            ("start of a playlist", started),
            ("tap to playing", tapped),
            ("POST a playlist", one_created),
            ("POST a playlist to told", told_of),
        ):
            times: dict[Box, list[float]] = {box: [] for box in hearing}
            worked: dict[Box, list[float]] = {box: [] for box in hearing}
            for turn in range(ASKED):
                for box, listener in hearing.items():
                    before = loop_s(box)
                    times[box].append(await ask(box, listener, turn))
                    worked[box].append((loop_s(box) - before) * 1000)
            yield {
                **timed(
                    f"{title}, {LARGE.playlists} playlists (floor: {MEDIUM.playlists})", times[large], times[medium]
                ),
                "processor": round(median(worked[large]), 2),
                "processor_floor": round(median(worked[medium]), 2),
            }


async def listed(box: Box, _: Listener, turn: int) -> float:
    await box.put(f"/api/playlists/playlist-{turn}", {"title": f"Number {turn}"})
    return await took(lambda: box.get("/api/playlists?limit=50"))


async def started(box: Box, _: Listener, turn: int) -> float:
    return await took(lambda: box.post(f"/api/playlists/playlist-{turn}/start"))


async def one_created(box: Box, _: Listener, turn: int) -> float:
    return await took(lambda: box.post("/api/playlists", {"title": f"One {turn}"}))


async def told_of(box: Box, listener: Listener, turn: int) -> float:
    since, title = len(listener.told), f"Told {turn}"
    began = perf_counter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.post, "/api/playlists", {"title": title})
        await listener.until("state:playlist_created", partial(is_of, title), since=since)
        return (perf_counter() - began) * 1000


def is_of(title: str, told: dict[str, dict[str, dict[str, object]]]) -> bool:
    return told["data"]["playlist"]["title"] == title


async def tapped(box: Box, listener: Listener, turn: int) -> float:
    """From the tag on the (virtual) reader to the event that its playlist plays."""
    since = len(listener.told)
    began = perf_counter()
    await box.put("/api/reader/tag", {"tag_id": tag_of(turn)})
    await listener.until(
        "state:player", lambda told: told["data"]["active_playlist_id"] == f"playlist-{turn}", since=since
    )
    took_ms = (perf_counter() - began) * 1000
    await box.delete("/api/reader/tag")
    return took_ms


async def took(ask: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await ask()
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    trio.run(rows)
