"""Two clients and one box: whatever happens, from wherever, both end with the server's state and have missed nothing.

Operations come over HTTP, from sockets, from taps and from tracks that end; the clients drop and resume at random. Each
client keeps a copy of the box from what it was told alone. The box keeps a list of all that it told, for comparison.
"""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_jsonable_python
from trio.testing import wait_all_tasks_blocked

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.sockets import SocketRoom, socket_room
from tests.rigs.virtual import run_virtually
from tomb.events import PLAYLISTS, POSITION, playlist_room
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.requests import Client as HttpClient

OPERATIONS = 200
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
LENGTHS = ((2.0, 3.0, 4.0), (5.0,), (3.0, 2.5))
# What playing alone changes is no edit: nobody is told of it until something else about the playlist changes.
STATISTICS = {"resume", "last_played", "server_seq"}

# A run of 200 operations takes about a second; making a failing one small takes an hour, so that is done by hand.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

presses = st.sampled_from(("play", "pause", "toggle", "stop", "next", "previous"))
which = st.integers(0, 2)
operations = st.one_of(
    st.tuples(st.just("press"), presses),
    st.tuples(st.just("volume"), st.integers(0, 100)),
    st.tuples(st.just("mode"), st.sampled_from(("none", "track", "playlist")), st.booleans()),
    st.tuples(st.just("start"), which),
    st.tuples(st.just("tap"), which),
    st.tuples(st.just("wait"), st.sampled_from((0.1, 1.0, 5.0))),
    st.tuples(st.just("rename"), which, st.text(min_size=1, max_size=5).filter(str.strip)),
    st.tuples(st.just("reorder"), which),
    st.tuples(st.just("cut"), which),
    st.tuples(st.just("create"), st.integers(0, 9)),
    st.tuples(st.just("link"), which),
    st.tuples(st.just("unlink"), which),
    st.tuples(st.just("drop"), st.integers(0, 1)),
    st.tuples(st.just("resume"), st.integers(0, 1)),
)


@dataclass
class Replica:
    """What a client knows, from what it was told. `ids`: of the events it was told, snapshots left out at the end."""

    rooms: list[str]
    client: SocketClient | None = None
    player: dict[str, Any] = field(default_factory=dict)
    playlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    watched: dict[str, Any] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    number: int | None = None

    def learn(self) -> None:
        for event_type, payload in self.client.take() if self.client else ():
            if event_type.startswith("state:"):
                self._apply(event_type, payload["data"])
                self.number = payload["server_seq"]
                if event_type != POSITION:
                    self.ids.append(payload["event_id"])

    def _apply(self, event_type: str, data: dict[str, Any]) -> None:
        match event_type:
            case "state:player":
                self.player = data
            case "state:playlists":
                self.playlists = {lite["id"]: lite for lite in data["playlists"]}
            case "state:playlist_created" | "state:playlist_updated":
                self.playlists[data["playlist_id"]] = data["playlist"]
            case "state:playlist_deleted":
                self.playlists.pop(data["playlist_id"], None)
            case "state:playlist":
                self.watched = data


