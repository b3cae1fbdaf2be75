"""A tenth of `just soak` on every run, and the proof that a soak notices a box which loses something."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.small_disk import ext4_disk
from tests.soak.api import Complaint
from tests.soak.power import Cut, Kill
from tests.soak.rounds import Soak, Tally

SEED = 20
KILLS = 30
CUTS = 8


async def soaked(soak: Soak, kills: int) -> Tally:
    try:
        return await soak.run(kills)
    except BaseException:
        sys.stdout.write("\n".join((*soak.journal.lines, f"seed {SEED}, round {soak.round}")))
        raise


@pytest.mark.timeout(900)
async def test_thirty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    tally = await soaked(Soak(SEED, tmp_path / "data", Kill()), KILLS)
    assert tally.kills == KILLS
    # It was no idle box that was killed.
    assert tally.whole + tally.none > KILLS / 2
    # What comes of chance in so few rounds varies with the speed of the machine: not each of the rare ones comes.
    rare = {"restore", "take", "move", "link"}
    assert {"create", "delete", "finalize", "chunks"} <= set(tally.counts)
    assert len(rare & set(tally.counts)) >= 2


@pytest.mark.timeout(900)
async def test_power_cuts_lose_nothing_but_chunks_of_the_last_moment(tmp_path: Path) -> None:
    """What was not synced is lost with them: the disk stops before the box does."""
    with ext4_disk(tmp_path / "disk") as disk:
        tally = await soaked(Soak(SEED, disk.folder / "data", Cut(disk)), CUTS)
    assert tally.kills == CUTS
    assert {"create", "chunks"} <= set(tally.counts)


class Liar(Kill):
    """Kills, and makes the folder forget something."""

    def __init__(self, data: Path, forget: Callable[[Path], object]) -> None:
        self._data = data
        self._forget = forget

    def restore_power(self) -> None:
        self._forget(self._data)


def forget_last_playlist(data: Path) -> None:
    with closing(sqlite3.connect(data / "tomb.db")) as db, db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM playlists WHERE place = (SELECT max(place) FROM playlists)")


def forget_numbers(data: Path) -> None:
    with closing(sqlite3.connect(data / "tomb.db")) as db, db:
        db.execute("UPDATE counters SET value = 0")


def forget_a_file(data: Path) -> None:
    min((data / "library" / "files").iterdir()).unlink()


@pytest.mark.parametrize(
    ("forget", "complaint"),
    [
        (forget_last_playlist, "should be Record|belongs to no track|has changed"),
        (forget_numbers, "server_seq went back"),
        (forget_a_file, "are missing"),
    ],
)
async def test_a_box_that_loses_something_is_found_out(
    tmp_path: Path, forget: Callable[[Path], object], complaint: str
) -> None:
    data = tmp_path / "data"
    soak = Soak(SEED, data, Liar(data, forget))
    with pytest.raises(Complaint, match=complaint):
        await soak.run(5)
