"""What libsndfile cannot play (m4a, aac, webm, wma) becomes Opus, once, when it is taken in, by Debian's ffmpeg."""

import shutil
from pathlib import Path

import trio

from tomb.errors import DecodeError

EXTENSION = "opus"
LIMIT_S = 900.0


def available() -> bool:
    return shutil.which("ffmpeg") is not None


async def transcode(source: Path, target: Path) -> None:
    """Write the first sound of `source` to `target`. A failure may leave half of it there.

    Raises: DecodeError when ffmpeg is not there, cannot make sense of the file, or takes longer than `LIMIT_S`.
    """
    if not available():
        raise DecodeError(f"{source.suffix[1:]} files need ffmpeg, which is not installed")
    try:
        with trio.fail_after(LIMIT_S):
            done = await trio.run_process(_command(source, target), capture_stderr=True, check=False)
        if done.returncode != 0:
            raise DecodeError(f"not playable: {_last_line(done.stderr)}")
    except trio.TooSlowError as error:
        raise DecodeError(f"ffmpeg took longer than {LIMIT_S:.0f} s") from error


def _command(source: Path, target: Path) -> list[str | Path]:
    # Only files may be opened: a crafted playlist inside a container must not make ffmpeg fetch an address.
    safe = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file"]
    return [*safe, "-i", f"file:{source}", "-map", "0:a:0", "-map_metadata", "-1", "-c:a", "libopus", "-b:a", "160k",
            "-f", "opus", f"file:{target}"]  # fmt: skip


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    # ffmpeg names the file in front, with its whole path.
    return lines[-1].rsplit(": ", 1)[-1] if lines else "ffmpeg says nothing"
