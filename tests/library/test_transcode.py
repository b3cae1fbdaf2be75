"""ffmpeg becomes no trap: it has its time, its memory and its room, and says in the end what was wrong."""

import os
from pathlib import Path

import pytest
import soundfile
import trio

from tests.rigs.children import children
from tests.rigs.sounds import noise, write
from tomb.errors import DecodeError, NoSpace, Unavailable
from tomb.library import transcode

ROOM = 10_000_000


async def song(folder: Path) -> Path:
    wav = write(folder / "1.wav", noise(2.0))
    await trio.run_process(["ffmpeg", "-v", "error", "-i", str(wav), str(folder / "1.m4a")])
    return folder / "1.m4a"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.opus"


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, doing: str) -> None:
    """Something else is called ffmpeg for once."""
    program = folder / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{doing}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


async def test_what_libsndfile_cannot_play_it_can_play_then(tmp_path: Path, target: Path) -> None:
    await transcode.transcode(await song(tmp_path), target, ROOM)
    assert soundfile.info(target).duration == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("room", [10_000, 0, -1])
async def test_room_that_is_to_stay_free_stays_free(tmp_path: Path, target: Path, room: int) -> None:
    with pytest.raises(NoSpace):
        await transcode.transcode(await song(tmp_path), target, room)


@pytest.mark.parametrize("words", ["out.opus: No space left on device", "out.opus: Disk quota exceeded"])
@pytest.mark.parametrize("status", [0, 1])
async def test_a_full_disk_is_told_from_a_bad_file(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, words: str, status: int
) -> None:
    pretend(monkeypatch, tmp_path, f"echo '{words}' >&2; exit {status}")
    with pytest.raises(NoSpace):
        await transcode.transcode(tmp_path / "1.m4a", target, ROOM)


@pytest.mark.parametrize("ending", ["exit 255", "kill -TERM $$"])
async def test_an_interruption_blames_no_file(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    pretend(monkeypatch, tmp_path, ending)
    with pytest.raises(Unavailable, match="try again"):
        await transcode.transcode(tmp_path / "1.m4a", target, ROOM)


async def test_the_last_of_many_words_is_the_reason(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, "yes | head -c 10000000 >&2; echo '/a/b.m4a: moov atom not found' >&2; exit 1")
    with pytest.raises(DecodeError, match=r"^not playable: moov atom not found$"):
        await transcode.transcode(tmp_path / "1.m4a", target, ROOM)


async def test_what_takes_too_long_is_ended(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, "exec sleep 1000")
    monkeypatch.setattr(transcode, "LIMIT_S", 0.2)
    with pytest.raises(DecodeError, match="longer than"):
        await transcode.transcode(tmp_path / "1.m4a", target, ROOM)
    assert children(os.getpid(), command="sleep") == []


async def test_a_file_that_is_none_is_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "1.m4a").write_text("Dear diary")
    with pytest.raises(DecodeError, match="not playable"):
        await transcode.transcode(tmp_path / "1.m4a", target, ROOM)
