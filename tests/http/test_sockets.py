"""Every client event of wire.md section 5, and every server event at its moment to its room."""

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.sockets import SocketRoom, socket_room
from tests.rigs.virtual import virtual_time
from tomb.rehearsal.clients import SocketClient
from tomb.socketio import SocketLimits

pytestmark = virtual_time


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path) as box:
        yield box


@pytest.fixture
async def room(box: VirtualBox) -> AsyncIterator[SocketRoom]:
    async with socket_room(box) as room:
        yield room


# --- coming and going -----------------------------------------------------------------------------------------------


async def test_a_client_is_welcomed_with_the_current_number(box: VirtualBox, room: SocketRoom) -> None:
    client = await room.connect()
    [(event, status)] = client.events
    assert event == "connection_status"
    assert (status["status"], status["server_seq"]) == ("connected", box.services.events.number)
    assert status["server_time"] == pytest.approx(box.services.ports.wall(), abs=1)


async def test_joining_the_playlists_shows_them_and_the_player_and_then_acknowledges(
    box: VirtualBox, room: SocketRoom
) -> None:
    playlist_id = await box.add("One", 10)
    client = await room.connect("playlists")
    assert client.types()[1:] == ["state:playlists", "state:player", "ack:join"]
    [playlists] = client.of("state:playlists")
    assert [lite["id"] for lite in playlists["data"]["playlists"]] == [playlist_id]
    assert "tracks" not in playlists["data"]["playlists"][0]
    assert client.of("ack:join") == [{"room": "playlists", "success": True, "server_seq": box.services.events.number}]


async def test_joining_a_playlist_shows_it_with_its_tracks(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10, 11)
    client = await room.connect(playlist_id)
    [shown] = client.of("state:playlist")
    assert [track["number"] for track in shown["data"]["tracks"]] == [1, 2]
    [ack] = client.of("ack:join")
    assert (ack["room"], ack["playlist_id"]) == (f"playlist:{playlist_id}", playlist_id)
    assert ack["playlist_seq"] == shown["playlist_seq"] == shown["data"]["playlist_seq"]


@pytest.mark.parametrize("payload", [{}, {"playlist_id": "nowhere"}, {"playlist_id": 5}, "nonsense", None])
async def test_joining_a_playlist_that_is_not_there_is_refused_in_the_same_words(
    room: SocketRoom, payload: object
) -> None:
    client = await room.connect()
    await client.emit("join:playlist", payload)
    [ack] = client.of("ack:join")
    assert ack["success"] is False
    assert ack["message"]


async def test_leaving_a_room_ends_its_events(box: VirtualBox, room: SocketRoom) -> None:
    client = await room.connect("playlists")
    await client.emit("leave:playlists", {})
    client.take()
    await box.services.deck.set_volume(10)
    await wait_all_tasks_blocked()
    assert client.events == []


async def test_leaving_is_acknowledged(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10)
    client = await room.connect("playlists", playlist_id)
    await client.emit("leave:playlists")
    await client.emit("leave:playlist", {"playlist_id": playlist_id})
    assert [ack["room"] for ack in client.of("ack:leave")] == ["playlists", f"playlist:{playlist_id}"]
    assert client.of("ack:leave")[1]["playlist_id"] == playlist_id


async def test_an_acknowledgement_callback_gets_what_the_ack_event_says(box: VirtualBox, room: SocketRoom) -> None:
    client = await room.connect()
    answer = await client.ask("join:playlists", {})
    assert answer == client.of("ack:join")[0]


# --- questions ------------------------------------------------------------------------------------------------------


async def test_a_ping_comes_back_with_its_timestamp_or_the_time(box: VirtualBox, room: SocketRoom) -> None:
    client = await room.connect()
    await client.emit("client_ping", {"timestamp": 12345})
    await client.emit("client_ping")
    first, second = client.of("client_pong")
    assert first["timestamp"] == 12345
    assert second["timestamp"] == second["server_time"]
    assert first["server_seq"] == box.services.events.number


