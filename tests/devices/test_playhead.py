"""What the audio callback writes into its blocks, order by order and level by level. No clock, no device."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from tests.rigs.sounds import Int16, noise
from tomb.devices import chimes
from tomb.devices.buffer import CueBuffer
from tomb.devices.output import Cue
from tomb.devices.playhead import Anchor, Bell, Level, Order, Playhead
from tomb.models import Chime

FADE = 100


def buffer(samples: Int16, *, ended: bool = True, start_ms: int = 0) -> CueBuffer:
    made = CueBuffer(Cue(1, Path("a.wav"), start_ms), 20_000, 5_000)
    made.append(samples)
    if ended:
        made.finish()
    return made


def filled(playhead: Playhead, frames: int, block: int = 64) -> Int16:
    """What the next blocks hold."""
    out = np.full((frames, 2), 12345, np.int16)
    for start in range(0, frames, block):
        playhead.fill(out[start : start + block], 0)
    return out


def playing(samples: Int16, **about: bool | int) -> Playhead:
    playhead = Playhead(FADE)
    playhead.order = Order(buffer(samples, **about), moving=True)  # type: ignore[arg-type]  # the two have one type each
    return playhead


SAMPLES = noise(0.1)


def test_a_natural_start_at_full_volume_is_untouched() -> None:
    np.testing.assert_array_equal(filled(playing(SAMPLES), 4410), SAMPLES)


@pytest.mark.parametrize("block", [1, 7, 64, 1000, 4410])
def test_the_block_size_makes_no_difference(block: int) -> None:
    np.testing.assert_array_equal(filled(playing(SAMPLES), 4410, block), SAMPLES)


@pytest.mark.parametrize("block", [1, 64, 1000, 5000])
def test_a_follower_follows_within_the_block(block: int) -> None:
    first, second, third = buffer(SAMPLES[:1001]), buffer(SAMPLES[1001:1003]), buffer(SAMPLES[1003:3000])
    first.follower, second.follower = second, third
    playhead = Playhead(FADE)
    playhead.order = Order(first, moving=True)
    heard = filled(playhead, 4000, block)
    np.testing.assert_array_equal(heard[:3000], SAMPLES[:3000])
    assert not heard[3000:].any()
    assert playhead.underruns == 0
    assert [(anchor.buffer, anchor.frame, anchor.position, anchor.moving) for anchor in playhead.anchors] == [
        (first, 0, 0, True),
        (second, 1001, 0, True),
        (third, 1003, 0, True),
        (third, 3000, 1997, False),
    ]


def test_a_start_within_the_file_fades_in() -> None:
    playhead = playing(SAMPLES, start_ms=500)
    heard = filled(playhead, 1000)
    assert_fades(heard[:FADE], SAMPLES[:FADE], np.arange(1, FADE + 1) / FADE)
    np.testing.assert_array_equal(heard[FADE:], SAMPLES[FADE:1000])


def test_a_pause_fades_out_and_the_rest_is_silent() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    assert playhead.order.buffer is not None
    playhead.order = Order(playhead.order.buffer, 600)
    heard = filled(playhead, 640)
    assert_fades(heard[:FADE], SAMPLES[640 : 640 + FADE], 1 - np.arange(1, FADE + 1) / FADE)
    assert not heard[FADE:].any()
    assert playhead.settled


def test_resume_goes_back_to_where_the_pause_was_said() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    sounding = playhead.order.buffer
    playhead.order = Order(sounding, 600)
    filled(playhead, 640)
    playhead.order = Order(sounding, 600, moving=True)
    heard = filled(playhead, 640)
    assert_fades(heard[:FADE], SAMPLES[600 : 600 + FADE], np.arange(1, FADE + 1) / FADE)
    np.testing.assert_array_equal(heard[FADE:], SAMPLES[600 + FADE : 1240])


def test_resume_in_the_middle_of_a_fade_out_still_goes_back() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    sounding = playhead.order.buffer
    playhead.order = Order(sounding, 600)
    filled(playhead, 64)
    playhead.order = Order(sounding, 600, moving=True)
    heard = filled(playhead, FADE - 64 + 1000, block=1)
    np.testing.assert_array_equal(heard[-900:], SAMPLES[600 + FADE :][:900])


def test_another_buffer_begins_untouched_where_the_fade_ends() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    other = noise(0.1, seed=9)
    playhead.order = Order(buffer(other), moving=True)
    heard = filled(playhead, 1000)
    np.testing.assert_array_equal(heard[FADE:], other[: 1000 - FADE])


def test_of_several_orders_the_last_counts() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 64)
    other = noise(0.1, seed=9)
    for _ in range(5):
        playhead.order = Order(buffer(SAMPLES), moving=True)
    playhead.order = Order(buffer(other), moving=True)
    np.testing.assert_array_equal(filled(playhead, 1000)[FADE:], other[: 1000 - FADE])


def test_an_order_of_nothing_is_silence() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 64)
    playhead.order = Order()
    assert not filled(playhead, 1000)[FADE:].any()
    assert playhead.underruns == 0


def test_after_the_end_of_a_buffer_the_next_order_needs_no_fade() -> None:
    playhead = playing(SAMPLES[:100])
    filled(playhead, 128)
    playhead.order = Order(buffer(SAMPLES), moving=True)
    np.testing.assert_array_equal(filled(playhead, 1000), SAMPLES[:1000])


def test_a_buffer_that_runs_dry_is_silent_counts_it_and_goes_on() -> None:
    playhead = playing(SAMPLES[:100], ended=False)
    sounding = playhead.order.buffer
    assert sounding is not None
    heard = filled(playhead, 192)
    assert not heard[100:].any()
    assert playhead.underruns == 2
    sounding.append(SAMPLES[100:200])
    sounding.finish()
    np.testing.assert_array_equal(filled(playhead, 64), SAMPLES[100:164])
    assert [(anchor.frame, anchor.position, anchor.moving) for anchor in playhead.anchors] == [
        (0, 0, True),
        (100, 100, False),
        (192, 100, True),
    ]


def test_waiting_for_the_first_frame_is_no_underrun() -> None:
    playhead = playing(SAMPLES[:0], ended=False)
    assert not filled(playhead, 640).any()
    assert playhead.underruns == 0


def test_a_buffer_that_failed_before_its_first_frame_is_passed_through() -> None:
    first, broken, last = buffer(SAMPLES[:100]), buffer(SAMPLES[:0], ended=False), buffer(SAMPLES[100:200])
    broken.finish("not an audio file")
    first.follower, broken.follower = broken, last
    playhead = Playhead(FADE)
    playhead.order = Order(first, moving=True)
    np.testing.assert_array_equal(filled(playhead, 200, 128), SAMPLES[:200])


def test_a_level_set_in_silence_is_there_from_the_first_sample() -> None:
    playhead = playing(SAMPLES)
    playhead.level = Level(0.5, FADE)
    np.testing.assert_array_equal(filled(playhead, 1000), np.rint(SAMPLES[:1000] * 0.5))


def test_a_level_set_while_something_sounds_is_reached_in_a_ramp() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    playhead.level = Level(0.25, FADE)
    heard = filled(playhead, 640)
    assert_fades(heard[:FADE], SAMPLES[640 : 640 + FADE], 1 - 0.75 * np.arange(1, FADE + 1) / FADE)
    np.testing.assert_array_equal(heard[FADE:], np.rint(SAMPLES[640 + FADE : 1280] * 0.25))


def test_full_volume_after_a_ramp_is_untouched_again() -> None:
    playhead = playing(SAMPLES)
    for gain in (0.3, 0.7, 1.0):
        playhead.level = Level(gain, FADE)
        filled(playhead, 640)
    np.testing.assert_array_equal(filled(playhead, 640), SAMPLES[1920:2560])


def test_a_long_ramp_goes_on_by_time_through_silence() -> None:
    playhead = playing(SAMPLES[:640])
    filled(playhead, 64)
    playhead.level = Level(0.0, 6400)
    filled(playhead, 3200)
    playhead.order = Order(buffer(SAMPLES), moving=True)
    assert_fades(filled(playhead, 64), SAMPLES[:64], 0.5 - np.arange(1, 65) / 6400)


def test_muted_is_silent() -> None:
    playhead = playing(SAMPLES)
    playhead.level = Level(0.0)
    assert not filled(playhead, 640).any()


def test_a_new_stream_begins_without_a_trace_of_the_old() -> None:
    playhead = playing(SAMPLES)
    filled(playhead, 640)
    playhead.level = Level(0.5, 10_000)
    playhead.order = Order(buffer(SAMPLES), moving=True)
    playhead.reset()
    np.testing.assert_array_equal(filled(playhead, 640), np.rint(SAMPLES[:640] * 0.5))


def test_anchors_carry_the_order_that_made_them() -> None:
    playhead = playing(SAMPLES)
    first = playhead.order
    filled(playhead, 64)
    second = playhead.order = Order(buffer(SAMPLES), moving=True)
    filled(playhead, 640)
    assert first.buffer is not None
    assert second.buffer is not None
    assert list(playhead.anchors) == [
        Anchor(first, 0, first.buffer, 0, moving=True),
        Anchor(second, 64 + FADE, second.buffer, 0, moving=True),
    ]


def assert_fades(heard: Int16, source: Int16, gains: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    assert np.abs(heard - source * gains[:, np.newaxis]).max() <= 1


# --- each file's own gain --------------------------------------------------------------------------------------------


def tone(seconds: float, hertz: float = 220, level: float = 0.3) -> Int16:
    """Two of these, one behind the other, are one, if it is of whole waves."""
    mono = np.rint(level * 32767 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 44100)) / 44100))
    return np.repeat(mono.astype(np.int16)[:, None], 2, axis=1)


def gained(samples: Int16, gain: float) -> CueBuffer:
    made = CueBuffer(Cue(1, Path("a.wav"), 0, gain), 20_000, 5_000)
    made.append(samples)
    made.finish()
    return made


def steepest(samples: Int16) -> int:
    return int(np.abs(np.diff(samples.astype(np.int32), axis=0)).max())


def test_a_cue_s_gain_is_there_from_the_first_sample() -> None:
    playhead = Playhead(FADE)
    playhead.order = Order(gained(SAMPLES, 0.5), moving=True)
    np.testing.assert_array_equal(filled(playhead, 4410), np.rint(SAMPLES * np.float32(0.5)).astype(np.int16))


@pytest.mark.parametrize("gains", [(1.0, 0.2), (0.2, 1.0), (3.0, 0.3), (0.5, 2.0)])
@pytest.mark.parametrize("block", [1, 64, 1000])
def test_from_one_gain_to_the_next_there_is_no_step_and_nothing_is_louder_than_its_own_gain(
    gains: tuple[float, float], block: int
) -> None:
    wave = tone(0.1)
    first, second = gained(wave, gains[0]), gained(wave, gains[1])
    first.follower = second
    playhead = Playhead(FADE)
    playhead.order = Order(first, moving=True)
    heard = filled(playhead, 2 * len(wave), block)
    loudest = max(gains)
    slope = loudest * 0.3 * 32767 / FADE  # of the ramp itself
    assert steepest(heard) <= loudest * steepest(wave) + slope + 2
    for part, gain in ((heard[: len(wave)], gains[0]), (heard[len(wave) :], gains[1])):
        assert np.abs(part).max() <= gain * np.abs(wave).max() + 1
    np.testing.assert_array_equal(
        heard[: len(wave) - FADE], np.rint(wave[: len(wave) - FADE] * np.float32(gains[0])).astype(np.int16)
    )
    np.testing.assert_array_equal(
        heard[len(wave) + FADE :], np.rint(wave[FADE:] * np.float32(gains[1])).astype(np.int16)
    )


def test_a_gain_that_is_switched_while_it_sounds_is_reached_in_a_ramp() -> None:
    wave = tone(0.2)
    sounding = gained(wave, 1.0)
    playhead = Playhead(FADE)
    playhead.order = Order(sounding, moving=True)
    before = filled(playhead, 640)
    sounding.gain = 0.25
    heard = np.concatenate([before, filled(playhead, 2000)])
    assert steepest(heard) <= steepest(wave) + 0.3 * 32767 / FADE
    np.testing.assert_array_equal(
        heard[640 + FADE :], np.rint(wave[640 + FADE : 2640] * np.float32(0.25)).astype(np.int16)
    )


def test_what_a_gain_would_push_over_full_scale_is_clipped_and_never_wraps() -> None:
    playhead = Playhead(FADE)
    playhead.order = Order(gained(tone(0.1, level=0.9), 2.0), moving=True)
    heard = filled(playhead, 4410)
    assert (heard.max(), heard.min()) == (32767, -32768)
    assert steepest(heard) <= 2 * steepest(tone(0.1, level=0.9))


# --- bells -----------------------------------------------------------------------------------------------------------

LOUD = tone(0.4, level=0.999)


def ringing(playhead: Playhead, chime: Chime = "ready") -> Int16:
    made = chimes.made(chime, 44100)
    playhead.bell = Bell(made)
    return made


@pytest.mark.parametrize("chime", get_args(Chime))
def test_a_bell_in_silence_is_heard_as_it_was_made_and_then_all_is_silent(chime: Chime) -> None:
    playhead = Playhead(FADE)
    made = ringing(playhead, chime)
    assert playhead.ringing
    heard = filled(playhead, len(made) + 1000)
    np.testing.assert_array_equal(heard[: len(made)], made)
    assert not heard[len(made) :].any()
    assert not playhead.ringing


@pytest.mark.parametrize("chime", get_args(Chime))
@pytest.mark.parametrize("volume", [1.0, 0.3])
def test_a_bell_over_the_loudest_music_is_never_louder_than_the_volume_and_makes_no_click(
    chime: Chime, volume: float
) -> None:
    playhead = Playhead(882)
    playhead.level = Level(volume)
    sounding = CueBuffer(Cue(1, Path("a.wav")), 200_000, 5_000)
    music = np.concatenate([LOUD] * 4)
    sounding.append(music)
    playhead.order = Order(sounding, moving=True)
    before = filled(playhead, 640)
    made = ringing(playhead, chime)
    heard = np.concatenate([before, filled(playhead, len(made) + 5000)])
    assert np.abs(heard.astype(np.int32)).max() <= volume * 32767 + 1
    assert steepest(heard) <= volume * (steepest(LOUD) + steepest(made) + 0.25 * 32767 / 882) + 2
    after = 640 + len(made) + 882 + 64
    np.testing.assert_array_equal(
        heard[after:], np.rint(music[after : len(heard)] * np.float32(volume)).astype(np.int16)
    )


def test_a_second_bell_waits_for_the_first_and_the_newest_counts() -> None:
    playhead = Playhead(FADE)
    first = ringing(playhead, "ready")
    head = filled(playhead, 640)
    ringing(playhead, "error")
    last = ringing(playhead, "unknown_tag")
    heard = np.concatenate([head, filled(playhead, len(first) + len(last) + 640, block=1)])
    np.testing.assert_array_equal(heard[: len(first)], first)
    np.testing.assert_array_equal(heard[len(first) : len(first) + len(last)], last)
    assert not heard[len(first) + len(last) :].any()


def test_muted_a_bell_is_silent_too() -> None:
    playhead = Playhead(FADE)
    playhead.level = Level(0.0)
    assert not filled(playhead, len(ringing(playhead)) + 100).any()
