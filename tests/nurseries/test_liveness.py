"""Signs of life: given while all answer, and only then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import trio

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.devices.service_manager import ServiceManager
from tomb.errors import Unavailable
from tomb.nurseries.lifecycle import Process
from tomb.nurseries.liveness import DISK_S, LIBRARY, OPENING_S, Job, Liveness

pytestmark = virtual_time

WATCHDOG_S = 30.0


class Listening(ServiceManager):
    """`said`: each line, and when."""

    def __init__(self) -> None:
        super().__init__({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))})
        self.said: list[tuple[float, str]] = []

    def _tell(self, *lines: str) -> None:
        self.said += [(trio.current_time(), line) for line in lines]

    def times(self, line: str) -> list[float]:
        return [at for at, said in self.said if said == line]

    def kills(self) -> bool:
        """It has waited for a sign of life for longer than it wants to."""
        return trio.current_time() - self.times("WATCHDOG=1")[-1] > WATCHDOG_S

    @property
    def status(self) -> str:
        return [said for _, said in self.said if said.startswith("STATUS=")][-1]


@asynccontextmanager
async def alive(*, is_ready: bool = True) -> AsyncIterator[tuple[Liveness, Listening]]:
    manager = Listening()
    if is_ready:
        manager.ready("ready")
    liveness = Liveness(manager)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(liveness.run)
        yield liveness, manager
        nursery.cancel_scope.cancel()


async def answer(job: Job) -> None:
    await job()


class Part:
    """Answers while `works`."""

    def __init__(self) -> None:
        self.works = trio.Event()
        self.works.set()

    def hang(self) -> None:
        self.works = trio.Event()

    async def turn(self, job: Job) -> None:
        await self.works.wait()
        await job()


async def test_while_all_answer_there_is_a_sign_of_life_in_time() -> None:
    async with alive() as (liveness, manager):
        liveness.watch("deck", answer)
        await trio.sleep(3600)
        times = manager.times("WATCHDOG=1")
        assert max(later - at for at, later in pairwise(times)) <= WATCHDOG_S / 2


async def test_what_hangs_is_named_before_the_end(caplog: pytest.LogCaptureFixture) -> None:
    deck = Part()
    async with alive() as (liveness, manager):
        liveness.watch("deck", deck.turn)
        liveness.watch("web", answer)
        await trio.sleep(60)
        deck.hang()
        await trio.sleep(30)
        assert "deck does not answer" in caplog.text
        assert "web does" not in caplog.text
        assert manager.status == "STATUS=hangs: deck"
        assert not manager.kills()
        await trio.sleep(30)
        assert manager.kills()


async def test_what_answers_late_is_forgiven(caplog: pytest.LogCaptureFixture) -> None:
    deck = Part()
    async with alive() as (liveness, manager):
        liveness.watch("deck", deck.turn)
        liveness.status = lambda: "fine"
        deck.hang()
        await trio.sleep(40)
        deck.works.set()
        await trio.sleep(10)
        assert "deck answers again" in caplog.text
        assert not manager.kills()
        assert manager.status == "STATUS=fine"


async def test_a_refusal_is_an_answer() -> None:
    async def refuse(_: Job) -> None:
        raise Unavailable("the disk is away")

    async with alive() as (liveness, manager):
        liveness.watch("librarian", refuse)
        await trio.sleep(600)
        assert not manager.kills()


async def test_a_long_transaction_kills_nobody_who_waits_for_it() -> None:
    library, deck = Part(), Part()
    async with alive() as (liveness, manager):
        liveness.watch(LIBRARY, library.turn, DISK_S)
        liveness.watch("deck", deck.turn)
        library.hang()
        deck.hang()
        await trio.sleep(DISK_S - 20)
        assert not manager.kills()
        library.works.set()
        await trio.sleep(10)
        deck.works.set()
        await trio.sleep(60)
        assert not manager.kills()


async def test_a_library_that_never_answers_is_a_hang() -> None:
    library = Part()
    async with alive() as (liveness, manager):
        liveness.watch(LIBRARY, library.turn, DISK_S)
        library.hang()
        await trio.sleep(DISK_S + 20)
        assert manager.status == "STATUS=hangs: library"
        await trio.sleep(WATCHDOG_S)
        assert manager.kills()


async def test_whoever_was_served_meanwhile_answers_for_the_web() -> None:
    web = Part()
    async with alive() as (liveness, manager):
        liveness.watch("web", web.turn)
        web.hang()  # our own connection waits, behind those of a crowd
        for _ in range(60):
            await trio.sleep(10)
            liveness.answered("web")
        assert not manager.kills()
        await trio.sleep(60)
        assert manager.kills()


async def test_what_was_taken_away_is_not_waited_for() -> None:
    web = Part()
    async with alive() as (liveness, manager):
        liveness.watch("web", web.turn)
        web.hang()
        await trio.sleep(5)
        liveness.forget("web")
        await trio.sleep(60)
        assert not manager.kills()
        assert "hangs" not in manager.status


async def test_a_long_opening_is_waited_for_and_not_for_ever() -> None:
    async with alive(is_ready=False) as (_, manager):
        await trio.sleep(3600)
        asked = [at for at, said in manager.said if said.startswith("EXTEND_TIMEOUT_USEC=")]
        assert max(later - at for at, later in pairwise(asked)) <= 10
        assert OPENING_S - 10 <= asked[-1] - asked[0] <= OPENING_S
        assert not manager.kills()


async def test_nobody_is_asked_where_nobody_watches() -> None:
    asked: list[Job] = []

    async def note(job: Job) -> None:
        asked.append(job)

    liveness = Liveness(ServiceManager({}))
    liveness.watch("deck", note)
    await liveness.run()
    assert asked == []


# --- the parts of a box -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def watched_box(folder: Path) -> AsyncIterator[tuple[VirtualBox, Listening]]:
    manager = Listening()
    process = Process(manager=manager)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.liveness.run)
        async with virtual_box(folder, process=process) as box:
            manager.ready("ready")
            yield box, manager
        nursery.cancel_scope.cancel()


async def test_a_box_gives_signs_of_life_while_it_plays(tmp_path: Path) -> None:
    async with watched_box(tmp_path) as (box, manager):
        await box.add("Songs", 600.0, tag_id=TAGS[0])
        await box.tap(TAGS[0])
        await trio.sleep(1200)
        assert not manager.kills()
        assert not [said for _, said in manager.said if "hangs" in said]


@pytest.mark.parametrize(
    ("part", "after_s"), [("deck", 60.0), ("librarian", 360.0), ("journal", 360.0), ("library", 360.0)]
)
async def test_each_part_that_hangs_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, after_s: float
) -> None:
    hang = tmp_path / "hang"
    monkeypatch.setenv("TOMB_TEST_HANG", str(hang))
    async with watched_box(tmp_path) as (_, manager):
        await trio.sleep(60)
        assert not manager.kills()
        hang.write_text(f"{part}\n")
        await trio.sleep(after_s)
        assert manager.kills()
        assert part in manager.status
        assert not hang.exists()


async def test_a_box_that_stops_is_not_asked_any_more(tmp_path: Path) -> None:
    async with watched_box(tmp_path) as (box, manager):
        box.services.process.end()
        await trio.sleep(60)
        assert not [said for _, said in manager.said if "hangs" in said]
