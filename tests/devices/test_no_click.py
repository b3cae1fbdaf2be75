"""Whatever anybody does, and however a file ends: no step in the sound is larger than the sound's own.

A wave that is slow against the sample rate shows each of them. What is looked at is what a device was given, of the
whole output on virtual time, for commands at any moment; and what a real daemon's monitor recorded.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from tests.devices.test_audio_pulse import Reports, rig, running, unhurried, until_position  # noqa: F401  # a fixture
from tests.rigs.in_time import in_time
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pulse import RATE, PulseRig
from tests.rigs.sounds import Int16, write
from tests.rigs.virtual_sink import VirtualSink
from tomb.devices.audio import PortAudioOutput
from tomb.devices.chimes import PEAK, made
from tomb.devices.output import Cue, CueFinished
from tomb.devices.playhead import DECAY
from tomb.devices.streaming import FADE_S
from tomb.ports import VirtualPorts

LEVEL, HERTZ = 0.5, 110
OWN = LEVEL * 32767 * 2 * np.pi * HERTZ / RATE  # the wave's largest step: 257
RAMP = LEVEL * 32767 / (FADE_S * RATE)  # what a ramp over all of the level adds to it: 19


def wave(seconds: float) -> Int16:
    """From zero on; it ends wherever it is then."""
    mono = np.rint(LEVEL * 32767 * np.sin(2 * np.pi * HERTZ * np.arange(round(seconds * RATE)) / RATE))
    return np.repeat(mono.astype(np.int16)[:, None], 2, axis=1)


def largest_step(heard: Int16) -> float:
    return float(np.abs(np.diff(heard.astype(np.int32), axis=0)).max())


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@pytest.fixture
async def device(monkeypatch: pytest.MonkeyPatch, clock: MockClock, nursery: trio.Nursery) -> VirtualSink:
    sink = VirtualSink(nursery)
    sink.install(monkeypatch)
    return sink


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Each ends in mid-wave: at 0.3, 0.7 and 1 of the level."""
    return [write(tmp_path / f"{number}.wav", wave(4 + part / HERTZ)) for number, part in enumerate((0.05, 0.12, 0.25))]


Deed = Callable[[PortAudioOutput, Random, list[Path]], None]
DEEDS: dict[str, Deed] = {
    "pause": lambda output, *_: output.pause(),
    "resume": lambda output, *_: output.resume(),
    "stop": lambda output, *_: output.stop(),
    "play": lambda output, chance, files: output.play(Cue(chance.randrange(10**6), chance.choice(files))),
    "seek": lambda output, chance, files: output.play(
        Cue(chance.randrange(10**6), chance.choice(files), chance.randrange(4000))
    ),
    "volume": lambda output, chance, _: output.set_gain(chance.random()),
    "mute": lambda output, *_: output.set_gain(0.0),
    "loud": lambda output, *_: output.set_gain(1.0),
    "sleep fade": lambda output, chance, _: output.set_gain(0.0, chance.uniform(0.1, 2)),
    "another gain": lambda output, chance, _: output.set_cue_gain(
        output.heard().generation or 0, chance.uniform(0.1, 1)
    ),
}


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_anybody_does_there_is_no_click(
    device: VirtualSink, clock: MockClock, files: list[Path], seed: int
) -> None:
    chance = Random(seed)
    output = PortAudioOutput(VirtualPorts(), lambda _: None)
    async with running(output):
        for _ in range(60):
            DEEDS[chance.choice([*DEEDS])](output, chance, files)
            await trio.sleep(chance.choice([0.001, 0.03, 0.1, 0.5, 3]))
    assert np.abs(device.played()).max() > 1000
    assert largest_step(device.played()) <= OWN + 3 * RAMP + 2


@pytest.mark.parametrize("gain", [0.05, 0.3, 1.0])
async def test_a_bell_over_music_that_anything_is_done_to_makes_no_click(
    device: VirtualSink, clock: MockClock, files: list[Path], gain: float
) -> None:
    chance = Random(7)
    output = PortAudioOutput(VirtualPorts(), lambda _: None)
    async with running(output):
        for _ in range(40):
            DEEDS[chance.choice(["pause", "resume", "play", "seek"])](output, chance, files)
            output.set_gain(gain)
            output.chime(chance.choice(["ready", "unknown_tag", "error", "limit"]))
            await trio.sleep(chance.choice([0.03, 0.1, 0.5, 2]))
    bells = max(largest_step(made(chime, RATE)) for chime in ("ready", "unknown_tag", "error", "limit"))
    heard = device.played()
    assert largest_step(heard) <= OWN + bells + 3 * RAMP + PEAK * 32767 / (FADE_S * RATE) + 2