@dataclass
class Play:
    """One run: the box, the ways to reach it, and both clients."""

    box: VirtualBox
    room: SocketRoom
    http: HttpClient
    playlist_ids: list[str]
    replicas: list[Replica]

    async def do(self, operation: tuple[Any, ...]) -> None:
        name, *args = operation
        await getattr(self, name)(*args)
        await wait_all_tasks_blocked()

    async def press(self, button: str) -> None:
        await self._ask("POST", f"/api/player/{button}")

    async def volume(self, volume: int) -> None:
        await self._ask("POST", "/api/player/volume", {"volume": volume})

    async def mode(self, repeat: str, shuffle: bool) -> None:
        await self._ask("PUT", "/api/player/mode", {"repeat_mode": repeat, "shuffle_enabled": shuffle})

    async def start(self, index: int) -> None:
        await self._ask("POST", f"/api/playlists/{self.playlist_ids[index]}/start")

    async def tap(self, index: int) -> None:
        await self.box.tap(TAGS[index], 0.5)

    async def wait(self, seconds: float) -> None:
        await trio.sleep(seconds)

    async def rename(self, index: int, title: str) -> None:
        await self._ask("PUT", f"/api/playlists/{self.playlist_ids[index]}", {"title": title})

    async def reorder(self, index: int) -> None:
        count = self.box.services.librarian.lite(self.playlist_ids[index]).track_count
        order = list(range(count, 0, -1))
        await self._ask("POST", f"/api/playlists/{self.playlist_ids[index]}/reorder", {"track_order": order})

    async def cut(self, index: int) -> None:
        await self._ask("DELETE", f"/api/playlists/{self.playlist_ids[index]}/tracks", {"track_numbers": [1]})

    async def create(self, number: int) -> None:
        await self._ask("POST", "/api/playlists", {"title": f"New {number}"})

    async def link(self, index: int) -> None:
        await self._say("start_nfc_link", index)

    async def unlink(self, index: int) -> None:
        await self._say("stop_nfc_link", index)

    async def drop(self, index: int) -> None:
        replica = self.replicas[index]
        if replica.client is not None:
            replica.learn()
            await replica.client.wire.hang_up()
            replica.client = None

    async def resume(self, index: int) -> None:
        replica = self.replicas[index]
        if replica.client is None:
            replica.client = await self.room.connect()
            sync = {"last_global_seq": replica.number, "requested_rooms": replica.rooms}
            await replica.client.emit("sync:request", sync)

    async def _ask(self, method: str, path: str, body: object = None) -> None:
        answer = await self.http.ask(method, path, body)
        assert answer.status < 500, (method, path, body, answer)

    async def _say(self, event: str, index: int) -> None:
        for replica in self.replicas:
            if replica.client is not None:
                await replica.client.emit(event, {"playlist_id": self.playlist_ids[index]})
                return


@given(st.lists(operations, min_size=OPERATIONS, max_size=OPERATIONS))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
def test_two_clients_that_drop_and_resume_end_with_the_state_of_the_box(wanted: list[tuple[Any, ...]]) -> None:
    run_virtually(_play_out, wanted)


async def _play_out(wanted: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory(dir=MEMORY) as folder:
        async with virtual_box(Path(folder)) as box, socket_room(box) as room:
            ids = [
                await box.add(f"List {index}", *lengths, tag_id=TAGS[index]) for index, lengths in enumerate(LENGTHS)
            ]
            rooms = [PLAYLISTS, playlist_room(ids[0])]
            replicas = [Replica(rooms, await room.connect(PLAYLISTS, ids[0])) for _ in range(2)]
            began = box.services.events.number
            play = Play(box, room, HttpClient(room.app), ids, replicas)
            for operation in wanted:
                await play.do(operation)
            for index in range(2):
                await play.resume(index)
            await box.services.deck.stop()
            await trio.sleep(2)
            for replica in replicas:
                replica.learn()
                _has_the_state_of(box, replica, ids[0])
                assert _without_snapshots(box, replica) == _entitled(box, rooms, began)


def _has_the_state_of(box: VirtualBox, replica: Replica, watched: str) -> None:
    state = box.services.deck.state(0).model_dump(mode="json")
    moving = {"server_seq", "position_ms", "active_track"}
    assert {key: replica.player[key] for key in state if key not in moving} == {
        key: value for key, value in state.items() if key not in moving
    }
    lites = {lite.id: to_jsonable_python(lite) for lite in box.services.librarian.lites()}
    assert {each: _edited(replica.playlists[each]) for each in replica.playlists} == {
        each: _edited(lite) for each, lite in lites.items()
    }
    assert replica.watched["playlist_seq"] == lites[watched]["playlist_seq"]


def _edited(playlist: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in playlist.items() if key not in STATISTICS | {"tracks"}}


def _entitled(box: VirtualBox, rooms: list[str], since: int) -> list[str]:
    """The ids of all that was told in these rooms, in order."""
    told = [event for event in box.events if event.number > since and not event.rooms.isdisjoint(rooms)]
    return [from_json(event.payload)["event_id"] for event in told if event.type != POSITION]


def _without_snapshots(box: VirtualBox, replica: Replica) -> list[str]:
    told = {from_json(event.payload)["event_id"] for event in box.events if event.number}
    return [event_id for event_id in replica.ids if event_id in told]
