"""A disk that stops being writable under the box, as worn cards do: it says so, plays on, and heals by itself."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio

from tests.rigs.music import Music, shelve
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Answer, Box, call, refused, run_tomb, serving
from tests.rigs.small_disk import Ext4Disk, ext4_disk
from tests.soak.checks import folder_faults
from tests.soak.sounds import made

QUIET = ("--audio", "silent", "--reader", "virtual")
SONG = made(Random(1), 5.0).content
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Ext4Disk]:
    with ext4_disk(tmp_path / "disk") as made:
        yield made


@asynccontextmanager
async def playing(music: Music, *before: str) -> AsyncIterator[Box]:
    async with serving(music.data, *QUIET, before=before) as box:
        await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        await box.until_player(lambda state: state["position_ms"] > 100)
        yield box


async def everything(box: Box, music: Music, session: str) -> list[Answer]:
    """An answer of every kind of change."""
    playlist = f"/api/playlists/{music['First'].playlist_id}"
    uploads = f"{playlist}/uploads"
    return [
        await box.post("/api/playlists", {"title": "New"}),
        await box.put(playlist, {"title": "Other"}),
        await box.put("/api/tags/04010203", {"playlist_id": music["First"].playlist_id, "override": True}),
        await box.put("/api/settings", {"volume_ceiling": 60}),
        await box.post(f"{uploads}/session", {"filename": "a.wav", "file_size": 100_000}),
        await box.put(f"{uploads}/{session}/chunks/0", SONG),
        await box.get("/api/backup"),
    ]


async def announced(box: Box, music: Music) -> str:
    path = f"/api/playlists/{music['First'].playlist_id}/uploads/session"
    return str((await box.post(path, {"filename": "s.wav", "file_size": len(SONG)})).data["session_id"])


async def test_the_music_plays_on_while_nothing_can_be_written(disk: Ext4Disk, records: Path) -> None:
    music = await shelve(records, disk.folder / "data")
    async with playing(music) as box:
        session = await announced(box, music)
        with disk.unwritable():
            for answer in await everything(box, music, session):
                assert (answer.status, answer.body["error_type"]) == (503, "service_unavailable"), answer.body
                assert "cannot be written" in answer.body["message"]
            # What only plays needs no disk.
            await box.put("/api/reader/tag", {"tag_id": music["Third"].tag_id})
            third = music["Third"].playlist_id
            await box.until_player(lambda state: state["active_playlist_id"] == third and state["is_playing"])
            assert (await box.post("/api/player/volume", {"volume": 20})).status == 200
            before = (await box.player())["position_ms"]
            await box.until_player(lambda state: state["position_ms"] > before + 6000)  # a note was due meanwhile
            assert (await box.get("/api/playlists")).status == 200
            health = await box.until_health(lambda health: health["details"]["library"]["state"] == "down")
            assert "cannot be written" in health["details"]["library"]["last_error"]
        await box.until_health(lambda health: health["status"] == "healthy")  # though nobody edits anything
        assert all(answer.status < 300 for answer in await everything(box, music, session))
        assert "Traceback" not in box.log
        await box.terminate()
    async with serving(music.data, *QUIET) as again:
        assert (await again.player())["volume"] == 20
        await again.post("/api/playlists/sync")
        assert folder_faults(music.data) == []


async def test_a_disk_that_goes_away_loses_nothing(disk: Ext4Disk, records: Path) -> None:
    """As after an error of the hardware: each access fails. What SQLite makes of that may look like a damage."""
    music = await shelve(records, disk.folder / "data")
    async with playing(music) as box:
        await box.put(f"/api/playlists/{music['First'].playlist_id}", {"title": "Mine"})
        disk.cut_power()
        # Reads as writes, what SQLite reads and what lies beside it: each is refused, and the box serves on.
        for _ in range(3):
            path = f"/api/playlists/{music['Third'].playlist_id}"
            asked = [
                await box.post("/api/playlists", {"title": "New"}),
                await box.put(path, {"title": "Other"}),
                await call(box.port, "DELETE", path),
                await box.get("/api/backup"),
            ]
            assert [answer.status for answer in asked] == [503] * len(asked)
        assert (await box.get("/api/player/status")).status == 200
        await box.put("/api/reader/tag", {"tag_id": music["Third"].tag_id})
        assert (await box.get("/api/health")).status == 200
        assert "Traceback" not in box.log
        await box.kill()
    disk.restore_power()
    async with serving(music.data, *QUIET) as again:
        titles = [each["title"] for each in (await again.get("/api/playlists")).data["playlists"]]
        assert titles == ["Mine", "Second", "Third"]
        assert not (music.data / "damaged").exists()


async def test_folders_that_may_not_be_written_any_more(tmp_path: Path, records: Path) -> None:
    """Somebody ran a chmod, or copied files as another user."""
    music = await shelve(records, tmp_path / "data")
    async with playing(music, *POWERLESS) as box:
        session = await announced(box, music)
        path = f"/api/playlists/{music['First'].playlist_id}"
        assert (await box.put(f"{path}/uploads/{session}/chunks/0", SONG)).status == 200
        library = music.data / "library"
        folders = [library, *(path for path in library.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        whole = await box.post(f"{path}/uploads/session", {"filename": "a.wav", "file_size": len(SONG)})
        asked = [
            await box.post(f"{path}/uploads/session", {"filename": "a.wav", "file_size": 2_000_000}),
            await box.put(f"{path}/uploads/{whole.data['session_id']}/chunks/0", SONG),
            await box.get("/api/backup"),
            await box.post(f"{path}/uploads/{session}/finalize"),
        ]
        assert [answer.status for answer in asked] == [503] * 4
        assert "Permission denied" in asked[-1].body["message"]
        assert (await box.post("/api/playlists/sync")).status in (200, 503)
        deleted = await call(box.port, "DELETE", f"/api/playlists/{music['Third'].playlist_id}")
        assert deleted.status == 204, deleted.body  # it is out of the library; its files go later
        for folder in folders:
            folder.chmod(0o700)
        assert (await box.post(f"{path}/uploads/{session}/finalize")).status == 200
        assert (await box.post("/api/playlists/sync")).status == 200
        await box.until_player(lambda state: state["is_playing"])
        assert "Traceback" not in box.log
        await box.terminate()
    assert folder_faults(music.data) == []


async def test_a_box_on_a_disk_that_can_only_be_read_plays_and_says_so(disk: Ext4Disk, records: Path) -> None:
    """A worn card is like that from one start to the next; what lies in its log was acknowledged, too."""
    music = await shelve(records, disk.folder / "data")
    async with serving(music.data, *QUIET) as box:
        assert (await box.put(f"/api/playlists/{music['First'].playlist_id}", {"title": "Mine"})).status == 200
        await box.kill()
    with disk.read_only():
        refused(await run_tomb("import", records, "--data", music.data), str(music.data), "Read-only")
        async with serving(music.data, *QUIET) as box:
            session = "00000000-0000-4000-8000-000000000000"
            titles = [each["title"] for each in (await box.get("/api/playlists")).data["playlists"]]
            assert titles == ["Mine", "Second", "Third"]
            await plays(box, music, "Second")
            assert (await box.post("/api/player/volume", {"volume": 20})).status == 200
            for answer in await everything(box, music, session):
                assert answer.status in (404, 503), answer.body
                assert answer.status == 404 or re.search("can only be read|Read-only", answer.body["message"]), (
                    answer.body
                )
            health = (await box.health())["details"]["library"]
            assert (health["state"], "can only be read" in health["last_error"]) == ("down", True)
            await plays(box, music, "Third")
            disk.remount("rw")
            await box.until_up(times=2)  # by itself
            await box.until_health(lambda health: health["details"]["library"]["state"] == "up")
            assert (await box.post("/api/playlists", {"title": "New"})).status == 201
            assert "Traceback" not in box.log
            await box.terminate()


async def test_a_disk_that_its_errors_make_read_only_while_the_music_plays(disk: Ext4Disk, records: Path) -> None:
    """As the kernel does it with a card whose blocks fail (`errors=remount-ro`)."""
    music = await shelve(records, disk.folder / "data")
    disk.remount("rw,errors=remount-ro")
    async with playing(music) as box:
        disk.fail()
        refusal = await box.post("/api/playlists", {"title": "New"})
        assert (refusal.status, refusal.body["error_type"]) == (503, "service_unavailable")
        await box.until_health(lambda health: health["details"]["library"]["state"] == "down")
        await plays(box, music, "Third")
        assert await box.terminate() == 0
        assert "Traceback" not in box.log
    async with serving(music.data, *QUIET) as again:
        await plays(again, music, "Third")
        assert (await again.health())["details"]["library"]["state"] == "down"


async def plays(box: Box, music: Music, title: str) -> None:
    await box.put("/api/reader/tag", {"tag_id": music[title].tag_id})
    await box.until_player(partial(_is_heard, music[title].playlist_id))


def _is_heard(playlist_id: str, state: Any) -> bool:
    return state["active_playlist_id"] == playlist_id and bool(state["is_playing"])


async def test_a_start_on_the_folder_of_somebody_else(tmp_path: Path, records: Path) -> None:
    music = await shelve(records, tmp_path / "data")
    for path in (music.data, *music.data.rglob("*")):
        os.chown(path, 12345, 12345)
    answer = await run_tomb("serve", "--port", "0", "--data", music.data, *QUIET, before=POWERLESS)
    refused(answer, str(music.data), "Permission denied")
    with trio.fail_after(PATIENCE_S):
        refused(await run_tomb("import", records, "--data", music.data, before=POWERLESS), "Permission denied")
