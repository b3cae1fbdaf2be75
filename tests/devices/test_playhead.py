"""What the audio callback writes into its blocks, order by order and level by level. No clock, no device."""

from pathlib import Path

import numpy as np
import pytest

from tests.rigs.sounds import Int16, noise
from tomb.devices.buffer import CueBuffer
from tomb.devices.output import Cue
from tomb.devices.playhead import Anchor, Level, Order, Playhead

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
