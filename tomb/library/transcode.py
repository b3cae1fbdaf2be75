"""What libsndfile cannot play as it is, or not to its end, ffmpeg (Debian's) makes anew, once, when it is taken in.

What was PCM or packed without loss becomes FLAC; all else becomes Opus, whose 160 kbit/s nobody tells from the source.
An MP3 that says nothing or nonsense of its length gets a first frame that says it; its sound is copied bit by bit.

Time in a file is not to be trusted: Matroska and ASF round it, MPEG-TS leaves gaps, files in a row begin again at 0. An
encoder that is given such times writes pages that contradict each other, of which libsndfile plays a third. So one
ffmpeg decodes to bare samples in a pipe, and another encodes these, for which there is no time but their count. A gap
of up to `LONGEST_GAP_S` is kept, as silence, since chapters and ears go by the clock; what is more than that, or goes
back, is no gap but a clock that was set. Files in a row are decoded one after another into the same pipe.

ffmpeg reads some 350 formats, and many of them are lists of other files: a playlist that calls itself `song.m4a` and
names somebody's diary became a track that anybody could download. So it is given the kind of the file, and may take it
for nothing else; it may decode what music is made of and nothing else; and it runs where there is no other file
(`sandbox`), should all of that not be enough. Any one of the three suffices for the attacks that are known; they are
three because ffmpeg is two million lines of C and the file is anybody's.
"""

import json
import logging
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio
from msgspec import Struct

from tomb import confined, sandbox
from tomb.errors import DecodeError, NoSpace, Unavailable
from tomb.library.containers import Container
from tomb.library.labels import clean

log = logging.getLogger(__name__)

LIMIT_S = 900.0
LONGEST_S = 48 * 3600  # of sound; as for any other file (devices/decoder.py)
_BIT_RATE = 160_000  # of Opus
_MOST_GROWN = 40
LARGEST = LONGEST_S * _BIT_RATE // 8  # bytes; what that takes
LONGEST_GAP_S = 10
MEMORY = 768 * 1024 * 1024  # of addresses; the program and its libraries take 290 MB of these (Debian 12, x86-64)
INTERRUPTED = (255, -signal.SIGTERM)  # as ffmpeg ends when systemd stops all processes of a service at once
LAST_WORDS = 4096
LONGEST_ANSWER = 65536
LONGEST_DESCRIPTION = 256 * 1024  # with all its chapters
_CODECS = ",".join((
    "aac,aac_fixed,aac_latm,alac,mp3float,mp3,mp2float,mp2,mp1float,mp1,ac3,eac3,dca,opus,libopus,vorbis,libvorbis,flac",
    "wmav1,wmav2,wmapro,wmalossless,wmavoice,amrnb,amrwb,speex,libspeex,nellymoser,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt",
    "adpcm_swf,pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le",
    "pcm_f64be,pcm_alaw,pcm_mulaw",
))  # fmt: skip
_LOSSLESS = ("flac", "alac", "wmalossless")
_16_BIT = ("u8", "u8p", "s16", "s16p")
# 1: the samples that are due; 2: what the clock was set by so far.
_TIMES = (
    f"asetpts='st(2,ld(2)+if(gt(PTS-ld(2)-ld(1),{LONGEST_GAP_S}*SR)+lt(PTS-ld(2)-ld(1),-SR),PTS-ld(2)-ld(1),0));"
    "st(1,PTS-ld(2)+NB_SAMPLES);PTS-ld(2)',aresample=async=1"
)
# Nothing more after the first gap of a twentieth of a second.
_TO_THE_FIRST_GAP = "aselect='st(0,ld(0)+gt(n,0)*gt(pts-ld(1),sample_rate/20));st(1,pts+samples_n);not(ld(0))'"
_NOT_TAKEN = b"not on whitelist"
# As ffmpeg shows what it was given. What a file says of itself stands behind a colon there, in each line.
_SOUND = re.compile(
    r"^ +Stream #0:\d+[^:\n]*: Audio: (?P<codec>\w+)[^,\n]*, (?P<rate>\d+) Hz, (?P<layout>[^,\n]+), (?P<format>\w+)",
    re.MULTILINE,
)
_LASTS = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_PART = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\] *)+")
_COUNTED = 4000  # samples a second, of one byte, where they are only counted


