"""Sound files as people have them, each with its true length and content, known from how it was made.

    python -m tests.corpus FOLDER

writes them all. Every second of a sound is a tone of its own, so that what is heard can be told from what should be.
The formats are made by ffmpeg, the oddities by hand: what a switched-off recorder, a full disk, `cat` or a careless
program make of a file.
"""

import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from tomb.library import structure

SECONDS = 4
RATE = 44100
Make = Callable[[bytes, Random], bytes]


@dataclass(frozen=True, slots=True)
class Sample:
    """`seconds`: what is to be heard, to `within`. `tones`: in Hz, those of its seconds, 0 where it may be silent or
    anything. `damaged`: whether a parent is to be told so."""

    name: str
    content: Callable[[], bytes]
    seconds: float = SECONDS
    within: float = 0.05
    tones: tuple[int, ...] = ()
    damaged: bool = False


def tones(seed: int, count: int = SECONDS) -> tuple[int, ...]:
    return tuple(Random(f"tones {seed}").sample(range(400, 3000, 100), count))


PICTURE = f"-f lavfi -i color=red:s=16x16:d={SECONDS}"
COVER = f"{PICTURE} -map 0:a -map 1:v -frames:v 1 -disposition:v attached_pic"
# name, ending of the file, options of ffmpeg, and by how much its decoder may be off: frames are 26 ms of an MP3 or
# AAC, 36 of MPEG-2's, 46 of WMA's
FORMATS: Mapping[str, tuple[str, str, float]] = {
    "wav 16": ("wav", "", 0),
    "wav 24": ("wav", "-c:a pcm_s24le", 0),
    "wav 32 float": ("wav", "-c:a pcm_f32le", 0),
    "wav 8": ("wav", "-c:a pcm_u8", 0),
    "wav mono 22": ("wav", "-ac 1 -ar 22050", 0),
    "wav adpcm": ("wav", "-c:a adpcm_ms", 0.05),
    "wav a-law": ("wav", "-c:a pcm_alaw", 0),
    "wav u-law": ("wav", "-c:a pcm_mulaw", 0),
    "wav ima": ("wav", "-c:a adpcm_ima_wav", 0.1),
    "wav 64 float": ("wav", "-c:a pcm_f64le", 0),
    "wav 32": ("wav", "-c:a pcm_s32le", 0),
    "wav 8000 Hz": ("wav", "-ac 1 -ar 8000", 0),
    "wav with an mp3 in it": ("wav", "-c:a libmp3lame", 0.08),
    "wave64": ("wav", "-f w64", 0),
    "wav rf64": ("wav", "-rf64 always", 0),
    "aiff": ("aiff", "", 0),
    "aiff 24": ("aif", "-c:a pcm_s24be", 0),
    "aiff sowt": ("aif", "-c:a pcm_s16le", 0),
    "aiff float": ("aiff", "-c:a pcm_f32be", 0),
    "flac": ("flac", "", 0),
    "flac 24 96": ("flac", "-sample_fmt s32 -ar 96000", 0),
    "flac mono": ("flac", "-ac 1", 0),
    "flac 5.1": ("flac", "-ac 6", 0),
    "mp3": ("mp3", "-b:a 128k", 0.03),
    "mp3 vbr": ("mp3", "-q:a 4", 0.03),
    "mp3 bare": ("mp3", "-write_xing 0 -id3v2_version 0", 0.06),
    "mp3 mono 22": ("mp3", "-ac 1 -ar 22050", 0.04),
    "mp3 11": ("mp3", "-ar 11025", 0.06),
    "mp3 layer 2": ("mp3", "-c:a mp2 -f mp2", 0.06),
    "vorbis": ("ogg", "-c:a libvorbis", 0.03),
    "opus": ("opus", "-ar 48000", 0.03),
    "opus 5.1": ("opus", "-ar 48000 -ac 6 -mapping_family 1", 0.03),
    "opus 8000 Hz": ("opus", "-ar 8000 -ac 1", 0.03),
    "vorbis 5.1": ("ogg", "-c:a libvorbis -ac 6", 0.03),
    "ogg flac": ("oga", "-c:a flac -f ogg", 0.03),
    "speex": ("ogg", "-c:a libspeex -ar 16000 -ac 1", 0.05),
    "aac": ("m4a", "", 0.05),
    "aac fast start": ("m4a", "-movflags +faststart", 0.05),
    "aac in pieces": ("mp4", "-movflags frag_keyframe+empty_moov -frag_duration 500000", 0.07),
    "aac with a cover": ("m4a", f"{COVER} -c:v mjpeg", 0.05),
    "alac with a cover": ("m4a", f"{COVER} -c:a alac -c:v png", 0.01),
    "flac with a cover": ("flac", f"{COVER} -c:v png", 0),
    "opus with a cover in mka": ("mka", f"{PICTURE} -map 0:a -map 1:v -c:v mjpeg -c:a libopus -ar 48000", 0.03),
    "aac 5.1": ("m4a", "-ac 6", 0.07),
    "aac in 3gp": ("mp4", "-c:a aac -ac 1 -ar 8000 -f 3gp", 0.3),
    "mp3 in mp4": ("mp4", "-c:a libmp3lame", 0.06),
    "opus in mp4": ("mp4", "-c:a libopus -ar 48000 -strict -2", 0.05),
    "flac in mp4": ("mp4", "-c:a flac -strict -2", 0.01),
    "latm": ("aac", "-c:a aac -f latm", 0.07),
    "alac 24": ("m4a", "-c:a alac -sample_fmt s32p", 0.01),
    "alac": ("m4b", "-c:a alac -f mp4", 0.01),
    "adts": ("aac", "", 0.06),
    "webm opus": ("webm", "-c:a libopus -ar 48000", 0.03),
    "webm vorbis": ("webm", "-c:a libvorbis", 0.05),
    "wma": ("wma", "-c:a wmav2", 0.1),
    "wma 1": ("wma", "-c:a wmav1", 0.1),
    "mka flac": ("mka", "-c:a flac", 0.03),
    "mka aac": ("mka", "-c:a aac", 0.05),
    "mka ac3 5.1": ("mka", "-c:a ac3 -ac 6", 0.05),
    "a film": ("mkv", f"{PICTURE} -map 1:v -map 0:a -c:v mpeg4 -c:a aac", 0.06),
    "a film in two languages": ("mp4", f"{PICTURE} -map 1:v -map 0:a -map 0:a -c:v libx264 -c:a aac", 0.06),
    "mkv mp3": ("mkv", "-c:a libmp3lame", 0.06),
    "flv": ("flv", "-c:a aac", 0.07),
    "flv mp3": ("flv", "-c:a libmp3lame", 0.08),
}


