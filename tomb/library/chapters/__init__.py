"""The chapters of a track: where each begins, and what it is called.

A long file says so in a way of its format (`embedded`), or a sheet beside it does (`sheets`). Either is anybody's, so
what is kept of it is bounded and in order (`tidy`), in JSON as it crosses the wire.
"""

from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter, ValidationError

from tomb.library.labels import Marks, clean
from tomb.models import Chapter

MOST = 1000
TITLES = 40_000  # characters, of all titles of a track: none of a few is cut, and a thousand fill no database
_KEPT = TypeAdapter(tuple[Chapter, ...])


def tidy(found: Iterable[tuple[int, str | None]], duration_ms: int | None = None) -> Marks:
    """At most `MOST`, in order, none at or beyond the end, the first from the very start on. One alone is none."""
    within: dict[int, str | None] = {}
    for start_ms, title in sorted(found, key=lambda mark: mark[0]):
        if start_ms >= 0 and (duration_ms is None or start_ms < duration_ms):
            within.setdefault(start_ms, title)
    marks = list(within.items())[:MOST]
    if len(marks) < 2:
        return ()
    longest = TITLES // len(marks)
    titles = [(clean(title) or "")[:longest].rstrip() for _, title in marks]
    return tuple(zip((0, *(start_ms for start_ms, _ in marks[1:])), titles, strict=True))


def encoded(marks: Marks) -> str | None:
    """As a column of the database has it."""
    kept = tuple(Chapter(start_ms=start_ms, title=title) for start_ms, title in marks)
    return _KEPT.dump_json(kept).decode() if kept else None


def decoded(column: str | None) -> Sequence[Chapter]:
    """Raises: ValidationError for what `encoded` did not make."""
    return _KEPT.validate_json(column) if column else ()


def marks(column: str | None) -> Marks:
    """Those in a column that may be anybody's, none where it makes no sense."""
    try:
        return tidy((each.start_ms, each.title) for each in decoded(column))
    except ValidationError:
        return ()


def makes_sense(column: str | None) -> bool:
    """Whether a column, of a database that may be damaged or a stranger's, can be read."""
    try:
        return len(decoded(column)) <= MOST
    except ValidationError:
        return False
