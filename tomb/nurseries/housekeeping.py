"""What is done while nobody looks: a copy of the database some time after an edit, the reserve filled up again, and
what has been in the bin for its time deleted for good."""

from collections.abc import Awaitable, Callable

import trio

from tomb.library.repair.copies import APART_S
from tomb.library.store import Store

FIRST_S = 60.0  # after the start: a box that is on for some minutes a day is copied too, but never while it starts
QUIET_S = 600.0  # parents edit many things in a row
EXPIRE_S = 6 * 3600.0  # between two looks into the bin, each of which is a write if there is anything in it


class Housekeeping:
    """A service. `free_kept`: bytes that are left free on the disk. `expire`: deletes for good what has been in the bin
    for its time."""

    def __init__(self, store: Store, free_kept: int, expire: Callable[[], Awaitable[None]]) -> None:
        self._store = store
        self._free_kept = free_kept
        self._expire = expire
        self._expired_at = -EXPIRE_S
        self._begun = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on for ever. Raises: NoSpace, Unavailable, LibraryDamaged; started again, it is up once all was done."""
        again, self._begun = self._begun, True
        if not again:
            task_status.started()
            await trio.sleep(FIRST_S)
        while True:
            if trio.current_time() - self._expired_at >= EXPIRE_S:
                await self._expire()
                self._expired_at = trio.current_time()
            await self._store.fill_reserve()
            wait = await self._store.keep_copy(self._free_kept)
            if again:
                again = False
                task_status.started()
            if wait:
                await trio.sleep(wait)
            else:
                await self._quiet_after_an_edit()

    async def _quiet_after_an_edit(self) -> None:
        """Until the first edit, and then until there was none for a while; but never longer than an hour of either."""
        with trio.move_on_after(APART_S):
            await self._store.until_edited()
        with trio.move_on_after(APART_S):
            edited = True
            while edited:
                with trio.move_on_after(QUIET_S) as quiet:
                    await self._store.until_edited()
                edited = not quiet.cancelled_caught
