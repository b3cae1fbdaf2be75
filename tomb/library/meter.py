"""How loud music is: measured as ITU-R BS.1770-4 and EBU R 128 say, or as its tags do.

**Measured.** The sound is weighted as ears weight it (the K curve: less below 100 Hz, 4 dB more above 2 kHz), and its
mean power is taken over 400 ms, again every 100 ms; quiet stretches do not count (the gates at -70 LUFS and at 10 LU
below the rest). The curve is usually two recursive filters, which numpy does not have and scipy costs 30 MB for. But
only the power of what they would give is wanted, and that is the spectrum's power times the curve's (Parseval): one
transform for each 100 ms. What is lost is how the filters ring from one such stretch into the next, some hundredths of
a LU. The peak is that of the samples, as the box plays them.

**Said by tags.** ReplayGain 2 aims at -18 LUFS; EBU R 128 at -23, which is also what Opus files count from; iTunes' own
tag counts from nearly where ReplayGain does. All become LUFS, once, here. Tags go before what was measured, since
whoever wrote them may have heard an album as a whole; peaks in tags do not, for nothing in a tag should ever make the
box clip.
"""

import math
import os
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tinytag import TinyTag

    Sound = NDArray[np.int16 | np.float32]

QUIETEST, LOUDEST = -70.0, 10.0  # LUFS; what tags say beyond that is nonsense
HOP_S = 0.1
HOPS = 4  # of which 400 ms consist
BATCH = 10  # hops that are transformed at once
RELATIVE_GATE = -10.0
OFFSET = -0.691  # of BS.1770: makes a sine of 1 kHz at full scale on both sides 0 LUFS


class Measured(Struct, frozen=True):
    """`track`: LUFS, None where nothing can be heard. `peak`: of the largest sample, 1 being full scale."""

    track: float | None
    peak: float


# --- measured --------------------------------------------------------------------------------------------------------


class Meter:
    """Measures sound at `rate` Hz, handed over in pieces of any length, all int16 or all float32, of shape (frames, 2);
    (frames, 1) where both sides are the same."""

    def __init__(self, rate: int) -> None:
        self._hop = round(rate * HOP_S)
        self._weights, self._line = _weights(rate, self._hop), _line(self._hop)
        self._pieces: list[Sound] = []
        self._waiting = 0
        self._powers = array("f")  # of each hop: 1.7 million in two days of music
        self._peak = 0.0

    def add(self, frames: "Sound") -> None:
        if len(frames):
            largest = max(float(frames.max()), -float(frames.min())) * _scale(frames)
            self._peak = max(self._peak, min(1.0, largest))
            self._pieces.append(frames)
            self._waiting += len(frames)
        if self._waiting >= BATCH * self._hop:
            self._transform()

    @property
    def result(self) -> Measured:
        """Of all that was added so far; a rest of less than 100 ms does not count."""
        import numpy as np

        self._transform()
        hops = np.frombuffer(self._powers, np.float32).astype(np.float64)
        spans = min(HOPS, len(hops))
        if not spans:
            return Measured(None, self._peak)
        blocks = np.convolve(hops, np.full(spans, 1 / spans), "valid")
        heard = blocks[blocks > 10 ** ((QUIETEST - OFFSET) / 10)]
        if not len(heard):
            return Measured(None, self._peak)
        heard = heard[heard > heard.mean() * 10 ** (RELATIVE_GATE / 10)]
        return Measured(OFFSET + 10 * math.log10(float(heard.mean())), self._peak)

    def _transform(self) -> None:
        import numpy as np

        if not self._pieces:
            return
        sound: Sound = np.concatenate(self._pieces)
        hops, left = divmod(len(sound), self._hop)
        self._pieces, self._waiting = [sound[len(sound) - left :]] if left else [], left
        # Both sides are the same where it was recorded with one microphone: of these one does for two.
        sides = 1 if sound.shape[1] == 1 or (sound[:, 0] == sound[:, 1]).all() else 2
        # Each side of each hop for itself, one sample after the other: a transform of what lies so takes half the time.
        whole = sound[: hops * self._hop, :sides].reshape(hops, self._hop, sides)
        blocks = np.array(whole.transpose(0, 2, 1), np.float32, order="C")
        blocks *= _scale(sound)
        blocks -= (blocks @ self._line)[:, :, None] * self._line
        spectra = np.fft.rfft(blocks)[:, :, 1:-1]
        powers = spectra.real**2
        powers += spectra.imag**2
        self._powers.extend((powers @ self._weights).sum(axis=1) * (2 / sides))


def _scale(frames: "Sound") -> float:
    return 1 / 32768 if frames.dtype.kind == "i" else 1.0


@cache
def _weights(rate: int, hop: int) -> "NDArray[np.float64]":
    """What each pitch in the spectrum of a hop counts."""
    import numpy as np

    return _curve(np.fft.rfftfreq(hop, 1 / rate)[1:-1], rate) * (2 / hop**2)


