"""`tomb pin --reset`: for parents who forgot it. Whoever may write to the data folder is one."""

import trio

from tomb.config import Settings
from tomb.errors import FolderInUse, TombError
from tomb.library import settings as stored_settings
from tomb.library.archives.archive import DATABASE
from tomb.library.opening import open_store
from tomb.nurseries.parent_auth import KEY
from tomb.ports import RealPorts


def reset(settings: Settings) -> str:
    """What has become of it, for people. Raises: TombError, also while the box runs: it would not notice."""
    try:
        found = trio.run(_reset, settings)
    except FolderInUse:
        raise TombError("the box is running; stop it first (installed: sudo systemctl stop tomb), then again") from None
    return "the PIN is forgotten; set a new one in the settings" if found else "there was no PIN"


async def _reset(settings: Settings) -> bool:
    if not (settings.data / DATABASE).exists():
        raise TombError(f"there is no library in {settings.data}")
    async with open_store(settings.data, RealPorts()) as store:
        found = (await store.read(stored_settings.read_all)).get(KEY) is not None
        if found:
            await store.write(lambda db: stored_settings.change(db, {KEY: None}))
    return found
