"""The whole box as a process, on the real daemons: its start, its memory, its load, and how soon a tap is heard.

`python -m bench.box` prints the rows. The sink is PulseAudio's null sink: all latencies of the stream are in it, that
of a sound card is not.
"""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from bench.meters import Row, load_percent, memory_mb, timed, wakeups, weighed
from tests.rigs.library import opened, weigh
from tests.rigs.listener import Listener, listening
from tests.rigs.pcsc import PcscRig, pcsc_rig
from tests.rigs.process import Box, call, serving
from tests.rigs.pulse import RATE, PulseRig, Recording, pulse_rig
from tests.rigs.service_manager import service_manager
from tests.rigs.sounds import noise, write
from tests.rigs.youtube import youtube_rig
from tests.rigs.youtube.videos import ENDLESS
from tomb.devices.decoder import probe
from tomb.devices.portaudio import Stream, look_again
from tomb.devices.streaming import AHEAD_S, HISTORY_S
from tomb.devices.warm import MOST_BYTES
from tomb.ports import RealPorts

AS_INSTALLED = {"PYTHONPATH": str(Path(__file__).with_name("as_installed"))}
QUIET = ("--audio", "silent", "--reader", "none")
REAL = ("--audio", "portaudio", "--reader", "pcsc")
TAGS = {"wav": "04A22B3C4D5E80", "flac": "04DEADBEEF0180", "mp3": "04CAFE02"}
LONG = "Long"
BEGINNINGS = 40  # of which the output keeps as many as it has room for
SETTLED_S = 10.0
MB = 1024 * 1024
NO_CARD = "pcm.!default { type null }\nctl.!default { type null }\n"  # the least that ALSA's library loads


async def rows(starts: int = 10, taps: int = 34, seconds: float = 30) -> list[Row]:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        async with pulse_rig() as pulse, pcsc_rig() as cards:
            data = Path(folder)
            await make_library(data / "large", 200)
            await make_music(data / "small", seconds)
            env = AS_INSTALLED | pulse.env | cards.env
            return [
                *await start(data / "large", env, starts),
                *await memory(data, env),
                *await load(data / "small", env, seconds),
                *await tap_to_sound(data / "small", env, pulse, cards, taps),
                *await fetching(data / "large"),
            ]


async def start(data: Path, env: Mapping[str, str], rounds: int) -> list[Row]:
    """From the start of the process to when a tap plays (READY, as systemd is told it) and to the first 200 on
    /api/health; and from SIGTERM to its end."""
    times: dict[str, list[float]] = {"trio": [], "hello": [], "quiet": [], "real": []}
    taps: dict[str, list[float]] = {"quiet": [], "real": []}
    ends: dict[str, list[float]] = {"quiet": [], "real": []}
    for _ in range(rounds):
        began = trio.current_time()
        async with bare("nothing"):
            times["trio"].append((trio.current_time() - began) * 1000)
        began = trio.current_time()
        async with bare("hello") as (_, port):
            assert (await call(port, "GET", "/api/health")).status == 200
            times["hello"].append((trio.current_time() - began) * 1000)
        for name, arguments in (("quiet", QUIET), ("real", REAL)):
            async with service_manager(f"@tomb-bench-{os.getpid()}") as manager:
                began = trio.current_time()
                async with serving(data, *arguments, env={**env, **manager.env}) as box:
                    assert (await box.get("/api/health")).status == 200
                    times[name].append((trio.current_time() - began) * 1000)
                    taps[name].append((await manager.until("READY=1") - began) * 1000)
                    began = trio.current_time()
                    await box.terminate()
                    ends[name].append((trio.current_time() - began) * 1000)
    hello, nothing = times["hello"], times["trio"]
    return [
        timed("start to tap, 200 playlists of 10, silent (floor: Python and Trio)", taps["quiet"], nothing),
        timed("start to tap, 200 playlists of 10, real devices (floor: Python and Trio)", taps["real"], nothing),
        timed("start to health, 200 playlists of 10, silent (floor: a Quart hello)", times["quiet"], hello),
        timed("start to health, 200 playlists of 10, real devices", times["real"], hello),
        timed("SIGTERM to the end, real devices (floor: silent)", ends["real"], ends["quiet"]),
    ]


