"""Files of every kind, good and bad, through `probe` and `Decoder`."""

import os
import struct
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.rigs.sounds import Int16, as_heard, noise, write
from tomb.devices import decoder
from tomb.devices.decoder import (
    COARSE,
    HIGHEST_RATE,
    LOWEST_RATE,
    MOST_CHANNELS,
    PACE_S,
    STEP,
    Decoder,
    Probe,
    measure,
    probe,
)
from tomb.errors import DecodeError


def read_all(path: Path, rate: int = 44100, start_ms: int = 0, step: int = 5000) -> Int16:
    reader = Decoder(path, rate, start_ms)
    blocks = []
    while len(block := reader.read(step)):
        blocks.append(block)
    reader.close()
    return np.concatenate([*blocks, block])


def cut(path: Path, share: float) -> Path:
    """The first part of a file, as a broken download leaves it."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "rate", "channels", "container"),
    [
        ("a.wav", 44100, 2, "WAV"),
        ("a.aiff", 22050, 1, "AIFF"),
        ("a.flac", 48000, 2, "FLAC"),
        ("a.ogg", 44100, 2, "OGG"),
        ("a.opus", 48000, 1, "OGG"),
        ("a.mp3", 44100, 2, "MP3"),
    ],
)
def test_a_probe_is_exact(tmp_path: Path, name: str, rate: int, channels: int, container: str) -> None:
    frames = 61_234
    path = write(tmp_path / name, noise(frames / rate, rate=rate, channels=channels), rate)
    assert probe(path) == Probe(round(frames * 1000 / rate), frames, rate, channels, container)
    assert len(soundfile.read(path)[0]) == frames


def test_16_bit_samples_pass_untouched(tmp_path: Path) -> None:
    samples = noise(1.3, peak=32767)
    for suffix in ("wav", "flac", "aiff"):
        np.testing.assert_array_equal(read_all(write(tmp_path / f"a.{suffix}", samples)), samples)


def test_mono_is_heard_on_both_sides(tmp_path: Path) -> None:
    samples = noise(0.5, channels=1)
    np.testing.assert_array_equal(read_all(write(tmp_path / "a.wav", samples)), np.repeat(samples, 2, axis=1))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 32000, 48000, 96000])
@pytest.mark.parametrize("step", [1000, 16384, 1_000_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_resampling_in_pieces_is_resampling_at_once(tmp_path: Path, rate: int, step: int, channels: int) -> None:
    path = write(tmp_path / "a.flac", noise(0.77, rate=rate, channels=channels), rate)
    np.testing.assert_array_equal(read_all(path, step=step), as_heard(path))


def test_a_stream_at_48_khz_gets_48_khz(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(0.5))
    assert len(read_all(path, rate=48000)) == 24000
    np.testing.assert_array_equal(read_all(path, rate=48000), as_heard(path, 48000))


@pytest.mark.parametrize("suffix", ["ogg", "opus", "mp3"])
def test_what_is_louder_than_full_scale_is_clipped_and_never_wraps(tmp_path: Path, suffix: str) -> None:
    rate = 48000
    tone = np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)
    path = write(tmp_path / f"a.{suffix}", np.clip(np.stack([tone, tone], axis=1) * 1.6, -1, 1), rate)
    exact, _ = soundfile.read(path, dtype="float32")
    assert np.abs(exact).max() > 1
    heard = read_all(path, rate=rate)
    assert (np.sign(heard) * np.sign(exact) >= 0).all()
    np.testing.assert_array_equal(heard, np.clip(np.rint(exact * 32768), -32768, 32767))


@pytest.mark.parametrize("rate", [44100, 48000])
def test_what_is_no_number_is_silence_and_what_is_vast_is_full_scale(tmp_path: Path, rate: int) -> None:
    samples = np.zeros((44100, 2), np.float32)
    samples[10_000:10_010], samples[20_000:20_010], samples[30_000:30_010] = np.nan, np.inf, -3e38
    soundfile.write(tmp_path / "a.wav", samples, 44100, subtype="FLOAT")
    heard = read_all(tmp_path / "a.wav", rate=rate)
    ranges = [heard[int(at * rate / 44100) - 50 :][:110] for at in (10_000, 20_000, 30_000)]
    assert (np.abs(ranges[0]).max(), ranges[1].max(), ranges[2].min()) == (0, 32767, -32768)


def test_mp3_in_pieces_is_mp3_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(3))
    np.testing.assert_array_equal(read_all(path, step=1000), as_heard(path))


@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8])
def test_surround_is_mixed_to_both_sides_and_cannot_clip(tmp_path: Path, channels: int) -> None:
    loud = np.full((5000, channels), 32767, np.int16)
    heard = read_all(write(tmp_path / "a.wav", loud))
    assert (abs(heard.astype(int) - 32767) <= 1).all()


def test_the_front_channels_keep_their_sides_and_the_centre_is_heard_on_both(tmp_path: Path) -> None:
    for name, order in (("a.flac", (0, 1, 2)), ("a.ogg", (0, 2, 1))):
        left, right, centre = order
        for channel, sides in ((left, (True, False)), (right, (False, True)), (centre, (True, True))):
            samples = np.zeros((20000, 6), np.int16)
            samples[:, channel] = (8000 * np.sin(np.arange(20000) / 20)).astype(np.int16)
            heard = read_all(write(tmp_path / name, samples))
            assert tuple(np.abs(heard[5000:15000]).max(axis=0) > 1000) == sides


def test_more_channels_than_have_a_meaning_give_the_first_two(tmp_path: Path) -> None:
    samples = noise(0.2, channels=12)
    np.testing.assert_array_equal(read_all(write(tmp_path / "a.wav", samples)), samples[:, :2])


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_start_within_the_file_is_exact(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(3))
    np.testing.assert_array_equal(read_all(path, start_ms=1700), as_heard(path)[1700 * 441 // 10 :])


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_start_past_the_end_gives_nothing(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(0.5))
    assert len(read_all(path, start_ms=500)) == 0
    assert len(read_all(path, start_ms=9_000_000)) == 0


def test_text_is_not_an_audio_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_text("Once upon a time there was no music.\n" * 100)
    expect_refusal(path, "not an audio file")


@pytest.mark.parametrize("suffix", ["mp3", "flac", "wav", "ogg"])
def test_random_bytes_are_not_an_audio_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(np.random.default_rng(5).bytes(30_000))
    expect_refusal(path, "not an audio file")


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.touch()
    expect_refusal(path, "empty file")


def test_a_file_with_a_header_and_no_sound_is_called_so(tmp_path: Path) -> None:
    for suffix in ("wav", "aiff"):
        path = write(tmp_path / f"a.{suffix}", noise(0))
        with pytest.raises(DecodeError, match="no sound in it"):
            probe(path)
        assert len(read_all(path)) == 0


def test_a_missing_file_is_called_so(tmp_path: Path) -> None:
    expect_refusal(tmp_path / "a.mp3", "unreadable: no such file or directory")


def test_a_file_that_may_not_be_read_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.wav", noise(0.1))
    if os.geteuid() == 0:  # to whom everything is allowed, so be somebody else, who may not even enter the folder
        tmp_path.chmod(0o700)
        os.seteuid(65534)
        try:
            expect_refusal(path, "unreadable: permission denied")
        finally:
            os.seteuid(0)
    else:
        path.chmod(0)
        expect_refusal(path, "unreadable: permission denied")


def test_folders_and_pipes_are_no_files(tmp_path: Path) -> None:
    expect_refusal(tmp_path, "not a file")
    pipe = tmp_path / "a.wav"
    os.mkfifo(pipe)
    expect_refusal(pipe, "not a file")


def expect_refusal(path: Path, reason: str) -> None:
    with pytest.raises(DecodeError) as probing:
        probe(path)
    with pytest.raises(DecodeError) as reading:
        Decoder(path, 44100)
    assert (str(probing.value), str(reading.value)) == (reason, reason)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_of_a_cut_off_file_the_rest_is_counted_and_heard(tmp_path: Path, suffix: str) -> None:
    path = cut(write(tmp_path / f"a.{suffix}", noise(3)), 0.5)
    heard = until_failure(path)
    assert 1.2 < len(heard) / 44100 < 1.6
    assert probe(path).frames == len(heard)
    assert probe(path).duration_ms == round(len(heard) / 44.1)


def until_failure(path: Path) -> Int16:
    reader = Decoder(path, 44100)
    blocks = []
    try:
        while len(block := reader.read(1000)):
            blocks.append(block)
    except DecodeError as error:
        assert "damaged" in str(error)  # noqa: PT017 - only some of these files raise
    return np.concatenate(blocks)


def test_what_precedes_damage_is_heard_before_it_is_told(tmp_path: Path) -> None:
    samples = noise(3)
    path = cut(write(tmp_path / "a.flac", samples), 0.5)
    reader = Decoder(path, 44100)
    heard = reader.read(10_000_000)
    np.testing.assert_array_equal(heard, samples[: len(heard)])
    assert len(heard) > 44100
    with pytest.raises(DecodeError, match="damaged"):
        reader.read(1)


@pytest.mark.parametrize("share", [0.05, 0.5])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_measure_hears_of_what_is_damaged_as_much_as_a_player(tmp_path: Path, share: float, rate: int) -> None:
    path = cut(write(tmp_path / "a.flac", noise(3)), share)
    given: list[Int16] = []
    measured = measure(path, rate, given.append)
    player = Decoder(path, rate)
    heard = player.read(10_000_000)
    assert measured.failed
    assert measured.heard_s == len(heard) / rate
    assert len(np.concatenate(given)) == len(heard)
    if rate == 44100:
        np.testing.assert_array_equal(np.concatenate(given), heard)


def test_a_measure_goes_on_behind_a_bad_packet_no_more_than_a_player(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where libsndfile 1.2.2 meets one in ALAC it gives what it has by then, maybe nothing, and passes it over."""
    path, bad = write(tmp_path / "a.wav", noise(3)), 5 * STEP
    assert bad % COARSE
    read, at, passed = decoder._read, dict[object, int](), set[object]()

    def stopping(file: Any, frames: int, dtype: Any) -> Any:
        place = at.get(file, 0)
        if file not in passed and place <= bad < place + frames:
            passed.add(file)
            frames = bad - place
        at[file] = place + frames
        return read(file, frames, dtype)

    monkeypatch.setattr(decoder, "_read", stopping)
    player = Decoder(path, 44100)
    assert len(player.read(10_000_000)) == bad
    player.close()
    assert measure(path, 44100, lambda _: None).heard_s == bad / 44100


