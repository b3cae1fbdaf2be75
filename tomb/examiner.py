"""Looks at strangers' files: the child that tomb/nurseries/inspection.py starts, and may kill at any time.

    python -m tomb.examiner

Takes questions on stdin and says what it found on stdout, JSON objects, one a line. First it says that it is ready:

    < {"done": true}
    > {"source": "/inbox/1.mp3", "name": "1.mp3", "sound": "/incoming/1f0c.mp3"}
    < {"going_on": true}
    < {"duration_ms": 83500, "damaged_ms": null, "lacking": false, "pieces": [], "unended": false, "seek_marks": null,
       "loudness": {"track": -14.3, "album": null, "peak": 0.98}}
    < {"loudness": {"track": -14.1, "album": -13.9, "peak": 0.98}}
    < {"labels": {"title": "The moon", "artist": null, "album": null, "disc": null, "track": 7, "chapters": []}}
    < {"cover": "base64…", "ext": "jpg"}
    < {"done": true}
    > {"folder": "/inbox"}
    < {"cover": "base64…", "ext": "png"}
    < {"done": true}
    > {"picture": "/incoming/1f0d"}
    < {"refused": "it is no JPEG, PNG, WebP or GIF"}
    < {"done": true}
    > {"cover": "/covers/1f0e.jpg", "side": "300", "ext": "webp"}
    < {"cover": "base64…", "ext": "webp"}
    < {"done": true}

What was found is said before anything is done that could be the end of the child, so that it counts even then: loudness
as it was measured, and again if tags know better. Without "sound" there is no duration. A file that cannot be played:
`{"refused": "no sound in it", "lacking": true}`. "lacking": a better decoder may get more out of it. "pieces" and
"unended" are for that one, see tomb/library/structure.py.

A file is decoded to its end, by the very decoder that will play it: only what was heard is told. That takes 1 s for 10
to 20 minutes of music on a Pi, so "going_on" comes now and then.

What it may take. Of addresses, what the box allows (tomb/nurseries/inspection.py). Of time, `WORK_S` of its own between
two signs of life, and more on a clock: it gives way to all others, who may leave it little. Of addresses for sound,
only `SOUND_MEMORY` beyond what it has when it is idle: the box itself decodes the file whenever it is played, and what
costs more here would cost more there, where nobody limits it. Therefore all of it is played here as the box would.
And once all is loaded, the process gives up for good to write, make or remove anything, to run programs, and to reach
anybody (`sandbox`), where the kernel has Landlock. It may still read: which files it will be asked about, nobody knows.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import msgspec
from msgspec.structs import replace

from tomb import sandbox
from tomb.devices.decoder import LONGEST_S, Measure, measure
from tomb.errors import DecodeError, NoSound
from tomb.library import containers, covers, labels, meter, structure
from tomb.library.chapters import embedded
from tomb.library.containers import Container
from tomb.library.covers import NoPicture, Picture
from tomb.library.meter import Measured, Meter
from tomb.library.structure import Structure

DONE = {"done": True}
SOUND_MEMORY = 128 * 1024 * 1024
RATE = 48_000  # what the box plays at costs as much
WORK_S = 10.0  # of a processor; after that the kernel ends it by SIGPROF, whatever library it is in
LEEWAY_S = 0.12  # silence that MP3 encoders put around the music, and decoders take away again


class Report(Protocol):
    def __call__(self, words: Mapping[str, object], /, *, waits: bool = False) -> None:
        """Say it. `waits`: until the next is said, for nothing comes between that a file could make the end of."""


class Examiner:
    """Answers questions. The tracks of an album mostly bring the same picture: it is scaled once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._last: tuple[bytes, Picture | str] = (b"", "it is empty")

    def sound(self, source: Path, name: str, sound: Path | None) -> None:
        try:
            heard = None if sound is None else self._heard(sound)
        except DecodeError as error:
            self._report({"refused": str(error), "lacking": isinstance(error, NoSound)}, waits=True)
            return
        except MemoryError:
            self._report({"refused": "it takes more memory to play than the box can spare"})
            return
        if heard is None:
            built, _ = self._structure(source)
            self._report({"pieces": built.pieces, "unended": built.unended})
        else:
            found, measured = heard
            self._report({**found, "loudness": {"track": measured.track, "album": None, "peak": measured.peak}})
        kind = _kind(source)
        tags = labels.tags(source, kind)
        if heard is not None:
            _, measured = heard
            track, album = meter.tagged(source, tags)
            if track is not None or album is not None:
                level = measured.track if track is None else track
                self._report({"loudness": {"track": level, "album": album, "peak": measured.peak}}, waits=True)
        said, picture = labels.told(tags, containers.stem(name))
        in_parts = kind in embedded.KINDS
        self._report({"labels": said}, waits=not in_parts and picture is None)
        if in_parts and (marks := embedded.read(source, tags)):
            self._report({"labels": replace(said, chapters=marks)})
        if picture is not None and (why := self._picture(picture)):
            self._report({"unshown": why}, waits=True)

    def beside(self, folder: Path) -> None:
        """The first picture that is one."""
        any(self._picture(data) is None for data in covers.beside(folder))

    def _heard(self, sound: Path) -> tuple[Mapping[str, object], Measured]:
        """How long and how loud it is, once it has been played. Raises: DecodeError, MemoryError."""
        measuring = Meter(RATE)
        with _bounded(SOUND_MEMORY):
            heard = measure(sound, RATE, measuring.add, self._go_on)
        built, kind = self._structure(sound)
        found = {
            "duration_ms": round(heard.heard_s * 1000),
            "damaged_ms": _damaged_ms(heard, built, kind),
            "lacking": _lacking(heard, built),
            "pieces": built.pieces,
            "unended": built.unended,
            "seek_marks": built.seek_marks,
        }
        return found, measuring.result

    def _structure(self, path: Path) -> tuple[Structure, Container | None]:
        kind = containers.container(path)
        return Structure() if kind is None else structure.read(path, kind, self._go_on), kind

    def _go_on(self) -> None:
        self._report({"going_on": True})

    def picture(self, path: Path) -> None:
        """One that somebody chose: either it is taken, or he hears why not."""
        with path.open("rb") as file:
            data = file.read(covers.LARGEST + 1)
        try:
            self._found(covers.taken(data))
        except NoPicture as error:
            self._report({"refused": str(error)}, waits=True)

    def fitted(self, cover: Path, side: int, ext: Literal["jpg", "webp"]) -> None:
        """One that the library keeps, smaller."""
        try:
            self._found(Picture(covers.fitted(cover.read_bytes(), side, ext), ext))
        except (NoPicture, OSError) as error:
            self._report({"refused": str(error)}, waits=True)

    def _found(self, picture: Picture) -> None:
        self._report({"cover": picture.data, "ext": picture.ext}, waits=True)

    def _picture(self, data: bytes) -> str | None:
        """Why it is no cover, if so."""
        if data != self._last[0]:
            try:
                self._last = data, covers.taken(data)
            except NoPicture as error:
                self._last = data, str(error)
        picture = self._last[1]
        if isinstance(picture, str):
            return picture
        self._found(picture)
        return None


