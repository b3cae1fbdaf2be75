"""The real box on a database that a bad card has damaged: it serves, says so, and plays."""

import shutil
from contextlib import suppress
from pathlib import Path

import h11
import trio

from tests.rigs.music import Music
from tests.rigs.process import Box, run_tomb, serving
from tomb.library.repair import copies
from tomb.ports import RealPorts

QUIET = ("--audio", "silent", "--reader", "none")
PAGE = 4096


def copied(music: Music) -> Path:
    """The database, of which the box has made a copy ten minutes after the last edit."""
    copies.keep(music.data, RealPorts().wall(), 0)
    return music.data / "tomb.db"


def blank(database: Path, first: int, last: int) -> None:
    """Lose some pages, counted from 0."""
    with database.open("r+b") as file:
        file.seek(first * PAGE)
        file.write(bytes((last - first) * PAGE))


async def titles(box: Box) -> list[str]:
    return sorted(each["title"] for each in (await box.get("/api/playlists")).data["playlists"])


async def test_a_box_whose_database_lost_its_head_serves_and_says_so(music: Music) -> None:
    database = copied(music)
    blank(database, 0, 1)
    broken = database.read_bytes()
    async with serving(music.data, *QUIET) as box:
        assert await titles(box) == ["First", "Second", "Third"]
        assert box.log.count("saving what can be read") == 1
        assert "  repaired  The library's memory was found damaged" in box.welcome
        health = await box.health()
        assert (health["status"], health["details"]["library"]["state"]) == ("degraded", "recovered")
        assert "3 playlists with 5 tracks were saved" in health["details"]["library"]["last_error"]
        [kept] = music.data.glob("damaged/*/tomb.db")
        assert str(kept.parent) in health["details"]["library"]["last_error"]
        assert kept.read_bytes() == broken
        await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 0)
        number = (await box.get("/api/health")).body["server_seq"]
        assert number >= 1_000_000_000
        assert await box.terminate() == 0
    async with serving(music.data, *QUIET) as again:
        assert (await again.health())["status"] == "degraded"
        assert "saving" not in again.log
        assert (await again.get("/api/health")).body["server_seq"] > number
    shutil.rmtree(music.data / "damaged")
    async with serving(music.data, *QUIET) as healthy:
        assert (await healthy.health())["status"] == "healthy"
        assert "repaired" not in healthy.welcome


async def test_a_box_whose_database_lost_all_but_its_head_has_the_sound_still(music: Music) -> None:
    database = music.data / "tomb.db"
    blank(database, 1, database.stat().st_size // PAGE)
    async with serving(music.data, *QUIET) as box:
        await box.until_log("damaged")
        await box.post("/api/playlists/sync")
        assert await titles(box) == ["Recovered music"]
        assert (await box.get("/api/playlists")).data["playlists"][0]["track_count"] == 5


async def test_damage_that_is_met_with_while_serving_ends_the_box_and_the_next_recovers(music: Music) -> None:
    database = music.data / "tomb.db"
    async with serving(music.data, *QUIET) as box:
        blank(database, 1, database.stat().st_size // PAGE)
        with suppress(h11.RemoteProtocolError, trio.BrokenResourceError, OSError):  # it may not even get to answer
            # What the box has read before it has in its memory, until something is committed.
            await box.post("/api/playlists", {"title": "After"})
            await box.get(f"/api/playlists/{music['Third'].playlist_id}")
        assert await box.ended() == 1
        assert "is damaged; the next start saves what can be read" in box.log
        assert "Traceback" not in box.log.rpartition("tomb: ")[2]
    async with serving(music.data, *QUIET) as again:
        assert (await again.health())["status"] == "degraded"
        await again.post("/api/playlists/sync")
        playlists = (await again.get("/api/playlists")).data["playlists"]
        assert sum(each["track_count"] for each in playlists) >= 5


async def test_an_import_into_a_damaged_library_recovers_it_first(music: Music, records: Path) -> None:
    blank(copied(music), 0, 1)
    ended = await run_tomb("import", records, "--data", music.data)
    assert (ended.status, "5 already there" in ended.out) == (0, True)
    assert list(music.data.glob("damaged/*/tomb.db"))
