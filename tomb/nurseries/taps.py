"""Taps: what the readers read becomes taps, and taps become music.

Each reader has a presence machine (tomb.machines.presence) through which its readings go, so that one placement is one
tap however it wobbles, and whatever becomes of the reader meanwhile. Of tags on several readers the one that was placed
last wins, and the removal of any other pauses nothing.
A placement belongs to a linking session (tomb.nurseries.linking says whether), or it is a tap: then it plays its
playlist, does its action, or only makes itself known.

All of this happens at once, in the call with which the reader hands over its reading: what a tag is for is known by
heart, and that it was seen is only noted. So a tap waits for nothing but the deck's mailbox, whatever the library's
disk is doing, and taps get there in the order in which they were made.
"""

import itertools
from contextlib import suppress
from functools import partial

import trio
from msgspec import Struct

from tomb.devices.reader import ReaderGone, ReaderKind, Sighting, Sign, TagReader
from tomb.events import PLAYLISTS, Events
from tomb.machines.presence import (
    PRESENCE,
    Event,
    Found,
    Hidden,
    Lifted,
    Lost,
    Missed,
    Placed,
    Presence,
    Seen,
    Uncovered,
    Waited,
)
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

AFAR = "afar"
"""Where a tag lies that somebody puts on the box from a program (`Taps.tap`): a reader among the others."""
TYPED = "typed"
"""Where nothing ever lies: a reader that types tells of a tag once."""


class Field(Struct):
    """What lies on one reader. `random_id`: the first number of what has another one each time; `playlist_id`: what the
    tag plays, as it was announced; `turn`: grows with each tag that is placed on any reader."""

    reader: str
    presence: Presence
    timer: Timer
    random_id: str | None = None
    playlist_id: str | None = None
    turn: int = 0
    is_first: bool = True  # nothing was read there yet


class KnownReader(Struct, frozen=True):
    """A reader that is there now, or (not `available`) was there."""

    name: str
    kind: ReaderKind
    available: bool


