"""Archives over HTTP: what they are called, who may have them, and what a broken connection leaves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import trio
import trio.testing

from tests.nurseries.test_http1 import talking
from tests.rigs import archives
from tests.rigs.asgi import served_box
from tests.rigs.box import VirtualBox
from tests.rigs.virtual import virtual_time
from tomb.http.streams import disposition
from tomb.nurseries.archivist import OUT_AT_ONCE
from tomb.rehearsal.requests import Client

pytestmark = virtual_time


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[VirtualBox, Client]]:
    async with served_box(tmp_path) as box_and_client:
        yield box_and_client


async def test_a_backup_is_called_by_its_day(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.add("Songs", 10.0)
        answer = await client.get("/api/backup")
        assert answer.headers["content-type"] == "application/x-tar"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["content-disposition"].startswith('attachment; filename="tomb-2025-06-15.tar"')
        assert answer.headers["cache-control"] == "no-store"


async def test_a_backup_while_the_box_plays_and_is_edited_comes_back_whole(tmp_path: Path) -> None:
    async with served_box(tmp_path / "a") as (box, client):
        songs = await box.add("Songs", 10.0, 20.0, tag_id="04A1B2C3")
        await client.post(f"/api/playlists/{songs}/start")
        await trio.sleep(12)
        content = (await client.get("/api/backup")).content
        assert box.state == "playing"
        before = (await client.get(f"/api/playlists/{songs}")).data
        number = box.services.events.number
    async with served_box(tmp_path / "b") as (box, client):
        await box.add("Other", 5.0)
        answer = await client.ask("POST", "/api/restore", raw=content)
        assert answer.data == {
            "restart_scheduled": True,
            "status": "restart_scheduled",
            "playlists": 1,
            "tracks": 2,
            "missing": 0,
            "damaged": 0,
        }
        assert box.services.process.again
        assert box.services.process.stop.is_set()
    async with served_box(tmp_path / "b") as (box, client):
        await trio.sleep(5)
        assert box.state == "stopped"
        after = (await client.get(f"/api/playlists/{songs}")).data
        for key in ("title", "tag_ids", "track_count", "total_duration_ms", "created_at"):
            assert after[key] == before[key]
        assert [each["play_count"] for each in after["tracks"]] == [1, 1]
        assert box.services.events.number > number
        for track in before["tracks"]:
            sound = await client.get(f"/api/tracks/{track['id']}/audio")
            assert len(sound.content) == track["file_size"]
        await box.tap("04A1B2C3")
        assert box.state == "playing"


async def test_a_box_that_is_told_to_restart_does_not_go_on_with_what_played_before(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        songs = await box.add("Songs", 60.0)
        await client.post(f"/api/playlists/{songs}/start")
        await trio.sleep(5)
        content = (await client.get("/api/backup")).content
        assert (await client.ask("POST", "/api/restore", raw=content)).status == 202
    async with served_box(tmp_path) as (box, _):
        memory = await box.services.librarian.recall()
        assert memory is not None
        assert not memory.playing


async def test_a_playlist_goes_from_box_to_box(tmp_path: Path) -> None:
    async with served_box(tmp_path / "a") as (box, client):
        songs = await box.add("Wiegenlieder \u266b", 10.0, 20.0)
        answer = await client.get(f"/api/playlists/{songs}/export")
        content = answer.content
        assert answer.headers["content-disposition"].endswith("filename*=UTF-8''Wiegenlieder%20%E2%99%AB.tar")
    async with served_box(tmp_path / "b") as (box, client):
        made = await client.ask("POST", "/api/playlists/import", raw=content)
        assert made.status == 201
        assert made.data["title"] == "Wiegenlieder \u266b"
        assert made.data["playlist"]["track_count"] == 2
        assert len(box.told("state:playlist_created")) == 1
        started = await client.post(f"/api/playlists/{made.data['id']}/start")
        assert started.data["duration_ms"] == 10_000
        # A body in pieces of any size, whose length nobody says.
        pieces = [(0.1, content[at : at + 30_000]) for at in range(0, len(content), 30_000)]
        assert (await client.ask("POST", "/api/playlists/import", raw=pieces)).status == 201
        # The address is none of a playlist.
        assert (await client.get("/api/playlists/import")).status in (404, 405)


async def test_a_body_that_stops_coming_is_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        for path in ("/api/restore", "/api/playlists/import"):
            half = archives.good()[:100_000] if path == "/api/restore" else archives.exported_playlist()[:3000]
            answer = await client.ask("POST", path, raw=[(0.0, half), (60.0, b"more")])
            assert answer.status == 408
            assert list((box.services.librarian.folder / "incoming").iterdir()) == []
            assert not (box.services.settings.data / "restore").exists()
        assert not box.services.process.again


async def test_damaged_sound_is_taken_on_request(tmp_path: Path) -> None:
    damaged = archives.good().replace(b"twotwotwo", b"twoTWOtwo")
    async with served_box(tmp_path) as (box, client):
        refused = await client.ask("POST", "/api/restore", raw=damaged)
        assert refused.status == 400
        assert "is damaged" in refused.body["message"]
        assert (await client.ask("POST", "/api/restore?even_damaged=maybe", raw=damaged)).fields == ["even_damaged"]
        assert not box.services.process.again
        taken = await client.ask("POST", "/api/restore?even_damaged=true", raw=damaged)
        assert (taken.data["tracks"], taken.data["damaged"]) == (3, 1)


async def test_looking_at_what_a_backup_would_be_holds_nothing_back(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.add("Songs", 200.0)
        for _ in range(10):
            answer = await client.ask("HEAD", "/api/backup")
            assert answer.status == 200
            assert int(answer.headers["content-length"]) > 1_600_000
            assert answer.content == b""
            await trio.testing.wait_all_tasks_blocked()
        assert list((box.services.librarian.folder / "incoming").iterdir()) == []


async def test_only_parents_may_have_or_replace_the_library(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        songs = await box.add("Songs", 10.0)
        await client.put("/api/settings", pin="1234")
        asked = [
            await client.get("/api/backup"),
            await client.get(f"/api/playlists/{songs}/export"),
            await client.ask("POST", "/api/restore", raw=archives.good()),
            await client.ask("POST", "/api/playlists/import", raw=archives.exported_playlist()),
        ]
        assert [answer.status for answer in asked] == [403] * 4
        assert not (box.services.settings.data / "restore").exists()
        await client.post("/api/pin/session", pin="1234")
        assert (await client.get("/api/backup")).status == 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Songs.tar", "Songs.tar"),
        ("Käthe \u2603.tar", "Käthe \u2603.tar"),
        ("../../etc/passwd.tar", "_.._etc_passwd.tar"),
        ('a"b\r\nSet-Cookie: x=1.tar', "a_b__Set-Cookie_ x=1.tar"),
        (".hidden.tar", "hidden.tar"),
        ("C:\\x.tar", "C__x.tar"),
        ("\u202egnp.tar", "_gnp.tar"),
        ("x" * 500 + ".tar", "x" * 100 + ".tar"),
        (".tar", "tomb.tar"),
        ("\ud800.tar", "_.tar"),
        ("?.tar", "_.tar"),
    ],
)
async def test_a_name_is_only_a_name(name: str, shown: str) -> None:
    header = disposition(name)
    header.encode("ascii")
    assert header.isprintable()
    assert header.count('"') == 2
    assert "/" not in header
    assert unquote(header.partition("filename*=UTF-8''")[2]) == shown


async def test_stalled_downloads_hold_nobody_s_backup_back(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        playlist = await box.add("One", 1.0)
        for path in (box.services.librarian.folder / "files").iterdir():
            path.write_bytes(path.read_bytes() + bytes(2**20))  # more than is made ahead
        async with trio.open_nursery() as nursery:
            for device in range(2):
                stranger = replace(client, address=f"10.0.0.{device}")
                for _ in range(2):
                    nursery.start_soon(stranger.stall, f"/api/playlists/{playlist}/export")
                await trio.testing.wait_all_tasks_blocked()
                assert (await stranger.get("/api/backup")).status == 429
            assert (await client.get("/api/backup")).status == 409
            await trio.sleep(10)
            assert (await client.get("/api/backup")).status == 200
            assert (await client.get("/api/backup")).status == 200
            nursery.cancel_scope.cancel()


async def test_who_asks_for_archives_and_leaves_before_one_is_sent_leaves_none_behind(tmp_path: Path) -> None:
    async with served_box(tmp_path) as (box, client):
        playlist = await box.add("One", 1.0)
        for path in (box.services.librarian.folder / "files").iterdir():
            path.write_bytes(path.read_bytes() + bytes(2**20))  # more than is made ahead
        asked = b"GET /api/playlists/%s/export HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await client.app(scope, receive, send)

        for _ in range(OUT_AT_ONCE):
            async with talking(app) as talk:
                # The answer waits for the rest of a body, which never comes.
                await talk.send(asked % playlist.encode())
                await trio.sleep(1)
                await talk.client.send_stream.aclose()
                await trio.sleep(0.1)
                assert b" 200 " not in b"".join(talk.wire.written)
        assert (await client.get("/api/backup")).status == 200
