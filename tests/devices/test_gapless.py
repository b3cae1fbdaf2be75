"""One queue that goes from each kind of file to each other, and to itself: heard as if it were one file."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from tests.rigs.sounds import Int16, noise, write
from tests.rigs.virtual_sink import VirtualSink
from tomb.devices.audio import PortAudioOutput
from tomb.devices.decoder import Decoder
from tomb.devices.output import Cue, CueFinished, CueStarted, Report
from tomb.ports import VirtualPorts

T = TypeVar("T")
FORMATS, RATES = ("wav", "aiff", "flac", "mp3", "ogg", "opus"), (44100, 48000, 24000)
KINDS = [
    (ending, rate, 1 + (place + number) % 2)
    for place, ending in enumerate(FORMATS)
    for number, rate in enumerate(RATES)
    if (ending, rate) != ("opus", 44100)  # of which Opus knows nothing
]


def every_pair(of: Sequence[T]) -> list[T]:
    """The shortest line in which each of them comes once right behind each, itself included."""
    line: list[T] = []
    for place, one in enumerate(of):
        line.append(one)
        for other in of[place + 1 :]:
            line += [one, other]
    return [*line, of[0]]


def made(folder: Path, kinds: Sequence[tuple[str, int, int]], seconds: float) -> list[Path]:
    return [
        write(folder / f"{number}.{ending}", noise(seconds, rate=rate, channels=channels, seed=number), rate)
        for number, (ending, rate, channels) in enumerate(kinds)
    ]


def one_after_the_other(line: Sequence[Path]) -> Int16:
    """Each as it is by itself, at 44100 Hz. (How that compares to the file's own sound: test_decoder.py.)"""
    alone = {path: Decoder(path, 44100).read(10**6) for path in set(line)}
    return np.concatenate([alone[path] for path in line])


def test_the_line_has_each_pair_once() -> None:
    line = every_pair(range(9))
    assert sorted(pairwise(line)) == [(one, other) for one in range(9) for other in range(9)]


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_from_each_format_and_rate_to_each_no_sample_is_lost_or_added(
    monkeypatch: pytest.MonkeyPatch, clock: MockClock, nursery: trio.Nursery, tmp_path: Path
) -> None:
    files = made(tmp_path, KINDS, 0.4)
    line = every_pair(files)
    sink, reports = VirtualSink(nursery), list[Report]()
    sink.install(monkeypatch)

    def report(told: Report) -> None:
        reports.append(told)
        if isinstance(told, CueStarted) and told.generation + 1 < len(line):
            output.enqueue(Cue(told.generation + 1, line[told.generation + 1]))

    output = PortAudioOutput(VirtualPorts(), report)
    await nursery.start(output.run)
    output.play(Cue(0, line[0]))
    while not reports or not isinstance(reports[-1], CueFinished):
        await trio.sleep(1)
    expected, heard = one_after_the_other(line), sink.played()
    start = int(np.flatnonzero(heard.any(axis=1))[0])
    np.testing.assert_array_equal(heard[start : start + len(expected)], expected)
    assert not heard[start + len(expected) + 256 :].any()
    assert reports == [*(CueStarted(generation) for generation in range(len(line))), CueFinished(len(line) - 1)]
