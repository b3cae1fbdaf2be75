"""`tomb update`: a newer version of the box, from the address that is set, from another one, or from a file.

The first two are asked of the running box, as a parent. A file is left where the box leaves what it has fetched, which
takes root; then it does not matter whether the box runs, and a box that does not start can be mended by its update.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import trio

from tomb import remote
from tomb.config import Settings
from tomb.devices.updates import (
    CODE,
    DATA,
    INCOMING,
    LARGEST_PACKAGE,
    LARGEST_SIGNATURE,
    NAME,
    NOTED,
    SIGNATURE,
    Note,
    read_note,
)
from tomb.errors import TombError

LOOK_S = 0.5
BEGUN_S = 30.0
ENDS_S = 30 * 60.0
BLOCK = 1024 * 1024
CLONE = "this box does not run from a package: update its folder (git pull) and start it anew"
_SAID = {
    "taken": "looking at it",
    "installing": "installing {version}; the box is off for a moment",
    "proving": "trying {version} out: this takes up to a minute, and nothing can be edited meanwhile",
    "going_back": "{version} did not prove itself; going back",
}


def update(source: str | None, settings: Settings, url: str | None = None) -> str:
    """What came of it. `source`: a file, an https address; None: whatever is newest. `url`: of the box that is asked.

    Raises: TombError.
    """
    if source is not None and not source.startswith("https://"):
        if not Path(sys.prefix).is_relative_to(CODE):
            raise TombError(CLONE)
        return update_from(Path(source))
    parent = remote.as_parent(url or f"http://localhost:{settings.port}", remote.ask_pin)
    body = {} if source is None else {"source": source}
    before = read_note()
    status = remote.ask(parent, "POST", "/api/system/update", body)["data"]
    while status["state"] in ("checking", "installing") and read_note() == before:
        trio.run(trio.sleep, LOOK_S)
        status = remote.ask(parent, "GET", "/api/system/update")["data"]
    match status["state"]:
        case "none":
            return f"{status['current']} is the newest version"
        case "failed":
            raise TombError(status["message"])
    if url is not None:
        return "the box is being updated; its page System says how that goes"
    return trio.run(_follow, before, NOTED)


def update_from(package: Path, base: Path = DATA, noted: Path = NOTED) -> str:
    """Leave a package and its signature to the program that installs them, and follow that. Raises: TombError."""
    signature = package.with_name(f"{package.name}.minisig")
    before = read_note(noted)
    try:
        folder = _opened(base)
    except PermissionError:
        raise TombError(f"only root may do that: sudo tomb update {package}") from None
    except OSError as error:
        raise TombError(f"{base} cannot be used: {error.strerror}") from None
    try:
        _leave(signature, folder, SIGNATURE, LARGEST_SIGNATURE)
        _leave(package, folder, NAME, LARGEST_PACKAGE)
    finally:
        os.close(folder)
    return trio.run(_follow, before, noted)


def _opened(base: Path) -> int:
    """The folder that packages are left in, made as the box itself would make it. No link is followed in there."""
    opened = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    owner = os.fstat(opened)
    for name in INCOMING.relative_to(DATA).parts:
        above = opened
        try:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=above)
                os.chown(name, owner.st_uid, owner.st_gid, dir_fd=above, follow_symlinks=False)
            opened = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        finally:
            os.close(above)
    return opened


def _leave(source: Path, folder: int, name: str, largest: int) -> None:
    """Raises: TombError."""
    try:
        with source.open("rb") as file:
            half = f"{name}.root"
            # Others can write there: what is made is new, and no link that somebody has put there is followed.
            _remove(half, folder)
            opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=folder)
            with os.fdopen(opened, "wb") as copy:
                while block := file.read(BLOCK):
                    if copy.tell() + len(block) > largest:
                        raise TombError(f"{source} is too large to be one")
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
            os.rename(half, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        also = " (the signature lies beside the package)" if name == SIGNATURE else ""
        raise TombError(f"{source} is not there{also}") from None
    except PermissionError:
        raise TombError(f"only root may do that: sudo tomb update {source}") from None
    except OSError as error:
        raise TombError(f"{source} cannot be copied: {error.strerror}") from None


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


async def _follow(before: Note, noted: Path) -> str:
    """Until it is over. Raises: TombError when nothing has come of it."""
    said, note = "", before
    with trio.move_on_after(BEGUN_S) as begins:
        while True:
            note = read_note(noted)
            if note != before:
                begins.deadline = trio.current_time() + ENDS_S
                if note.state != said and note.state in _SAID:
                    said = note.state
                    print(_SAID[said].format(version=note.version), flush=True)
                if note.state == "done":
                    return f"the box is {note.version} now"
                if note.state == "failed":
                    raise TombError(note.message)
                if note.state == "went_back":
                    raise TombError(
                        f"{note.version} did not prove itself, and the version before is back: {note.message}"
                    )
            await trio.sleep(LOOK_S)
    if note == before:
        raise TombError("nobody takes it; is tomb-update.path running? (systemctl status tomb-update.path)")
    raise TombError("it takes too long; journalctl -u tomb-update says why")
