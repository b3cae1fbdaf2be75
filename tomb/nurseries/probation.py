"""A new version is on probation until it was found to be healthy: it plays, and takes no edits.

Should it not be healthy, the one before comes back with the database as it was before this one opened it. What parents
changed meanwhile would be lost, though it was acknowledged; so nothing is acknowledged. That goes for what the box does
by itself, too: a song that was taken out of the inbox, or a file that was deleted with the bin, would be gone from the
disk, and the database that came back would not know. What playing leaves behind, a place in a story and minutes that
were heard, is written and may be lost: a minute of it at the most.
"""

import trio

from tomb.errors import OnProbation
from tomb.nurseries.supervisor import Task


class Probation:
    """`is_on`: it lasts."""

    def __init__(self) -> None:
        self.is_on = False
        self._over = trio.Event()
        self._over.set()

    def begin(self) -> None:
        if not self.is_on:
            self.is_on, self._over = True, trio.Event()

    def end(self) -> None:
        self.is_on = False
        self._over.set()

    def holds(self, service: Task) -> Task:
        """That service, which begins when edits are taken; until then it is up, and does nothing."""

        async def run(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
            if not self.is_on:
                await service(task_status=task_status)
                return
            task_status.started()
            await self.over()
            await service(task_status=trio.TASK_STATUS_IGNORED)

        return run

    def check(self) -> None:
        """Before an edit. Raises: OnProbation."""
        if self.is_on:
            raise OnProbation

    async def over(self) -> None:
        """Wait until edits are taken; at once where they are."""
        await self._over.wait()
