"""Backups by themselves: when they are made, when not, and what is said of those that fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trio

from tests.rigs.archivist import Mailbox, mailbox
from tests.rigs.box import virtual_box
from tests.rigs.library import opened
from tests.rigs.virtual import virtual_time
from tomb.backup_writer import Refusal
from tomb.devices.backup_drive import Kept, Seen, Target, Visit, refusal
from tomb.errors import BadRequest
from tomb.models import Choices
from tomb.nurseries.backups import (
    AGAIN_S,
    FIRST_S,
    LOOK_S,
    MADE,
    PAUSES_S,
    QUIET_S,
    TURN_S,
    WITH_MUSIC,
    Backups,
    _plain,
)
from tomb.nurseries.calendar import AWAKE_S, Calendar
from tomb.nurseries.health import Board
from tomb.nurseries.supervisor import supervised
from tomb.ports import VirtualPorts

pytestmark = virtual_time

EPOCH = datetime(2026, 11, 26, 9, tzinfo=UTC).timestamp()
DAY_S = 86_400.0
STICK = "/media/stick"
NAME = "scheduled_backups"
SOON = FIRST_S + 30.0


class Stick:
    """A drive in memory. `wrong`: why it refuses, `late`: why at the end. `made`: when, what and how large."""

    def __init__(self) -> None:
        self.wrong: Refusal | None = None
        self.late: Refusal | None = None
        self.free = 2**40
        self.visits: list[Target] = []
        self.begun = 0
        self.made: list[tuple[float, str, int]] = []

    @asynccontextmanager
    async def visit(self, target: Target) -> AsyncIterator[Visit]:
        await trio.lowlevel.checkpoint()
        self.visits.append(target)
        if self.wrong is not None:
            raise refusal(target.folder, self.wrong)
        yield _Visit(self, target)


class SlowStick(Stick):
    SECONDS = 60.0

    @asynccontextmanager
    async def visit(self, target: Target) -> AsyncIterator[Visit]:
        await trio.sleep(self.SECONDS)
        async with super().visit(target) as visit:
            yield visit


@dataclass
class _Visit:
    stick: Stick
    target: Target
    named: str = ""
    taken: int = 0
    said: int = -1

    @property
    def seen(self) -> Seen:
        kept = tuple(Kept(name=name, bytes=size) for _, name, size in self.stick.made[-3:])
        return Seen(free=self.stick.free, total=2**41, largest=2**62, kept=kept)

    async def begin(self, title: str, date: str, length: int) -> None:
        await trio.lowlevel.checkpoint()
        self.stick.begun += 1
        self.named, self.said = f"{title} {date}", length

    async def send(self, piece: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.taken += len(piece)

    async def finish(self) -> str:
        await trio.lowlevel.checkpoint()
        if self.stick.late is not None:
            raise refusal(self.target.folder, self.stick.late)
        assert self.taken == self.said
        self.stick.made.append((trio.current_time(), self.named, self.taken))
        return self.named


@dataclass
class Music:
    plays: bool = False


@dataclass
class Stage:
    """Backups without a box around them."""

    library: Mailbox
    backups: Backups
    board: Board
    music: Music

    def choose(self, **values: Any) -> None:
        self.backups.use(Choices(**values), by_operator=False)

    @property
    def state(self) -> str:
        return self.board.details()[NAME].state

    @property
    def said(self) -> str:
        return self.board.details()[NAME].last_error or ""


@asynccontextmanager
async def staged(stick: Stick, folder: Path, epoch: float = EPOCH, **chosen: Any) -> AsyncIterator[Stage]:
    """A library whose backups go to the stick; its clock is at `epoch` when Trio's is at 0."""
    ports = VirtualPorts(epoch=epoch)
    calendar, board, music = Calendar(ports, ZoneInfo("UTC")), Board(ports), Music()
    async with mailbox(folder) as library, trio.open_nursery() as nursery:
        backups = Backups(
            library.archivist,
            library.stage.librarian,
            calendar,
            stick,
            lambda: music.plays,
            folder,
            ("/media", "/mnt"),
            "3f9a1c",
        )
        stage = Stage(library, backups, board, music)
        backups.remember(await library.stage.librarian.settings())
        stage.choose(**chosen)
        await nursery.start(supervised(NAME, board, backups.run, PAUSES_S).run)
        yield stage
        nursery.cancel_scope.cancel()


async def test_where_none_was_chosen_nothing_is_touched_and_all_is_well(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path) as stage:
        await trio.sleep(30 * DAY_S)
        assert (stage.state, stick.visits) == ("up", [])


