"""A seek into a long MP3 goes by its marks: to the sample, to the end, and without a look at what comes before."""

from pathlib import Path

import numpy as np
import pytest

from tests.rigs.sounds import Int16, noise, write
from tomb.devices.decoder import Decoder
from tomb.devices.shortened import Shortened
from tomb.errors import DecodeError
from tomb.library import structure
from tomb.models import SeekMarks


@pytest.fixture(autouse=True)
def _short_files_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MARKED_S", 20)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("song") / "song.mp3", noise(60)).read_bytes()


@pytest.fixture
def song(tmp_path: Path, content: bytes) -> Path:
    """A minute, with a mark every 13 seconds."""
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    return path


def marked(path: Path) -> SeekMarks:
    marks = structure.read(path, "mp3").seek_marks
    assert marks is not None
    return marks


def rest(decoder: Decoder, rate: int) -> Int16:
    blocks = [decoder.read(rate)]
    while len(blocks[-1]):
        blocks.append(decoder.read(rate))
    decoder.close()
    return np.concatenate(blocks)


def hollow(path: Path, marks: SeekMarks) -> None:
    """Nothing is left of it between its first seconds, by which it is known, and a while before its end."""
    content = bytearray(path.read_bytes())
    content[marks.offsets[1] : marks.offsets[-2]] = bytes(marks.offsets[-2] - marks.offsets[1])
    path.write_bytes(content)


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (48000, 1), (22050, 1)])
def test_what_is_heard_from_a_place_on_is_what_is_heard_there_of_the_whole(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path = write(tmp_path / "a.mp3", noise(40, rate=rate, channels=channels), rate)
    marks = marked(path)
    whole = rest(Decoder(path, rate), rate)
    for start_ms in (10, 22_111, 37_777, 39_900, 40_000):
        start = start_ms * rate // 1000
        heard = rest(Decoder(path, rate, start_ms, marks.packed()), rate)
        assert len(heard) == len(whole) - start
        # The last bit may differ by where a decoder began; without marks it is no better.
        np.testing.assert_allclose(heard[4096:], whole[start:][4096:], atol=1)


def test_nothing_before_the_place_is_looked_at(song: Path) -> None:
    marks, whole = marked(song), rest(Decoder(song, 44100), 44100)
    hollow(song, marks)
    heard = rest(Decoder(song, 44100, 55_000, marks.packed()), 44100)
    np.testing.assert_allclose(heard[4096:], whole[55 * 44100 :][4096:], atol=1)


def test_marks_of_another_file_and_none_at_all_are_passed_over(tmp_path: Path, song: Path) -> None:
    other = write(tmp_path / "other.mp3", noise(50, rate=22050, channels=1), 22050)
    alone = rest(Decoder(song, 44100, 50_000), 44100)
    for marks in (marked(other).packed(), b"", b"\0" * 80, b"\xff" * 80, bytes(range(7))):
        np.testing.assert_array_equal(rest(Decoder(song, 44100, 50_000, marks), 44100), alone)


def test_a_file_that_is_cut_off_behind_the_place_is_told_to_be(song: Path, content: bytes) -> None:
    decoder = Decoder(song, 44100, 40_000, marked(song).packed())
    decoder.read(1000)
    song.write_bytes(content[: len(content) * 8 // 9])
    with pytest.raises(DecodeError, match=r"cut off|damaged"):
        rest(decoder, 44100)


def test_a_disk_that_fails_behind_the_place_is_told_to(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(song, 44100, 40_000, marked(song).packed())
    decoder.read(1000)

    def read(shortened: Shortened, _: int) -> bytes:
        shortened.failure = OSError(5, "Input/output error")
        return b""

    monkeypatch.setattr(Shortened, "read", read)
    with pytest.raises(DecodeError, match="unreadable: input/output error"):
        rest(decoder, 44100)


def test_what_is_short_joined_damaged_or_without_a_head_has_no_marks(song: Path, content: bytes) -> None:
    marks = marked(song)
    for other in (
        content[: len(content) // 4],
        content + content,
        content[: marks.offsets[1]] + b"\0" * 3000 + content[marks.offsets[1] :],
        content[marks.offsets[0] :],
    ):
        song.write_bytes(other)
        assert structure.read(song, "mp3").seek_marks is None
