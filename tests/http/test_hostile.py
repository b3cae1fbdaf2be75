"""Input that means no good: refused with the field named, never a 500, and nothing of it reaches a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from tests.http.world import made_world
from tests.rigs.asgi import served_box
from tomb import bounded_json
from tomb.http.app import ROUTES

HUGE = 10**400
NASTY: tuple[object, ...] = (
    None, True, -1, 1.5, HUGE, -HUGE, 1e308, "", " ", "\0", "a\0b", "\x1b[2J", "../../etc/passwd", "x" * 100_000, "%00",
    "\u202e", "\ud83d\ude00" * 300, [], [[]], {}, {"a": {}}, [None], ["\0"], "NaN", "0x10", "१२", "' OR 1=1 --",
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/api/playlists", {"title": "a\0b"}, "title"),
        ("POST", "/api/playlists", {"title": "x" * 201}, "title"),
        ("POST", "/api/playlists", {"title": 7}, "title"),
        ("POST", "/api/playlists", {"title": "a", "description": "\0"}, "description"),
        ("POST", "/api/playlists", {"title": "a", "description": "x" * 2001}, "description"),
        ("POST", "/api/playlists", {"title": "a", "client_op_id": ""}, "client_op_id"),
        ("POST", "/api/player/volume", {"volume": True}, "volume"),
        ("POST", "/api/player/volume", {"volume": "50"}, "volume"),
        ("POST", "/api/player/volume", {"volume": HUGE}, "volume"),
        ("POST", "/api/player/seek", {"position_ms": 1.5}, "position_ms"),
        ("POST", "/api/player/sleep", {"seconds": 1e309}, "seconds"),
        ("POST", "/api/playlists/{playlist}/reorder", {"track_order": "123"}, "track_order"),
        ("POST", "/api/playlists/{playlist}/play/0", None, "track_number"),
        ("POST", f"/api/playlists/{{playlist}}/play/{HUGE}", None, "track_number"),
        ("DELETE", "/api/playlists/{playlist}/tracks", {"track_numbers": [1, HUGE]}, "track_numbers.1"),
        ("DELETE", "/api/playlists/{playlist}/tracks", {"track_ids": ["a/b"]}, "track_ids.0"),
        ("PUT", "/api/tags/04%00", {"playlist_id": "x"}, "tag_id"),
        ("GET", "/api/playlists?page=9999999999999999999", None, "page"),
        ("GET", "/api/playlists?limit=१", None, "limit"),
        ("GET", f"/api/playlists?q={'x' * 201}", None, "q"),
        ("GET", "/api/system/logs?level=all", None, "level"),
        ("GET", "/api/playlists/%00", None, "playlist_id"),
        ("GET", f"/api/playlists/{'x' * 65}", None, "playlist_id"),
    ],
    ids=str,
)
async def test_the_field_that_is_wrong_is_named(
    tmp_path: Path, autojump_clock: MockClock, method: str, path: str, body: object, field: str
) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        answer = await client.ask(method, world.filled(path), body)
        assert answer.status == 400
        assert field in answer.fields


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"title": "\\ud800"}',
        b'{"title": NaN}',
        b"\x00",
        b"{}{}",
        b'{"title": "' + b"1" * 900_000 + b'"}',
        b'{"title": ' + b"1" * 900_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:12]),
)
async def test_what_is_no_proper_json_is_refused(tmp_path: Path, autojump_clock: MockClock, raw: bytes) -> None:
    async with served_box(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/playlists", raw=raw)
        assert answer.status == 400
        assert answer.fields
        assert len(answer.content) < 20_000
        assert box.services.librarian.count() == 0


async def test_no_body_of_nasty_values_breaks_any_route(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        for route in (route for route in ROUTES if route.method != "GET"):
            for field in route.body.model_fields:
                for value in NASTY:
                    body = _good(field, world.names) | {field: value}
                    answer = await client.ask(route.method, world.address(route), body)
                    assert answer.status < 500 or answer.status == 503, (route.name, field, value)
                    json.loads(answer.content or b"{}")


def _good(_field: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {"playlist_id": names["playlist"], "tag_id": "04A1B2C3", "title": "t", "target_playlist_id": names["second"]}


async def test_no_nasty_address_breaks_any_route_or_leaves_the_library(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    nasty = ["%00", "..", "%2e%2e%2fsecret.txt", "..%2f..%2fsecret.txt", "....//secret.txt", "%ff%fe", "a" * 2000]
    nasty += ["%252e%252e%252f", "-1", "99999999999999999999", "1e3", "é", "%F0%9F%98%80", "'%20OR%201=1", "<b>"]
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        for route in ROUTES:
            for part in nasty:
                names = ("playlist_id", "source_id", "track_id", "session_id", "task_id", "tag_id", "track_number")
                path = world.address(route, **dict.fromkeys(names, part), chunk_index=part)
                answer = await client.ask(route.method, path)
                assert answer.status < 500 or answer.status == 503, (route.name, part)
                assert b"the secret" not in answer.content


async def test_unicode_comes_back_as_it_went(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        for title in (
            "Ärger",
            "子供の歌",
            "👩‍👩‍👧 family",
            "e\u0301",
            "\u202eright",
            "'; DROP TABLE playlists;--",
            "<script>",
        ):
            made = (await client.post("/api/playlists", title=title)).data
            assert made["title"] == title
            assert (await client.get(f"/api/playlists/{made['id']}")).data["title"] == title


async def test_the_answer_never_shows_where_the_box_lies(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        # But for a backup, which is for parents alone: it knows which folders were taken in, so as not to double them.
        for route in (each for each in ROUTES if each.name != "GET /api/backup"):
            answer = await world.ask(route)
            assert str(tmp_path).encode() not in answer.content, route.name


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 1_000_000,
        b'{"title": "a", "x": [' + b"[]," * 300_000 + b"[]]}",
        b'{"client_op_id": "one", "title": "a", "x": [' + b"[]," * 300_000 + b"[]]}",
    ],
    ids=lambda raw: repr(raw[:12]),
)
async def test_json_that_would_cost_much_is_refused_unparsed(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(bounded_json, "from_json", parsed.append)
    async with served_box(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/playlists", raw=raw)
        assert (answer.status, answer.fields) == (400, ["body"])
        assert box.services.librarian.count() == 0
    assert parsed == []


async def test_large_json_is_parsed_elsewhere(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served_box(tmp_path) as (box, client):
        moved: list[str] = []
        in_thread = type(box.services.ports).in_thread

        async def noted(self: Any, call: Any, *args: Any, **more: Any) -> Any:
            moved.append(call.__name__)
            return await in_thread(self, call, *args, **more)

        monkeypatch.setattr(type(box.services.ports), "in_thread", noted)
        body = {"title": "a", "client_op_id": "one", "x": "y" * 100_000}
        assert (await client.ask("POST", "/api/playlists", body)).status == 201
        assert [name for name in moved if name in ("repeatable", "body")] == ["repeatable", "body"]
