"""Two ways to kill a box: the process alone, or the disk under it as well, with all that was not synced."""

from tests.rigs.small_disk import Ext4Disk
from tests.soak.victim import Victim


class Kill:
    """`kill -9` of the box and its children. `keeps_chunks`: each that was answered is there afterwards; else it may be
    lost, and is then said to be missing. An upload that was announced since the box started may be lost as long as no
    chunk of it was to be kept."""

    keeps_chunks = True

    async def kill(self, victim: Victim) -> None:
        await victim.kill()

    def restore_power(self) -> None:
        """There is nothing to restore."""


class Cut(Kill):
    """The disk goes, then the box."""

    keeps_chunks = False  # those of its last moment

    def __init__(self, disk: Ext4Disk) -> None:
        self._disk = disk
        self._off = False

    async def kill(self, victim: Victim) -> None:
        victim.freeze()  # a box whose disk fails would say so, and one without power says nothing
        self._disk.cut_power()
        self._off = True
        await victim.kill()

    def restore_power(self) -> None:
        if self._off:
            self._disk.restore_power()
            self._off = False
