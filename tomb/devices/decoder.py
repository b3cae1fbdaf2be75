"""Audio files: what they are, and their sound as int16 stereo frames at the rate of the stream.

libsndfile decodes, soxr resamples; both are imported when the first file is opened, to keep them out of the box's
start. Their errors end here, as `DecodeError`. All of it blocks: call it in a thread.
"""

import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from tomb.devices.shortened import Shortened
from tomb.errors import DecodeError, NoSound
from tomb.models import SeekMarks

if TYPE_CHECKING:
    import soundfile
    import soxr

Samples = NDArray[np.int16] | NDArray[np.float32]  # shape (frames, channels), at the rate of the file
Frames = NDArray[np.int16]  # shape (frames, 2), at the rate of the stream
Sides = NDArray[np.int16]  # the same, of shape (frames, 1) where both sides are one


class Damaged(DecodeError):
    """What precedes was sound."""


STEP = 4096  # frames decoded at once: of the source or, where resampling makes more of them, of what comes out
COARSE = 16384  # where nobody waits for the first of them: a fifth faster
# What a file may claim of itself. An 8 kB WAV at 1 Hz would else be made into five gigabytes of sound at once.
LOWEST_RATE, HIGHEST_RATE = 4000, 384_000
MOST_CHANNELS = 32
LONGEST_S = 48 * 3600  # a header that claims more is not believed
PACE_S = 10
NEAR_S = 0.05  # nobody hears that a file ends so much sooner or later
SCALE = 32768.0
LOUDEST = 16.0  # of full scale, before it is cut off there
READ_AT_ONCE = 1024 * 1024


class Probe(Struct, frozen=True):
    """`frames` at `rate` Hz; `format` is libsndfile's name of the container: "WAV", "FLAC", "OGG", "MP3", "AIFF", …"""

    duration_ms: int
    frames: int
    rate: int
    channels: int
    format: str


class Measure(Struct, frozen=True):
    """`heard_s`: what a player gets out of it. `told_s`: what libsndfile believes that it gets; it is where a seek goes
    by. `failed`: it cannot be decoded any further than that."""

    heard_s: float
    told_s: float
    failed: bool

    @property
    def whole(self) -> bool:
        return not self.failed and abs(self.heard_s - self.told_s) <= NEAR_S


def measure(
    path: Path, rate: int, heard: Callable[[Sides], None], going_on: Callable[[], None] = lambda: None
) -> Measure:
    """Play all of it at `rate`, into `heard`. `going_on` is called after every `PACE_S` seconds of music.

    Of a step in which damage is met nothing is had, and less than a step is had before what libsndfile passes over. So
    such a file is played once more, in the steps of a player: `heard` is given what precedes the damage there.
    Raises: NoSound; DecodeError when nobody should play it.
    """
    frames, given, told_s, failed = 0, 0, 0.0, False
    for step in (COARSE, STEP):
        frames, paced, failed = 0, PACE_S * rate, False
        with closing(Decoder(path, rate, step=step)) as reader:
            told_s = reader.told_s
            try:
                while len(block := reader.sides(rate)):
                    frames += len(block)
                    if frames > LONGEST_S * rate:
                        raise DecodeError(f"longer than {LONGEST_S // 3600} hours")
                    if frames > given:
                        heard(block[given - frames :])
                        given = frames
                    if frames >= paced:
                        paced += PACE_S * rate
                        going_on()
                if not reader.stumbled:
                    break
            except Damaged:
                failed = True
    if frames == 0:
        raise NoSound("no sound in it")
    return Measure(frames / rate, told_s, failed)


def probe(path: Path, going_on: Callable[[], None] = lambda: None) -> Probe:
    """Say what `path` holds, with the number of frames that really can be decoded.

    The header is believed when the frame that it calls the last is there and none follows; else all is decoded and
    counted. That may take a minute for an audiobook: `going_on` is called after every `PACE_S` seconds of music.
    Raises: DecodeError.
    """
    with _opened(path) as file:
        told = Probe(0, file.frames, file.samplerate, file.channels, file.format)
        honest = _ends_where_told(file)
    frames = told.frames if honest else _count(path, going_on)
    if frames == 0:
        raise NoSound("no sound in it")
    return Probe(round(frames * 1000 / told.rate), frames, told.rate, told.channels, told.format)