async def test_the_first_is_made_at_once_and_one_every_so_many_days_from_then_on(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path) as stage:
        await stage.library.stage.fill("Songs", [b"song"])
        await trio.sleep(SOON)
        stage.choose(backup_to=STICK, backup_every_days=2, box_name="Kids’ Box")
        await trio.sleep(10)
        assert [name for _, name, _ in stick.made] == ["kids-box 2026-11-26"]
        assert stick.made[0][2] > await stage.library.stage.librarian.size()
        await trio.sleep(10 * DAY_S)
        days = [name.removeprefix("kids-box 2026-") for _, name, _ in stick.made]
        assert days == ["11-26", "11-28", "11-30", "12-02", "12-04", "12-06"]
        assert stage.backups.seen is not None
        assert len(stage.backups.seen.kept) == 3
        stage.choose()
        await trio.sleep(10 * DAY_S)
        assert len(stick.made) == 6


async def test_a_day_that_was_missed_is_made_up_for_and_none_is_made_at_each_start(tmp_path: Path) -> None:
    stick = Stick()
    for away, made in ((0, 1), (1, 1), (3, 1), (20, 2), (1, 2)):
        await trio.sleep(away * DAY_S)
        async with staged(stick, tmp_path, backup_to=STICK, backup_every_days=7):
            await trio.sleep(SOON)
            assert len(stick.made) == made


async def test_a_clock_that_begins_in_1970_makes_none_each_time_nor_none_for_ever(tmp_path: Path) -> None:
    stick = Stick()
    chosen: dict[str, Any] = {"backup_to": STICK, "backup_every_days": 3}
    async with staged(stick, tmp_path, **chosen):
        await trio.sleep(SOON)
    for _ in range(3):
        async with staged(stick, tmp_path, epoch=-trio.current_time(), **chosen):
            await trio.sleep(SOON)
    assert len(stick.made) == 1
    async with staged(stick, tmp_path, epoch=-trio.current_time(), **chosen):
        await trio.sleep(5 * AWAKE_S)
    assert len(stick.made) == 2
    async with staged(stick, tmp_path, **chosen):  # the clock is set
        await trio.sleep(DAY_S)
    assert len(stick.made) == 3


async def test_another_stick_gets_one_at_once(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path, backup_to=STICK) as stage:
        await trio.sleep(SOON)
        stage.choose(backup_to="/mnt/nas/box")
        await trio.sleep(10)
        assert [(str(target.folder), target.below) for target in stick.visits][-1] == ("/mnt/nas/box", Path("/mnt"))
        assert len(stick.made) == 2


async def test_it_waits_for_a_pause_in_the_music_but_not_for_long_and_then_takes_its_time(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path) as stage:
        stage.music.plays = True
        begin = trio.current_time()
        stage.choose(backup_to=STICK)
        await trio.sleep(QUIET_S - 60)
        assert stick.made == []
        await trio.sleep(120)
        [(at, _, size)] = stick.made
        assert at - begin >= QUIET_S + size / WITH_MUSIC
        stage.choose(backup_to="/media/other")
        await trio.sleep(300)
        stage.music.plays = False
        await trio.sleep(30)
        assert len(stick.made) == 2


@pytest.mark.parametrize("why", ["absent", "read_only", "forbidden", "in_the_way"])
async def test_what_is_wrong_with_a_stick_is_in_health_until_it_is_right_again(tmp_path: Path, why: Refusal) -> None:
    stick = Stick()
    stick.wrong = why
    async with staged(stick, tmp_path, backup_to=STICK) as stage:
        await trio.sleep(SOON)
        assert (stage.state, stage.said) == ("down", str(refusal(Path(STICK), why)))
        assert stage.board.overall == "degraded"
        stick.wrong = None
        await trio.sleep(125)
        assert (stage.state, len(stick.made)) == ("up", 1)


async def test_a_stick_that_somebody_took_away_is_missed_before_its_day(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path, backup_to=STICK, backup_every_days=30) as stage:
        await trio.sleep(SOON)
        stick.wrong = "absent"
        await trio.sleep(LOOK_S + TURN_S + 60)
        assert stage.state == "down"
        stick.wrong = None
        await trio.sleep(125)
        assert (stage.state, len(stick.made)) == ("up", 1)
        before = len(stick.visits)
        await trio.sleep(DAY_S)
        assert 0 < len(stick.visits) - before <= DAY_S / LOOK_S


async def test_too_little_room_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    stick = Stick()
    stick.free = 3
    async with staged(stick, tmp_path, backup_to=STICK) as stage:
        await stage.library.stage.fill("Songs", [b"song"])
        await trio.sleep(SOON)
        assert (stage.state, stage.said) == ("down", str(refusal(Path(STICK), "full")))
        assert stick.begun == 0
        stick.free = 2**40
        await trio.sleep(125)
        assert (stage.state, len(stick.made)) == ("up", 1)


