"""What every output does: the silent one, and those to a sound card and to a Snapcast server, both on virtual time."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.snapcast_virtual import VirtualServer
from tests.rigs.sounds import noise, write
from tests.rigs.virtual_sink import BLOCK_S, VirtualSink
from tomb.devices.audio import PortAudioOutput
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Output, Report
from tomb.devices.silent import SilentOutput
from tomb.devices.snapcast.output import SnapcastOutput
from tomb.ports import VirtualPorts

SLACK = 0.15  # seconds: what a real device may be late, latency and fades included
SLACK_MS = 150


class Stage:
    """One output at work, with the reports it gave and Trio's time of each."""

    def __init__(self, output: Output, reports: list[tuple[float, Report]]) -> None:
        self.output = output
        self.timed = reports
        self.run_scope = trio.CancelScope()
        self.react: Callable[[Report], None] = lambda _: None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with self.run_scope:
            await self.output.run(task_status=task_status)

    @property
    def reports(self) -> list[Report]:
        return [report for _, report in self.timed]

    def at(self, report: Report) -> float:
        return next(when for when, told in self.timed if told == report)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@pytest.fixture(params=["silent", "portaudio", "snapcast"])
async def stage(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    nursery: trio.Nursery,
) -> Stage:
    timed: list[tuple[float, Report]] = []

    def report(told: Report) -> None:
        timed.append((trio.current_time(), told))
        made.react(told)

    output: Output
    if request.param == "silent":
        output = SilentOutput(VirtualPorts(), report)
    elif request.param == "snapcast":
        VirtualServer(nursery).install(monkeypatch)
        output = SnapcastOutput(VirtualPorts(), report, "server", 4953, 1705, delay_ms=0)
    else:
        VirtualSink(nursery).install(monkeypatch)
        output = PortAudioOutput(VirtualPorts(), report)
    made = Stage(output, timed)
    await nursery.start(made.run)
    return made


@pytest.fixture
def track(tmp_path: Path) -> Callable[[float], Path]:
    """Makes a file of so many seconds."""
    return lambda seconds: write(tmp_path / f"{seconds}.wav", noise(seconds))


async def test_a_track_is_started_and_finished_when_it_is_heard(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    begun = trio.current_time()
    stage.output.play(Cue(1, track(3)))
    await trio.sleep(5)
    assert stage.reports == [CueStarted(1), CueFinished(1)]
    assert stage.at(CueStarted(1)) - begun < SLACK
    assert stage.at(CueFinished(1)) - stage.at(CueStarted(1)) == pytest.approx(3, abs=2 * BLOCK_S)


async def test_a_follower_starts_at_the_end_of_the_first(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(3)))
    stage.output.enqueue(Cue(2, track(2)))
    await trio.sleep(7)
    assert stage.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]
    assert stage.at(CueStarted(2)) - stage.at(CueStarted(1)) == pytest.approx(3, abs=0.01)
    assert stage.at(CueFinished(2)) - stage.at(CueStarted(1)) == pytest.approx(5, abs=2 * BLOCK_S)


async def test_a_follower_can_be_replaced_and_taken_back(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(3)))
    stage.output.enqueue(Cue(2, track(2)))
    await trio.sleep(2)
    stage.output.enqueue(Cue(3, track(1)))
    await trio.sleep(1.5)
    stage.output.enqueue(Cue(4, track(1)))
    stage.output.enqueue(None)
    await trio.sleep(3)
    assert stage.reports == [CueStarted(1), CueStarted(3), CueFinished(3)]


async def test_a_follower_said_at_the_last_moment_still_follows(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(1)))
    while stage.output.heard().position_ms < 990:
        await trio.sleep(0.001)
    stage.output.enqueue(Cue(2, track(2)))
    await trio.sleep(4)
    assert stage.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]


async def test_nothing_follows_nothing(stage: Stage, clock: MockClock, track: Callable[[float], Path]) -> None:
    stage.output.enqueue(Cue(1, track(1)))
    await trio.sleep(3)
    assert stage.reports == []
    assert stage.output.heard() == Heard(None, 0)


