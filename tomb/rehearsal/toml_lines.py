"""Where things stand in a TOML file, which `tomllib` does not say."""

import re
from collections.abc import Sequence

Place = tuple[str | int, ...]
"""Where something stands in what a file says: ("step", 3, "expect", "player")."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTES = ('"""', "'''")


def line_numbers(text: str) -> dict[Place, int]:
    """Where tables and keys stand in a TOML file, by their place. What is inside of an
    inline value has none of its own."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    within = ""  # what ends the value that goes on over lines
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        if within:
            _, quote, rest = line.partition(within)
            if not quote:
                continue
            within = ""
        elif depth == 0:
            if header := _HEADER.fullmatch(line):
                table = _table(_parts(header[2]), counts, many=header[1] == "[[")
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                place = table
                for part in _parts(key[1]):
                    place = (*place, part)
                    found.setdefault(place, number)
                rest = line[key.end() :]
        depth, within = _left_open(rest, depth)
    return found


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _table(parts: Sequence[str], counts: dict[Place, int], *, many: bool) -> Place:
    place: Place = ()
    for part in parts[:-1]:
        place = (*place, part)
        if place in counts:
            place = (*place, counts[place])
    place = (*place, parts[-1])
    if many:
        counts[place] = counts.get(place, -1) + 1
        return (*place, counts[place])
    return place


def _left_open(rest: str, depth: int) -> tuple[int, str]:
    """How many brackets are open at the end of the line, and which quotes."""
    at = 0
    while at < len(rest):
        letter = rest[at]
        if rest[at : at + 3] in _QUOTES:
            end = rest.find(rest[at : at + 3], at + 3)
            if end < 0:
                return depth, rest[at : at + 3]
            at = end + 3
            continue
        if letter in "\"'":
            end = at + 1
            while end < len(rest) and rest[end] != letter:
                end += 2 if letter == '"' and rest[end] == "\\" else 1
            at = end
        elif letter == "#":
            break
        depth += (letter in "[{") - (letter in "]}")
        at += 1
    return depth, ""
