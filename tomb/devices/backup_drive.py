"""Where backups go: a folder on a stick, or of a share, which may be absent, full, or never answer.

It is touched by a child alone (tomb/backup_writer.py), which is left behind where it hangs: the box, and its end, wait
for no disk but their own. While one hangs no other is started, so there is one at most.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Annotated, Protocol

import trio
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tomb import confined
from tomb.backup_writer import Refusal
from tomb.errors import Broken, DeviceError, Missing

COMMAND = (sys.executable, "-m", "tomb.backup_writer")
ANSWER_S = 100.0  # an automount that lets a disk spin up, or eight megabytes on a slow stick
LONGEST_LINE = 64 * 1024

# web/src/parts/faults.ts has them in other languages, by how each begins.
WORDS: Mapping[Refusal, str] = {
    "absent": "Nothing is plugged in or mounted at {folder}",
    "in_the_way": "Something that is no folder is in the way to {folder}",
    "read_only": "Backups cannot be written, only read, in {folder}",
    "forbidden": "The box may not write backups into {folder}",
    "full": "There is too little room for one more backup in {folder}",
    "too_large": "FAT32 holds no file of 4 GB; exFAT and ext4 do: {folder}",
    "unlike": "A backup came back damaged from {folder}",
    "broken": "Writing a backup failed in {folder}: {said}",
}
SILENT = "Where backups go does not answer: {folder}"


class Target(Struct, frozen=True):
    """`folder`: absolute. `below`: the folder of mounts that it lies in, None for wherever. `data`: of the box itself.
    `owner`: stands in the names of this box's backups. `make`: folders that lack are made."""

    folder: Path
    below: Path | None
    data: Path
    owner: str
    make: bool = True


class Kept(BaseModel):
    """A backup that is there."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=200)]
    bytes: int


class Seen(BaseModel):
    """Bytes; `largest` that a file may have. `kept`: of this box, the oldest first."""

    model_config = ConfigDict(frozen=True)

    free: int
    total: int
    largest: int
    kept: tuple[Kept, ...]


def refusal(folder: Path, why: Refusal, said: str = "") -> DeviceError:
    """In words for a parent. `said`: by the kernel."""
    words = WORDS[why].format(folder=folder, said=said or "nobody knows why")
    return Missing(words) if why == "absent" else Broken(words)


class Visit(Protocol):
    """A folder that is there. All raise DeviceError, in words for a parent."""

    @property
    def seen(self) -> Seen: ...

    async def begin(self, title: str, date: str, length: int) -> None:
        """Say what will be sent. `title`: letters, digits and hyphens, may be empty. `date`: ISO."""

    async def send(self, piece: bytes) -> None: ...

    async def finish(self) -> str:
        """When all was sent: its name, once it is whole, on the disk, read again and compared."""


class BackupDrive(Protocol):
    def visit(self, target: Target) -> AbstractAsyncContextManager[Visit]:
        """Raises: Missing when nothing is mounted there; DeviceError."""


class ChildDrive:
    """The real one. `answer_s`: seconds that it may be silent for."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._hanging: tuple[trio.Process, Path] | None = None

    @asynccontextmanager
    async def visit(self, target: Target) -> AsyncIterator[Visit]:
        if self._hanging is not None and self._hanging[0].poll() is None:
            raise Broken(SILENT.format(folder=self._hanging[1]))
        try:
            async with confined.child(COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
                self._hanging = process, target.folder
                visit = _ChildVisit(process, target, self._answer_s)
                await visit.look()
                yield visit
        except OSError as error:
            raise Broken(f"Backups cannot be made now: {error.strerror}.") from error


class _Line(BaseModel):
    """See tomb/backup_writer.py."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refused: Refusal | None = None
    said: str = ""
    going_on: bool = False
    done: str | None = None


class _ChildVisit:
    def __init__(self, process: trio.Process, target: Target, answer_s: float) -> None:
        self._process = process
        self._target = target
        self._answer_s = answer_s
        self._heard = bytearray()
        self._seen: Seen | None = None

    @property
    def seen(self) -> Seen:
        assert self._seen is not None
        return self._seen

    async def look(self) -> None:
        target = self._target
        question = {
            "folder": str(target.folder),
            "below": str(target.below or ""),
            "data": str(target.data),
            "owner": target.owner,
            "make": target.make,
        }
        await self._tell(json.dumps(question).encode() + b"\n")
        line = await self._line()
        try:
            self._seen = Seen.model_validate_json(line)
        except ValidationError:
            raise self._refusal(line) from None

    async def begin(self, title: str, date: str, length: int) -> None:
        await self._tell(json.dumps({"title": title, "date": date, "length": length}).encode() + b"\n")

    async def send(self, piece: bytes) -> None:
        await self._tell(piece)

    async def finish(self) -> str:
        while True:
            line = await self._line()
            try:
                said = _Line.model_validate_json(line)
            except ValidationError:
                raise self._refusal(line) from None
            if said.done is not None:
                return said.done
            if said.refused is not None:
                raise self._refusal(line)

    async def _tell(self, what: bytes) -> None:
        assert self._process.stdin is not None
        with self._patience():
            try:
                await self._process.stdin.send_all(what)
                return
            except trio.BrokenResourceError:
                pass
        raise self._refusal(await self._line())  # it ended before its time, and has said why

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        with self._patience():
            while b"\n" not in self._heard:
                more = await self._process.stdout.receive_some(65536)
                if not more or len(self._heard) > LONGEST_LINE:
                    raise Broken(f"Backups cannot be made now: the writer ended with {self._process.poll()}.")
                self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return bytes(line)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        try:
            with trio.fail_after(self._answer_s):
                yield
        except trio.TooSlowError:
            raise Broken(SILENT.format(folder=self._target.folder)) from None

    def _refusal(self, line: bytes) -> DeviceError:
        try:
            said = _Line.model_validate_json(line)
        except ValidationError:
            said = _Line()
        return refusal(self._target.folder, said.refused or "broken", said.said)
