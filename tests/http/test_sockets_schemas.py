"""Every event that a client can be told, against the JSON Schemas that are made from the models and served to all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from jsonschema import Draft202012Validator
from trio.testing import wait_all_tasks_blocked

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.sockets import socket_room
from tests.rigs.virtual import virtual_time
from tomb.devices.key_codes import KEY_PLAYPAUSE
from tomb.devices.keys import LOOK_S
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.errors import UnsupportedMedia
from tomb.http.asyncapi import TOLD, document
from tomb.nurseries.downloads import WantedVideo
from tomb.nurseries.uploads import MetadataOverride, NewUpload
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.simulated.input import FakeDevice
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.rooms import FakeRooms, placed
from tomb.rehearsal.simulated.updates import FakeUpdater
from tomb.rehearsal.simulated.videos import FETCHING_S, IDS, FakeYouTube

pytestmark = virtual_time


async def _live(box: VirtualBox, client: SocketClient) -> None:
    """A day on which everything happens that can."""
    librarian, linking = box.services.librarian, box.services.linking
    first = await box.add("First", 5, 6, tag_id=TAGS[0])
    for event in (
        "join:machines",
        "join:playlists",
        "join:nfc",
        "client_ping",
        "health_check",
        "client:request_current_state",
    ):
        await client.emit(event, {})
    second = (await librarian.create("Second")).id
    await client.emit("join:playlist", {"playlist_id": first})
    await client.emit("join:playlist", {"playlist_id": "nowhere"})
    await box.tap(TAGS[0])
    await box.services.deck.set_volume(30)
    await librarian.update(first, {"title": "Renamed", "description": ""})
    await librarian.move_track(first, second, 2)
    await client.emit("start_nfc_link", {"playlist_id": second, "client_op_id": "a"})
    await client.emit("join:nfc", {})
    await box.tap(TAGS[0])
    await client.emit("override_nfc_tag", {"playlist_id": second})
    await client.emit("stop_nfc_link", {"playlist_id": second, "client_op_id": "b"})
    await linking.open(None, 5)
    await trio.sleep(6)
    await client.emit("sync:request", {})
    await client.emit("sync:request", {"last_global_seq": "x", "requested_rooms": 5})
    playlist = await librarian.playlist(first)
    (librarian.folder / playlist.tracks[0].file_path).unlink()
    await box.services.importer.sync()
    await box.services.deck.start(first, 1)
    await trio.sleep(1)
    await _upload(box, first, sparse_wav(librarian.folder.parent / "new.wav", 1.0).read_bytes())
    with pytest.raises(UnsupportedMedia):
        await _upload(box, first, b"no sound at all")
    button = box.kernel.plug(FakeDevice("event0", keys={KEY_PLAYPAUSE}))
    await trio.sleep(LOOK_S + 0.1)
    box.services.keys.learn()
    button.press(KEY_PLAYPAUSE)
    button.release(KEY_PLAYPAUSE)
    assert box.rooms is not None
    box.rooms.turn("kitchen", 20)
    videos = [WantedVideo(each, None) for each in IDS[:2]]
    await box.services.downloads.add(second, videos)
    await trio.sleep(3 * FETCHING_S)
    box.services.updates.ask(wanted=False)
    await trio.sleep(2)
    await client.emit("leave:playlist", {"playlist_id": first})
    await librarian.delete(first)
    await client.emit("leave:playlists", {})
    await client.emit("leave:machines", {})
    await wait_all_tasks_blocked()


async def _upload(box: VirtualBox, playlist_id: str, content: bytes) -> None:
    uploads = box.services.uploads
    session = (await uploads.begin(playlist_id, NewUpload("a.wav", len(content), 1024 * 1024))).id
    await uploads.receive(playlist_id, session, 0, [content])
    await uploads.finalize(playlist_id, session, None, MetadataOverride())


def _wrong(validators: dict[str, Draft202012Validator], events: list[tuple[str, Any]]) -> Iterator[str]:
    for event_type, payload in events:
        for error in validators[event_type].iter_errors(payload):
            yield f"{event_type}: {error.json_path}: {error.message}"


@pytest.fixture
def validators() -> dict[str, Draft202012Validator]:
    described = document()
    schemas = described["components"]
    messages = described["components"]["messages"].values()
    return {
        message["name"]: Draft202012Validator({**message["payload"], "components": schemas}) for message in messages
    }


async def test_every_event_is_told_and_each_is_as_it_is_described(
    tmp_path: Path, validators: dict[str, Draft202012Validator]
) -> None:
    private = {IDS[1]: [YouTubeFault(Reason.PRIVATE, "This video is private.")]}
    youtube = FakeYouTube(faults=private)
    async with (
        virtual_box(tmp_path, youtube=youtube, updater=FakeUpdater(), rooms=FakeRooms(placed("kitchen"))) as box,
        socket_room(box) as room,
    ):
        client = await room.connect()
        await _live(box, client)
        assert list(_wrong(validators, client.events)) == []
        assert set(TOLD) - set(client.types()) == set()
