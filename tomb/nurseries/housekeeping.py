"""What is done once a day: a copy of the database, if something was edited since the last one; room for bad times."""

import logging

import trio

from tomb.errors import NoSpace, Unavailable
from tomb.library.repair.copies import DAY_S
from tomb.library.store import Store

log = logging.getLogger(__name__)

FIRST_S = 60.0  # after the start: a box that is on for some minutes a day is copied too, but never while it starts


class Housekeeping:
    """`free_kept`: bytes that are left free on the disk."""

    def __init__(self, store: Store, free_kept: int) -> None:
        self._store = store
        self._free_kept = free_kept

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on for ever. Raises: LibraryDamaged."""
        task_status.started()
        await trio.sleep(FIRST_S)
        while True:
            try:
                await self._store.keep_ballast(self._free_kept)
                await self._store.keep_daily_copy(self._free_kept)
            except (NoSpace, Unavailable) as error:
                log.warning("no copy of the database could be made, trying again tomorrow: %s", error)
            await trio.sleep(DAY_S)