@pytest.mark.parametrize("claimed", [0, 2**36 - 1])
def test_a_flac_header_that_lies_about_its_length_is_not_believed(tmp_path: Path, claimed: int) -> None:
    path = write(tmp_path / "a.flac", noise(1))
    raw = bytearray(path.read_bytes())
    # STREAMINFO: the low half of byte 21 and the four after it (RFC 9639, section 8.2); 0 means "unknown".
    raw[21] = raw[21] & 0xF0 | claimed >> 32
    raw[22:26] = (claimed & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(raw)
    assert probe(path).frames == 44100
    assert len(until_failure(path)) == 44100


def test_a_file_that_has_to_be_counted_says_that_it_goes_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise(150, rate=8000, channels=1), 8000)
    raw = bytearray(path.read_bytes())
    raw[21:26] = bytes((raw[21] & 0xF0, 0, 0, 0, 0))  # as above
    told: list[str] = []
    path.write_bytes(raw)
    assert probe(path, lambda: told.append("going on")).duration_ms == 150_000
    assert len(told) == 150 // PACE_S - 1  # the end says so itself


def test_a_wav_header_that_claims_four_gigabytes_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    raw = bytearray(path.read_bytes())
    size = raw.index(b"data") + 4
    raw[size : size + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    assert probe(path).frames == 44100


def test_a_long_file_is_probed_without_decoding_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.mp3", noise(30))
    decoded: list[Path] = []
    monkeypatch.setattr("tomb.devices.decoder._count", decoded.append)
    assert probe(path).duration_ms == 30_000
    assert not decoded


def headed(path: Path, rate: int, channels: int, frames: int) -> Path:
    """A WAV file that says so of itself, whatever libsndfile would write."""
    data = bytes(frames * channels * 2)
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, min(rate * channels * 2, 2**32 - 1), channels * 2, 16
    )
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    return path


