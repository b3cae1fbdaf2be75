"""The library's door: whatever a disk does to any unit of work is an answer, leaves nothing half-done, and passes."""

import errno
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.rigs.failing import ERRORS, failing, sqlite_error
from tests.rigs.library import Stage, opened
from tomb.errors import LibraryDamaged, NoSpace, RequestError, Unavailable
from tomb.library import faults
from tomb.library.index import Query
from tomb.library.memory import PlayerMemory
from tomb.models import Playlist, Resume, TagAction
from tomb.nurseries.journal import Notes

Act = Callable[[Stage, Playlist, Playlist], Awaitable[Any]]
TAG, FREE_TAG = "04AA", "04BB"

READS: dict[str, Act] = {
    "playlist": lambda stage, one, _: stage.librarian.playlist(one.id),
    "playlist as JSON": lambda stage, one, _: stage.librarian.playlist_json(one.id),
    "page": lambda stage, *_: stage.librarian.page_json(Query()),
    "track": lambda stage, one, _: stage.librarian.track(one.tracks[0].id),
    "playable": lambda stage, one, _: stage.librarian.playable(one.id),
    "tag": lambda stage, *_: stage.librarian.tag(TAG),
    "tags": lambda stage, *_: stage.librarian.tags(),
    "size": lambda stage, *_: stage.librarian.size(),
    "settings": lambda stage, *_: stage.librarian.settings(),
    "counter": lambda stage, *_: stage.librarian.counter("demo"),
    "memory": lambda stage, *_: stage.librarian.recall(),
}
WRITES: dict[str, Act] = {
    "create": lambda stage, *_: stage.librarian.create("New"),
    "update": lambda stage, one, _: stage.librarian.update(one.id, {"title": "Other"}),
    "delete": lambda stage, one, _: stage.librarian.delete(one.id),
    "reorder": lambda stage, one, _: stage.librarian.reorder(one.id, [2, 1]),
    "delete tracks": lambda stage, one, _: stage.librarian.delete_tracks(one.id, [1]),
    "move": lambda stage, one, two: stage.librarian.move_track(one.id, two.id, 1),
    "link": lambda stage, _, two: stage.librarian.link_tag(TAG, two.id, override=True),
    "assign": lambda stage, *_: stage.librarian.assign_tag(FREE_TAG, TagAction(action="next")),
    "forget": lambda stage, *_: stage.librarian.forget_tag(TAG),
    "settings": lambda stage, *_: stage.librarian.change_settings({"volume_ceiling": 70}),
    "reconcile": lambda stage, *_: stage.librarian.reconcile(),
    "counter": lambda stage, *_: stage.librarian.raise_counter("demo", 5),
    "note": lambda stage, one, _: stage.librarian.note(
        Notes({one.id: Resume(track_id=one.tracks[0].id, position_ms=5)}, [(one.id, one.tracks[0].id)], PlayerMemory())
    ),
    "take in": lambda stage, *_: take_in(stage),
}


async def take_in(stage: Stage) -> None:
    album = stage.store.folder / "Album"
    album.mkdir(exist_ok=True)
    for number in range(2):
        (album / f"{number}.mp3").write_bytes(b"sound %d" % number)
    await stage.importer.import_folder(album)


def rows(stage: Stage) -> dict[str, object]:
    with closing(sqlite3.connect(stage.store.folder / "tomb.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


async def furnished(stage: Stage) -> tuple[Playlist, Playlist]:
    one, two = await stage.fill("One", [b"a", b"b"]), await stage.fill("Two", [b"c"])
    await stage.librarian.link_tag(TAG, one.id)
    stage.news()
    return one, two


async def refused(act: Awaitable[object]) -> Unavailable | None:
    try:
        await act
    except Unavailable as refusal:
        return refusal
    return None


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", READS)
async def test_a_read_that_fails_is_unavailable_and_the_next_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: str
) -> None:
    with failing(monkeypatch) as wrong:
        async with opened(tmp_path) as stage:
            one, two = await furnished(stage)
            failed = 0
            wrong.at(failed, ERRORS[error])
            while (refusal := await refused(READS[name](stage, one, two))) is not None:
                assert refusal.message == f"the library cannot be read: {error}"
                failed += 1
                wrong.at(failed, ERRORS[error])
            assert failed >= 2  # its BEGIN, and what it asks


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", WRITES)
async def test_a_write_that_fails_anywhere_changes_nothing_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: str
) -> None:
    with failing(monkeypatch) as wrong:
        async with opened(tmp_path) as stage:
            one, two = await furnished(stage)
            failed = 0
            before, lites, files = rows(stage), stage.librarian.lites(), stage.files()
            wrong.at(failed, ERRORS[error])
            while (refusal := await refused(WRITES[name](stage, one, two))) is not None:
                assert error in refusal.message
                wrong.none()
                assert rows(stage) == before
                assert stage.librarian.lites() == lites
                assert stage.files() == files
                assert stage.news() == []
                failed += 1
                wrong.at(failed, ERRORS[error])
            assert failed >= 3


async def test_a_sector_that_cannot_be_read_is_no_damage_though_sqlite_calls_it_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    malformed = sqlite_error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed")
    with failing(monkeypatch) as wrong:
        async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
            await nursery.start(stage.store.run)  # ends the box when the database is damaged
            one, two = await furnished(stage)
            for act in (READS["playlist"], WRITES["create"]):
                wrong.at(1, malformed)
                refusal = await refused(act(stage, one, two))
                assert refusal is not None
                assert "malformed" in refusal.message
                await act(stage, one, two)
            nursery.cancel_scope.cancel()


async def test_what_is_no_fault_of_the_disk_is_a_defect(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        for statement in ("SELEC 1", "INSERT INTO counters VALUES (NULL, 1)", "SELECT 'a' FROM settings WHERE ?"):
            with pytest.raises(sqlite3.Error):
                await stage.store.write(lambda db, statement=statement: db.execute(statement))  # type: ignore[misc]


def raised(code: int, message: str = "") -> sqlite3.Error:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (raised(sqlite3.SQLITE_FULL), NoSpace),
        (raised(sqlite3.SQLITE_IOERR_FSYNC), Unavailable),
        (raised(sqlite3.SQLITE_NOMEM), Unavailable),
        (raised(sqlite3.SQLITE_READONLY_DBMOVED), Unavailable),
        (raised(sqlite3.SQLITE_CORRUPT), LibraryDamaged),
        (raised(sqlite3.SQLITE_NOTADB), LibraryDamaged),
        (raised(sqlite3.SQLITE_ERROR, "no such table: playlists"), LibraryDamaged),
        (sqlite3.OperationalError("Could not decode to UTF-8 column 'title'"), LibraryDamaged),
        (raised(sqlite3.SQLITE_ERROR, "near SELEC: syntax error"), None),
        (raised(sqlite3.SQLITE_CONSTRAINT_CHECK), None),
        (sqlite3.ProgrammingError("Cannot operate on a closed database"), None),
    ],
)
def test_what_sqlite_says_as_an_answer(error: sqlite3.Error, answer: type[Exception] | None) -> None:
    found = faults.of_database(error)
    assert (found and type(found)) == answer


@pytest.mark.parametrize(
    ("number", "answer"), [(errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace), (errno.EIO, Unavailable)]
)
def test_what_a_disk_says_as_an_answer(number: int, answer: type[RequestError]) -> None:
    assert type(faults.of_disk(OSError(number, "words"))) is answer
