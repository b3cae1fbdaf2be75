"""The folder `library/inbox/`: whoever reaches it over the network or from a stick puts folders of music there."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tomb.errors import Unavailable
from tomb.library import covers
from tomb.library.disk import below

SETTLED_S = 10.0  # what changed more recently may still be on its way
HANDED_OVER = 0.0  # the time of what `tomb import` has put there, which asks for it itself

Changes = tuple[float, ...]
"""When a folder, and all that is in it, was changed last: seconds since the epoch."""


def settled(inbox: Path, now: float) -> dict[Path, Changes]:
    """The folders in the inbox in which nothing changed just now. (A clock may have jumped, either way.)

    Raises: Unavailable when the inbox itself cannot be read: it is on a disk that somebody may unplug.
    """
    try:
        waiting = [path for path in sorted(_home(inbox).iterdir()) if path.is_dir() and not path.is_symlink()]
    except OSError as error:
        raise Unavailable(f"{inbox} cannot be read: {error.strerror}") from error
    changes = {folder: _changes(folder) for folder in waiting}
    return {folder: at for folder, at in changes.items() if at and all(abs(now - each) > SETTLED_S for each in at)}


def _changes(folder: Path) -> Changes:
    try:
        return (folder.stat().st_mtime, *(path.lstat().st_mtime for path in sorted(below(folder, _pass_over))))
    except OSError:
        return ()  # something went away while we looked, so it is not settled


def consume(folder: Path, taken: Sequence[Path], inbox: Path, target: Path) -> None:
    """Remove what the library has taken of `folder`, a folder in `inbox`. (The inbox may be a link, `folder` is not.)

    What was left out stays, and its folder with it; so does what belongs to somebody else.

    A folder of which nothing stays goes to `target`, all at once: the rest of one that a crash had left by half would
    be music that has just come, also to a playlist that somebody had deleted meanwhile.
    """
    home = _home(inbox)
    with suppress(OSError):
        if not any(_stays(path, taken) for path in below(folder)):
            folder.rename(target)
    for path in taken:
        with suppress(OSError):
            path.unlink()
        for emptied in path.parents:
            if emptied == home:
                break
            with suppress(OSError):
                emptied.rmdir()


def _stays(path: Path, taken: Sequence[Path]) -> bool:
    """The picture of a folder goes with its music."""
    return (path.is_symlink() or not path.is_dir()) and path not in taken and not covers.is_called_so(path)


def _home(inbox: Path) -> Path:
    """Where it really is. One that leads to itself is found out by whoever looks into it, as an OSError like others."""
    return Path(os.path.realpath(inbox))


def _pass_over(_: OSError) -> None:
    """It belongs to somebody else, who may leave it there."""
