"""Limits and statistics over HTTP and sockets: who is refused, what is told, what is counted."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS, virtual_box
from tests.rigs.sockets import socket_room
from tomb.models import TagAction

PIN = "2580"
NONE: list[Any] = [0] * 7
DAY = 86400


async def test_a_child_is_refused_with_the_limit_and_a_parent_is_not(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        playlist = await box.add("Songs", 60)
        await client.put("/api/settings", daily_minutes=NONE, pin=PIN)
        refused = await client.post(f"/api/playlists/{playlist}/start")
        assert (refused.status, refused.body["error_type"]) == (403, "forbidden")
        limit = refused.body["details"]["limit"]
        assert (limit["state"], limit["reason"], limit["left_s"]) == ("spent", "daily", None)
        assert limit["until"] > box.services.ports.wall()
        assert (await client.post(f"/api/playlists/{playlist}/tap")).status == 403
        assert (await client.post("/api/limits/more", minutes=15)).body["details"] == {"pin_required": True}
        await client.post("/api/pin/session", pin=PIN)
        started = await client.post(f"/api/playlists/{playlist}/start")
        assert (started.status, started.data["limit"]["state"]) == (200, "spent")
        await client.post("/api/player/pause")
        assert (await client.post(f"/api/playlists/{playlist}/tap")).status == 403  # that page is the child's
        more = await client.post("/api/limits/more", minutes=15)
        assert more.data["limit"] == {"state": "lifted", "left_s": 900, "until": None, "reason": "daily"}
        assert (await replace(client, cookies={}).post(f"/api/playlists/{playlist}/tap")).status == 200


async def test_without_a_limit_there_is_nothing_to_give(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        assert (await client.post("/api/limits/more", minutes=15)).status == 400
        assert (await client.post("/api/limits/more", minutes=0)).body["errors"][0]["field"] == "minutes"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"daily_minutes": [1] * 6}, "daily_minutes"),
        ({"daily_minutes": [*([1] * 6), 1441]}, "daily_minutes.6"),
        ({"daily_minutes": [*([None] * 6), "x"]}, "daily_minutes.6"),
        ({"bedtime": [{"from": "19:30", "to": "24:00"}, *([None] * 6)]}, "bedtime.0.to"),
        ({"bedtime": [{"from": "19:30"}, *([None] * 6)]}, "bedtime.0.to"),
        ({"quiet_hours": [[{"from": "1:00", "to": "02:00"}], *([[]] * 6)]}, "quiet_hours.0.0.from"),
        ({"quiet_hours": [[{"from": "01:00", "to": "02:00"}] * 7, *([[]] * 6)]}, "quiet_hours.0"),
        (
            {"volume_by_hour": [[{"from": "01:00", "to": "02:00", "ceiling": 101}], *([[]] * 6)]},
            "volume_by_hour.0.0.ceiling",
        ),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"statistics": "no"}, "statistics"),
    ],
)
async def test_what_is_no_limit_is_refused_by_its_field(
    tmp_path: Path, autojump_clock: MockClock, settings: dict[str, Any], field: str
) -> None:
    async with served_box(tmp_path) as (_, client):
        before = (await client.get("/api/settings")).data
        refused = await client.put("/api/settings", **settings)
        assert (refused.status, refused.body["errors"][0]["field"]) == (400, field)
        assert (await client.get("/api/settings")).data == before


async def test_a_time_zone_that_there_is_not_is_refused(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        refused = await client.put("/api/settings", time_zone="Mars/Olympus", volume_ceiling=50)
        assert (refused.status, refused.body["details"]) == (400, {"time_zone": "Mars/Olympus"})
        assert (await client.get("/api/settings")).data["volume_ceiling"] == 100


async def test_limits_are_answered_as_they_were_set_and_null_takes_them_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    chosen = {
        "daily_minutes": [60, 60, 60, 60, 60, 90, None],
        "bedtime": [*([{"from": "19:30", "to": "06:30"}] * 5), None, None],
        "quiet_hours": [*([[]] * 5), [{"from": "13:00", "to": "14:30"}], []],
        "volume_by_hour": [[{"from": "18:00", "to": "08:00", "ceiling": 40}]] * 7,
        "time_zone": "Europe/Berlin",
        "statistics": True,
    }
    async with served_box(tmp_path) as (_, client):
        answer = await client.put("/api/settings", **chosen)
        assert {name: answer.data[name] for name in chosen} == chosen
    async with served_box(tmp_path) as (_, client):
        kept = (await client.get("/api/settings")).data
        assert {name: kept[name] for name in chosen} == chosen
        back = (await client.put("/api/settings", **dict.fromkeys(chosen))).data
        assert (back["daily_minutes"], back["bedtime"], back["statistics"]) == ([None] * 7, [None] * 7, True)
        assert back["time_zone"] != "Europe/Berlin"


async def test_whoever_listens_hears_of_each_step_and_of_a_tag_that_is_refused(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box, socket_room(box) as room:
        await box.add("Songs", 3600, tag_id=TAGS[0])
        await box.services.preferences.change({"daily_minutes": [10] * 7}, {})
        client = await room.connect("playlists")
        assert client.of("state:player")[-1]["data"]["limit"]["left_s"] == 600
        client.take()
        await box.tap(TAGS[0])
        await trio.sleep(17 * 60)
        limits = [each["data"]["limit"] for each in client.of("state:player")]
        steps = [each["state"] for each in limits if each["state"] != "free"]
        assert steps[:10] == [*(["warning"] * 5), *(["grace"] * 5)]  # each minute
        assert set(steps[10:]) == {"spent"}
        assert {each["reason"] for each in limits} == {None, "daily"}
        client.take()
        await box.tap(TAGS[0])
        assert [each["refused"] for each in client.of("nfc_tag")] == ["daily", None]


# --- statistics -----------------------------------------------------------------------------------------------------


async def test_what_is_heard_is_counted_by_day_track_and_tag(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        songs = await box.add("Songs", 60, 60, tag_id=TAGS[0])
        await box.services.librarian.name_tag(TAGS[0], "Dinosaur")
        await box.services.librarian.assign_tag(TAGS[1], TagAction(action="next"))
        await box.tap(TAGS[0])
        await box.tap(TAGS[1])
        await trio.sleep(2 * 60)
        await trio.sleep(DAY)
        await box.tap(TAGS[0])
        await trio.sleep(3 * 60)
        found = (await client.get("/api/stats?days=3")).data
        assert found["enabled"] is True
        assert [day["taps"] for day in found["days"]] == [0, 2, 1]
        assert [day["minutes"] for day in found["days"]] == pytest.approx([0, 1, 2], abs=0.1)
        assert [day["date"] for day in found["days"]] == ["2025-06-14", "2025-06-15", "2025-06-16"]
        assert [(each["title"], each["plays"], each["playlist_id"]) for each in found["tracks"]] == [
            ("1 Track", 2, songs), ("2 Track", 2, songs)
        ]  # fmt: skip
        assert [(each["tag_id"], each["name"], each["playlist_title"], each["taps"]) for each in found["tags"]] == [
            (TAGS[0], "Dinosaur", "Songs", 2), (TAGS[1], None, None, 1)
        ]  # fmt: skip
        assert len((await client.get("/api/stats")).data["days"]) == 30
        assert len((await client.get("/api/stats?days=400")).data["days"]) == 400
        assert (await client.get("/api/stats?days=401")).body["errors"][0]["field"] == "days"


async def test_what_is_deleted_is_gone_and_the_limit_knows_it_still(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.add("Songs", 3600, tag_id=TAGS[0])
        await client.put("/api/settings", daily_minutes=[30] * 7)
        await box.tap(TAGS[0])
        await trio.sleep(600)
        assert (await client.delete("/api/stats")).status == 200
        await trio.sleep(300)
        found = (await client.get("/api/stats?days=1")).data
        assert found["days"][0]["minutes"] == pytest.approx(5, abs=0.2)
        assert (found["days"][0]["taps"], found["tracks"], found["tags"]) == (0, [], [])
        assert (await client.get("/api/player/status")).data["limit"]["left_s"] == pytest.approx(900, abs=5)


async def test_where_parents_switch_it_off_nothing_is_counted_and_what_was_is_deleted(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.add("Songs", 3600, tag_id=TAGS[0])
        await client.put("/api/settings", daily_minutes=[30] * 7)
        await box.tap(TAGS[0])
        await trio.sleep(300)
        await client.put("/api/settings", statistics=False)
        await box.tap(TAGS[0])
        await box.tap(TAGS[0])
        await trio.sleep(300)
        found = (await client.get("/api/stats")).data
        assert found["enabled"] is False
        assert sum(day["minutes"] + day["taps"] for day in found["days"]) == 0
        assert (found["tracks"], found["tags"]) == ([], [])
        await client.put("/api/settings", statistics=True)
        await trio.sleep(300)
        assert (await client.get("/api/stats?days=1")).data["days"][0]["minutes"] == pytest.approx(5, abs=0.2)
        assert (await client.get("/api/player/status")).data["limit"]["left_s"] == pytest.approx(900, abs=10)


async def test_days_are_kept_for_four_hundred_and_no_more(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        store = box.services.librarian._store
        songs = await box.services.librarian.playlist(await box.add("Songs", 30, tag_id=TAGS[0]))
        track_id = songs.tracks[0].id

        def long_ago(db: sqlite3.Connection) -> None:
            for day in ("2024-05-11", "2024-05-12"):  # 400 and 399 days before
                db.execute("INSERT INTO days (day, heard_s) VALUES (?, 60)", (day,))
                db.execute("INSERT INTO taps (tag_id, day, count) VALUES (?, ?, 1)", (TAGS[0], day))
                db.execute("INSERT INTO plays (day, track_id, count) VALUES (?, ?, 1)", (day, track_id))

        def kept(db: sqlite3.Connection) -> list[list[str]]:
            tables = ("days", "taps", "plays")
            return [[row[0] for row in db.execute(f"SELECT day FROM {table} ORDER BY day")] for table in tables]

        await store.write(long_ago)
        await box.tap(TAGS[0])
        await trio.sleep(40)
        assert await store.read(kept) == [["2024-05-12", "2025-06-15"]] * 3


async def test_a_ceiling_of_some_hours_may_be_written_as_a_float_that_is_whole(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        hours = [[{"from": "18:00", "to": "08:00", "ceiling": 54.0}]] * 7
        assert (await client.put("/api/settings", volume_by_hour=hours)).data["volume_by_hour"][0][0]["ceiling"] == 54