async def test_health_is_told_flat_and_nested(room: SocketRoom) -> None:
    client = await room.connect()
    await client.emit("health_check", {})
    [status] = client.of("health_status")
    assert status["connected_clients"] == 1
    assert status["health_metrics"]["services"] == status["services"]


async def test_the_current_state_is_shown_on_request(box: VirtualBox, room: SocketRoom) -> None:
    client = await room.connect()
    await client.emit("client:request_current_state", {"anything": 1})
    [shown] = client.of("state:player")
    assert shown["data"]["state"] == "stopped"
    assert shown["event_type"] == "state:player"


async def test_unknown_events_are_ignored_and_counted(room: SocketRoom) -> None:
    client = await room.connect()
    await client.emit("no:such:event", {"a": 1})
    assert client.types() == ["connection_status"]
    assert room.app.counters.unknown_events == 1


# --- what happens is told --------------------------------------------------------------------------------------------


async def test_a_tap_a_click_and_the_end_of_a_track_are_told_to_every_client(box: VirtualBox, room: SocketRoom) -> None:
    await box.add("One", 5, tag_id=TAGS[0])
    clients = [await room.connect("playlists") for _ in range(3)]
    for client in clients:
        client.take()
    await box.tap(TAGS[0])
    await box.services.deck.pause()
    await box.services.deck.play()
    await trio.sleep(10)
    states = [payload["data"]["state"] for payload in clients[0].of("state:player")]
    assert states == ["loading", "playing", "paused", "playing", "stopped"]
    assert clients[0].events == clients[1].events == clients[2].events
    assert clients[0].of("nfc_tag")[0]["tag_id"] == TAGS[0]


