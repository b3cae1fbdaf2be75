"""Tag readers that can be unplugged, and miss what lies on them, as real ones do."""

from collections.abc import Callable, Sequence

import trio

from tomb.devices.reader import ReaderGone, ReaderKind, Sighting, Sign, Sink
from tomb.errors import Broken, Missing


class SimulatedReaders:
    """One device with several readers: those of `known` may be plugged in, those of `names` are. `showed` is told what
    becomes of taps."""

    kind: ReaderKind = "pcsc"

    def __init__(self, names: Sequence[str], showed: Callable[[Sign, str], object]) -> None:
        self.known = tuple(names)
        self.names: Sequence[str] = self.known
        self._lies: dict[str, tuple[str, bool]] = {}  # on each, and whether its number is a random one
        self._showed = showed
        self._see: Sink | None = None
        self._cut = trio.Event()

    def on(self, reader: str) -> str | None:
        """What lies on it."""
        return self._lies.get(reader, (None, False))[0]

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if not self.names:
            raise Missing("no reader is plugged in")
        self._see, self._cut = see, trio.Event()
        try:
            task_status.started()
            for name in self.names:
                self._tell(name)
            await self._cut.wait()
        finally:
            self._see = None
        raise Broken("the reader was unplugged")

    def place(self, uid: str, reader: str, *, is_random: bool = False) -> None:
        self._lies[reader] = (uid, is_random)
        self._tell(reader)

    def lift(self, reader: str) -> None:
        del self._lies[reader]
        self._tell(reader)

    def miss(self, reader: str) -> None:
        """Read nothing once, whatever lies there."""
        self._say(Sighting(None, reader), reader)

    def look(self, reader: str) -> None:
        """Read what lies there."""
        self._tell(reader)

    def unplug(self, reader: str) -> None:
        self.names = [name for name in self.names if name != reader]
        if not self.names:
            self._cut.set()
        elif self._see is not None:
            self._see(ReaderGone(reader))

    def plug_in(self, reader: str) -> None:
        """Found when the box looks again, or at once beside one that it watches."""
        self.names = [name for name in self.known if name in {*self.names, reader}]
        self._tell(reader)

    async def signal(self, sign: Sign, reader: str) -> None:
        await trio.lowlevel.checkpoint()
        self._showed(sign, reader)

    def _tell(self, reader: str) -> None:
        uid, is_random = self._lies.get(reader, (None, False))
        self._say(Sighting(uid, reader, is_random), reader)

    def _say(self, sighting: Sighting, reader: str) -> None:
        if self._see is not None and reader in self.names:
            self._see(sighting)
