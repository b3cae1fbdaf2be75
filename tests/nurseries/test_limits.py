"""Limits in a whole box on virtual time: what is heard, what is refused and why, and what a clock can do about it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.virtual import run_virtually, virtual_time
from tomb.errors import BadRequest, Forbidden
from tomb.models import TagAction
from tomb.nurseries import calendar
from tomb.nurseries.calendar import Calendar
from tomb.ports import VirtualPorts

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()  # a Wednesday
WEDNESDAY = 2


class Clock(VirtualPorts):
    """A wall clock that can be set. It shows `wall` when this is made, or set."""

    def __init__(self, wall: float) -> None:
        super().__init__(epoch=wall - trio.current_time())

    def set(self, wall: float) -> None:
        self._epoch = wall - trio.current_time()


@asynccontextmanager
async def box_at(folder: Path, wall: float = NOON, **chosen: Any) -> AsyncIterator[tuple[VirtualBox, Clock]]:
    """A box with a long story and short songs; `chosen`: by parents, who live in UTC unless they say otherwise."""
    clock = Clock(wall)
    async with virtual_box(folder, fragile=True, ports=clock) as box:
        if not box.services.librarian.count():
            await box.add("Story", 1.6 * HOUR, tag_id=TAGS[0])
            await box.add("Songs", *[400.0] * 6, tag_id=TAGS[1])
        await box.services.preferences.change({"time_zone": "UTC", **chosen}, {})
        await trio.lowlevel.checkpoint()
        yield box, clock


def each_day(value: object) -> Any:
    return [value] * 7


def shown(box: VirtualBox) -> str:
    return box.services.deck.limit.state


def chimes(box: VirtualBox) -> list[str]:
    assert box.output is not None
    return [each for each in box.output.chimes if each != "ready"]


def written(box: VirtualBox) -> dict[str, float]:
    """What is on the disk: seconds, by day. Read as another process would."""
    with closing(sqlite3.connect(box.services.settings.data / "tomb.db")) as db:
        return dict(db.execute("SELECT day, heard_s FROM days"))


def states(box: VirtualBox) -> list[str]:
    """The limit as it was told, each once."""
    told = [data["limit"]["state"] for data in box.told("state:player")]
    return [each for each, before in zip(told, [None, *told], strict=False) if each != before]


# --- minutes of a day -----------------------------------------------------------------------------------------------


@virtual_time
async def test_what_runs_may_end_then_nothing_starts_but_by_parents_and_tomorrow_all_is_free(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(10)) as (box, _clock):
        await box.tap(TAGS[1])
        await trio.sleep(5 * MINUTE)
        assert (shown(box), chimes(box)) == ("warning", ["limit"])
        await trio.sleep(5 * MINUTE)
        assert (shown(box), box.state) == ("grace", "playing")
        await trio.sleep(200)  # the second song ends within the grace
        limit = box.services.deck.limit
        assert (box.state, limit.state, limit.reason) == ("stopped", "spent", "daily")
        assert limit.until == datetime(2026, 3, 5, tzinfo=UTC).timestamp()
        assert states(box) == ["free", "warning", "grace", "spent"]
        await box.tap(TAGS[1])
        assert (box.state, chimes(box)[1:]) == ("stopped", ["limit"])
        assert [data["refused"] for data in box.told("nfc_tag")] == [None, None, "daily", None]
        with pytest.raises(Forbidden) as refused:
            await box.services.deck.play(origin="child")
        assert refused.value.details == {"limit": box.services.deck.limit.model_dump()}
        reply = await box.services.deck.play(origin="parent")
        assert reply.state.active_track_number == 3  # its place was kept
        await trio.sleep(HOUR)
        assert (box.state, shown(box)) == ("stopped", "spent")  # it played to its end
        await trio.sleep(11 * HOUR)
        assert shown(box) == "free"
        await box.tap(TAGS[1])
        assert box.state == "playing"


@virtual_time
async def test_a_story_has_five_minutes_more_and_fades_for_ten_seconds(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(10)) as (box, _clock):
        await box.services.deck.set_volume(100)
        await box.tap(TAGS[0], seconds=15 * MINUTE)
        assert (shown(box), box.state) == ("spent", "playing")
        assert box.output is not None
        assert box.output.level == 0.0  # on its way there
        await trio.sleep(10)
        state = box.services.deck.state(0)
        assert state.state == "paused"
        assert state.position_ms == pytest.approx(910_000, abs=100)
        assert (await box.services.deck.play(origin="parent")).state.is_playing
        await trio.sleep(HOUR)
        assert (box.state, box.output.level) == ("playing", 1.0)


@virtual_time
async def test_only_what_is_heard_counts(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(30)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(10 * MINUTE)
        await box.services.deck.pause()
        before = box.services.deck.limit.left_s
        await trio.sleep(5 * HOUR)
        assert box.services.deck.limit.left_s == before == pytest.approx(20 * MINUTE, abs=3)


@virtual_time
async def test_what_is_paused_in_the_grace_may_go_on_but_not_after_it(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(10)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(11 * MINUTE)
        await box.services.deck.pause(origin="tag")
        await trio.sleep(MINUTE)
        assert (await box.services.deck.toggle(origin="tag")).state.is_playing
        await trio.sleep(1)
        await box.services.deck.pause(origin="tag")
        await trio.sleep(5 * MINUTE)
        assert shown(box) == "spent"
        with pytest.raises(Forbidden):
            await box.services.deck.toggle(origin="tag")


@virtual_time
async def test_a_parent_gives_fifteen_minutes_more_that_are_gone_at_midnight(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(10)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(20 * MINUTE)
        box.services.limits.give(15 * MINUTE)
        limit = box.services.deck.limit
        assert (limit.state, limit.left_s, limit.reason) == ("lifted", 900, "daily")
        await box.tap(TAGS[0])
        await trio.sleep(14 * MINUTE)
        assert (box.state, shown(box)) == ("playing", "lifted")
        await trio.sleep(HOUR)
        assert (box.state, shown(box)) == ("paused", "spent")
        box.services.limits.give(2 * HOUR)
        await trio.sleep(12 * HOUR)
        assert (shown(box), box.services.deck.limit.left_s) == ("free", 600)


@virtual_time
async def test_what_a_parent_gave_survives_a_restart(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(0)) as (box, _clock):
        box.services.limits.give(15 * MINUTE)
        await box.tap(TAGS[0])
        await trio.sleep(5 * MINUTE)
    async with box_at(tmp_path, NOON + HOUR) as (box, _clock):
        limit = box.services.deck.limit
        assert limit.state == "lifted"
        assert limit.left_s == pytest.approx(10 * MINUTE, abs=10)


@virtual_time
async def test_where_nothing_is_limited_nothing_can_be_given(tmp_path: Path) -> None:
    async with box_at(tmp_path) as (box, _clock):
        assert box.services.deck.limit.model_dump() == {"state": "free", "left_s": None, "until": None, "reason": None}
        with pytest.raises(BadRequest):
            box.services.limits.give(15 * MINUTE)


@virtual_time
async def test_a_bonus_tag_gives_once_a_day(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(0)) as (box, _clock):
        await box.services.librarian.assign_tag(TAGS[2], TagAction(action="more", minutes=15))
        await box.tap(TAGS[2])
        assert box.services.deck.limit.left_s == 900
        assert box.output is not None
        assert box.output.chimes[-1] == "ready"
        await box.tap(TAGS[2])
        assert (box.services.deck.limit.left_s, box.output.chimes[-1]) == (900, "limit")
    async with box_at(tmp_path, NOON + HOUR) as (box, _clock):
        await box.tap(TAGS[2])
        assert box.services.deck.limit.left_s == 900
        await trio.sleep(12 * HOUR)
        assert shown(box) == "spent"
        await box.tap(TAGS[2])
        assert box.services.deck.limit.left_s == 900


@virtual_time
async def test_each_day_of_the_week_has_its_own(tmp_path: Path) -> None:
    minutes: list[int | None] = [0] * 7
    minutes[WEDNESDAY + 1] = None
    async with box_at(tmp_path, daily_minutes=minutes) as (box, _clock):
        found = []
        for _ in range(7):
            found.append(shown(box))
            await trio.sleep(DAY)
        assert found == ["spent", "free", *["spent"] * 5]


# --- times of day ---------------------------------------------------------------------------------------------------


@virtual_time
async def test_bedtime_is_warned_of_and_lasts_over_midnight_until_the_morning(tmp_path: Path) -> None:
    chosen = {"bedtime": each_day({"from": "19:30", "to": "07:00"}), "time_zone": "Europe/Berlin"}
    berlin = ZoneInfo("Europe/Berlin")
    async with box_at(tmp_path, datetime(2026, 3, 4, 19, tzinfo=berlin).timestamp(), **chosen) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(26 * MINUTE)
        limit = box.services.deck.limit
        begins = datetime(2026, 3, 4, 19, 30, tzinfo=berlin).timestamp()
        assert (limit.state, limit.reason, limit.until) == ("warning", "bedtime", begins)
        await trio.sleep(5 * MINUTE)
        assert (shown(box), box.state) == ("grace", "playing")
        await trio.sleep(5 * MINUTE)
        assert (shown(box), box.state) == ("spent", "paused")
        assert box.services.deck.limit.until == datetime(2026, 3, 5, 7, tzinfo=berlin).timestamp()
        box.services.limits.give(15 * MINUTE)
        await box.tap(TAGS[0])
        await trio.sleep(16 * MINUTE)
        assert shown(box) == "grace"
        await trio.sleep(10 * HOUR)
        assert shown(box) == "spent"
        await trio.sleep(1.5 * HOUR)
        assert shown(box) == "free"


@virtual_time
async def test_quiet_hours_have_no_grace(tmp_path: Path) -> None:
    quiet = each_day([{"from": "13:00", "to": "14:30"}, {"from": "16:00", "to": "16:10"}])
    async with box_at(tmp_path, quiet_hours=quiet) as (box, _clock):
        await box.tap(TAGS[0], seconds=1)
        await trio.sleep(HOUR - 1)
        assert (shown(box), box.state) == ("spent", "playing")
        await trio.sleep(10)
        assert (box.state, box.services.deck.limit.reason) == ("paused", "quiet")
        await trio.sleep(1.5 * HOUR)
        assert shown(box) == "free"
        await trio.sleep(1.5 * HOUR)
        assert shown(box) == "spent"


@virtual_time
async def test_the_ceiling_is_lower_at_its_hours_and_back_after_them(tmp_path: Path) -> None:
    hours = each_day([{"from": "13:00", "to": "14:00", "ceiling": 30}])
    async with box_at(tmp_path, volume_by_hour=hours, volume_ceiling=80) as (box, _clock):
        assert (await box.services.deck.set_volume(90)).state.volume == 80
        await trio.sleep(HOUR + 1)
        assert box.services.deck.state(0).volume == 30
        assert (await box.services.deck.set_volume(90, origin="parent")).state.volume == 30
        await trio.sleep(HOUR)
        assert (await box.services.deck.set_volume(90)).state.volume == 80


@virtual_time
async def test_of_two_limits_the_stricter_is_shown_and_of_two_that_are_reached_the_longer(tmp_path: Path) -> None:
    quiet = each_day([{"from": "11:00", "to": "13:00"}])
    async with box_at(tmp_path, quiet_hours=quiet, daily_minutes=each_day(0)) as (box, _clock):
        assert box.services.deck.limit.reason == "daily"
        await box.services.preferences.change({"daily_minutes": each_day(600)}, {})
        assert (shown(box), box.services.deck.limit.reason) == ("spent", "quiet")
        box.services.limits.give(15 * MINUTE)
        assert shown(box) == "lifted"


@virtual_time
async def test_a_limit_that_is_far_is_told_as_soon_as_it_is_set_moved_or_taken_away(tmp_path: Path) -> None:
    async with box_at(tmp_path) as (box, _clock):
        for minutes, left_s in ((60, 3600), (10, 600), (None, None)):
            await box.services.preferences.change({"daily_minutes": each_day(minutes)}, {})
            await trio.testing.wait_all_tasks_blocked()
            limit = box.told("state:player")[-1]["limit"]
            assert (limit["state"], limit["left_s"]) == ("free", left_s)


# --- power, clocks, zones -------------------------------------------------------------------------------------------


@virtual_time
async def test_a_power_cut_costs_the_limit_no_more_than_a_position(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(60)) as (box, _clock):
        await box.tap(TAGS[0])
        for _ in range(5):
            await trio.sleep(57)
            used = 60 * MINUTE - (box.services.deck.limit.left_s or 0)
            assert used - 6 <= written(box)["2026-03-04"] <= used


@virtual_time
async def test_what_was_used_is_used_after_a_restart_and_nothing_plays_on(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(10)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(12 * MINUTE)
    async with box_at(tmp_path, NOON + HOUR) as (box, _clock):
        assert shown(box) == "spent"
        await box.tap(TAGS[0])
        assert box.state in ("paused", "stopped")


@virtual_time
async def test_a_box_that_starts_in_1970_goes_on_with_its_day_and_knows_no_bedtime(tmp_path: Path) -> None:
    chosen = {"daily_minutes": each_day(30), "bedtime": each_day({"from": "20:00", "to": "19:59"})}
    async with box_at(tmp_path, daily_minutes=each_day(30)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(20 * MINUTE)
    async with box_at(tmp_path, 40.0, **chosen) as (box, clock):
        assert shown(box) == "free"
        assert box.services.board.details()["clock"].state == "unset"
        assert box.services.board.overall == "degraded"
        assert box.services.deck.limit.left_s == pytest.approx(10 * MINUTE, abs=10)
        await box.tap(TAGS[0])
        await trio.sleep(3 * MINUTE)
        clock.set(NOON + HOUR)  # 56 years later
        await trio.sleep(MINUTE)
        await box.services.preferences.change({"bedtime": None}, {})
        assert box.services.deck.limit.left_s == pytest.approx(6 * MINUTE, abs=10)
        assert box.services.board.details()["clock"].state == "up"
        assert written(box)["2026-03-04"] < 25 * MINUTE


@virtual_time
async def test_what_was_heard_without_a_clock_belongs_to_the_day_that_it_turns_out_to_be(tmp_path: Path) -> None:
    async with box_at(tmp_path, daily_minutes=each_day(30)) as (box, _clock):
        await box.tap(TAGS[0])
        await trio.sleep(10 * MINUTE)
    async with box_at(tmp_path, 40.0) as (box, clock):
        await box.tap(TAGS[0])
        await trio.sleep(5 * MINUTE)
    async with box_at(tmp_path, 90.0) as (box, clock):
        await box.tap(TAGS[0])
        await trio.sleep(5 * MINUTE)
        clock.set(NOON + DAY)
        await trio.sleep(MINUTE)
        assert box.services.deck.limit.left_s == pytest.approx(19 * MINUTE, abs=15)
        await trio.sleep(5)
        assert written(box)["2026-03-04"] == pytest.approx(10 * MINUTE, abs=10)


@virtual_time
async def test_a_box_whose_clock_is_never_set_locks_no_child_out_for_ever(tmp_path: Path) -> None:
    """It is switched on for an hour a day, and always begins in 1970."""
    free = []
    for _ in range(20):
        async with box_at(tmp_path, 40.0, daily_minutes=each_day(10)) as (box, _clock):
            free.append(shown(box) == "free")
            await box.services.deck.start(box.services.librarian.lites()[0].id, origin="parent")
            await trio.sleep(11 * MINUTE)
            await box.services.deck.pause()
            await trio.sleep(49 * MINUTE)
    assert free[0]
    assert free[1:8] == [False] * 7
    assert sum(free[8:]) >= 1


@virtual_time
async def test_a_jump_that_nobody_explained_is_not_believed_for_an_hour_and_forgets_nothing(tmp_path: Path) -> None:
    bedtime = each_day({"from": "19:30", "to": "07:00"})
    async with box_at(tmp_path, daily_minutes=each_day(30), bedtime=bedtime) as (box, clock):
        await box.tap(TAGS[0])
        await trio.sleep(20 * MINUTE)
        clock.set(NOON + 9 * HOUR)  # 21:00
        await trio.sleep(MINUTE)
        assert (shown(box), box.services.board.details()["clock"].state) == ("free", "jumped")
        clock.set(NOON + 22 * MINUTE)  # and back
        await trio.sleep(MINUTE)
        assert box.services.board.details()["clock"].state == "up"
        clock.set(NOON + 40 * DAY)
        await trio.sleep(2 * MINUTE)
        assert box.services.deck.limit.left_s == pytest.approx(6 * MINUTE, abs=10)
        await box.services.deck.pause()
        await trio.sleep(HOUR)
        # Believed: what was heard since midnight, as it now turns out, is of this day. Nothing can be had by the jump.
        assert box.services.deck.limit.left_s == pytest.approx(6 * MINUTE, abs=10)
        clock.set(NOON + 3 * HOUR)
        await trio.sleep(2 * HOUR)
        assert box.services.deck.limit.left_s == pytest.approx(6 * MINUTE, abs=10)


@virtual_time
async def test_another_time_zone_gives_nobody_a_second_day(tmp_path: Path) -> None:
    async with box_at(tmp_path, datetime(2026, 3, 4, 10, tzinfo=UTC).timestamp(), daily_minutes=each_day(60)) as (
        box,
        _,
    ):
        await box.tap(TAGS[0])
        await trio.sleep(HOUR - 10)
        assert box.services.deck.limit.left_s == pytest.approx(10, abs=3)
        await box.services.preferences.change({"time_zone": "Pacific/Kiritimati"}, {})  # it is tomorrow there, at 1:00
        assert box.services.limits.today == "2026-03-05"
        assert box.services.deck.limit.left_s == pytest.approx(10, abs=3)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 10.5), (date(2026, 10, 25), 12.5)])
@virtual_time
async def test_a_night_in_which_summer_time_comes_or_goes_ends_at_its_hour(
    tmp_path: Path, day: date, hours: float
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(day.year, day.month, day.day, 19, 29, tzinfo=berlin) - timedelta(days=1)
    chosen = {"bedtime": each_day({"from": "19:30", "to": "07:00"}), "time_zone": "Europe/Berlin"}
    async with box_at(tmp_path, evening.timestamp(), **chosen) as (box, _clock):
        await trio.sleep(2 * MINUTE)
        assert shown(box) == "spent"
        await trio.sleep(hours * HOUR - 2 * MINUTE)
        assert shown(box) == "spent"
        await trio.sleep(2 * MINUTE)
        assert shown(box) == "free"


# --- properties -----------------------------------------------------------------------------------------------------

HAPPENS = st.one_of(
    st.tuples(st.just("waits"), st.sampled_from([30, 600, 1800, 7200, 20_000])),
    st.tuples(st.just("plays"), st.sampled_from([30, 300, 600, 1500])),
    st.tuples(
        st.just("clock"), st.sampled_from([-400 * 86_400, -86_400, -5000, -1000, 1000, 5000, 86_400, 400 * 86_400])
    ),
    st.tuples(st.just("unset"), st.just(0)),
    st.tuples(st.just("mended"), st.just(0)),
    st.tuples(st.just("restart"), st.sampled_from([0, 40])),
)
LIMIT_S = 1800.0


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(HAPPENS, max_size=8))
@example([("plays", 1500), ("clock", 86_400), ("waits", 7200), ("clock", -86_400), ("waits", 7200), ("plays", 300)])
@example([("clock", 86_400), ("waits", 7200), ("plays", 1500), ("clock", -86_400), ("waits", 7200)])
@example([("plays", 1500), ("plays", 1500)])
@example([("plays", 1500), ("restart", 40), ("plays", 300), ("mended", 0), ("waits", 30)])
def test_no_clock_forgets_what_was_used_today_and_none_locks_a_child_out(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, int]]
) -> None:
    """The oracle knows the true time, which nobody tells the box. When its clock is right again and believed, it has
    counted at least what was heard since the true midnight; and from the next one on there is music."""
    run_virtually(live, tmp_path_factory.mktemp("box"), story)


async def live(folder: Path, story: list[tuple[str, int]]) -> None:
    begun = trio.current_time()
    heard: list[tuple[float, float]] = []  # true time, seconds
    wall = NOON

    def true_time() -> float:
        return NOON + trio.current_time() - begun

    async def chapter(box: VirtualBox, clock: Clock, what: str, amount: int) -> None:
        playlist = box.services.librarian.lites()[0].id
        match what:
            case "waits":
                await trio.sleep(amount)
            case "plays":
                since = trio.current_time()
                await box.services.deck.start(playlist, origin="parent")
                while box.services.deck.is_playing and trio.current_time() < since + amount:  # a limit may end it
                    await trio.sleep(5)
                await box.services.deck.pause(origin="parent")
                heard.append((true_time(), trio.current_time() - since))
            case "clock":
                clock.set(max(0.0, clock.wall() + amount))
            case "unset":
                clock.set(40.0)
            case "mended":
                clock.set(true_time())

    left = list(story)
    while True:
        async with box_at(folder, wall, daily_minutes=each_day(30)) as (box, clock):
            while left and left[0][0] != "restart":
                await chapter(box, clock, *left.pop(0))
                assert box.services.deck.limit.state in ("free", "warning", "grace", "spent")
            if left:
                wall = 40.0 if left.pop(0)[1] else clock.wall()
                continue
            clock.set(true_time())
            await trio.sleep(1.2 * HOUR)  # believed by now, whatever it did before
            assert box.services.limits._calendar.doubt is None
            today = box.services.limits.today
            midnight = datetime.fromisoformat(today).replace(tzinfo=UTC).timestamp()
            assert today == datetime.fromtimestamp(true_time(), UTC).date().isoformat()
            since = sum(seconds for at, seconds in heard if at - seconds >= midnight)
            counted = box.services.limits._use.heard_s
            restarts = sum(what == "restart" for what, _ in story)
            if not lost_by_restart(story):
                assert counted >= since - 6 * (1 + restarts)
            await trio.sleep(midnight + DAY + MINUTE - true_time())
            assert shown(box) == "free"
            assert (await box.services.deck.start(box.services.librarian.lites()[0].id, origin="tag")).state.is_playing
            return


def lost_by_restart(story: list[tuple[str, int]]) -> bool:
    """What a run heard under a clock that was wrong and believed, only that run knew: it is not asked for after it."""
    jumps = [place for place, (what, _) in enumerate(story) if what in ("clock", "unset")]
    restarts = [place for place, (what, _) in enumerate(story) if what == "restart"]
    return bool(jumps and restarts and min(jumps) < max(restarts))


def test_every_zone_of_the_world_has_its_midnights_and_no_span_ends_before_it_begins() -> None:
    async def look() -> None:
        clock = Clock(NOON)
        for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"):
            days = Calendar(clock, ZoneInfo(name))
            for step in range(400):
                wall = NOON + step * DAY / 2 + 1234
                for begin, end in (("01:30", "02:45"), ("19:30", "07:00"), ("02:30", "02:15"), ("00:00", "23:59")):
                    span = days.next_span([[{"from": begin, "to": end}]] * 7, wall)
                    assert span is not None
                    assert span[0] < span[1] <= span[0] + DAY + HOUR
                    assert wall < span[1]
                    assert span[0] - wall <= DAY + HOUR
                clock.set(wall)
                day = days.look().day
                assert calendar.JUMP_S == 3600
                assert 22 * HOUR <= days.midnight_after(day) - days.midnight(day) <= 26 * HOUR

    run_virtually(look)
