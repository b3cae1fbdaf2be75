"""A small computer: the box on one core, at a quarter of its speed, while five clients watch it and an upload runs.

    python -m bench small [--taps 100] [--minutes 10] [--seconds 60]

The box and its children may run for 2.5 ms of every 10 (the cpu controller of control groups, either version; that
needs root), on a core that nothing else of this bench uses. pcscd and PulseAudio are those of the computer, and not
slowed down. A tap is a card's first contact with pcscd, and sound the first sample on the monitor of PulseAudio's null
sink: a sound card's own latency is in none of it. The upload sends chunk after chunk, as fast as they are taken.

Underruns are counted twice: blocks of sound that were not ready, or asked for too late, as the box says in its log, and
silence that the monitor recorded in the midst of noise.
"""

import argparse
import itertools
import json
import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import trio

from bench.box import (
    AS_INSTALLED,
    LONG,
    REAL,
    TAGS,
    files_of,
    forget,
    make_music,
    play,
    streams_to_sound,
    tap,
    until_closed,
)
from bench.http import Connection
from bench.meters import Row, load_percent, timed, wakeups
from tests.rigs.listener import listening
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig, pcsc_rig
from tests.rigs.process import Box, serving
from tests.rigs.pulse import RATE, PulseRig, Recording, pulse_rig
from tests.rigs.sounds import Int16, noise, write

PERIOD_US, SHARE = 10_000, 4
MOST = ("262144", "10000")  # of a processor that others want too, in either version
CLIENTS = 5
MIB = 1024 * 1024
SENT_S = 60.0  # of sound, in each file that is sent: 10 MB
PIECE_S = 10.0  # between two looks at what was recorded
GAP = 32  # frames that are silent one after the other are none of the noise's
SETTLED_S = 15.0  # a start looks for devices, and makes beginnings ready
GROUPS = Path("/sys/fs/cgroup")


