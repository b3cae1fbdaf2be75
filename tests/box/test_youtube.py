"""The box and the real yt-dlp, which fetches from a YouTube of the tests' own: from the address to the sound."""

import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.rigs.children import descendants
from tests.rigs.listener import Listener, listening
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.youtube import YouTubeRig, youtube_rig
from tests.rigs.youtube.videos import ENDLESS, SECOND, SILENT, SLOW, SONG, TITLE
from tests.soak.fetching import break_off

QUIET = ("--audio", "silent", "--reader", "none")
PRIVATE = "rig_err_prv"


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("youtube")


class Home:
    """A box with a playlist, and what is heard of it."""

    def __init__(self, box: Box, data: Path, playlist_id: str, listener: Listener) -> None:
        self.box = box
        self.listener = listener
        self._data = data
        self._playlist_id = playlist_id

    async def ask(self, *videos: str) -> list[str]:
        urls = [f"https://youtu.be/{each}?si=shared" for each in videos]
        asked = await self.box.post("/api/youtube/download", {"urls": urls, "playlist_id": self._playlist_id})
        return [each["task_id"] for each in asked.data["tasks"]]

    async def task(self, task_id: str) -> Any:
        return (await self.box.get(f"/api/youtube/status/{task_id}")).data

    async def until(self, task_id: str, *steps: str) -> Any:
        def wanted(told: Any) -> bool:
            return told["task_id"] == task_id and told["current_step"] in steps

        with trio.fail_after(4 * PATIENCE_S):
            while not any(wanted(each) for each in self.listener.of("youtube:progress")):
                with trio.move_on_after(PATIENCE_S):
                    await self.listener.until("youtube:progress", wanted)
        return next(each for each in self.listener.of("youtube:progress") if wanted(each))

    async def ended(self, task_id: str) -> Any:
        await self.until(task_id, "completed", "error", "cancelled")
        return await self.task(task_id)

    async def tracks(self) -> list[Any]:
        tracks: list[Any] = (await self.box.get(f"/api/playlists/{self._playlist_id}")).data["tracks"]
        return tracks

    def fetching(self) -> list[int]:
        return descendants(self.box.pid, command="yt_dlp")

    def files(self) -> set[str]:
        """What lies about of what was fetched."""
        library = self._data / "library"
        return {path.name for folder in ("incoming", "files") for path in (library / folder).iterdir()}


@asynccontextmanager
async def home(data: Path, rig: YouTubeRig) -> AsyncIterator[Home]:
    async with serving(data, *QUIET, tomb=rig.tomb) as box, listening(box.port, "playlists") as listener:
        yield Home(box, data, (await box.post("/api/playlists", {"title": "Songs"})).data["id"], listener)


async def test_what_was_found_is_fetched_one_after_the_other_and_can_be_heard(tmp_path: Path, materials: Path) -> None:
    async with youtube_rig(materials) as rig, home(tmp_path / "data", rig) as at:
        found = (await at.box.get("/api/youtube/search?query=songs&max_results=3")).data["results"]
        assert [each["id"] for each in found[:2]] == [SONG, SECOND]
        picture = await at.box.get(found[0]["thumbnail_url"])
        assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
        tasks = await at.ask(SONG, SECOND)
        assert (await at.task(tasks[1]))["title"] == found[1]["title"]
        for task_id in tasks:
            assert (await at.ended(task_id))["status"] == "completed"
        first, second = await at.tracks()
        assert (first["title"], first["artist"]) == ("A song of the rig", "The rig")
        assert first["cover_url"]
        assert second["artist"] is None
        assert abs(first["duration_ms"] - 20_000) < 100
        assert (await at.box.get(f"/api/tracks/{first['id']}/audio")).status == 200
        told = at.listener.of("youtube:progress")
        assert all(each["place"] is not None or each["status"] != "pending" for each in told)
        for task_id in tasks:
            percents = [each["progress_percent"] for each in told if each["task_id"] == task_id]
            assert all(before <= after for before, after in itertools.pairwise(percents))
            assert percents[-1] == 100
        begun = [each["task_id"] for each in told if each["current_step"] == "starting"]
        assert begun == tasks
        assert [each["track"]["id"] for each in at.listener.of("youtube:complete")] == [first["id"], second["id"]]
        assert at.fetching() == []


async def test_a_cancel_leaves_no_process_and_no_file_in_whatever_state(tmp_path: Path, materials: Path) -> None:
    async with youtube_rig(materials) as rig, home(tmp_path / "data", rig) as at:
        taken = 0
        for video, step in (
            (SILENT, "starting"),
            (ENDLESS, "downloading"),
            (SONG, "converting"),
            (SECOND, "examining"),
        ):
            first, waiting = await at.ask(video, SLOW)
            assert (await at.box.delete(f"/api/youtube/tasks/{waiting}")).data["status"] == "cancelled"
            await at.until(first, step, "completed")
            cancelled = await at.box.delete(f"/api/youtube/tasks/{first}")
            # Of the last two each may just have become a track, and then it is one.
            taken += cancelled.status == 400
            assert cancelled.status == 200 or (step in ("converting", "examining") and taken), cancelled.content
            assert (await at.task(first))["status"] == ("cancelled" if cancelled.status == 200 else "completed")
            assert (at.fetching(), len(at.files()), len(await at.tracks())) == ([], taken, taken), step


async def test_why_it_did_not_work_is_told_and_the_next_is_fetched(tmp_path: Path, materials: Path) -> None:
    async with youtube_rig(materials) as rig, home(tmp_path / "data", rig) as at:
        private, killed, hostile = await at.ask(PRIVATE, SILENT, TITLE)
        assert (await at.ended(private))["error_reason"] == "private"
        await at.until(killed, "starting")
        with trio.fail_after(PATIENCE_S):
            while not (pids := at.fetching()):
                await trio.sleep(0.05)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert (await at.ended(killed))["error_reason"] == "interrupted"
        assert (await at.ended(hostile))["status"] == "completed"
        [track] = await at.tracks()
        assert track["title"].startswith("../../etc/passwd gnihtemos one line two [31m x")
        assert len(track["title"]) == 200
        reasons = [each["reason"] for each in at.listener.of("youtube:error")]
        assert reasons == ["private", "interrupted"]


@pytest.mark.timeout(600)
async def test_a_box_that_is_killed_while_it_fetches_leaves_nothing_but_the_row(tmp_path: Path) -> None:
    assert "3 kills" in await break_off(2, 3, tmp_path)
