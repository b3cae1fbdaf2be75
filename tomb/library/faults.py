"""What SQLite says, as what the wire calls it."""

import sqlite3

from tomb.errors import NoSpace, Unavailable

_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


def translated(error: sqlite3.Error) -> Exception:
    """NoSpace or Unavailable where it is one of these, else the error itself: a defect."""
    # The low byte is the primary result code (sqlite.org/rescode.html).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return NoSpace("the disk is full; nothing was changed")
    if code in _UNWRITABLE:
        return Unavailable(f"the library cannot be written: {error}; nothing was changed")
    return error