@pytest.mark.parametrize("at", range(3))
async def test_a_file_that_ends_in_mid_wave_is_heard_to_its_last_sample_and_dies_away(
    device: VirtualSink, clock: MockClock, files: list[Path], at: int
) -> None:
    output = PortAudioOutput(VirtualPorts(), lambda _: None)
    source = wave(4 + (0.05, 0.12, 0.25)[at] / HERTZ)
    assert abs(int(source[-1, 0])) > 3000
    async with running(output):
        output.play(Cue(1, files[at]))
        await trio.sleep(6)
    heard = device.played()
    start = int(np.flatnonzero(heard.any(axis=1))[0]) - 1  # a sine's first sample is zero
    np.testing.assert_array_equal(heard[start : start + len(source)], source)
    assert largest_step(heard) <= OWN + 2
    assert not heard[start + len(source) + DECAY :].any()


async def test_a_file_that_ends_in_mid_wave_leads_into_the_next_to_the_sample(
    device: VirtualSink, clock: MockClock, files: list[Path]
) -> None:
    output = PortAudioOutput(VirtualPorts(), lambda _: None)
    async with running(output):
        output.play(Cue(1, files[1]))
        output.enqueue(Cue(2, files[2]))
        await trio.sleep(10)
    heard, both = device.played(), np.concatenate([wave(4 + 0.12 / HERTZ), wave(4 + 0.25 / HERTZ)])
    start = int(np.flatnonzero(heard.any(axis=1))[0]) - 1
    np.testing.assert_array_equal(heard[start : start + len(both)], both)


Step = Callable[[PortAudioOutput, list[Path]], None]
STEPS: dict[str, tuple[Step, bool]] = {
    # what a person does, what the deck then asks for, and whether something is heard after it
    "volume": (lambda output, _: output.set_gain(0.3), True),
    "mute": (lambda output, _: output.set_gain(0.0), False),
    "not muted any more": (lambda output, _: output.set_gain(1.0), True),
    "a change of loudness": (lambda output, _: output.set_cue_gain(1, 0.5), True),
    "pause": (lambda output, _: output.pause(), False),
    "resume": (lambda output, _: output.resume(), True),
    "seek": (lambda output, files: output.play(Cue(2, files[0], start_ms=2345)), True),
    "skip": (lambda output, files: output.play(Cue(3, files[1])), True),
    "stop": (lambda output, _: output.stop(), False),
    "play": (lambda output, files: output.play(Cue(4, files[0])), True),
    "sleep fade": (lambda output, _: output.set_gain(0.0, 0.8), False),
    "end of the sleep timer": (lambda output, _: output.stop(), False),
    "the volume of the next start": (lambda output, _: output.set_gain(1.0), False),
    "a file that ends in mid-wave": (lambda output, files: output.play(Cue(5, files[-1])), False),
}
LISTEN_S = 0.5  # longer than what waits in the device


@in_time
async def test_on_a_real_daemon_nothing_that_anybody_does_and_no_end_makes_a_click(
    rig: PulseRig,  # noqa: F811
    tmp_path: Path,
) -> None:
    files = [write(tmp_path / f"{length}.wav", wave(length)) for length in (60, 30, 0.5 + 0.25 / HERTZ)]
    reports, steps = Reports(), dict[str, float]()
    output = unhurried(reports)
    async with rig.recording() as recording, running(output):
        output.play(Cue(1, files[0]))
        await until_position(output, 500)
        for name, (do, sounds) in STEPS.items():
            since = recording.count
            do(output, files)
            with trio.fail_after(PATIENCE_S):
                await recording.until_frames(since + round(LISTEN_S * RATE))
                await (recording.until_sound if sounds else recording.until_silence)(recording.count)
            steps[name] = largest_step(recording.frames(since - 1))
        await reports.until(CueFinished(5))
    assert {name for name, step in steps.items() if step > OWN + 3 * RAMP + 2} == set()
    assert output.underruns == 0