class Shown(Struct, frozen=True):
    """What a reader is to show."""

    sign: Sign
    reader: str


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
        self._boundary = Boundary()
        self._reader: TagReader | None = None
        self._kind: ReaderKind = "virtual"
        self.went_on = False  # the box was started anew and went on playing, with the tag that lies there
        self._fields: dict[str, Field] = {}
        self._turns = itertools.count(1)
        self._feedback: dict[TagReader, trio.MemorySendChannel[Shown]] = {}
        self._letting_go = Timer(self._let_go)
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._letting_go.run)
            task_status.started()
            await self._boundary.run()

    async def serve(self, reader: TagReader, task_status: trio.TaskStatus[None]) -> None:
        """Read tags there until it fails, as `TagReader.run` does, and let it show what became of each.

        To be run by its supervisor. The blinking belongs there too, and not among our own tasks: a reader may take a
        second for it, which no tap should wait for, and what its driver raises is the reader's end, not the box's.
        """
        self._feedback[reader], feedback = trio.open_memory_channel[Shown](1)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_show, reader, feedback)
                await reader.run(self.see, task_status=task_status)
        finally:
            del self._feedback[reader]

    @property
    def reader(self) -> TagReader | None:
        """What is in use."""
        return self._reader

    @property
    def readers(self) -> list[KnownReader]:
        """Those that were there since the start."""
        there = () if self._reader is None else self._reader.names
        known = dict.fromkeys((*there, *self._fields))
        return [KnownReader(name, self._kind, name in there) for name in known if name != AFAR]

    def use(self, reader: TagReader) -> None:
        """From now on tags are read there."""
        dismissed, self._reader, self._kind = self._reader, reader, reader.kind
        self._linking.reader_there = True
        if dismissed is not None and dismissed is not reader:  # with what lies on it
            for name in dismissed.names:
                if name in self._fields:
                    self.see(Sighting(None, name))
                    del self._fields[name]

    def lose(self, _: str) -> None:
        """There is no reader any more."""
        self._reader = None
        self._linking.reader_there = False
        for name in self._fields:
            if name != AFAR:
                self.see(ReaderGone(name))

    def see(self, seen: Sighting | ReaderGone) -> None:
        """What a reader reads; to be called on the Trio thread."""
        now = trio.current_time()
        with self._boundary.crossed():
            match seen:
                case ReaderGone(name):
                    self._happens(self._field(name), Lost(now))
                case Sighting(None, name):
                    self._happens(self._field(name), Missed(now))
                case Sighting(tag_id, name, is_random):
                    assert tag_id is not None
                    self._moved(tag_id, self._field(name))
                    self._happens(self._field(name), Seen(self._known(tag_id, name, is_random), now))

    def typed(self, tag_id: str) -> None:
        """A tag was told by a reader that types: a tap, or a session's, and nothing lies there afterwards."""
        with self._boundary.crossed():
            self._journal.tag_seen(tag_id, self._ports.wall())
            if not self._linking.passed(tag_id):
                passing = Field(TYPED, Presence(), self._letting_go)
                self._tap(passing, tag_id)
                self._tell(passing, tag_id, present=False)

    def tap(self, tag_id: str, hold_s: float) -> None:
        """As if the tag were put on a reader, and taken away after a time. One that is there so is taken away first."""
        now = trio.current_time()
        with self._boundary.crossed():
            afar = self._field(AFAR)
            for _ in range(2 if afar.presence.tag_id is not None else 0):
                self._happens(afar, Missed(now))
            self._happens(afar, Seen(tag_id, now))
            self._letting_go.set(now + hold_s, next(self._turns))

    def _let_go(self, _: int) -> None:
        self.see(Sighting(None, AFAR))

    def _field(self, reader: str) -> Field:
        if reader not in self._fields:
            assert self._nursery is not None
            presence = Presence(grace=0.0) if reader == AFAR else Presence()
            timer = Timer(lambda number: self._happens(made, Waited(number, trio.current_time())))
            self._fields[reader] = made = Field(reader, presence, timer)
            self._nursery.start_soon(timer.run)
        return self._fields[reader]

    def _known(self, tag_id: str, reader: str, is_random: bool) -> str:
        """A phone that wobbles has another number, and keeps the one that it had before."""
        there = self._field(reader)
        if is_random and there.random_id not in (there.presence.tag_id, there.presence.beneath):
            there.random_id = None
        if is_random:
            there.random_id = there.random_id or tag_id
            return there.random_id
        if there.random_id == tag_id:
            there.random_id = None
        return tag_id

    def _moved(self, tag_id: str, to: Field) -> None:
        """A reader that is plugged in again may have another name, and the tag has been lying on it all the time."""
        for other in self._fields.values():
            if to.presence.state == "absent" and (other.presence.state, other.presence.tag_id) == ("unseen", tag_id):
                other.reader, to.reader = to.reader, other.reader
                self._fields[other.reader], self._fields[to.reader] = other, to
                return

    def _happens(self, field: Field, event: Event) -> None:
        PRESENCE.fire(field.presence, event)
        self._machines.note(PRESENCE, field.reader, field.presence.state)
        effects, field.presence.effects = field.presence.effects, []
        for effect in effects:
            match effect:
                case SetTimer(at, number):
                    field.timer.set(at, number)
                case ClearTimer():
                    field.timer.clear()
                case Placed(tag_id):
                    field.turn = next(self._turns)
                    if tag_id != field.random_id:
                        self._journal.tag_seen(tag_id, self._ports.wall())
                    if self._linking.placed(tag_id, is_random=tag_id == field.random_id):
                        pass
                    elif field.is_first and self.went_on and self._plays(tag_id):
                        self._announce(field, tag_id, self._librarian.tag_use(tag_id))
                    else:
                        self._tap(field, tag_id)
                case Uncovered(tag_id):
                    if not self._linking.placed(tag_id, is_random=tag_id == field.random_id):
                        self._announce(field, tag_id, self._librarian.tag_use(tag_id))
                case Hidden(tag_id):
                    self._linking.hidden(tag_id)
                case Found(tag_id):
                    self._linking.found(tag_id)
                case Lifted(tag_id):
                    if not self._linking.lifted(tag_id):
                        self._end_tap(field, tag_id)
                    field.playlist_id = None
        field.is_first = False

    def _plays(self, tag_id: str) -> bool:
        use = self._librarian.tag_use(tag_id)
        return isinstance(use, PlaylistLite) and self._deck.state(0).active_playlist_id == use.id

    def _tap(self, field: Field, tag_id: str) -> None:
        use = self._librarian.tag_use(tag_id)
        refused = use is not None and self._deck.refuses(use)
        self._announce(field, tag_id, use, refused=refused)
        if use is not None:
            self._journal.tapped(tag_id)
        match use:
            case PlaylistLite():
                self._signal(field, "limit" if refused else "ok")
                self._deck.tap(use.id, partial(self._signal, field, "error"))
            case TagAction():
                self._signal(field, "limit" if refused else "ok")
                self._deck.act(use, origin="tag")
            case None:
                self._signal(field, "unknown")
                self._deck.chime("unknown_tag")

    def _end_tap(self, field: Field, tag_id: str) -> None:
        self._tell(field, tag_id, present=False)
        playlist_id = field.playlist_id
        ours = [each for each in self._fields.values() if each.playlist_id == playlist_id]
        newer = [each for each in ours if each.turn > field.turn and not self._linking.has(each.presence.tag_id)]
        if playlist_id is not None and not newer:
            self._deck.lifted(playlist_id)

    def _announce(
        self, field: Field, tag_id: str, use: PlaylistLite | TagAction | None, *, refused: bool = False
    ) -> None:
        field.playlist_id = use.id if isinstance(use, PlaylistLite) else None
        self._tell(field, tag_id, present=True, refused=refused)

    def _tell(self, field: Field, tag_id: str, *, present: bool, refused: bool = False) -> None:
        """`refused`: a limit keeps it from what it is for."""
        reason = self._deck.limit.reason if refused else None
        is_random = tag_id == field.random_id
        data = {"tag_id": tag_id, "present": present, "playlist_id": field.playlist_id, "is_random": is_random}
        data["refused"] = reason
        self._events.tell("nfc_tag", {PLAYLISTS}, data)

    def _signal(self, field: Field, sign: Sign) -> None:
        if self._reader in self._feedback:
            with suppress(trio.WouldBlock):  # of taps that come faster than it blinks some are not shown
                self._feedback[self._reader].send_nowait(Shown(sign, field.reader))


async def _show(reader: TagReader, feedback: trio.MemoryReceiveChannel[Shown]) -> None:
    async for shown in feedback:
        await reader.signal(shown.sign, shown.reader)
