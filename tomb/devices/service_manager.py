"""The service manager that started the box, if one did: systemd, spoken to as sd_notify(3) says.

A datagram of lines `NAME=VALUE` goes to the socket that the environment names. Where it names none, as on a terminal,
nothing is said. What is said is a courtesy: an answer there is none, and a manager that does not listen is no reason
not to play.

The process that a restart makes is the same to the manager: `execv` keeps its number and its environment, so neither
MAINPID nor anything else is to be told. `STOPPING=1` must not be, before it: the manager would then kill what comes.
Children inherit the environment too; what they might say is not heard (systemd's `NotifyAccess=main`, the default).
"""

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)

LOADED_S = 60.0
STATUS_LENGTH = 300  # of what `systemctl status` shows; a whole message must fit into 4096 bytes


class ServiceManager:
    """`is_ready`: it knows that the box is. `watchdog_s`: it kills whoever does not say `alive` within so many seconds;
    None: it does not."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._said = ""
        self.is_ready = False
        self.is_there = address.startswith(("/", "@"))
        self.watchdog_s = _watchdog(environment) if self.is_there else None

    def ready(self, status: str) -> None:
        self.is_ready = True
        self._tell("READY=1", _status(status), *_watched(self.watchdog_s))

    def say(self, status: str) -> None:
        """How the box is, in words, for `systemctl status`; the same again is not sent again."""
        if status != self._said:
            self._said = status
            self._tell(_status(status))

    def alive(self) -> None:
        if self.watchdog_s is not None:
            self._tell("WATCHDOG=1")

    def still_starting(self, seconds: float) -> None:
        """It will take so long yet, at most, until the next word."""
        self._tell(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def starting_anew(self) -> None:
        """The process becomes another one, which says nothing until it is loaded: on a small computer that takes longer
        than a watchdog waits. It waits longer from now on, until that one is ready."""
        if self.watchdog_s is not None:
            self._tell("WATCHDOG=1", *_watched(max(self.watchdog_s, LOADED_S)))

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        if not self.is_there:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)  # of a manager that is stuck nobody waits for a word
                to.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.debug("the service manager was not told %s: %s", lines[0], error)


def _status(words: str) -> str:
    """On one line, whatever a device or a disk calls itself."""
    return "STATUS=" + " ".join(words.split())[:STATUS_LENGTH]


def _watched(seconds: float | None) -> tuple[str, ...]:
    return () if seconds is None else (f"WATCHDOG_USEC={round(seconds * 1_000_000)}",)


def _watchdog(environment: Mapping[str, str]) -> float | None:
    """As sd_watchdog_enabled(3) has it: it may be meant for another process, whose environment this was."""
    interval, meant = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not interval.isdecimal() or int(interval) == 0 or meant not in ("", str(os.getpid())):
        return None
    return int(interval) / 1_000_000
