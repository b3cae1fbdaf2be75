"""A power cut at each step of a restore: what the disk was told to keep is enough to finish it."""

import sqlite3
from contextlib import closing
from itertools import count, islice
from pathlib import Path

from tests.rigs.archives import good, held, stage_backup
from tests.rigs.small_disk import Ext4Disk, ext4_disk
from tomb.library import files, playlists, schema
from tomb.library.archives import restore
from tomb.library.disk import sync


def old_library(folder: Path) -> None:
    (folder / "library").mkdir(parents=True)
    files.prepare(folder / "library")
    with closing(sqlite3.connect(folder / "tomb.db", isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        schema.upgrade(db, folder / "backups")
        playlists.create(db, "old", "Old", "", 1.0)


def titles(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "tomb.db")) as db:
        return [title for (title,) in db.execute("SELECT title FROM playlists ORDER BY place")]


def lights_out(disk: Ext4Disk) -> None:
    disk.cut_power()
    disk.restore_power()


def test_power_cuts_in_a_swap_lose_nothing(tmp_path: Path) -> None:
    with ext4_disk(tmp_path / "disk", 128) as disk:
        calm = disk.folder / "calm"
        stage_backup(calm, good())
        restore.finish(calm)
        wanted = held(calm)
        for cut in count():
            folder = disk.folder / str(cut)
            old_library(folder)
            stage_backup(folder, good())
            done = list(islice(restore.steps(folder), cut))
            lights_out(disk)
            restore.finish(folder)
            assert titles(folder) == ["First", "Second"], done
            assert held(folder) == wanted
            if len(done) < cut:
                break
        assert cut > 8


def test_what_was_not_yet_decided_leaves_the_old_library(tmp_path: Path) -> None:
    with ext4_disk(tmp_path / "disk", 128) as disk:
        folder = disk.folder / "data"
        old_library(folder)
        stage_backup(folder, good())
        (folder / "restore" / restore.READY).unlink()
        sync(folder / "restore")
        lights_out(disk)
        restore.finish(folder)
        assert titles(folder) == ["Old"]
        assert not (folder / "restore").exists()
