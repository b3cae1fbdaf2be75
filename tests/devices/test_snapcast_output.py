"""Sound to a Snapcast server, on virtual time: what is written, when, and what is said to be heard."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from tests.rigs.snapcast_virtual import CHUNK, RATE, VirtualServer
from tests.rigs.sounds import as_heard, noise, write
from tests.rigs.virtual_sink import now_ns
from tomb.devices import playhead
from tomb.devices.output import Cue, CueFinished, CueStarted, Heard, Report, Stuttered
from tomb.devices.snapcast import source
from tomb.devices.snapcast.control import Status, Stream
from tomb.devices.snapcast.output import SnapcastOutput
from tomb.devices.snapcast.source import LEAD_S, TAIL_CHUNKS
from tomb.errors import Broken, DeviceError, Missing
from tomb.ports import VirtualPorts

DELAY_S = 1.0
CHUNK_S = CHUNK / RATE
PORT = 4953


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Stage:
    def __init__(self, server: VirtualServer) -> None:
        self.server = server
        self.told: list[tuple[float, Report]] = []
        self.failed: list[DeviceError] = []
        self.output = SnapcastOutput(
            VirtualPorts(),
            lambda report: self.told.append((trio.current_time(), report)),
            "server",
            PORT,
            1705,
            delay_ms=int(DELAY_S * 1000),
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await self.output.run(task_status=task_status)
        except DeviceError as error:
            self.failed.append(error)

    def at(self, report: Report) -> float:
        return next(when for when, told in self.told if told == report)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery, clock: MockClock) -> Stage:
    server = VirtualServer(nursery)
    server.install(monkeypatch)
    made = Stage(server)
    await nursery.start(made.run)
    return made


@pytest.fixture
def track(tmp_path: Path) -> Callable[[float], Path]:
    return lambda seconds: write(tmp_path / f"{seconds}.wav", noise(seconds, seed=int(seconds * 10)))


async def test_two_tracks_reach_the_server_sample_for_sample_and_it_never_waits(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    first, second = track(31.3), track(2.7)
    stage.output.play(Cue(1, first))
    stage.output.enqueue(Cue(2, second))
    await trio.sleep(40)
    assert np.array_equal(stage.server.sound(), np.concatenate([as_heard(first), as_heard(second)]))
    assert stage.server.late == 0
    assert [report for _, report in stage.told] == [CueStarted(1), CueStarted(2), CueFinished(2)]


async def test_what_is_told_is_what_is_heard_a_buffer_later(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    begun = trio.current_time()
    stage.output.play(Cue(1, track(3)))
    assert stage.output.heard() == Heard(1, 0)
    await trio.sleep(DELAY_S - 0.1)
    assert stage.output.heard() == Heard(1, 0)
    assert not stage.told
    await trio.sleep(1.1)
    assert stage.output.heard().position_ms == pytest.approx(1000, abs=2 * CHUNK_S * 1000)
    await trio.sleep(5)
    assert stage.at(CueStarted(1)) - begun == pytest.approx(DELAY_S, abs=2 * CHUNK_S)
    assert stage.at(CueFinished(1)) - begun == pytest.approx(DELAY_S + 3, abs=2 * CHUNK_S)


async def test_the_first_sample_of_a_tap_is_written_at_once(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    await trio.sleep(60)
    stage.output.play(Cue(1, track(1)))
    begun = trio.current_time()
    await trio.sleep(0.5)
    silent = next(frame for _, frame in stage.server.arrivals if stage.server.taken()[frame : frame + CHUNK].any())
    assert silent == CHUNK, "a chunk of silence in front, which the server may give a time that is over"
    assert [when - begun for when, _ in stage.server.arrivals[:2]] == pytest.approx([0, CHUNK_S], abs=0.001)


async def test_nothing_is_written_while_nothing_plays_and_no_part_of_a_chunk_stays_behind(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(0.555)))
    await trio.sleep(10)
    taken = len(stage.server.taken())
    assert taken < (0.555 + DELAY_S + 2 * LEAD_S + (TAIL_CHUNKS + 3) * CHUNK_S) * RATE
    assert len(stage.server.sound()) == round(0.555 * RATE)
    await trio.sleep(3600)
    assert len(stage.server.taken()) == taken


async def test_a_pause_ends_what_is_written_within_the_lead_and_goes_on_with_what_was_heard(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    path = track(20)
    stage.output.play(Cue(1, path))
    await trio.sleep(6)
    stage.output.pause()
    position_ms = stage.output.heard().position_ms
    assert position_ms == pytest.approx((6 - DELAY_S) * 1000, abs=2 * CHUNK_S * 1000)
    await trio.sleep(5)
    first = stage.server.sound()
    assert len(first) / RATE == pytest.approx(6, abs=LEAD_S + 0.02 + 2 * CHUNK_S)
    assert stage.output.heard().position_ms == position_ms
    before = len(stage.server.taken())
    stage.output.resume()
    await trio.sleep(3)
    again = stage.server.taken()[before:]
    faded = round(0.02 * RATE)
    resumed = again[np.flatnonzero(again.any(axis=1))[0] :][faded : faded + RATE]
    start = round(position_ms * RATE / 1000)
    whole = as_heard(path)
    near = range(start + faded - 100, start + faded + 100)
    assert any(np.array_equal(whole[at : at + RATE], resumed) for at in near)


async def test_a_seek_while_it_plays_is_heard_a_buffer_later(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    path = track(20)
    stage.output.play(Cue(1, path))
    await trio.sleep(3)
    stage.output.play(Cue(2, path, start_ms=10_000))
    await trio.sleep(DELAY_S + 2)
    assert stage.output.heard().generation == 2
    assert stage.output.heard().position_ms == pytest.approx(12_000, abs=(LEAD_S + 0.02 + 2 * CHUNK_S) * 1000)


@pytest.mark.parametrize("playing", [True, False])
async def test_a_server_that_goes_is_noticed_and_one_that_is_back_is_played_to(
    stage: Stage, clock: MockClock, nursery: trio.Nursery, track: Callable[[float], Path], playing: bool
) -> None:
    path = track(20)
    stage.output.play(Cue(1, path))
    await trio.sleep(4)
    if not playing:
        stage.output.pause()
        await trio.sleep(10)
    await stage.server.vanish()
    await trio.sleep(0.5)
    assert [type(error) for error in stage.failed] == [Broken]
    assert stage.output.heard().position_ms == pytest.approx(3000, abs=2 * CHUNK_S * 1000)
    with pytest.raises(Missing, match="no Snapcast server"):
        await stage.output.run()
    stage.server.there = True
    await nursery.start(stage.run)
    before = len(stage.server.taken())
    stage.output.play(Cue(2, path, start_ms=3000))
    await trio.sleep(1)
    assert stage.server.taken()[before:].any()


async def test_a_server_that_talks_where_it_should_listen_is_not_heeded(
    stage: Stage, clock: MockClock, track: Callable[[float], Path]
) -> None:
    path = track(2)
    stage.output.play(Cue(1, path))
    await stage.server.chatter()
    await trio.sleep(5)
    assert np.array_equal(stage.server.sound(), as_heard(path))


async def test_the_server_says_at_which_rate_and_in_what_chunks_it_takes_sound(
    stage: Stage, clock: MockClock, nursery: trio.Nursery, track: Callable[[float], Path]
) -> None:
    await stage.server.vanish()
    await trio.sleep(1)
    stage.server.there = True
    stage.server.status = Status((Stream("other", 1), Stream("box", PORT, rate=48000, chunk_ms=10)))
    await nursery.start(stage.run)
    path = track(2)
    stage.output.play(Cue(1, path))
    await trio.sleep(5)
    assert len(stage.server.sound()) == 2 * 48000


@pytest.mark.parametrize("form", [{"bits": 24}, {"channels": 1}, {"rate": 500_000}])
async def test_another_form_of_sound_is_refused_with_what_to_set(
    stage: Stage, clock: MockClock, form: dict[str, Any]
) -> None:
    await stage.server.vanish()
    await trio.sleep(1)
    stage.server.there = True
    stage.server.status = Status((Stream("box", PORT, **form),))
    with pytest.raises(Missing, match="sampleformat=44100:16:2"):
        await stage.output.run()


async def test_a_box_that_had_no_time_says_that_the_sound_had_a_gap_and_knows_again_what_is_heard(
    stage: Stage, clock: MockClock, monkeypatch: pytest.MonkeyPatch, track: Callable[[float], Path]
) -> None:
    stage.output.play(Cue(1, track(20)))
    await trio.sleep(3)
    monkeypatch.setattr(source, "monotonic_ns", lambda: now_ns() + 500_000_000)
    monkeypatch.setattr(playhead, "monotonic_ns", lambda: now_ns() + 500_000_000)
    await trio.sleep(2)
    assert any(isinstance(report, Stuttered) for _, report in stage.told)
    # 5 s of our time and half a second more have passed; what it could not write meanwhile was not heard.
    assert stage.output.heard().position_ms == pytest.approx(5000 - DELAY_S * 1000 + LEAD_S * 1000, abs=60)


@pytest.mark.parametrize(("pinch", "dry"), [(0.01, False), (0.0, True)])
async def test_a_server_whose_clock_is_faster_by_less_than_the_pinch_never_waits_for_samples(
    stage: Stage,
    clock: MockClock,
    track: Callable[[float], Path],
    pinch: float,
    dry: bool,
) -> None:
    """A hundred times what clocks differ by, so that seconds do for an audio book."""
    stage.output._sink._pinch = pinch
    stage.server.slow = 1 - 0.009
    stage.output.play(Cue(1, track(30)))
    await trio.sleep(30)
    assert (stage.server.late > 0) is dry


def test_a_box_without_rooms_loads_nothing_of_them_and_one_with_rooms_no_sound_card() -> None:
    program = """if True:
        import sys
        from tomb.box import chosen_devices
        from tomb.config import Settings
        from tomb.ports import RealPorts
        chosen_devices(Settings(audio="silent", reader="none", youtube="off"), RealPorts())
        assert not [name for name in sys.modules if name.startswith("tomb.devices.snapcast.")]
        devices = chosen_devices(Settings(audio="snapcast", reader="none", youtube="off"), RealPorts())
        class Deck:
            report = print
        devices.output(Deck())
        assert "tomb.devices.snapcast.source" in sys.modules
        assert "sounddevice" not in sys.modules
    """
    subprocess.run((sys.executable, "-c", program), check=True)
