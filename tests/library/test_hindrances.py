"""What nobody can play is refused in words for a parent, and what can be played is not."""

import struct
from pathlib import Path

import pytest

from tests.corpus import FORMATS, encoded
from tomb.library import hindrances
from tomb.library.containers import container


def why(tmp_path: Path, content: bytes) -> str | None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        return hindrances.found(file.fileno(), container(path))


@pytest.mark.parametrize(
    "name", [name for name, (ending, *_) in FORMATS.items() if ending in ("m4a", "m4b", "mp4", "wma")]
)
def test_nothing_speaks_against_a_whole_file(tmp_path: Path, name: str) -> None:
    assert why(tmp_path, encoded(name)) is None


def test_a_recording_that_was_never_finished(tmp_path: Path) -> None:
    content = encoded("aac")
    at = content.rindex(b"moov") - 4
    for cut in (content[:at], content[: at + 4], content[: at // 2], content[:40]):
        assert why(tmp_path, cut) == hindrances.UNFINISHED
    assert why(tmp_path, b"\0\0\0\x08free" * 20_000) == hindrances.UNFINISHED
    assert why(tmp_path, b"\0\0\0\1mdat" + b"\xff" * 8) == hindrances.UNFINISHED


@pytest.mark.parametrize("sound", [b"aavd", b"drms", b"enca"])
def test_sound_that_was_sold_with_a_lock(tmp_path: Path, sound: bytes) -> None:
    content = encoded("aac fast start")
    at = content.index(b"stsd") + 16
    assert why(tmp_path, content[:at] + sound + content[at + 4 :]) == hindrances.LOCKED


def test_a_wma_that_was_sold_with_a_lock(tmp_path: Path) -> None:
    content = encoded("wma")
    lock = hindrances._ENCRYPTION[0] + struct.pack("<Q", 24 + 16) + bytes(16)
    size, count = struct.unpack_from("<QI", content, 16)
    locked = content[:16] + struct.pack("<QI", size + len(lock), count + 1) + content[28:30] + lock + content[30:]
    assert why(tmp_path, locked) == hindrances.LOCKED
    assert why(tmp_path, content + lock) is None  # in the sound it is a chance
