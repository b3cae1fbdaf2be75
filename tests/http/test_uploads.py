"""Uploads over HTTP, as a browser sends them: every answer is as the description has it."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.http.contract import BY_NAME, judge
from tests.http.test_asyncapi import judge as judge_event
from tests.library.test_labels import id3, picture
from tests.rigs.asgi import served_box
from tests.rigs.box import VirtualBox
from tests.rigs.pictures import plain
from tests.rigs.sounds import noise, write
from tomb.http.bodies import CHUNK_LIMIT
from tomb.library import containers, hindrances
from tomb.nurseries.uploads import Uploads
from tomb.nurseries.web import WATCHED
from tomb.rehearsal.requests import Answer, Client
from tomb.rehearsal.simulated.music import sparse_wav

CHUNK = 4096
BOUNDARY = "----a-form"
OF_PLAYLIST = "/api/playlists/<playlist_id>/uploads"


def wav(folder: Path, seconds: float = 2.0) -> bytes:
    return sparse_wav(folder / "sent.wav", seconds, salt="sent").read_bytes()


def form(content: bytes, name: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="blob"\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n"
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


class Browser:
    """Sends files to one playlist, and judges each answer by the description."""

    def __init__(self, client: Client, playlist_id: str) -> None:
        self.client = client
        self.base = f"/api/playlists/{playlist_id}/uploads"

    async def ask(self, name: str, path: str, body: object = None, **options: Any) -> Answer:
        route = BY_NAME[name]
        answer = await self.client.ask(route.method, path, body, **options)
        judge(route, answer)
        return answer

    async def announce(self, size: int, **more: object) -> Answer:
        body = {"filename": "Song.wav", "file_size": size, "chunk_size": CHUNK} | more
        return await self.ask(f"POST {OF_PLAYLIST}/session", f"{self.base}/session", body)

    async def chunk(
        self,
        session: str,
        index: object,
        data: bytes | Iterable[tuple[float, bytes]],
        media_type: str = "audio/wav",
        **headers: str,
    ) -> Answer:
        name, path = f"PUT {OF_PLAYLIST}/<session_id>/chunks/<chunk_index>", f"{self.base}/{session}/chunks/{index}"
        return await self.ask(name, path, raw=data, headers={"content_type": media_type, **headers})

    async def finalize(self, session: str, **body: object) -> Answer:
        return await self.ask(f"POST {OF_PLAYLIST}/<session_id>/finalize", f"{self.base}/{session}/finalize", body)

    async def status(self, session: str) -> Answer:
        return await self.ask(f"GET {OF_PLAYLIST}/<session_id>", f"{self.base}/{session}")

    async def cancel(self, session: str) -> Answer:
        return await self.ask("DELETE /api/uploads/sessions/<session_id>", f"/api/uploads/sessions/{session}")

    async def sent(self, content: bytes, **more: object) -> str:
        """A session with all chunks in it."""
        session: str = (await self.announce(len(content), **more)).data["session_id"]
        for index, piece in enumerate(pieces(content)):
            assert (await self.chunk(session, index, piece)).status == 200
        return session


def pieces(content: bytes) -> list[bytes]:
    return [content[first : first + CHUNK] for first in range(0, len(content), CHUNK)]


async def browser(box: VirtualBox, client: Client) -> Browser:
    return Browser(client, (await box.services.librarian.create("Songs")).id)


def parts(box: VirtualBox) -> list[Path]:
    return list((box.services.librarian.folder / "uploads").iterdir())


async def test_a_file_sent_in_chunks_becomes_a_track(tmp_path: Path, autojump_clock: MockClock) -> None:
    content = wav(tmp_path)
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        announced = (await sender.announce(len(content))).data
        assert announced["total_chunks"] == announced["expected_chunks"] == 4
        session = announced["session_id"]
        answers = [(await sender.chunk(session, index, piece)).data for index, piece in enumerate(pieces(content))]
        answer = answers[-1]
        assert answer["received_size"] == len(content)
        assert (answer["progress"], answer["complete"], answer["status"]) == (100.0, True, "uploading")
        done = (await sender.finalize(session, file_hash=hashlib.sha256(content).hexdigest())).data
        assert done["title"] == done["track"]["title"] == "Song"
        assert (done["filename"], done["duration_ms"], done["session_id"]) == ("Song.wav", 2000, session)
        heard = await client.get(f"/api/tracks/{done['id']}/audio")
        assert heard.content == content
        assert parts(box) == []
        assert (await sender.status(session)).data["status"] == "completed"


async def test_a_picture_that_cannot_be_shown_is_told_to_whoever_sent_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    content = write(tmp_path / "song.mp3", noise(0.2)).read_bytes()
    async with served_box(tmp_path / "data") as (box, client):
        sender = await browser(box, client)
        bad = await sender.finalize(await sender.sent(id3({"APIC": picture(b"Dear diary")}) + content))
        assert bad.data["unshown"] == "it is no JPEG, PNG, WebP, GIF, BMP or TIFF"
        assert bad.body["message"] == f"upload complete, but for its picture: {bad.data['unshown']}"
        good = await sender.finalize(await sender.sent(id3({"APIC": picture(plain(10, 10))}) + content))
        assert (good.data["unshown"], good.body["message"]) == (None, "upload complete")


@pytest.mark.parametrize(("filename", "why"), [("Book.aax", hindrances.LOCKED), ("Letter.doc", containers.NO_TYPE)])
async def test_what_is_not_taken_is_refused_with_the_reason(
    tmp_path: Path, autojump_clock: MockClock, filename: str, why: str
) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        refused = await sender.announce(1000, filename=filename)
        assert (refused.status, refused.body["message"]) == (415, why)


async def test_a_chunk_may_come_as_a_form(tmp_path: Path, autojump_clock: MockClock) -> None:
    content, media_type = wav(tmp_path, 1.0), f"multipart/form-data; boundary={BOUNDARY}"
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(len(content))).data["session_id"]
        for index, piece in enumerate(pieces(content)):
            assert (await sender.chunk(session, index, form(piece), media_type)).status == 200
        assert (await sender.finalize(session)).data["duration_ms"] == 1000


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (form(b"x" * CHUNK, name="other"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(b"x" * CHUNK), "multipart/form-data"),
        (form(b"x" * CHUNK), "multipart/form-data; boundary=another"),
        (form(b"x" * CHUNK)[:100], f"multipart/form-data; boundary={BOUNDARY}"),
        (form(b"x" * CHUNK)[:-20], f"multipart/form-data; boundary={BOUNDARY}"),
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
async def test_a_form_that_is_none_is_refused(
    tmp_path: Path, autojump_clock: MockClock, body: bytes, media_type: str
) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * CHUNK)).data["session_id"]
        refused = await sender.chunk(session, 0, body, media_type)
        assert (refused.status, refused.body["error_type"]) == (400, "bad_request")
        assert (await sender.status(session)).data["missing_chunks"] == [0, 1]


def content_digest(data: bytes) -> str:
    return f"sha-512=:AAAA:, sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


async def test_a_chunk_may_bring_its_checksum(tmp_path: Path, autojump_clock: MockClock) -> None:
    content, media_type = bytes(CHUNK), f"multipart/form-data; boundary={BOUNDARY}"
    whole, hexed = form(content), hashlib.sha256(content).hexdigest().upper()
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(3 * CHUNK)).data["session_id"]
        assert (await sender.chunk(session, 0, content, content_digest=content_digest(content))).status == 200
        assert (await sender.chunk(session, 1, content, x_chunk_sha256=hexed)).status == 200
        # Of a form, the one is about all of it and the other about the file in it.
        both = {"content_digest": content_digest(whole), "x_chunk_sha256": hexed}
        assert (await sender.chunk(session, 2, whole, media_type, **both)).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"content_digest": content_digest(b"another")},
        {"content_digest": "sha-256=:no base64:"},
        {"x_chunk_sha256": "0" * 64},
        {"x_chunk_sha256": "0" * 63},
        {"x_chunk_sha256": "g" * 64},
    ],
)
async def test_a_chunk_that_does_not_match_its_checksum_is_not_taken(
    tmp_path: Path, autojump_clock: MockClock, header: dict[str, str]
) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * CHUNK)).data["session_id"]
        [name] = header
        assert (await sender.chunk(session, 0, bytes(CHUNK))).status == 200
        for index in (0, 1):
            refused = await sender.chunk(session, index, b"x" * CHUNK, **header)
            assert (refused.status, refused.body["error_type"]) == (400, "bad_request")
            assert refused.body["details"]["header"].lower() == name.replace("_", "-")
        assert (await sender.status(session)).data["missing_chunks"] == [1]


async def test_a_chunk_may_be_slow_as_long_as_it_keeps_coming(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * 2**18, chunk_size=2**18)).data["session_id"]
        assert (await sender.chunk(session, 0, [(15.0, bytes(2**14))] * 16)).status == 200
        assert (await sender.chunk(session, 1, [(0.0, b"x"), (25.0, bytes(2**18 - 1))])).status == 408
        assert (await sender.chunk(session, 1, [(15.0, b"x")] * 2**18)).status == 408
        assert (await sender.chunk(session, 1, [(9.0, bytes(2048))] * 128)).status == 408  # not within ten minutes
        assert (await sender.status(session)).data["missing_chunks"] == [1]


async def test_clients_that_trickle_stop_nobody(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Two connections that sent a byte now and then held all the memory there was for chunks, for ten minutes."""
    large = 8 * 2**20
    async with served_box(tmp_path, rate_limits="on") as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * large, chunk_size=large)).data["session_id"]
        phone = Browser(replace(client, address="192.168.1.8"), sender.base.split("/")[3])
        async with trio.open_nursery() as nursery:
            for index in (0, 1):
                nursery.start_soon(partial(sender.chunk, session, index, [(10.0, b"x")] * large))
            await trio.sleep(15)
            assert box.services.uploads.memory.used == 2
            began, content = trio.current_time(), wav(tmp_path)
            await phone.finalize(await phone.sent(content))
            assert trio.current_time() == began
        assert trio.current_time() - began == 5  # then they were given up


