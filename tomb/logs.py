"""Logs: one line an event to stderr, `TIME LEVEL LOGGER MESSAGE`, in UTC and in words that a grep finds; and the last
of them in memory, for clients.

Lines that a stranger can cause are rationed: of each kind one a minute, with the number of those that it stands for.
Otherwise any web page could fill the disk, and push everything else out of the last lines that are kept. A kind is a
line before its arguments are filled in, and the type of what was raised: nobody can make kinds.
"""

import logging
import os
import sys
from collections import deque
from contextlib import suppress
from itertools import islice

from tomb.models import iso

KEPT = 2000
RATION_S = 60.0
# Who may be made to log by what comes over the network, or by a disk or a card that comes and goes all day. Give each
# kind of event a message of its own.
RATIONED = (
    "hypercorn.error",
    "tomb.box",
    "tomb.devices.youtube.proxy",
    "tomb.devices.youtube.tool",
    "tomb.http.envelope",
    "tomb.library.transcode",
    "tomb.nurseries.announcer",  # a neighbour may be called the same again and again
    "tomb.nurseries.archivist",
    "tomb.nurseries.downloads",
    "tomb.nurseries.inspection",
    "tomb.nurseries.keys",
    "tomb.nurseries.mqtt.link",
    "tomb.nurseries.mpd.server",
    "tomb.nurseries.updates",
    "tomb.nurseries.web",
    "tomb.socketio.multiplexer",
    "tomb.socketio.server",
    "tomb.socketio.session",
)


class _InUtc(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802  # the base class's name
        return iso(record.created)


def keep_stderr() -> None:
    """Give the process a stderr of its own, beside descriptor 2. Before there are threads.

    PortAudio's binding turns descriptor 2 into /dev/null while it looks for devices, to silence ALSA's libraries. That
    may take seconds, it is done again and again where there is no sound card, and descriptors belong to all threads:
    without this, whatever the box says meanwhile is lost, up to the reason why it does not start.
    """
    if sys.stderr is not None:  # None: closed by whoever started us
        with suppress(OSError):
            sys.stderr = open(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")  # noqa: PTH123, SIM115


def configure(level: str, *others: logging.Handler) -> None:
    """Send the box's log to stderr, and to others, from `level` on; what libraries say is heard from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_InUtc("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler, *others], force=True)
    logging.getLogger("tomb").setLevel(level.upper())
    for name in RATIONED:
        ration(logging.getLogger(name))


def ration(logger: logging.Logger) -> None:
    """Again does nothing. A filter of a logger is asked for its own lines only, not for those of loggers below it."""
    if not any(isinstance(each, Ration) for each in logger.filters):
        logger.addFilter(Ration())


class Ration(logging.Filter):
    """Lets one line of a kind through every `every_s` seconds, and has it say how many were held back before it.

    Goes by the records' own time; a clock that was set back lets a line through.
    """

    def __init__(self, every_s: float = RATION_S) -> None:
        super().__init__()
        self._every_s = every_s
        self._kinds: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.levelno, record.msg, record.exc_info and record.exc_info[0])
        since, held = self._kinds.get(kind, (-self._every_s, 0))
        if 0 <= record.created - since < self._every_s:
            self._kinds[kind] = (since, held + 1)
            return False
        self._kinds[kind] = (record.created, 0)
        if held:
            record.msg, record.args = f"{record.getMessage()} (and {held} more like it before)", ()
        return True


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