async def memory(data: Path, env: Mapping[str, str]) -> list[Row]:
    """MB resident. What differs between the first three is what ALSA's configuration makes its library load."""
    (data / "null.conf").write_text(NO_CARD)
    least = dict(env) | {"ALSA_CONFIG_PATH": str(data / "null.conf")}
    default = {name: value for name, value in env.items() if name != "ALSA_CONFIG_PATH"}
    async with bare("hello") as (pid, _):
        floor, _ = memory_mb(pid)
    async with bare("libraries") as (pid, _):
        libraries, _ = memory_mb(pid)
    async with serving(data / "large", *QUIET, env=env) as box:
        await trio.sleep(SETTLED_S)
        resident, proportional = memory_mb(box.pid)
    title = "memory idle, silent (floor: the libraries, imported), MB"
    measured = [weighed(title, resident, libraries, shared_out=proportional)]
    for title, each in (("minimal ALSA", least), ("ALSA through PulseAudio", env), ("default ALSA", default)):
        async with serving(data / "large", "--audio", "auto", "--reader", "pcsc", env=each) as box:
            await trio.sleep(3)
            resident, proportional = memory_mb(box.pid)
            state = (await box.health())["details"]["audio"]["state"]
            measured.append(weighed(f"memory idle, {title}, MB", resident, floor, shared_out=proportional, audio=state))
    async with serving(data / "small", *REAL, env=env) as box:
        await play(box, LONG)
        await trio.sleep(5)
        resident, proportional = memory_mb(box.pid)
        measured.append(weighed("memory playing, through PulseAudio, MB", resident, floor, shared_out=proportional))
    return [*measured, *await memory_of_sound(data, env)]


async def memory_of_sound(data: Path, env: Mapping[str, str]) -> list[Row]:
    """What sound that is not heard yet takes, in MB: of a box that has PortAudio and a decoder loaded, and no more.

    The floors are what these things are by their size: samples, without what the decoders of their files have.
    """
    await make_tagged(data / "tagged", BEGINNINGS)
    quiet = dict(env) | {"TOMB_AUDIO_IDLE_CLOSE_S": "0.5"}
    async with serving(data / "tagged", "--audio", "portaudio", "--reader", "none", env=quiet) as box:
        await trio.sleep(SETTLED_S)
        kept, _ = memory_mb(box.pid)
    async with serving(data / "small", "--audio", "portaudio", "--reader", "none", env=quiet) as box:
        await trio.sleep(SETTLED_S)
        idle, _ = memory_mb(box.pid)  # its few tags have had their files decoded, and that loaded
        await play(box, LONG)
        await trio.sleep(SETTLED_S)
        playing, _ = memory_mb(box.pid)
    return [
        weighed(f"memory of {BEGINNINGS} beginnings kept ready, MB", round(kept - idle, 1), round(MOST_BYTES / MB, 1)),
        weighed("memory of 5 s ahead, MB", round(playing - idle, 1), round((AHEAD_S + HISTORY_S) * RATE * 4 / MB, 1)),
    ]


async def load(data: Path, env: Mapping[str, str], seconds: float) -> list[Row]:
    """Percent of one core, all threads."""
    async with bare("stream", env) as (pid, _):
        stream = await load_percent(pid, seconds / 3)
    async with bare("hello") as (pid, _):
        hello = await load_percent(pid, seconds / 3)
        hello_woken = await wakeups(pid, seconds / 3)
    async with serving(data, *REAL, env=dict(env) | {"TOMB_AUDIO_IDLE_CLOSE_S": "0.1"}) as box:
        await trio.sleep(3)
        idle = await load_percent(box.pid, seconds)
        woken = await wakeups(box.pid, seconds)
        await play(box, LONG)
        await trio.sleep(2)
        playing = await load_percent(box.pid, seconds)
    return [
        weighed("CPU playing a FLAC (floor: a silent stream), % of a core", playing, stream),
        weighed("CPU idle, stream closed (floor: a Quart hello), % of a core", idle, hello),
        weighed("wakeups idle, stream closed (floor: a Quart hello), a second", woken, hello_woken),
    ]


