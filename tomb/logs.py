"""Logs: one line an event to stderr, `TIME LEVEL LOGGER MESSAGE`, in UTC and in words that a grep finds."""

import logging
import sys

from tomb.models import iso


class _Line(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802  # the base class's name
        return iso(record.created)


def configure(level: str, *others: logging.Handler) -> None:
    """Send the box's log to stderr, and to others, from `level` on; what libraries say is heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler, *others], force=True)
    logging.getLogger("tomb").setLevel(level.upper())
