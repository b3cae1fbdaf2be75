"""`tomb youtube update`: a newer yt-dlp, for YouTube changes more often than the box does."""

import trio

from tomb import remote
from tomb.config import Settings
from tomb.devices.youtube import YouTubeFault
from tomb.devices.youtube.tool import YtDlp
from tomb.errors import FolderInUse, TombError
from tomb.library.disk import FolderLock
from tomb.ports import RealPorts

UPDATE_TIMEOUT_S = 1800.0  # on a Pi most of it is spent on compiling


def update(settings: Settings, url: str | None = None) -> str:
    """What has come of it, for people. `url`: of the box that is to do it; by default the data folder, or the box that
    has that. Raises: TombError, and nothing has changed."""
    if url is None:
        try:
            return _said(_update(settings))
        except FolderInUse as held:
            url = remote.holder(held, settings)
    parent = remote.as_parent(url, remote.ask_pin)
    return _said(str(remote.ask(parent, "POST", "/api/youtube/update", {}, UPDATE_TIMEOUT_S)["data"]["version"]))


def _update(settings: Settings) -> str:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(settings.data / "tomb.lock")
    except OSError as error:
        raise TombError(f"{settings.data} cannot be written: {error.strerror}") from None
    try:
        return trio.run(YtDlp(RealPorts(), settings.data / "youtube").update)
    except YouTubeFault as fault:
        raise TombError(fault.message) from None
    finally:
        lock.release()


def _said(version: str) -> str:
    return f"yt-dlp {version} is what the box uses now"
