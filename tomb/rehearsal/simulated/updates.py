"""An updater of one's own: what the index says, how long a package takes to come, and what root's program notes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from tomb.devices.updates import Note, Offer, UpdateFault

FETCHING_S = 10.0
URL = "https://example.org/tomb/tomb-music-box_2.0.deb"


@dataclass
class FakeUpdater:
    """`offer`: what the index has; `fault`: what the next question raises; `fetched`: all addresses. `note` is what the
    program has noted: whoever directs sets it."""

    offer: Offer | None = field(default_factory=lambda: Offer("2.0", URL))
    index: bool = True
    hindered: UpdateFault | None = None
    fault: UpdateFault | None = None
    note: Note = field(default_factory=Note)
    fetched: list[str] = field(default_factory=list)
    looks: int = 0
    withdrawn: int = 0

    def hindrance(self) -> UpdateFault | None:
        return self.hindered

    def has_index(self) -> bool:
        return self.index

    async def newest(self) -> Offer | None:
        self.looks += 1
        await trio.sleep(1.0)
        self._fail()
        return self.offer

    async def fetch(self, url: str, told: Callable[[float], object]) -> None:
        for percent in range(0, 101, 2):
            told(float(percent))
            await trio.sleep(FETCHING_S / 50)
        self._fail()
        self.fetched.append(url)

    async def withdraw(self) -> None:
        await trio.lowlevel.checkpoint()
        self.withdrawn += 1

    async def noted(self) -> Note:
        await trio.lowlevel.checkpoint()
        return self.note

    def notes(self, state: str, version: str = "2.0", reason: str = "", message: str = "") -> None:
        self.note = Note(state, version, reason, message, self.note.number + 1)

    def _fail(self) -> None:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
