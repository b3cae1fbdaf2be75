"""How soon the music goes on elsewhere: seeks in the whole box, in every format, and in audiobooks of five hours.

    python -m bench.seeks [--seeks 100] [--hours 5]

From `POST /api/player/seek` to the first sample of there on the monitor. The first half of each file is silent and the
second is not, so that what is heard first is from there. What waits in the stream is heard before it: the floor is a
bare stream that changes from silence to sound, with the same latency.

The audiobooks are what the box keeps of an MP3 of variable rate and of an m4b (Opus), each strung together of pieces of
a minute. To be examined as at home they would be decoded for minutes; here only their frames are walked through.
"""

import argparse
import json
import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import trio
from msgspec.structs import replace

from bench.meters import Row, p99, timed
from tests.rigs.library import opened
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.pulse import RATE, PulseRig, Recording, pulse_rig
from tests.rigs.sounds import Int16, noise, write
from tomb.devices.portaudio import Stream, look_again
from tomb.library import structure
from tomb.nurseries.ingest import Findings
from tomb.ports import RealPorts
from tomb.rehearsal.simulated.inspector import InlineInspector

FORMATS = {"wav": 44100, "aiff": 44100, "flac": 44100, "mp3": 44100, "ogg": 44100, "opus": 48000, "wav 48": 48000}
HALF_S = 15.0
PIECE_S = 60
QUIET_S = 0.3
SILENT = 20  # what a lossy codec makes of silence


async def rows(seeks: int = 20, hours: float = 1.0) -> list[Row]:
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:  # not in /tmp, which may never see a disk
        data = Path(folder) / "data"
        make_music(Path(folder) / "records", hours)
        async with opened(data, ports=RealPorts(), inspector=Walking(RealPorts())) as stage:
            await stage.importer.import_folder(Path(folder) / "records")
        async with pulse_rig() as pulse:
            env = pulse.env | {"TOMB_LOUDNESS": "off", "TOMB_AUDIO_IDLE_CLOSE_S": "60"}
            async with (
                serving(data, "--audio", "portaudio", "--reader", "virtual", env=env) as box,
                pulse.recording() as recording,
            ):
                floor = await changes_to_sound(pulse, recording, max(20, seeks // 2))
                return [
                    timed("a bare stream from silence to sound", floor, floor),
                    *[await of(box, recording, title, seeks, floor) for title in [*FORMATS, *audiobooks(hours)]],
                ]


async def of(box: Box, recording: Recording, title: str, seeks: int, floor: Sequence[float]) -> Row:
    playlists = (await box.get("/api/playlists?tracks=false")).data["playlists"]
    [playlist_id] = [each["id"] for each in playlists if each["title"] == title]
    await box.post(f"/api/playlists/{playlist_id}/start")
    state = await box.until_player(lambda state: state["state"] == "playing")
    times = [await seek(box, recording, state["duration_ms"]) for _ in range(seeks)]
    await box.post("/api/player/stop")
    row = timed(f"seek to sound, {title} (floor: a bare stream)", times, floor)
    row["over_floor_p99"] = round(p99(times) - p99(floor), 1)
    return row


async def seek(box: Box, recording: Recording, duration_ms: int) -> float:
    """Back to somewhere silent, and from there to somewhere else; in ms."""
    await box.post("/api/player/seek", {"position_ms": random.randrange(0, duration_ms // 3)})
    await recording.until_silence(recording.count, QUIET_S, SILENT)
    await trio.sleep(random.uniform(0, 0.1))
    since, asked = recording.count, trio.current_time()
    await box.post("/api/player/seek", {"position_ms": random.randrange(duration_ms * 11 // 20, duration_ms * 3 // 4)})
    with trio.move_on_after(PATIENCE_S):
        return (recording.arrival(await recording.until_sound(since, SILENT)) - asked) * 1000
    raise AssertionError(f"nothing is heard: {await box.player()}")


async def changes_to_sound(pulse: PulseRig, recording: Recording, rounds: int) -> list[float]:
    os.environ.update(pulse.env)
    await trio.to_thread.run_sync(look_again)
    level, times = 0, []

    def fill(out: Int16, _: int) -> None:
        out.fill(level)

    stream = Stream(fill, None, RATE, 1024, 0.1)
    await trio.to_thread.run_sync(stream.open)
    for _ in range(rounds):
        level = 0
        await recording.until_silence(recording.count, QUIET_S, SILENT)
        await trio.sleep(random.uniform(0, 0.1))
        since, changed = recording.count, trio.current_time()
        level = 1000
        times.append((recording.arrival(await recording.until_sound(since, SILENT)) - changed) * 1000)
    await trio.to_thread.run_sync(stream.close)
    return times


class Walking(InlineInspector):
    """Believes the head of a file, and finds the marks of an MP3."""

    def _look(self, source: Path, name: str, sound: Path | None) -> Findings:
        found = super()._look(source, name, sound)
        if sound is None or sound.suffix != ".mp3":
            return found
        return replace(found, seek_marks=structure.read(sound, "mp3").seek_marks)


def audiobooks(hours: float) -> dict[str, str]:
    """What they are called, and their endings."""
    return {f"{hours:g} h VBR mp3": "mp3", f"{hours:g} h opus, as kept of an m4b": "opus"}


def make_music(records: Path, hours: float) -> None:
    """A folder with one file for each."""
    for title, rate in FORMATS.items():
        folder = records / title
        folder.mkdir(parents=True)
        sound = noise(2 * HALF_S, rate=rate)
        sound[: len(sound) // 2] = 0
        made = write(folder / f"half.{'wav' if title == 'mp3' else title.partition(' ')[0]}", sound, rate)
        if title == "mp3":  # libsndfile's encoder makes full scale of silence
            subprocess.run(["ffmpeg", "-v", "error", "-i", made, made.with_suffix(".mp3")], check=True)
            made.unlink()
    for title, ending in audiobooks(hours).items():
        make_audiobook(records / title, ending, round(hours * 3600 / PIECE_S))


def make_audiobook(folder: Path, ending: str, pieces: int) -> None:
    """Two pieces are encoded, and their frames strung together."""
    folder.mkdir()
    options = {"mp3": ("-q:a", "4"), "opus": ("-c:a", "libopus", "-b:a", "160k")}[ending]
    wave, rate = noise(PIECE_S, peak=20_000), 44100
    wave[: len(wave) // 2] //= 64  # so that the rate of an encoder varies
    for name, sound in (("silent", np.zeros_like(wave)), ("loud", wave)):
        write(folder / f"{name}.wav", sound, rate)
        encode = ["ffmpeg", "-v", "error", "-i", f"{name}.wav", *options, f"{name}.{ending}"]
        subprocess.run(encode, cwd=folder, check=True)
    names = ["silent"] * (pieces // 2) + ["loud"] * (pieces - pieces // 2)
    (folder / "pieces").write_text("".join(f"file {name}.{ending}\n" for name in names))
    concatenate = ["ffmpeg", "-v", "error", "-f", "concat", "-i", "pieces", "-c", "copy", f"book.{ending}"]
    subprocess.run(concatenate, cwd=folder, check=True)
    for path in folder.iterdir():
        if path.stem != "book":
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.seeks")
    parser.add_argument("--seeks", type=int, default=20, help="in each file (20)")
    parser.add_argument("--hours", type=float, default=1.0, help="how long the audiobooks are (1)")
    args = parser.parse_args()
    for row in trio.run(rows, args.seeks, args.hours):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
