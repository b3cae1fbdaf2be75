"""Decoding ahead, in real threads: whatever else waits for a slow disk, the music does not wait behind it."""

from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import trio

import tomb.devices.buffer
from tests.rigs.patience import PATIENCE_S
from tests.rigs.sounds import as_heard, noise, write
from tomb.devices.buffer import PIECE, CueBuffer, ReadAhead
from tomb.devices.decoder import Decoder, Frames
from tomb.devices.output import Cue, CueFinished, CueStarted, Report
from tomb.devices.silent import SilentOutput
from tomb.errors import DecodeError
from tomb.ports import RealPorts

SLOW_READS = 40  # as many threads as Trio has for those who have no limiter


@pytest.fixture
async def busy(nursery: trio.Nursery) -> AsyncIterator[RealPorts]:
    """Ports whose other threads are all held by reads that do not come back."""
    ports, disk_is_back, waiting = RealPorts(), Event(), 0

    def read_slowly() -> None:
        nonlocal waiting
        waiting += 1
        disk_is_back.wait()

    everybody_else = (None, ports.limiters.http_files, ports.limiters.disk)
    for limiter in everybody_else:
        for _ in range(SLOW_READS):
            nursery.start_soon(lambda held: ports.in_thread(read_slowly, limiter=held), limiter)
    while waiting < ports.limiters.http_files.total_tokens + ports.limiters.disk.total_tokens:
        await trio.sleep(0.01)
    try:
        yield ports
    finally:
        disk_is_back.set()


async def test_a_track_is_decoded_while_forty_reads_of_others_are_stuck(busy: RealPorts, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    buffer = CueBuffer(Cue(1, path), 44100 + PIECE, 0)
    with trio.fail_after(PATIENCE_S):
        await ReadAhead(busy, buffer, 44100, 1000, lambda: None).run()
    out = np.empty((44100, 2), np.int16)
    assert buffer.take(out) == 44100
    assert np.array_equal(out, as_heard(path))


async def test_the_silent_output_plays_while_forty_reads_of_others_are_stuck(
    busy: RealPorts, tmp_path: Path, nursery: trio.Nursery
) -> None:
    reports: list[Report] = []
    heard = trio.Event()

    def report(each: Report) -> None:
        reports.append(each)
        if isinstance(each, CueFinished):
            heard.set()

    output = SilentOutput(busy, report)
    await nursery.start(output.run)
    output.play(Cue(1, write(tmp_path / "a.wav", noise(0.1))))
    with trio.fail_after(PATIENCE_S):
        await heard.wait()
    assert reports == [CueStarted(1), CueFinished(1)]


async def test_cancelling_does_not_wait_for_a_disk_that_hangs_and_others_decode_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports, path = RealPorts(), write(tmp_path / "a.wav", noise(0.1))
    opening, disk_is_back = Event(), Event()

    def hang(*_: object) -> None:
        opening.set()
        disk_is_back.wait()
        raise DecodeError("too late")

    monkeypatch.setattr("tomb.devices.buffer.Decoder", hang)
    stuck = ReadAhead(ports, CueBuffer(Cue(1, path), 44100, 0), 44100, 1000, lambda: None)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stuck.run)
            await trio.to_thread.run_sync(opening.wait)
            stuck.scope.cancel()
    monkeypatch.undo()
    assert ports.limiters.decoding.borrowed_tokens == 1
    buffer = CueBuffer(Cue(2, path), 44100, 0)
    with trio.fail_after(PATIENCE_S):
        await ReadAhead(ports, buffer, 44100, 1000, lambda: None).run()
    assert buffer.end == 4410
    disk_is_back.set()


async def test_a_decoder_that_hangs_is_given_up_and_what_it_brings_later_is_not_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, goes_on, brought = write(tmp_path / "a.wav", noise(1)), Event(), Event()

    class Hanging(Decoder):
        def read(self, frames: int) -> Frames:
            goes_on.wait()
            try:
                return super().read(frames)
            finally:
                brought.set()

    monkeypatch.setattr(tomb.devices.buffer, "Decoder", Hanging)
    monkeypatch.setattr(tomb.devices.buffer, "HANGS_S", 0.3)
    buffer, ports = CueBuffer(Cue(1, path), 44100 + PIECE, 0), RealPorts()
    with trio.fail_after(PATIENCE_S):
        await ReadAhead(ports, buffer, 44100, 1000, lambda: None).run()
        assert (buffer.error, buffer.end) == ("it takes too long to read", 0)
        goes_on.set()
        while not brought.is_set() or ports.limiters.decoding.borrowed_tokens:
            await trio.sleep(0.01)
    assert (buffer.written, buffer.end) == (0, 0)