async def test_a_body_for_which_there_is_no_session_is_not_taken(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * CHUNK)).data["session_id"]
        began = trio.current_time()
        for of, index, status in ((session, 2, 400), ("nowhere", 0, 404)):
            assert (await sender.chunk(of, index, [(1.0, bytes(100))] * 1000)).status == status
        assert trio.current_time() - began <= 4  # what is still being sent is let pass for two seconds


async def test_many_chunks_at_once_wait_in_the_network_and_not_in_memory(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Of one client four megabytes at a time; what another sends is taken meanwhile."""
    most = 0

    def slowly() -> Iterable[tuple[float, bytes]]:
        nonlocal most
        for _ in range(16):
            most = max(most, box.services.uploads.memory.used)
            yield 1.0, bytes(65536)

    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(24 * 2**20, chunk_size=2**20)).data["session_id"]
        async with trio.open_nursery() as nursery:
            for index in range(24):
                nursery.start_soon(partial(sender.chunk, session, index, slowly()))
        assert 3 * 2**20 < most <= 5 * 2**20
        assert (await sender.status(session)).data["missing_chunks"] == []


async def test_a_chunk_of_eight_megabytes_is_taken_and_no_larger_one(tmp_path: Path, autojump_clock: MockClock) -> None:
    largest = 8 * 1024 * 1024
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * largest, chunk_size=largest)).data["session_id"]
        media_type = f"multipart/form-data; boundary={BOUNDARY}"
        assert (await sender.chunk(session, 1, form(bytes(largest)), media_type)).status == 200
        assert (await sender.chunk(session, 0, bytes(largest))).status == 200
        assert (await sender.chunk(session, 0, bytes(CHUNK_LIMIT + 1))).status == 413
        assert (await sender.announce(largest, chunk_size=largest + 1)).fields == ["chunk_size"]


async def test_an_omitted_chunk_size_is_a_megabyte(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        made = await client.post(f"{sender.base}/session", filename="a.mp3", file_size=1_048_577)
        assert (made.data["chunk_size"], made.data["total_chunks"]) == (1_048_576, 2)


async def test_what_cannot_be_is_refused_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        assert (await sender.announce(500 * 1024 * 1024 + 1)).status == 413
        for name in ("song.txt", "song.mp3.exe", "song.TXT "):
            assert (await sender.announce(10, filename=name)).status == 415
        assert (await sender.announce(CHUNK + 1, filename="../../etc/Ünï \U0001f3b5.MP3")).status == 201
        assert len(parts(box)) == 1


async def test_a_name_without_an_ending_a_trailing_space_and_a_hash_in_upper_case_are_no_faults(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        for name in ("song", "1. The moon", "song.mp3 ", "song."):
            made = await sender.announce(10, filename=name, file_hash="A0" * 32)
            assert (made.status, made.data["filename"]) == (201, name.strip())


async def test_what_is_listed_can_be_filtered_and_cancelled(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        first = (await sender.announce(CHUNK)).data["session_id"]
        second = (await sender.announce(CHUNK)).data["session_id"]
        await sender.chunk(second, 0, bytes(CHUNK))
        assert (await sender.cancel(first)).data["status"] == "cancelled"
        assert (await sender.cancel(first)).data["status"] == "cancelled"
        for wanted, sessions in (("uploading", [second]), ("cancelled", [first]), ("error", [])):
            listed = (await client.get(f"/api/uploads/sessions?status={wanted}")).data["sessions"]
            assert [each["session_id"] for each in listed] == sessions
        assert [path.stem for path in parts(box)] == [second]


async def test_what_nobody_continues_is_cleaned_up(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = (await sender.announce(2 * CHUNK)).data["session_id"]
        assert (await client.post("/api/uploads/cleanup?max_age_hours=1")).data["cleaned_sessions"] == []
        autojump_clock.jump(7200)
        cleaned = (await client.post("/api/uploads/cleanup?max_age_hours=1")).data
        [gone] = cleaned["cleaned_sessions"]
        assert (gone["session_id"], gone["filename"], round(gone["age_hours"])) == (session, "Song.wav", 2)
        assert (cleaned["cleaned_files"], cleaned["freed_bytes"]) == (1, 2 * CHUNK)
        assert (await sender.status(session)).status == 404


async def test_what_the_client_says_of_the_music_wins(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        session = await sender.sent(wav(tmp_path))
        said = {"title": "Other", "artist": "Somebody"}
        done = (await sender.finalize(session, metadata_override=said)).data
        assert (done["title"], done["artist"], done["album"]) == ("Other", "Somebody", None)


async def test_a_session_of_another_playlist_is_not_found(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        session = (await (await browser(box, client)).announce(CHUNK)).data["session_id"]
        other = await browser(box, client)
        assert (await other.status(session)).status == 404
        assert (await other.chunk(session, 0, bytes(CHUNK))).status == 404
        assert (await other.finalize(session)).status == 404


async def test_what_is_told_of_uploads_is_as_described(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, client)
        assert (await sender.finalize(await sender.sent(wav(tmp_path)))).status == 200
        assert (await sender.finalize(await sender.sent(b"no sound at all"))).status == 415
        assert {event.type for event in box.events} >= {"upload:progress", "upload:complete", "upload:error"}
        for event in box.events:
            judge_event(event.type, from_json(event.payload))


async def never(*_: object) -> None:
    await trio.sleep_forever()


Watched = dict[str, Callable[[], None]]


def watched(client: Client, watching: Watched) -> Client:
    """As behind a server that knows who has left. `watching`: what it would call then, by the last part of the address.
    Whoever is not answered hears 499."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        name, said = scope["path"].rpartition("/")[2], list[Any]()

        def watch(left: Callable[[], None]) -> AbstractContextManager[None]:
            watching[name] = left
            return nullcontext()

        async def noted(message: Any) -> None:
            said.append(message)
            await send(message)

        await client.app({**scope, "extensions": {WATCHED: watch}}, receive, noted)
        if not said:
            await send({"type": "http.response.start", "status": 499, "headers": []})

    return replace(client, app=app)  # type: ignore[arg-type]


async def test_only_where_it_may_take_long_the_box_looks_whether_the_client_is_still_there(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    watching: Watched = {}
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, watched(client, watching))
        await sender.finalize(await sender.sent(wav(tmp_path)))
        assert [*watching] == ["finalize"]


async def test_of_a_file_whose_sender_has_left_no_track_is_made_and_it_can_be_made_later(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching: Watched = {}
    async with served_box(tmp_path) as (box, client):
        sender = await browser(box, watched(client, watching))
        session = await sender.sent(wav(tmp_path))
        statuses: list[int] = []

        async def finalize(raw: Iterable[tuple[float, bytes]] | None = None) -> None:
            answer = await sender.client.ask("POST", f"{sender.base}/{session}/finalize", raw=raw)
            statuses.append(answer.status)

        with monkeypatch.context() as patched:
            patched.setattr(Uploads, "_staged", never)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(finalize, [(1.0, b"{"), (1.0, b"}")])
                await trio.sleep(1.5)
                watching["finalize"]()  # while his body is being read, which says itself that he has left
                await trio.sleep(1.0)
                assert statuses == []
                watching["finalize"]()
            assert statuses == [499]
        await finalize()
        assert statuses == [499, 200]


async def test_while_eight_become_tracks_one_can_be_cancelled(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served_box(tmp_path, rate_limits="on") as (box, client):
        sender, content = await browser(box, client), wav(tmp_path)
        sessions = [await sender.sent(content) for _ in range(8)]
        monkeypatch.setattr(Uploads, "_staged", never)
        async with trio.open_nursery() as nursery:
            for session in sessions:
                nursery.start_soon(sender.finalize, session)
            await wait_all_tasks_blocked()
            assert (await sender.cancel(sessions[0])).data["status"] == "cancelled"
            for session in sessions[1:]:
                await sender.cancel(session)
