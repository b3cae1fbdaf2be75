"""What a tag reader tells: readings of its field, real or virtual, and how the rest of the box asks for them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

# Single, double and triple size UIDs of ISO/IEC 14443-3. The 8 bytes of FeliCa and ISO 15693 are no tags of this box.
UID_SIZES = (4, 7, 10)

_SEPARATORS = re.compile(r"[\s:.-]")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading of the field, raw: a tag that wobbles gives a sighting for each contact and each miss.

    `tag_id` is the UID as upper-case hex without separators (8, 14 or 20 characters), or None: no tag there.
    """

    tag_id: str | None


Sink = Callable[[Sighting], None]


class Reader(Protocol):
    """A place where tags are put. `name` is None while there is none."""

    name: str | None

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Watch the field until cancelled; `see` is called on the Trio thread. Started once a reader is being watched.

        Raises Missing (no reader, or nothing that drives it), Busy (another program holds it) or Broken (it stopped
        working). May be run again after each of these; what lay on the reader is then told anew.
        """

    async def signal(self, ok: bool) -> None:
        """Blink and beep: yes or no. Quietly nothing on a reader that cannot; at most a second; never a DeviceError."""


def parse_uid(text: str) -> str:
    """The UID in its one spelling: `04:a2:2b:3c`, `04 A2 2B 3C` and `04-a2-2b-3c` are all `04A22B3C`.

    Raises ValueError with a sentence for people.
    """
    digits = _SEPARATORS.sub("", text).upper()
    if not re.fullmatch(r"[0-9A-F]+", digits):
        raise ValueError("A tag's number is written in hexadecimal digits, such as 04:A2:2B:3C.")
    if len(digits) not in {2 * size for size in UID_SIZES}:
        raise ValueError(
            f"A tag's number has 4, 7 or 10 bytes (8, 14 or 20 hexadecimal digits), not {len(digits)} digits."
        )
    return digits
