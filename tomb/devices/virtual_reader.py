"""A reader for boxes without one, and for tests: tags are put on it by HTTP. No threads, so it runs on virtual time."""

import trio

from tomb.devices.sighting import Sighting, Sink, parse_uid
from tomb.errors import Busy


class VirtualReader:
    """Call `place` and `lift` on the Trio thread. A tag placed while nobody watches is told when somebody does."""

    name: str | None = "Virtual reader"

    def __init__(self) -> None:
        self.tag_id: str | None = None  # what lies on the reader
        self.signalled: bool | None = None  # the last feedback, which this reader cannot show
        self._see: Sink | None = None

    def __repr__(self) -> str:
        return f"<VirtualReader {self.tag_id or 'empty'}{'' if self._see else ', unwatched'}>"

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if self._see is not None:
            raise Busy("The virtual reader is already being watched.")
        self._see = see
        try:
            task_status.started()
            if self.tag_id is not None:
                self._tell()
            await trio.sleep_forever()
        finally:
            self._see = None

    def place(self, tag_id: str) -> str:
        """Put a tag on the reader, in place of what lies there. Answers, and raises, as `parse_uid` does."""
        self.tag_id = parse_uid(tag_id)
        self._tell()
        return self.tag_id

    def lift(self) -> None:
        """Take away what lies on the reader, if anything does."""
        self.tag_id = None
        self._tell()

    async def signal(self, ok: bool) -> None:
        await trio.lowlevel.checkpoint()
        self.signalled = ok

    def _tell(self) -> None:
        if self._see is not None:
            self._see(Sighting(self.tag_id))
