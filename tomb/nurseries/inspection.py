"""Looks at files that come from anybody, by child processes: what can be heard of them, labels, picture.

Decoders are where a stranger's bytes could do harm, so none of them runs in the box on its way into the library. The
child (tomb/examiner.py) has `LIMIT_S` for a file and `MEMORY` for itself. A file that takes longer, or that it dies of,
cannot be played; the next file gets a new child. One child serves many files, one at a time; after some idle seconds it
goes, and its memory with it. There are `AT_ONCE`, where so many files come at once.

Each file is decoded to its end: an audiobook of five hours takes minutes on a Pi. The child says now and then that it
is going on, and has `LIMIT_S` from there; `GOING_ON_S` at most.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Annotated, Literal

import msgspec
import trio
from msgspec import Meta, Struct

from tomb import confined
from tomb.errors import DecodeError, NoSound, Unavailable
from tomb.library import chapters, containers
from tomb.library.containers import MOST_PIECES
from tomb.library.covers import Picture
from tomb.library.labels import Labels, clean, label
from tomb.models import UNKNOWN, Loudness, SeekMarks
from tomb.nurseries.ingest import Findings

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "tomb.examiner")
MEMORY = 512 * 1024 * 1024  # of addresses; 120 MB of these are the program itself and its libraries, 40 MB in memory
KEPT = 16 * 1024 * 1024  # of its memory, free or not, while it lives; what is asked for at once beyond that is not
LIMIT_S = 180.0  # its own ten seconds (tomb/examiner.py), behind everything else on a quarter of a processor
GOING_ON_S = 3600.0
AT_ONCE = min(2, len(os.sched_getaffinity(0)))  # each takes a core, behind the music, and 40 MB
LONGEST_S = 7 * 24 * 3600  # of music
MOST_LINES = 8
MOST_MARKS = 100_000  # 500 MiB of the smallest frames have 40,000
START_S = 30.0  # a Pi that does much else
IDLE_S = 20.0
LONGEST_LINE = 4 * 1024 * 1024  # a picture as it is kept has 1.5 MB at most


_Duration = Annotated[int, Meta(ge=0, le=LONGEST_S * 1000)]
_Level = Annotated[float, Meta(ge=-100, le=50)]
_Place = Annotated[int, Meta(ge=0, le=2**40)]  # in a file


class _Loudness(Struct, frozen=True, forbid_unknown_fields=True):
    """`Loudness` as it is said."""

    track: _Level | None = None
    album: _Level | None = None
    peak: Annotated[float, Meta(ge=0, le=1)] | None = None

    @property
    def model(self) -> Loudness:
        return Loudness(track=self.track, album=self.album, peak=self.peak)


class _Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the child's; see tomb/examiner.py. Not believed blindly: a file may have taken the child over."""

    duration_ms: _Duration | None = None
    loudness: _Loudness | None = None
    damaged_ms: _Duration | None = None
    lacking: bool = False
    seek_marks: SeekMarks | None = None
    pieces: Annotated[tuple[tuple[_Place, _Place], ...], Meta(max_length=MOST_PIECES)] = ()
    unended: bool = False
    labels: Labels | None = None
    cover: bytes | None = None
    unshown: Annotated[str, Meta(max_length=200)] | None = None
    ext: Literal["jpg", "png", "webp"] = "jpg"
    refused: Annotated[str, Meta(max_length=1000)] | None = None
    going_on: bool = False
    done: bool = False

    def __post_init__(self) -> None:
        """Raises: ValueError, of which the decoder makes a ValidationError."""
        said, found = self.labels, self.seek_marks
        if said and any(clean(text) != text for text in (said.title, said.artist, said.album)):
            raise ValueError("no label says this")
        if said and chapters.tidy(said.chapters) != said.chapters:
            raise ValueError("no label says this")
        if found:
            numbers = (found.every, found.samples, found.total, found.head, *found.offsets)
            if min(numbers) < 0 or max(numbers) > 2**40 or len(numbers) > MOST_MARKS:
                raise ValueError("no file is like this")


_LINES = msgspec.json.Decoder(_Line)


TOO_LONG = "looking at it takes too long"


class _Lost(Exception):
    """The child ended, or says what makes no sense: in words for a parent."""

    def __init__(self, trouble: str = "damaged in a way that it cannot even be looked at") -> None:
        super().__init__(trouble)


class _Child:
    """`scope` is around its life: cancelled, the child is killed; by its deadline after idle seconds."""

    def __init__(self, process: trio.Process) -> None:
        self.scope = trio.CancelScope()
        self._process = process
        self._heard = bytearray()

    @property
    def lives(self) -> bool:
        return not self.scope.cancel_called and self._process.poll() is None

    async def ask(self, question: Mapping[str, str | None]) -> None:
        assert self._process.stdin is not None
        try:
            await self._process.stdin.send_all(json.dumps(question).encode() + b"\n")
        except trio.BrokenResourceError as error:
            raise _Lost from error

    async def line(self) -> _Line:
        """The next line."""
        assert isinstance(self._process.stdout, trio.lowlevel.FdStream)
        said = self._process.stdout.fileno()
        while b"\n" not in self._heard:
            # Not `receive_some`, which lets everybody else have a turn, and tries in vain, before it waits.
            await trio.lowlevel.wait_readable(said)
            more = os.read(said, 65536)
            if not more:
                raise await self._ended()
            if len(self._heard) > LONGEST_LINE:
                raise _Lost
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        try:
            return _LINES.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _Lost from error

    async def _ended(self) -> _Lost:
        with trio.move_on_after(confined.GONE_S):
            await self._process.wait()
        return _Lost(TOO_LONG) if self._process.returncode == -signal.SIGPROF else _Lost()