class Decoder:
    """One file, decoded from `start_ms` on to stereo at `rate` Hz. Raises DecodeError, also while reading.

    `told_s`: how long its header says that it is. `stumbled`: there was less in a step than asked for, and then more.
    """

    def __init__(
        self, path: Path, rate: int, start_ms: int = 0, seek_marks: bytes | None = None, *, step: int = STEP
    ) -> None:
        """`seek_marks`: of an MP3 (`models.SeekMarks`, packed). Without them its decoder walks through all frames
        before the place: five hours of them, off a card, take longer than anybody waits."""
        self._path = path
        self._file = _open(path)
        self.told_s = self._file.frames / self._file.samplerate
        self._size = path.stat().st_size
        self._pieces: list[Sides] = []
        self._ready = 0
        self._drained = self._was_short = self.stumbled = False
        self._failure: DecodeError | None = None
        self._shortened: Shortened | None = None
        self._dtype: Literal["int16", "float32"] = "float32"
        self._in_whole_numbers = self._file.subtype.startswith("PCM")
        # Whole numbers pass untouched. What has fractions is rounded here: asked for integers, libsndfile 1.2.2 lets
        # Vorbis and Opus wrap around at full scale.
        if self._in_whole_numbers and self._file.samplerate == rate and self._file.channels <= 2:
            self._dtype = "int16"
        self._resampler = _resampler(self._file.samplerate, rate, min(self._file.channels, 2))
        self._step = min(step, max(1, step * self._file.samplerate // rate))
        if start_ms:
            self._seek(start_ms * self._file.samplerate // 1000, seek_marks)

    def read(self, frames: int) -> Frames:
        """The next `frames` frames; fewer at the end, then none. What precedes damage is given before it is raised."""
        block = self.sides(frames)
        return block if block.shape[1] == 2 else block[:, [0, 0]]

    def sides(self, frames: int) -> Sides:
        """As `read`, but with one side alone of what has only one: whoever counts need not count all twice."""
        while self._ready < frames and not self._drained:
            self._decode()
        if self._failure is not None and not self._ready:
            raise self._failure
        block = np.concatenate(self._pieces) if self._pieces else np.empty((0, 2), np.int16)
        self._pieces = [block[frames:]]
        self._ready = len(block[frames:])
        return block[:frames]

    def close(self) -> None:
        self._file.close()
        if self._shortened is not None:
            self._shortened.close()

    def _seek(self, frame: int, seek_marks: bytes | None) -> None:
        """Past the end is the end."""
        import soundfile

        frame = min(frame, self._file.frames)
        marks = None if seek_marks is None else SeekMarks.unpacked(seek_marks)
        left_out = 0 if marks is None else self._leap(frame, marks)
        try:
            self._file.seek(frame - left_out)
        except soundfile.LibsndfileError:
            self._drained = True

    def _leap(self, frame: int, marks: SeekMarks) -> int:
        """Leave out what is before a mark: how many frames of sound. 0 where that is not worth it, or the marks are
        not of what libsndfile found, and so of another file."""
        whole, apart = self._file, marks.every * marks.samples
        place = (frame - whole.samplerate) // apart  # a second before, for frames of an MP3 borrow bits from others
        if marks.total != whole.frames or not 0 < place < len(marks.offsets):
            return 0
        try:
            self._shortened = Shortened(self._path, marks, place)
            shorter = _open(self._path, self._shortened)
        except (DecodeError, OSError, OverflowError):
            return 0
        if shorter.frames != whole.frames - place * apart:
            shorter.close()
            return 0
        self._file = shorter
        whole.close()
        return int(place * apart)

    def _decode(self) -> None:
        try:
            block = _read(self._file, self._step, self._dtype)
        except DecodeError as error:
            reason = _unreadable(self._path)
            self._failure = error if reason is None else DecodeError(reason)
            block = np.empty((0, self._file.channels), self._dtype)
        self._drained = not len(block)  # a short one may come before damage
        self.stumbled |= self._was_short and not self._drained
        self._was_short = len(block) < self._step
        if self._drained and self._failure is None:
            self._failure = self._not_the_end()
        if not self._in_whole_numbers:
            # A broken file may hold what is no number, of which nobody knows what it would sound like, or vast ones.
            if not np.isfinite(block).all():
                np.nan_to_num(block, copy=False)
            np.clip(block, -LOUDEST, LOUDEST, out=block)
        # Of one channel both sides are made at the end: until there it is half the work.
        frames = block if self._file.channels == 1 else stereo(block, self._file.format)
        if self._resampler is not None:
            frames = self._resampler.resample_chunk(frames, last=self._drained)
        self._pieces.append(_int16(frames))
        self._ready += len(frames)

    def _not_the_end(self) -> DecodeError | None:
        """What libsndfile takes for the end may be none: of a file that was cut off meanwhile, or that cannot be read
        any further. (One that was deleted is heard to its end all the same.)"""
        if self._shortened is not None and self._shortened.failure is not None:
            return DecodeError(_unreadable_by(self._shortened.failure))
        try:
            shorter = self._path.stat().st_size < self._size
        except OSError:
            return None
        return DecodeError("it was cut off while it was played") if shorter else None


def _int16(frames: Samples) -> Sides:
    if frames.dtype == np.int16:
        return frames.astype(np.int16, copy=False)
    scaled = frames * np.float32(SCALE)
    np.rint(scaled, out=scaled)
    whole: Sides = np.clip(scaled, -SCALE, SCALE - 1, out=scaled).astype(np.int16)
    return whole


def _resampler(source_rate: int, rate: int, channels: int) -> "soxr.ResampleStream | None":
    if source_rate == rate:
        return None
    import soxr

    return soxr.ResampleStream(source_rate, rate, channels, dtype="float32", quality="HQ")


def _ends_where_told(file: "soundfile.SoundFile") -> bool:
    """libsndfile passes on what headers say: cut-off MP3 and FLAC files say too much, others 2**63 - 1 frames."""
    import soundfile

    if not 0 < file.frames <= LONGEST_S * file.samplerate:
        return False
    try:
        file.seek(file.frames - 1)
        return len(file.read(2, dtype="int16")) == 1
    except soundfile.LibsndfileError:
        return False


def _count(path: Path, going_on: Callable[[], None]) -> int:
    frames = paced = 0
    with _opened(path) as file:
        while step := _readable(file):
            frames += step
            if frames > LONGEST_S * file.samplerate:
                raise DecodeError(f"longer than {LONGEST_S // 3600} hours")
            if frames - paced >= PACE_S * file.samplerate:
                paced = frames
                going_on()
    return frames


def _readable(file: "soundfile.SoundFile") -> int:
    """Frames of the next step: 0 at the end, be it a proper one or damage."""
    try:
        return len(_read(file, STEP, "int16"))
    except DecodeError:
        return 0


def _read(file: "soundfile.SoundFile", frames: int, dtype: Literal["int16", "float32"]) -> Samples:
    import soundfile

    try:
        block: Samples = file.read(frames, dtype=dtype, always_2d=True)
    except soundfile.LibsndfileError as error:
        raise Damaged("damaged: it cannot be decoded any further") from error
    return block


@contextmanager
def _opened(path: Path) -> "Iterator[soundfile.SoundFile]":
    file = _open(path)
    try:
        yield file
    finally:
        file.close()


def _open(path: Path, content: "Shortened | None" = None) -> "soundfile.SoundFile":
    """`content`: what is taken for it."""
    import soundfile

    _check_regular(path)
    try:
        file = _sequential()(content or str(path))
    except soundfile.LibsndfileError as error:
        if reason := _unreadable(path):
            raise DecodeError(reason) from error
        raise NoSound("not an audio file") from error
    try:
        _check_playable(file.samplerate, file.channels)
    except DecodeError:
        file.close()
        raise
    return file


@cache
def _sequential() -> "type[soundfile.SoundFile]":
    import soundfile

    class Sequential(soundfile.SoundFile):  # type: ignore[misc]  # soundfile ships no types, so the base is Any
        def seekable(self) -> bool:
            """No: else `read` seeks to where it is anyway after each block, which in MP3 alters what comes next."""
            return False

    return Sequential


def _check_playable(rate: int, channels: int) -> None:
    """What a piece costs to decode is a matter of these two, so they are looked at before the first is."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise DecodeError(f"no loudspeaker plays {rate} Hz")
    if channels > MOST_CHANNELS:
        raise DecodeError(f"{channels} channels are more than any music has")


def _check_regular(path: Path) -> None:
    """libsndfile has one message for all of these, and would wait for ever at a pipe."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DecodeError("not a file")
        if status.st_size == 0:
            raise DecodeError("empty file")
    except OSError as error:
        raise DecodeError(_unreadable_by(error)) from error


def _unreadable(path: Path) -> str | None:
    """Whether it is the disk that cannot read a file which cannot be decoded: libsndfile has one message for both.

    So the file is read once more, as bytes: it is rare, and what is in memory already costs nothing.
    """
    try:
        with path.open("rb", buffering=0) as file:
            while file.read(READ_AT_ONCE):
                pass
    except OSError as error:
        return _unreadable_by(error)
    return None


def _unreadable_by(error: OSError) -> str:
    return f"unreadable: {(error.strerror or str(error)).lower()}"


# --- any number of channels to two -----------------------------------------------------------------------------------

# What each channel gives to the left and to the right, in the order of WAVE and FLAC (RFC 9639, section 9.1.3): centre
# and surround at -3 dB (ITU-R BS.775), the low-frequency channel left out.
DIRECT, HALF, NOTHING = 1.0, 0.7071, 0.0
LEFT, RIGHT, CENTRE, BASS = (DIRECT, NOTHING), (NOTHING, DIRECT), (HALF, HALF), (NOTHING, NOTHING)
BACK_LEFT, BACK_RIGHT = (HALF, NOTHING), (NOTHING, HALF)
WAVE_ORDER = {
    3: (LEFT, RIGHT, CENTRE),
    4: (LEFT, RIGHT, BACK_LEFT, BACK_RIGHT),
    5: (LEFT, RIGHT, CENTRE, BACK_LEFT, BACK_RIGHT),
    6: (LEFT, RIGHT, CENTRE, BASS, BACK_LEFT, BACK_RIGHT),
    7: (LEFT, RIGHT, CENTRE, BASS, CENTRE, BACK_LEFT, BACK_RIGHT),
    8: (LEFT, RIGHT, CENTRE, BASS, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT),
}
# Vorbis and Opus have an order of their own (RFC 7845, section 5.1.1.2), and libsndfile hands it on.
OGG_ORDER = {
    3: (LEFT, CENTRE, RIGHT),
    4: (LEFT, RIGHT, BACK_LEFT, BACK_RIGHT),
    5: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT),
    6: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, BASS),
    7: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, CENTRE, BASS),
    8: (LEFT, CENTRE, RIGHT, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT, BASS),
}


def stereo(block: Samples, container: str) -> Samples:
    """`block` of shape (frames, channels) as (frames, 2): mono twice, more than two mixed so that nothing can clip.

    More than two are given as float32. More than eight have no agreed meaning: the first two are taken.
    """
    channels = block.shape[1]
    if channels == 1:
        return block[:, [0, 0]]
    shares = (OGG_ORDER if container == "OGG" else WAVE_ORDER).get(channels)
    if shares is None:
        return block[:, :2]
    matrix = np.array(shares, np.float32)
    mixed: NDArray[np.float32] = block.astype(np.float32) @ (matrix / matrix.sum(axis=0))
    return mixed
