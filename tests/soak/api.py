"""Asking the box, with everything noted: what was sent, what was answered, and that the box was gone."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import h11
import trio

from tests.rigs.process import Answer, call

REMEMBERED = 120  # lines of the journal that a failure prints


class Gone(Exception):
    """The box was killed while it was asked: what was asked for may have happened, or not."""


class Complaint(AssertionError):
    """The box did what it must not."""


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group of groups."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves(each)
    else:
        yield error


@dataclass
class Journal:
    """What happened, a line each; all of it in `file` if there is one, the end of it in memory."""

    file: IO[str] | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def kept_in(cls, folder: Path | None) -> "Journal":
        return cls(None if folder is None else (folder / "journal.txt").open("w", buffering=1, encoding="utf-8"))

    def note(self, line: str) -> None:
        timed = f"{trio.current_time():.3f} {line}"
        self.lines.append(timed)
        if self.file is not None:
            self.file.write(timed + "\n")


@dataclass
class Numbers:
    """The highest `server_seq` that anybody has been told."""

    highest: int = 0

    def saw(self, number: int) -> None:
        self.highest = max(self.highest, number)

    def check_begun(self, number: int) -> None:
        """`number`: of the first answer after a start. Raises: Complaint when it was used before."""
        if number <= self.highest:
            raise Complaint(f"server_seq went back: {number} after {self.highest}")


@dataclass
class Api:
    """One client of the box that listens on `port` of the loopback; of another computer's where `call` gets there."""

    port: int
    who: str
    journal: Journal
    numbers: Numbers
    call: Callable[..., Awaitable[Answer]] = call

    async def ask(
        self, method: str, path: str, body: object = None, *, ok: tuple[int, ...] = (200,), **headers: str
    ) -> Answer:
        """Raises: Gone; Complaint for a status that is not one of `ok`."""
        shown = f"{len(body)} bytes" if isinstance(body, bytes) else "" if body is None else str(body)
        self.journal.note(f"{self.who} > {method} {path} {shown}")
        try:
            answer = await self.call(self.port, method, path, body, headers=headers)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError) as error:
            self.journal.note(f"{self.who} x {method} {path}: {type(error).__name__}")
            raise Gone from error
        self.journal.note(f"{self.who} < {answer.status} {method} {path}")
        self.journal.counts["answers"] += 1
        self._judge(answer, f"{self.who}: {method} {path} {shown}", ok)
        return answer

    def _judge(self, answer: Answer, asked: str, ok: tuple[int, ...]) -> None:
        if answer.status not in ok:
            raise Complaint(f"{asked} was answered {answer.status}: {answer.content[:500].decode(errors='replace')}")
        if "json" in answer.headers.get("content-type", "") and answer.content:
            self.numbers.saw(answer.body["server_seq"])
