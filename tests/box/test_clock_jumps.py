"""A clock that is set while the box lives, in the middle of a song: from 1970 to today, years forward, years back."""

from pathlib import Path

import pytest
import trio

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS
from tests.rigs.virtual import virtual_time
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.music import sparse_wav

pytestmark = virtual_time

YEARS = 10 * 365 * 86400.0


class Clock(VirtualPorts):
    def __init__(self, epoch: float) -> None:
        super().__init__(epoch=epoch)
        self.offset = 0.0

    def wall(self) -> float:
        return super().wall() + self.offset


@pytest.mark.parametrize(
    ("epoch", "jump"), [(0.0, 56 * 365 * 86400.0), (1_800_000_000.0, YEARS), (1_800_000_000.0, -YEARS)]
)
async def test_nothing_that_lasts_ends_or_begins_with_a_jump(tmp_path: Path, epoch: float, jump: float) -> None:
    clock = Clock(epoch)
    async with served_box(tmp_path, ports=clock, free_kept_mb=0) as (box, client):
        songs = await box.add("Songs", 600.0, tag_id=TAGS[0])
        gone = await box.add("Gone", 5.0)
        assert (await client.delete(f"/api/playlists/{gone}")).status == 204
        song = sparse_wav(tmp_path / "new.wav", 3.0).read_bytes()
        begun = await client.post(f"/api/playlists/{songs}/uploads/session", filename="new.wav", file_size=len(song))
        upload = f"/api/playlists/{songs}/uploads/{begun.data['session_id']}"
        assert (await client.put("/api/settings", pin="2468")).status == 200
        assert (await client.post("/api/pin/session", pin="2468")).status == 200
        assert (await client.post("/api/playlists", title="A parent's", client_op_id="once")).status == 201
        await client.post("/api/player/sleep", seconds=1800)
        await box.tap(TAGS[0])
        await trio.sleep(10)
        before = (await client.get("/api/player/status")).data
        uptime = (await client.get("/api/health")).data["uptime"]

        clock.offset = jump
        await trio.sleep(120)

        after = (await client.get("/api/player/status")).data
        assert after["is_playing"]
        assert after["position_ms"] == pytest.approx(before["position_ms"] + 120_000, abs=100)
        assert (await client.get("/api/health")).data["uptime"] == pytest.approx(uptime + 120)
        assert (await client.ask("PUT", f"{upload}/chunks/0", raw=song)).status == 200  # it is not stale
        assert (await client.post(f"{upload}/finalize")).status == 200
        repeated = await client.post("/api/playlists", title="A parent's", client_op_id="once")
        assert repeated.status == 201  # known, by whoever is still a parent
        titles = [each["title"] for each in (await client.get("/api/playlists")).data["playlists"]]
        assert titles.count("A parent's") == 1
        await trio.sleep(3700)  # housekeeping has looked, and a parent's hour is over
        assert (await client.post("/api/playlists", title="More")).status == 403
        assert (await client.post("/api/pin/session", pin="2468")).status == 200
        assert [each["title"] for each in (await client.get("/api/bin")).data["items"]] == ["Gone"]
        assert not (await client.get("/api/player/status")).data["is_playing"]  # the sleep timer counts on
        assert (await client.get("/api/health")).data["status"] == "healthy"
