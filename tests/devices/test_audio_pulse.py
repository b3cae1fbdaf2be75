"""PortAudio on a real PulseAudio daemon: what the monitor of its sink recorded, in real time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import trio

from tests.devices.test_gapless import every_pair, made, one_after_the_other
from tests.rigs.in_time import in_time
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pulse import RATE, PulseRig, pulse_rig
from tests.rigs.sounds import Int16, as_heard, noise, write
from tomb.devices.audio import PortAudioOutput
from tomb.devices.output import Cue, CueFinished, CueStarted, Report
from tomb.devices.portaudio import TONE_PEAK, TONE_S
from tomb.errors import Broken, Missing
from tomb.ports import RealPorts


class Reports:
    """Collects reports, and waits for one."""

    def __init__(self) -> None:
        self.all: list[Report] = []
        self._more = trio.Event()

    def __call__(self, report: Report) -> None:
        self.all.append(report)
        self._more.set()
        self._more = trio.Event()

    async def until(self, report: Report) -> None:
        with trio.fail_after(PATIENCE_S):
            while report not in self.all:
                await self._more.wait()


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PulseRig]:
    async with pulse_rig() as rig:
        for name, value in rig.env.items():
            monkeypatch.setenv(name, value)
        yield rig


def unhurried(reports: Reports, idle_close_s: float = 10.0, latency: float = 0.25) -> PortAudioOutput:
    """With a queue long enough that a busy machine, on which tests run too, costs no sample."""
    return PortAudioOutput(RealPorts(), reports, latency=latency, idle_close_s=idle_close_s)


@asynccontextmanager
async def running(output: PortAudioOutput) -> AsyncIterator[None]:
    async with trio.open_nursery() as nursery:
        await nursery.start(output.run)
        yield
        nursery.cancel_scope.cancel()


async def until_position(output: PortAudioOutput, position_ms: int) -> None:
    with trio.fail_after(PATIENCE_S):
        while output.heard().position_ms < position_ms:
            await trio.sleep(0.01)


async def until_streams(rig: PulseRig, count: int) -> None:
    with trio.fail_after(PATIENCE_S):
        while await rig.playing_streams() != count:
            await trio.sleep(0.05)


FADE = round(0.02 * RATE)
# Each format at another rate, so that one queue goes from each to each; all their rates: test_gapless.py.
KINDS = [
    ("wav", 44100, 2),
    ("flac", 48000, 2),
    ("mp3", 44100, 1),
    ("ogg", 32000, 2),
    ("opus", 48000, 1),
    ("aiff", 22050, 1),
]


@in_time
async def test_from_each_format_to_each_the_queue_is_heard_to_the_sample(rig: PulseRig, tmp_path: Path) -> None:
    paths = every_pair(made(tmp_path, KINDS, 0.8))
    reports = Reports()
    output = unhurried(reports, latency=0.4)  # half of a file, so that there is as much time for the next one to come
    async with rig.recording() as recording, running(output):
        output.play(Cue(0, paths[0]))
        for generation, path in enumerate(paths[1:], 1):
            output.enqueue(Cue(generation, path))
            await reports.until(CueStarted(generation))
        await reports.until(CueFinished(len(paths) - 1))
        end = await recording.until_silence(await recording.until_sound())
    expected = one_after_the_other(paths)
    heard = recording.frames()
    lead = int(np.flatnonzero(expected.any(axis=1))[0])  # a decoded mp3 may begin with a zero
    start = await recording.until_sound() - lead
    np.testing.assert_array_equal(heard[start : start + len(expected)], expected)
    assert end <= start + len(expected)
    assert reports.all == [CueStarted(generation) for generation in range(len(paths))] + [CueFinished(len(paths) - 1)]
    assert output.underruns == 0


@in_time
async def test_volume_scales_every_sample(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(0.5))
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.set_gain(0.25)
        output.play(Cue(1, path))
        await reports.until(CueFinished(1))
        start = await recording.until_sound()
        await recording.until_silence(start)
    expected = np.rint(as_heard(path) * np.float32(0.25)).astype(np.int16)
    np.testing.assert_array_equal(recording.frames()[start : start + len(expected)], expected)


@in_time
async def test_resume_goes_on_exactly_where_pause_was_said(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(3))
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, path))
        await until_position(output, 700)
        output.pause()
        paused_at = output.heard().position_ms
        start = await recording.until_sound()
        pause = await recording.until_silence(start)
        assert output.heard().position_ms == paused_at
        output.resume()
        resumed = await recording.until_sound(pause)
        await reports.until(CueFinished(1))
        end = await recording.until_silence(resumed)
    source, heard = as_heard(path), recording.frames()
    played = pause - start
    np.testing.assert_array_equal(heard[start : pause - FADE - 1], source[: played - FADE - 1])
    assert paused_at <= played * 1000 / RATE <= paused_at + 450  # it was heard a little longer: latency and fade
    # The very first sample of a ramp may round to zero; what counts is that all is there up to the end.
    tail = end - resumed - FADE
    np.testing.assert_array_equal(heard[end - tail : end], source[-tail:])
    assert abs((len(source) - (end - resumed)) * 1000 / RATE - paused_at) <= 1
    assert reports.all == [CueStarted(1), CueFinished(1)]


@in_time
async def test_seeking_fades_and_goes_on_there(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise(3))
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, path))
        await until_position(output, 400)
        output.play(Cue(2, path, start_ms=2000))
        await reports.until(CueStarted(2))
        assert 2000 <= output.heard().position_ms < 2200
        await reports.until(CueFinished(2))
        end = await recording.until_silence(await recording.until_sound())
    source, heard = as_heard(path), recording.frames()
    tail = RATE - FADE
    np.testing.assert_array_equal(heard[end - tail : end], source[-tail:])
    ramp = np.abs(heard[end - RATE : end - tail].astype(int))
    assert (ramp <= np.abs(source[-RATE:-tail].astype(int))).all()
    assert ramp[:20].max() < 400  # of 8000
    assert reports.all == [CueStarted(1), CueStarted(2), CueFinished(2)]


@in_time
async def test_another_track_begins_exactly_though_one_was_playing(rig: PulseRig, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.wav", noise(3, seed=1)), write(tmp_path / "b.wav", noise(0.5, seed=2))
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, first))
        await until_position(output, 300)
        output.play(Cue(2, second))
        await reports.until(CueFinished(2))
        end = await recording.until_silence(await recording.until_sound())
    expected = as_heard(second)
    np.testing.assert_array_equal(recording.frames()[end - len(expected) : end], expected)


@in_time
async def test_a_follower_may_be_replaced_though_it_was_decoded_ahead(rig: PulseRig, tmp_path: Path) -> None:
    first = write(tmp_path / "a.wav", noise(1.2, seed=1))
    second = write(tmp_path / "b.wav", noise(0.5, seed=2))
    third = write(tmp_path / "c.flac", noise(0.5, rate=48000, seed=3), 48000)
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, first))
        output.enqueue(Cue(2, second))
        await until_position(output, 600)
        output.enqueue(Cue(3, third))
        await reports.until(CueFinished(3))
        start = await recording.until_sound()
        await recording.until_silence(start)
    expected = np.concatenate([as_heard(first), as_heard(third)])
    np.testing.assert_array_equal(recording.frames()[start : start + len(expected)], expected)
    assert reports.all == [CueStarted(1), CueStarted(3), CueFinished(3)]
    assert output.underruns == 0


@in_time
async def test_an_idle_stream_is_closed_and_opened_again(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(0.4))
    reports = Reports()
    output = unhurried(reports, idle_close_s=0.3)
    async with rig.recording() as recording, running(output):
        await until_streams(rig, 0)
        output.play(Cue(1, path))
        await reports.until(CueFinished(1))
        await until_streams(rig, 0)
        since = await recording.until_silence(await recording.until_sound())
        output.play(Cue(2, path))
        await reports.until(CueFinished(2))
        start = await recording.until_sound(since)
        end = await recording.until_silence(start)
    np.testing.assert_array_equal(recording.frames()[start:end], as_heard(path))


@in_time
async def test_a_stream_closed_in_a_pause_goes_on_where_it_was(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(2))
    reports = Reports()
    output = unhurried(reports, idle_close_s=0.3)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, path))
        await until_position(output, 500)
        output.pause()
        paused_at = output.heard().position_ms
        await until_streams(rig, 0)
        since = await recording.until_silence(await recording.until_sound())
        output.resume()
        await reports.until(CueFinished(1))
        start = await recording.until_sound(since)
        end = await recording.until_silence(start)
    assert abs((2 * RATE - (end - start)) * 1000 / RATE - paused_at) <= 1


@in_time
async def test_a_killed_daemon_breaks_the_run_and_the_next_run_plays_again(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1.5))
    reports = Reports()
    output = unhurried(reports)
    with trio.fail_after(PATIENCE_S), pytest.RaisesGroup(pytest.RaisesExc(Broken, match="stopped taking sound")):
        await run_and_kill(rig, output, path)
    position = output.heard()
    assert position.generation == 1
    assert position.position_ms >= 300
    with pytest.raises(Missing):
        await output.run()
    await rig.start()
    for again in (output, unhurried(reports)):
        async with rig.recording() as recording, running(again):
            again.play(Cue(2, path, start_ms=500))
            await reports.until(CueFinished(2))
            start = await recording.until_sound()
            end = await recording.until_silence(start)
        reports.all.clear()
        np.testing.assert_array_equal(recording.frames()[start + FADE : end], as_heard(path)[-(end - start - FADE) :])
        assert abs(end - start - RATE) <= 2


async def run_and_kill(rig: PulseRig, output: PortAudioOutput, path: Path) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(output.run)
        output.play(Cue(1, path))
        await until_position(output, 300)
        await rig.kill()


async def test_a_daemon_that_hangs_breaks_the_run_though_closing_hangs_too(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    reports = Reports()
    output = unhurried(reports)
    with trio.fail_after(PATIENCE_S), pytest.RaisesGroup(Broken):
        async with trio.open_nursery() as nursery:
            await nursery.start(output.run)
            output.play(Cue(1, path))
            await until_position(output, 200)
            rig.hang()
    rig.go_on()
    async with rig.recording() as recording, running(output):
        output.play(Cue(2, path))
        await reports.until(CueFinished(2))
        start = await recording.until_sound()
        end = await recording.until_silence(start)
    np.testing.assert_array_equal(recording.frames()[start:end], as_heard(path))


async def test_without_a_daemon_the_device_is_missing(rig: PulseRig) -> None:
    await rig.kill()
    with trio.fail_after(PATIENCE_S), pytest.raises(Missing, match="no sound output"):
        await PortAudioOutput(RealPorts(), Reports()).run()


async def test_an_unknown_device_is_missing(rig: PulseRig) -> None:
    with pytest.raises(Missing, match="no such device"):
        await PortAudioOutput(RealPorts(), Reports(), device="no such device").run()


async def test_the_loudspeakers_are_listed_by_name_with_the_default_one(rig: PulseRig) -> None:
    output = unhurried(Reports())
    async with running(output):
        found = await output.loudspeakers()
    assert [each.name for each in found if each.default] == ["default"]


@in_time
async def test_a_tone_is_heard_for_a_moment_beside_the_music_and_below_its_level(rig: PulseRig) -> None:
    output = unhurried(Reports())
    async with rig.recording() as recording, running(output):
        await output.test(None, 0.5)
        start = await recording.until_sound()
        end = await recording.until_silence(start)
        peak = int(np.abs(recording.frames()[start:end].astype(int)).max())
        assert (end - start) / RATE == pytest.approx(TONE_S, abs=0.05)
        assert peak == pytest.approx(0.5 * TONE_PEAK * 32767, rel=0.01)
        with pytest.raises(Missing):
            await output.test("no such loudspeaker", 0.5)


@in_time
async def test_another_loudspeaker_goes_on_where_the_first_one_was_heard(rig: PulseRig, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(3))
    reports = Reports()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, path))
        await until_position(output, 700)
        output.select("default")  # by name what was the default before: another stream all the same
        await reports.until(CueFinished(1))
        await recording.until_frames(len(recording.frames()) + RATE // 2)
    source, heard = as_heard(path), recording.frames()
    loud = np.flatnonzero(heard.any(axis=1))
    before = agreeing(heard[loud[0] :], source)
    after = agreeing(heard[: loud[-1] + 1][::-1], source[::-1])
    assert before < len(source)
    assert after > RATE
    # Nothing between the two was left out, as far as what is heard is known: by the latency that the device admits to.
    assert len(source) - (after + FADE) <= before + FADE + RATE // 10
    assert reports.all == [CueStarted(1), CueFinished(1)]
    assert output.name == "default"


def agreeing(heard: Int16, source: Int16) -> int:
    """How many frames are the same, from the first on."""
    length = min(len(heard), len(source))
    different = np.flatnonzero((heard[:length] != source[:length]).any(axis=1))
    return int(different[0]) if different.size else length
