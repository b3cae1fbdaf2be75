"""A thousand files of the corpus, each broken in its own way: taken in, or refused in words, at a bounded cost."""

import os
from pathlib import Path
from random import Random

import trio

from tests.corpus import FORMATS, encoded
from tests.nurseries.test_hostile_files import mutated, staged
from tests.rigs.children import children, peak_kb
from tests.rigs.library import Stage
from tests.soak.api import Complaint
from tomb.devices.decoder import measure
from tomb.errors import DecodeError

LONGEST_S = 60.0  # for four seconds of sound, on a machine that does much else
LARGEST_KB = 220_000


async def chew(first: int, count: int, folder: Path) -> str:
    """So many of them, from number `first` on. What came of it, in one line. Raises: Complaint."""
    taken = 0
    async with staged(folder) as stage:
        for number in range(first, first + count):
            order = Random(f"mutated {number}")
            name = order.choice(sorted(FORMATS))
            path = folder / f"{number}.{FORMATS[name][0]}"
            await trio.to_thread.run_sync(_write, path, name, order)
            with trio.move_on_after(LONGEST_S) as patience:
                taken += await _is_taken(stage, path, f"{name}, mutated {number}")
            if patience.cancelled_caught:
                raise Complaint(f"{name}, mutated {number}: no end after {LONGEST_S:.0f} s")
            path.unlink()
            if any(peak_kb(child) > LARGEST_KB for child in children(os.getpid(), command="examiner")):
                raise Complaint(f"{name}, mutated {number}: the examiner took more than {LARGEST_KB} kB")
        if stage.half_taken():
            raise Complaint(f"left behind: {stage.half_taken()}")
    return f"{count} broken files: {taken} taken in as far as they can be heard, {count - taken} refused"


def _write(path: Path, name: str, order: Random) -> None:
    path.write_bytes(mutated(encoded(name), order))


async def _is_taken(stage: Stage, path: Path, called: str) -> bool:
    async with stage.ingest.incoming() as incoming:
        try:
            arrival = await stage.ingest.stage(path, incoming)
        except DecodeError as error:
            if not str(error):
                raise Complaint(f"{called}: refused without a word") from error
            return False
        assert arrival.sound is not None
        heard = await trio.to_thread.run_sync(measure, arrival.sound.path, 48000, lambda _: None)
        if abs(heard.heard_s * 1000 - arrival.duration_ms) > 2:
            raise Complaint(f"{called}: told {arrival.duration_ms} ms, heard {heard.heard_s:.3f} s")
    return True
