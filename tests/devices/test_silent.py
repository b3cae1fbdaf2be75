"""The silent output on a mock clock: exact, and idle between the things that happen."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.sounds import noise, write
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Report
from tomb.devices.silent import SilentOutput
from tomb.ports import VirtualPorts


class Times(trio.abc.Instrument):
    """Counts how often the scheduler ran a task."""

    def __init__(self) -> None:
        self.steps = 0

    def before_task_step(self, _task: trio.lowlevel.Task) -> None:
        self.steps += 1


@pytest.fixture
def timed() -> list[tuple[float, Report]]:
    return []


@pytest.fixture
async def silent(autojump_clock: MockClock, nursery: trio.Nursery, timed: list[tuple[float, Report]]) -> SilentOutput:
    made = SilentOutput(VirtualPorts(), lambda report: timed.append((trio.current_time(), report)))
    await nursery.start(made.run)
    return made


@pytest.fixture
def track(tmp_path: Path) -> Callable[[float], Path]:
    return lambda seconds: write(tmp_path / f"{seconds}.wav", noise(seconds, rate=8000, channels=1), 8000)


async def test_reports_come_at_the_exact_time(
    silent: SilentOutput,
    autojump_clock: MockClock,
    timed: list[tuple[float, Report]],
    track: Callable[[float], Path],
) -> None:
    begun = trio.current_time()
    silent.play(Cue(1, track(1.5)))
    silent.enqueue(Cue(2, track(2.25), start_ms=250))
    await trio.sleep(100)
    assert [report for _, report in timed] == [CueStarted(1), CueStarted(2), CueFinished(2)]
    assert [when - begun for when, _ in timed] == pytest.approx([0, 1.5, 3.5])


async def test_positions_are_exact(
    silent: SilentOutput, autojump_clock: MockClock, track: Callable[[float], Path]
) -> None:
    silent.play(Cue(1, track(10)))
    await trio.testing.wait_all_tasks_blocked()
    for second in range(10):
        assert silent.heard() == Heard(1, second * 1000)
        await trio.sleep(1)


async def test_hundreds_of_tracks_do_not_drift(
    silent: SilentOutput, autojump_clock: MockClock, timed: list[tuple[float, Report]], track: Callable[[float], Path]
) -> None:
    begun = trio.current_time()
    path = track(0.3)
    silent.play(Cue(0, path))
    for generation in range(1, 300):
        silent.enqueue(Cue(generation, path))
        while len(timed) <= generation:
            await trio.sleep(0.1)
    assert timed[-1][0] == pytest.approx(begun + 299 * 0.3, abs=1e-6)


async def test_an_hour_takes_a_handful_of_steps(
    silent: SilentOutput, autojump_clock: MockClock, timed: list[tuple[float, Report]], track: Callable[[float], Path]
) -> None:
    silent.play(Cue(1, track(3600)))
    counter = Times()
    trio.lowlevel.add_instrument(counter)
    await trio.sleep(4000)
    trio.lowlevel.remove_instrument(counter)
    assert [report for _, report in timed] == [CueStarted(1), CueFinished(1)]
    assert counter.steps < 30


async def test_a_pause_stops_the_clock(
    silent: SilentOutput, autojump_clock: MockClock, timed: list[tuple[float, Report]], track: Callable[[float], Path]
) -> None:
    silent.play(Cue(1, track(2)))
    await trio.sleep(0.75)
    silent.pause()
    await trio.sleep(1000)
    assert silent.heard() == Heard(1, 750)
    resumed = trio.current_time()
    silent.resume()
    await trio.sleep(10)
    when, report = timed[-1]
    assert report == CueFinished(1)
    assert when == pytest.approx(resumed + 1.25)


async def test_the_failure_of_a_file_is_told_in_words(
    silent: SilentOutput, autojump_clock: MockClock, timed: list[tuple[float, Report]], tmp_path: Path
) -> None:
    (tmp_path / "a.mp3").write_text("text")
    silent.play(Cue(7, tmp_path / "a.mp3"))
    await trio.sleep(1)
    assert [report for _, report in timed] == [CueFailed(7, "not an audio file")]
