"""Whether a seek is exact to a frame: in ten formats, and an MP3 that goes by its marks, against all of it decoded."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from tests.rigs.sounds import noise, write
from tests.soak.api import Complaint
from tomb.devices.decoder import Decoder
from tomb.library import structure

SECONDS = 30
FORMATS = [
    ("wav", 44100, 2), ("wav", 22050, 1), ("flac", 44100, 2), ("flac", 96000, 1), ("aiff", 48000, 2),
    ("mp3", 44100, 2), ("mp3", 32000, 1), ("ogg", 44100, 2), ("ogg", 22050, 1), ("opus", 48000, 2),
]  # fmt: skip
Whole = NDArray[np.float64]


def seek_about(kinds: Iterable[tuple[str, int, int]], places: int, seed: int, folder: Path) -> str:
    """To so many random places in a file of each kind. What came of it, in one line. Raises: Complaint."""
    sought = 0
    for ending, rate, channels in kinds:
        path = write(folder / f"{rate}.{ending}", noise(SECONDS, rate=rate, channels=channels), rate)
        whole = Decoder(path, rate).read((SECONDS + 1) * rate)[:, 0].astype(np.float64)
        order = Random(f"{seed} {ending} {rate}")
        ways = [None] if ending != "mp3" else [None, _marks(path)]
        for start_ms in (order.randrange(100, (SECONDS - 2) * 1000) for _ in range(places)):
            for marks in ways:
                off = _off_by(whole, path, rate, start_ms, marks)
                sought += 1
                if off:
                    raise Complaint(f"{path.name}: a seek to {start_ms} ms is off by {off} frames")
        path.unlink()
    return f"{sought} seeks, each exact to a frame"


def _marks(path: Path) -> bytes:
    """As if it were long."""
    before, structure.MARKED_S = structure.MARKED_S, 0
    try:
        marks = structure.read(path, "mp3").seek_marks
    finally:
        structure.MARKED_S = before
    assert marks is not None
    return marks.packed()


def _off_by(whole: Whole, path: Path, rate: int, start_ms: int, marks: bytes | None) -> int:
    """By where it fits into the whole: behind a seek lossy decoders give other samples for a moment, in their place."""
    decoder = Decoder(path, rate, start_ms, marks)
    heard = decoder.read(8192)[4096:, 0].astype(np.float64)
    decoder.close()
    place = start_ms * rate // 1000 + 4096
    near = whole[place - 2000 : place + len(heard) + 2000]
    return int(np.argmax(np.correlate(near, heard, "valid"))) - 2000
