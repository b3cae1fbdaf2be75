"""How long a sound file is by how it is built, whatever its header claims, and where it is broken.

Headers are written by programs that were switched off, cut, or joined to others with `cat`. The frames of an MP3, the
pages of an Ogg and the chunks of a WAV can be walked from one to the next without decoding a sample: what they add up
to is what a good decoder would give. Who finds that libsndfile gives less knows that there is more to be had.

Files in a row are told by their second beginning. A decoder that goes by the first header stops where that one ends,
so each is decoded for itself (`transcode`).

It reads strangers' bytes, so it runs in the examiner; each byte is looked at a few times at most, and little is kept.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from tomb.library.containers import MOST_PIECES, Container
from tomb.models import SeekMarks

Range = tuple[int, int]
"""Of bytes: the first, and the one after the last."""

PACE = 64 * 1024 * 1024  # bytes between two signs of life
BLOCK = 256 * 1024


class Structure(Struct, frozen=True):
    """`seconds`: what can be had; None where that is not known. `damaged_s`: where something does not belong, or where
    it was cut off. `pieces`: files in a row, if there are several. `unended`: a WAV whose header says too little.
    `seek_marks`: of an MP3 that is long and as regular as an encoder makes it."""

    seconds: float | None = None
    damaged_s: float | None = None
    pieces: tuple[Range, ...] = ()
    unended: bool = False
    seek_marks: SeekMarks | None = None


def read(path: Path, kind: Container, going_on: Callable[[], None] = lambda: None) -> Structure:
    """Walk through it. `going_on` is called now and then. Raises: OSError."""
    with path.open("rb") as file:
        data = Bytes(file.fileno())
        match kind:
            case "mp3":
                return _mp3(data, going_on)
            case "ogg":
                return _ogg(data, going_on)
            case "wav":
                return _wav(data)
            case "aiff":
                return Structure(pieces=_starting(data, list(_boxed(data, b"FORM", b"AIF"))))
            case "mov":
                return Structure(pieces=_starting(data, list(_atoms(data))))
            case "flac":
                return _flac(data)
            case "asf":
                return Structure(pieces=_starting(data, list(_found(data, _ASF))))
            case "matroska":
                return Structure(pieces=_starting(data, [at for at in _found(data, _EBML) if _doctype(data, at)]))
    return Structure()


class Bytes:
    """A file as if it were one string. (Mapped as a whole it would have to fit into the addresses of the examiner.)"""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._block, self._at = b"", 0

    def __len__(self) -> int:
        return self._size

    def at(self, start: int, size: int) -> bytes:
        """Fewer at the end."""
        offset = start - self._at
        if offset < 0 or offset + size > len(self._block):
            self._block, self._at, offset = os.pread(self._descriptor, max(size, BLOCK), start), start, 0
        return self._block[offset : offset + size]

    def find(self, mark: bytes, start: int) -> int:
        """Where it is next, or -1."""
        while start < self._size:
            self.at(start, len(mark))
            place = self._block.find(mark, start - self._at)
            if place >= 0:
                return self._at + place
            start = self._at + max(len(self._block) - len(mark) + 1, 1)
        return -1


_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML = b"\x1a\x45\xdf\xa3"


def _doctype(data: Bytes, at: int) -> bool:
    head = data.at(at, 64)
    return b"matroska" in head or b"webm" in head


def _starting(data: Bytes, starts: list[int]) -> tuple[Range, ...]:
    """The pieces that begin there; none if that is one, or more than anybody joins."""
    if not 1 < len(starts) <= MOST_PIECES:
        return ()
    return tuple(zip(starts, [*starts[1:], len(data)], strict=True))


def _found(data: Bytes, *marks: bytes) -> Iterator[int]:
    """Where one of the marks is."""
    at = -1
    nexts = {mark: data.find(mark, 0) for mark in marks}
    for _ in range(MOST_PIECES + 1):
        for mark, place in nexts.items():
            if 0 <= place <= at:
                nexts[mark] = data.find(mark, at + 1)
        places = [place for place in nexts.values() if place > at]
        if not places:
            return
        at = min(places)
        yield at


def _atoms(data: Bytes) -> Iterator[int]:
    """Where an MP4 begins: `ftyp` is its first atom, and there is one (ISO 14496-12, section 4.3)."""
    at = 0
    while at + 16 <= len(data):
        size, name, vast = struct.unpack(">I4sQ", data.at(at, 16))
        size = vast if size == 1 else size
        if name == b"ftyp":
            yield at
        if size < 8:  # 0: it goes on to the end of the file
            return
        at += size


# --- FLAC ------------------------------------------------------------------------------------------------------------

# The stream's own block comes first, is 34 bytes long and may be the last (RFC 9639, section 8.1).
_FLAC = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_LAST_FRAMES = 256 * 1024


def _flac(data: Bytes) -> Structure:
    """Its header may say any number of samples, so the last frame is asked for its own."""
    starts = list(_found(data, *_FLAC))
    if pieces := _starting(data, starts):
        return Structure(pieces=pieces)
    head = data.at(starts[0] + 8, 18) if starts else b""
    if len(head) < 18:
        return Structure()
    block_size, rate = int.from_bytes(head[:2], "big"), int.from_bytes(head[10:13], "big") >> 4
    end = data.at(max(len(data) - _LAST_FRAMES, starts[0]), _LAST_FRAMES)
    at, samples = len(end), None
    while rate and samples is None and (at := end.rfind(b"\xff", 0, at)) >= 0:
        samples = _flac_samples(end[at : at + 16], block_size)
    return Structure(None if samples is None else samples / rate)


def _flac_samples(frame: bytes, block_size: int) -> int | None:
    """That are over after this frame; None if it is none. (RFC 9639, section 9.1)"""
    if len(frame) < 16 or frame[1] & 0xFE != 0xF8 or frame[2] >> 4 == 0:
        return None
    # The number is coded as UTF-8 is: as many bytes as there are bits set in front.
    length = max(8 - (frame[4] ^ 0xFF).bit_length(), 1)
    number = frame[4] & (0x7F if length == 1 else 0x7F >> length)
    for byte in frame[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    kind, at = frame[2] >> 4, 4 + length
    if kind == 6:
        size = frame[at] + 1
    elif kind == 7:
        size = int.from_bytes(frame[at : at + 2], "big") + 1
    else:
        size = 192 if kind == 1 else 576 << kind - 2 if kind < 6 else 256 << kind - 8
    at += {6: 1, 7: 2}.get(kind, 0) + {12: 1, 13: 2, 14: 2}.get(frame[2] & 0xF, 0)
    if at >= len(frame) or _crc8(frame[:at]) != frame[at]:
        return None
    return (number if frame[1] & 1 else number * block_size) + size


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07 * (value >> 7)) & 0xFF
    return value


# --- MP3 -------------------------------------------------------------------------------------------------------------

# ISO 11172-3 and 13818-3: kbit/s by version 1 or 2 and by layer; Hz by the bits of the version, 2.5 being nobody's
# standard and everybody's practice.
_BIT_RATES = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LENGTHS = (b"Xing", b"Info", b"VBRI")
MARKED_S = 600  # of sound: to walk through that takes the decoder 60 ms
EVERY = 512  # frames from mark to mark: 13 s


def _frame_kinds() -> dict[int, tuple[int, int, int]]:
    """By the second and third byte of a header, without what does not matter: bytes, samples and Hz of such a frame."""
    kinds = {}
    for bits, rates in _RATES.items():
        version = 1 if bits == 3 else 2
        for layer in (1, 2, 3):
            for index, kilobits in enumerate(_BIT_RATES[version, layer]):
                for rate_index, rate in enumerate(rates):
                    for padded in (0, 1):
                        samples = 384 if layer == 1 else 576 if layer == 3 and version == 2 else 1152
                        if layer == 1:
                            size = (12 * kilobits * 1000 // rate + padded) * 4
                        else:
                            size = samples // 8 * kilobits * 1000 // rate + padded
                        second = 0xE0 | bits << 3 | (4 - layer) << 1
                        if kilobits:  # 0: a bit rate of its own, which is for nobody but its maker
                            kinds[second << 8 | index << 4 | rate_index << 2 | padded << 1] = size, samples, rate
    return kinds


_FRAMES = _frame_kinds()


def _frame(data: Bytes, at: int) -> tuple[int, int, int] | None:
    head = data.at(at, 4)
    if len(head) < 4 or head[0] != 0xFF:
        return None
    return _FRAMES.get((head[1] & 0xFE) << 8 | head[2] & 0xFE)


def _mp3(data: Bytes, going_on: Callable[[], None]) -> Structure:
    at = _behind_tag(data, 0)
    seconds, damaged_s, first, paced, marking = 0.0, None, None, PACE, _Marking()
    while at < len(data):
        if at > paced:
            paced += PACE
            going_on()
        frame = _frame(data, at)
        if frame is None:
            behind = _behind_tag(data, at)
            if behind == at:
                behind = _next_frame(data, at)
                if first is not None and damaged_s is None and (behind < len(data) or not _is_padding(data, at)):
                    damaged_s = seconds
            at = behind
            continue
        size, samples, rate = frame
        if at + size > len(data):  # the last one is cut off
            damaged_s = seconds if damaged_s is None else damaged_s
            break
        head = data.at(at, 64)
        if not any(each in head for each in _LENGTHS):
            seconds += samples / rate
            marking.frame(at, samples, rate)
        elif first is None:
            marking.head(at, data.at(at, size))
        else:
            marking.regular = False  # the head of another file that was joined to this one
        first = first or frame
        at += size
    long = seconds >= MARKED_S and damaged_s is None
    return Structure(seconds if first else None, damaged_s, seek_marks=marking.marks() if long else None)


class _Marking:
    """Writes down where the frames of an MP3 are, as they are passed.

    Its head says how many frames there are, and how many samples at both ends are the encoder's own: in the LAME tag
    behind its other fields (gabriel.mp3-tech.org/mp3infotag.html).
    """

    def __init__(self) -> None:
        self.regular = True
        self._head: tuple[int, int] | None = None  # where it is, and samples that are not to be heard
        self._kind: tuple[int, int] | None = None
        self._frames = 0
        self._offsets: list[int] = []

    def head(self, at: int, frame: bytes) -> None:
        mark = max(frame.find(b"Xing"), frame.find(b"Info"))
        flags = frame[mark + 7] if 0 <= mark < len(frame) - 8 else 0
        # Frames, bytes, a table of contents and the quality are each there or not; then come 21 bytes of LAME's.
        tag = mark + 8 + 4 * bool(flags & 1) + 4 * bool(flags & 2) + 100 * bool(flags & 4) + 4 * bool(flags & 8)
        ends = frame[tag + 21 : tag + 24]
        if flags & 1 and len(ends) == 3:
            self._head = at, (ends[0] << 4 | ends[1] >> 4) + ((ends[1] & 15) << 8 | ends[2])

    def frame(self, at: int, samples: int, rate: int) -> None:
        if self._frames % EVERY == 0:
            self._offsets.append(at)
        self._kind = self._kind or (samples, rate)
        self.regular = self.regular and self._kind == (samples, rate)
        self._frames += 1

    def marks(self) -> SeekMarks | None:
        if not self.regular or self._head is None or self._kind is None:
            return None
        (samples, _), (at, left_out) = self._kind, self._head
        return SeekMarks(EVERY, samples, self._frames * samples - left_out, at, tuple(self._offsets))


def _is_padding(data: Bytes, at: int) -> bool:
    """Whether nothing follows that could have been sound: zeros, a tag that is cut off, less than a frame."""
    return len(data) - at < 1500 or not any(data.at(at, 4096))


def _next_frame(data: Bytes, at: int) -> int:
    """Where the frames go on: at one that another follows. The end if nowhere."""
    while (at := data.find(b"\xff", at + 1)) >= 0:
        frame = _frame(data, at)
        if frame and (at + frame[0] == len(data) or _frame(data, at + frame[0])):
            return at
    return len(data)


def _behind_tag(data: Bytes, at: int) -> int:
    """Behind what belongs between files and is no sound: ID3v2, ID3v1, APEv2 and Lyrics3 tags."""
    while True:
        head = data.at(at, 32)
        if head.startswith(b"ID3") and len(head) >= 10:
            at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + 10 * bool(head[5] & 0x10)
        elif head.startswith(b"TAG"):
            at += 128
        elif head.startswith(b"APETAGEX") and len(head) == 32:
            at += 32 + struct.unpack_from("<I", head, 12)[0]
        elif head.startswith(b"LYRICSBEGIN"):
            end = data.find(b"LYRICS200", at)
            at = end + 9 if end > 0 else len(data)
        else:
            return min(at, len(data))


# --- Ogg -------------------------------------------------------------------------------------------------------------

_NO_POSITION = 2**64 - 1
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg(data: Bytes, going_on: Callable[[], None]) -> Structure:
    """Pages with a checksum each (RFC 3533, section 6); streams that are in a row begin after others have ended."""
    at, starts, paced = 0, [], PACE
    beginning, rate, place, damaged_s = False, 0, 0, None
    while (found := data.find(b"OggS", at)) >= 0:
        if found > paced:
            paced += PACE
            going_on()
        page = _page(data, found)
        if damaged_s is None and (page is None or found != at) and rate and found + 27 < len(data):
            damaged_s = place / rate
        if page is None:
            at = found + 4
            continue
        size, first, granule = page
        if first and not beginning:
            starts.append(found)
        if first and not starts[1:]:
            rate = _ogg_rate(data.at(found + 28, 300)) or rate
        if granule != _NO_POSITION and not starts[1:]:
            place = granule
        beginning, at = first, found + size
    return Structure(damaged_s=damaged_s, pieces=_starting(data, starts))


def _page(data: Bytes, at: int) -> tuple[int, bool, int] | None:
    """Size, whether a stream begins with it, and where in that it ends. None if it is damaged or cut off."""
    head = data.at(at, 27 + 255)
    if len(head) < 27:
        return None
    size = 27 + head[26] + sum(head[27 : 27 + head[26]])
    page = data.at(at, size)
    if len(page) < size:
        return None
    [checksum] = struct.unpack_from("<I", page, 22)
    if _checksum(page[:22] + bytes(4) + page[26:]) != checksum:
        return None
    return size, bool(page[5] & 2), struct.unpack_from("<Q", page, 6)[0]


def _checksum(page: bytes) -> int:
    """Ogg's is zlib's with all bits the other way round, and without its inversions."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


