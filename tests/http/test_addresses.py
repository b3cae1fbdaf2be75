"""What stands in the variable parts of an address arrives as it stands there, however often its shape was asked for."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tomb.http.envelope import Success
from tomb.http.routes import Call, Route, Services
from tomb.ports import RealPorts

ONE, OTHER = RealPorts().new_id(), RealPorts().new_id()
NIL = "00000000-0000-0000-0000-000000000000"


async def _tell(_services: Services, call: Call[Any]) -> Success[Any]:
    return Success({**call.path})


@pytest.mark.parametrize(
    "parts",
    [
        (ONE, OTHER),
        (OTHER, ONE),
        (ONE, ONE),
        (NIL, ONE),
        (ONE, NIL),
        (NIL, NIL),
        ("7", ONE),
        (ONE, "7"),
        (ONE, OTHER.upper()),
        (f"{ONE}-", OTHER),
        (f"x{ONE}", OTHER),
        (f"{NIL}x", ONE),
        (ONE, f"{NIL} "),
        (ONE, "Märchen"),
    ],
    ids=repr,
)
async def test_ids_are_those_of_this_address_whoever_asked_before(
    tmp_path: Path, autojump_clock: MockClock, parts: tuple[str, str]
) -> None:
    async with served_box(tmp_path, (Route("GET", "/api/tell/<playlist_id>/of/<track_id>", _tell),)) as (_, client):
        for first, second in ((ONE, OTHER), parts, (OTHER, ONE), parts):
            answer = await client.get(f"/api/tell/{quote(first)}/of/{quote(second)}")
            assert (answer.status, answer.data) == (200, {"playlist_id": first, "track_id": second})


@pytest.mark.parametrize("end", ["\n", "\n\n", "/of", "/of/a/b"], ids=repr)
async def test_an_address_that_is_almost_one_that_was_asked_for_is_not_that(
    tmp_path: Path, autojump_clock: MockClock, end: str
) -> None:
    async with served_box(tmp_path, (Route("GET", "/api/tell/<playlist_id>", _tell),)) as (_, client):
        assert (await client.get(f"/api/tell/{ONE}")).data == {"playlist_id": ONE}
        answer = await client.get(f"/api/tell/{OTHER}{quote(end)}")
        assert answer.status == (400 if "\n" in end else 404)
        assert not {ONE, NIL} & set(re.findall("[0-9a-f-]{36}", answer.content.decode()))
        assert (await client.post(f"/api/tell/{OTHER}")).status == 405
