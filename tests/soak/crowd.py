"""A crowd: many clients watch one busy box, come and go, and at the end all of them must have seen the same.

Each keeps a picture of the box from nothing but what it was sent: snapshots, events, and what it missed while it was
away (`sync:request`). When the parents have stopped and the last event has reached everybody, every picture must be the
box's own answer over HTTP. A picture that differs has diverged; numbers that do not grow, or an event that comes twice,
are faults at once.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import trio
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, open_websocket_url

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Answer, Box, call, serving
from tests.soak.api import Complaint

PARENTS = 4
LISTS = 20
STAYS_S = 20.0  # at most, before a client goes away for a moment
# Playing alone changes these: they are told with the next edit and not before (wire.md, section 3).
UNTOLD = {"resume", "last_played", "server_seq", "tracks"}
MOVING = {"server_seq", "position_ms", "active_track", "client_op_id"}


@dataclass
class Tally:
    """`events`: all that the clients were sent. `returns`: how often one came back and asked for what it had missed."""

    clients: int = 0
    events: Counter[str] = field(default_factory=Counter)
    operations: Counter[int] = field(default_factory=Counter)
    returns: int = 0
    diverged: int = 0

    def __str__(self) -> str:
        statuses = ", ".join(f"{status} × {count}" for status, count in sorted(self.operations.items()))
        return (
            f"{self.clients} clients were sent {sum(self.events.values())} events of {sum(self.operations.values())}"
            f" operations ({statuses}), came back {self.returns} times, and {self.diverged} diverged"
        )


@dataclass
class Picture:
    """What one client knows."""

    watched: str
    player: dict[str, Any] = field(default_factory=dict)
    playlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    full: dict[str, Any] = field(default_factory=dict)
    number: int | None = None

    def learn(self, event: str, payload: dict[str, Any]) -> None:
        data = payload["data"]
        match event:
            case "state:player":
                self.player = data
            case "state:playlists":
                self.playlists = {lite["id"]: lite for lite in data["playlists"]}
            case "state:playlist_created" | "state:playlist_updated":
                self.playlists[data["playlist_id"]] = data["playlist"]
            case "state:playlist_deleted":
                self.playlists.pop(data["playlist_id"], None)
            case "state:playlist":
                self.full = data


class Watcher:
    """One client, which comes and goes until `leaving` is set, and then stays."""

    def __init__(self, port: int, watched: str, chance: Random, tally: Tally, leaving: trio.Event) -> None:
        self.picture = Picture(watched)
        self.heard = trio.Event()  # set, and made anew, with each event
        self._url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        self._chance = chance
        self._tally = tally
        self._leaving = leaving

    async def run(self) -> None:
        while True:
            try:
                async with open_websocket_url(self._url, message_queue_size=100) as socket:
                    await self._enter(socket)
                    with trio.move_on_after(self._stay()):
                        await self._listen(socket)
            except (ConnectionClosed, HandshakeError, OSError):
                await trio.sleep(0.1)
            if self.picture.number is not None:
                self._tally.returns += 1
            await trio.sleep(self._chance.uniform(0, 1))

    def _stay(self) -> float:
        return math.inf if self._leaving.is_set() else self._chance.uniform(0.5, STAYS_S)

    async def _enter(self, socket: WebSocketConnection) -> None:
        await socket.get_message()
        await socket.send_message("40")
        while not str(await socket.get_message()).startswith("40"):  # what is said before that is not heard
            pass
        rooms = ["playlists", f"playlist:{self.picture.watched}"]
        if self.picture.number is None:
            await socket.send_message('42["join:playlists",{}]')
            await socket.send_message("42" + json.dumps(["join:playlist", {"playlist_id": self.picture.watched}]))
        else:
            sync = {"last_global_seq": self.picture.number, "requested_rooms": rooms}
            await socket.send_message("42" + json.dumps(["sync:request", sync]))

    async def _listen(self, socket: WebSocketConnection) -> None:
        seen = set[str]()
        while True:
            message = str(await socket.get_message())
            if message == "2":
                await socket.send_message("3")
            elif message.startswith("42"):
                event, payload = json.loads(message[2:])
                self._tally.events[event] += 1
                if event.startswith("state:"):
                    self._learn(event, payload, seen)

    def _learn(self, event: str, payload: dict[str, Any], seen: set[str]) -> None:
        if payload["event_id"] in seen:
            raise Complaint(f"{event} {payload['event_id']} came twice")
        seen.add(payload["event_id"])
        if self.picture.number is not None and payload["server_seq"] < self.picture.number:
            raise Complaint(f"{event} has number {payload['server_seq']} after {self.picture.number}")
        self.picture.learn(event, payload)
        self.picture.number = payload["server_seq"]
        self.heard.set()
        self.heard = trio.Event()

    async def until(self, number: int) -> None:
        """Until an event of at least that number has been seen."""
        while (self.picture.number or 0) < number:
            await self.heard.wait()


async def gather(seed: int, clients: int, seconds: float, data: Path) -> Tally:
    """So many clients at a new box for so long, and until enough has happened. Raises: Complaint."""
    tally, chance, leaving = Tally(clients), Random(seed), trio.Event()
    env = {"TOMB_EVENT_LOG_SIZE": "300"}  # small, so that some come back too late for a replay
    async with serving(data, "--audio", "silent", "--reader", "virtual", env=env) as box:
        ids = [(await box.post("/api/playlists", {"title": f"List {number}"})).data["id"] for number in range(LISTS)]
        watchers = [
            Watcher(box.port, chance.choice(ids), Random(chance.random()), tally, leaving) for _ in range(clients)
        ]
        async with trio.open_nursery() as nursery:
            for watcher in watchers:
                nursery.start_soon(watcher.run)
            async with trio.open_nursery() as parents:
                for _ in range(PARENTS):
                    parents.start_soon(_edit, box.port, ids, Random(chance.random()), tally)
                await trio.sleep(seconds)
                while tally.returns < clients or sum(tally.operations.values()) < 2 * clients:
                    await trio.sleep(0.1)
                parents.cancel_scope.cancel()
            leaving.set()
            await _compare(box, watchers, tally)
            nursery.cancel_scope.cancel()
        if "Traceback" in box.log:
            raise Complaint(box.log[box.log.index("Traceback") - 300 :][:3000])
    return tally


async def _edit(port: int, ids: list[str], chance: Random, tally: Tally) -> None:
    """A parent. The lists that are watched stay; others come and go."""
    own: list[str] = []
    while True:
        answer = await _operation(port, ids, own, chance)
        tally.operations[answer.status] += 1
        if answer.status >= 500:
            raise Complaint(f"a parent was answered {answer.status}: {answer.content[:300]!r}")
        await trio.sleep(chance.uniform(0, 0.1))


async def _operation(port: int, ids: list[str], own: list[str], chance: Random) -> Answer:
    match chance.randrange(6):
        case 0:
            made = await call(port, "POST", "/api/playlists", {"title": f"Passing {chance.randrange(1000)}"})
            own.append(made.data["id"])
            return made
        case 1 if own:
            return await call(port, "DELETE", f"/api/playlists/{own.pop()}")
        case 2:
            return await call(port, "POST", "/api/player/volume", {"volume": chance.randrange(101)})
        case 3:
            mode = {"repeat_mode": chance.choice(("none", "track", "playlist")), "muted": chance.random() < 0.5}
            return await call(port, "PUT", "/api/player/mode", mode)
        case _:
            edit = {"title": f"List {chance.randrange(1000)}", "description": "x" * chance.randrange(500)}
            return await call(port, "PUT", f"/api/playlists/{chance.choice(ids)}", edit)


async def _compare(box: Box, watchers: list[Watcher], tally: Tally) -> None:
    """Everybody has heard the last event; then every picture is the box's own."""
    last = (await box.post("/api/player/volume", {"volume": 42})).data["server_seq"]
    with trio.move_on_after(PATIENCE_S) as patience:
        async with trio.open_nursery() as nursery:
            for watcher in watchers:
                nursery.start_soon(watcher.until, last)
    if patience.cancelled_caught:
        late = sum((watcher.picture.number or 0) < last for watcher in watchers)
        raise Complaint(f"{late} clients never heard event {last}: {tally}")
    player = await box.player()
    lists = await _all_lists(box)
    for watcher in watchers:
        picture = watcher.picture
        full = (await box.get(f"/api/playlists/{picture.watched}")).data
        wrong = [
            name
            for name, mine, its in (
                ("player", _without(picture.player, MOVING), _without(player, MOVING)),
                ("playlists", _edited(picture.playlists), _edited(lists)),
                ("playlist", picture.full["playlist_seq"], full["playlist_seq"]),
                ("title", picture.full["title"], full["title"]),
            )
            if mine != its
        ]
        tally.diverged += bool(wrong)
    if tally.diverged:
        raise Complaint(str(tally))


async def _all_lists(box: Box) -> dict[str, dict[str, Any]]:
    lists: dict[str, dict[str, Any]] = {}
    page = 1
    while True:
        found = (await box.get(f"/api/playlists?tracks=false&limit=100&page={page}")).data
        lists |= {each["id"]: each for each in found["items"]}
        if page >= found["total_pages"]:
            return lists
        page += 1


def _edited(playlists: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each: _without(playlist, UNTOLD) for each, playlist in playlists.items()}


def _without(data: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}
