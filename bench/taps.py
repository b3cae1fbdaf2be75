"""How soon a tap is heard while the box imports: the whole box as a process, on a real PulseAudio null sink.

    python -m bench.taps [--taps 500]

A tap is the request that stands for it, `POST /api/playlists/{id}/tap`: from there to the first sample on the monitor.
The stream is closed, and the file one that the kernel was made to forget (posix_fadvise; it is checked that it did).
All the while the box takes in album after album from its inbox, as fast as it can. What the floor has, the opening of a
bare stream and the way to the monitor, is in all of these times; a sound card's own latency is in none.

The box writes stamps of its steps between the two (bench/traced/sitecustomize.py), so the rows say where the time went,
and what took it of the slowest. All of them are on one clock, that of the kernel.
"""

import argparse
import itertools
import json
import os
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from bench.box import forget, streams_to_sound, until_closed
from bench.meters import Row, p99, timed
from tests.rigs.children import children
from tests.rigs.library import opened
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.pulse import PulseRig, Recording, pulse_rig
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.ports import RealPorts

TRACED = str(Path(__file__).with_name("traced"))
FORMATS = ("wav", "flac", "mp3", "ogg", "opus")
ALBUMS = 6  # of each format
READY_S = 10.0
SONG_S, SONGS = 120.0, 12
LONG_AGO = 1_000_000_000.0
STEPS = (
    # what the time until the stamp goes to, the stamp
    ("until the deck is asked", "asked"),
    ("until it has read the playlist and cued it", "cued"),
    ("until a thread decodes", "decoding"),
    ("opening and decoding the file", "decoded"),
    ("until a thread opens the stream", "opening"),
    ("opening the stream", "opened"),
    ("until a block of sound is asked for", "filled"),
    ("until that is heard", "heard"),
)


@dataclass(frozen=True, slots=True)
class Tap:
    """`ms`: until it was heard. `stamps`: when it came to each step, in ms from the tap; one that came before the step
    ahead of it took no time of its own. `waited_ms`: for a processor, all threads of the box together."""

    ms: float
    stamps: Mapping[str, float]
    waited_ms: float

    def spent(self) -> dict[str, float]:
        """By step, in ms."""
        spent, at = {}, 0.0
        for title, stamp in STEPS:
            reached = max(at, self.stamps.get(stamp, at))
            spent[title], at = reached - at, reached
        return spent