async def test_a_pause_holds_the_position_and_resume_goes_on_there(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(3)))
    await trio.sleep(1)
    stage.output.pause()
    held = stage.output.heard()
    assert held.position_ms == pytest.approx(1000, abs=SLACK_MS)
    await trio.sleep(60)
    assert stage.output.heard() == held
    stage.output.resume()
    assert stage.output.heard() == held
    resumed = trio.current_time()
    await trio.sleep(4)
    assert stage.reports == [CueStarted(1), CueFinished(1)]
    assert stage.at(CueFinished(1)) - resumed == pytest.approx(3 - held.position_ms / 1000, abs=SLACK)


async def test_pausing_twice_and_resuming_twice_changes_nothing(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(3)))
    await trio.sleep(1)
    stage.output.pause()
    stage.output.pause()
    await trio.sleep(1)
    stage.output.resume()
    stage.output.resume()
    await trio.sleep(4)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_a_pause_as_a_follower_begins_loses_nothing(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(1)))
    stage.output.enqueue(Cue(2, track(2)))
    while stage.output.heard().position_ms < 985:
        await trio.sleep(0.001)
    stage.output.pause()
    held = stage.output.heard()
    assert held.generation == 1
    await trio.sleep(5)
    assert stage.output.heard() == held
    assert stage.reports == [CueStarted(1)]
    stage.output.resume()
    await trio.sleep(4)
    assert stage.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]
    assert stage.at(CueFinished(2)) - stage.at(CueStarted(2)) == pytest.approx(2, abs=2 * BLOCK_S)


async def test_what_is_cued_in_a_pause_waits_for_resume(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(2), start_ms=500))
    stage.output.pause()
    await trio.sleep(30)
    assert stage.reports == []
    assert stage.output.heard() == Heard(1, 500)
    stage.output.resume()
    await trio.sleep(2)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_positions_count_from_the_start_of_the_file(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(3), start_ms=2000))
    assert stage.output.heard() == Heard(1, 2000)
    await trio.sleep(0.5)
    assert stage.output.heard().position_ms == pytest.approx(2500, abs=SLACK_MS)
    await trio.sleep(0.5 + SLACK)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_positions_never_go_back(stage: Stage, clock: MockClock, track: Callable[[float], Path]) -> None:
    stage.output.play(Cue(1, track(2)))
    positions = []
    while CueFinished(1) not in stage.reports:
        positions.append(stage.output.heard().position_ms)
        await trio.sleep(0.003)
    assert positions[:-1] == sorted(positions[:-1])
    assert max(positions) <= 2000


async def test_beyond_its_end_a_track_is_over_at_once(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(1), start_ms=5000))
    await trio.sleep(SLACK)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_beyond_its_end_a_track_gives_way_to_its_follower(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(1), start_ms=5000))
    stage.output.enqueue(Cue(2, track(2)))
    await trio.sleep(3)
    assert stage.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]


async def test_after_the_end_nothing_is_heard(stage: Stage, clock: MockClock, track: Callable[[float], Path]) -> None:
    stage.output.play(Cue(1, track(1)))
    await trio.sleep(3)
    assert stage.output.heard() == Heard(None, 0)
    stage.output.resume()
    stage.output.pause()
    await trio.sleep(3)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_halt_forgets_everything(stage: Stage, clock: MockClock, track: Callable[[float], Path]) -> None:
    stage.output.play(Cue(1, track(2)))
    stage.output.enqueue(Cue(2, track(1)))
    await trio.sleep(1)
    stage.output.stop()
    assert stage.output.heard() == Heard(None, 0)
    await trio.sleep(5)
    assert stage.reports == [CueStarted(1)]


async def test_play_forgets_what_was_cued_before(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(2)))
    stage.output.enqueue(Cue(2, track(1)))
    await trio.sleep(1)
    stage.output.play(Cue(3, track(3)))
    assert stage.output.heard() == Heard(3, 0)
    await trio.sleep(5)
    assert stage.reports == [CueStarted(1), CueStarted(3), CueFinished(3)]


async def test_of_many_plays_at_once_only_the_last_is_heard(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    for generation in range(1, 20):
        stage.output.play(Cue(generation, track(1)))
    await trio.sleep(3)
    assert stage.reports == [CueStarted(19), CueFinished(19)]


async def test_a_track_that_cannot_be_played_is_told_at_once(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], tmp_path: Path
) -> None:
    stage.output.play(Cue(1, tmp_path / "no such file.mp3"))
    await trio.sleep(SLACK)
    assert stage.reports == [CueFailed(1, "unreadable: no such file or directory")]
    assert stage.output.heard() == Heard(None, 0)


