"""What stands in the variable parts of an address arrives as it stands there, however often its shape was asked for."""

from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from trio.testing import MockClock
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from tests.rigs.asgi import served_box
from tomb.http import addresses
from tomb.http.addresses import Addresses
from tomb.http.app import ROUTES
from tomb.http.envelope import Success
from tomb.http.routes import Call, Route, Services
from tomb.ports import RealPorts

ONE, OTHER = RealPorts().new_id(), RealPorts().new_id()
EMOJI = "\N{GRINNING FACE}"  # four bytes a character, in memory
NIL = "00000000-0000-0000-0000-000000000000"
PARTS = (
    ONE,
    OTHER,
    NIL,
    ONE.upper(),
    f"{ONE}x",
    f"x{NIL}",
    ONE + OTHER,
    "7",
    "sync",
    "session",
    "",
    f"{ONE}\n",
    "Märchen",
)


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


def drawn(random: Random, path: str) -> str:
    """Something like that, or not quite."""
    parts = [random.choice(PARTS) if "<" in part else part for part in path.split("/")]
    if random.random() < 0.2:
        parts[random.randrange(len(parts))] = random.choice(PARTS)
    return "/".join(parts) + random.choice(["", "", "", "/", "//", "\n", "/x"])


def test_what_is_remembered_is_what_werkzeug_finds() -> None:
    random = Random(5)
    ours = Addresses(ROUTES)
    rules = [Rule(each.path, endpoint=each.name, methods=[each.method, "OPTIONS"]) for each in ROUTES]
    converters = {"default": addresses.Name}
    theirs = Map(rules, strict_slashes=False, merge_slashes=False, converters=converters).bind("tomb")
    found = refused = 0
    for _ in range(20_000):
        route = random.choice(ROUTES)
        path, method = (
            drawn(random, route.path),
            random.choice([route.method, route.method, "OPTIONS", "HEAD", "PATCH"]),
        )
        try:
            name, values = theirs.match(path, method)
        except HTTPException as error:
            with pytest.raises(type(error)):
                ours.find(method, path)
            refused += 1
        else:
            route, put_back = ours.find(method, path)
            assert (route.name, list(put_back.items())) == (name, list(values.items()))
            found += 1
    assert min(found, refused) > 2_000
    assert ours.remembered == addresses.SHAPES


def test_nobody_has_a_box_remember_much() -> None:
    ours = Addresses(ROUTES)
    for number in range(2 * addresses.SHAPES):
        for length in (10, 100, 1_000, 60_000):
            ours.find("PUT", f"/api/tags/{number}{EMOJI * length}")
    assert ours.remembered == addresses.SHAPES
    ours = Addresses(ROUTES)
    ours.find("PUT", f"/api/tags/{'x' * addresses.LONGEST_SHAPE}")
    assert ours.remembered == 0


def test_a_variable_part_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="is a name"):
        Addresses([Route("GET", "/api/tell/<uuid:playlist_id>", _tell)])