def _kind(path: Path) -> Container | None:
    with suppress(OSError):
        return containers.container(path)
    return None


def _lacking(heard: Measure, built: Structure) -> bool:
    more = built.seconds is not None and built.seconds > heard.heard_s + LEEWAY_S
    return not heard.whole or more or bool(built.pieces)


def _damaged_ms(heard: Measure, built: Structure, kind: Container | None) -> int | None:
    """Where it is damaged first. An MP3 that says too much may have been cut by somebody who meant it."""
    if built.damaged_s is not None:
        return round(min(built.damaged_s, heard.heard_s) * 1000)
    if kind == "mp3" or built.pieces:
        return None
    there_s = heard.heard_s if built.seconds is None else max(built.seconds, heard.heard_s)
    stopped = heard.failed and (built.seconds is None or built.seconds > heard.heard_s + LEEWAY_S)
    cut_off = there_s + LEEWAY_S < heard.told_s <= LONGEST_S
    return round(heard.heard_s * 1000) if stopped or cut_off else None


def main() -> None:
    # systemd stops all processes of a service at once; this one is needed until the box lets go of it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # whatever it was started with
    out = _own_stdout()
    _load()
    # It need not write; nothing that takes it over will. The limit is for kernels without Landlock.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sandbox.restrict(read=None)

    def report(words: Mapping[str, object], /, *, waits: bool = False) -> None:
        out.write(msgspec.json.encode(words) + b"\n")
        if not waits:
            out.flush()
            _allow_work()

    examiner = Examiner(report)
    report(DONE)
    for line in sys.stdin.buffer:
        _answer(examiner, json.loads(line))
        report(DONE)


def _answer(examiner: Examiner, asked: Mapping[str, str | None]) -> None:
    match asked:
        case {"folder": str(folder)}:
            examiner.beside(Path(folder))
        case {"picture": str(picture)}:
            examiner.picture(Path(picture))
        case {"cover": str(cover), "side": str(side), "ext": "jpg" | "webp" as ext}:
            examiner.fitted(Path(cover), int(side), ext)
        case {"source": str(source), "name": str(name), "sound": sound}:
            examiner.sound(Path(source), name, None if sound is None else Path(sound))


def _allow_work() -> None:
    """From here on. RLIMIT_CPU says until when, by a clock of the kernel's own that counts in ticks and that no program
    can read: on a quarter of a processor it got ahead of getrusage by 10 s in a hundred files, and the next was blamed.
    """
    signal.setitimer(signal.ITIMER_PROF, WORK_S)


@contextmanager
def _bounded(more: int) -> Iterator[None]:
    """So many bytes of addresses beyond what there are now, and never beyond the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with Path("/proc/self/statm").open("rb", buffering=0) as file:
        used = int(file.read(100).split()[0]) * resource.getpagesize()
    bound = used + more if hard == resource.RLIM_INFINITY else min(used + more, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _own_stdout() -> BinaryIO:
    """What C libraries print must not come between the answers."""
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return ours


def _load() -> None:
    """What is loaded when it is first needed, loaded now: a file's time must not run meanwhile."""
    import numpy.fft  # noqa: F401
    import soundfile  # noqa: F401
    import soxr  # noqa: F401
    import tinytag  # noqa: F401
    from PIL import (  # noqa: F401
        BmpImagePlugin,
        GifImagePlugin,
        ImageCms,
        ImageOps,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )


if __name__ == "__main__":
    main()
