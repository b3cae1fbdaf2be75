"""Units of work: all or nothing, to their end, and never in each other's way."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.failing import failing, sqlite_error
from tomb.errors import NoSpace, Unavailable
from tomb.library import counters
from tomb.library.disk import RESERVE
from tomb.library.opening import open_store
from tomb.library.store import LOOK_S
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


# --- a folder that is gone --------------------------------------------------------------------------------------------


def delete(folder: Path) -> None:
    shutil.rmtree(folder)


def move_away(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def lose_the_database(folder: Path) -> None:
    (folder / "tomb.db").unlink()


def lose_the_log(folder: Path) -> None:
    (folder / "tomb.db-wal").unlink()


def put_another_in_its_place(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"))
    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)


@pytest.mark.parametrize("lose", [delete, move_away, lose_the_database, lose_the_log, put_another_in_its_place])
async def test_what_the_next_start_could_not_find_is_not_acknowledged(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    folder = tmp_path / "data"
    async with open_store(folder, VirtualPorts()) as store:
        await store.write(lambda db: mark(db, 5))
        lose(folder)
        for write in (store.write, store.write_to_free):
            with pytest.raises(Unavailable, match=f"the data folder {folder} is gone"):
                await write(lambda db: mark(db, 6))
        with pytest.raises(Unavailable):
            await store.keep_copy(0)
        assert await store.read(marked) == 5  # what plays, plays on


async def test_a_folder_that_comes_back_is_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with open_store(folder, VirtualPorts()) as store:
        move_away(folder)
        with pytest.raises(Unavailable):
            await store.write(lambda db: mark(db, 6))
        (tmp_path / "elsewhere").rename(folder)
        await store.write(lambda db: mark(db, 7))
    async with open_store(folder, VirtualPorts()) as store:
        assert await store.read(marked) == 7


async def test_a_folder_that_goes_and_comes_back_is_noted_though_nobody_writes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    folder, noted = tmp_path / "data", list[str | None]()
    async with open_store(folder, VirtualPorts()) as store, trio.open_nursery() as nursery:
        await nursery.start(store.watch, noted.append)
        await trio.sleep(10 * LOOK_S)
        assert noted == []
        move_away(folder)
        await trio.sleep(10 * LOOK_S)
        assert len(noted) == 1
        assert "is gone" in str(noted[0])
        (tmp_path / "elsewhere").rename(folder)
        await trio.sleep(10 * LOOK_S)
        assert noted[1:] == [None]
        nursery.cancel_scope.cancel()


# --- a full disk ------------------------------------------------------------------------------------------------------


async def test_what_frees_space_is_written_from_the_reserve_which_is_there_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full whenever the reserve lies on it."""
    reserve = tmp_path / "reserve"

    def full() -> Exception:
        return sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")()

    with failing(monkeypatch) as wrong:
        async with open_store(tmp_path, VirtualPorts(), free_kept=RESERVE) as store:
            assert reserve.stat().st_blocks * 512 >= RESERVE  # from the first moment
            for value in range(1, 20):
                wrong.at(2, full)
                await store.write_to_free(lambda db, value=value: mark(db, value))  # type: ignore[misc]
                assert await store.read(marked) == value
                assert reserve.stat().st_blocks * 512 >= RESERVE
                wrong.at(2, full)
                with pytest.raises(NoSpace):
                    await store.write(lambda db: mark(db, 100))


async def test_a_reserve_grows_with_the_database(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts(), free_kept=RESERVE) as store:
        await store.write(
            lambda db: db.execute("INSERT INTO settings VALUES ('large', ?)", ('"' + "x" * 50_000 + '"',))
        )
        await store.fill_reserve()
    async with open_store(tmp_path, VirtualPorts(), free_kept=RESERVE):
        assert (tmp_path / "reserve").stat().st_size >= RESERVE + (tmp_path / "tomb.db").stat().st_size


async def test_whoever_wants_nothing_left_free_has_no_reserve(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts(), free_kept=0):
        assert not (tmp_path / "reserve").exists()


async def test_the_card_is_safe(tmp_path: Path) -> None:
    def pragmas(db: sqlite3.Connection) -> list[object]:
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]

    async with open_store(tmp_path, VirtualPorts()) as store:
        full = 2
        assert await store.write(pragmas) == ["wal", full, 1]
