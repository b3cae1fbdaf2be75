"""A soak that could not fail would prove nothing: each kind of loss, made by hand, is complained of."""

import dataclasses
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from tests.rigs.library import Stage, opened
from tests.rigs.virtual import run_virtually
from tests.soak.api import Complaint, Numbers
from tests.soak.checks import database_faults, folder_faults
from tests.soak.holding import Holding, Record, Sending, Tune, difference
from tests.soak.seen import kept_in
from tests.soak.sounds import Pool
from tests.soak.worker import Transfer, Worker
from tomb.library import parts, uploads
from tomb.library.uploads import Upload

CHUNK = 1024
KEY, OTHER = "w1-1", "w1-2"
Doctored = Callable[[Path, sqlite3.Connection], object]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two playlists of the worker w1, three tracks, a tag, and an upload of four chunks with the first two received."""
    run_virtually(make, tmp_path / "data")
    return tmp_path / "data"


async def make(folder: Path) -> None:
    async with opened(folder) as stage:
        await fill(stage, KEY, "w1-3", "w1-4")
        playlist_id = await fill(stage, OTHER, "w1-5")
        await stage.librarian.link_tag("040100AA", playlist_id)
        upload = Upload("u", playlist_id, "w1-6.wav", "wav", 4 * CHUNK, CHUNK, None, 0.0, 0.0)
        parts.prepare(stage.store.library)
        parts.allocate(parts.path_of(stage.store.library, "u"), 4 * CHUNK)
        await stage.store.write(lambda db: uploads.put(db, upload))
        half = replace(upload.with_chunk(0).with_chunk(1), status="uploading")
        await stage.store.write(lambda db: uploads.put(db, half))


async def fill(stage: Stage, key: str, *names: str) -> str:
    """A playlist with a track of each name; its id."""
    playlist = await stage.librarian.create(f"{key} Songs")
    async with stage.ingest.incoming() as incoming:
        sources = [incoming / f"{name}.mp3" for name in names]
        for source in sources:
            source.write_bytes(source.name.encode() * 100)
        arrivals = [await stage.ingest.stage(source, incoming) for source in sources]
        await stage.librarian.add(playlist.id, arrivals)
    return playlist.id


def worker_of(data: Path) -> Worker:
    """Who was promised all that is there."""
    worker = Worker(1, Random(0), Pool(0, size=1), data / "library")
    worker.transfers["w1-6.wav"] = Transfer(bytes(4 * CHUNK), CHUNK)
    worker.go_on_from(kept_in(data / "tomb.db"))
    return worker


def faults(data: Path, worker: Worker) -> list[str]:
    """What a round would complain of."""
    try:
        return [*database_faults(data), *worker.faults(kept_in(data / "tomb.db")), *folder_faults(data)]
    except Complaint as complaint:
        return [str(complaint)]


def doctor(data: Path, change: Doctored) -> None:
    with closing(sqlite3.connect(data / "tomb.db", isolation_level=None)) as db:
        change(data / "library", db)


def sql(statement: str) -> Doctored:
    return lambda _, db: db.execute(statement)


def a_file(folder: str) -> Callable[[Path], Path]:
    return lambda library: next((library / folder).iterdir())


def test_a_folder_that_is_as_promised_has_no_faults(data: Path) -> None:
    worker = worker_of(data)
    assert set(worker.holding.records) == {KEY, OTHER}
    assert worker.holding.records[OTHER].tags == ("040100AA",)
    assert worker.transfers["w1-6.wav"].acked == {0, 1}
    assert faults(data, worker) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (sql("DELETE FROM playlists WHERE title LIKE 'w1-1%'"), "records w1-1: is None"),
        (sql("UPDATE playlists SET title = 'w1-1 Old' WHERE title LIKE 'w1-1%'"), "records w1-1: is"),
        (sql("UPDATE playlists SET same_tag = 'next'"), "same_tag='next'"),
        (
            sql(
                "INSERT INTO playlists (id, title, description, created, updated) VALUES ('x', 'w1-1 Songs', '', 0, 0)"
            ),
            "two playlists w1-1",
        ),
        (sql("DELETE FROM tracks WHERE filename = 'w1-4.mp3'"), "records w1-1: is"),
        (sql("UPDATE tracks SET number = 5 WHERE filename = 'w1-4.mp3'"), "not numbered 1 to n"),
        (sql("UPDATE tracks SET id = 'y' WHERE filename = 'w1-4.mp3'"), "w1-4.mp3 has another id"),
        (sql("UPDATE tracks SET file = (SELECT min(hash) FROM files)"), "records w1-1: is"),
        (sql("UPDATE tags SET playlist_id = NULL"), "tags=()"),
        (sql("INSERT INTO tags (tag_id, action, created) VALUES ('040101AA', 'next', 0)"), "actions 040101AA: is next"),
        (sql("DELETE FROM files WHERE hash = (SELECT min(hash) FROM files)"), "foreign_key_check"),
        (
            sql(
                "INSERT INTO files (hash, ext, size, duration_ms, origin)"
                " SELECT printf('%064d', 0), ext, size, 1, origin FROM files LIMIT 1"
            ),
            "00 belongs to no track",
        ),
        (sql("DELETE FROM uploads"), "sendings w1-6.wav: is None"),
        (sql("UPDATE uploads SET status = 'cancelled'"), "sendings w1-6.wav: is"),
        (sql("UPDATE uploads SET status = 'completed'"), "made no track"),
        (sql("UPDATE uploads SET received = x'01'"), "the chunks [0] are there"),
        (sql("UPDATE uploads SET received = x'07'"), "the chunks [0, 1, 2] are there"),
        (lambda library, _: a_file("files")(library).unlink(), "is missing"),
        (lambda library, _: a_file("files")(library).write_bytes(b"other"), "another content"),
        (lambda library, _: (library / "files" / "stray.mp3").touch(), "nothing knows it"),
        (lambda library, _: (library / "covers" / "stray.png").touch(), "nothing knows it"),
        (lambda library, _: (library / "incoming" / "half").mkdir(), "incoming/half is there"),
        (lambda library, _: (library / "uploads" / "stray.part").touch(), "nothing knows it"),
        (lambda library, _: a_file("uploads")(library).unlink(), "uploads/u.part is missing"),
        (lambda library, _: a_file("uploads")(library).write_bytes(b"short"), "5 bytes instead of 4096"),
        (lambda library, _: (library.parent / "damaged").mkdir(), "stray damaged"),
    ],
)
def test_each_kind_of_loss_is_complained_of(data: Path, change: Doctored, complaint: str) -> None:
    worker = worker_of(data)
    doctor(data, change)
    assert any(complaint in fault for fault in faults(data, worker)), faults(data, worker)


def test_a_database_with_a_broken_index_is_complained_of(data: Path) -> None:
    with closing(sqlite3.connect(data / "tomb.db", isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, '(file)', '(title)') WHERE name = 'tracks_by_file'")
    assert any("integrity_check" in fault for fault in database_faults(data))


def test_only_the_power_may_take_an_upload_and_only_a_new_one(data: Path) -> None:
    worker = worker_of(data)
    doctor(data, sql("DELETE FROM uploads"))
    doctor(data, lambda library, _: a_file("uploads")(library).unlink())
    worker._keeps_chunks = False
    assert "sendings w1-6.wav: is None" in faults(data, worker)[0]
    worker.transfers["w1-6.wav"].is_new = True
    assert faults(data, worker) == []
    worker._keeps_chunks = True
    assert "sendings w1-6.wav: is None" in faults(data, worker)[0]


def test_a_change_under_way_may_have_happened_or_not_but_not_by_half(data: Path) -> None:
    worker = worker_of(data)
    record = worker.holding.records[OTHER]
    tune = Tune("w1-6.wav", "w1-6", record.tunes[0].sha)
    after = worker.holding.put(OTHER, dataclasses.replace(record, tunes=(*record.tunes, tune)))
    after = after.send("w1-6.wav", Sending(OTHER, "completed"))
    worker.what, worker.doing = "finalize w1-6.wav", after
    assert faults(data, worker) == []
    worker.certain = True
    assert "sendings w1-6.wav" in "".join(faults(data, worker))
    worker.certain = False
    doctor(data, sql("UPDATE uploads SET status = 'completed', track_id = 'gone'"))
    assert "half of one thing" in "".join(faults(data, worker))


def test_a_number_that_went_back_is_complained_of() -> None:
    numbers = Numbers()
    numbers.saw(7)
    numbers.check_begun(8)
    with pytest.raises(Complaint, match="went back"):
        numbers.check_begun(7)


def test_a_tag_goes_from_one_playlist_to_another() -> None:
    holding = Holding().act("A", "next").put("w1-1", Record("w1-1", tags=("B", "C")))
    holding = holding.put("w1-2", Record("w1-2", tags=("A",))).put("w1-3", Record("w1-3", tags=("B",)))
    assert [record.tags for record in holding.records.values()] == [("C",), ("A",), ("B",)]
    assert holding.actions == {}
    assert difference(holding, [holding.forget("A"), holding.act("A", "stop")])
