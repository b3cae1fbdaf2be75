"""From a tap to a room, through Debian's snapserver: the whole box as a process, a virtual tag, and a client that keeps
what the server hands out and when it is to be heard.

    python -m bench.snapcast [--taps 30]

The floor of what is heard is the server's buffer. That of the server's input is the answer to a request which does
nothing, as a tap here is a request.
"""

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import trio

from bench.meters import Row, load_percent, memory_mb, timed, weighed
from tests.rigs.library import opened
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, serving
from tests.rigs.snapcast import BUFFER_MS, Listener, SnapcastRig, snapcast_rig
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.ports import RealPorts

SETTLED_S = 3.0
IDLE_S = 10.0


async def rows(taps: int = 30) -> list[Row]:
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        (Path(folder) / "music" / "Songs").mkdir(parents=True)
        write(Path(folder) / "music" / "Songs" / "long.wav", noise(60))
        async with opened(data, ports=RealPorts(), probe=probe) as stage:
            found = await stage.importer.import_folder(Path(folder) / "music" / "Songs")
        [playlist_id] = found.playlist_ids
        async with serving(data, "--audio", "silent", "--reader", "virtual") as box:
            await trio.sleep(SETTLED_S)
            silent_mb = memory_mb(box.pid)[0]
        async with (
            snapcast_rig() as rig,
            rig.listening() as listener,
            serving(data, "--reader", "virtual", env=rig.env) as box,
        ):
            await box.put("/api/settings", {"sounds": False})
            await box.until_health(lambda health: health["details"]["audio"]["state"] == "up")
            await trio.sleep(SETTLED_S)
            idle, room_mb = await load_percent(box.pid, IDLE_S), memory_mb(box.pid)[0]
            measured = [await tap(box, rig, listener, playlist_id) for _ in range(taps)]
    floors, inputs, outputs, pauses, positions = (list(each) for each in zip(*measured, strict=True))
    buffer, chunk = [float(BUFFER_MS)] * taps, [20.0] * taps
    return [
        timed("from a tap to the server's input (floor: a request that does nothing)", inputs, floors),
        timed("from a tap to a room (floor: the server's buffer)", outputs, buffer),
        timed("from a pause to silence in a room (floor: the server's buffer)", pauses, buffer),
        timed(
            "the position told, less the one heard (floor: the server's chunk)",
            positions,
            chunk,
        ),
        weighed("memory when it has played nothing yet, MB (floor: with silent output)", room_mb, silent_mb),
        weighed("idle, % of a core", idle, 0.0, seconds=IDLE_S),
    ]


async def tap(box: Box, rig: SnapcastRig, listener: Listener, playlist_id: str) -> tuple[float, ...]:
    """Milliseconds each."""
    began = time.monotonic()
    await box.get("/api/player/volume")
    floor = time.monotonic() - began
    there, began = listener.count, time.monotonic()
    await box.post(f"/api/playlists/{playlist_id}/play/1")
    first = await listener.until_sound(there)
    came, heard = time.monotonic(), listener.heard_at(first)
    await trio.sleep(1.5)
    asked = time.monotonic()
    state = await box.player()
    position = state["position_ms"] - ((asked + time.monotonic()) / 2 - heard) * 1000
    paused = time.monotonic()
    await box.post("/api/player/pause")
    await rig.until_stream("idle")
    last = int(np.flatnonzero(listener.frames()[there:].any(axis=1))[-1]) + there
    silent = listener.heard_at(last)
    await box.post("/api/player/stop")
    with trio.fail_after(PATIENCE_S):
        await box.until_player(lambda state: state["state"] == "stopped")
    return floor * 1000, (came - began) * 1000, (heard - began) * 1000, (silent - paused) * 1000, abs(position)


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.snapcast")
    parser.add_argument("--taps", type=int, default=30, help="how many (30)")
    given = parser.parse_args()
    for row in trio.run(rows, given.taps):
        print(json.dumps(row, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