@contextmanager
def quarter() -> Iterator[Sequence[str]]:
    """What starts a process on a core of its own, at a quarter of its speed."""
    cores = sorted(os.sched_getaffinity(0))
    second = (GROUPS / "cgroup.controllers").exists()
    whole = GROUPS if second else GROUPS / "cpu"
    slow, others = (whole / f"tomb-bench-{os.getpid()}-{name}" for name in ("slow", "others"))
    try:
        for group in (slow, others):
            group.mkdir()
            (group / ("cpu.weight" if second else "cpu.shares")).write_text(MOST[second])
        if second:
            (slow / "cpu.max").write_text(f"{PERIOD_US // SHARE} {PERIOD_US}")
        else:
            (slow / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (slow / "cpu.cfs_quota_us").write_text(str(PERIOD_US // SHARE))
        # Whatever is started from here comes along.
        (others / "cgroup.procs").write_text(str(os.getpid()))
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        start = 'echo $$ >"$0" && exec taskset --cpu-list "$@"'
        yield "sh", "-c", start, str(slow / "cgroup.procs"), str(cores[0])
    finally:
        os.sched_setaffinity(0, cores)
        (whole / "cgroup.procs").write_text(str(os.getpid()))
        for group in (slow, others):
            if group.exists():
                group.rmdir()


async def rows(taps: int, minutes: float, seconds: float) -> AsyncIterator[Row]:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        data = Path(folder)
        await make_music(data, 60 * minutes + 2 * seconds + 2 * SETTLED_S)
        with quarter() as before:
            async with pulse_rig() as pulse, pcsc_rig() as cards:
                env = AS_INSTALLED | pulse.env | cards.env | {"TOMB_FREE_KEPT_MB": "0"}
                async with serving(data, *REAL, env=env | {"TOMB_AUDIO_IDLE_CLOSE_S": "0"}, before=before) as box:
                    async for row in taps_to_sound(box, data, pulse, cards, taps):
                        yield row
                async with serving(data, *REAL, env=env, before=before) as box, pulse.recording() as recording:
                    async for row in loads(box, seconds):
                        yield row
                    yield await underruns(box, recording, minutes)


async def taps_to_sound(box: Box, data: Path, pulse: PulseRig, cards: PcscRig, count: int) -> AsyncIterator[Row]:
    """The file cold, the stream closed; alone, and beside clients and an upload."""
    async with pulse.recording() as recording:
        await trio.sleep(SETTLED_S)
        floor = await streams_to_sound(pulse, recording, max(20, count // 5))
        files = await files_of(box, data)

        async def measured() -> list[float]:
            times = []
            async with listening(box.port, "playlists") as listener:
                for suffix in itertools.islice(itertools.cycle(TAGS), count):
                    await until_closed(pulse)
                    await trio.sleep(random.uniform(0, 0.3))
                    forget(files[suffix])
                    times.append(await tap(cards, listener, recording, TAGS[suffix]))
            return times

        yield timed("tap to sound, a quarter of a core (floor: a bare stream, a whole one)", await measured(), floor)
        async with watched(box), uploading(box) as sent:
            times = await measured()
            row = timed(f"the same, {CLIENTS} clients watch and an upload runs", times, floor)
            yield {
                **row,
                "chunks_sent": sent.count,
                "files_refused": sent.refused,
                "over_150_ms": sum(time > 150 for time in times),
            }


async def loads(box: Box, seconds: float) -> AsyncIterator[Row]:
    """Percent of a whole core."""
    await trio.sleep(SETTLED_S)
    idle, woken = await load_percent(box.pid, seconds), await wakeups(box.pid, seconds)
    yield {"row": "CPU idle, % of a whole core", "median": idle, "wakeups_a_second": woken}
    await play(box, LONG)
    await trio.sleep(SETTLED_S)
    playing = await load_percent(box.pid, seconds)
    yield {"row": "CPU playing a FLAC, % of a whole core", "median": playing}
    async with watched(box):
        yield {
            "row": f"the same, {CLIENTS} clients watch",
            "median": await load_percent(box.pid, seconds),
            "floor": playing,
        }


async def underruns(box: Box, recording: Recording, minutes: float) -> Row:
    """Of what plays already."""
    told, silent, seen = blocks_missing(box), 0, recording.count
    async with watched(box), uploading(box) as sent:
        for _ in range(round(60 * minutes / PIECE_S)):
            await trio.sleep(PIECE_S)
            piece = recording.frames(seen)
            seen += len(piece)
            silent += gaps(piece)
    return {
        "row": f"underruns in {minutes:g} minutes, {CLIENTS} clients watch and an upload runs",
        "median": blocks_missing(box) - told,
        "silent_stretches": silent,
        "seconds_heard": round(len(recording.frames()) / RATE),
        "chunks_sent": sent.count,
        "files_refused": sent.refused,
    }


def blocks_missing(box: Box) -> int:
    return sum(int(count) for count in re.findall(r"had gaps \(blocks late: (\d+)\)", box.log))


def gaps(frames: Int16) -> int:
    """How many stretches of silence of `GAP` frames or more."""
    silent = np.concatenate(([False], (frames == 0).all(axis=1), [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(silent))
    return int((edges[1::2] - edges[::2] >= GAP).sum())


@asynccontextmanager
async def watched(box: Box) -> AsyncIterator[None]:
    async with AsyncExitStack() as clients:
        for _ in range(CLIENTS):
            await clients.enter_async_context(listening(box.port, "playlists"))
        yield


class Sent:
    """Chunks that were taken, and files that were not: the examiner has a minute for each, or it counts as damaged."""

    count = 0
    refused = 0


@asynccontextmanager
async def uploading(box: Box) -> AsyncIterator[Sent]:
    """Sends file after file, to the end of each, and has them deleted, so that the disk does not fill."""
    song = await trio.to_thread.run_sync(make_song)
    sent = Sent()

    async def send() -> None:
        playlist = (await box.post("/api/playlists", {"title": "Uploads"})).data["id"]
        base = f"/api/playlists/{playlist}/uploads"
        for number in itertools.count():
            content = song[:-8] + f"{number:08}".encode()  # the library keeps no content twice
            announced = {"filename": "song.wav", "file_size": len(content), "chunk_size": MIB}
            session = (await box.post(f"{base}/session", announced)).data["session_id"]
            async with await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
                connection = Connection(stream)
                for first in range(0, len(content), MIB):
                    chunk = content[first : first + MIB]
                    head = f"PUT {base}/{session}/chunks/{first // MIB} HTTP/1.1\r\nHost: localhost\r\n"
                    await connection.ask(f"{head}Content-Length: {len(chunk)}\r\n\r\n".encode() + chunk)
                    sent.count += 1
            finalized = await box.post(f"{base}/{session}/finalize", {})
            if finalized.status == 415:
                sent.refused += 1
                continue
            await box.delete(f"/api/playlists/{playlist}/tracks", {"track_ids": [finalized.data["id"]]})
            await box.delete("/api/bin")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        with trio.fail_after(PATIENCE_S):
            while not sent.count:
                await trio.sleep(0.05)
        yield sent
        nursery.cancel_scope.cancel()


def make_song() -> bytes:
    with TemporaryDirectory() as folder:
        return write(Path(folder) / "song.wav", noise(SENT_S, seed=99)).read_bytes()


async def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.small")
    parser.add_argument("--taps", type=int, default=100, help="alone, and as many beside an upload (100)")
    parser.add_argument("--minutes", type=float, default=10.0, help="for which it is listened for underruns (10)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each look at what it uses (60)")
    options = parser.parse_args()
    async for row in rows(options.taps, options.minutes, options.seconds):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    trio.run(main)
