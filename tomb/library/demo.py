"""A small library for a box that has none yet: melodies that the program plays itself, as FLAC files in folders."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tomb.library.tunes import SETS, Set, Tune, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

RATE = 44100
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LOUDEST = 0.7
_LONGEST_S = 5
_RING_S = 1.0  # how long a plucked note may sound beyond its beats

# Partials as (multiple of the pitch, loudness, decay per second); an attack in seconds. A flute breathes, bells are not
# quite harmonic, a harp loses its brightness first.
_PARTIALS: dict[Voice, tuple[tuple[float, float, float], ...]] = {
    "flute": ((1, 1, 0.6), (2, 0.25, 1.2), (3, 0.08, 2)),
    "bells": ((1, 1, 2.2), (2.76, 0.3, 5), (5.4, 0.12, 9)),
    "harp": ((1, 1, 2.5), (2, 0.5, 4), (3, 0.25, 6), (4, 0.12, 8)),
}
_ATTACK_S: dict[Voice, float] = {"flute": 0.05, "bells": 0.003, "harp": 0.006}


def compose(folder: Path, sets: Sequence[Set] = SETS) -> Iterator[Path]:
    """Write the sets of `tunes` into `folder`, a folder for each, ready to be imported: a file a step, which blocks."""
    for each in sets:
        (folder / each.title).mkdir()
        instrument = _Instrument(each.voice)
        for number, tune in enumerate(each.tunes, 1):
            path = folder / each.title / f"{number} {tune.title}.flac"
            _write(path, tune, number, _played(tune, instrument))
            yield path


class _Instrument:
    def __init__(self, voice: Voice) -> None:
        import numpy as np

        self._at = np.arange(_LONGEST_S * RATE, dtype=np.float32) / np.float32(RATE)
        # Exponentials are half of the work, and the same for all notes.
        self._partials = [
            (multiple, loudness * np.exp(-np.float32(decay) * self._at))
            for multiple, loudness, decay in _PARTIALS[voice]
        ]
        self._rise = np.linspace(0, 1, round(_ATTACK_S[voice] * RATE), dtype=np.float32)
        self._fall = np.linspace(1, 0, round(_RING_S * RATE), dtype=np.float32) ** 2
        self._notes: dict[tuple[float, float], Sound] = {}

    def note(self, pitch: float, seconds: float) -> "Sound":
        if (pitch, seconds) not in self._notes:
            self._notes[pitch, seconds] = self._made(pitch, round((seconds + _RING_S) * RATE))
        return self._notes[pitch, seconds]

    def _made(self, pitch: float, length: int) -> "Sound":
        import numpy as np

        tone = np.zeros(length, np.float32)
        for multiple, fading in self._partials:
            if pitch * multiple < RATE / 2:
                tone += np.sin(np.float32(2 * math.pi * pitch * multiple) * self._at[:length]) * fading[:length]
        tone[: len(self._rise)] *= self._rise
        tone[-len(self._fall) :] *= self._fall
        return tone


def _write(path: Path, tune: Tune, number: int, sound: "Sound") -> None:
    import soundfile

    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        file.title, file.artist, file.album, file.tracknumber = tune.title, tune.artist, path.parent.name, str(number)
        file.write(sound)


def _played(tune: Tune, instrument: _Instrument) -> "Sound":
    import numpy as np

    beat_s = 60 / tune.beats_a_minute
    notes = [(*note, 1.0) for note in _melody(tune)] + [(*note, 0.3) for note in _accompaniment(tune)]
    beats = max(start + length for start, length, _, _ in notes)
    sound = np.zeros(math.ceil((beats * beat_s + _RING_S) * RATE) + 1, np.float32)
    for start, length, pitch, loudness in notes:
        tone, first = instrument.note(pitch, length * beat_s), round(start * beat_s * RATE)
        sound[first : first + len(tone)] += np.float32(loudness) * tone
    sound *= np.float32(_LOUDEST / np.abs(sound).max())
    return sound


def _melody(tune: Tune) -> Iterator[tuple[float, float, float]]:
    """(start in beats, length in beats, pitch in Hz)"""
    start = 0.0
    for word in tune.melody.split():
        name, beats = _beats(word, 1)
        if name != "R":
            yield start, beats, _pitch(name[0], int(name[1]))
        start += beats


def _accompaniment(tune: Tune) -> Iterator[tuple[float, float, float]]:
    """The root of each chord for its length, its third and fifth on the beats between."""
    start = tune.pickup
    for word in tune.chords.split():
        name, beats = _beats(word, tune.beats_a_bar)
        root, third = _pitch(name[0], 3), 3 if name.endswith("m") else 4
        yield start, beats, root
        for beat in range(1, math.ceil(beats)):
            yield start + beat, 1, root * 2 ** ((third if beat % 2 else 7) / 12)
        start += beats


def _beats(word: str, usual: float) -> tuple[str, float]:
    name, _, beats = word.partition("/")
    return name, float(beats) if beats else usual


def _pitch(letter: str, octave: int) -> float:
    """Hz, in equal temperament from A4 = 440."""
    return 440.0 * 2 ** ((_SEMITONES[letter] - 9) / 12 + octave - 4)
