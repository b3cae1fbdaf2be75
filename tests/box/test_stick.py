"""A library on a stick, which comes late, and which somebody pulls out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.music import Music, shelve
from tests.rigs.ports import free_port
from tests.rigs.process import Box, refused, run_tomb, serving
from tests.rigs.service_manager import service_manager
from tests.rigs.small_disk import Ext4Disk, ext4_disk

QUIET = ("--audio", "silent", "--reader", "virtual")


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Ext4Disk]:
    with ext4_disk(tmp_path / "stick") as made:
        yield made


async def plays(box: Box, music: Music) -> None:
    await box.put("/api/reader/tag", {"tag_id": music["Second"].tag_id})
    second = music["Second"].playlist_id
    await box.until_player(lambda state: state["active_playlist_id"] == second and state["position_ms"] > 0)


async def test_a_stick_that_comes_late_is_waited_for(stick: Ext4Disk, records: Path, tmp_path: Path) -> None:
    music = await shelve(records, stick.folder / "data")
    stick.pull_out()
    async with (
        service_manager(tmp_path / "notify", TOMB_DATA_MOUNT=str(stick.folder)) as manager,
        serving(music.data, *QUIET, env=manager.env, port=free_port()) as box,
    ):
        await manager.until("STATUS=waits for the disk with the library")
        await box.until_log("the disk with the library is missing")
        page = await box.until_answer("/", headers={"Accept-Language": "de"})
        assert page.status == 503
        assert "Stecken Sie ihn ein" in page.content.decode()
        health = await box.get("/api/health")
        assert (health.status, health.body["error_type"]) == (503, "service_unavailable")
        assert not list(stick.folder.iterdir())  # no new library in the place of the one that is missing
        stick.plug_in()
        await box.until_up(times=1)
        await plays(box, music)
        assert await box.terminate() == 0


async def test_a_box_that_waits_for_its_stick_can_be_stopped(stick: Ext4Disk, tmp_path: Path) -> None:
    stick.pull_out()
    async with serving(
        stick.folder / "data", *QUIET, env={"TOMB_DATA_MOUNT": str(stick.folder)}, port=free_port()
    ) as box:
        await box.until_log("is missing")
        assert await box.terminate() == 0
    stick.plug_in()
    async with serving(stick.folder / "data", *QUIET, env={"TOMB_DATA_MOUNT": str(stick.folder)}) as box:
        assert (await box.get("/api/health")).status == 200


@pytest.mark.parametrize("is_named", [True, False])
async def test_a_stick_that_is_pulled_out_and_put_in_again(stick: Ext4Disk, records: Path, is_named: bool) -> None:
    music = await shelve(records, stick.folder / "data")
    env = {"TOMB_DATA_MOUNT": str(stick.folder)} if is_named else {}
    async with serving(music.data, *QUIET, env=env) as box:
        await plays(box, music)
        assert (await box.put(f"/api/playlists/{music['First'].playlist_id}", {"title": "Mine"})).status == 200
        stick.pull_out()
        refusal = await box.post("/api/playlists", {"title": "New"})
        assert (refusal.status, refusal.body["error_type"]) == (503, "service_unavailable")
        health = await box.until_health(lambda health: health["details"]["library"]["state"] == "down")
        assert health["status"] == "degraded"
        stick.plug_in()
        await box.until_up(times=2)
        titles = [each["title"] for each in (await box.get("/api/playlists")).data["playlists"]]
        assert titles == ["Mine", "Second", "Third"]
        await plays(box, music)
        assert (await box.health())["details"]["library"]["state"] == "up"
        assert "Traceback" not in box.log
        assert await box.terminate() == 0


async def test_a_data_folder_that_is_not_on_the_stick_is_a_slip(tmp_path: Path) -> None:
    env = {"TOMB_DATA_MOUNT": "/media/music"}
    refused(await run_tomb("serve", "--data", tmp_path / "data", *QUIET, env=env), "TOMB_DATA_MOUNT", "/media/music")
