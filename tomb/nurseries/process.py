"""The box's own process, as far as its parts have a say in it: how it ends, and what it has said."""

import logging
from collections import deque
from itertools import islice

import trio

KEPT = 2000


class Logbook(logging.Handler):
    """Keeps the last records of the log. May be written to from any thread: a deque's `append` is atomic."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__()
        self._records: deque[logging.LogRecord] = deque(maxlen=kept)

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def __len__(self) -> int:
        return len(self._records)

    def last(self, count: int, level: int = logging.NOTSET) -> list[logging.LogRecord]:
        """The newest `count` records of at least `level`, the oldest of them first."""
        newest_first = (record for record in reversed(self._records.copy()) if record.levelno >= level)
        return list(islice(newest_first, count))[::-1]


class Process:
    """`stop` is set when the box is to end, `again` if it is to start anew then.

    `resumes`: this process was started anew by the one before it, and goes on with what that was playing.
    `port`: where it really listens, 0 before it does.
    """

    def __init__(self, *, resumes: bool = False) -> None:
        self.logbook = Logbook()
        self.stop = trio.Event()
        self.again = False
        self.port = 0
        self.resumes = resumes

    def restart(self) -> None:
        self.again = True
        self.stop.set()
