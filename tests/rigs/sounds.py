"""Audio files for tests: noise, so that every stretch of it can be found again in a recording."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Int16 = NDArray[np.int16]


def noise(seconds: float, *, rate: int = 44100, channels: int = 2, seed: int = 0, peak: int = 8000) -> Int16:
    """Shape (frames, channels). No sample is zero, so the first frame and the last can be told from silence."""
    frames = round(seconds * rate)
    samples = np.random.default_rng(seed).integers(1, peak, (frames, channels))
    signs = np.random.default_rng(seed + 1).choice((-1, 1), (frames, channels))
    signed: Int16 = (samples * signs).astype(np.int16)
    return signed


def write(path: Path, samples: Int16 | NDArray[np.float64], rate: int = 44100) -> Path:
    """In the format that the suffix of `path` names."""
    opus = path.suffix == ".opus"
    soundfile.write(path, samples, rate, format="OGG" if opus else None, subtype="OPUS" if opus else None)
    return path


def as_heard(path: Path, rate: int = 44100) -> Int16:
    """What a player should make of the whole file: decoded in one go, stereo, resampled in one go."""
    samples, source_rate = soundfile.read(path, dtype="float32", always_2d=True)
    if samples.shape[1] == 1:
        samples = np.repeat(samples, 2, axis=1)
    if source_rate != rate:
        samples = soxr.resample(samples, source_rate, rate, quality="HQ")
    heard: Int16 = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return heard
