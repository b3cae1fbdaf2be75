"""The box's mind over HTTP: the tables as they are, and where each machine is while things happen."""

from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from tests.http.world import FREE_TAG, TAG, made_world
from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tests.rigs.sockets import socket_room
from tomb.devices.reader import VIRTUAL
from tomb.machines.diagrams import TABLES, render
from tomb.machines.owners import OWNERS
from tomb.rehearsal.requests import Client


async def machines(client: Client) -> dict[str, Any]:
    return {each["name"]: each for each in (await client.get("/api/system/machines")).data}


async def where(client: Client, name: str) -> dict[str, str]:
    """Ids and states of the machines of one table."""
    return {each["id"]: each["state"] for each in (await machines(client))[name]["current"]}


async def test_every_table_is_shown_with_its_rows_in_the_order_they_are_tried(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        shown = await machines(client)
    assert list(shown) == [table.name for table in TABLES.values()]
    for table in TABLES.values():
        each = shown[table.name]
        assert (each["states"], each["initial"]) == (list(table.states), table.initial)
        assert (each["final"], each["mermaid"]) == (list(table.final), render(table))
        pairs = [(row["source"], row["event"]) for row in each["rows"]]
        for state in table.states:
            for event in table.events:
                assert pairs.count((state, event.__name__)) == len(table.rows_for(state, event))
        assert {row["dest"] for row in each["rows"]} <= set(table.states)
        assert len(each["theory"]) > 100
        owner = OWNERS[table.name]
        assert each["owner"] == owner.name
        assert {tie["who"]: tuple(tie["what"]) for tie in each["fired_by"]} == owner.fired_by
        assert {tie["who"]: tuple(tie["what"]) for tie in each["reaches"]} == owner.reaches


async def test_whoever_joins_sees_where_the_machines_are_and_then_each_move(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        await box.add("One", 10, tag_id=TAG)
        client = await room.connect()
        await client.emit("join:machines", {})
        there = {(each["name"], each["id"]): each["state"] for each in client.of("machine_state")}
        assert there["device", "audio"] == "pretending"
        assert client.types()[-1] == "ack:join"
        client.take()
        await box.tap(TAG)
        moves = [(each["id"], each["state"]) for each in client.of("machine_state")]
        assert moves == [(VIRTUAL, "present"), ("player", "playing"), (VIRTUAL, "fading"), (VIRTUAL, "absent")]
        await client.emit("leave:machines", {})
        client.take()
        await box.tap(TAG)
        assert client.of("machine_state") == []


async def test_the_machines_are_seen_to_move(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        session = world.names["session"]
        assert await where(client, "association") == {session: "waiting"}
        assert await where(client, "device") == {"audio": "pretending", "nfc": "pretending"} | {
            name: "up" for name in (await where(client, "device")) if name not in ("audio", "nfc")
        }
        box.reader.place(FREE_TAG)
        await trio.sleep(0.1)
        assert (await where(client, "presence"), await where(client, "association")) == (
            {VIRTUAL: "present"},
            {session: "success"},
        )
        box.reader.lift()
        await trio.sleep(0.1)
        assert await where(client, "presence") == {VIRTUAL: "fading"}
        await trio.sleep(1)
        box.reader.place(TAG)
        await trio.sleep(1)
        assert await where(client, "player") == {"player": "playing"}
        announced = await client.post(
            f"/api/playlists/{world.names['playlist']}/uploads/session", filename="a.mp3", file_size=9
        )
        assert await where(client, "upload") == {announced.data["session_id"]: "pending"}
        await trio.sleep(20)
        await client.get("/api/nfc/status")  # a session that has ended is listed for ten seconds
        assert await where(client, "association") == {}