@pytest.mark.parametrize("rate", [1, 10, 100, 1000, LOWEST_RATE - 1, HIGHEST_RATE + 1, 2_000_000_000])
def test_a_rate_that_no_loudspeaker_plays_is_refused(tmp_path: Path, rate: int) -> None:
    path = headed(tmp_path / "a.wav", rate, 2, 2000)
    for refusing in (partial(probe, path), partial(Decoder, path, 44100)):
        with pytest.raises(DecodeError, match="Hz"):
            refusing()


@pytest.mark.parametrize("channels", [MOST_CHANNELS + 1, 1000])
def test_more_channels_than_any_music_has_are_refused(tmp_path: Path, channels: int) -> None:
    path = headed(tmp_path / "a.wav", 44100, channels, 100)
    for refusing in (partial(probe, path), partial(Decoder, path, 44100)):
        with pytest.raises(DecodeError, match="channels"):
            refusing()


@pytest.mark.parametrize(("rate", "channels"), [(LOWEST_RATE, 1), (LOWEST_RATE, MOST_CHANNELS), (HIGHEST_RATE, 2)])
def test_a_piece_takes_as_little_memory_as_any_other(tmp_path: Path, rate: int, channels: int) -> None:
    reader = Decoder(headed(tmp_path / "a.wav", rate, channels, 3 * rate), 48000)
    reader.read(100)
    tracemalloc.start()
    for _ in range(50):
        assert len(reader.read(1000)) == 1000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.close()
    assert peak < 600_000