@cache
def pcm(seed: int) -> bytes:
    """As a WAV file."""
    from io import BytesIO

    at = np.arange(SECONDS * RATE)
    pitch = np.repeat(np.array(tones(seed)), RATE)
    sound = np.sin(2 * np.pi * pitch * (at % RATE) / RATE) * 8000
    file = BytesIO()
    soundfile.write(file, np.repeat(sound[:, np.newaxis], 2, axis=1).astype(np.int16), RATE, format="WAV")
    return file.getvalue()


@cache
def encoded(name: str, seed: int = 1, more: str = "") -> bytes:
    ending, options, _ = FORMATS[name]
    return run(pcm(seed), f"{options} {more}", ending)


def run(source: bytes, options: str, ending: str) -> bytes:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        made = Path(folder, f"made.{ending}")
        command = ["ffmpeg", "-v", "error", "-i", "pipe:0", *options.split(), "-bitexact", str(made)]
        subprocess.run(command, input=source, check=True)
        return made.read_bytes()


def _run_encoded(name: str, options: str, ending: str) -> bytes:
    return run(encoded(name), options, ending)


def made(options: str, ending: str) -> bytes:
    return run(pcm(1), options, ending)


# --- what happens to files -------------------------------------------------------------------------------------------


def joined(*files: tuple[str, int, str]) -> bytes:
    return b"".join(encoded(*each) for each in files)


