"""What a file is, by its content; and MP3 files that do not say how long they are are heard to their end all the same.

(That each kind of sound is known for what it is, `test_transcode` shows with files that ffmpeg has written.)
"""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import trio

from tests.rigs.library import opened
from tests.rigs.sounds import noise
from tomb.devices.decoder import Decoder, probe
from tomb.library import containers
from tomb.library.containers import container
from tomb.ports import RealPorts

SECONDS = 20


def lacks_length(path: Path) -> bool:
    with path.open("rb") as file:
        return containers.lacks_length(file.fileno())


async def encoded(folder: Path, *options: str, name: str = "song.mp3") -> Path:
    """Noise and then a tone, which needs a third of its bits: by the first frames' bit rate the file is too short."""
    tone = np.sin(np.arange(SECONDS // 2 * 44100) * 0.06) * 8000
    sound = np.concatenate([noise(SECONDS / 2), np.repeat(tone[:, np.newaxis], 2, axis=1).astype(np.int16)])
    soundfile.write(folder / "song.wav", sound, 44100)
    made = ["ffmpeg", "-v", "error", "-i", str(folder / "song.wav"), "-q:a", "4", *options, str(folder / name)]
    await trio.run_process(made)
    return folder / name


async def test_what_says_its_length_is_told_from_what_does_not(tmp_path: Path) -> None:
    assert not lacks_length(await encoded(tmp_path))
    assert lacks_length(await encoded(tmp_path, "-write_xing", "0", name="bare.mp3"))
    labels = ("-metadata", f"comment={'x' * 100_000}")
    assert not lacks_length(await encoded(tmp_path, *labels, name="labelled.mp3"))
    assert lacks_length(await encoded(tmp_path, *labels, "-write_xing", "0", name="labelled bare.mp3"))


@pytest.mark.parametrize("content", [b"", b"ID3", b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"Dear diary", b"\xff", bytes(100_000)])
def test_what_is_no_mp3_has_nothing_to_be_mended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "none.mp3").write_bytes(content)
    assert not lacks_length(tmp_path / "none.mp3")
    assert container(tmp_path / "none.mp3") is None


def test_labels_without_end_are_not_followed_for_ever(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"ID3\4\0\0\0\0\0\0" * 100_000)
    assert container(tmp_path / "x") is None


@pytest.mark.parametrize("content", [b"#EXTM3U\n", b"ffconcat version 1.0\n", b"<?xml ", b"RIFF\0\0\0\0AVI ", b"%PDF"])
def test_what_is_no_sound_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.m4a").write_bytes(content + bytes(100))
    assert container(tmp_path / "x.m4a") is None


async def test_an_mp3_that_says_nothing_of_its_length_is_heard_to_its_end(tmp_path: Path) -> None:
    bare = await encoded(tmp_path, "-write_xing", "0", "-metadata", "title=The end")
    (tmp_path / "in").mkdir()
    bare.rename(tmp_path / "in" / "bare.mp3")
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        imported = await stage.importer.import_folder(tmp_path / "in")
        [track] = (await stage.librarian.playlist(imported.playlist_ids[0])).tracks
        assert track.title == "The end"
        assert track.duration_ms == pytest.approx(SECONDS * 1000, abs=100)
        reader = Decoder(stage.librarian.folder / track.file_path, 44100)
        heard = reader.read(2 * SECONDS * 44100)
        reader.close()
        assert len(heard) == pytest.approx(SECONDS * 44100, abs=4410)
        assert np.abs(heard[-44100:].astype(int)).mean() > 1000  # the tone, to its end
        again = await stage.importer.import_folder(tmp_path / "in")
        assert (again.tracks, again.already) == (0, 1)
