"""The library: a large one beside a small one, and how fast music comes in, beside plain files of the same bytes.

Times in milliseconds, rates in MB (10^6 bytes) a second, memory in MB of 1024 kB. `large` is 1,000 playlists of 20
tracks (2 GB of sparse files), `small` ten playlists of ten: that is the floor of whatever should not depend on the
size. The floors of what writes are plain writes of the same bytes with an fsync, in the same folder and minute.

    python -m bench.library         prints the rows
"""

import json
import os
import re
import resource
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep

import trio

from bench.meters import Row, peak_mb, timed, weighed
from bench.uploads import written
from tests.library.test_labels import id3, text
from tests.rigs.large import LARGE, Size, make, tag_of
from tests.rigs.listener import listening
from tests.rigs.process import TOMB, Box, clean_env, run_tomb, serving
from tests.rigs.pulse import pulse_rig
from tests.rigs.sounds import noise, write
from tests.soak.sounds import made
from tomb.devices.decoder import measure

SMALL = Size(10, 10)
QUIET = ("--audio", "silent", "--reader", "virtual")
ENV = {"TOMB_FREE_KEPT_MB": "0", "PYTHONPATH": str(Path(__file__).with_name("as_installed"))}
MB = 1_000_000
FILES, FILE_S = 1000, 30.0  # to import: 240 kB each
SONG_LENGTH_S, SENT = 10.0, 300
STARTS, ASKED, TAPS = 5, 50, 20


def main() -> None:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        root = Path(folder)
        data = {size: root / f"data-{size.playlists}" for size in (SMALL, LARGE)}
        for size, each in data.items():
            make(each, size)
        trio.run(rows, root, data)


async def rows(root: Path, data: dict[Size, Path]) -> None:
    for kind in (starts(data), waits(data)):
        async for row in kind:
            tell(row)
    for row in (*imports(root), *decoding(root)):
        tell(row)
    async for row in beside_music(root):
        tell(row)


def tell(row: Row) -> None:
    print(json.dumps(row), flush=True)


# --- large beside small -----------------------------------------------------------------------------------------------


async def starts(data: dict[Size, Path]) -> AsyncIterator[Row]:
    """From the start of the process to the first 200; and what it then has in memory."""
    times: dict[Size, list[float]] = {size: [] for size in data}
    memory: dict[Size, list[float]] = {size: [] for size in data}
    for _ in range(STARTS):
        for size, folder in data.items():
            began = trio.current_time()
            async with serving(folder, *QUIET, env=ENV) as box:
                assert (await box.get("/api/health")).status == 200
                times[size].append((trio.current_time() - began) * 1000)
                await box.post("/api/playlists/sync")
                memory[size].append(peak_mb(box.pid))
    yield timed(f"start to health, {LARGE} (floor: {SMALL})", times[LARGE], times[SMALL])
    yield weighed("peak memory of a start and a sync, MB", median(memory[LARGE]), median(memory[SMALL]))


async def waits(data: dict[Size, Path]) -> AsyncIterator[Row]:
    """What a parent or a child waits for."""
    async with serving(data[SMALL], *QUIET, env=ENV) as small, serving(data[LARGE], *QUIET, env=ENV) as large:
        for title, ask in (
            ("a page of ten playlists with their tracks, after an edit", partial(page, path="?limit=10")),
            ("the same, asked for again", partial(page, path="?limit=10", edit=False)),
            ("start of a playlist", start),
            ("edit of a title", rename),
        ):
            times = {box: [await ask(box, turn) for turn in range(ASKED)] for box in (small, large)}
            yield timed(f"{title}, {LARGE.playlists} playlists (floor: {SMALL.playlists})", times[large], times[small])
        taps = [await tapped(box) for box in (small, large)]
        yield timed(f"tap to playing, {LARGE.playlists} playlists (floor: {SMALL.playlists})", taps[1], taps[0])
        yield weighed("peak memory after all that, MB", peak_mb(large.pid), peak_mb(small.pid))


async def page(box: Box, turn: int, path: str, *, edit: bool = True) -> float:
    if edit:
        await rename(box, turn)
    return await took(lambda: box.get(f"/api/playlists{path}"))


async def start(box: Box, turn: int) -> float:
    return await took(lambda: box.post(f"/api/playlists/playlist-{turn % SMALL.playlists}/start"))


async def rename(box: Box, turn: int) -> float:
    return await took(lambda: box.put(f"/api/playlists/playlist-{turn % SMALL.playlists}", {"title": f"Number {turn}"}))