@pytest.mark.parametrize("ext", ["wav", "flac", "ogg", "opus", "aiff", "mp3"])
def test_what_is_cut_off_while_it_is_played_has_no_proper_end(tmp_path: Path, ext: str) -> None:
    path = write(tmp_path / f"a.{ext}", noise(20, rate=48000), 48000)
    decoder = Decoder(path, 48000)
    heard = len(decoder.read(1000))
    os.truncate(path, path.stat().st_size // 2)
    reason = ""
    while not reason:
        try:
            heard += len(decoder.read(48000))
        except DecodeError as error:
            reason = str(error)
    assert ("cut off" if ext != "mp3" else "damaged") in reason
    assert heard > 7 * 48000


@pytest.mark.parametrize("ext", ["wav", "flac", "ogg", "mp3"])
def test_what_is_deleted_while_it_is_played_is_heard_to_its_end(tmp_path: Path, ext: str) -> None:
    path = write(tmp_path / f"a.{ext}", noise(20))
    decoder = Decoder(path, 44100)
    heard = len(decoder.read(1000))
    path.unlink()
    while frames := len(decoder.read(44100)):
        heard += frames
    assert heard == 20 * 44100


FAULTY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
ssize_t read(int file, void *to, size_t count) {
    ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    if (strstr(path, "/faulty.") && getenv("FAULTY") && lseek(file, 0, SEEK_CUR) > 100000) { errno = EIO; return -1; }
    return real(file, to, count);
}
"""
PLAYED_ON_A_FAULTY_DISK = """
import os, sys
from pathlib import Path
from tomb.devices.decoder import Decoder
from tomb.errors import DecodeError
for name in sys.argv[1:]:
    for broken_at_once in (True, False):
        heard = 0
        os.environ.pop("FAULTY", None)
        try:
            if broken_at_once: os.environ["FAULTY"] = "1"
            decoder = Decoder(Path(name), 48000)
            os.environ["FAULTY"] = "1"
            while frames := len(decoder.read(1000)):
                heard += frames
            print("ended", heard)
        except DecodeError as error:
            print(error, heard > 0)
"""


def test_a_disk_that_cannot_read_is_called_so_and_what_precedes_is_heard(tmp_path: Path) -> None:
    source, library = tmp_path / "faulty.c", tmp_path / "faulty.so"
    source.write_text(FAULTY)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    names = [
        str(write(tmp_path / f"faulty.{ext}", noise(20, rate=48000), 48000)) for ext in ("wav", "flac", "ogg", "mp3")
    ]
    played = subprocess.run(
        [sys.executable, "-c", PLAYED_ON_A_FAULTY_DISK, *names],
        env=os.environ | {"LD_PRELOAD": str(library)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = played.stdout.splitlines()
    assert {line.rpartition(" ")[0] for line in said} == {"unreadable: input/output error"}
    assert [line.endswith("True") for line in said[1::2]] == [True] * 4