async def tap_to_sound(data: Path, env: Mapping[str, str], pulse: PulseRig, cards: PcscRig, rounds: int) -> list[Row]:
    """From the card's first contact with pcscd to the first sample on the monitor; the file cold, the stream closed."""
    measured: dict[str, list[float]] = {suffix: [] for suffix in (*TAGS, "disk", "warm")}
    async with (
        serving(data, *REAL, env=dict(env) | {"TOMB_AUDIO_IDLE_CLOSE_S": "0"}) as box,
        listening(box.port, "playlists") as listener,
        pulse.recording() as recording,
    ):
        floor = await streams_to_sound(pulse, recording, rounds)
        files = await files_of(box, data)
        for suffix in itertools.islice(itertools.cycle(TAGS), rounds * len(TAGS)):
            await until_closed(pulse)
            measured["disk"].append(cold_read(files[suffix]))
            forget(files[suffix])
            measured[suffix].append(await tap(cards, listener, recording, TAGS[suffix]))
        for _ in range(rounds):
            await until_closed(pulse)
            measured["warm"].append(await tap(cards, listener, recording, TAGS["flac"]))
    cold = [each for suffix in TAGS for each in measured[suffix]]
    return [
        timed("tap to sound, cold file, closed stream (floor: a bare stream)", cold, floor),
        timed("the same (floor: reading the cold file once, by itself)", cold, measured["disk"]),
        *(timed(f"tap to sound, cold {suffix}, closed stream", measured[suffix], floor) for suffix in TAGS),
        timed("tap to sound, warm flac, closed stream", measured["warm"], floor),
    ]


async def fetching(data: Path, rounds: int = 5, seconds: float = 10) -> list[Row]:
    """From YouTube, with the real yt-dlp, of which the rig has a server on the loopback."""
    first, bare_child = [], []
    async with youtube_rig() as rig:
        env = AS_INSTALLED | {"TOMB_FREE_KEPT_MB": "0"}
        async with serving(data, *QUIET, env=env | {"TOMB_YOUTUBE": "off"}) as box:
            await trio.sleep(3)
            without, _ = memory_mb(box.pid)
        async with serving(data, *QUIET, env=env) as box:
            await trio.sleep(3)
            idle, _ = memory_mb(box.pid)
        async with serving(data, *QUIET, env=env, tomb=rig.tomb) as box, listening(box.port, "playlists") as listener:
            await trio.sleep(3)
            quiet = await load_percent(box.pid, seconds)
            for _ in range(rounds):
                began = trio.current_time()
                await trio.run_process([sys.executable, "-m", "yt_dlp", "--version"], capture_stdout=True)
                bare_child.append((trio.current_time() - began) * 1000)
                began = trio.current_time()
                task = await fetch(box, ENDLESS)
                await listener.until("youtube:progress", partial(_is_getting, task))
                first.append((trio.current_time() - began) * 1000)
                await box.delete(f"/api/youtube/tasks/{task}")
            task = await fetch(box, ENDLESS)
            await listener.until("youtube:progress", partial(_is_getting, task))
            busy = await load_percent(box.pid, seconds)
            await box.delete(f"/api/youtube/tasks/{task}")
    return [
        timed("YouTube: request to first progress (floor: yt-dlp --version)", first, bare_child),
        weighed("YouTube: CPU of the box while it fetches at 6 MB/s (floor: idle), % of a core", busy, quiet),
        weighed("YouTube: memory idle, MB (floor: switched off)", idle, without),
    ]


async def fetch(box: Box, video: str) -> str:
    playlists = (await box.get("/api/playlists?tracks=false&limit=1")).data["playlists"]
    wanted = {"url": f"https://youtu.be/{video}", "playlist_id": playlists[0]["id"]}
    return str((await box.post("/api/youtube/download", wanted)).data["task_id"])


def _is_getting(task: str, told: Mapping[str, object]) -> bool:
    return told["task_id"] == task and told["current_step"] == "downloading"


