"""A start, or an import without a box, on a disk without room: one clear line, and the library is as it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tests.rigs.process import refused, run_tomb
from tests.rigs.small_disk import SmallDisk, small_disk
from tests.soak.api import leaves
from tests.soak.checks import folder_faults
from tomb.errors import StartError
from tomb.library import schema
from tomb.rehearsal.simulated.music import sparse_wav

PAGE_KIB = 4


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 32) as made:
        yield made


@pytest.mark.parametrize("before", ["nothing", "library", "version 1"])
async def test_a_start_without_space_says_so_and_leaves_the_library(
    disk: SmallDisk, autojump_clock: MockClock, before: str
) -> None:
    data = disk.folder / "data"
    if before == "library":
        async with virtual_box(disk.folder, free_kept_mb=0) as box:
            await box.services.librarian.create("Songs")
    elif before == "version 1":
        of_version_1(data)
    refusals: list[str] = []
    disk.leave(0)
    kib, found = 0, await started(disk, 0)
    while isinstance(found, str):
        refusals.append(found)
        if before == "version 1":
            disk.clear()
            assert 1 <= version(data) <= schema.VERSION  # a whole number of steps
        kib += PAGE_KIB
        disk.leave(kib)
        found = await started(disk, kib)
    assert found == (before != "nothing")
    assert refusals
    assert all("\n" not in refusal for refusal in refusals)
    disk.clear()
    async with virtual_box(disk.folder, seed=99_999, free_kept_mb=0) as box:
        assert [lite.title for lite in box.services.librarian.lites()] == ["Songs"] * (before != "nothing")
        await box.services.librarian.create("More")


async def test_a_box_starts_on_a_full_disk_and_deletes_again_and_again(
    disk: SmallDisk, autojump_clock: MockClock
) -> None:
    async with virtual_box(disk.folder, free_kept_mb=8) as box:
        for each in range(8):
            await box.services.librarian.create(f"Songs {each}")
        # Switched off in the first second.
    for turn in range(8):
        disk.leave(0)
        async with virtual_box(disk.folder, seed=1 + turn, free_kept_mb=8) as box:
            disk.leave(0)
            lites = box.services.librarian.lites()
            assert len(lites) == 8 - turn
            await box.services.librarian.delete(lites[0].id)
    disk.leave(0)
    async with virtual_box(disk.folder, seed=99, free_kept_mb=8) as box:
        assert box.services.librarian.count() == 0


async def started(disk: SmallDisk, seed: int) -> int | str:
    """How many playlists the box has, or why it did not start."""
    count: int | str = ""
    try:
        async with virtual_box(disk.folder, seed=seed, free_kept_mb=0) as box:
            count = box.services.librarian.count()
    except* StartError as refusal:
        [error] = leaves(refusal)
        count = str(error)
    return count


def of_version_1(data: Path) -> None:
    data.mkdir()
    with closing(sqlite3.connect(data / "tomb.db", isolation_level=None)) as db:
        for statement in schema.STEPS[0]:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO playlists (id, title, description, created, updated) VALUES ('a', 'Songs', '', 0, 0)")


def version(data: Path) -> int:
    with closing(sqlite3.connect(f"{(data / 'tomb.db').as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


async def test_an_import_without_space_leaves_the_folders_before_it(disk: SmallDisk, tmp_path: Path) -> None:
    """Without a box; `tomb import` is then a process of its own."""
    data = disk.folder / "data"
    for title in ("First", "Second"):
        (tmp_path / "music" / title).mkdir(parents=True)
        for number in range(4):
            sparse_wav(tmp_path / "music" / title / f"{number}.wav", 30.0, salt=f"{title} {number}")
    arguments = ("import", tmp_path / "music", "--data", data)
    env = {"TOMB_FREE_KEPT_MB": "0"}
    found: list[list[str]] = []
    kib, status = 0, 1
    while status:
        disk.leave(kib)
        answer = await run_tomb(*arguments, env=env)
        disk.clear()
        kib, status = kib + 400, answer.status
        if status:
            refused(answer)
            assert any(words in answer.err for words in ("full", "No space left")), answer
        found.append(kept(data) if (data / "tomb.db").exists() else [])
        assert not (data / "library").exists() or folder_faults(data) == []
    assert found[-1] == ["First", "Second"]
    assert [] in found
    assert ["First"] in found


def kept(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "tomb.db")) as db:
        made = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'playlists'").fetchone()[0]
        return [title for (title,) in db.execute("SELECT title FROM playlists ORDER BY place")] if made else []