async def rows(taps: int = 50) -> list[Row]:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        data, traces = Path(folder) / "data", Path(folder) / "traces"
        await make_albums(data)
        async with pulse_rig() as pulse:
            env = pulse.env | {"PYTHONPATH": TRACED, "BENCH_TRACES": str(traces)}
            env |= {"TOMB_AUDIO_IDLE_CLOSE_S": "0", "TOMB_INBOX_WATCH_S": "0.5"}
            async with (
                serving(data, "--audio", "portaudio", "--reader", "virtual", env=env) as box,
                pulse.recording() as recording,
            ):
                stage, albums = Stage(box, pulse, recording, traces), await albums_of(box, data)
                quiet = await streams_to_sound(pulse, recording, 20)
                async with importing(box, data, Path(folder) / "albums"):
                    floor = await streams_to_sound(pulse, recording, max(20, taps // 5))
                    cold = await stage.taps(albums, taps)
                    await link(box, albums)
                    kept = await stage.taps(albums, taps)
    return [
        timed("a bare stream to sound beside an import (floor: without one)", floor, quiet),
        *of_taps("cold tap to sound beside an import", cold, floor),
        *of_taps("the same, its beginning kept ready", kept, floor),
    ]


def of_taps(title: str, taps: Sequence[Tap], floor: Sequence[float]) -> list[Row]:
    """One row for all of it, and one for each step."""
    times = [tap.ms for tap in taps]
    whole = timed(f"{title} (floor: a bare stream)", times, floor)
    whole["over_floor_p99"] = round(p99(times) - p99(floor), 1)
    whole["histogram"] = {f"<{bound}": sum(time < bound for time in times) for bound in range(20, 320, 20)}
    slowest = sorted(taps, key=lambda tap: tap.ms)[-max(1, len(taps) // 50) :]
    whole["slowest"] = [
        {
            step: round(ms)
            for step, ms in {**tap.spent(), "of it waiting for a processor": tap.waited_ms}.items()
            if ms >= 5
        }
        for tap in slowest
    ]
    steps = [[tap.spent()[step] for tap in taps] for step, _ in STEPS]
    waits = timed("  a processor was waited for, by all threads of the box", [tap.waited_ms for tap in taps], times)
    return [
        whole,
        waits,
        *(timed(f"  of it {step}", spent, times) for (step, _), spent in zip(STEPS, steps, strict=True)),
    ]


@dataclass
class Stage:
    """A box at work. `traces`: the file of its stamps."""

    box: Box
    pulse: PulseRig
    recording: Recording
    traces: Path

    async def taps(self, albums: Sequence[tuple[str, Path]], count: int) -> list[Tap]:
        """One after the other, as long as it takes."""
        return [await self._tap(*album) for album in itertools.islice(itertools.cycle(albums), count)]

    async def _tap(self, playlist_id: str, path: Path) -> Tap:
        await until_closed(self.pulse)
        await trio.sleep(random.uniform(0, 0.3))
        forget(path)
        assert not is_cached(path)
        os.truncate(self.traces, 0)
        since, waited_ms, tapped = self.recording.count, waited(self.box.pid), time.monotonic_ns()
        await self.box.post(f"/api/playlists/{playlist_id}/tap")
        with trio.fail_after(PATIENCE_S):
            at = self.recording.arrival(await self.recording.until_sound(since))
        ms = (time.monotonic_ns() - tapped) / 1e6 - (trio.current_time() - at) * 1000
        waited_ms = waited(self.box.pid) - waited_ms
        stamps: dict[str, float] = {"heard": ms}
        for line in self.traces.read_text().splitlines():
            name, at_ns = line.split()
            stamps.setdefault(name, (int(at_ns) - tapped) / 1e6)
        await self.box.until_player(lambda state: state["state"] == "stopped")
        return Tap(ms, stamps, waited_ms)


async def albums_of(box: Box, data: Path) -> list[tuple[str, Path]]:
    """Each one's id, and the file of its only track; no two of a format in a row."""
    found = (await box.get("/api/playlists?limit=100")).data["playlists"]
    found.sort(key=lambda each: each["title"])
    return [(each["id"], data / "library" / each["tracks"][0]["file_path"]) for each in found]


async def link(box: Box, albums: Sequence[tuple[str, Path]]) -> None:
    """Give each a tag, so that the box has their beginnings ready, and time to get them so."""
    for number, (playlist_id, _) in enumerate(albums):
        answer = await box.post("/api/nfc/associate", {"playlist_id": playlist_id, "tag_id": f"04{number:06X}"})
        assert answer.status == 200
    await trio.sleep(READY_S)


def waited(pid: int) -> float:
    """For how many ms its threads were ready to run, and did not (proc_pid_schedstat(5))."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text().split()[1]) for stat in stats) / 1e6


def is_cached(path: Path) -> bool:
    """Whether the kernel has its beginning in memory."""
    with path.open("rb") as file:
        try:
            os.preadv(file.fileno(), [bytearray(4096)], 0, os.RWF_NOWAIT)
        except BlockingIOError:
            return False
    return True


@asynccontextmanager
async def importing(box: Box, data: Path, folder: Path) -> AsyncIterator[None]:
    """Lays albums into the inbox as fast as they are taken, and has them deleted, so that the disk does not fill."""
    song = await trio.to_thread.run_sync(make_song, folder)
    inbox = data / "library" / "inbox"

    async def import_more() -> None:
        for number in itertools.count():
            while len(list(inbox.iterdir())) > 1:
                await trio.sleep(0.1)
            await trio.to_thread.run_sync(lay_down, folder / f"Import {number}", song, inbox)
            for each in (await box.get("/api/playlists?limit=100&tracks=false")).data["playlists"]:
                if each["title"].startswith("Import"):
                    await box.delete(f"/api/playlists/{each['id']}")
            await box.delete("/api/bin")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(import_more)
        while not children(box.pid, command="examiner"):
            await trio.sleep(0.1)
        yield
        nursery.cancel_scope.cancel()


def make_song(folder: Path) -> bytes:
    folder.mkdir()
    return write(folder / "song.mp3", noise(SONG_S)).read_bytes()


def lay_down(album: Path, song: bytes, inbox: Path) -> None:
    """An album of songs that the library has not seen, since each has another name in its ID3v1 tag."""
    album.mkdir()
    for number in range(SONGS):
        name = f"{album.name} {number}".encode()
        (album / f"{number}.mp3").write_bytes(song + b"TAG" + name.ljust(125, b"\0"))
    for path in (*album.iterdir(), album):
        os.utime(path, (LONG_AGO, LONG_AGO))  # else it may still be on its way
    album.rename(inbox / album.name)


async def make_albums(data: Path) -> None:
    records = data.parent / "records"
    for number, suffix in itertools.product(range(ALBUMS), FORMATS):
        album = records / f"{number} {suffix}"
        album.mkdir(parents=True)
        rate = 48000 if suffix == "opus" else 44100
        write(album / f"short.{suffix}", noise(0.3, rate=rate, seed=number), rate)
    async with opened(data, ports=RealPorts(), probe=probe) as stage:
        await stage.importer.import_folder(records)


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.taps")
    parser.add_argument("--taps", type=int, default=50, help="how many of each kind (50)")
    for row in trio.run(rows, parser.parse_args().taps):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