async def test_one_that_failed_at_its_end_is_tried_again_an_hour_later_and_at_once_on_another_stick(
    tmp_path: Path,
) -> None:
    stick = Stick()
    stick.late = "unlike"
    async with staged(stick, tmp_path, backup_to=STICK) as stage:
        await trio.sleep(SOON)
        assert (stage.state, stage.said) == ("down", str(refusal(Path(STICK), "unlike")))
        await trio.sleep(AGAIN_S - SOON)
        assert stick.begun == 1
        await trio.sleep(SOON)
        assert (stage.state, stick.begun) == ("down", 2)
        stick.late = None
        stage.choose(backup_to="/media/other")
        await trio.sleep(10)
        assert (stage.state, len(stick.made)) == ("up", 1)


async def test_a_parent_names_no_folder_but_where_things_are_mounted(tmp_path: Path) -> None:
    stick = Stick()
    async with staged(stick, tmp_path) as stage:
        for folder in ("/etc", "/media", "/mediamarkt/x", "/var/lib/tomb", "/srv/x"):
            with pytest.raises(BadRequest):
                stage.backups.check(folder)
        for folder in ("/media/stick", "/mnt/nas/box"):
            stage.backups.check(folder)
        # With a library that was restored any path may come.
        stage.choose(backup_to="/etc/cron.d")
        await trio.sleep(SOON)
        assert (stage.state, stick.visits) == ("down", [])
        assert stage.said.startswith("Backups may not go to /etc/cron.d")
        # What the operator names may be anywhere.
        stage.backups.use(Choices(backup_to="/srv/nas"), by_operator=True)
        await trio.sleep(125)
        assert {target.below for target in stick.visits} == {None}
        assert len(stick.made) == 1


@pytest.mark.parametrize("noted", [3, {"folder": 3, "day": "x"}, {"folder": STICK, "day": "no day"}, []])
async def test_a_note_that_makes_no_sense_does_no_harm(tmp_path: Path, noted: Any) -> None:
    stick = Stick()
    async with opened(tmp_path) as library:
        await library.librarian.change_settings({MADE: noted})
    async with staged(stick, tmp_path, backup_to=STICK, backup_every_days=2) as stage:
        await trio.sleep(3 * DAY_S)
        assert stage.state == "up"
        assert stick.made


async def test_of_a_name_stays_what_every_file_system_takes() -> None:
    names = ("Mäxchens Box", "../../etc", "дом", "a" * 60, "Kids' & Co.", "-")
    assert [_plain(name) for name in names] == ["maxchens-box", "etc", "", "a" * 30, "kids-co", ""]


async def test_what_the_operator_chose_is_fixed_and_what_parents_choose_counts_at_once(tmp_path: Path) -> None:
    stick = Stick()
    async with virtual_box(tmp_path, backup_drive=stick, backup_to="/srv/nas") as box:
        await trio.sleep(SOON)
        assert [(target.below, str(target.folder)) for target in stick.visits][-1] == (None, "/srv/nas")
        assert box.services.preferences.fixed == ("backup_to",)
        assert box.services.board.details()[NAME].state == "up"
    async with virtual_box(tmp_path, backup_drive=stick) as box:
        await box.services.preferences.change({"backup_to": "/media/stick"}, {})
        await trio.sleep(10)
        assert str(stick.visits[-1].folder) == "/media/stick"
        assert len(stick.made) == 2


@pytest.mark.parametrize("instead", [None, "/media/other"])
async def test_a_place_that_is_given_up_is_forgotten_at_once(tmp_path: Path, instead: str | None) -> None:
    stick = Stick()
    stick.wrong = "absent"
    async with virtual_box(tmp_path, backup_drive=stick) as box:
        await trio.sleep(SOON)
        await box.services.preferences.change({"backup_to": STICK}, {})
        await trio.sleep(DAY_S)  # it is tried every two minutes by now
        told = box.services.board.details()[NAME]
        assert (told.state, told.last_error) == ("down", str(refusal(Path(STICK), "absent")))
        stick.wrong = None
        await box.services.preferences.change({"backup_to": instead}, {})
        await trio.sleep(1)
        told = box.services.board.details()[NAME]
        assert (told.state, told.last_error, box.services.board.overall) == ("up", None, "healthy")


async def test_what_is_found_at_a_place_that_was_given_up_meanwhile_is_told_to_nobody(tmp_path: Path) -> None:
    stick = SlowStick()
    async with virtual_box(tmp_path, backup_drive=stick) as box:
        await trio.sleep(SOON)
        for wrong in (None, "read_only"):
            stick.wrong = wrong
            await box.services.preferences.change({"backup_to": STICK}, {})
            await trio.sleep(SlowStick.SECONDS / 2)
            await box.services.preferences.change({"backup_to": None}, {})
            await trio.sleep(SlowStick.SECONDS)
            told = box.services.board.details()[NAME]
            assert (told.state, told.last_error, box.services.backups.seen) == ("up", None, None)
