"""How soon sound is there, and what it costs: on a real PulseAudio null sink, so without the latency of a sound card.

Each row carries a floor measured in the same run: a bare PortAudio stream whose callback does next to nothing.
`python -m bench.audio` prints the rows.
"""

import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import trio

from tests.rigs.pulse import RATE, PulseRig, Recording, pulse_rig
from tests.rigs.sounds import Int16, noise, write
from tomb.devices.audio import PortAudioOutput
from tomb.devices.buffer import CueBuffer
from tomb.devices.output import Cue, CueFinished, Report
from tomb.devices.playhead import Order, Playhead
from tomb.devices.portaudio import Stream, look_again
from tomb.devices.streaming import AHEAD_S, FADE_S, HISTORY_S
from tomb.ports import RealPorts

Row = dict[str, object]
BLOCKS = ((256, 0.02), (512, 0.03), (1024, 0.05), (1024, 0.1), (2048, 0.1))  # frames, seconds asked for
CHOSEN = (1024, 0.1)


class Box:
    """An output at work, and a wait for the end of what it plays."""

    def __init__(self, block: int, latency: float, idle_close_s: float) -> None:
        self._ended = trio.Event()
        self.output = PortAudioOutput(
            RealPorts(), self._report, block=block, latency=latency, idle_close_s=idle_close_s, rate=RATE
        )

    def _report(self, report: Report) -> None:
        if isinstance(report, CueFinished):
            self._ended.set()

    async def play_out(self, path: Path) -> None:
        self._ended = trio.Event()
        self.output.play(Cue(1, path))
        await self._ended.wait()


@asynccontextmanager
async def box(block: int, latency: float, idle_close_s: float) -> AsyncIterator[Box]:
    playing = Box(block, latency, idle_close_s)
    async with trio.open_nursery() as nursery:
        await nursery.start(playing.output.run)
        yield playing
        nursery.cancel_scope.cancel()


async def first_sounds(rig: PulseRig, folder: Path, rounds: int) -> list[Row]:
    """From `play()` to the first sample on the monitor, in ms: cold (stream closed, file not cached) and warm."""
    async with rig.recording() as recording:
        floor = [await _bare_start(recording) for _ in range(rounds)]
        rows = [_row("bare stream to sound", floor, floor)]
        for block, latency in BLOCKS:
            for suffix in ("wav", "flac", "mp3") if (block, latency) == CHOSEN else ("wav",):
                path = write(folder / f"short.{suffix}", noise(0.15))
                asked = f"{block} frames, {latency * 1000:.0f} ms asked for"
                cold = await _starts(recording, path, block, latency, rounds, cold=True)
                rows.append(_row(f"cold {suffix} to sound, {asked}", cold, floor))
                if suffix == "wav":
                    warm = await _starts(recording, path, block, latency, rounds // 4, cold=False)
                    rows.append(_row(f"warm {suffix} to sound, {asked}", warm, floor))
    return rows


async def _starts(
    recording: Recording,
    path: Path,
    block: int,
    latency: float,
    rounds: int,
    *,
    cold: bool,
) -> list[float]:
    times = []
    async with box(block, latency, idle_close_s=0.03 if cold else 60) as playing:
        for _ in range(rounds):
            await trio.sleep(0.35)  # longer than a look at an idle stream: by then it is closed
            if cold:
                _forget(path)
            since, began = recording.count, trio.current_time()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(playing.play_out, path)
                times.append((await _heard_since(recording, since) - began) * 1000)
    return times


async def _bare_start(recording: Recording) -> float:
    await trio.sleep(0.1)

    def fill(out: Int16, _: int) -> None:
        out.fill(1000)

    since, began = recording.count, trio.current_time()
    stream = Stream(fill, None, RATE, *CHOSEN)
    await trio.to_thread.run_sync(stream.open)
    heard = await _heard_since(recording, since)
    await trio.to_thread.run_sync(stream.close)
    await recording.until_silence(recording.count, 0.05)
    return (heard - began) * 1000


async def _heard_since(recording: Recording, since: int) -> float:
    return recording.arrival(await recording.until_sound(since))


def _forget(path: Path) -> None:
    """Make the kernel read it from the disk again."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def processor(folder: Path, seconds: float) -> list[Row]:
    """Per cent of one core, all threads of this process: playing, open but silent, closed."""
    silent = Stream(lambda out, _: out.fill(0), None, RATE, *CHOSEN)
    await trio.to_thread.run_sync(silent.open)
    floor = await _load(seconds)
    await trio.to_thread.run_sync(silent.close)
    rows: list[Row] = [{"name": "CPU of a bare silent stream", "percent": floor}]
    for name, rate in (("long.wav", 44100), ("long.flac", 44100), ("long.mp3", 44100), ("resampled.flac", 48000)):
        path = write(folder / name, noise(seconds + 3, rate=rate), rate)
        async with box(*CHOSEN, idle_close_s=0.2) as playing:
            playing.output.play(Cue(1, path))
            await trio.sleep(1)
            load = await _load(seconds)
            rows.append(
                {"name": f"CPU playing {name}", "percent": load, "floor": floor, "ratio": round(load / floor, 2)}
            )
    async with box(*CHOSEN, idle_close_s=0.2):
        await trio.sleep(1)
        rows.append({"name": "CPU idle, stream closed", "percent": await _load(seconds), "floor": floor})
    return rows


async def _load(seconds: float) -> float:
    began = time.process_time()
    await trio.sleep(seconds)
    return round((time.process_time() - began) / seconds * 100, 2)


def callback(blocks: int = 20_000) -> list[Row]:
    """Microseconds inside the callback, with nothing else going on; the floor is a plain copy of such a block."""
    out = np.empty((CHOSEN[0], 2), np.int16)
    source = noise(1)
    floor = [_microseconds(lambda: np.copyto(out, source[: len(out)])) for _ in range(blocks)]
    rows = []
    for name, gain in (("at full volume", 1.0), ("at half volume", 0.5)):
        buffer = CueBuffer(Cue(1, Path()), int((AHEAD_S + HISTORY_S) * RATE), int(HISTORY_S * RATE))
        playhead = Playhead(int(FADE_S * RATE))
        playhead.level = type(playhead.level)(gain)
        playhead.order = Order(buffer, moving=True)
        times = []
        for _ in range(blocks):
            if buffer.space >= len(source):
                buffer.append(source)
            times.append(_microseconds(lambda: playhead.fill(out, 0)))  # noqa: B023 - called at once
        rows.append(_row(f"callback {name}, {len(out)} frames", times, floor))
    return rows


def _microseconds(call: Callable[[], None]) -> float:
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1000


def _row(name: str, times: Sequence[float], floor: Sequence[float]) -> Row:
    middle, bottom = statistics.median(times), statistics.median(floor)
    worst = sorted(times)
    return {
        "name": name,
        "median": round(middle, 2),
        "p99": round(worst[max(0, int(len(worst) * 0.99) - 1)], 2),
        "max": round(worst[-1], 2),
        "floor": round(bottom, 2),
        "ratio": round(middle / bottom, 2),
        "count": len(times),
    }


async def rows(rounds: int = 100, seconds: float = 8.0) -> list[Row]:
    async with pulse_rig() as rig:
        os.environ.update(rig.env)
        await trio.to_thread.run_sync(look_again)
        with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
            return [
                *callback(),
                *await first_sounds(rig, Path(folder), rounds),
                *await processor(Path(folder), seconds),
            ]


if __name__ == "__main__":
    for row in trio.run(rows):
        print(json.dumps(row))