async def tap(cards: PcscRig, listener: Listener, recording: Recording, tag_id: str) -> float:
    """One tap to its sound, in ms; the card is gone again, and the track at its end, when this returns."""
    since, told = recording.count, len(listener.told)
    with trio.fail_after(20):
        card = await cards.insert(tag_id)
        heard = recording.arrival(await recording.until_sound(since))
        touched = card.touched_ns / 1e9 + (trio.current_time() - time.monotonic())
        await listener.until("state:player", lambda state: state["data"]["state"] == "stopped", since=told)
        await cards.remove()
        await listener.until("nfc_tag", lambda tag: not tag["present"], since=told)
    return (heard - touched) * 1000


async def streams_to_sound(pulse: PulseRig, recording: Recording, rounds: int) -> list[float]:
    """The floor of that: from opening a bare stream to its first sample."""
    os.environ.update(pulse.env)
    await trio.to_thread.run_sync(look_again)
    times = []
    for _ in range(rounds):
        since, began = recording.count, trio.current_time()
        stream = Stream(lambda out, _: out.fill(1000), None, RATE, 1024, 0.1)
        await trio.to_thread.run_sync(stream.open)
        times.append((recording.arrival(await recording.until_sound(since)) - began) * 1000)
        await trio.to_thread.run_sync(stream.close)
        await recording.until_silence(recording.count, 0.1)
    return times


async def until_closed(pulse: PulseRig) -> None:
    with trio.fail_after(10):
        while await pulse.playing_streams():
            await trio.sleep(0.05)


def cold_read(path: Path) -> float:
    """What the disk alone takes for it, in ms."""
    forget(path)
    began = time.perf_counter()
    path.read_bytes()
    return (time.perf_counter() - began) * 1000


def forget(path: Path) -> None:
    """Make the kernel read it from the disk again."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@asynccontextmanager
async def bare(name: str, env: Mapping[str, str] = AS_INSTALLED) -> AsyncIterator[tuple[int, int]]:
    """A floor's process id and port; see `bench.bare`."""
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join((AS_INSTALLED["PYTHONPATH"], root))
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "bench.bare", name],
        env=os.environ | dict(env) | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process.pid, int(await process.stdout.receive_some())
    finally:
        process.kill()
        await process.wait()


async def make_library(data: Path, playlists: int) -> None:
    async with opened(data, ports=RealPorts(), probe=weigh) as stage:
        for number in range(playlists):
            await stage.fill(f"Album {number}", [b"%d %d" % (number, track) for track in range(10)])


async def make_music(data: Path, seconds: float) -> None:
    """An album of one short track for each kind of file, linked to its tag, and a long one."""
    records = data / "records"
    for suffix in TAGS:
        (records / suffix).mkdir(parents=True)
        write(records / suffix / f"short.{suffix}", noise(0.3))
    (records / LONG).mkdir()
    write(records / LONG / "long.flac", noise(seconds + 30))
    async with opened(data, ports=RealPorts(), probe=probe) as stage:
        await stage.importer.import_folder(records)
        for lite in stage.librarian.lites():
            if lite.title in TAGS:
                await stage.librarian.link_tag(TAGS[lite.title], lite.id, override=False)


async def make_tagged(data: Path, count: int) -> None:
    """So many albums with a tag, each of one track of two seconds."""
    records = data / "records"
    for number in range(count):
        (records / str(number)).mkdir(parents=True)
        write(records / str(number) / "1.flac", noise(2, seed=number))
    async with opened(data, ports=RealPorts(), probe=probe) as stage:
        await stage.importer.import_folder(records)
        for number, lite in enumerate(stage.librarian.lites()):
            await stage.librarian.link_tag(f"04{number:06X}", lite.id, override=False)


async def files_of(box: Box, data: Path) -> dict[str, Path]:
    playlists: Sequence[dict[str, list[dict[str, str]]]] = (await box.get("/api/playlists")).data["playlists"]
    return {str(each["title"]): data / "library" / each["tracks"][0]["file_path"] for each in playlists}


async def play(box: Box, title: str) -> None:
    playlists = (await box.get("/api/playlists")).data["playlists"]
    [wanted] = [each["id"] for each in playlists if each["title"] == title]
    await box.post(f"/api/playlists/{wanted}/start")


if __name__ == "__main__":
    for row in trio.run(rows):
        print(json.dumps(row), flush=True)
