"""Wherever a database is damaged, the next start serves and loses as little as can be.

Each row that plain SQL can still read and that is as it was is there, each file on the disk is in a playlist, the
numbers are 1 to n, and the broken files are kept to the last bit.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.rigs.damage import KINDS, PAGE, Shelf, fill, heard_after_a_start, lose_all_pages, readable, true_rows
from tests.rigs.library import opened
from tests.rigs.virtual import run_virtually
from tomb.library.repair import examination, recovery
from tomb.ports import VirtualPorts

Hurt = Callable[[Shelf], object]
FRAME = 24 + PAGE


def check(shelf: Shelf, folder: Path, hurt: Hurt, name: str) -> bool:
    """Damage a copy and start on it. Whether the damage was noticed."""
    case = shelf.copy(folder / "case")
    try:
        hurt(case)
        before = case.found()
        still = true_rows(readable(case.database), case.truth) if case.database.exists() else set()
        heard = run_virtually(heard_after_a_start, case.folder)
        assert case.sound <= heard, f"{name}: sound is lost"
        rows = readable(case.database)
        lost = {each for each in still if each[1] not in rows[each[0]] and not _hangs_in_the_air(each, still, case)}
        assert not lost, f"{name}: rows are lost"
        kept = [path for path in case.folder.glob("damaged/*/tomb.db*") if not path.name.endswith("-shm")]
        noticed = (case.folder / "damaged").exists()
        assert {path.name: path.read_bytes() for path in kept} == (before if noticed else {}), name
        return noticed
    finally:
        shutil.rmtree(case.folder)


def _hangs_in_the_air(row: tuple[str, object], still: set[tuple[str, object]], shelf: Shelf) -> bool:
    """Whether what the row belongs to is not readable any more; or it is of no use: a file that no such track plays."""
    table, key = row
    facts = shelf.truth[table][key]
    match table:
        case "tracks":
            return ("files", facts[7]) not in still
        case "plays":
            return _lost_track(facts[1], still, shelf)
        case "resume":
            return ("playlists", key) not in still or _lost_track(facts[1], still, shelf)
        case "imported":
            return ("playlists", facts[0]) not in still
        case "tags" | "uploads":
            return facts[1] is not None and ("playlists", facts[1]) not in still
        case "files":
            users = [each for each, track in shelf.truth["tracks"].items() if track[7] == key]
            binned = [each for each, track in shelf.truth["bin_tracks"].items() if track[10] == key]
            return all(("tracks", each) not in still for each in users) and all(
                ("bin_tracks", each) not in still or _hangs_in_the_air(("bin_tracks", each), still, shelf)
                for each in binned
            )
        case "bin":
            return ("bin_playlists", key) not in still
        case "bin_playlists":
            return ("bin", key) not in still
        case "bin_tracks":
            parts = [("bin", facts[1]), ("bin_playlists", facts[1]), ("files", facts[10])]
            return any(each not in still for each in parts)
        case "bin_tags" | "bin_imported":
            parts = [("bin", facts[0]), ("bin_playlists", facts[0])]
            return any(each not in still for each in parts)
        case "bin_plays":
            track = ("bin_tracks", facts[0])
            return track not in still or _hangs_in_the_air(track, still, shelf)
    return False


def _lost_track(key: object, still: set[tuple[str, object]], shelf: Shelf) -> bool:
    return ("tracks", key) not in still or ("files", shelf.truth["tracks"][key][7]) not in still


# --- wherever the damage is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_flipped_bit_on_any_page(shelf: Shelf, tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    noticed = 0
    for page in range(0, shelf.database.stat().st_size // PAGE, 1 + seed % 2):
        # A page begins with what holds it together; elsewhere a bit may hit a value, or nothing at all.
        head = 100 if page == 0 else 12
        bit = 8 * page * PAGE + random_.randrange(8 * (PAGE if seed % 2 else head))
        noticed += check(shelf, tmp_path, partial(Shelf.flip, bit=bit), f"bit {bit}")
    assert noticed > 5


def test_a_page_that_is_gone(shelf: Shelf, tmp_path: Path) -> None:
    for page in range(0, shelf.database.stat().st_size // PAGE, 2):
        check(shelf, tmp_path, partial(Shelf.overwrite, at=page * PAGE, data=bytes(PAGE)), f"page {page}")


def test_a_file_that_was_cut_short(shelf: Shelf, tmp_path: Path) -> None:
    size = shelf.database.stat().st_size
    for cut in (0, 1, 99, 100, 511, 4095, 4096, 5000, size // 2, size - PAGE, size - 1):
        check(shelf, tmp_path, partial(Shelf.cut, size=cut), f"cut at {cut}")


def test_a_database_that_is_gone(shelf: Shelf, tmp_path: Path) -> None:
    assert check(shelf, tmp_path, lambda case: case.database.unlink(), "gone")


def test_noise_from_the_middle_on(shelf: Shelf, tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(shelf.database.stat().st_size // 2)
    assert check(shelf, tmp_path, lambda case: case.overwrite(len(noise), noise), "noise")


def test_a_flipped_bit_in_the_log(logged: Shelf, tmp_path: Path) -> None:
    random_ = random.Random(1)
    assert not examination.log_is_damaged(logged.database)
    frames = ((logged.folder / "tomb.db-wal").stat().st_size - 32) // FRAME
    assert frames > 20
    for at in [0, 20, *(32 + FRAME * frame + random_.randrange(FRAME) for frame in range(0, frames, 4))]:
        bit = 8 * at + random_.randrange(8)
        check(logged, tmp_path, partial(Shelf.flip, bit=bit, name="tomb.db-wal"), f"bit {bit} of the log")


def test_damage_below_a_log(logged: Shelf, tmp_path: Path) -> None:
    for page in range(0, logged.database.stat().st_size // PAGE, 5):
        check(
            logged, tmp_path, partial(Shelf.overwrite, at=page * PAGE, data=bytes(PAGE)), f"page {page} below the log"
        )


def test_a_log_without_damage_is_nothing_to_recover_from(logged: Shelf, tmp_path: Path) -> None:
    assert not check(logged, tmp_path, lambda _: None, "none")


def test_a_crash_in_the_middle_of_the_last_write_is_no_damage(logged: Shelf, tmp_path: Path) -> None:
    log = logged.folder / "tomb.db-wal"
    half_written = log.read_bytes() + log.read_bytes()[-FRAME : -FRAME // 2]
    assert not check(logged, tmp_path, lambda case: case.overwrite(0, half_written, log.name), "torn")


# --- what ten kinds of damage lose ------------------------------------------------------------------------------------

# Tracks that are as they were, of 480: with no copy at all, as in the first ten minutes of a library. The table of
# docs/library.md is this one. With a copy it is 480 each time, and in any case no sound is lost.
WITHOUT_A_COPY = {
    "the first page is lost": 0,
    "all but the first page is lost": 0,
    "every tenth page is lost": 454,
    "a bit is flipped in every fifth page": 365,
    "two pages are swapped": 480,
    "noise from the middle on": 114,
    "cut in the middle": 0,
    "empty": 0,
    "gone": 0,
    "a bit is flipped early in the log": 384,
}


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Shelf]:
    """40 playlists of 12 tracks and a copy, as it is made after edits: at rest, and as a power cut leaves it, with the
    last eight playlists in the log only."""
    folder = tmp_path_factory.mktemp("larger")

    async def edit() -> None:
        await fill(folder / "rest", 32, 12)
        async with opened(folder / "rest", ports=VirtualPorts(seed=2)) as stage:
            for number in range(8):
                await stage.fill(f"Logged {number}", [f"logged {number} {each}".encode() for each in range(12)])
            await stage.store.keep_copy(0)
            shutil.copytree(folder / "rest", folder / "cut off")

    run_virtually(edit)
    truth = readable(folder / "rest" / "tomb.db")
    sound = frozenset(path.stem for path in (folder / "rest" / "library" / "files").iterdir())
    return Shelf(folder / "rest", truth, sound), Shelf(folder / "cut off", truth, sound)


def case_of(kind: str, larger: tuple[Shelf, Shelf], folder: Path) -> Shelf:
    rest, cut_off = larger
    return (cut_off if "log" in kind else rest).copy(folder)


def saved_tracks(case: Shelf) -> int:
    """How many are as they were, in the playlist in which they were, after a start."""
    assert case.sound <= run_virtually(heard_after_a_start, case.folder)
    return len([each for each in true_rows(readable(case.database), case.truth) if each[0] == "tracks"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_lost_with_a_copy(larger: tuple[Shelf, Shelf], tmp_path: Path, kind: str) -> None:
    case = case_of(kind, larger, tmp_path / "case")
    assert len(case.truth["tracks"]) == 480
    KINDS[kind](case)
    assert saved_tracks(case) == 480
    rows = readable(case.database)
    for table in ("playlists", "tags", "settings"):
        assert set(case.truth[table]) <= set(rows[table])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_lost_without_a_copy(larger: tuple[Shelf, Shelf], tmp_path: Path, kind: str) -> None:
    case = case_of(kind, larger, tmp_path / "case")
    shutil.rmtree(case.folder / "backups")
    KINDS[kind](case)
    assert saved_tracks(case) == WITHOUT_A_COPY[kind]


# --- what is in it that only looks sound --------------------------------------------------------------------------

VALUES = {
    "UPDATE settings SET value = '{\"a' WHERE key = 'notes'": "settings",
    "UPDATE settings SET value = '\"loud\"' WHERE key = 'volume_ceiling'": "settings makes no sense",
    "INSERT INTO settings VALUES ('pin', '\"open sesame\"')": "settings makes no sense",
    "UPDATE playlists SET created = 1e300 WHERE place = 3": "playlists",
    "UPDATE playlists SET title = CAST(x'ff41' AS TEXT) WHERE place = 3": "UTF-8",
    "UPDATE tracks SET play_count = -5 WHERE number = 2": "tracks",
    "UPDATE tracks SET number = number + 10 WHERE number > 4": "tracks makes no sense",
    "UPDATE tracks SET chapters = '[{]' WHERE number = 2": "tracks makes no sense",
    "UPDATE bin_tracks SET chapters = '[1]'": "bin_tracks makes no sense",
    "UPDATE tags SET action = 'nexu' WHERE action = 'next'": "tags makes no sense",
    "UPDATE resume SET track_id = (SELECT id FROM tracks WHERE playlist_id <> resume.playlist_id)": "resume makes no",
    "INSERT INTO bin (id) VALUES ('nothing')": "bin makes no sense",
    "UPDATE bin_tracks SET number = -1": "bin_tracks",
    "UPDATE uploads SET chunk_size = 0": "uploads",
    "UPDATE files SET size = -1 WHERE rowid = 5": "files",
    "UPDATE player SET volume = 1000": "player",
    "UPDATE tracks SET playlist_id = 'nowhere' WHERE rowid = 6": "belongs to nothing",
    "PRAGMA user_version = 65538": "description of itself",
    "PRAGMA application_id = 5": "description of itself",
    "DROP INDEX tracks_by_file": "description of itself",
}


@pytest.mark.parametrize("statement", VALUES)
def test_a_value_that_the_program_never_writes(shelf: Shelf, tmp_path: Path, statement: str) -> None:
    case = shelf.copy(tmp_path / "case")
    with closing(sqlite3.connect(case.database)) as db, db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute(statement)
    assert VALUES[statement] in str(examination.fault(case.database))
    assert run_virtually(heard_after_a_start, case.folder) == case.sound
    assert examination.fault(case.database) is None
    rows = readable(case.database)
    lost = {table for table, key in true_rows(case.truth, case.truth) if key not in rows[table]}
    assert lost <= {"settings", "uploads", "player", "files", "tracks", "plays", "resume", "bin_tracks"}


# --- cut off ----------------------------------------------------------------------------------------------------------


class CutOff(Exception):
    pass


def test_a_recovery_that_is_cut_off_anywhere_is_done_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small: Shelf = run_virtually(fill, tmp_path / "data", 2, 3)
    done, finished = 0, False
    while not finished:
        case = small.copy(tmp_path / f"case {done}")
        lose_all_pages(case)
        (case.folder / "tomb.db-wal").write_bytes(b"not a log")
        before = case.found()
        with monkeypatch.context() as patched:
            patched.setattr(recovery, "steps", _steps_until(done, recovery.steps))
            try:
                recovery.ensure(case.folder, 1.0)
                finished = True
            except CutOff:
                done += 1
        assert run_virtually(heard_after_a_start, case.folder) == case.sound
        [place] = (case.folder / "damaged").iterdir()
        assert {name: (place / name).read_bytes() for name in before} == before
    assert done >= 2 + len(small.sound) + 2


def _steps_until(last: int, steps: Callable[[Path], Iterator[str]]) -> Callable[[Path], Iterator[str]]:
    def cut_off(folder: Path) -> Iterator[str]:
        for number, step in enumerate(steps(folder)):
            if number == last:
                raise CutOff
            yield step

    return cut_off
