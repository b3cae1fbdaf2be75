"""A change that carries a client_op_id is made once, however often it is sent, and whoever goes away meanwhile."""

import gc
import traceback
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tomb.errors import Conflict, NotFound
from tomb.http.envelope import Encoded, Success
from tomb.http.operations import DRAIN_S, KEPT_BYTES, Operations
from tomb.http.routes import Call, Route, Services
from tomb.rehearsal.requests import Answer

CREATE: dict[str, Any] = {"title": "Songs", "client_op_id": "one"}


async def test_a_repeated_create_makes_one_playlist_and_gets_the_same_answer(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        first = await client.post("/api/playlists", **CREATE)
        told = len(box.events)
        again = await client.post("/api/playlists", **CREATE)
        assert (first.status, again.status) == (201, 201)
        assert first.data == again.data
        assert first.data["client_op_id"] == first.body["client_op_id"] == "one"
        assert box.services.librarian.count() == 1
        assert len(box.events) == told


async def test_what_was_refused_is_refused_again_as_often_as_it_is_asked(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        for _ in range(3):
            answer = await client.post("/api/playlists/nowhere/start", client_op_id="one")
            assert answer.status == 404
            assert answer.body["client_op_id"] == "one"
        assert len(box.told("err:op")) == 1


async def test_an_id_stands_for_one_method_path_and_body(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        made = (await client.post("/api/playlists", **CREATE)).data["id"]
        others = (
            await client.post("/api/playlists", title="Other", client_op_id="one"),
            await client.put(f"/api/playlists/{made}", **CREATE),
            await client.post("/api/player/play", client_op_id="one"),
            await client.ask("POST", "/api/playlists?x=1", CREATE),
        )
        assert [answer.status for answer in others] == [409, 409, 409, 409]
        assert box.services.librarian.count() == 1


async def test_a_repetition_that_comes_too_early_waits_for_the_first(tmp_path: Path, autojump_clock: MockClock) -> None:
    asked = 0

    async def slow(_services: Services, _: Call[Any]) -> Success[Any]:
        nonlocal asked
        asked += 1
        await trio.sleep(3)
        return Success({"asked": asked})

    answers: list[Answer] = []
    async with served_box(tmp_path, (Route("POST", "/api/slow", slow),)) as (_, client):

        async def ask() -> None:
            answers.append(await client.post("/api/slow", client_op_id="one"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.sleep(1)
            nursery.start_soon(ask)
    assert [answer.data["asked"] for answer in answers] == [1, 1]


async def test_who_goes_away_does_not_stop_what_was_begun(tmp_path: Path, autojump_clock: MockClock) -> None:
    done: list[str] = []

    async def slow(_services: Services, call: Call[Any]) -> Success[Any]:
        await trio.sleep(call.path["track_number"])
        done.append(call.given.client_op_id)
        return Success({"done": len(done)})

    async with served_box(tmp_path, (Route("POST", "/api/slow/<track_number>", slow),)) as (_, client):
        for seconds in (3, 30):
            with trio.move_on_after(1):
                await client.post(f"/api/slow/{seconds}", client_op_id=f"takes {seconds}")
        assert done == ["takes 3"]  # and the other was given up in the end: a shutdown need not wait for it
        again = await client.post("/api/slow/3", client_op_id="takes 3")
        assert again.data["done"] == 1
        assert done == ["takes 3"]


async def test_what_runs_while_the_box_stops_is_drained_whoever_still_waits_for_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    done: list[str] = []
    statuses: dict[str, int] = {}

    async def slow(_services: Services, call: Call[Any]) -> Success[Any]:
        await trio.sleep(call.path["track_number"] / 100)
        done.append(call.given.client_op_id)
        return Success({"done": len(done)})

    async with served_box(tmp_path, (Route("POST", "/api/slow/<track_number>", slow),)) as (box, client):

        async def ask(op_id: str, hundredths: int, patience_s: float = 100) -> None:
            with trio.move_on_after(patience_s):
                statuses[op_id] = (await client.post(f"/api/slow/{hundredths}", client_op_id=op_id)).status

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, "soon done", 120)
            nursery.start_soon(ask, "takes long", 900)
            nursery.start_soon(ask, "takes long, and nobody waits", 900, 0.5)
            await trio.sleep(1)
            box.services.process.end()
            stopped = trio.current_time()
        assert trio.current_time() - stopped <= DRAIN_S + 0.01
        await trio.sleep(10)
    assert done == ["soon done"]
    assert statuses == {"soon done": 200, "takes long": 503}


async def test_what_went_wrong_inside_may_be_tried_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    asked = 0

    async def moody(_services: Services, _: Call[Any]) -> Success[Any]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise RuntimeError("once")
        return Success({"asked": asked})

    async with served_box(tmp_path, (Route("POST", "/api/moody", moody),)) as (box, client):
        ask = partial(client.post, "/api/moody", client_op_id="one")
        assert [(await ask()).status, (await ask()).status] == [500, 200]
        assert [event.type for event in box.events if event.type.endswith(":op")] == ["err:op", "ack:op"]


async def test_ids_are_forgotten_after_their_time(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await client.post("/api/playlists", **CREATE)
        await trio.sleep(299)
        await client.post("/api/playlists", **CREATE)
        assert box.services.librarian.count() == 1
        await trio.sleep(301)
        assert (await client.post("/api/playlists", **CREATE)).status == 201
        assert box.services.librarian.count() == 2


async def test_every_operation_is_acknowledged_to_the_room(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await client.put("/api/player/mode", muted=True, client_op_id="one")
        await client.post("/api/player/volume", volume=200, client_op_id="two")
        told = {event.type: from_json(event.payload) for event in box.events}
        done, refused = told["ack:op"], told["err:op"]
        assert (done["client_op_id"], done["success"], done["data"]["muted"]) == ("one", True, True)
        assert (refused["client_op_id"], refused["error_type"]) == ("two", "validation_error")


async def test_a_refusal_that_is_kept_does_not_grow_and_keeps_nothing_alive(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        operations = Operations(box.services.events, 300, 600)
        depths: list[int] = []

        async def refuse() -> Success[None]:
            pinned = Pinned()
            watched.append(weakref.ref(pinned))
            raise NotFound("playlist", "x") from ValueError(pinned)

        watched: list[weakref.ref[Pinned]] = []
        for _ in range(50):
            with pytest.raises(NotFound, match="playlist not found: x") as refused:
                await operations.once("one", ("asked",), refuse)
            assert refused.value.details == {"resource": "playlist", "id": "x"}
            depths.append(len(list(traceback.walk_tb(refused.value.__traceback__))))
            del refused
        assert len(set(depths[1:])) == 1
        gc.collect()
        assert [each() for each in watched] == [None]


async def test_what_is_kept_of_large_answers_is_bounded_and_nothing_is_done_twice(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        operations = Operations(box.services.events, 300, 600)
        done: list[int] = []

        async def ask(number: int) -> Success[Any]:
            async def carry_out() -> Success[Any]:
                done.append(number)
                return Success(Encoded(bytes(100_000 if number % 2 else 1_000_000)))

            return await operations.once(f"{number}", ("asked", number), carry_out)

        for number in range(200):
            await ask(number)
        assert operations.kept_bytes <= KEPT_BYTES
        repeated, refused = list[int](), list[object]()
        for number in range(200):
            try:
                repeated.append(len((await ask(number)).data.json))
            except Conflict as error:
                refused.append(error.details)
        assert refused == [{"carried_out": True}] * (200 - len(repeated))
        assert done == list(range(200))
        assert repeated.count(100_000) == 100
        await trio.sleep(601)
        assert isinstance(await operations.once("large", ("asked",), huge), Success)
        with pytest.raises(Conflict, match="carried out"):
            await operations.once("large", ("asked",), huge)
        assert operations.kept_bytes == 0


async def huge() -> Success[Any]:
    return Success(Encoded(bytes(KEPT_BYTES + 1)))


class Pinned:
    """Stands for what is in the frames of a request: its body, its connection."""
