"""Logs: one line an event to stderr, `TIME LEVEL LOGGER MESSAGE`, in UTC and in words that a grep finds; and the last
of them in memory, for clients.
"""

import logging
import sys
from collections import deque
from itertools import islice

from tomb.models import iso

KEPT = 2000


class _Line(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802  # the base class's name
        return iso(record.created)


def configure(level: str, *others: logging.Handler) -> None:
    """Send the box's log to stderr, and to others, from `level` on; what libraries say is heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler, *others], force=True)
    logging.getLogger("tomb").setLevel(level.upper())


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
