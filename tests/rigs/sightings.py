"""What a test notes of a reader's sightings, and how it waits for the next."""

import trio

from tests.rigs.patience import PATIENCE_S
from tomb.devices.reader import ReaderGone, Sighting


class Sightings:
    """Hand `see` to a reader. `all` are the tags told so far, None for nothing there; `raw` is all as it was told."""

    def __init__(self) -> None:
        self.all: list[str | None] = []
        self.raw: list[Sighting | ReaderGone] = []
        self._send, self._receive = trio.open_memory_channel[str | None](1000)

    def see(self, sighting: Sighting | ReaderGone) -> None:
        self.raw.append(sighting)
        if isinstance(sighting, ReaderGone):
            return
        self.all.append(sighting.tag_id)
        self._send.send_nowait(sighting.tag_id)

    async def next(self) -> str | None:
        with trio.fail_after(PATIENCE_S):
            return await self._receive.receive()

    async def until(self, tag_id: str | None) -> list[str | None]:
        """Wait for this one; answers those before it, that nobody waited for."""
        before = []
        while (seen := await self.next()) != tag_id:
            before.append(seen)
        return before
