"""The demo's melodies are in time, in tune and pleasant: no click, no clipping."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tomb.library import demo
from tomb.library.tunes import SETS, Tune

TUNES = [tune for each in SETS for tune in each.tunes]


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.title)
def test_melody_and_chords_end_together(tune: Tune) -> None:
    starts = [start + beats for start, beats, _ in demo._melody(tune)]
    assert starts[-1] == max(start + beats for start, beats, _ in demo._accompaniment(tune))
    assert (starts[-1] - tune.pickup) % tune.beats_a_bar in (0, 1, tune.beats_a_bar - tune.pickup)


def test_concert_pitch() -> None:
    assert demo._pitch("A", 4) == 440
    assert demo._pitch("C", 5) == pytest.approx(523.25, abs=0.01)


def test_what_is_composed_begins_and_ends_in_silence_and_never_clips(tmp_path: Path) -> None:
    paths = list(demo.compose(tmp_path))
    assert sorted(paths) == sorted(tmp_path.rglob("*.flac"))
    assert len(paths) == len(TUNES)
    for path in paths:
        samples, rate = soundfile.read(path)
        assert rate == demo.RATE
        assert np.abs(samples[[0, -1]]).max() < 0.001
        assert 0.5 < np.abs(samples).max() < 0.9
        assert np.sqrt((samples**2).mean()) > 0.02
