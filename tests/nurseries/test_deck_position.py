from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trio
from pydantic_core import from_json

from tests.rigs.box import virtual_box
from tests.rigs.virtual import virtual_time
from tomb.events import POSITION, Event

pytestmark = virtual_time


def _times(events: list[tuple[float, Event]]) -> list[float]:
    return [at for at, event in events if event.type == POSITION]


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder on no disk: three hours are 2,700 notes of the position, and a disk may take a minute for these."""
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


def _position(event: Event) -> int:
    return int(from_json(event.payload)["data"]["position_ms"])


async def test_positions_come_every_half_second_while_playing_and_not_otherwise(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        events: list[tuple[float, Event]] = []
        box.services.events.subscribe(lambda event: events.append((trio.current_time(), event)))
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(10.1)
        assert len(_times(events)) == pytest.approx(21, abs=1)
        await box.services.deck.pause()
        await trio.testing.wait_all_tasks_blocked()
        events.clear()
        await trio.sleep(60)
        assert len(_times(events)) <= 1


async def test_a_jump_is_told_at_once_and_otherwise_positions_keep_their_distance(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        events: list[tuple[float, Event]] = []
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(1.2)
        box.services.events.subscribe(lambda event: events.append((trio.current_time(), event)))
        sought_at = trio.current_time()
        await box.services.deck.seek(30_000)
        await trio.sleep(3)
        times = _times(events)
        assert times[0] == sought_at
        settled = [at for at in times if at > sought_at]
        assert all(later - earlier >= 0.4 for earlier, later in pairwise(settled))


async def test_who_skips_faster_than_positions_are_told_is_noted_all_the_same(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        playlist_id = await box.add("Songs", *[60.0] * 60)
        await box.services.deck.start(playlist_id)
        for _ in range(50):
            await trio.sleep(0.3)
            await box.services.deck.next()
        playlist = await box.services.librarian.playlist(playlist_id)
        assert playlist.resume is not None
        assert [each.id for each in playlist.tracks].index(playlist.resume.track_id) > 30


async def test_the_state_after_a_jump_its_position_and_the_answer_are_of_one_moment(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        told: list[tuple[str, int, trio.lowlevel.Task]] = []
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(1.2)
        box.services.events.subscribe(
            lambda event: told.append((event.type, event.number, trio.lowlevel.current_task()))
        )
        answer = await box.services.deck.seek(30_000)
        (state, number, task), (position, _, same_task) = told
        assert (state, position) == ("state:player", POSITION)
        assert task is same_task
        assert answer.state.server_seq == number


async def test_positions_are_never_told_more_often_than_the_least_distance(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, position_interval_ms=100, position_min_ms=400) as box:
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(1)
        times: list[float] = []
        box.services.events.subscribe(
            lambda event: times.append(trio.current_time()) if event.type == POSITION else None
        )
        await trio.sleep(10)
        assert len(times) == pytest.approx(25, abs=1)
        assert all(later - earlier >= 0.399 for earlier, later in pairwise(times))


async def test_a_three_hour_audiobook_is_played_to_its_end_with_all_its_ticks(in_memory: Path) -> None:
    async with virtual_box(in_memory) as box:
        hours = 3
        playlist_id = await box.add("Audiobook", hours * 3600)
        await box.services.deck.start(playlist_id)
        positions: list[int] = []
        box.services.events.subscribe(
            lambda event: positions.append(_position(event)) if event.type == POSITION else None
        )
        await trio.sleep(hours * 3600 + 1)
        assert box.state == "stopped"
        assert len(positions) == pytest.approx(hours * 3600 * 2, abs=3)
        # The last one belongs to the jump at the end, back to the start.
        assert positions[:-1] == sorted(positions[:-1])
        assert positions[-2] <= hours * 3_600_000
        playlist = await box.services.librarian.playlist(playlist_id)
        assert playlist.resume is None
