"""JSON from strangers, bounded before it is parsed.

A parser makes an object of every value, and an object is a hundred bytes where `[]` is two: sixteen megabytes of nested
lists become several gigabytes, and seconds in which nothing else runs. So what may be large is read over first for its
brackets, commas and colons, each of which begins a value, and never goes on beyond the bounds. Reading over is a loop
of short steps, so that in a thread it lets others run.
"""

import re
from typing import Any

from pydantic_core import from_json

SMALL = 16 * 1024  # bytes that cannot hold enough values to matter, nor take long: they may be parsed where they are
TOKENS_A_VALUE = 4  # itself, its closing bracket, what separates it, what separates its name
DIGITS = 100  # of one number: a longer one is worth nothing to us, and takes the square of its length to read
# A string, closed or not, in one go: no byte is ever looked at twice, whatever somebody puts there.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[0-9+.eE-]++|[\[\]{},:]', re.DOTALL)


class TooMuchJson(ValueError):
    """The text says which bound it exceeds."""


def check(raw: bytes, *, values: int, depth: int) -> None:
    """Raises TooMuchJson for more values, or values within values, than that. Whether it is JSON is not its concern."""
    level, found = 0, 1
    for number, token in enumerate(_TOKEN.finditer(raw)):
        match raw[token.start()]:
            case 0x5B | 0x7B:  # [ {
                level, found = level + 1, found + 1
            case 0x5D | 0x7D:  # ] }
                level -= 1
            case 0x2C | 0x3A:  # , :
                found += 1
            case 0x22:  # "
                pass
            case _ if token.end() - token.start() > DIGITS:
                raise TooMuchJson(f"JSON with a number of more than {DIGITS} digits")
        if level > depth:
            raise TooMuchJson(f"JSON that is nested more than {depth} deep")
        if found > values or number > TOKENS_A_VALUE * values:
            raise TooMuchJson(f"JSON of more than {values} values")


def load(raw: bytes, *, size: int, values: int, depth: int) -> Any:
    """What it holds. `size`: in bytes. Raises TooMuchJson, and ValueError for what is no JSON."""
    if len(raw) > size:
        raise TooMuchJson(f"JSON of more than {size} bytes")
    check(raw, values=values, depth=depth)
    return from_json(raw)
