"""The folder `library/inbox/`: whoever reaches it over the network or from a stick puts music there."""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from tomb.errors import Unavailable
from tomb.library.disk import below
from tomb.library.folders import is_for_people

SETTLED_S = 10.0  # what changed more recently may still be on its way

Changes = tuple[float, ...]
"""When a folder and all that is in it, or a file, was changed last: seconds since the epoch."""


def settled(inbox: Path, now: float) -> dict[Path, Changes]:
    """What lies in the inbox and did not change just now. (A clock may have jumped, either way.) What systems leave
    there, such as the bin of a share, is nothing that somebody put there.

    Raises: Unavailable when the inbox itself cannot be read: it is on a disk that somebody may unplug.
    """
    try:
        waiting = [path for path in sorted(_home(inbox).iterdir()) if is_for_people(path) and not path.is_symlink()]
    except OSError as error:
        raise Unavailable(f"{inbox} cannot be read: {error.strerror}") from error
    changes = {path: _changes(path) for path in waiting}
    return {path: at for path, at in changes.items() if at and all(abs(now - each) > SETTLED_S for each in at)}


def _changes(path: Path) -> Changes:
    try:
        return (path.stat().st_mtime, *(each.lstat().st_mtime for each in sorted(below(path, _pass_over))))
    except OSError:
        return ()  # something went away while we looked, so it is not settled


def consume(own: Sequence[Path], taken: Collection[Path], inbox: Path, target: Path) -> None:
    """Remove what the library has taken of `own`, folders and files in `inbox`. (The inbox may be a link, these not.)

    What was not taken stays, and its folder with it; so does what belongs to somebody else.

    A folder of which nothing stays goes to `target`, all at once: the rest of one that a crash had left by half would
    be music that has just come, also to a playlist that somebody had deleted meanwhile.
    """
    home = _home(inbox)
    with suppress(OSError):
        target.mkdir()
        for number, folder in enumerate(own):
            if folder.is_dir() and not any(_stays(path, taken) for path in below(folder)):
                folder.rename(target / str(number))
    for path in taken:
        with suppress(OSError):
            path.unlink()
        for emptied in path.parents:
            if emptied == home:
                break
            with suppress(OSError):
                emptied.rmdir()


def _stays(path: Path, taken: Collection[Path]) -> bool:
    return (path.is_symlink() or not path.is_dir()) and path not in taken


def _home(inbox: Path) -> Path:
    """Where it really is. One that leads to itself is found out by whoever looks into it, as an OSError like others."""
    return Path(os.path.realpath(inbox))


def _pass_over(_: OSError) -> None:
    """It belongs to somebody else, who may leave it there."""
