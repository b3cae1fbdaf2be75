"""How loud music is, against ffmpeg's own meter and against what tags say."""

import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tomb.library import labels
from tomb.library.meter import Measured, Meter, tagged

Sound = NDArray[np.float64]
SECONDS = 8


def measured(sound: Sound, rate: int, piece: int = 4096) -> Measured:
    meter = Meter(rate)
    for start in range(0, len(sound), piece):
        meter.add(sound[start : start + piece].astype(np.float32))
    return meter.result


def as_ffmpeg_says(path: Path) -> float:
    command = ("ffmpeg", "-nostats", "-i", str(path), "-af", "ebur128", "-f", "null", "-")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1])


def sine(rate: int, hertz: float = 997, level: float = 0.1) -> Sound:
    mono = level * np.sin(2 * np.pi * hertz * np.arange(SECONDS * rate) / rate)
    return np.repeat(mono[:, None], 2, axis=1)


def noise(rate: int) -> Sound:
    return np.random.default_rng(1).normal(0, 0.05, (SECONDS * rate, 2))


def march_then_whisper(rate: int) -> Sound:
    """The relative gate leaves the whisper out."""
    sound = sine(rate, level=0.3)
    sound[len(sound) // 2 :] *= 0.02
    return sound


def drum(rate: int) -> Sound:
    return noise(rate) * (np.arange(SECONDS * rate) % rate < rate // 20)[:, None]


def rumbling(rate: int) -> Sound:
    """A record player's: far below what anybody hears."""
    return noise(rate) + sine(rate, 3.3, 0.5)


def one_side(rate: int) -> Sound:
    return sine(rate) * [1, 0]


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("make", [sine, noise, march_then_whisper, drum, rumbling, one_side])
def test_it_agrees_with_ffmpeg_to_a_tenth_of_a_unit(tmp_path: Path, make: Callable[[int], Sound], rate: int) -> None:
    sound = make(rate)
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    assert measured(sound, rate).track == pytest.approx(as_ffmpeg_says(tmp_path / "a.wav"), abs=0.15)


@pytest.mark.parametrize("piece", [1000, 4800, 44100, 10**6])
def test_the_length_of_the_pieces_makes_no_difference(piece: int) -> None:
    sound = noise(44100)
    whole = measured(sound, 44100)
    assert measured(sound, 44100, piece).track == pytest.approx(whole.track, abs=1e-4)


@pytest.mark.parametrize("piece", [1000, 10**6])
def test_what_is_the_same_on_both_sides_is_as_loud_as_what_differs_by_next_to_nothing(piece: int) -> None:
    sound = sine(44100)
    sound[:, 1] = sound[:, 0]
    other = sound.copy()
    other[:, 1] *= 1 - 1e-6
    assert measured(sound, 44100, piece).track == pytest.approx(measured(other, 44100, piece).track, abs=1e-3)


def test_whole_numbers_are_measured_as_what_they_stand_for() -> None:
    meter = Meter(44100)
    meter.add((sine(44100) * 32767).astype(np.int16))
    assert meter.result.track == pytest.approx(measured(sine(44100), 44100).track, abs=0.01)
    assert meter.result.peak == pytest.approx(0.1, abs=0.001)


def test_silence_has_no_loudness_and_a_peak_of_nothing() -> None:
    assert measured(np.zeros((44100, 2)), 44100) == Measured(None, 0)
    assert Meter(44100).result == Measured(None, 0)


def test_one_side_counts_for_both_where_it_is_given_alone() -> None:
    meter, both = Meter(44100), (sine(44100) * 32767).astype(np.int16)
    both[:, 1] = both[:, 0]
    meter.add(both[:, :1])
    twice = Meter(44100)
    twice.add(both)
    assert meter.result == twice.result


def test_a_moment_of_sound_is_measured_as_far_as_it_goes() -> None:
    assert measured(sine(44100)[:8820], 44100).track == pytest.approx(-20, abs=0.2)


def test_the_peak_is_where_the_box_would_clip() -> None:
    assert measured(sine(44100, level=3), 44100).peak == 1


# --- tags ------------------------------------------------------------------------------------------------------------


def said(path: Path) -> tuple[float | None, float | None]:
    return tagged(path, labels.tags(path))


def made(folder: Path, ext: str, **tags: str) -> Path:
    path = folder / f"a.{ext}"
    about = [word for name, text in tags.items() for word in ("-metadata", f"{name}={text}")]
    command = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2", *about, "-y", str(path))
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize("ext", ["mp3", "flac", "ogg", "opus", "wma"])
def test_replaygain_counts_from_18_below_full_scale(tmp_path: Path, ext: str) -> None:
    path = made(tmp_path, ext, REPLAYGAIN_TRACK_GAIN="-7.50 dB", replaygain_album_gain="+1,25 dB")
    assert said(path) == (-10.5, -19.25)


def test_r128_counts_from_23_in_256ths_and_goes_before_replaygain(tmp_path: Path) -> None:
    path = made(tmp_path, "opus", R128_TRACK_GAIN="-1280", R128_ALBUM_GAIN="256", REPLAYGAIN_TRACK_GAIN="-1 dB")
    assert said(path) == (-18, -24)


def m4a(folder: Path, name: str, text: str) -> Path:
    """A bare MP4 with one of iTunes' own fields."""

    def atom(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + kind + body

    field = atom(b"mean", b"\0\0\0\0com.apple.iTunes") + atom(b"name", b"\0\0\0\0" + name.encode())
    field += atom(b"data", b"\0\0\0\1\0\0\0\0" + text.encode())
    meta = atom(b"meta", b"\0\0\0\0" + atom(b"ilst", atom(b"----", field)))
    path = folder / "a.m4a"
    path.write_bytes(atom(b"ftyp", b"M4A \0\0\0\0") + atom(b"moov", atom(b"udta", meta)))
    return path


def test_mp4_has_it_in_itunes_own_fields(tmp_path: Path) -> None:
    assert said(m4a(tmp_path, "replaygain_track_gain", "-3.00 dB")) == (-15, None)


def test_itunes_says_how_many_thousandths_of_the_power_are_wanted(tmp_path: Path) -> None:
    # 0x03E8 is 1000, what is wanted; ten times as much on one side is 10 dB louder
    norm = " 000003E8 00002710 00000000 00000000 00024CA8 00024CA8 00007FFF 00007FFF 00024CA8 00024CA8"
    assert said(m4a(tmp_path, "iTunNORM", norm)) == (-8, None)


def ape(*items: tuple[str, str], count: int | None = None) -> bytes:
    body = b"".join(struct.pack("<II", len(text), 0) + key.encode() + b"\0" + text.encode() for key, text in items)
    length = len(body) + 32 if count is None else count
    return body + b"APETAGEX" + struct.pack("<IIII", 2000, length, len(items), 0) + bytes(8)


@pytest.mark.parametrize("behind", [b"", b"TAG".ljust(128, b"\0")])
def test_what_mp3gain_puts_behind_an_mp3_is_found(tmp_path: Path, behind: bytes) -> None:
    path = made(tmp_path, "mp3")
    tag = ape(("MP3GAIN_MINMAX", "100,200"), ("REPLAYGAIN_TRACK_GAIN", "-4.000000 dB"), ("Title", "x" * 300))
    path.write_bytes(path.read_bytes() + tag + behind)
    assert said(path) == (-14, None)


@pytest.mark.parametrize("gain", ["", "loud", "-900 dB", "1e400 dB", "nan dB", "+99 dB", "٣ dB"])
def test_nonsense_in_a_tag_is_nothing(tmp_path: Path, gain: str) -> None:
    path = made(tmp_path, "mp3")
    path.write_bytes(path.read_bytes() + ape(("REPLAYGAIN_TRACK_GAIN", gain)))
    assert said(path) == (None, None)


@pytest.mark.parametrize("length", [0, 31, 40, 10**6, 2**32 - 1])
def test_an_ape_tag_that_lies_about_its_length_is_read_no_further_than_it_is_long(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(ape(("REPLAYGAIN_TRACK_GAIN", "-4 dB"), count=length))
    assert said(path) == (None, None)


def test_a_file_that_is_gone_or_says_nothing_says_nothing(tmp_path: Path) -> None:
    assert said(tmp_path / "gone.mp3") == (None, None)
    assert said(made(tmp_path, "flac")) == (None, None)