def harmed(how: Make, name: str, seed: str) -> bytes:
    return how(encoded(name), Random(seed))


def cut(content: bytes, order: Random) -> bytes:
    return content[: int(len(content) * order.uniform(0.5, 0.8))]


def noise_in(content: bytes, order: Random) -> bytes:
    at = int(len(content) * order.uniform(0.4, 0.6))
    size = min(2500, len(content) // 12)
    return content[:at] + order.randbytes(size) + content[at + size :]


def hole_in(content: bytes, order: Random) -> bytes:
    at = int(len(content) * order.uniform(0.4, 0.6))
    return content[:at] + content[at + min(2501, len(content) // 12) :]


def labelled(content: bytes, order: Random) -> bytes:
    """ID3v2 before it, and APEv2 and ID3v1 behind it."""
    size = order.randrange(1000, 100_000)
    front = b"ID3\x03\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    ape = struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0xA0000000)
    ape += struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0x80000000)
    return front + content + ape + b"TAG" + bytes(125)


def unsynchronised(content: bytes, order: Random) -> bytes:
    """ID3v2.4 with a zero behind each set byte, in its tag and in a frame of it (id3.org/id3v2.4.0-structure, 6.1)."""
    title = (b"\x01\xff\xfe" + "Söng".encode("utf-16-le")).replace(b"\xff", b"\xff\0")
    noise = (b"\xff\xe0" * order.randrange(100, 300)).replace(b"\xff", b"\xff\0")
    frames = b"".join(
        name + _seven_bits(len(body)) + b"\0\x02" + body for name, body in ((b"TIT2", title), (b"PRIV", noise))
    )
    return b"ID3\x04\0\x80" + _seven_bits(len(frames)) + frames + content


def with_a_vast_picture(content: bytes, order: Random) -> bytes:
    picture = b"\0image/jpeg\0\3\0" + order.randbytes(20_000_000)
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    return b"ID3\x03\0\0" + _seven_bits(len(frame)) + frame + content


def behind_id3(content: bytes, order: Random) -> bytes:
    size = order.randrange(1000, 100_000)
    return b"ID3\x03\0\0" + _seven_bits(size) + bytes(size) + content


def _seven_bits(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def zeros_before(content: bytes, order: Random) -> bytes:
    return bytes(order.randrange(100, 5000)) + content


def labelled_in_a_row(*names: tuple[str, int, str]) -> bytes:
    """As most programs leave files, and `cat` joins them."""
    return b"".join(labelled(encoded(*each), Random(str(each))) for each in names)


def louder(content: bytes) -> bytes:
    """By 6 dB, as the header of Opus may say (RFC 7845, section 5.1)."""
    size = 27 + content[26] + sum(content[27 : 27 + content[26]])
    page = bytearray(content[:size])
    at = page.index(b"OpusHead") + 16
    page[at : at + 2] = struct.pack("<h", 6 * 256)
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", structure._checksum(bytes(page)))
    return bytes(page) + content[size:]


def zeros_behind(content: bytes, order: Random) -> bytes:
    return content + bytes(order.randrange(100, 5000))


def xing(name: str, frames: int) -> bytes:
    content = encoded(name)
    at = next(content.index(mark) for mark in (b"Xing", b"Info") if mark in content)
    return content[: at + 8] + struct.pack(">I", frames) + content[at + 12 :]


def data_size(size: int, whole: int | None) -> bytes:
    content = pcm(1)
    at = content.index(b"data") + 4
    head = content[:4] + struct.pack("<I", size if whole is None else whole) + content[8:at]
    return head + struct.pack("<I", size) + content[at + 4 :]


def chunk_before_data(content: bytes) -> bytes:
    at = content.index(b"data")
    odd = b"junk" + struct.pack("<I", 7) + b"seven!\0\0"
    return content[:4] + struct.pack("<I", len(content) + len(odd) - 8) + content[8:at] + odd + content[at:]


def flac_samples(count: int) -> bytes:
    """RFC 9639, section 8.2."""
    content = encoded("flac")
    low = (count & 0xFFFFFFFF).to_bytes(4, "big")
    return content[:21] + bytes((content[21] & 0xF0 | count >> 32,)) + low + content[26:]


# --- all of them -----------------------------------------------------------------------------------------------------


def _formats() -> Iterator[Sample]:
    for name, (ending, _, off) in FORMATS.items():
        yield Sample(f"{name}.{ending}", partial(encoded, name), within=max(off, 0.01), tones=tones(1))


def _in_a_row() -> Iterator[Sample]:
    """Two of a kind; and three that differ in rate and channels, where a format has both."""
    kinds = (
        "wav 16", "aiff", "flac", "mp3", "mp3 vbr", "mp3 bare", "vorbis", "opus", "ogg flac", "aac", "alac", "adts",
        "webm opus", "wma", "mka flac",
    )  # fmt: skip
    for name in kinds:
        ending, _, off = FORMATS[name]
        yield Sample(
            f"{name}, two in a row.{ending}",
            partial(joined, (name, 1, ""), (name, 2, "")),
            2 * SECONDS,
            2 * off + (0.1 if "mp3" in name else 0.01),
            (*tones(1), *tones(2)),
        )
    for name in ("flac", "mp3", "vorbis", "opus", "aac"):
        ending, _, off = FORMATS[name]
        other = "-ac 1 -ar 24000"
        yield Sample(
            f"{name}, three unlike ones in a row.{ending}",
            partial(joined, (name, 1, ""), (name, 2, other), (name, 3, "")),
            3 * SECONDS,
            3 * off + (0.3 if "mp3" in name else 0.05),
            (*tones(1), *tones(2), *tones(3)),
        )


def _damaged() -> Iterator[Sample]:
    kinds = ("wav 16", "flac", "mp3", "mp3 vbr", "vorbis", "opus", "aac fast start", "webm opus", "wma", "mka aac")
    for seed in range(2):
        for name in kinds:
            ending, _, _ = FORMATS[name]
            for how in (cut, noise_in, hole_in):
                if name.startswith("wav") and how is not cut:
                    continue  # that is another sound, and nothing says so
                if name.startswith(("webm", "mka")) and how is hole_in:
                    continue  # the frames of what follows are found again, or not
                yield Sample(
                    f"{name}, {how.__name__} {seed}.{ending}",
                    partial(harmed, how, name, f"{name} {seed}"),
                    SECONDS * 0.75,
                    SECONDS * 0.31,  # pages of Vorbis and Opus are a second, and of Matroska all behind may be lost
                    damaged=True,
                )


def _headers() -> Iterator[Sample]:
    for name in ("mp3", "mp3 vbr"):
        off = FORMATS[name][2]
        for frames in (0, 1, 20, 100_000):
            yield Sample(
                f"{name}, {frames} frames told.mp3",
                partial(xing, name, frames),
                within=off + 0.06,
                tones=tones(1),
            )
    whole = SECONDS * RATE * 4
    for size, told in ((0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0, 36), (RATE * 4, None), (0x7FFFFFFF, None)):
        yield Sample(
            f"wav, {size} bytes told in {told}.wav",
            partial(data_size, size, told),
            tones=tones(1),
            damaged=size == 0x7FFFFFFF,
        )
    yield Sample("opus, louder.opus", lambda: louder(encoded("opus")), within=0.03, tones=tones(1))
    yield Sample("wav, a chunk before.wav", lambda: chunk_before_data(pcm(1)), tones=tones(1))
    yield Sample("wav, a chunk behind.wav", lambda: pcm(1) + b"LIST\4\0\0\0INFO", tones=tones(1))
    yield Sample("wav, extensible.wav", lambda: run(pcm(1), "-c:a pcm_s24le -ac 6", "wav"), tones=tones(1))
    yield Sample("wav, cut in a sample.wav", lambda: pcm(1)[:-3], SECONDS, tones=tones(1), damaged=True)
    for count in (0, 1000, whole, 2**36 - 1):
        yield Sample(
            f"flac, {count} samples told.flac",
            partial(flac_samples, count),
            tones=tones(1),
            damaged=count == whole,  # what no disk could hold is a mistake of a program
        )


def _labels() -> Iterator[Sample]:
    for how in (labelled, zeros_behind):
        for name in ("mp3", "mp3 vbr", "mp3 bare", "flac", "adts"):
            if name == "flac" and how is labelled:
                continue  # nobody plays that: FLAC's frames do not end where tags begin
            ending, _, off = FORMATS[name]
            yield Sample(
                f"{name}, {how.__name__}.{ending}",
                partial(harmed, how, name, name),
                within=off + 0.03,
                tones=tones(1),
            )

    for name, how in (
        ("mp3", unsynchronised), ("mp3 vbr", unsynchronised), ("mp3", with_a_vast_picture), ("mp3 bare", zeros_before),
        ("flac", behind_id3), ("wav 16", behind_id3), ("adts", behind_id3), ("mp3 11", behind_id3),
    ):  # fmt: skip
        ending, _, off = FORMATS[name]
        yield Sample(
            f"{name}, {how.__name__}.{ending}",
            partial(harmed, how, name, name),
            within=off + 0.03,
            tones=tones(1),
        )
    for name in ("mp3", "mp3 bare", "adts"):
        ending, _, off = FORMATS[name]
        yield Sample(
            f"{name}, two with labels in a row.{ending}",
            partial(labelled_in_a_row, (name, 1, ""), (name, 2, "")),
            2 * SECONDS,
            2 * off + 0.1,
            (*tones(1), *tones(2)),
        )


def _times() -> Iterator[Sample]:
    through_ts = "-c:a aac -f mpegts"
    yield Sample(
        "m4a from a transport stream.m4a",
        lambda: run(run(pcm(1), through_ts, "ts"), "-c copy", "m4a"),
        within=0.06,
        tones=tones(1),
    )
    holed = "-af aselect='not(between(t,1,2))'"
    for ending, codec in (("mka", "flac"), ("mka", "aac"), ("webm", "libopus -ar 48000"), ("m4a", "aac")):
        yield Sample(
            f"{codec.split()[0]} with a second left out.{ending}",
            partial(made, f"{holed} -c:a {codec}", ending),
            within=0.1,
            tones=(tones(1)[0], 0, *tones(1)[2:]),
        )
    yield Sample(
        "aac of which an edit list leaves out a second.m4a",
        lambda: run(encoded("aac fast start"), "-ss 1 -c copy", "m4a"),
        SECONDS - 1,
        0.08,
        tones(1)[1:],
    )
    for name in ("vorbis", "opus", "ogg flac"):
        ending, _, _ = FORMATS[name]
        yield Sample(
            f"{name} out of a broadcast.{ending}",
            partial(_run_encoded, name, "-c copy -output_ts_offset 5000", ending),
            within=0.1,
            tones=tones(1),
        )
    for ending, codec in (("mka", "flac"), ("mp4", "aac")):
        yield Sample(
            f"{codec} that begins late.{ending}",
            partial(made, f"-c:a {codec} -output_ts_offset 5000", ending),
            within=0.1,
            tones=tones(1),
        )


def _names() -> Iterator[Sample]:
    for name, called in (
        ("aac", "song.mp3"), ("mp3", "song.m4a"), ("flac", "song.ogg"), ("vorbis", "song.wav"), ("wav 16", "song.aac"),
        ("mp3", "no ending"), ("aac", "no ending, m4a"), ("opus", "Kapitel 1. Der Mond"), ("wma", "SONG.WEBM"),
    ):  # fmt: skip
        yield Sample(called, partial(encoded, name), within=FORMATS[name][2] + 0.01, tones=tones(1))


SAMPLES: Sequence[Sample] = [
    *_formats(), *_in_a_row(), *_damaged(), *_headers(), *_labels(), *_times(), *_names()
]  # fmt: skip


def main(folder: Path) -> None:
    for each in SAMPLES:
        folder.joinpath(each.name).write_bytes(each.content())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