class Inspection:
    """`run` must be running. A request that is cancelled costs a child, and the next one nothing."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        limit_s: float = LIMIT_S,
        idle_s: float = IDLE_S,
        going_on_s: float = GOING_ON_S,
    ) -> None:
        self._command = command
        self._limit_s = limit_s
        self._idle_s = idle_s
        self._going_on_s = going_on_s
        self._turns = trio.CapacityLimiter(AT_ONCE)
        self._nursery: trio.Nursery | None = None
        self._idle: list[_Child] = []

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the child, for ever."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                task_status.started()
                await trio.sleep_forever()
            finally:
                self._nursery = None

    async def sound(self, source: Path, name: str, sound: Path | None) -> Findings:
        """What `source` says of itself, and how long `sound` is, which may be another file with the same music.

        `name`: what the file was called where it came from.
        Raises: DecodeError when `sound` cannot be played; Unavailable when nothing can be examined now.
        """
        asked = {"source": str(source), "name": name, "sound": None if sound is None else str(sound)}
        lines, trouble = await self._ask(asked)
        heard = next((each for each in lines if each.duration_ms is not None), None)
        # Music whose labels or picture were too much for the child is music all the same.
        if sound is not None and heard is None:
            refused = next((each for each in lines if each.refused is not None), None)
            kind = NoSound if refused is not None and refused.lacking else DecodeError
            raise kind((refused and refused.refused) or trouble or "it does not say how long it is")
        # Said twice, loudness first without the tags, and labels without the chapters: these are the most work.
        said = next((each.labels for each in reversed(lines) if each.labels), Labels(label(containers.stem(name))))
        built = heard or next((each for each in lines if each.pieces or each.unended), _Line())
        return Findings(
            said,
            built.duration_ms or 0,
            next((each.loudness.model for each in reversed(lines) if each.loudness is not None), UNKNOWN),
            _picture(lines),
            damaged_ms=built.damaged_ms,
            lacking=built.lacking,
            pieces=built.pieces,
            unended=built.unended,
            seek_marks=built.seek_marks,
            unshown=next((each.unshown for each in lines if each.unshown), ""),
        )

    async def beside(self, folder: Path) -> Picture | None:
        """The cover.jpg or the like in a folder of music. Raises: Unavailable when nothing can be examined now."""
        lines, _ = await self._ask({"folder": str(folder)})
        return _picture(lines)

    async def picture(self, source: Path) -> Picture:
        """What is to be kept of a picture. Raises: DecodeError in words why it is not taken; Unavailable."""
        return await self._pictured({"picture": str(source)})

    async def fitted(self, cover: Path, side: int, ext: Literal["jpg", "webp"]) -> Picture:
        """A picture of the library, at most so many pixels wide and high. Raises as `picture` does."""
        return await self._pictured({"cover": str(cover), "side": str(side), "ext": ext})

    async def _pictured(self, asked: Mapping[str, str | None]) -> Picture:
        lines, trouble = await self._ask(asked)
        picture = _picture(lines)
        if picture is None:
            raise DecodeError(next((each.refused for each in lines if each.refused), trouble or "it is none"))
        return picture

    async def _ask(self, question: Mapping[str, str | None]) -> tuple[list[_Line], str | None]:
        """All that it said, and in words for a parent why it was not all, if so."""
        lines: list[_Line] = []
        trouble: str | None = TOO_LONG
        async with self._turns:
            child = await self._living()
            child.scope.deadline = float("inf")
            try:
                last = trio.current_time() + self._going_on_s
                with trio.move_on_after(min(self._limit_s, self._going_on_s)) as patience:
                    await child.ask(question)
                    while not lines or not lines[-1].done:
                        lines.append(await child.line())
                        if len(lines) > MOST_LINES:
                            raise _Lost
                        if lines[-1].going_on:
                            patience.deadline = min(trio.current_time() + self._limit_s, last)
                            lines.pop()
                    trouble = None
            except _Lost as lost:
                trouble = str(lost)
            finally:
                if trouble is None:
                    child.scope.deadline = trio.current_time() + self._idle_s
                    self._idle.append(child)
                else:
                    child.scope.cancel()
        if trouble is not None:
            if self._nursery is None:
                raise Unavailable("the box is being switched off")  # the file is not to blame
            log.warning("%s: %s", next(iter(question.values())), trouble)
        return lines, trouble

    async def _living(self) -> _Child:
        self._idle = [child for child in self._idle if child.lives]
        if self._idle:
            return self._idle.pop()
        if self._nursery is None:
            raise Unavailable("the box is being switched off")
        child: _Child = await self._nursery.start(self._keep)
        return child

    async def _keep(self, *, task_status: trio.TaskStatus[_Child]) -> None:
        """A child from its start to its end."""
        try:
            async with confined.child(
                self._command, memory=MEMORY, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
            ) as process:
                child = _Child(process)
                with trio.fail_after(START_S):
                    await child.line()
                task_status.started(child)
                with child.scope:
                    await process.wait()
        except OSError as error:
            raise Unavailable(f"files cannot be examined now: {error.strerror}") from error
        except (trio.TooSlowError, _Lost) as error:
            raise Unavailable("files cannot be examined now: the examiner does not start") from error


def _environment() -> Mapping[str, str]:
    # Else numpy's linear algebra reserves 40 MB of addresses for each core, to multiply no matrix at all; and what
    # held a piece of sound goes back to the kernel, and is taken anew page by page: a fifth of a small file's time.
    kept = str(KEPT)
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": kept, "MALLOC_TRIM_THRESHOLD_": kept}


def _picture(lines: Sequence[_Line]) -> Picture | None:
    return next((Picture(each.cover, each.ext) for each in lines if each.cover is not None), None)
