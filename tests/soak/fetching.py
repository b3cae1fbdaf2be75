"""A box is killed while it fetches from YouTube, at any moment of a download: what is left is the row, and that is all.

The YouTube is the rig's, yt-dlp is the real one. After each kill the children of the dead box end by themselves; the
next box says of each download what became of it, which is true of its library, and has no file that nobody knows.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import trio

from tests.rigs.children import descendants, until_ended
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.youtube import YouTubeRig, youtube_rig
from tests.rigs.youtube.videos import M4A, SECOND, SLOW, SONG
from tests.soak.api import Complaint
from tests.soak.checks import database_faults, folder_faults

QUIET = ("--audio", "silent", "--reader", "none")
LOOK_S = 0.02
SOME_S = 0.3  # after the moment that was waited for
# When: as soon as it is asked for, or when the first download is seen to do that.
MOMENTS = ("asked", "starting", "downloading", "converting", "examining", "completed")
OPEN = ("pending", "downloading", "processing")


async def break_off(seed: int, kills: int, folder: Path) -> str:
    """Raises: Complaint."""
    random = Random(seed)
    ends: Counter[str] = Counter()
    async with youtube_rig() as rig:
        for number in range(kills):
            moment = MOMENTS[(seed + number) % len(MOMENTS)]
            ended = await _round(rig, folder / f"round-{number}", moment, random)
            if faults := ended.pop("faults", None):
                raise Complaint(f"seed {seed}, kill {number}, when it was {moment}: {faults}")
            ends.update(ended)
    told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    return f"{kills} kills while something was fetched; of the downloads under way: {told}"


async def _round(rig: YouTubeRig, data: Path, moment: str, random: Random) -> dict[str, Any]:
    async with serving(data, *QUIET, tomb=rig.tomb) as box:
        playlist = (await box.post("/api/playlists", {"title": "Songs"})).data["id"]
        urls = [f"https://youtu.be/{each}" for each in (random.choice([SONG, M4A, SLOW]), SECOND)]
        first, _ = (await box.post("/api/youtube/download", {"urls": urls, "playlist_id": playlist})).data["tasks"]
        if moment != "asked":
            await _until(box, first["task_id"], moment)
        await trio.sleep(random.uniform(0, SOME_S))
        offspring = descendants(box.pid)
        await box.kill()
    for pid in offspring:
        await until_ended(pid)
    if faults := database_faults(data):
        return {"faults": faults}
    async with serving(data, *QUIET, tomb=rig.tomb) as box:
        return await _compared(box, data, playlist)


async def _compared(box: Box, data: Path, playlist: str) -> dict[str, Any]:
    before = {each["task_id"]: each for each in (await box.get("/api/youtube/tasks")).data["tasks"]}
    for each in before.values():
        if each["status"] in OPEN:
            await box.delete(f"/api/youtube/tasks/{each['task_id']}")
    after = (await box.get("/api/youtube/tasks")).data["tasks"]
    tracks = {each["id"] for each in (await box.get(f"/api/playlists/{playlist}")).data["tracks"]}
    done = {each["result"]["track"]["id"] for each in after if each["status"] == "completed"}
    faults = [] if tracks == done else [f"the playlist has {tracks}, and what was fetched is {done}"]
    wrong = [each for each in after if each["status"] == "error" and each["error_reason"] != "interrupted"]
    faults += [f"an end that nobody caused: {each}" for each in wrong] + folder_faults(data)
    faults += [f"a child that fetches: {pid}" for pid in descendants(box.pid, command="yt_dlp")]
    ends = Counter(each["status"] for each in before.values())
    return {**ends, **({"faults": faults} if faults else {})}


async def _until(box: Box, task_id: str, step: str) -> Mapping[str, Any]:
    """Until it is seen to do that, or something later."""
    later = MOMENTS[MOMENTS.index(step) :]
    with trio.fail_after(PATIENCE_S):
        while True:
            task: Mapping[str, Any] = (await box.get(f"/api/youtube/status/{task_id}")).data
            if task["current_step"] in later:
                return task
            if task["status"] == "error":
                raise Complaint(f"it came to nothing: {task}")
            await trio.sleep(LOOK_S)
