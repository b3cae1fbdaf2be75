"""JSON from strangers, bounded before it is parsed.

A parser makes an object of every value, and an object is a hundred bytes where `[]` is two: sixteen megabytes of nested
lists become several gigabytes, and seconds in which nothing else runs. So what may be large is read over first for its
brackets, commas and colons, each of which begins a value, and never goes on beyond the bounds. Reading over is a loop
of short steps, so that in a thread it lets others run.
"""

import re
from typing import Any

from pydantic_core import from_json

SMALL = 16 * 1024  # bytes that cannot hold enough values to matter, nor take long: parsed where they are
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},:]', re.DOTALL)


class TooMuchJson(ValueError):
    """The text says which bound it exceeds."""


def check(raw: bytes, *, values: int, depth: int) -> None:
    """Raises TooMuchJson for more values, or values within values, than that. Whether it is JSON is not its concern."""
    if len(raw) <= SMALL:
        return  # the parser's own bound on depth (200) is near enough
    level, found = 0, 1
    for token in _TOKEN.finditer(raw):
        match token[0]:
            case b"[" | b"{":
                level, found = level + 1, found + 1
            case b"]" | b"}":
                level -= 1
            case b"," | b":":
                found += 1
        if level > depth:
            raise TooMuchJson(f"JSON that is nested more than {depth} deep")
        if found > values:
            raise TooMuchJson(f"JSON of more than {values} values")


def load(raw: bytes, *, size: int, values: int, depth: int) -> Any:
    """What it holds. `size`: in bytes. Raises TooMuchJson, and ValueError for what is no JSON."""
    if len(raw) > size:
        raise TooMuchJson(f"JSON of more than {size} bytes")
    check(raw, values=values, depth=depth)
    return from_json(raw)
