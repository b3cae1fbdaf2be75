"""A row for every route and every status that it can give; a route or a status without one fails."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.http.contract import BY_NAME, judge
from tests.http.rows import CHUNK_0, ROWS, Row, announced
from tests.http.world import World, made_world
from tests.rigs.asgi import served_box
from tomb.errors import NoSpace, Unavailable
from tomb.http import openapi
from tomb.http.app import ROUTES
from tomb.http.envelope import Success
from tomb.http.parsing import Body
from tomb.http.routes import Call, Route, Services
from tomb.rehearsal.simulated.rooms import FakeRooms, placed
from tomb.rehearsal.simulated.updates import FakeUpdater
from tomb.rehearsal.simulated.videos import FakeYouTube


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    rooms = FakeRooms(placed("kitchen"))
    async with served_box(tmp_path, youtube=FakeYouTube(), updater=FakeUpdater(), rooms=rooms) as (box, client):
        yield await made_world(box, client)


def filled(world: World, body: Any) -> Any:
    match body:
        case str():
            return world.filled(body)
        case dict():
            return {name: filled(world, value) for name, value in body.items()}
        case list():
            return [filled(world, value) for value in body]
    return body


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_route_answers_as_described(world: World, autojump_clock: MockClock, row: Row) -> None:
    if row.first is not None:
        await row.first(world)
    route = BY_NAME[row.route]
    path = world.filled(row.path) if row.path else world.address(route)
    body, headers = filled(world, row.body), dict(row.headers)
    answer = await world.client.ask(route.method, path, body, raw=row.raw and row.raw(), headers=headers)
    assert answer.status == row.status, answer.content
    judge(route, answer)


# --- what every route can answer ---------------------------------------------------------------------------------


EVERY = (403, 414, 429, 431, 500)
EVERY_CHANGE = (408, 409, 413, 415, 503, 507)
EVERY_LOOK = (503, 507)  # where it can give them at all


def test_every_route_has_a_row_for_every_status_that_it_can_give() -> None:
    covered = {name: {row.status for row in ROWS if row.route == name} for name in BY_NAME}
    unknown = {row.route for row in ROWS} - set(BY_NAME)
    assert not unknown
    for name, route in BY_NAME.items():
        by_all = {*EVERY, *(EVERY_CHANGE if route.method != "GET" else EVERY_LOOK)}
        assert openapi.statuses(route) - by_all <= covered[name], name
        assert covered[name] <= openapi.statuses(route), name


async def test_a_stranger_s_name_is_refused_everywhere(world: World, autojump_clock: MockClock) -> None:
    for route in ROUTES:
        answer = await world.client.ask(route.method, world.address(route), headers={"host": "evil.example"})
        assert answer.status == 403, route.name
        judge(route, answer)


async def test_what_is_too_large_is_refused_everywhere(world: World, autojump_clock: MockClock) -> None:
    for route in ROUTES:
        address = world.address(route)
        answer = await world.client.ask(route.method, f"{address}?x={'x' * 5000}")
        assert answer.status == 414, route.name
        judge(route, answer)
        answer = await world.client.ask(route.method, address, headers={"x_much": "x" * 13_000})
        assert answer.status == 431, route.name
        judge(route, answer)


FULL = NoSpace("the disk is full; nothing was changed")
BROKEN = Unavailable("the library cannot be written")


@pytest.mark.parametrize(("error", "status"), [(ValueError("/home/secret"), 500), (BROKEN, 503), (FULL, 507)])
async def test_what_goes_wrong_inside_is_told_as_that_and_nothing_more(
    tmp_path: Path, autojump_clock: MockClock, error: Exception, status: int
) -> None:
    async def fail(_services: Services, _: Call[Any]) -> Success[Any]:
        raise error

    routes = tuple(replace(route, handle=fail) for route in ROUTES)
    async with served_box(tmp_path, routes) as (box, client):
        world = await made_world(box, client)
        for route in routes:
            if status in openapi.statuses(BY_NAME[route.name]):
                answer = await world.ask(route, {"client_op_id": route.name} if route.method != "GET" else None)
                assert answer.status == status, route.name
                assert b"secret" not in answer.content
                assert b"Traceback" not in answer.content
                judge(BY_NAME[route.name], answer)


async def test_a_body_that_trickles_ends_everywhere(world: World, autojump_clock: MockClock) -> None:
    for route in _changing():
        pieces = [(9.0, b"{"), (21.0, b" "), (9.0, b"}")]
        answer = await world.client.ask(route.method, await _address(world, route), raw=pieces)
        assert answer.status == 408, route.name
        judge(route, answer)


async def test_a_body_of_ten_megabytes_is_refused_everywhere(world: World, autojump_clock: MockClock) -> None:
    body = b'{"title": "' + b"x" * 10_000_000 + b'"}'
    for route in (each for each in _changing() if each.limit is not None):
        answer = await world.client.ask(route.method, await _address(world, route), raw=body)
        assert answer.status == 413, route.name
        judge(route, answer)


async def test_a_body_that_is_no_json_is_refused_everywhere(world: World, autojump_clock: MockClock) -> None:
    for route in _changing():
        headers = {"content_type": "text/plain"}
        answer = await world.client.ask(route.method, world.address(route, chunk_index="0"), raw=b"{}", headers=headers)
        other = route.takes and route.body is Body  # where JSON is taken too, that is no picture either
        looked_at = 404 if route.limit is not None else 400  # no such upload, and no archive
        assert answer.status == (looked_at if other else 415), route.name
        judge(route, answer)


async def test_an_operation_s_id_cannot_be_used_for_another_everywhere(world: World, autojump_clock: MockClock) -> None:
    await world.client.put("/api/player/mode", client_op_id="mine", muted=True)
    for route in (each for each in _changing() if not each.takes and not each.secret):
        answer = await world.ask(route, {"client_op_id": "mine"})
        assert answer.status == 409, route.name
        assert answer.body["client_op_id"] == "mine"
        judge(route, answer)


async def test_who_asks_too_often_must_wait_everywhere(tmp_path: Path, autojump_clock: MockClock) -> None:
    options: dict[str, Any] = {f"rate_{each}": "1/0.001" for each in ("player", "youtube", "other")}
    async with served_box(tmp_path, ROUTES, rate_limits="on", rate_uploads=1, **options) as (box, client):
        world = await made_world(box, client)
        for route in ROUTES:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_dawdle, world, route)
                await trio.sleep(1)
                answer = await world.ask(route)
                nursery.cancel_scope.cancel()
            # Of uploads those count that run: one that only asks is never too often.
            if route.category != "uploads" or route.method != "GET":
                assert answer.status == 429, route.name
                assert 0 < int(answer.headers["retry-after"]) <= 1000
                judge(route, answer)


async def _dawdle(world: World, route: Route) -> None:
    await world.client.ask(route.method, await _address(world, route), raw=[(2.0, b"{"), (2.0, b"}")])


async def _address(world: World, route: Route) -> str:
    """Of the route, where a body is looked at: a chunk's only when there is a session for it."""
    if "chunk_index" not in route.path:
        return world.address(route)
    await announced(world)
    return world.filled(CHUNK_0)


def _changing() -> list[Route]:
    return [route for route in ROUTES if route.method != "GET"]


async def test_while_a_new_version_is_on_probation_what_lasts_is_refused_and_nothing_else(
    world: World, autojump_clock: MockClock
) -> None:
    world.box.services.probation.begin()
    for route in ROUTES:
        answer = await world.client.ask(route.method, world.address(route), {})
        held = answer.status == 503 and (answer.body["details"] or {}).get("update") == "proving"
        assert held == (route.method != "GET" and not route.playing and route.name not in NOT_LASTING), route.name
        judge(route, answer)


NOT_LASTING = {
    "POST /api/audio/test",
    "POST /api/imports/look",
    "POST /api/keys/learn",
    "DELETE /api/keys/learn",
    "POST /api/tags/<tag_id>/tap",
    "DELETE /api/nfc/session/<session_id>",
    "POST /api/system/restart",
    "POST /api/system/shutdown",
    "POST /api/system/update",
}
