"""What a tag reader is to the rest of the box, what it tells, and the simplest one: virtual, for boxes without any."""

import re
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import trio
from msgspec import Struct

from tomb.errors import Busy

# Single, double and triple size UIDs of ISO/IEC 14443-3. The 8 bytes of FeliCa and ISO 15693 are no tags of this box.
UID_SIZES = (4, 7, 10)

_SEPARATORS = re.compile(r"[\s:.-]")

VIRTUAL = "Virtual reader"
ReaderKind = Literal["pcsc", "virtual", "typing"]
Sign = Literal["ok", "unknown", "error", "limit"]
"""What became of a tap, as a reader shows it: it is for something; it is not; it failed; a limit is in the way."""


class Sighting(Struct, frozen=True):
    """One reading of a reader's field, raw: a tag that wobbles gives a sighting for each contact and each miss.

    `tag_id` is the UID as upper-case hex without separators (8, 14 or 20 characters), or None: no tag there. `reader`:
    the name of the reader. `is_random`: that number was made up for this occasion (`has_random_uid`).
    """

    tag_id: str | None
    reader: str = VIRTUAL
    is_random: bool = False


class ReaderGone(Struct, frozen=True):
    """One of several readers is not there any more; what lies on it is not known."""

    reader: str


Sink = Callable[[Sighting | ReaderGone], None]


class TagReader(Protocol):
    """A place where tags are put, or several. `names`: of the readers that are there."""

    kind: ReaderKind
    names: Sequence[str]

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Watch the field until cancelled; `see` is called on the Trio thread. Started once a reader is being watched.

        Raises Missing (no reader, or nothing that drives it), Busy (another program holds it) or Broken (it stopped
        working). May be run again after each of these; what lay on the reader is then told anew.
        """

    async def signal(self, sign: Sign, reader: str) -> None:
        """Blink and beep on that reader. Quietly nothing where it cannot; at most a second; never a DeviceError."""


def has_random_uid(uid: bytes) -> bool:
    """Phones and passports have a new number each time they are touched: 4 bytes that begin with 08 (ISO 14443-3,
    6.5.4)."""
    return len(uid) == 4 and uid[0] == 0x08


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


class VirtualReader:
    """Tags are put on it by HTTP, and by tests. No threads, so it runs on virtual time.

    Call `place` and `lift` on the Trio thread. A tag placed while nobody watches is told when somebody does.
    """

    kind: ReaderKind = "virtual"
    names: Sequence[str] = (VIRTUAL,)

    def __init__(self) -> None:
        self.tag_id: str | None = None  # what lies on the reader
        self.signalled: Sign | None = None  # the last feedback, which this reader cannot show
        self._is_random = False
        self._see: Sink | None = None

    def __repr__(self) -> str:
        return f"<VirtualReader {self.tag_id or 'empty'}{'' if self._see else ', unwatched'}>"

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if self._see is not None:
            raise Busy("The virtual reader is already being watched.")
        self._see = see
        try:
            task_status.started()
            self._tell()
            await trio.sleep_forever()
        finally:
            self._see = None

    def place(self, tag_id: str, *, is_random: bool = False) -> str:
        """Put a tag on the reader, in place of what lies there. `is_random`: as a phone is one. Answers, and raises, as
        `parse_uid` does."""
        self.tag_id, self._is_random = parse_uid(tag_id), is_random
        self._tell()
        return self.tag_id

    def lift(self) -> None:
        """Take away what lies on the reader, if anything does."""
        self.tag_id = None
        self._tell()

    async def signal(self, sign: Sign, reader: str) -> None:  # noqa: ARG002  # there is one
        await trio.lowlevel.checkpoint()
        self.signalled = sign

    def _tell(self) -> None:
        if self._see is not None:
            self._see(Sighting(self.tag_id, VIRTUAL, self.tag_id is not None and self._is_random))
