"""The web UI against its budgets, in a real Chromium without a graphics card: sizes, first covers, taps, scrolls, and
two browsers in step. The box has 1,000 playlists and is silent; bench/ui.mjs measures.

`python -m bench.ui` prints the rows. Frame times are those of software rendering: compare them with the floor's.
"""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio

from bench.meters import Row, timed
from tests.rigs.process import Box, serving
from tests.rigs.sounds import noise, write

HERE = Path(__file__).parent
PLAYLISTS = 1000
BUDGET = {"js": 110, "css": 20, "page": 40}  # kB, gzip


async def rows() -> list[Row]:
    for what in ("build", "modules"):
        await trio.run_process(["sh", str(HERE.parent / "scripts/ui"), what], stdout=2)
    with TemporaryDirectory() as folder:
        async with serving(Path(folder) / "data", "--audio", "silent", "--reader", "virtual") as box:
            playlist = await fill(box, Path(folder))
            measured = await measure(box, playlist)
    return [*sizes(measured), *waits(measured), *scrolling(measured)]


async def fill(box: Box, folder: Path) -> str:
    """The one that was played last stands first, and plays for as long as it is measured."""
    for number in range(PLAYLISTS - 1):
        await box.post("/api/playlists", {"title": f"Playlist {number:04}"})
    sound = write(folder / "Long.wav", noise(1200, rate=8000, channels=1)).read_bytes()
    playlist = str((await box.post("/api/playlists", {"title": "Bench"})).data["id"])
    opened = (
        await box.post(f"/api/playlists/{playlist}/uploads/session", {"filename": "Long.wav", "file_size": len(sound)})
    ).data
    upload = f"/api/playlists/{playlist}/uploads/{opened['session_id']}"
    size = opened["chunk_size"]
    for number in range(opened["total_chunks"]):
        chunk = sound[number * size : (number + 1) * size]
        answer = await box.put(f"{upload}/chunks/{number}", chunk, headers={"Content-Type": "application/octet-stream"})
        assert answer.status < 300, answer
    assert (await box.post(f"{upload}/finalize", {})).status < 300
    assert (await box.post(f"/api/playlists/{playlist}/start", {})).status == 200
    return playlist


async def measure(box: Box, playlist: str) -> Any:
    env = os.environ | {"TOMB_URL": box.url, "TOMB_ID": playlist}
    done = await trio.run_process(["node", str(HERE / "ui.mjs")], env=env, capture_stdout=True)
    return json.loads(done.stdout)


def sizes(measured: Any) -> list[Row]:
    first = measured["first"]
    weights = [
        ("JavaScript to the first covers", first["js"], BUDGET["js"]),
        ("CSS to the first covers", first["css"], BUDGET["css"]),
        *(
            (f"page {name}: more to load", page["js"] + page["css"], BUDGET["page"])
            for name, page in measured["pages"].items()
        ),
    ]
    return [
        {"row": f"{what}, kB gzip", "median": round(size / 1000, 1), "budget": budget} for what, size, budget in weights
    ]


def waits(measured: Any) -> list[Row]:
    taps, step = measured["taps"], measured["step"]
    return [
        timed("first covers of 1,000, empty cache, 4x slower (floor: no script)", measured["grid"], measured["bare"])
        | {"budget": 1500},
        timed("a tap shows, 4x slower (floor: a bare button)", taps["shown"], taps["floor"]) | {"budget": 50},
        timed("a change shown by another browser (floor: the event has come)", step["shown"], step["arrived"])
        | {"budget": 100},
    ]


def scrolling(measured: Any) -> list[Row]:
    """One row for the frames, one for what blocked them."""
    grid, plain = measured["scroll"], measured["plain"]
    return [
        timed("a frame while 1,000 covers scroll, 4x slower (floor: plain boxes)", grid["frames"], plain["frames"]),
        {
            "row": "tasks over 50 ms meanwhile",
            "median": len(grid["long"]),
            "floor": len(plain["long"]),
            "budget": 0,
            "longest": max(grid["long"], default=0),
        },
    ]


if __name__ == "__main__":
    for each in trio.run(rows):
        print(json.dumps(each))
