"""The description of the sockets: complete, and true of what is really told."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trio
from jsonschema import Draft202012Validator
from pydantic_core import from_json
from trio.testing import MockClock

from tests.http.world import made_world
from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tests.rigs.sockets import socket_room
from tomb.http import asyncapi
from tomb.http.asyncapi import TOLD
from tomb.rehearsal.simulated.rooms import FakeRooms, placed

TOMB = Path(asyncapi.__file__).parents[1]
PUBLISHING = r"""(?:publish|tell|emit|snapshot|_publish|_publish_tracks)\(\s*"([a-z_]+:?[a-z_]+)\""""


@cache
def described() -> Any:
    return asyncapi.document()


def judge(event: str, payload: Any) -> None:
    document = described()
    message = document["components"]["messages"][re.sub(r"\W", "_", event)]
    Draft202012Validator({**message["payload"], "components": document["components"]}).validate(payload)


def sources(pattern: str, *folders: str) -> set[str]:
    texts = [path.read_text() for folder in folders for path in (TOMB / folder).glob("*.py")]
    return {found[1] or found[2] for text in texts for found in re.finditer(pattern + "|(?!x)x", text, re.MULTILINE)}


async def test_every_event_that_clients_may_send_is_described(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        assert room.app.namespace("/").handlers.keys() == asyncapi.ASKED.keys()


def test_every_event_that_the_box_tells_is_described() -> None:
    told = {found for found in sources(PUBLISHING + "()", "http", "nurseries") if found}
    assert told <= set(TOLD), told - set(TOLD)


async def test_what_is_told_is_as_described(tmp_path: Path, autojump_clock: MockClock) -> None:
    rooms = FakeRooms(placed("kitchen"))
    async with served_box(tmp_path, rooms=rooms) as (box, client):
        world = await made_world(box, client)
        rooms.turn("kitchen", 20)
        first, second = world.names["playlist"], world.names["second"]
        await client.post(f"/api/playlists/{first}/start", client_op_id="a")
        await client.post("/api/player/volume", volume=30)
        await client.post("/api/player/volume", volume=300, client_op_id="b")
        await client.post(
            "/api/playlists/move-track", source_playlist_id=first, target_playlist_id=second, track_number=1
        )
        await client.put(f"/api/playlists/{first}", title="New")
        await client.delete(f"/api/playlists/{first}/tracks", track_numbers=[1])
        await client.post("/api/nfc/scan", playlist_id=second, override=True)
        await client.put("/api/reader/tag", tag_id="04A1B2C3")
        await client.delete("/api/reader/tag")
        await trio.sleep(2)
        await box.tap("DEADBEEF")
        for path in (box.services.librarian.folder / "files").iterdir():
            path.unlink()
        await client.post("/api/playlists/sync")
        await client.delete(f"/api/playlists/{first}")
        for event in box.events:
            judge(event.type, from_json(event.payload))
        told = {event.type for event in box.events}
        assert told >= {name for name in TOLD if name.startswith(("state:", "nfc_", "ack:op", "err:op"))}


async def test_what_is_told_to_one_client_is_as_described(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        playlist = await box.add("One", 1.0)
        client = await room.connect()
        for event, message in (
            ("join:playlists", {}),
            ("join:playlist", {"playlist_id": playlist}),
            ("join:playlist", {"playlist_id": "nowhere"}),
            ("start_nfc_link", {"playlist_id": playlist, "client_op_id": "one"}),
            ("join:nfc", {}),
            ("stop_nfc_link", {"playlist_id": "nowhere"}),
            ("client_ping", {"timestamp": 1.5}),
            ("health_check", {}),
            ("client:request_current_state", {}),
            ("sync:request", {"last_global_seq": 0}),
            ("sync:request", {"last_global_seq": "x", "requested_rooms": 7}),
            ("leave:playlist", {"playlist_id": playlist}),
        ):
            await client.emit(event, message)
        for event, payload in client.events:
            judge(event, payload)
        assert {"connection_status", "ack:join", "ack:leave", "client_pong", "health_status"} <= set(client.types())
        assert {"sync:complete", "sync:error", "ack:op", "err:op"} <= set(client.types())


@pytest.mark.parametrize("event", TOLD)
def test_a_description_refuses_what_is_something_else(event: str) -> None:
    with pytest.raises(Exception, match="required property"):
        judge(event, {})
