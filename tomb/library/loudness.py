"""The gain with which a track is played, so that a lullaby after a march wakes nobody."""

import math
from collections.abc import Iterable

from msgspec import Struct

from tomb.models import Loudness, LoudnessMode

TARGET = -18.0  # LUFS, as ReplayGain 2; at the -14 of streaming services much classical music would have to clip
MOST_BOOST = 12.0  # dB; what is quieter than -30 LUFS is the sound of a room, and more would be its noise


class Together(Struct, frozen=True):
    """Several tracks as one piece: how loud it is, in LUFS, and its largest sample. None where that is not known."""

    level: float | None = None
    peak: float | None = None


def together(tracks: Iterable[tuple[float | None, float | None, int]]) -> Together:
    """`tracks`: the level and the peak of each, where known, and its length in any unit.

    The mean of their powers; and the peak of all, or one in one track would change how it stands to the next.
    """
    power, length, peaks = 0.0, 0, list[float | None]()
    for level, peak, lasts in tracks:
        peaks.append(peak)
        if level is not None:
            power += 10 ** (level / 10) * lasts
            length += lasts
    known = [peak for peak in peaks if peak is not None]
    level = 10 * math.log10(power / length) if length else None
    return Together(level, max(known) if len(known) == len(peaks) > 0 else None)


def gain(of: Loudness, among: Together, mode: LoudnessMode) -> float:
    """The linear gain of a track. `among`: the tracks it is played with, itself too.

    For "album" these count as one piece, unless the track's tags say how loud its album is: what is quiet in it stays
    quiet. Never so much that a sample would go over full scale, so the volume's ceiling holds; and what has no known
    peak is made quieter at most.
    """
    level, peak = of.track, of.peak
    if mode == "album":
        level, peak = among.level if of.album is None else of.album, among.peak
    if mode == "off" or level is None:
        return 1.0
    bound = 1.0 if peak is None else 1 / max(peak, 1e-3)
    return min(10 ** (min(TARGET - level, MOST_BOOST) / 20), bound)
