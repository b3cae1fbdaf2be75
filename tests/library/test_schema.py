"""The schema grows by steps, and a copy is kept before each."""

import sqlite3
from pathlib import Path

import pytest

from tests.rigs.library import opened
from tomb.errors import StartError
from tomb.library import schema
from tomb.library.store import open_store
from tomb.ports import VirtualPorts


def column(path: Path, query: str) -> list[object]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


async def test_an_upgrade_keeps_the_data_and_a_copy_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
    added = ("ALTER TABLE playlists ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, added))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    async with open_store(tmp_path, VirtualPorts()) as store:
        colours = await store.read(lambda db: [row["colour"] for row in db.execute("SELECT colour FROM playlists")])
    assert colours == ["red"]
    copy = tmp_path / "backups" / f"before-v{schema.VERSION}.db"
    assert column(copy, "PRAGMA user_version") == [schema.VERSION - 1]
    assert column(copy, "SELECT title FROM playlists") == ["Songs"]
    assert column(copy, "PRAGMA integrity_check") == ["ok"]


async def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
    broken = ("ALTER TABLE playlists ADD COLUMN colour TEXT", "INSERT INTO no_such_table VALUES (1)")
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, broken))
    with pytest.raises(StartError, match="no_such_table"):
        async with open_store(tmp_path, VirtualPorts()):
            pass
    monkeypatch.undo()
    assert column(tmp_path / "tomb.db", "PRAGMA user_version") == [schema.VERSION]
    async with opened(tmp_path) as again:
        assert [lite.title for lite in again.librarian.lites()] == ["Songs"]


async def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()):
        pass
    assert not (tmp_path / "backups").exists()


def test_a_disk_too_full_for_a_step_is_said_in_those_words() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        schema.upgrade(connection, Path("nowhere"))
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()