async def test_an_event_for_two_rooms_reaches_a_client_in_both_once(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("Two", 10, 11)
    both = await room.connect("playlists", playlist_id)
    lists = await room.connect("playlists")
    one = await room.connect(playlist_id)
    for client in (both, lists, one):
        client.take()
    await box.services.librarian.delete_tracks(playlist_id, [1])
    await wait_all_tasks_blocked()
    for client in (both, lists, one):
        [gone] = client.of("state:track_deleted")
        assert gone["track_numbers"] == gone["data"]["track_numbers"] == [1]
    assert both.numbers() == sorted(set(both.numbers()))


async def test_each_room_hears_only_its_own(box: VirtualBox, room: SocketRoom) -> None:
    first, second = await box.add("First", 10), await box.add("Second", 11)
    client = await room.connect(first)
    client.take()
    await box.services.librarian.update(second, {"title": "Other"})
    await wait_all_tasks_blocked()
    assert client.events == []
    await box.services.librarian.update(first, {"title": "Mine"})
    await wait_all_tasks_blocked()
    assert [payload["data"]["title"] for payload in client.of("state:playlist")] == ["Mine"]


# --- linking --------------------------------------------------------------------------------------------------------


async def test_a_link_over_the_socket_from_its_start_to_the_success(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10)
    client, stranger = await room.connect(), await room.connect()
    answer = await client.ask("start_nfc_link", {"playlist_id": playlist_id, "client_op_id": "op-1"})
    assert (answer["client_op_id"], answer["success"]) == ("op-1", True)
    assert client.of("ack:op")[0]["client_op_id"] == "op-1"
    await client.emit("join:nfc", {})
    assert client.of("nfc_status")[0]["state"] == "waiting"
    await box.tap(TAGS[0])
    assert [step["state"] for step in stranger.of("nfc_association_state")] == ["waiting", "success"]
    assert [step["state"] for step in client.of("nfc_status")] == ["waiting", "success"]
    assert stranger.of("nfc_status") == []


async def test_a_link_can_be_stopped_and_overridden_over_the_socket(box: VirtualBox, room: SocketRoom) -> None:
    await box.add("Old", 10, tag_id=TAGS[0])
    playlist_id = await box.add("New", 11)
    client = await room.connect()
    await client.emit("start_nfc_link", {"playlist_id": playlist_id})
    await client.emit("stop_nfc_link", {"playlist_id": playlist_id})
    await client.emit("override_nfc_tag", {"playlist_id": playlist_id, "tag_id": TAGS[0]})
    states = [step["state"] for step in client.of("nfc_association_state")]
    assert states == ["waiting", "cancelled", "waiting", "success"]
    assert box.services.librarian.lite(playlist_id).nfc_tag_id == TAGS[0]
    assert len(client.of("ack:op")) == 3


@pytest.mark.parametrize(
    ("event", "payload", "error_type"),
    [
        ("start_nfc_link", {"playlist_id": "nowhere", "client_op_id": "x"}, "not_found"),
        ("start_nfc_link", {"client_op_id": "x"}, "validation_error"),
        ("start_nfc_link", ["x"], "validation_error"),
        ("stop_nfc_link", {"playlist_id": "nowhere", "client_op_id": "x"}, "not_found"),
        ("override_nfc_tag", {"playlist_id": "nowhere", "tag_id": "nonsense", "client_op_id": "x"}, "validation_error"),
    ],
)
async def test_a_failing_operation_is_never_met_with_silence(
    room: SocketRoom, event: str, payload: object, error_type: str
) -> None:
    client = await room.connect()
    await client.emit(event, payload)
    [refusal] = client.of("err:op")
    assert (refusal["success"], refusal["error_type"]) == (False, error_type)
    assert refusal.get("client_op_id") == (payload["client_op_id"] if isinstance(payload, dict) else None)


async def test_an_operation_sent_twice_is_carried_out_once(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10)
    client, other = await room.connect(), await room.connect()
    request = {"playlist_id": playlist_id, "client_op_id": "op-1"}
    first = await client.ask("start_nfc_link", request)
    second = await other.ask("start_nfc_link", request)
    assert second["data"] == first["data"]
    assert len(client.of("nfc_association_state")) == 1
    await client.emit("start_nfc_link", {"playlist_id": UNKNOWN_TAG, "client_op_id": "op-1"})
    assert client.of("err:op")[0]["error_type"] == "conflict"


# --- having been away -----------------------------------------------------------------------------------------------


async def test_a_client_that_was_away_gets_exactly_what_it_missed(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10, 11)
    stayed = await room.connect("playlists", playlist_id)
    left = await room.connect("playlists", playlist_id)
    last = left.numbers()[-1]
    await left.wire.hang_up()
    stayed.take()
    await box.services.deck.set_volume(10)
    await box.services.librarian.delete_tracks(playlist_id, [2])
    await box.services.deck.set_volume(20)
    await wait_all_tasks_blocked()
    back = await room.connect()
    back.take()
    rooms = ["playlists", f"playlist:{playlist_id}"]
    await back.emit("sync:request", {"last_global_seq": last, "requested_rooms": rooms})
    assert [event for event in back.events if event[0].startswith("state:")] == stayed.events
    [complete] = back.of("sync:complete")
    assert sorted(complete["synced_rooms"]) == sorted(rooms)
    assert complete["current_global_seq"] == box.services.events.number
    back.take()
    stayed.take()
    await box.services.deck.set_volume(30)
    await wait_all_tasks_blocked()
    assert back.events == stayed.events


async def test_what_a_snapshot_showed_is_not_replayed(box: VirtualBox, room: SocketRoom) -> None:
    await box.services.deck.set_volume(10)
    client = await room.connect("playlists")
    client.take()
    await client.emit("sync:request", {"last_global_seq": 1})
    assert client.types() == ["sync:complete"]


async def test_a_client_that_was_away_too_long_is_shown_how_things_are(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, event_log_size=3) as box, socket_room(box) as room:
        playlist_id = await box.add("One", 10)
        last = box.services.events.number
        for volume in range(10):
            await box.services.deck.set_volume(volume)
        client = await room.connect()
        rooms = ["playlists", f"playlist:{playlist_id}"]
        await client.emit("sync:request", {"last_global_seq": last, "requested_rooms": rooms})
        assert client.types()[1:] == ["state:playlists", "state:player", "state:playlist", "sync:complete"]
        assert client.of("state:player")[0]["data"]["volume"] == 9


async def test_a_playlist_that_did_not_change_is_not_shown_again(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10)
    seq = box.services.librarian.lite(playlist_id).playlist_seq
    client = await room.connect()
    request = {"last_playlist_seqs": {playlist_id: seq}, "requested_rooms": [f"playlist:{playlist_id}"]}
    await client.emit("sync:request", request)
    assert client.of("state:playlist") == []
    assert client.of("sync:complete")[0]["synced_rooms"] == [f"playlist:{playlist_id}"]


@pytest.mark.parametrize(
    "request_", [{"last_global_seq": "soon"}, {"last_global_seq": -1}, {"requested_rooms": "all"}, [1], "x"]
)
async def test_a_malformed_sync_request_is_refused(room: SocketRoom, request_: object) -> None:
    client = await room.connect()
    await client.emit("sync:request", request_)
    assert client.types()[1:] == ["sync:error"]
    assert client.of("sync:error")[0]["error"]


async def test_of_positions_only_the_newest_is_replayed(box: VirtualBox, room: SocketRoom) -> None:
    await box.services.deck.start(await box.add("One", 60))
    last = box.services.events.number
    await trio.sleep(10)
    client = await room.connect()
    await client.emit("sync:request", {"last_global_seq": last, "requested_rooms": ["playlists"]})
    assert len(client.of("state:track_position")) == 1


async def test_a_replay_leaves_out_what_came_by_way_of_another_room(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("Two", 10, 11)
    client = await room.connect("playlists")
    last = box.services.events.number
    client.take()
    await box.services.librarian.delete_tracks(playlist_id, [1])
    await wait_all_tasks_blocked()
    assert len(client.of("state:track_deleted")) == 1
    client.take()
    await client.emit("sync:request", {"last_global_seq": last, "requested_rooms": [f"playlist:{playlist_id}"]})
    assert client.types() == ["state:playlist", "sync:complete"]


async def _away_while(box: VirtualBox, room: SocketRoom, edits: int) -> tuple[SocketClient, int]:
    """A client that has just come back, and the last number that it had heard before so many edits."""
    last = box.services.events.number
    for volume in range(edits):
        await box.services.deck.set_volume(volume % 100)
    back = await room.connect()
    back.take()
    return back, last


@pytest.mark.parametrize("edits", [100, 300, 400])
async def test_a_sync_after_many_edits_ends_and_drops_nobody(box: VirtualBox, room: SocketRoom, edits: int) -> None:
    """Each of them is two events, and 512 may wait for a client: what does not fit is shown as it is now."""
    client, last = await _away_while(box, room, edits)
    await client.emit("sync:request", {"last_global_seq": last, "requested_rooms": ["playlists"]})
    assert client.types()[-1] == "sync:complete"
    assert client.numbers() == sorted(client.numbers())
    assert client.of("state:player", "state:volume_changed")[-1]["data"]["volume"] == (edits - 1) % 100
    client.take()
    await box.services.deck.set_volume(50)
    await wait_all_tasks_blocked()
    assert "state:volume_changed" in client.types()
    assert set(room.app.counters.ended) == set()


async def test_a_slow_client_is_shown_one_huge_thing_after_the_other(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten playlists, of which two do not fit into a queue together."""
    monkeypatch.setattr("tomb.http.app.SocketLimits", partial(SocketLimits, queued_bytes=5_000))
    playlists = [await box.add(f"P{number}", *range(1, 9)) for number in range(10)]
    async with socket_room(box) as room:
        client = await room.connect()
        rooms = ["playlists", *(f"playlist:{playlist_id}" for playlist_id in playlists)]
        client.pause_s = 0.5
        await client.wire.send("42" + json.dumps(["sync:request", {"requested_rooms": rooms}]))
        await trio.sleep(30)
        assert [shown["playlist_id"] for shown in client.of("state:playlist")] == playlists
        assert client.of("sync:complete")[0]["synced_rooms"] == rooms
        assert set(room.app.counters.ended) == set()


async def test_a_playlist_larger_than_the_queue_can_be_joined(box: VirtualBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """7,000 tracks make a snapshot of more than the 4,000,000 characters that may wait; here the bound is smaller."""
    monkeypatch.setattr("tomb.http.app.SocketLimits", partial(SocketLimits, queued_bytes=2_000))
    playlist_id = await box.add("Huge", *range(1, 30))
    async with socket_room(box) as room:
        client = await room.connect(playlist_id)
        assert len(client.of("state:playlist")[0]["data"]["tracks"]) == 29
        assert client.of("ack:join")[0]["success"] is True
        assert set(room.app.counters.ended) == set()


# --- what a stranger may ask for --------------------------------------------------------------------------------------


async def test_rooms_that_are_not_there_are_not_joined(box: VirtualBox, room: SocketRoom) -> None:
    playlist_id = await box.add("One", 10)
    client = await room.connect()
    invented = ["nfc:invented", "playlist:invented", "caller:someone", "*", "", *(f"nfc:{n}" for n in range(900))]
    answer = await client.ask("sync:request", {"requested_rooms": [*invented, f"playlist:{playlist_id}"]})
    assert answer["synced_rooms"] == [f"playlist:{playlist_id}"]
    [entered] = room.app.namespace("/").clients.values()
    assert entered.rooms == {f"playlist:{playlist_id}", f"caller:{entered.sid}"}


async def test_a_linking_session_is_a_room_and_is_shown(box: VirtualBox, room: SocketRoom) -> None:
    session = await box.services.linking.open(await box.add("One", 10))
    client = await room.connect()
    answer = await client.ask("sync:request", {"requested_rooms": [f"nfc:{session.id}"]})
    assert answer["synced_rooms"] == [f"nfc:{session.id}"]
    assert client.of("nfc_status")[0]["state"] == "waiting"


async def test_nobody_is_in_more_rooms_than_allowed(
    box: VirtualBox, room: SocketRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.http.sockets.ROOMS_AT_MOST", 2)
    first, second, third = [await box.add(title, 10) for title in ("One", "Two", "Three")]
    client = await room.connect("playlists", first)
    await client.emit("join:playlist", {"playlist_id": second})
    assert client.of("ack:join")[-1]["success"] is False
    await client.emit("sync:request", {"requested_rooms": [f"playlist:{second}", f"playlist:{third}"]})
    assert "rooms" in client.of("sync:error")[0]["error"]
    await client.emit("leave:playlists")
    await client.emit("join:playlist", {"playlist_id": second})
    assert client.of("ack:join")[-1]["success"] is True
    await client.emit("join:playlist", {"playlist_id": second})
    assert client.of("ack:join")[-1]["success"] is True, "again is no more"


async def test_whoever_asks_too_often_is_told_so_and_served_again_later(box: VirtualBox, room: SocketRoom) -> None:
    client, other = await room.connect(), await room.connect()
    for _ in range(80):
        await client.wire.send('42["client_ping",{}]')
    await wait_all_tasks_blocked()
    assert len(client.of("client_pong")) == 50
    assert {refusal["error_type"] for refusal in client.of("err:op")} == {"rate_limit_exceeded"}
    await trio.sleep(1)
    await other.emit("client_ping")
    assert len(other.of("client_pong")) == 1


@pytest.mark.parametrize(
    "payload",
    ['{"timestamp":1e400}', '{"timestamp":-1e400}', '{"timestamp":[1]}', '{"timestamp":"' + "x" * 101 + '"}', "1e400"],
)
async def test_a_timestamp_that_is_none_is_refused_and_nothing_is_logged(
    room: SocketRoom, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = await room.connect()
    await client.wire.send(f'42["client_ping",{payload}]')
    await wait_all_tasks_blocked()
    assert [refusal["error_type"] for refusal in client.of("err:op")] == ["validation_error"]
    await client.wire.send('42["sync:request",{"requested_rooms":[1e400]}]')
    await wait_all_tasks_blocked()
    assert client.of("sync:error")[0].keys() == {"error"}
    assert caplog.records == []
