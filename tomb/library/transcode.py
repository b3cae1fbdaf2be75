"""What libsndfile cannot play as it is, ffmpeg (Debian's) makes anew, once, when it is taken in.

m4a, aac, webm and wma become Opus. An MP3 that does not say how long it is gets a first frame that does (`containers`);
its sound is copied bit by bit.

ffmpeg reads some 350 formats, and many of them are lists of other files: a playlist that calls itself `song.m4a` and
names somebody's diary became a track that anybody could download. So it is given the kind of the file, and may take it
for nothing else; it may decode what music is made of and nothing else; and it runs where there is no other file
(`sandbox`), should all of that not be enough. Any one of the three suffices for the attacks that are known; they are
three because ffmpeg is two million lines of C and the file is anybody's.
"""

import logging
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tomb.errors import DecodeError, NoSpace, Unavailable
from tomb.library import confined, sandbox
from tomb.library.containers import Container

log = logging.getLogger(__name__)

EXTENSION = "opus"
LIMIT_S = 900.0
LONGEST_S = 48 * 3600  # of sound; as for any other file (devices/decoder.py)
LARGEST = LONGEST_S * 160_000 // 8  # bytes; what that takes
MEMORY = 768 * 1024 * 1024  # of addresses; the program and its libraries take 290 MB of these (Debian 12, x86-64)
INTERRUPTED = (255, -signal.SIGTERM)  # as ffmpeg ends when systemd stops all processes of a service at once
LAST_WORDS = 4096
_FORMATS = {
    # Times as they are counted, not as the file has them: where these are rounded (to milliseconds in Matroska and ASF)
    # the pages of the Opus file contradict each other, and libsndfile 1.2.2 opens none such.
    EXTENSION: ("-af", "asetpts=N/SR/TB", "-c:a", "libopus", "-b:a", "160k", "-f", "opus"),
    "mp3": ("-c:a", "copy", "-write_xing", "1", "-id3v2_version", "0", "-f", "mp3"),
}
_CODECS = ",".join((
    "aac,aac_fixed,aac_latm,alac,mp3float,mp3,mp2float,mp2,mp1float,mp1,ac3,eac3,dca,opus,libopus,vorbis,libvorbis,flac",
    "wmav1,wmav2,wmapro,wmalossless,wmavoice,amrnb,amrwb,speex,libspeex,nellymoser,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt",
    "adpcm_swf,pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le",
    "pcm_f64be,pcm_alaw,pcm_mulaw",
))  # fmt: skip


def available() -> bool:
    return shutil.which("ffmpeg") is not None


async def transcode(source: Path, container: Container, target: Path, free: int) -> None:
    """Write the first sound of `source` to `target`, an empty `.opus` or `.mp3` file, in at most `free` bytes.

    `source` is taken for a `container` and nothing else. A failure may leave half of it there.

    Raises: DecodeError when ffmpeg is not there, cannot make sense of the file, or takes longer than `LIMIT_S`;
    NoSpace; Unavailable when it is interrupted, or cannot be started.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise DecodeError(f"{source.suffix[1:]} files need ffmpeg, which is not installed")
    command = sandbox.command([ffmpeg, *_options(source, container, target)], read=[str(source)], write=[str(target)])
    try:
        with trio.fail_after(LIMIT_S):
            status, said = await _run(command, min(max(free, 0), LARGEST))
    except trio.TooSlowError as error:
        raise DecodeError(f"ffmpeg took longer than {LIMIT_S:.0f} s") from error
    except OSError as error:
        raise Unavailable(f"ffmpeg cannot be started: {error.strerror}") from error
    if status == sandbox.BROKEN:
        raise Unavailable(f"ffmpeg cannot be confined: {_last_line(said)}")  # the file is not to blame
    if sandbox.UNCONFINED.encode() in said:
        log.warning("ffmpeg ran among all files: %s", sandbox.UNCONFINED)
    if status == -signal.SIGXFSZ and free > LARGEST:
        raise DecodeError(f"longer than {LONGEST_S // 3600} hours")
    # It may call a half a success, so its words count before its status. (They are never translated.)
    if status == -signal.SIGXFSZ or b"No space left on device" in said or b"Disk quota exceeded" in said:
        raise NoSpace("the disk is nearly full: what is left is kept free")
    if status in INTERRUPTED:
        raise Unavailable("ffmpeg was interrupted; try again")
    if status != 0:
        raise DecodeError(f"not playable: {_last_line(said)}")


async def _run(command: Sequence[str], file_size: int) -> tuple[int, bytes]:
    """Its status, and what it said last."""
    said = b""
    async with confined.child(
        command, memory=MEMORY, file_size=file_size, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=_environment()
    ) as ffmpeg:
        assert ffmpeg.stderr is not None
        async for words in ffmpeg.stderr:
            said = (said + words)[-LAST_WORDS:]
        return await ffmpeg.wait(), said


def _environment() -> dict[str, str]:
    """No setting of the box, and none of its secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def _options(source: Path, container: Container, target: Path) -> list[str]:
    whitelists = ("-protocol_whitelist", "file", "-format_whitelist", container, "-codec_whitelist", _CODECS)
    taken_for = ("-f", container, *whitelists, "-i", f"file:{source}")
    first_sound = ("-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1", "-t", str(LONGEST_S))
    return ["-nostdin", "-v", "error", *taken_for, *first_sound, *_FORMATS[target.suffix[1:]], "-y", f"file:{target}"]


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    # ffmpeg names the file in front, with its whole path.
    return lines[-1].rsplit(": ", 1)[-1] if lines else "ffmpeg says nothing"