@cache
def _line(hop: int) -> "NDArray[np.float32]":
    """What a hop has of a sway slower than itself (rumble, an offset that drifts) is about that; a transform, which
    takes it for a saw-tooth, would find it at all pitches."""
    import numpy as np

    line: NDArray[np.float32] = np.linspace(-1, 1, hop, dtype=np.float32)
    line /= np.sqrt((line**2).sum())
    return line


def _curve(frequencies: "NDArray[np.floating]", rate: int) -> "NDArray[np.float64]":
    """The K curve's power at these frequencies.

    BS.1770 gives its two filters at 48 kHz; these are the analogue ones behind them, made digital for other rates
    (after De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    """
    import numpy as np

    z = np.exp(-2j * np.pi * frequencies / rate)
    k, q, boost = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = boost**0.4996667741545416
    shelf = ((boost + middle * k / q + k * k) + 2 * (k * k - boost) * z + (boost - middle * k / q + k * k) * z * z) / (
        (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z
    )
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    high_pass = (1 - 2 * z + z * z) / (1 + (2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z) / (1 + k / q + k * k))
    power: NDArray[np.float64] = np.abs(shelf * high_pass) ** 2
    return power


# --- said by tags ----------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\s*([+-]?\d{1,3}(?:[.,]\d{1,10})?)\s*(?:dB|LU)?\s*", re.IGNORECASE)
_WHOLE = re.compile(r"\s*([+-]?\d{1,5})\s*")
_REPLAYGAIN_TARGET, _R128_TARGET = -18.0, -23.0
_FOOTER = 32  # bytes of an APE tag's header and footer
_LARGEST_APE = 64 * 1024
_ID3V1 = 128


def tagged(path: Path, tags: "TinyTag | None") -> tuple[float | None, float | None]:
    """What the file's tags, read by `labels.tags`, say of the track and of its album, in LUFS.

    ReplayGain in ID3 (TXXX), Vorbis comments, MP4 and ASF, and in the APE tag that mp3gain puts behind an MP3; EBU R
    128 in Vorbis comments (RFC 7845, section 5.2.1: it comes on top of the gain in the file's header, which libsndfile
    applies); iTunNORM, for the track alone. Never fails.
    """
    said: Mapping[str, Sequence[object]] = {} if tags is None else tags.other
    first = {key.lower(): str(values[0]) for key, values in said.items() if values}
    if not any("_gain" in key for key in first):
        first = _ape(path) | first
    track, album = _said(first, "track"), _said(first, "album")
    return _itunes(first.get("itunnorm", "")) if track is None else track, album


def _said(tags: Mapping[str, str], of: str) -> float | None:
    if found := _WHOLE.fullmatch(tags.get(f"r128_{of}_gain", "")):
        return _sane(_R128_TARGET - int(found[1]) / 256)
    if found := _NUMBER.fullmatch(tags.get(f"replaygain_{of}_gain", "")):
        return _sane(_REPLAYGAIN_TARGET - float(found[1].replace(",", ".")))
    return None


def _itunes(text: str) -> float | None:
    """Ten hexadecimal numbers; the first two are how many thousandths of the wanted power each side is to get."""
    try:
        most = max(int(part, 16) for part in text.split()[:2])
    except ValueError:
        return None
    return _sane(_REPLAYGAIN_TARGET + 10 * math.log10(most / 1000)) if most > 0 else None


def _sane(level: float) -> float | None:
    return level if QUIETEST <= level <= LOUDEST else None


def _ape(path: Path) -> dict[str, str]:
    """The short texts of an APE tag at the file's end, be there an ID3v1 tag behind it or not."""
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            for end in (size, size - _ID3V1):
                if end >= _FOOTER and (items := _ape_items(file, end)) is not None:
                    return dict(_texts(items))
    except OSError:
        pass  # whoever plays it will say so
    return {}


def _ape_items(file: IO[bytes], end: int) -> bytes | None:
    file.seek(end - _FOOTER)
    footer = file.read(_FOOTER)
    length = int.from_bytes(footer[12:16], "little")  # of the items and the footer
    if footer[:8] != b"APETAGEX" or not _FOOTER <= length <= min(end, _LARGEST_APE):
        return None
    file.seek(end - length)
    return file.read(length - _FOOTER)


def _texts(items: bytes) -> Iterator[tuple[str, str]]:
    """Each item: the length of its value and its flags, 4 bytes each; its key, a zero, its value."""
    at = 0
    while (stop := items.find(b"\0", at + 8)) > 0:
        length = int.from_bytes(items[at : at + 4], "little")
        if length <= 100:
            yield items[at + 8 : stop].decode("latin-1").lower(), items[stop + 1 : stop + 1 + length].decode("latin-1")
        at = stop + 1 + length
