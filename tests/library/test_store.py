"""Units of work: all or nothing, to their end, and never in each other's way."""

import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.rigs.failing import failing, sqlite_error
from tomb.errors import Conflict, NoSpace, Unavailable
from tomb.library import counters
from tomb.library.disk import RESERVE
from tomb.library.opening import open_store
from tomb.library.store import LOOK_S, Store
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


# --- edits that share a transaction -----------------------------------------------------------------------------------


@asynccontextmanager
async def busy_store(folder: Path) -> AsyncIterator[tuple[Store, Callable[[], None], list[str]]]:
    """A store that is writing until the second is called; the third are the ends of transactions since then."""
    go_on, ends = threading.Event(), list[str]()

    def slow(db: sqlite3.Connection) -> None:
        assert go_on.wait(10)

    def note(sql: str) -> None:
        if go_on.is_set() and sql in ("COMMIT", "ROLLBACK"):
            ends.append(sql)

    async with open_store(folder, RealPorts()) as store, trio.open_nursery() as nursery:
        await store.write(lambda db: db.set_trace_callback(note))
        nursery.start_soon(store.write, slow)
        await wait_all_tasks_blocked()
        yield store, go_on.set, ends


def setting(key: str, size: int = 1) -> Callable[[sqlite3.Connection], str]:
    def unit(db: sqlite3.Connection) -> str:
        db.execute("INSERT INTO settings VALUES (?, ?)", (key, "x" * size))
        return key

    return unit


def noting(told: list[str]) -> Callable[[str], str]:
    def tell(key: str) -> str:
        told.append(key)
        return f"{key} told"

    return tell


def stored(db: sqlite3.Connection) -> list[str]:
    return [row["key"] for row in db.execute("SELECT key FROM settings ORDER BY rowid")]


async def test_all_edits_that_wait_share_one_commit_and_are_told_in_its_order(tmp_path: Path) -> None:
    told, answered = list[str](), list[str]()

    async def edit(key: str) -> None:
        answered.append(await store.edit(setting(key), noting(told)))

    async with busy_store(tmp_path) as (store, go_on, ends):
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(edit, str(number))
            await wait_all_tasks_blocked()
            go_on()
        assert ends == ["COMMIT"] * 2  # of what it was busy with, and of all these
        assert told == await store.read(stored)
        assert sorted(answered) == sorted(f"{number} told" for number in range(20))


async def test_what_is_written_is_answered_though_others_wait_to_write(tmp_path: Path) -> None:
    answered, both, go_on_too = list[str](), trio.Event(), threading.Event()

    async def edit(key: str) -> None:
        answered.append(await store.edit(setting(key), str))
        if len(answered) == 2:
            both.set()

    async with busy_store(tmp_path) as (store, go_on, _), trio.open_nursery() as nursery:
        nursery.start_soon(edit, "first")
        await wait_all_tasks_blocked()
        nursery.start_soon(store.write, lambda _: go_on_too.wait(10))
        await wait_all_tasks_blocked()
        nursery.start_soon(edit, "last")
        await wait_all_tasks_blocked()
        go_on()
        with trio.fail_after(10):
            await both.wait()
        assert not go_on_too.is_set()
        go_on_too.set()
        assert sorted(answered) == ["first", "last"]


async def test_an_edit_that_is_refused_takes_nobody_along(tmp_path: Path) -> None:
    async def refused(error: type[Exception]) -> None:
        def unit(db: sqlite3.Connection) -> str:
            setting("half")(db)
            raise error("no")

        with pytest.raises(error, match="no"):
            await store.edit(unit, told.append)

    told = list[str]()
    async with busy_store(tmp_path) as (store, go_on, ends):
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(store.edit, setting(str(number)), told.append)
                nursery.start_soon(refused, Conflict)
                nursery.start_soon(refused, ValueError)
            await wait_all_tasks_blocked()
            go_on()
        assert ends == ["COMMIT"] * 2
        assert told == await store.read(stored)
        assert sorted(told) == [str(number) for number in range(5)]


