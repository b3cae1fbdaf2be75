"""A thousand playlists are no more work than ten, where a parent or a child waits for it. Counted, not timed.

SQLite's virtual machine says how many instructions a statement took; bytes and hops to threads are counted too.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import VirtualBox
from tests.rigs.large import LARGE, SECONDS, SMALL, Size, make, tag_of
from tomb.nurseries.warming import QUIET_S
from tomb.rehearsal.requests import Client

STEP = 10  # instructions between two counts
CLOSE = 1.25  # how much more it may be: trees of twenty thousand rows are deeper by a page or two


@dataclass
class Work:
    statements: int = 0
    instructions: int = 0
    bytes: int = 0

    def step(self) -> None:
        self.instructions += STEP

    def state(self, statement: str) -> None:
        self.statements += statement not in ("BEGIN", "BEGIN IMMEDIATE", "COMMIT")


@dataclass
class Library:
    """A box with a library of some size, and what its database did since the last look."""

    box: VirtualBox
    client: Client
    work: Work

    async def cost(self, act: Callable[[], Awaitable[int]]) -> Work:
        """`act` says how many bytes it took."""
        self.work.statements = self.work.instructions = 0
        length = await act()
        return Work(self.work.statements, self.work.instructions, length)


@contextmanager
def counted(work: Work) -> Iterator[None]:
    """Count what all connections do that are opened meanwhile."""
    connect = sqlite3.connect

    def opened(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_progress_handler(work.step, STEP)
        connection.set_trace_callback(work.state)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", opened)
        yield


@asynccontextmanager
async def library(data: Path) -> AsyncIterator[Library]:
    work = Work()
    with counted(work):
        async with served_box(data.parent, free_kept_mb=0) as (box, client):
            yield Library(box, client, work)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Size, Path]:
    found = {size: tmp_path_factory.mktemp("large") / "data" for size in (SMALL, LARGE)}
    for size, data in found.items():
        make(data, size)
    return found


def close(small: Work, large: Work) -> None:
    assert large.statements == small.statements
    assert large.instructions <= small.instructions * CLOSE + STEP
    assert large.bytes <= small.bytes * CLOSE


async def both(
    folders: dict[Size, Path], act: Callable[[Library], Awaitable[int]], before: str = ""
) -> tuple[Work, Work]:
    """What it costs in the small library and in the large one."""
    costs = []
    for data in folders.values():
        async with library(data) as there:
            await trio.sleep(2 * QUIET_S)  # what may be asked for has been read; it is read again when it changes
            if before:
                await there.client.get(before)
            costs.append(await there.cost(partial(act, there)))
    small, large = costs
    return small, large


async def test_the_library_is_as_large_as_it_says(folders: dict[Size, Path], autojump_clock: MockClock) -> None:
    async with library(folders[LARGE]) as there:
        assert there.box.services.librarian.count() == 1000
        assert await there.box.services.librarian.size() > 2e9
        found = (await there.client.get("/api/playlists?limit=1&page=1000")).data["playlists"]
        assert [len(each["tracks"]) for each in found] == [20]


@pytest.mark.parametrize(
    "path", ["/api/playlists?limit=10", "/api/playlists?limit=10&tracks=false", "/api/tags/04000003"]
)
async def test_a_page_is_as_much_work(folders: dict[Size, Path], autojump_clock: MockClock, path: str) -> None:
    async def ask(there: Library) -> int:
        answer = await there.client.get(path)
        assert answer.status == 200
        return len(answer.content)

    close(*await both(folders, ask))


async def test_a_page_that_was_asked_for_before_is_no_work(
    folders: dict[Size, Path], autojump_clock: MockClock
) -> None:
    path = "/api/playlists?limit=10"

    async def ask(there: Library) -> int:
        return len((await there.client.get(path)).content)

    small, large = await both(folders, ask, before=path)
    assert (small.statements, large.statements) == (0, 0)


async def test_a_tap_is_as_much_work(folders: dict[Size, Path], autojump_clock: MockClock) -> None:
    async def tap(there: Library) -> int:
        there.box.reader.place(tag_of(7))
        with trio.fail_after(5):
            while there.box.state != "playing":
                await trio.sleep(0.05)
        await trio.sleep(1.0)
        assert there.box.services.deck.state(0).active_playlist_id == "playlist-7"
        told = [event for event in there.box.events if event.type in ("state:player", "nfc_tag")]
        return sum(len(event.payload) for event in told)

    close(*await both(folders, tap))


async def test_playing_on_is_as_much_work(folders: dict[Size, Path], autojump_clock: MockClock) -> None:
    async def play(there: Library) -> int:
        await there.client.post("/api/playlists/playlist-5/start")
        await trio.sleep(3 * SECONDS)
        return sum(len(event.payload) for event in there.box.events if event.type.startswith("state:track_position"))

    close(*await both(folders, play))


async def test_an_edit_is_as_much_work_for_the_database(folders: dict[Size, Path], autojump_clock: MockClock) -> None:
    async def edit(there: Library) -> int:
        reordered = await there.client.post("/api/playlists/playlist-5/reorder", track_order=[*range(20, 0, -1)])
        renamed = await there.client.put("/api/playlists/playlist-5", title="Other")
        return len(reordered.content) + len(renamed.content)

    close(*await both(folders, edit))


async def test_a_start_is_as_many_statements_and_work_by_the_number_of_tracks(
    folders: dict[Size, Path], autojump_clock: MockClock
) -> None:
    works = []
    for data in folders.values():
        async with library(data) as there:
            works.append(Work(there.work.statements, there.work.instructions))
    small, large = works
    assert large.statements == small.statements
    times = LARGE.playlists / SMALL.playlists
    assert large.instructions < small.instructions * times * CLOSE
