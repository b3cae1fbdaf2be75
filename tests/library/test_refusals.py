"""What cannot be opened is refused in one line, and left as it was."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tomb.errors import FolderInUse, StartError
from tomb.library import schema
from tomb.library.disk import FolderLock
from tomb.library.opening import open_store
from tomb.ports import VirtualPorts

HOLD = """
import sys, trio
from pathlib import Path
from tomb.library.opening import open_store
from tomb.ports import RealPorts

async def main():
    async with open_store(Path(sys.argv[1]), RealPorts()):
        print("open", flush=True)
        await trio.sleep_forever()

trio.run(main)
"""

AS_NOBODY = """
import os, sys, trio
from pathlib import Path
from tomb.errors import StartError
from tomb.library.opening import open_store
from tomb.ports import RealPorts

if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)

async def main():
    async with open_store(Path(sys.argv[1]), RealPorts()):
        pass

try:
    trio.run(main)
except StartError as error:
    print(error)
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        try:
            yield other
        finally:
            other.kill()


async def refusal(folder: Path) -> str:
    with pytest.raises(StartError) as refused:
        async with open_store(folder, VirtualPorts()):
            pass
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def made(folder: Path) -> Path:
    async with open_store(folder, VirtualPorts()) as store:
        await store.write(lambda db: db.execute("INSERT INTO settings VALUES ('a', '1')"))
    return folder / "tomb.db"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "tomb.lock"}


async def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    database = await made(tmp_path)
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    before = contents(tmp_path)
    assert f"newer TOMB (schema {schema.VERSION + 1}, this one knows {schema.VERSION})" in await refusal(tmp_path)
    assert contents(tmp_path) == before


async def test_a_newer_version_that_was_killed_with_its_log_unwritten(tmp_path: Path) -> None:
    database = await made(tmp_path)
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    aside = {name: data for name, data in contents(tmp_path).items() if not name.endswith("-shm")}
    connection.close()
    for name, data in aside.items():
        (tmp_path / name).write_bytes(data)
    assert "tomb.db-wal" in aside
    assert "newer TOMB" in await refusal(tmp_path)
    after = contents(tmp_path)
    assert {name: after[name] for name in aside} == aside


async def test_a_database_of_another_program(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "tomb.db")
    connection.execute("CREATE TABLE recipes (title TEXT)")
    connection.close()
    before = contents(tmp_path)
    assert "no database of this program" in await refusal(tmp_path)
    assert contents(tmp_path) == before


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "tomb.db").write_bytes(b"Dear diary, " * 1000)
    before = contents(tmp_path)
    assert "cannot be read (file is not a database)" in await refusal(tmp_path)
    assert contents(tmp_path) == before


async def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    assert await refusal(tmp_path / "data") == f"the data folder {tmp_path / 'data'} cannot be used: File exists"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    # The way there must be open to whoever it is tried as.
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o055)
    tried = subprocess.run([sys.executable, "-c", AS_NOBODY, folder], capture_output=True, text=True, check=False)
    assert tried.stdout == f"the data folder {folder} cannot be used: Permission denied\n"
    assert list(folder.iterdir()) == []


async def test_a_folder_in_use_names_its_holder(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        assert await refusal(tmp_path) == f"the data folder {tmp_path} is in use by another tomb (process {other.pid})"


async def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    async with open_store(tmp_path, VirtualPorts()):
        pass


async def test_a_database_that_a_crash_cut_off_while_it_was_made_is_made(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "tomb.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert (tmp_path / "tomb.db").stat().st_size > 0
    async with open_store(tmp_path, VirtualPorts()) as store:
        assert await store.read(lambda db: db.execute("SELECT count(*) FROM playlists").fetchone()[0]) == 0


def test_a_lock_that_somebody_tidied_away_still_holds(tmp_path: Path) -> None:
    first = FolderLock(tmp_path / "tomb.lock")
    (tmp_path / "tomb.lock").unlink()
    with pytest.raises(FolderInUse):
        FolderLock(tmp_path / "tomb.lock")
    first.release()
    FolderLock(tmp_path / "tomb.lock").release()
