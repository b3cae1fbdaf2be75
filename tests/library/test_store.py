"""Units of work: all or nothing, to their end, and never in each other's way."""

import sqlite3
import threading
from pathlib import Path

import pytest
import trio

from tomb.errors import NoSpace, Unavailable
from tomb.library import counters
from tomb.library.opening import open_store
from tomb.ports import RealPorts, VirtualPorts


def mark(db: sqlite3.Connection, value: int) -> None:
    counters.raise_to(db, "mark", value)


def marked(db: sqlite3.Connection) -> int:
    return counters.read(db, "mark")


async def test_a_unit_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        mark(db, 5)
        raise ValueError("in the middle")

    async with open_store(tmp_path, VirtualPorts()) as store:
        with pytest.raises(ValueError, match="in the middle"):
            await store.write(half)
        assert await store.read(marked) == 0
        await store.write(lambda db: mark(db, 6))
        assert await store.read(marked) == 6


async def test_a_unit_runs_to_its_end_though_nobody_waits_any_more(tmp_path: Path) -> None:
    begun, go_on = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()

    def slow(db: sqlite3.Connection) -> None:
        token.run_sync_soon(begun.set)
        assert go_on.wait(10)
        mark(db, 7)

    async with open_store(tmp_path, RealPorts()) as store:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.write, slow)
            await begun.wait()
            nursery.cancel_scope.cancel()
            go_on.set()
        assert await store.read(marked) == 7


async def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    written, go_on = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()

    def slow(db: sqlite3.Connection) -> None:
        mark(db, 7)
        token.run_sync_soon(written.set)
        assert go_on.wait(10)

    async with open_store(tmp_path, RealPorts()) as store, trio.open_nursery() as nursery:
        nursery.start_soon(store.write, slow)
        await written.wait()
        assert await store.read(marked) == 0
        go_on.set()


async def test_whoever_reads_cannot_write(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()) as store:
        with pytest.raises(Unavailable):
            await store.read(lambda db: mark(db, 1))


async def test_a_full_disk_changes_nothing_and_space_comes_back(tmp_path: Path) -> None:
    def grow(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO settings VALUES ('large', ?)", ("x" * 1_000_000,))

    async with open_store(tmp_path, VirtualPorts()) as store:
        pages = await store.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        await store.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone())
        with pytest.raises(NoSpace):
            await store.write(grow)
        await store.write(lambda db: mark(db, 3))
        await store.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
        await store.write(grow)
        assert await store.read(marked) == 3


async def test_what_was_answered_is_there_after_the_next_start(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()) as store:
        await store.write(lambda db: mark(db, 9))
    async with open_store(tmp_path, VirtualPorts()) as store:
        assert await store.read(marked) == 9


async def test_the_card_is_safe(tmp_path: Path) -> None:
    def pragmas(db: sqlite3.Connection) -> list[object]:
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]

    async with open_store(tmp_path, VirtualPorts()) as store:
        full = 2
        assert await store.write(pragmas) == ["wal", full, 1]
