"""YouTube over HTTP: what is asked, what is answered, and who may."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.http.youtube import DESCRIPTION_LENGTH
from tomb.rehearsal.simulated.videos import IDS, FakeYouTube, video

SHORT = [f"https://youtu.be/{each}?si=shared" for each in IDS]
LIST = "https://www.youtube.com/playlist?list=PL0123456789"


async def test_what_is_found_is_shown_in_words_and_with_the_box_s_own_picture(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    found = replace(video(IDS[0], "\u202eone"), description="x" * 1000, duration_ms=3_661_999)
    unknown = replace(video(IDS[1]), duration_ms=None, channel=None, view_count=None, description=None, live=True)
    async with served_box(tmp_path, youtube=FakeYouTube(found=[found, unknown])) as (_, client):
        answer = (await client.get("/api/youtube/search?query=song")).data
    first, second = answer["results"]
    assert answer["total_results"] == 2
    assert (first["title"], first["duration"], first["duration_ms"]) == ("one", "1:01:01", 3_661_999)
    assert len(first["description"]) == DESCRIPTION_LENGTH
    assert first["thumbnail"] == first["thumbnail_url"] == f"/api/youtube/thumbnail/{IDS[0]}"
    assert first["url"] == f"https://www.youtube.com/watch?v={IDS[0]}"
    assert (second["duration"], second["duration_ms"], second["live"]) == ("", None, True)


async def test_one_is_answered_flat_and_several_as_a_list_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, youtube=FakeYouTube()) as (_, client):
        playlist = (await client.post("/api/playlists", title="Songs")).data["id"]
        one = (await client.post("/api/youtube/download", url=SHORT[0], playlist_id=playlist)).data
        assert (one["status"], one["place"], len(one["tasks"])) == ("pending", 1, 1)
        several = (await client.post("/api/youtube/download", urls=SHORT[:3], playlist_id=playlist)).data
        assert [each["video_id"] for each in several["tasks"]] == list(IDS[:3])
        assert several["tasks"][0]["task_id"] == several["task_id"] == one["task_id"]
        listed = (await client.get("/api/youtube/tasks")).data["tasks"]
        assert [each["video_id"] for each in listed] == [IDS[2], IDS[1], IDS[0]]


async def test_the_same_operation_is_asked_for_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, youtube=FakeYouTube()) as (_, client):
        playlist = (await client.post("/api/playlists", title="Songs")).data["id"]
        wanted = {"url": SHORT[0], "playlist_id": playlist, "client_op_id": "mine"}
        first, again = [(await client.post("/api/youtube/download", **wanted)).data for _ in range(2)]
        assert first["task_id"] == again["task_id"]
        assert len((await client.get("/api/youtube/tasks")).data["tasks"]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "https://example.org/"}, "url"),
        ({"url": LIST}, "url"),
        ({"url": 7}, "url"),
        ({"urls": [SHORT[0], LIST]}, "urls.1"),
        ({"urls": [SHORT[0]] * 51}, "urls"),
        ({"urls": []}, "urls"),
        ({"url": SHORT[0], "urls": [SHORT[1]]}, "body"),
        ({}, "body"),
    ],
)
async def test_a_request_that_is_wrong_hears_where(
    tmp_path: Path, autojump_clock: MockClock, given: dict[str, object], field: str
) -> None:
    async with served_box(tmp_path, youtube=FakeYouTube()) as (_, client):
        playlist = (await client.post("/api/playlists", title="Songs")).data["id"]
        answer = await client.post("/api/youtube/download", playlist_id=playlist, **given)
        assert (answer.status, answer.fields) == (400, [field])
        assert (await client.get("/api/youtube/tasks")).data["tasks"] == []


async def test_nothing_that_somebody_typed_reaches_yt_dlp_but_ids_and_what_is_searched_for(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    youtube = FakeYouTube()
    async with served_box(tmp_path, youtube=youtube) as (_, client):
        await client.get(
            "/api/youtube/playlist?url=https%3A%2F%2Fmusic.youtube.com%2Fplaylist%3Flist%3DPL0123456789%26x%3D1"
        )
        assert youtube.asked == [f"entries {LIST}"]


async def test_youtube_is_for_parents_where_there_is_a_pin(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, youtube=FakeYouTube()) as (_, client):
        playlist = (await client.post("/api/playlists", title="Songs")).data["id"]
        await client.put("/api/settings", pin="1234")
        child = dataclasses.replace(client, cookies={})
        for path in ("search?query=x", f"playlist?url={LIST}", "tasks", "status/x", f"thumbnail/{IDS[0]}"):
            assert (await child.get(f"/api/youtube/{path}")).status == 403, path
        assert (await child.post("/api/youtube/download", url=SHORT[0], playlist_id=playlist)).status == 403
        assert (await child.delete("/api/youtube/tasks/x")).status == 403


async def test_a_limit_of_youtube_s_is_told_as_one_with_its_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    youtube = FakeYouTube()
    async with served_box(tmp_path, youtube=youtube) as (box, client):
        youtube.fault = YouTubeFault(Reason.RATE_LIMITED, "Too often.", box.services.ports.wall() + 100)
        answer = await client.get("/api/youtube/search?query=song")
        assert (answer.status, answer.headers["retry-after"]) == (429, "99")
