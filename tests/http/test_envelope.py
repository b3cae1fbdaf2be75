"""Whatever goes wrong is told in one form, and what is a defect can be found in the log by the request's id."""

import logging
from pathlib import Path
from typing import Any

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock
from werkzeug.exceptions import Gone, ServiceUnavailable

from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tomb.errors import BadRequest, Conflict, NotFound
from tomb.http.api import busy
from tomb.http.envelope import Success
from tomb.http.routes import Call, Route, Services

GROUP = ExceptionGroup("both", [ExceptionGroup("one", [NotFound("tag", "1")]), Conflict("another")])


@pytest.mark.parametrize(
    ("error", "status", "error_type"),
    [
        (BadRequest("no", {"why": "so"}), 400, "bad_request"),
        (GROUP, 404, "not_found"),
        (ExceptionGroup("mixed", [NotFound("tag", "1"), KeyError("x")]), 500, "internal_error"),
        (KeyError("/secret"), 500, "internal_error"),
        (Gone(), 400, "bad_request"),
        (ServiceUnavailable(), 500, "internal_error"),
        (RecursionError(), 500, "internal_error"),
    ],
    ids=repr,
)
async def test_an_error_is_told_in_an_envelope(
    tmp_path: Path, autojump_clock: MockClock, error: Exception, status: int, error_type: str
) -> None:
    async def fail(_services: Services, _: Call[Any]) -> Success[None]:
        raise error

    async with served_box(tmp_path, (Route("POST", "/api/fail", fail),)) as (_, client):
        for body in ({}, {"client_op_id": "one"}):
            answer = await client.post("/api/fail", **body)
            assert (answer.status, answer.body["status"], answer.body["error_type"]) == (status, "error", error_type)
            assert b"secret" not in answer.content


async def test_what_fails_in_a_nursery_is_told_as_if_it_had_not(tmp_path: Path, autojump_clock: MockClock) -> None:
    async def fail() -> None:
        raise NotFound("tag", "1")

    async def handle(_services: Services, _: Call[Any]) -> Success[None]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            nursery.start_soon(trio.sleep_forever)
        return Success(None)

    async with served_box(tmp_path, (Route("GET", "/api/fail", handle),)) as (_, client):
        answer = await client.get("/api/fail")
        assert (answer.status, answer.body["details"]) == (404, {"resource": "tag", "id": "1"})


async def test_a_defect_is_in_the_log_under_the_id_that_the_client_was_told(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_services: Services, _: Call[Any]) -> Success[None]:
        raise ZeroDivisionError("the secret")

    async with served_box(tmp_path, (Route("GET", "/api/fail", fail),)) as (_, client):
        answer = await client.get("/api/fail")
        request_id = answer.body["request_id"]
        assert answer.headers["x-request-id"] == request_id
        [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert request_id in record.getMessage()
        assert record.exc_info is not None
        assert record.exc_info[0] is ZeroDivisionError


async def test_who_leaves_while_being_served_disturbs_nobody(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[str] = []

    async def slow(_services: Services, _: Call[Any]) -> Success[None]:
        try:
            await trio.sleep_forever()
        finally:
            ended.append("slow")

    async with served_box(tmp_path, (Route("GET", "/api/slow", slow), Route("GET", "/api/fast", _fast))) as (_, client):
        with trio.move_on_after(1):
            await client.get("/api/slow")
        assert ended == ["slow"]
        assert (await client.get("/api/fast")).status == 200
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def _fast(_services: Services, _: Call[Any]) -> Success[None]:
    return Success(None)


async def test_who_sends_slowly_is_given_up_while_others_are_served(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        status: list[int] = []

        async def trickle() -> None:
            pieces = [(1.0, b" ")] * 60
            status.append((await client.ask("POST", "/api/playlists", raw=pieces)).status)

        async with trio.open_nursery() as nursery:
            began = trio.current_time()
            nursery.start_soon(trickle)
            await trio.sleep(5)
            assert (await client.post("/api/playlists", title="in between")).status == 201
        assert status == [408]
        assert trio.current_time() - began == pytest.approx(20)


async def test_a_connection_for_which_there_is_no_place_hears_so_in_the_envelope(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        head, _, body = busy(box.services).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        told = from_json(body)
    assert first == "HTTP/1.1 503 Service Unavailable"
    assert (headers["retry-after"], headers["connection"], headers["cache-control"]) == ("2", "close", "no-store")
    assert int(headers["content-length"]) == len(body)
    assert (told["status"], told["error_type"], told["details"]) == ("error", "service_unavailable", None)
    assert (told["request_id"], told["server_seq"]) == (headers["x-request-id"], box.services.events.number)
    assert told["timestamp"] > 0
