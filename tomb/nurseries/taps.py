"""Taps: what the reader sees becomes taps, and taps become music.

Sightings go through the presence machine (tomb.machines.presence), so that one placement is one tap however it wobbles.
A tap belongs to the linking session if there is one; else it plays its playlist, does its action, or only makes itself
known.
"""

import logging
from functools import partial

import trio

from tomb.devices.sighting import Reader, Sighting
from tomb.errors import RequestError
from tomb.events import PLAYLISTS, Events
from tomb.machines import presence as rules
from tomb.models import Tag, TagAction
from tomb.nurseries.deck import Deck
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.linking import Linking
from tomb.nurseries.mailbox import Mailbox
from tomb.nurseries.timer import Timer

log = logging.getLogger(__name__)
VOLUME_STEP = 5
SLEEP_MINUTES = 30


class Taps:
    def __init__(self, events: Events, librarian: Librarian, deck: Deck, linking: Linking) -> None:
        self._events = events
        self._deck = deck
        self._linking = linking
        self._librarian = librarian
        self._presence = rules.Presence()
        self._mailbox = Mailbox("taps")
        self._timer = Timer(lambda _: self._happens(rules.Waited(trio.current_time())))
        self._reader: Reader | None = None
        self._playlist_id: str | None = None
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._timer.run)
            await self._mailbox.run(task_status=task_status)

    @property
    def reader(self) -> Reader | None:
        """The reader that is in use."""
        return self._reader

    def use(self, reader: Reader) -> None:
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
        self._happens(rules.Missed(now) if sighting.tag_id is None else rules.Seen(sighting.tag_id, now))

    def _happens(self, event: rules.Seen | rules.Missed | rules.Waited) -> None:
        rules.PRESENCE.fire(self._presence, event)
        effects, self._presence.effects = self._presence.effects, []
        for effect in effects:
            match effect:
                case rules.Wake(at):
                    self._timer.set(at, 0)
                case rules.Calm():
                    self._timer.clear()
                case rules.Placed(tag_id):
                    self._mailbox.post_async(partial(self._placed, tag_id))
                case rules.Lifted(tag_id):
                    self._mailbox.post_async(partial(self._lifted, tag_id))

    async def _placed(self, tag_id: str) -> None:
        if await self._linking.placed(tag_id):
            return
        tag = await self._librarian.tag(tag_id)
        self._playlist_id = tag.playlist_id if tag else None
        self._announce(tag_id, present=True)
        self._signal(ok=tag is not None and (tag.playlist_id is not None or tag.action is not None))
        try:
            await self._obey(tag)
        except RequestError as error:
            log.warning("tag %s did nothing: %s", tag_id, error)
        try:
            await self._librarian.see_tag(tag_id)
        except RequestError as error:
            log.warning("that tag %s was seen is not kept: %s", tag_id, error)

    async def _lifted(self, tag_id: str) -> None:
        if await self._linking.lifted(tag_id):
            return
        self._announce(tag_id, present=False)
        if self._playlist_id is not None:
            await self._deck.lifted(self._playlist_id)

    async def _obey(self, tag: Tag | None) -> None:
        if tag is None:
            return
        if tag.playlist_id is not None:
            await self._deck.tap(tag.playlist_id)
        elif tag.action is not None:
            await self._act(tag.action)

    async def _act(self, action: TagAction) -> None:
        deck, step = self._deck, action.step or VOLUME_STEP
        minutes = SLEEP_MINUTES if action.minutes is None else action.minutes
        match action.action:
            case "next":
                await deck.next()
            case "previous":
                await deck.previous()
            case "pause":
                await deck.toggle()
            case "stop":
                await deck.stop()
            case "volume_up":
                await deck.turn_volume(step)
            case "volume_down":
                await deck.turn_volume(-step)
            case "sleep_timer":
                await deck.sleep(minutes * 60)
            case "shuffle":
                await deck.toggle_shuffle()

    def _announce(self, tag_id: str, *, present: bool) -> None:
        data = {"tag_id": tag_id, "present": present, "playlist_id": self._playlist_id}
        self._events.tell("nfc_tag", {PLAYLISTS}, data)

    def _signal(self, *, ok: bool) -> None:
        # In a task of its own: a reader may take a second to blink, and the next tap must not wait for it.
        if self._reader is not None and self._nursery is not None:
            self._nursery.start_soon(self._reader.signal, ok)