async def test_an_edit_for_which_the_disk_is_too_full_takes_nobody_along(tmp_path: Path) -> None:
    async def too_large() -> None:
        with pytest.raises(NoSpace):
            await store.edit(setting("large", 1_000_000), told.append)

    told = list[str]()
    async with busy_store(tmp_path) as (store, go_on, ends):
        pages = await store.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.write, lambda db: db.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone())
            await wait_all_tasks_blocked()
            for number in range(5):
                nursery.start_soon(store.edit, setting(str(number)), told.append)
            nursery.start_soon(too_large)
            await wait_all_tasks_blocked()
            go_on()
        assert told == await store.read(stored)
        assert sorted(told) == [str(number) for number in range(5)]
        assert ends.count("COMMIT") == 2 + 5  # those before, and then each of them alone


async def test_what_is_told_is_told_though_another_cannot_be(tmp_path: Path) -> None:
    def mute(_: str) -> None:
        raise ValueError("mute")

    async def muted() -> None:
        with pytest.raises(ValueError, match="mute"):
            await store.edit(setting("muted"), mute)

    told = list[str]()
    async with busy_store(tmp_path) as (store, go_on, _):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(muted)
            for number in range(5):
                nursery.start_soon(store.edit, setting(str(number)), told.append)
            await wait_all_tasks_blocked()
            go_on()
        assert sorted(await store.read(stored)) == sorted(["muted", *told])
        assert len(told) == 5


async def test_a_defect_in_writing_leaves_nobody_waiting_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(*_: object) -> list[Any]:
        raise RuntimeError("a defect")

    ends = list[str]()

    async def edit(key: str) -> None:
        with pytest.raises((RuntimeError, AssertionError)) as raised:
            await store.edit(setting(key), str)
        ends.append(raised.typename)

    async with busy_store(tmp_path) as (store, go_on, _):
        monkeypatch.setattr(store, "_commit_together", defective)
        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(edit, str(number))
            await wait_all_tasks_blocked()
            go_on()
        assert sorted(ends) == ["AssertionError", "AssertionError", "RuntimeError"]
        assert await store.read(stored) == []


async def test_whoever_gives_up_waiting_changes_nothing_and_leaves_the_others_to_it(tmp_path: Path) -> None:
    told = list[str]()
    async with busy_store(tmp_path) as (store, go_on, _):
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as given_up:
                async with trio.open_nursery() as hasty:
                    for number in range(3):  # whoever came first would have written for all
                        hasty.start_soon(store.edit, setting(f"hasty {number}"), told.append)
                    await wait_all_tasks_blocked()
                    for number in range(3):
                        nursery.start_soon(store.edit, setting(str(number)), told.append)
                    await wait_all_tasks_blocked()
                    hasty.cancel_scope.cancel()
            assert not given_up.cancelled_caught
            go_on()
        assert sorted(told) == sorted(await store.read(stored)) == ["0", "1", "2"]


async def test_an_edit_that_is_being_written_ends_before_whoever_is_cancelled_goes_on(tmp_path: Path) -> None:
    """For both: who writes for all, and who waits beside. Neither is left in doubt."""
    begun, go_on = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()
    told, ended = list[str](), list[str]()

    def slow(db: sqlite3.Connection) -> str:
        token.run_sync_soon(begun.set)
        assert go_on.wait(10)
        return setting("slow")(db)

    async def edit(unit: Callable[[sqlite3.Connection], str]) -> None:
        ended.append(await store.edit(unit, noting(told)))

    async with busy_store(tmp_path) as (store, free, _):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edit, slow)
            nursery.start_soon(edit, setting("beside"))
            await wait_all_tasks_blocked()
            free()
            await begun.wait()
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await wait_all_tasks_blocked()
            assert ended == []
            go_on.set()
        assert sorted(told) == sorted(await store.read(stored)) == ["beside", "slow"]
        assert sorted(ended) == ["beside told", "slow told"]


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
