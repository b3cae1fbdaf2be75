"""Sound and pictures: whole, in parts, or known already."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from tests.http.world import PICTURE, made_world
from tests.rigs.asgi import served_box
from tomb.http.envelope import FilePart
from tomb.http.exchange import CutOff, Request
from tomb.http.streams import respond
from tomb.library import covers
from tomb.rehearsal.requests import Answer, Client


@dataclass
class Sound:
    client: Client
    content: bytes
    path: str
    tag: str
    cover: str

    async def get(self, **headers: str) -> Answer:
        return await self.client.get(self.path, **headers)


@pytest.fixture
async def sound(tmp_path: Path) -> AsyncIterator[Sound]:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        found = (await box.services.librarian.track(world.names["track"])).track
        content = (box.services.librarian.folder / found.file_path).read_bytes()
        path = f"/api/tracks/{found.id}"
        yield Sound(client, content, f"{path}/audio", found.file_hash, f"{path}/cover")


async def test_the_whole_file(sound: Sound, autojump_clock: MockClock) -> None:
    answer = await sound.get()
    assert (answer.status, answer.content) == (200, sound.content)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-length"] == str(len(sound.content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{sound.tag}"'


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=500-", 500, None), ("bytes=-100", -100, None),
     ("bytes=500-99999999", 500, None)],
)  # fmt: skip
async def test_the_part_that_is_asked_for(
    sound: Sound, autojump_clock: MockClock, wanted: str, begin: int, end: int | None
) -> None:
    answer = await sound.get(range=wanted)
    part = sound.content[begin:end]
    assert (answer.status, answer.content) == (206, part)
    first = begin % len(sound.content)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(sound.content)}"
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=x", "bytes=9-5", "bytes", ""])
async def test_what_makes_no_sense_gets_the_whole(sound: Sound, autojump_clock: MockClock, wanted: str) -> None:
    answer = await sound.get(range=wanted)
    assert (answer.status, answer.content) == (200, sound.content)


async def test_more_of_the_end_than_there_is_is_the_whole(sound: Sound, autojump_clock: MockClock) -> None:
    for wanted in (f"bytes=-{len(sound.content)}", f"bytes=-{len(sound.content) + 1}", "bytes=-99999999999"):
        answer = await sound.get(range=wanted)
        assert (answer.status, answer.content) == (200, sound.content)


async def test_nothing_of_the_end_is_no_range(sound: Sound, autojump_clock: MockClock) -> None:
    assert (await sound.get(range="bytes=-0")).status == 416


async def test_beyond_the_end_there_is_nothing(sound: Sound, autojump_clock: MockClock) -> None:
    answer = await sound.get(range=f"bytes={len(sound.content)}-")
    assert (answer.status, answer.body["details"]) == (416, {"size": len(sound.content)})
    assert answer.headers["content-range"] == f"bytes */{len(sound.content)}"


async def test_a_part_of_another_file_is_not_continued(sound: Sound, autojump_clock: MockClock) -> None:
    same = await sound.get(range="bytes=10-", if_range=f'"{sound.tag}"')
    other = await sound.get(range="bytes=10-", if_range='"something else"')
    dated = await sound.get(range="bytes=10-", if_range="Wed, 21 Oct 2015 07:28:00 GMT")
    assert [same.status, other.status, dated.status] == [206, 200, 200]


async def test_who_has_it_already_is_told_so(sound: Sound, autojump_clock: MockClock) -> None:
    for given in (f'"{sound.tag}"', f'W/"{sound.tag}"', f'"old", "{sound.tag}"', "*"):
        answer = await sound.get(if_none_match=given)
        assert (answer.status, answer.content) == (304, b"")
        assert "content-length" not in answer.headers  # a cache may take it for the file's (RFC 9110, 15.4.5)
    assert (await sound.get(if_none_match='"old"')).status == 200


async def test_a_question_for_the_head_alone_gets_no_body(sound: Sound, autojump_clock: MockClock) -> None:
    answer = await sound.client.ask("HEAD", sound.path)
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(sound.content))


async def test_a_picture_is_served_as_one(sound: Sound, autojump_clock: MockClock) -> None:
    answer = await sound.client.get(sound.cover)
    kept = covers.scaled(PICTURE)
    assert kept is not None
    assert (answer.status, answer.content) == (200, kept.data)
    assert answer.headers["content-type"] == "image/jpeg"


async def test_a_file_that_becomes_shorter_on_its_way_breaks_off(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path / "box") as (box, _):
        file = tmp_path / "file"
        file.write_bytes(b"x" * 100)
        nothing: dict[str, Any] = {"method": "GET", "scheme": "http", "path": "/", "query_string": b"", "headers": []}
        request = Request({**nothing, "tomb.request_id": ""}, None)
        answer = await respond(FilePart(file, "audio/wav", "tag"), request, box.services.ports)
        file.write_bytes(b"x" * 50)
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        with pytest.raises(CutOff):
            await answer.send(send)
        assert [each.get("body") for each in sent] == [None, b"x" * 50]