def _ogg_rate(packet: bytes) -> int:
    """Of the positions in a stream that begins so; 0 if it is no sound."""
    if b"OpusHead" in packet[:16]:
        return 48000
    start = packet.find(b"\x01vorbis")
    if 0 <= start < 16 and len(packet) >= start + 16:
        return int(struct.unpack_from("<I", packet, start + 12)[0])
    return 0


# --- RIFF and IFF ----------------------------------------------------------------------------------------------------

_BARE = (1, 3, 0xFFFE)  # whole numbers, fractions, and either with more said of them
_UNKNOWN = (0, 0xFFFFFFFF)  # as they are written into a pipe, or before the recorder was switched off


def _boxed(data: Bytes, form: bytes, kind: bytes) -> Iterator[int]:
    at = 0
    order = "<" if form == b"RIFF" else ">"
    while (head := data.at(at, 12)).startswith(form) and head[8:].startswith(kind):
        yield at
        [size] = struct.unpack_from(f"{order}I", head, 4)
        at += 8 + size + size % 2


def _wav(data: Bytes) -> Structure:
    pieces = _starting(data, list(_boxed(data, b"RIFF", b"WAVE")))
    if pieces:
        return Structure(pieces=pieces)
    at, per_second, vast = 12, 0, 0
    while len(head := data.at(at, 24)) >= 8:
        name, size = struct.unpack_from("<4sI", head)
        if name == b"ds64" and len(head) == 24:
            [vast] = struct.unpack_from("<Q", head, 16)  # EBU Tech 3306: what has no room in 32 bits
        elif name == b"fmt " and len(head) == 24:
            tag, _, rate, _, block = struct.unpack_from("<HHIIH", head, 8)
            per_second = rate * block if tag in _BARE else 0
        elif name == b"data":
            return _data(data, at + 8, vast if size == 0xFFFFFFFF and vast else size, per_second)
        at += 8 + size + size % 2
    return Structure()


def _data(data: Bytes, start: int, size: int, per_second: int) -> Structure:
    """What the samples say, of which there are `per_second` bytes for one."""
    there = len(data) - start
    unended = size in _UNKNOWN or (size < there and not _chunks_to_the_end(data, start + size + size % 2))
    seconds = (there if unended else min(size, there)) / per_second if per_second else None
    cut = seconds if size > there and size not in _UNKNOWN else None
    return Structure(seconds, cut, unended=unended and size not in _UNKNOWN)


def _chunks_to_the_end(data: Bytes, at: int) -> bool:
    while len(head := data.at(at, 8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if not all(0x20 <= byte < 0x7F for byte in name):
            return not any(data.at(at, 65536))  # zeros are nothing
        at += 8 + size + size % 2
    return True
