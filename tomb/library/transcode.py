"""What libsndfile cannot play as it is, ffmpeg (Debian's) makes anew, once, when it is taken in.

m4a, aac, webm and wma become Opus. An MP3 that does not say how long it is gets a first frame that does (`mpeg`); its
sound is copied bit by bit.
"""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tomb.errors import DecodeError, NoSpace, Unavailable
from tomb.library import confined

EXTENSION = "opus"
LIMIT_S = 900.0
MEMORY = 768 * 1024 * 1024  # of addresses; the program and its libraries take 290 MB of these (Debian 12, x86-64)
INTERRUPTED = (255, -signal.SIGTERM)  # as ffmpeg ends when systemd stops all processes of a service at once
LAST_WORDS = 4096
_FORMATS = {
    EXTENSION: ("-c:a", "libopus", "-b:a", "160k", "-f", "opus"),
    "mp3": ("-c:a", "copy", "-write_xing", "1", "-id3v2_version", "0", "-f", "mp3"),
}


def available() -> bool:
    return shutil.which("ffmpeg") is not None


async def transcode(source: Path, target: Path, room: int) -> None:
    """Write the first sound of `source` to `target`, an Opus or MP3 file of at most `room` bytes.

    A failure may leave half of it there.

    Raises: DecodeError when ffmpeg is not there, cannot make sense of the file, or takes longer than `LIMIT_S`;
    NoSpace; Unavailable when it is interrupted, or cannot be started.
    """
    if not available():
        raise DecodeError(f"{source.suffix[1:]} files need ffmpeg, which is not installed")
    try:
        with trio.fail_after(LIMIT_S):
            status, said = await _run(_command(source, target), room)
    except trio.TooSlowError as error:
        raise DecodeError(f"ffmpeg took longer than {LIMIT_S:.0f} s") from error
    except OSError as error:
        raise Unavailable(f"ffmpeg cannot be started: {error.strerror}") from error
    # It may call a half a success, so its words count before its status. (They are never translated.)
    if status == -signal.SIGXFSZ or b"No space left on device" in said or b"Disk quota exceeded" in said:
        raise NoSpace("the disk is nearly full: what is left is kept free")
    if status in INTERRUPTED:
        raise Unavailable("ffmpeg was interrupted; try again")
    if status != 0:
        raise DecodeError(f"not playable: {_last_line(said)}")


async def _run(command: Sequence[str | Path], room: int) -> tuple[int, bytes]:
    """Its status, and what it said last."""
    said = b""
    async with confined.child(
        command, memory=MEMORY, file_size=max(room, 0), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    ) as ffmpeg:
        assert ffmpeg.stderr is not None
        async for words in ffmpeg.stderr:
            said = (said + words)[-LAST_WORDS:]
        return await ffmpeg.wait(), said


def _command(source: Path, target: Path) -> list[str | Path]:
    # Only files may be opened: a crafted playlist inside a container must not make ffmpeg fetch an address.
    safe = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", f"file:{source}"]
    return [*safe, "-map", "0:a:0", "-map_metadata", "-1", *_FORMATS[target.suffix[1:]], f"file:{target}"]


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    # ffmpeg names the file in front, with its whole path.
    return lines[-1].rsplit(": ", 1)[-1] if lines else "ffmpeg says nothing"