async def took(ask: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await ask()
    return (perf_counter() - began) * 1000


async def tapped(box: Box) -> list[float]:
    """From the tag on the (virtual) reader to the event that another playlist plays."""
    times = []
    async with listening(box.port, "playlists") as listener:
        for turn in range(TAPS):
            number = turn % SMALL.playlists
            since, wanted = len(listener.told), f"playlist-{number}"
            began = perf_counter()
            await box.put("/api/reader/tag", {"tag_id": tag_of(number)})
            await listener.until("state:player", partial(plays, wanted), since=since)
            times.append((perf_counter() - began) * 1000)
            await box.post("/api/player/stop")
            await listener.until("state:player", lambda state: state["data"]["state"] == "stopped", since=since)
    return times


def plays(playlist_id: str, told: dict[str, dict[str, object]]) -> bool:
    return told["data"]["state"] == "playing" and told["data"]["active_playlist_id"] == playlist_id


# --- imports ----------------------------------------------------------------------------------------------------------


def imports(root: Path) -> Iterator[Row]:
    """`tomb import` of a thousand files in fifty folders, without a box, into an empty library."""
    source = root / "music"
    size = fill(source)
    began = perf_counter()
    copied(source, root / "copy")
    floor = perf_counter() - began
    began = perf_counter()
    peak = run_import(source, root / "imported")
    took = perf_counter() - began
    yield weighed(
        f"import of {FILES} files of {size // FILES // 1000} kB, s (floor: copy and fsync of each)",
        round(took, 2),
        round(floor, 2),
        per_second=round(FILES / took),
        memory=peak,
    )
    began = perf_counter()
    run_import(source, root / "imported")
    yield weighed("the same again: nothing is new, s", round(perf_counter() - began, 2), round(floor, 2))


def fill(source: Path) -> int:
    """Bytes in all."""
    random, total = Random(7), 0
    for number in range(FILES):
        folder = source / f"Album {number // 20:02}"
        folder.mkdir(parents=True, exist_ok=True)
        content = made(random, FILE_S).content
        (folder / f"{number % 20:02} Track.wav").write_bytes(content)
        total += len(content)
    return total


def copied(source: Path, target: Path) -> None:
    target.mkdir()
    for number, path in enumerate(sorted(source.rglob("*.wav"))):
        content = path.read_bytes()
        written(target / str(number), content)


def run_import(source: Path, data: Path, before: Sequence[str] = ()) -> float:
    """The peak of its memory, in MB. `before`: what starts it."""
    command: list[str | Path] = [*before, TOMB, "import", source, "--data", data]
    child = subprocess.Popen(command, env=clean_env() | ENV, stdout=subprocess.DEVNULL)
    # (What wait4 tells of a child has the memory of this process in it, from before the child became another program.)
    peak = 0.0
    while child.poll() is None:
        with suppress(OSError, StopIteration):
            peak = max(peak, peak_mb(child.pid))
        sleep(0.05)
    assert child.returncode == 0
    return peak


# --- what it costs to listen to all of it -----------------------------------------------------------------------------


def decoding(root: Path) -> Iterator[Row]:
    """A thousand MP3 files of ten seconds each: those of a family, shorter. The floor is one decoder on one core.
    `processor` and its floor: what that works, which does not grow by what others do meanwhile."""
    source, hours = root / "songs", FILES * SONG_LENGTH_S / 3600
    songs = sing(source, FILES)
    began, worked = perf_counter(), process_time()
    for song in songs:
        measure(song, 48_000, lambda _: None)
    floor, processor_floor = (perf_counter() - began) / hours, (process_time() - worked) / hours
    for cores in (1, min(2, len(os.sched_getaffinity(0)))):
        began, worked = perf_counter(), worked_by_children()
        peak = run_import(source, root / f"listened-{cores}", ("taskset", "-c", ",".join(map(str, range(cores)))))
        took = perf_counter() - began
        yield weighed(
            f"import of {FILES} MP3 on {cores} core{'s' * (cores > 1)}, s an hour of music (floor: its bare decode)",
            round(took / hours, 2),
            round(floor, 2),
            processor=round((worked_by_children() - worked) / hours, 2),
            processor_floor=round(processor_floor, 2),
            files_per_second=round(FILES / took, 1),
            memory=peak,
        )


def worked_by_children() -> float:
    """Seconds of a processor, of all that have ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sing(folder: Path, count: int) -> list[Path]:
    """So many songs in folders of twenty. Twenty are sung; each copy has a label of its own, so that none is known."""
    sung = [write(folder.with_suffix(f".{each}.mp3"), noise(SONG_LENGTH_S, seed=each)) for each in range(20)]
    songs = []
    for number in range(count):
        songs.append(folder / f"Album {number // 20:02}" / f"{number % 20:02} Song.mp3")
        songs[-1].parent.mkdir(parents=True, exist_ok=True)
        label = id3({"TIT2": text(f"Song {number}")})
        songs[-1].write_bytes(label + sung[number % len(sung)].read_bytes())
    for each in sung:
        each.unlink()
    return songs


async def beside_music(root: Path) -> AsyncIterator[Row]:
    """A box plays into a real PulseAudio while three hundred files are sent to it. Counted are the blocks of sound that
    were not ready; the floor is as long a time without an import."""
    songs, played = root / "sent", root / "played"
    sing(songs, SENT)
    played.mkdir()
    write(played / "long.mp3", noise(60))
    async with pulse_rig() as rig, serving(root / "playing", "--reader", "virtual", env=ENV | rig.env) as box:
        assert (await run_tomb("import", played, "--url", box.url)).status == 0
        [playlist] = (await box.get("/api/playlists")).data["playlists"]
        await box.put("/api/player/mode", {"repeat_mode": "track"})
        await box.post(f"/api/playlists/{playlist['id']}/start")
        await box.until_player(lambda state: state["position_ms"] > 0)
        began, before = trio.current_time(), missing_blocks(box)
        await trio.run_process([TOMB, "import", songs, "--url", box.url], env=clean_env() | ENV, capture_stdout=True)
        seconds = trio.current_time() - began
        during = missing_blocks(box)
        await trio.sleep(seconds)
        yield {
            "row": f"blocks missing while {SENT} MP3 are imported into a box that plays (floor: without an import)",
            "median": during - before,
            "floor": missing_blocks(box) - during,
            "seconds": round(seconds, 1),
        }


def missing_blocks(box: Box) -> int:
    return sum(int(count) for count in re.findall(r"had gaps \(blocks late: (\d+)\)", box.log))


if __name__ == "__main__":
    main()
