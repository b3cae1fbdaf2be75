"""The gain with which a track is played, so that a lullaby after a march wakes nobody."""

import math
from collections.abc import Iterable

from tomb.models import Loudness, LoudnessMode

TARGET = -18.0  # LUFS, as ReplayGain 2; at the -14 of streaming services much classical music would have to clip
MOST_BOOST = 12.0  # dB; what is quieter than -30 LUFS is the sound of a room, and more would be its noise


def gain(of: Loudness, among: Iterable[tuple[Loudness, int]], mode: LoudnessMode) -> float:
    """The linear gain of a track. `among`: the tracks it is played with, itself too, and their lengths.

    For "album" all of them count as one piece, unless the track's tags say how loud its album is: what is quiet in it
    stays quiet. Never so much that a sample would go over full scale, so the volume's ceiling holds; and what has no
    known peak is made quieter at most.
    """
    level, peak = of.track, of.peak
    if mode == "album":
        company = list(among)
        level = _together(company) if of.album is None else of.album
        # Bounded together too, or a peak in one track would change how it stands to the next.
        peaks = [each.peak for each, _ in company]
        peak = max(known) if len(known := [each for each in peaks if each is not None]) == len(peaks) > 0 else None
    if mode == "off" or level is None:
        return 1.0
    bound = 1.0 if peak is None else 1 / max(peak, 1e-3)
    return min(10 ** (min(TARGET - level, MOST_BOOST) / 20), bound)


def _together(tracks: Iterable[tuple[Loudness, int]]) -> float | None:
    """Of several tracks one after the other: the mean of their powers."""
    known = [(each.track, length) for each, length in tracks if each.track is not None and length]
    if not known:
        return None
    power = sum(10 ** (level / 10) * length for level, length in known) / sum(length for _, length in known)
    return 10 * math.log10(power)