class Source(Struct, frozen=True):
    """A file as it came, taken for a `kind` and nothing else. `pieces`, `unended`: see `structure`."""

    path: Path
    kind: Container
    pieces: tuple[tuple[int, int], ...] = ()
    unended: bool = False


class Stream(Struct, frozen=True):
    """The first sound of a source, as its container describes it. `told_s`: None where that says nothing."""

    lossless: bool = False
    rate: int = 48000
    channels: int = 2
    deep: bool = False
    told_s: float | None = None

    @property
    def extension(self) -> str:
        """Of what it is to become."""
        return "flac" if self.lossless else "opus"

    def size_of(self, source: int) -> int:
        """About how many bytes that will have, of a file of so many."""
        if self.lossless or self.told_s is None:
            return source
        # A header may say anything. Of what is spoken, at 5 kbit/s, there is the most in a byte.
        return min(round(self.told_s * _BIT_RATE / 8), _MOST_GROWN * source)


def available() -> bool:
    return shutil.which("ffmpeg") is not None


async def look(source: Source) -> Stream:
    """Raises: DecodeError when there is no sound in it, or ffmpeg is not there; Unavailable."""
    asked = ("-select_streams", "a:0", "-of", "json", "-show_entries")
    fields = "stream=codec_name,sample_fmt,sample_rate,channels,duration:format=duration"
    options = ["-v", "error", *_taken_for(source), "-i", _address(source), *asked, fields]
    async with _child("ffprobe", options, read=source.path, stdout=PIPE) as process:
        ending = await _ended(process)
    if ending.status and _NOT_TAKEN in ending.said:
        return await _described(source)
    _check(ending)
    try:
        found = json.loads(ending.answer)
        [stream] = found["streams"]
        told = stream.get("duration") or found.get("format", {}).get("duration")
        lossless = _is_lossless(stream["codec_name"])
        return Stream(
            lossless=lossless,
            rate=int(stream["sample_rate"]) if lossless else 48000,
            channels=1 if stream["channels"] == 1 else 2,
            deep=stream.get("sample_fmt") not in _16_BIT,
            told_s=float(told) if told and not source.pieces else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DecodeError("not playable: there is no sound in it") from error


async def _described(source: Source) -> Stream:
    """The same in the words of ffmpeg, of a file that has more in it than sound: the picture of many an m4a, a film.
    ffprobe opens a decoder for each part, and gives up where it may not; ffmpeg does not care. Raises likewise."""
    options = ["-nostdin", "-hide_banner", "-v", "info", *_taken_for(source), "-i", _address(source)]
    async with _child("ffmpeg", options, read=source.path) as process:
        said = (await _ended(process, words=LONGEST_DESCRIPTION)).said.decode("utf-8", "replace")
    stream, lasts = _SOUND.search(said), _LASTS.search(said)
    if stream is None:
        raise DecodeError("not playable: there is no sound in it")
    lossless = _is_lossless(stream["codec"])
    hours, minutes, seconds = lasts.groups() if lasts else ("0", "0", "0")
    return Stream(
        lossless=lossless,
        rate=int(stream["rate"]) if lossless else 48000,
        channels=1 if stream["layout"] in ("mono", "1 channels") else 2,
        deep=stream["format"] not in _16_BIT,
        told_s=(int(hours) * 60 + int(minutes)) * 60 + float(seconds) if lasts and not source.pieces else None,
    )


def _is_lossless(codec: str) -> bool:
    return codec in _LOSSLESS or (codec.startswith("pcm_") and codec not in ("pcm_alaw", "pcm_mulaw"))


async def transcode(source: Source, stream: Stream, target: Path, free: int) -> bool:
    """Write the sound of `source` to `target`, an empty file, in at most `free` bytes; whether nothing was wrong.

    `target` is called .opus or .flac, or .mp3 to copy an MP3. A failure may leave half of it there.

    Raises: DecodeError when ffmpeg is not there, cannot make sense of the file, or takes longer than `LIMIT_S`;
    NoSpace; Unavailable when it is interrupted, or cannot be started.
    """
    most = min(max(free, 0), LARGEST * (10 if target.suffix == ".flac" else 1))
    try:
        with trio.fail_after(LIMIT_S):
            if target.suffix == ".mp3":
                return await _copy(source, target, most, free)
            return await _convert(source, stream, target, most, free)
    except trio.TooSlowError as error:
        raise DecodeError(f"ffmpeg took longer than {LIMIT_S:.0f} s") from error


async def damaged_s(source: Source) -> float:
    """Where something is wrong in it for the first time, in seconds; its length if that is nowhere."""
    counted = 0
    for piece in source.pieces or (None,):
        options = ["-nostdin", "-v", "error", "-xerror", *_taken_for(source), "-i", _address(source, piece)]
        options += ["-map", "0:a:0", "-af", _TO_THE_FIRST_GAP, "-t", str(LONGEST_S)]
        options += ["-f", "u8", "-ar", str(_COUNTED), "-ac", "1", "pipe:1"]
        async with _child("ffmpeg", options, read=source.path, stdout=PIPE) as process:
            ending = await _ended(process)
        counted += ending.answered
        if ending.status != 0:
            break
    return counted / _COUNTED


async def _copy(source: Source, target: Path, most: int, free: int) -> bool:
    options = ["-nostdin", "-v", "error", *_taken_for(source), "-i", _address(source), *_ONLY_THE_SOUND]
    options += ["-t", str(LONGEST_S), "-c:a", "copy", "-write_xing", "1", "-id3v2_version", "0", "-f", "mp3"]
    options += ["-y", f"file:{target}"]
    async with _child("ffmpeg", options, read=source.path, write=target, file_size=most) as process:
        ending = await _ended(process)
    _check_written(ending, most, free)
    _check(ending)
    return not ending.complaints


async def _convert(source: Source, stream: Stream, target: Path, most: int, free: int) -> bool:
    raw = "f32le" if not stream.lossless else "s32le" if stream.deep else "s16le"
    form = ["-f", raw, "-ar", str(stream.rate), "-ac", str(stream.channels)]
    codec = ["-c:a", "flac"] if stream.lossless else ["-c:a", "libopus", "-b:a", str(_BIT_RATE)]
    options = ["-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", str(LIMIT_S), *form, "-i", "pipe:0"]
    options += [*codec, "-f", target.suffix[1:], "-y", f"file:{target}"]
    reading, writing = os.pipe()
    decoded: list[_Ending | Unavailable] = []

    async def decode() -> None:
        """Into the pipe, which is closed in the end. An error is kept: a nursery would wrap it."""
        try:
            for piece in source.pieces or (None,):
                asked = [
                    "-nostdin",
                    "-v",
                    "error",
                    *_taken_for(source),
                    "-i",
                    _address(source, piece),
                    *_ONLY_THE_SOUND,
                ]
                asked += ["-af", _TIMES, "-t", str(LONGEST_S), *form, "pipe:1"]
                async with _child("ffmpeg", asked, read=source.path, stdout=writing) as process:
                    decoded.append(await _ended(process))
        except Unavailable as error:
            decoded.append(error)
        finally:
            os.close(writing)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(decode)
        try:
            async with _child("ffmpeg", options, write=target, file_size=most, stdin=reading, stdout=PIPE) as process:
                encoded: _Ending | Unavailable = await _ended(process, trusted=True)
        except Unavailable as error:
            encoded = error
        finally:
            os.close(reading)  # whoever decodes for nobody ends by SIGPIPE
    for ending in (encoded, *decoded):
        if isinstance(ending, Unavailable):
            raise ending
    assert isinstance(encoded, _Ending)
    _check_written(encoded, most, free)
    _check(encoded)
    endings = [ending for ending in decoded if isinstance(ending, _Ending)]
    # Half a success is one; how much there is of it, the examiner will say. Nothing at all has a reason known here.
    silent = encoded.answer.rpartition(b"out_time_us=")[2].partition(b"\n")[0] in (b"", b"0", b"N/A")
    for ending in endings:
        if ending.status in INTERRUPTED or ending.status == sandbox.BROKEN or silent:
            _check(ending)
    return not any(ending.status or ending.complaints for ending in endings)


class _Ending(Struct, frozen=True):
    """Of a child: its status, what it said last on stderr, and first on stdout (or only how much that was)."""

    status: int
    said: bytes
    answer: bytes
    answered: int

    @property
    def complaints(self) -> bool:
        """Whether anything was wrong with the sound. That pictures are not looked at is as it should be."""
        lines = (line for line in self.said.splitlines() if b"Last message repeated" not in line)
        return any(_NOT_TAKEN not in line for line in lines)


async def _ended(process: trio.Process, *, trusted: bool = False, words: int = LAST_WORDS) -> _Ending:
    """`trusted`: it reads no stranger's file. `words`: how many bytes of its last ones are kept."""
    said, answer, answered = b"", b"", 0

    async def listen() -> None:
        nonlocal answer, answered
        if process.stdout is not None:
            async for block in process.stdout:
                answered += len(block)
                answer = (answer + block)[:LONGEST_ANSWER] if len(answer) < LONGEST_ANSWER else answer

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        assert process.stderr is not None
        async for more in process.stderr:
            said = (said + more)[-words:]
        status = await process.wait()
    if sandbox.UNCONFINED.encode() in said:
        if not trusted:
            log.warning("ffmpeg ran among all files: %s", sandbox.UNCONFINED)
        said = b"\n".join(line for line in said.splitlines() if sandbox.UNCONFINED.encode() not in line)
    return _Ending(status, said, answer, answered)


@asynccontextmanager
async def _child(
    program: str,
    options: Sequence[str],
    *,
    read: Path | None = None,
    write: Path | None = None,
    file_size: int = 0,
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
) -> AsyncIterator[trio.Process]:
    """ffmpeg or ffprobe, which can open these two files. Raises: DecodeError when it is not there; Unavailable."""
    found = shutil.which(program)
    if found is None:
        raise DecodeError(f"{(read or write or Path()).suffix[1:]} files need ffmpeg, which is not installed")
    command = sandbox.command(
        [found, *options], read=[str(each) for each in (read,) if each], write=[str(each) for each in (write,) if each]
    )
    # No setting of the box, and none of its secrets.
    env = {"PATH": os.environ.get("PATH", os.defpath)}
    try:
        async with confined.child(
            command, memory=MEMORY, file_size=file_size, stdin=stdin, stdout=stdout, stderr=PIPE, env=env
        ) as process:
            yield process
    except OSError as error:
        raise Unavailable(f"ffmpeg cannot be started: {error.strerror}") from error


_ONLY_THE_SOUND = ("-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1")


def _taken_for(source: Source) -> list[str]:
    protocols = "file,subfile" if source.pieces else "file"
    whitelists = ["-protocol_whitelist", protocols, "-format_whitelist", source.kind, "-codec_whitelist", _CODECS]
    return ["-f", source.kind, *whitelists, *(["-ignore_length", "1"] if source.unended else [])]


def _address(source: Source, piece: tuple[int, int] | None = None) -> str:
    if piece is None:
        return f"file:{source.path}"
    return f"subfile,,start,{piece[0]},end,{piece[1]},,:{source.path}"


def _check_written(ending: _Ending, most: int, free: int) -> None:
    """Raises: DecodeError, NoSpace."""
    if ending.status == -signal.SIGXFSZ and free > most:
        raise DecodeError(f"longer than {LONGEST_S // 3600} hours")
    # It may call a half a success, so its words count before its status. (They are never translated.)
    full = b"No space left on device" in ending.said or b"Disk quota exceeded" in ending.said
    if ending.status == -signal.SIGXFSZ or full:
        raise NoSpace("the disk is nearly full: what is left is kept free")


def _check(ending: _Ending) -> None:
    """Raises: Unavailable, DecodeError."""
    if ending.status == sandbox.BROKEN:
        raise Unavailable(f"ffmpeg cannot be confined: {_last_line(ending.said)}")  # the file is not to blame
    if ending.status in INTERRUPTED:
        raise Unavailable("ffmpeg was interrupted; try again")
    if ending.status != 0:
        raise DecodeError(f"not playable: {_last_line(ending.said)}")


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    # ffmpeg names in front which of its parts says so, with its address, and the file, with its whole path.
    return (clean(_PART.sub("", lines[-1]).rsplit(": ", 1)[-1]) if lines else None) or "ffmpeg says nothing"