async def test_a_track_that_cannot_be_played_gives_way_to_its_follower(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("no sound at all")
    stage.output.play(Cue(1, tmp_path / "text.mp3"))
    stage.output.enqueue(Cue(2, track(1)))
    await trio.sleep(2)
    assert stage.reports == [CueFailed(1, "not an audio file"), CueStarted(2), CueFinished(2)]


async def test_in_a_pause_too_a_bad_track_gives_way_to_its_follower(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], tmp_path: Path
) -> None:
    (tmp_path / "empty.mp3").touch()
    stage.output.play(Cue(1, tmp_path / "empty.mp3"))
    stage.output.pause()
    stage.output.enqueue(Cue(2, track(1)))
    await trio.sleep(2)
    assert stage.reports == [CueFailed(1, "empty file")]
    assert stage.output.heard() == Heard(2, 0)
    stage.output.resume()
    await trio.sleep(2)
    assert stage.reports[1:] == [CueStarted(2), CueFinished(2)]


async def test_a_bad_follower_is_told_early_enough_to_cue_another(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("no sound at all")
    stage.output.play(Cue(1, track(2)))
    await trio.sleep(0.5)
    stage.output.enqueue(Cue(2, tmp_path / "text.mp3"))
    await trio.sleep(0.5)
    assert stage.reports == [CueStarted(1), CueFailed(2, "not an audio file")]
    stage.output.enqueue(Cue(3, track(1)))
    await trio.sleep(3)
    assert stage.reports[2:] == [CueStarted(3), CueFinished(3)]


async def test_after_a_bad_follower_the_first_still_finishes(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], tmp_path: Path
) -> None:
    (tmp_path / "text.mp3").write_text("no sound at all")
    stage.output.play(Cue(1, track(2)))
    await trio.sleep(0.5)
    stage.output.enqueue(Cue(2, tmp_path / "text.mp3"))
    await trio.sleep(3)
    assert stage.reports == [CueStarted(1), CueFailed(2, "not an audio file"), CueFinished(1)]


async def test_a_run_that_ended_has_forgotten_but_still_says_where_it_was(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], nursery: trio.Nursery
) -> None:
    stage.output.play(Cue(1, track(3)))
    await trio.sleep(1)
    stage.run_scope.cancel()
    await trio.sleep(1)
    assert stage.output.heard().generation == 1
    assert stage.output.heard().position_ms == pytest.approx(1000, abs=SLACK_MS)
    await nursery.start(stage.output.run)
    await trio.sleep(5)
    assert stage.reports == [CueStarted(1)]


async def test_what_is_cued_between_runs_is_heard_in_the_next(
    stage: Stage, clock: MockClock, track: Callable[[float], Path], nursery: trio.Nursery
) -> None:
    stage.run_scope.cancel()
    await trio.sleep(1)
    stage.output.play(Cue(1, track(1)))
    await trio.sleep(1)
    assert stage.reports == []
    await nursery.start(stage.output.run)
    await trio.sleep(2)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_gains_disturb_no_report(stage: Stage, clock: MockClock, track: Callable[[float], Path]) -> None:
    stage.output.set_gain(0.5)
    stage.output.play(Cue(1, track(1)))
    stage.output.set_gain(0, 10.0)
    await trio.sleep(0.5)
    stage.output.set_gain(1)
    await trio.sleep(1)
    assert stage.reports == [CueStarted(1), CueFinished(1)]


async def test_commands_given_in_a_report_are_obeyed(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    def react(report: Report) -> None:
        if report == CueFinished(1):
            stage.output.play(Cue(2, track(1)))
        if report == CueStarted(2):
            stage.output.enqueue(Cue(3, track(1)))
        if report == CueStarted(3):
            stage.output.play(Cue(4, track(1)))
        if report == CueStarted(4):
            stage.output.stop()

    stage.react = react
    stage.output.play(Cue(1, track(1)))
    await trio.sleep(10)
    assert stage.reports == [CueStarted(1), CueFinished(1), CueStarted(2), CueStarted(3), CueStarted(4)]


async def test_a_report_of_a_track_that_is_over_at_once_may_cue_another(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    def react(report: Report) -> None:
        if report == CueStarted(1):
            stage.output.play(Cue(2, track(1)))

    stage.react = react
    stage.output.play(Cue(1, track(1), start_ms=5000))
    await trio.sleep(3)
    assert stage.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]
