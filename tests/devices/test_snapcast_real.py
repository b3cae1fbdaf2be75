"""Debian's snapserver and snapclient: what a room hears, next to what was in the file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.snapcast import BUFFER_MS, RATE, SnapcastRig, snapcast_rig
from tests.rigs.sounds import as_heard, noise, write
from tomb.devices.output import Cue, CueFinished, CueStarted, Report, Stuttered
from tomb.devices.snapcast.output import SnapcastOutput
from tomb.devices.snapcast.source import LEAD_S, STALL_S
from tomb.errors import Broken
from tomb.ports import RealPorts, monotonic_ns

PAUSE_S = 0.5  # three chunks and a fade take 0.1; the rest is for a busy machine
CLOCKS_S = 0.25  # a chunk of the server's, and how late a busy machine looks at its clock


class Reports:
    def __init__(self) -> None:
        self.told: list[Report] = []
        self._news = trio.Event()

    def __call__(self, report: Report) -> None:
        self.told.append(report)
        self._news.set()
        self._news = trio.Event()

    async def until(self, report: Report) -> None:
        with trio.fail_after(PATIENCE_S):
            while report not in self.told:
                await self._news.wait()


@pytest.fixture
async def rig() -> AsyncIterator[SnapcastRig]:
    async with snapcast_rig() as made:
        yield made


@asynccontextmanager
async def playing_to(rig: SnapcastRig, reports: Reports) -> AsyncIterator[SnapcastOutput]:
    output = SnapcastOutput(RealPorts(), reports, "127.0.0.1", rig.sound, rig.control, delay_ms=BUFFER_MS)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: output.run(task_status=task_status))
        yield output
        nursery.cancel_scope.cancel()


async def test_what_the_server_hands_out_is_what_is_in_the_files_and_heard_when_the_box_says(
    rig: SnapcastRig, tmp_path: Path
) -> None:
    first = write(tmp_path / "first.wav", noise(1.2, seed=1))
    second = write(tmp_path / "second.flac", noise(0.8, seed=2))
    reports = Reports()
    async with rig.listening() as listener, playing_to(rig, reports) as output:
        output.play(Cue(1, first))
        output.enqueue(Cue(2, second))
        begins = await listener.until_sound()
        await reports.until(CueStarted(1))
        position_s, now = output.heard().position_ms / 1000, monotonic_ns() / 1e9
        assert now - listener.heard_at(begins) == pytest.approx(position_s, abs=CLOCKS_S)
        await reports.until(CueFinished(2))
    assert [CueStarted(1), CueStarted(2), CueFinished(2)] == reports.told
    assert np.array_equal(listener.sound(), np.concatenate([as_heard(first), as_heard(second)]))


async def test_a_pause_ends_what_the_server_gets_and_it_goes_on_with_what_was_heard_then(
    rig: SnapcastRig, tmp_path: Path
) -> None:
    path = write(tmp_path / "long.wav", noise(20))
    whole = as_heard(path)
    reports = Reports()
    async with rig.listening() as listener, playing_to(rig, reports) as output:
        output.play(Cue(1, path))
        begins = await listener.until_sound()
        await reports.until(CueStarted(1))
        await trio.sleep(1)
        output.pause()
        paused, position_s = monotonic_ns() / 1e9, output.heard().position_ms / 1000
        await rig.until_stream("idle")
        [*_, last] = np.flatnonzero(listener.frames().any(axis=1))
        assert listener.heard_at(int(last)) - paused < BUFFER_MS / 1000 + LEAD_S + PAUSE_S
        there = listener.count
        output.resume()
        again = await listener.until_sound(there)
        await rig.until_stream("playing")
        after_fade = again + RATE // 20
        with trio.fail_after(PATIENCE_S):
            while listener.count < after_fade + 4:
                await trio.sleep(0.01)
        four = listener.frames()[after_fade : after_fade + 4]
        place = next(at for at in range(len(whole)) if np.array_equal(whole[at : at + 4], four))
        assert begins
        assert place / RATE - 0.05 == pytest.approx(position_s, abs=0.001)


async def test_a_room_hears_all_of_a_track_but_for_what_its_client_corrects(rig: SnapcastRig, tmp_path: Path) -> None:
    path = write(tmp_path / "first.wav", noise(1.5))
    whole = as_heard(path)
    reports = Reports()
    async with rig.speaker("kitchen") as room, playing_to(rig, reports) as output:
        since = room.count
        output.play(Cue(1, path))
        begins = await room.until_sound(since)
        await reports.until(CueFinished(1))
        ends = await room.until_silence(begins, 0.3)
    heard = room.frames(begins)[: ends - begins]
    places = {whole[at : at + 4].tobytes(): at for at in range(len(whole) - 3)}
    found = [at for each in range(len(heard) - 3) if (at := places.get(heard[each : each + 4].tobytes())) is not None]
    assert found == sorted(found)
    assert len(set(found)) > 0.5 * len(whole), "a client that had no time leaves out more, in order"


@pytest.mark.parametrize("how", ["kill", "hang"])
async def test_a_server_that_is_lost_while_it_plays_is_noticed(rig: SnapcastRig, tmp_path: Path, how: str) -> None:
    reports = Reports()
    output = SnapcastOutput(RealPorts(), reports, "127.0.0.1", rig.sound, rig.control, delay_ms=BUFFER_MS)
    failed: list[Broken] = []

    async def run(*, task_status: trio.TaskStatus[None]) -> None:
        try:
            await output.run(task_status=task_status)
        except Broken as error:
            failed.append(error)

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            await nursery.start(run)
            output.play(Cue(1, write(tmp_path / "long.wav", noise(20))))
            await reports.until(CueStarted(1))
            if how == "kill":
                await rig.kill()
            else:
                rig.hang()
    assert "Snapcast server" in str(failed[0])
    if how == "hang":
        assert str(failed[0]) == "the Snapcast server stopped taking sound"
        rig.go_on()
    assert output.heard().position_ms < (STALL_S + 4) * 1000


async def test_the_server_is_idle_when_nothing_plays(rig: SnapcastRig, tmp_path: Path) -> None:
    reports = Reports()
    async with playing_to(rig, reports) as output:
        output.play(Cue(1, write(tmp_path / "short.wav", noise(1))))
        await rig.until_stream("playing")
        await reports.until(CueFinished(1))
        await rig.until_stream("idle")


async def test_a_server_that_takes_sound_more_slowly_has_the_box_wait_and_gets_all_of_it(tmp_path: Path) -> None:
    """By a fifth, where clocks differ by millionths; and with less room in front of it than a kernel gives."""
    path = write(tmp_path / "short.wav", noise(1.5))
    taken = bytearray()

    async def take(stream: trio.SocketStream) -> None:
        while piece := await stream.receive_some(3528):
            taken.extend(piece)
            await trio.sleep(len(piece) / 4 / RATE * 1.2)

    reports = Reports()
    with trio.socket.socket() as listening:
        listening.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 4096)
        await listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, take, [trio.SocketListener(listening)])
            output = SnapcastOutput(RealPorts(), reports, "127.0.0.1", port, 1, delay_ms=1000)
            await nursery.start(lambda task_status: output.run(task_status=task_status))
            output.play(Cue(1, path))
            await reports.until(CueFinished(1))
            nursery.cancel_scope.cancel()
    frames = np.frombuffer(bytes(taken[: len(taken) // 4 * 4]), np.int16).reshape(-1, 2)
    loud = np.flatnonzero(frames.any(axis=1))
    assert np.array_equal(frames[loud[0] : loud[-1] + 1], as_heard(path))
    assert not any(isinstance(report, Stuttered) for report in reports.told)


async def test_a_server_on_this_computer_has_its_clock_and_is_given_no_pinch(rig: SnapcastRig) -> None:
    async with playing_to(rig, Reports()) as output:
        assert output._sink._pinch == 0
