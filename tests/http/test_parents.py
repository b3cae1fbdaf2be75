"""What parents choose, and the PIN that keeps it theirs."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock

from tests.http.world import made_world
from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tests.rigs.sockets import socket_room
from tomb.http.app import ROUTES
from tomb.library.tunes import SETS
from tomb.rehearsal.requests import Client

PIN = "2580"
# What a child may do without anybody's leave: to play, and what it takes to see what can be played.
PLAYING = (
    r"(GET|POST|PUT) /api/(player|playback)/.*",
    r"GET /api/playlists(/<playlist_id>(/cover)?)?",
    r"POST /api/playlists/<playlist_id>/(tap|start|play/<track_number>)",
    r"GET /api/tracks/.*",
    r"GET /api/(health|system/machines)",
    r"(PUT|DELETE) /api/reader/tag",  # stands for the reader itself
    r"(POST|DELETE) /api/pin/session",
    r"(GET|PUT) /api/speakers.*",  # the volume of a room
    r"GET /api/(openapi\.json|asyncapi\.json|docs)",
)


async def test_what_parents_choose_counts_at_once_and_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        await client.post("/api/player/volume", volume=80)
        chosen = await client.put("/api/settings", volume_ceiling=40, same_tag="restart", on_removal="pause")
        assert chosen.data["volume_ceiling"] == 40
        assert (await client.get("/api/player/status")).data["volume"] == 40
        assert (await client.post("/api/player/volume", volume=100)).data["volume"] == 40
        assert (box.services.deck.policy.same_tag, box.services.deck.policy.on_removal) == ("restart", "pause")
    async with served_box(tmp_path) as (box, client):
        assert (await client.get("/api/settings")).data["same_tag"] == "restart"
        assert (await client.post("/api/player/volume", volume=100)).data["volume"] == 40
        back = await client.put("/api/settings", volume_ceiling=None)
        assert (back.data["volume_ceiling"], back.data["same_tag"]) == (100, "restart")


async def test_what_the_operator_set_is_shown_as_fixed_and_stays(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        await client.put("/api/settings", volume_ceiling=90)
    async with served_box(tmp_path, volume_ceiling=30) as (_, client):
        shown = (await client.get("/api/settings")).data
        assert (shown["volume_ceiling"], shown["fixed"]) == (30, ["volume_ceiling"])
        refused = await client.put("/api/settings", volume_ceiling=80, same_tag="next")
        assert (refused.status, refused.body["details"]) == (400, {"fixed": ["volume_ceiling"]})
        assert (await client.get("/api/settings")).data["same_tag"] == "toggle"
        assert (await client.post("/api/player/volume", volume=80)).data["volume"] == 30


def test_only_playing_goes_without_a_pin() -> None:
    for route in ROUTES:
        assert route.playing == any(re.fullmatch(pattern, route.name) for pattern in PLAYING), route.name


async def test_a_pin_guards_everything_but_playing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        assert (await client.put("/api/settings", pin=PIN)).data["pin_set"]
        for route in ROUTES:
            answer = await world.ask(route)
            asked_for = answer.status == 403 and answer.body["details"] == {"pin_required": True}
            assert asked_for == (not route.playing), route.name
        assert box.services.librarian.count() == 3


async def test_the_pin_opens_and_its_cookie_cannot_be_read_or_sent_by_pages(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        await client.put("/api/settings", pin=PIN)
        opened = await client.post("/api/pin/session", pin=PIN)
        assert opened.data["admitted"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(opened.headers["set-cookie"].split("; "))
        assert (await client.get("/api/settings")).status == 200
        assert (await client.delete("/api/pin/session")).data["admitted"] is False
        assert (await client.get("/api/settings")).status == 403


async def test_a_stolen_or_old_cookie_opens_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        await client.put("/api/settings", pin=PIN)
        await client.post("/api/pin/session", pin=PIN)
        forged = replace(client, cookies={"tomb_parents": "00000000-0000-4000-8000-000000000000"})
        assert (await forged.get("/api/settings")).status == 403
        await trio.sleep(3500)
        assert (await client.get("/api/settings")).status == 200  # which counts as use
        await trio.sleep(3500)
        assert (await client.get("/api/settings")).status == 200
        await trio.sleep(3601)
        assert (await client.get("/api/settings")).status == 403


async def test_another_pin_ends_what_the_old_one_opened(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        await client.put("/api/settings", pin=PIN)
        await client.post("/api/pin/session", pin=PIN)
        await client.put("/api/settings", pin="0000")
        assert (await client.get("/api/settings")).status == 403
        assert (await client.post("/api/pin/session", pin=PIN)).status == 403
        await client.post("/api/pin/session", pin="0000")
        assert (await client.put("/api/settings", pin=None)).data["pin_set"] is False
    async with served_box(tmp_path) as (_, client):
        assert (await client.get("/api/settings")).status == 200


async def test_guessing_is_slow_for_one_and_for_many(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        await client.put("/api/settings", pin=PIN)
        tries = [await client.post("/api/pin/session", pin="0000") for _ in range(7)]
        assert [answer.status for answer in tries] == [403] * 5 + [429] * 2
        assert (await client.post("/api/pin/session", pin=PIN)).status == 429  # not even the right one
        others = [replace(client, address=f"192.168.1.{number}", cookies={}) for number in range(100, 140)]
        answers = [(await other.post("/api/pin/session", pin="0000")).status for other in others]
        assert answers.count(403) == 25
        await trio.sleep(61)
        assert (await client.post("/api/pin/session", pin=PIN)).status == 200


async def test_the_pin_guards_sockets_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        playlist = await box.add("One", 1.0)
        box.services.parent_auth.use(await box.services.parent_auth.seal(PIN))
        child = await room.connect("playlists")
        for event in ("start_nfc_link", "stop_nfc_link", "override_nfc_tag"):
            refused = await child.ask(event, {"playlist_id": playlist, "client_op_id": event})
            assert (refused["error_type"], refused["client_op_id"]) == ("forbidden", event)
        assert box.services.linking.live is None
        token = await box.services.parent_auth.enter(PIN, "192.168.1.7")
        parent = await room.connect(cookie=f"other=1; tomb_parents={token}")
        assert (await parent.ask("start_nfc_link", {"playlist_id": playlist}))["success"]


async def test_who_repeats_a_parent_s_request_hears_nothing_of_its_answer(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The id was announced to everybody, and with it each guess was answered at once, the right one with the cookie."""
    async with served_box(tmp_path) as (box, client):
        child = replace(client, address="192.168.1.9", cookies={})
        await client.put("/api/settings", pin=PIN, client_op_id="set")
        entered = await client.post("/api/pin/session", pin=PIN, client_op_id="enter")
        assert (entered.status, entered.body["client_op_id"]) == (200, "enter")
        guesses = [
            (await child.post("/api/pin/session", pin=f"{guess:04}", client_op_id="enter")).status for guess in range(8)
        ]
        assert guesses == [403] * 5 + [429] * 3
        again = await child.post("/api/pin/session", pin=PIN, client_op_id="enter")
        assert again.status == 429
        assert child.cookies == {}
        assert (await child.put("/api/settings", pin=PIN, client_op_id="set")).status == 403
        await client.delete("/api/pin/session", client_op_id="leave")
        assert (await client.get("/api/settings")).status == 403
        assert box.told("ack:op") == box.told("err:op") == []


