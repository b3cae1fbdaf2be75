"""What was answered is there after `kill -9`, whenever it comes; what was not, is there whole or not at all."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio
from pydantic_core import from_json

from tests.rigs.library import opened
from tomb.models import Playlist

EDIT_FOR_EVER = """
import itertools, sys, trio
from pathlib import Path
from tests.rigs.library import opened
from tomb.ports import RealPorts

async def main():
    async with opened(Path(sys.argv[1]), ports=RealPorts()) as stage:
        librarian = stage.librarian
        for turn in itertools.count():
            made = await librarian.create(f"Playlist {turn}")
            async with stage.ingest.incoming() as incoming:
                arrivals = []
                for number in range(3):
                    source = incoming / f"{number}.mp3"
                    source.write_bytes(f"{turn} {number}".encode() * 1000)
                    arrivals.append(await stage.ingest.stage(source, incoming))
                made = (await librarian.add(made.id, arrivals)).playlist
            made = await librarian.reorder(made.id, [3, 1, 2])
            print(made.model_dump_json(), flush=True)
            await librarian.delete_tracks(made.id, [2])
            await librarian.link_tag("04AA", made.id, override=True)
            print(librarian.lite(made.id).model_dump_json(), flush=True)

trio.run(main)
"""

EDIT_TOGETHER = """
import itertools, sys, trio
from pathlib import Path
from tests.rigs.library import opened
from tomb.ports import RealPorts

async def edit(librarian, number):
    for turn in itertools.count():
        made = await librarian.create(f"Playlist {number} {turn}")
        print(made.model_dump_json(), flush=True)
        made = await librarian.update(made.id, {"description": "new"})
        print(made.model_dump_json(), flush=True)

async def main():
    async with opened(Path(sys.argv[1]), ports=RealPorts()) as stage, trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(edit, stage.librarian, number)

trio.run(main)
"""


def answered_until_killed(program: str, folder: Path, after_s: float) -> list[str]:
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after_s)
        os.kill(child.pid, signal.SIGKILL)
        return [line for line in (first, *child.stdout) if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_answered_is_there(tmp_path: Path, seed: int) -> None:
    after_s = random.Random(seed).uniform(0, 0.4)
    lines = await trio.to_thread.run_sync(answered_until_killed, EDIT_FOR_EVER, tmp_path, after_s)
    answers = {answer["id"]: answer for answer in map(from_json, lines)}
    async with opened(tmp_path) as stage:
        assert stage.half_taken() == []
        assert await stage.store.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
        seen = await stage.librarian.reconcile()
        assert seen.lost == ()
        assert set(answers) <= {lite.id for lite in stage.librarian.lites()}
        for lite in stage.librarian.lites():
            playlist = await stage.librarian.playlist(lite.id)
            assert [track.number for track in playlist.tracks] == list(range(1, len(playlist.tracks) + 1))
            if lite.id in answers:
                assert agrees(playlist, answers[lite.id])
        assert len([lite for lite in stage.librarian.lites() if lite.nfc_tag_id]) <= 1
        assert stage.events.number > max(answer["server_seq"] for answer in answers.values())


@pytest.mark.parametrize("seed", range(2))
async def test_what_was_answered_of_edits_that_share_transactions_is_there(tmp_path: Path, seed: int) -> None:
    after_s = random.Random(seed).uniform(0.1, 0.4)
    lines = await trio.to_thread.run_sync(answered_until_killed, EDIT_TOGETHER, tmp_path, after_s)
    answers = {answer["id"]: answer for answer in map(from_json, lines)}
    async with opened(tmp_path) as stage:
        for each, answer in answers.items():
            assert stage.librarian.lite(each).playlist_seq >= answer["playlist_seq"]
        assert stage.events.number > max(answer["server_seq"] for answer in answers.values())


def agrees(playlist: Playlist, answer: dict[str, object]) -> bool:
    """The last answer about a playlist is there; what was done to it after that may be."""
    seq = answer["playlist_seq"]
    assert isinstance(seq, int)
    return playlist.playlist_seq >= seq and 2 <= len(playlist.tracks) <= 3
