"""The gain that follows from how loud a track is, and its album."""

import pytest

from tomb.library.loudness import Together, gain, together
from tomb.models import Loudness

NOTHING = Together()


def db(decibels: float) -> float:
    return float(10 ** (decibels / 20))


MARCH, LULLABY = Loudness(track=-8, peak=1), Loudness(track=-24, peak=0.25)


def of(*tracks: tuple[Loudness, int]) -> Together:
    return together((each.track, each.peak, length) for each, length in tracks)


def test_each_track_is_brought_to_18_below_full_scale() -> None:
    assert gain(MARCH, NOTHING, "track") == pytest.approx(db(-10))
    assert gain(LULLABY, NOTHING, "track") == pytest.approx(db(6))


def test_switched_off_nothing_is_touched() -> None:
    assert gain(MARCH, of((MARCH, 1)), "off") == 1
    assert gain(LULLABY, of((LULLABY, 1)), "off") == 1


def test_no_sample_goes_over_full_scale() -> None:
    assert gain(Loudness(track=-30, peak=0.5), NOTHING, "track") == 2


def test_what_has_no_known_peak_is_made_quieter_at_most() -> None:
    assert gain(Loudness(track=-30), NOTHING, "track") == 1
    assert gain(Loudness(track=-12), NOTHING, "track") == pytest.approx(db(-6))


def test_the_noise_of_a_room_is_not_made_music() -> None:
    assert gain(Loudness(track=-60, peak=0.001), NOTHING, "track") == pytest.approx(db(12))


def test_what_cannot_be_heard_or_is_not_known_is_left_alone() -> None:
    assert gain(Loudness(track=None, peak=0), NOTHING, "track") == 1
    assert gain(Loudness(), of((Loudness(), 1000)), "album") == 1


def test_an_album_is_one_piece_and_what_is_quiet_in_it_stays_quiet() -> None:
    album = [(Loudness(track=-12, peak=0.9), 60_000), (Loudness(track=-30, peak=0.1), 60_000)]
    for track, _ in album:
        assert gain(track, of(*album), "album") == pytest.approx(
            db(-18 + 12 + 3), rel=0.01
        )  # half of the power is 3 dB less


def test_an_album_is_bounded_by_its_loudest_sample() -> None:
    album = [(Loudness(track=-30, peak=0.1), 60_000), (Loudness(track=-30, peak=0.8), 60_000)]
    assert {gain(track, of(*album), "album") for track, _ in album} == {1.25}


def test_an_album_of_which_a_peak_is_not_known_is_made_quieter_at_most() -> None:
    album = [(Loudness(track=-30, peak=0.1), 60_000), (Loudness(track=-30), 60_000)]
    assert {gain(track, of(*album), "album") for track, _ in album} == {1}


def test_what_its_tags_say_of_the_album_goes_before_the_playlist() -> None:
    track = Loudness(track=-20, album=-13, peak=1)
    assert gain(track, of((track, 1000), (MARCH, 1000)), "album") == pytest.approx(db(-5))
    assert gain(track, NOTHING, "track") == pytest.approx(1)