async def test_a_pin_in_a_body_that_is_refused_is_not_announced_either(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        for raw in (
            b'{"client_op_id": "one", "pin": "12x4"}',
            b'{"client_op_id": "one", "p\\u0069n": "12x4"}',
            b'{"client_op_id": "one", "pin": "1234", "volume_ceiling": 200}',
        ):
            assert (await client.ask("PUT", "/api/settings", raw=raw)).status == 400
        assert box.told("err:op") == []
        await client.put("/api/settings", client_op_id="two", volume_ceiling=50)
        assert len(box.told("ack:op")) == 1


GOOD = {"title": "t", "tag_id": "04A1B2C3", "position_ms": 0, "volume": 1, "seconds": 1, "track_order": [1, 2, 3]}


async def test_who_may_only_play_does_not_hear_what_only_parents_may_look_at(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        for route in (each for each in ROUTES if each.method != "GET" and not each.takes):
            if route.name != "POST /api/system/restart":
                await world.ask(route, GOOD | {"client_op_id": route.name})
        heard = [from_json(event.payload) for event in box.events if event.type == "ack:op"]
        with_data = {each["client_op_id"] for each in heard if "data" in each}
        assert with_data <= {route.name for route in ROUTES if route.playing}
        assert len(heard) > len(with_data) > 5


async def test_the_pin_is_kept_as_a_hash_only(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await client.put("/api/settings", pin="93017745", client_op_id="set")
        assert all(b"93017745" not in event.payload for event in box.events)
        assert "93017745" not in str(await box.services.librarian.settings())
    assert all(b"93017745" not in path.read_bytes() for path in (tmp_path / "data").glob("tomb.db*"))


async def test_without_a_pin_nothing_is_to_unlock(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        assert (await client.post("/api/pin/session", pin=PIN)).status == 400
        assert (await client.get("/api/settings")).status == 200


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "１２３４", 1234, None])
async def test_a_pin_is_four_to_twelve_digits(tmp_path: Path, autojump_clock: MockClock, pin: object) -> None:
    async with served_box(tmp_path) as (_, client):
        assert (await client.post("/api/pin/session", pin=pin)).fields == ["pin"]


async def test_what_the_box_is_called_is_told_to_whoever_asks_or_joins(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        assert (await client.get("/api/settings")).data["box_name"] == ""
        assert b"<title>The Open Music Box</title>" in (await client.get("/")).content
        await client.put("/api/settings", box_name="  Tilda's <box> ")
        for path in ("/api/settings", "/api/system/info", "/api/health"):
            assert (await client.get(path)).data["box_name"] == "Tilda's <box>"
        assert b"<title>Tilda&#x27;s &lt;box&gt;</title>" in (await client.get("/")).content
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        joined = await room.connect()
        assert joined.of("connection_status")[0]["box_name"] == "Tilda's <box>"


@pytest.mark.parametrize(
    ("field", "wrong", "named"),
    [
        ("box_name", "x" * 61, "box_name"),
        ("box_name", "a\nb", "box_name"),
        ("start_volume", 101, "start_volume"),
        ("start_volume", "50", "start_volume"),
        ("welcomed", "yes", "welcomed"),
        ("child_playlists", "all", "child_playlists"),
        ("child_playlists", ["fine", 7], "child_playlists.1"),
        ("child_playlists", ["x"] * 10_001, "child_playlists"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused_by_its_name(
    tmp_path: Path, autojump_clock: MockClock, field: str, wrong: object, named: str
) -> None:
    async with served_box(tmp_path) as (_, client):
        before = (await client.get("/api/settings")).data
        refused = await client.put("/api/settings", volume_ceiling=50, **{field: wrong})
        assert (refused.status, refused.body["error_type"]) == (400, "validation_error")
        assert [each["field"] for each in refused.body["errors"]] == [named]
        assert (await client.get("/api/settings")).data == before


async def test_a_box_with_nothing_but_its_demo_welcomes_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    async def first_run(client: Client) -> bool:
        return bool((await client.get("/api/settings")).data["first_run"])

    async with served_box(tmp_path) as (box, client):
        assert await first_run(client)
        for each in SETS:
            await client.put(f"/api/playlists/{await box.add(each.title, 5.0)}", description=each.description)
        assert await first_run(client)
        mine = (await client.post("/api/playlists", title=SETS[0].title)).data["id"]  # called so by chance
        assert not await first_run(client)
        await client.delete(f"/api/playlists/{mine}")
        assert await first_run(client)
        assert not (await client.put("/api/settings", welcomed=True)).data["first_run"]
    async with served_box(tmp_path) as (_, client):
        assert not await first_run(client)


async def test_the_operator_names_the_box_and_parents_see_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, box_name="Kitchen") as (_, client):
        shown = (await client.get("/api/settings")).data
        assert (shown["box_name"], shown["fixed"]) == ("Kitchen", ["box_name"])
        assert (await client.put("/api/settings", box_name="Mine")).status == 400


async def test_settings_of_a_newer_version_are_kept(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.services.librarian.change_settings({"of_tomorrow": {"a": [1]}})
        assert (await client.put("/api/settings", box_name="Mine", of_tomorrow=7)).status == 200
        assert (await box.services.librarian.settings())["of_tomorrow"] == {"a": [1]}


@pytest.mark.parametrize("route", ["tap", "start", "play/1"])
async def test_without_the_pin_only_what_parents_chose_for_children_can_be_started(
    tmp_path: Path, autojump_clock: MockClock, route: str
) -> None:
    async with served_box(tmp_path) as (box, client):
        chosen, other = await box.add("Chosen", 5.0), await box.add("Other", 5.0)
        await client.put("/api/settings", child_playlists=[chosen])
        assert (await client.post(f"/api/playlists/{other}/{route}")).status == 200  # who is no parent without a PIN?
        await client.put("/api/settings", pin=PIN)
        refused = await client.post(f"/api/playlists/{other}/{route}")
        assert (refused.status, refused.body["details"]) == (403, {"child_playlists": True})
        assert (await client.post(f"/api/playlists/{chosen}/{route}")).status == 200
        await client.post("/api/pin/session", pin=PIN)
        assert (await client.post(f"/api/playlists/{other}/{route}")).status == 200


async def test_a_tag_plays_what_is_not_chosen_for_the_screen(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        tagged = await box.add("Tagged", 5.0, tag_id="04A1B2C3")
        await client.put("/api/settings", child_playlists=[], pin=PIN)
        await box.tap("04A1B2C3")
        assert (await client.get("/api/player/status")).data["active_playlist_id"] == tagged


@pytest.mark.parametrize(
    "folder", ["", "media/x", "/", "/media/../etc", "/media/./x", "/media//x", "/media/x/", "/media/x\n", "/media/\x00"]
)
async def test_where_backups_go_is_a_folder_from_the_root_on(
    tmp_path: Path, autojump_clock: MockClock, folder: str
) -> None:
    async with served_box(tmp_path) as (_, client):
        refused = await client.put("/api/settings", backup_to=folder)
        assert (refused.status, refused.body["errors"][0]["field"]) == (400, "backup_to")


async def test_where_backups_go_is_where_sticks_are_mounted(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        refused = await client.put("/api/settings", backup_to="/etc/cron.d")
        assert (refused.status, refused.body["details"]) == (400, {"backup_below": ["/media", "/mnt", "/run/media"]})
        chosen = await client.put("/api/settings", backup_to="/media/no-such-stick", backup_every_days=3)
        assert (chosen.data["backup_to"], chosen.data["backup_every_days"]) == ("/media/no-such-stick", 3)
        place = (await client.get("/api/system/storage")).data["backup_place"]
        assert (place["folder"], place["free"], place["kept"], place["made_on"]) == (
            "/media/no-such-stick",
            None,
            [],
            None,
        )
        await client.put("/api/settings", backup_to=None)
        assert (await client.get("/api/system/storage")).data["backup_place"] is None
