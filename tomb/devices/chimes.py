"""The sounds of the box itself: a few soft bells, made when they are needed, so no file has to come along.

They are mixed into the music below the volume, so they are never louder than it lets anything be: `PEAK` is what the
music makes room for while one is heard (`DUCKED`), and both together cannot clip.
"""

from functools import cache
from typing import get_args

import numpy as np

from tomb.devices.decoder import Frames
from tomb.models import Chime

PEAK = 0.25  # of full scale: -12 dB
DUCKED = 0.75  # the gain of the music meanwhile
LEAD_S = 0.02  # of silence, while the music makes room
ATTACK_S, RING_S = 0.008, 0.45

# Semitones from A4 and seconds from the start. Up is good news, down is not; what nobody knows is knocked twice.
NOTES: dict[Chime, tuple[tuple[int, float], ...]] = {
    "ready": ((3, 0), (7, 0.13), (10, 0.26)),
    "unknown_tag": ((0, 0), (0, 0.18)),
    "error": ((3, 0), (-3, 0.2)),
    "limit": ((10, 0), (7, 0.22), (3, 0.44)),
}
PARTIALS = ((1.0, 1.0), (2.0, 0.35), (3.01, 0.12))  # multiples of the pitch, and how loud they are


def prepare(rate: int) -> None:
    """Make all of them, which takes some milliseconds each; then they are there."""
    for chime in get_args(Chime):
        made(chime, rate)


@cache
def made(chime: Chime, rate: int) -> Frames:
    """Shape (frames, 2) at `rate` Hz; from silence to silence."""
    notes = NOTES[chime]
    ring = np.arange(round(RING_S * rate)) / rate
    bell = np.minimum(1, ring / ATTACK_S) * np.exp(-7 * ring / RING_S) * np.minimum(1, (RING_S - ring) / 0.05)
    lead = round(LEAD_S * rate)
    mono = np.zeros(lead + round(notes[-1][1] * rate) + len(ring))
    for semitones, start_s in notes:
        pitch, start = 440 * 2 ** (semitones / 12), lead + round(start_s * rate)
        for multiple, level in PARTIALS:
            if pitch * multiple < rate / 2:
                mono[start : start + len(ring)] += level * bell * np.sin(2 * np.pi * pitch * multiple * ring)
    mono *= (PEAK * 32767 - 1) / np.abs(mono).max()
    return np.repeat(np.rint(mono).astype(np.int16)[:, None], 2, axis=1)
