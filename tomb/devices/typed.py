"""Tag readers that type: cheap ones on USB take themselves for keyboards, and type a tag's number and Enter.

Nothing says of a keyboard that it is one of these, but the speed does: no child types eight characters at less than
`PACE_S` from one to the next. So what is typed at that pace and ends with Enter is a tag's number, or should be one;
what is typed by hand is none. Such a reader cannot tell when a tag is taken away.
"""

from typing import Final

from tomb.devices.key_codes import HEX, KEY_ENTER, KEY_KPENTER
from tomb.devices.reader import parse_uid

PACE_S: Final = 0.1
FEWEST: Final = 4  # of what is typed by hand, an Enter soon after a digit is common
LONGEST: Final = 32
DECIMAL: Final = 10


class TypedLine:
    """What one device types."""

    def __init__(self) -> None:
        self._text = ""
        self._last = float("-inf")

    def press(self, code: int, at: float) -> str | None:
        """A key went down at `at` (monotonic seconds). The line, when this ends one that no hand has typed."""
        if at - self._last > PACE_S:
            self._text = ""
        self._last = at
        if code in (KEY_ENTER, KEY_KPENTER):
            line, self._text = self._text, ""
            return line if len(line) >= FEWEST else None
        self._text = (self._text + HEX.get(code, ""))[:LONGEST]
        return None


def tag_of(line: str) -> str:
    """The tag's id, as readers of the other kind would tell it.

    Ten decimal digits are the 32-bit number of a tag of 4 bytes, its first byte the highest; all else is hexadecimal.
    Raises ValueError with a sentence for people.
    """
    if len(line) == DECIMAL and line.isdecimal():
        number = int(line)
        if number >= 1 << 32:
            raise ValueError("A tag's number of ten digits is at most 4294967295.")
        return f"{number:08X}"
    return parse_uid(line)
