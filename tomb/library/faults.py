"""The library's door: what a disk or SQLite says, as what the wire calls it.

Whatever reads or writes the library's files ends here, so that outside of it there are answers only: NoSpace and
Unavailable for what the disk does, LibraryDamaged for a database that cannot be trusted any more. What comes out as it
was is a defect of ours: wrong SQL, or a row that the schema refuses.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tomb.errors import LibraryDamaged, NoSpace, RequestError, Unavailable

Doing = Literal["read", "written"]

# Primary result codes (sqlite.org/rescode.html) that no disk causes: we asked for something that makes no sense.
_DEFECTS = (
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_INTERNAL, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH),
    *(sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_AUTH),
)


@contextmanager
def translated(doing: Doing) -> Iterator[None]:
    """What is raised in the block comes out translated. Raises: NoSpace, Unavailable, LibraryDamaged."""
    try:
        yield
    except sqlite3.Error as error:
        fault = of_database(error, doing)
        if fault is None:
            raise
        raise fault from error
    except OSError as error:
        raise of_disk(error, doing) from error


def of_disk(error: OSError, doing: Doing = "written") -> RequestError:
    """NoSpace or Unavailable, for what became of one of the library's own files."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace("the disk is full; nothing was changed")
    return unavailable(doing, error.strerror or str(error))


def of_database(error: sqlite3.Error, doing: Doing = "written") -> NoSpace | Unavailable | LibraryDamaged | None:
    """None for a defect."""
    if is_damage(error):
        return LibraryDamaged(f"the database is damaged: {error}")
    code = _primary(error)
    if code is None or code in _DEFECTS:
        return None
    if code == sqlite3.SQLITE_FULL:
        return NoSpace("the disk is full; nothing was changed")
    return unavailable(doing, str(error))


def unavailable(doing: Doing, why: str) -> Unavailable:
    unchanged = "; nothing was changed" if doing == "written" else ""
    return Unavailable(f"the library cannot be {doing}: {why}{unchanged}")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether that is what an error says which our own queries raise."""
    code = _primary(error)
    if code is None:
        # Text that is no UTF-8 has no code: it is Python's module that says so.
        return isinstance(error, sqlite3.OperationalError) and "UTF-8" in str(error)
    # Our SQL names no tables and columns but those that were there at the start.
    vanished = code == sqlite3.SQLITE_ERROR and str(error).startswith("no such ")
    return vanished or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _primary(error: sqlite3.Error) -> int | None:
    """The low byte of the result code; None where the error is Python's own."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
