"""The data folder goes while the box runs: a stick that is pulled out, a folder that somebody tidies away."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS


def move_away(data: Path) -> None:
    data.rename(data.with_name("elsewhere"))


@pytest.mark.parametrize("lose", [shutil.rmtree, move_away])
async def test_it_is_noticed_and_said_and_nothing_is_acknowledged_that_is_not_there(
    tmp_path: Path, autojump_clock: MockClock, lose: Callable[[Path], None]
) -> None:
    async with served_box(tmp_path, free_kept_mb=0) as (box, client):
        songs = await box.add("Songs", 600.0, tag_id=TAGS[0])
        await box.tap(TAGS[0])
        lose(tmp_path / "data")
        asked = [
            await client.post("/api/playlists", title="New"),
            await client.put(f"/api/playlists/{songs}", title="Other"),
            await client.delete(f"/api/playlists/{songs}"),
            await client.put("/api/settings", volume_ceiling=60),
            await client.put(f"/api/tags/{TAGS[1]}", playlist_id=songs),
            await client.post(f"/api/playlists/{songs}/uploads/session", filename="a.wav", file_size=100_000),
            await client.post("/api/playlists/sync"),
            await client.get("/api/backup"),
        ]
        assert {answer.status for answer in asked} == {503}
        assert "is gone" in asked[0].body["message"]
        assert not (tmp_path / "data").exists()
        await trio.sleep(60)
        health = (await client.get("/api/health")).data
        assert health["status"] == "degraded"
        assert health["details"]["library"]["state"] == "down"
        assert "is gone" in health["details"]["library"]["last_error"]
        assert health["details"]["housekeeping"]["last_error"]
        assert [each["title"] for each in (await client.get("/api/playlists")).data["playlists"]] == ["Songs"]
        assert (await client.get("/api/player/status")).data["is_playing"]  # what is open plays on


async def test_it_goes_on_when_the_folder_is_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, free_kept_mb=0) as (_, client):
        move_away(tmp_path / "data")
        await trio.sleep(20)
        assert (await client.get("/api/health")).data["status"] == "degraded"
        (tmp_path / "elsewhere").rename(tmp_path / "data")
        await trio.sleep(20)
        assert (await client.get("/api/health")).data["status"] == "healthy"
        assert (await client.post("/api/playlists", title="New")).status == 201
    async with served_box(tmp_path, seed=1) as (_, client):
        assert [each["title"] for each in (await client.get("/api/playlists")).data["playlists"]] == ["New"]
