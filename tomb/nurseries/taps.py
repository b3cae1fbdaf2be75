"""Taps: what the reader reads becomes taps, and taps become music.

Readings go through the presence machine (tomb.machines.presence), so that one placement is one tap however it wobbles.
A placement belongs to a linking session (tomb.nurseries.linking says whether), or it is a tap: then it plays its
playlist, does its action, or only makes itself known.

All of this happens at once, in the call with which the reader hands over its reading: what a tag is for is known by
heart, and that it was seen is only noted. So a tap waits for nothing but the deck's mailbox, whatever the library's
disk is doing, and taps get there in the order in which they were made.
"""

from contextlib import suppress

import trio

from tomb.devices.reader import Sighting, TagReader
from tomb.events import PLAYLISTS, Events
from tomb.machines.presence import PRESENCE, Lifted, Missed, Placed, Presence, Seen, Waited
from tomb.machines.table import ClearTimer, SetTimer
from tomb.models import PlaylistLite, TagAction
from tomb.nurseries.deck import Deck
from tomb.nurseries.journal import Journal
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.linking import Linking
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.mailbox import Boundary
from tomb.nurseries.timer import Timer
from tomb.ports import Ports


class Taps:
    def __init__(
        self,
        ports: Ports,
        events: Events,
        librarian: Librarian,
        journal: Journal,
        deck: Deck,
        linking: Linking,
        machines: MachineStates,
    ) -> None:
        self._ports = ports
        self._events = events
        self._librarian = librarian
        self._journal = journal
        self._deck = deck
        self._linking = linking
        self._machines = machines
        self._presence = Presence()
        self._timer = Timer(lambda number: self._happens(Waited(number, trio.current_time())))
        self._boundary = Boundary()
        self._reader: TagReader | None = None
        self._feedback: dict[TagReader, trio.MemorySendChannel[bool]] = {}
        self._playlist_id: str | None = None  # of the tag that was announced last

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._timer.run)
            task_status.started()
            await self._boundary.run()

    async def serve(self, reader: TagReader, task_status: trio.TaskStatus[None]) -> None:
        """Read tags there until it fails, as `TagReader.run` does, and let it show what became of each.

        To be run by its supervisor. The blinking belongs there too, and not among our own tasks: a reader may take a
        second for it, which no tap should wait for, and what its driver raises is the reader's end, not the box's.
        """
        self._feedback[reader], feedback = trio.open_memory_channel[bool](1)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_show, reader, feedback)
                await reader.run(self.see, task_status=task_status)
        finally:
            del self._feedback[reader]

    @property
    def reader(self) -> TagReader | None:
        """The reader that is in use."""
        return self._reader

    def use(self, reader: TagReader) -> None:
        """From now on tags are read there."""
        self._reader = reader
        self._linking.reader_there = True
        self.see(Sighting(None))

    def lose(self, _: str) -> None:
        """There is no reader any more."""
        self._reader = None
        self._linking.reader_there = False
        self.see(Sighting(None))

    def see(self, sighting: Sighting) -> None:
        """What the reader reads; to be called on the Trio thread."""
        now = trio.current_time()
        with self._boundary.crossed():
            self._happens(Missed(now) if sighting.tag_id is None else Seen(sighting.tag_id, now))

    def typed(self, tag_id: str) -> None:
        """A tag was told by a reader that types: a tap, or a session's, and nothing lies there afterwards."""
        with self._boundary.crossed():
            self._journal.tag_seen(tag_id, self._ports.wall())
            if not self._linking.passed(tag_id):
                lying = self._playlist_id
                self._tap(tag_id)
                self._announce(tag_id, present=False)
                self._playlist_id = lying  # of a tag that lies on the other reader

    def _happens(self, event: Seen | Missed | Waited) -> None:
        PRESENCE.fire(self._presence, event)
        self._machines.note(PRESENCE, "reader", self._presence.state)
        effects, self._presence.effects = self._presence.effects, []
        for effect in effects:
            match effect:
                case SetTimer(at, number):
                    self._timer.set(at, number)
                case ClearTimer():
                    self._timer.clear()
                case Placed(tag_id):
                    self._journal.tag_seen(tag_id, self._ports.wall())
                    if not self._linking.placed(tag_id):
                        self._tap(tag_id)
                case Lifted(tag_id):
                    if not self._linking.lifted():
                        self._end_tap(tag_id)

    def _tap(self, tag_id: str) -> None:
        use = self._librarian.tag_use(tag_id)
        self._playlist_id = use.id if isinstance(use, PlaylistLite) else None
        self._announce(tag_id, present=True)
        self._signal(ok=use is not None)
        match use:
            case PlaylistLite():
                self._deck.tap(use.id)
            case TagAction():
                self._deck.act(use, origin="tag")
            case None:
                self._deck.chime("unknown_tag")

    def _end_tap(self, tag_id: str) -> None:
        self._announce(tag_id, present=False)
        if self._playlist_id is not None:
            self._deck.lifted(self._playlist_id)

    def _announce(self, tag_id: str, *, present: bool) -> None:
        data = {"tag_id": tag_id, "present": present, "playlist_id": self._playlist_id}
        self._events.tell("nfc_tag", {PLAYLISTS}, data)

    def _signal(self, *, ok: bool) -> None:
        if self._reader in self._feedback:
            with suppress(trio.WouldBlock):  # of taps that come faster than it blinks some are not shown
                self._feedback[self._reader].send_nowait(ok)


async def _show(reader: TagReader, feedback: trio.MemoryReceiveChannel[bool]) -> None:
    async for ok in feedback:
        await reader.signal(ok)
