"""MQTT: what the box does is told to a broker, and what a broker hands on becomes what a click would do.

It is a service at the edge of the box (tomb.nurseries.supervisor): a broker that is away, slow or mad costs the box
nothing but this. What is to be said is gathered when somebody can hear it (`outbox`), and on each new connection all of
it is said anew. What comes in is looked at one message at a time, as many a second as a person could mean; the rest is
dropped, and so is what the broker has kept from before: nobody presses a button yesterday.

Who may publish to the broker may do here what a phone may do that knows no PIN, and is held by the limits.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

import trio
from msgspec import Struct
from pydantic_core import from_json

from tomb.config import Rate
from tomb.devices import computer
from tomb.devices.mqtt.broker import Broker
from tomb.devices.mqtt.session import Message, Session
from tomb.errors import RequestError
from tomb.events import Event, Events
from tomb.models import TagAction
from tomb.nurseries.buckets import Buckets
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import Board
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.mqtt import commands, discovery, topics
from tomb.nurseries.mqtt.labels import NOTHING, Labels
from tomb.nurseries.mqtt.outbox import Outbox
from tomb.nurseries.mqtt.topics import OFFLINE, ONLINE, Topics, words
from tomb.nurseries.parent_auth import ParentAuth
from tomb.nurseries.preferences import Preferences
from tomb.nurseries.updates import Updates
from tomb.ports import Ports

log = logging.getLogger(__name__)

PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
LOOK_S: Final = 10.0  # between two looks at what nobody tells: the health, the minutes that are left
LISTS_S: Final = 5.0  # between two lists of playlists: an import makes many, and Home Assistant has to take each
DISK_S: Final = 600.0
RATE: Final = Rate(30, 10)  # commands, and what a broker says besides
ANEW: Final = Rate(1, 0.1)  # Home Assistant comes up
COMMANDS_WAITING: Final = 30
GB: Final = 1_000_000_000
_LISTS = frozenset({"state:playlists", "state:playlist_created", "state:playlist_updated", "state:playlist_deleted"})


class House(Struct, frozen=True):
    """Those of the box whom this tells of, and asks. `url`: of its page; None while it has no name that answers."""

    ports: Ports
    events: Events
    librarian: Librarian
    deck: Deck
    board: Board
    preferences: Preferences
    parent_auth: ParentAuth
    updates: Updates
    url: Callable[[], str | None]
    data: Path


class Mqtt:
    """`prefix`: where Home Assistant looks for devices; "" to tell it nothing."""

    def __init__(self, house: House, broker: Broker, prefix: str) -> None:
        self._house = house
        self._broker = broker
        self._prefix = prefix
        self._hands = commands.Hands(house.deck, house.librarian, house.parent_auth, Labels())
        self._topics = Topics("")
        self._outbox = Outbox()
        self._rate, self._anew = Buckets(RATE), Buckets(ANEW)
        self._connected = False
        self._changed = trio.Event()
        self._lists_changed = True
        self._moved = True  # more than by playing on
        self._looks: tuple[str, str | None, int, Labels] | None = None
        self._disk_due = self._health_due = self._lists_due = 0.0
        house.events.subscribe(self._see)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be connected until cancelled, or until that fails; ready when the broker knows all. Raises DeviceError."""
        self._topics = Topics(await self._house.librarian.box_id())
        will = Message(self._topics.availability, OFFLINE.encode(), retained=True)
        async with self._broker.session(f"tomb-{self._topics.box_id}", will) as session:
            await session.subscribe(*self._listens_to())
            self._outbox.empty()
            self._lists_changed, self._moved, self._looks = True, True, None
            self._disk_due = self._lists_due = trio.current_time()
            # Not at once: at its start all parts of the box are on their way, and this one is whenever it connects.
            self._health_due = trio.current_time() + LOOK_S
            self._outbox.put(self._topics.state("refusal"), NOTHING)
            self._connected = True
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(session.keep_alive)
                    asked, to_do = trio.open_memory_channel[tuple[str, commands.Click]](COMMANDS_WAITING)
                    nursery.start_soon(self._listen, session, asked)
                    await self._look()
                    await self._say_all(session)
                    self._outbox.put(self._topics.availability, ONLINE)
                    await self._say_all(session)
                    log.info("connected to the broker %s as tomb/%s", self._broker, self._topics.box_id)
                    task_status.started()
                    nursery.start_soon(self._obey, to_do)
                    nursery.start_soon(self._keep_looking)
                    nursery.start_soon(self._speak, session)
            finally:
                self._connected = False

    @property
    def _device(self) -> str:
        """Where Home Assistant finds what the box is."""
        return discovery.topic(self._prefix, self._topics.box_id)

    def _listens_to(self) -> list[str]:
        return [self._topics.commands, *([f"{self._prefix}/{discovery.STATUS}"] if self._prefix else [])]

    # --- what is told -----------------------------------------------------------------------------------------------

    def _see(self, event: Event) -> None:
        """An event of the box, in the middle of its being told: what it means is looked at later."""
        if not self._connected:
            return
        if event.type in _LISTS:
            self._lists_changed = True
            self._changed.set()
        elif event.type == "state:player":
            self._moved = True
            self._changed.set()
        elif event.type == "update_state":
            self._changed.set()
        elif event.type == "nfc_tag":
            self._see_tag(event)

    def _see_tag(self, event: Event) -> None:
        told = from_json(event.payload)
        tag_id, playlist_id = told["tag_id"], told["playlist_id"]
        use = self._house.librarian.tag_use(tag_id)
        if not told["present"]:
            kind = "lifted"
        elif told["refused"] is not None:
            kind = "refused"
        else:
            kind = "unlinked" if use is None else "acted" if isinstance(use, TagAction) else "played"
        happened = {"event_type": kind, "tag_id": tag_id, "reason": told["refused"]}
        happened["playlist"] = self._house.librarian.title(playlist_id)
        self._outbox.tell(self._topics.moment("tap"), json.dumps(happened, ensure_ascii=False))
        if kind == "unlinked" and not told["is_random"]:  # a phone has another number each time
            self._outbox.tell(self._topics.moment("tag"), tag_id)

    async def _keep_looking(self) -> NoReturn:
        while True:
            with trio.move_on_after(self._wait_s()):
                await self._changed.wait()
            self._changed = trio.Event()
            await self._look()

    def _wait_s(self) -> float:
        lists_s = self._lists_due - trio.current_time() if self._lists_changed else LOOK_S
        return max(0.0, min(LOOK_S, lists_s))

    async def _look(self) -> None:
        """How all is now, as far as the broker does not know it."""
        house = self._house
        if self._lists_changed and trio.current_time() >= self._lists_due:
            self._lists_changed, self._lists_due = False, trio.current_time() + LISTS_S
            # A label counts from when it is told: until then its playlist has none.
            self._hands.labels = Labels(house.librarian.lites())
        state = house.deck.state(0)
        shown = topics.of_player(state, self._hands.labels.of(state.active_playlist_id), house.ports.wall())
        shown |= topics.of_update(house.updates.status())
        if trio.current_time() >= self._health_due:
            self._health_due = trio.current_time() + LOOK_S
            shown["health"] = house.board.overall
        if not self._moved:
            del shown["position"]
        self._moved = False
        if trio.current_time() >= self._disk_due:
            self._disk_due = trio.current_time() + DISK_S
            shown["free"] = await self._free()
        looks = (house.preferences.current.box_name, house.url(), house.deck.ceiling, self._hands.labels)
        if self._prefix and looks != self._looks:
            self._looks = looks
            self._outbox.put(self._device, discovery.payload(self._topics, *looks))
        for name, value in shown.items():
            self._outbox.put(self._topics.state(name), value)

    async def _free(self) -> str:
        try:
            disk = await self._house.ports.in_thread(computer.disk, self._house.data)
        except OSError:  # a stick that somebody took away: health says so
            return NOTHING
        return f"{disk.free / GB:.1f}"

    async def _say_all(self, session: Session) -> None:
        while (message := self._outbox.take()) is not None:
            await session.publish(message)

    async def _speak(self, session: Session) -> NoReturn:
        while True:
            await self._outbox.wait()
            await self._say_all(session)

    # --- what is asked for ------------------------------------------------------------------------------------------

    async def _listen(self, session: Session, asked: trio.MemorySendChannel[tuple[str, commands.Click]]) -> NoReturn:
        skipped = 0
        while True:
            for message in await session.receive():
                self._hear(message, asked)
            if session.skipped != skipped:
                skipped = session.skipped
                log.warning("a message from the broker was passed over: it was too large")

    def _hear(self, message: Message, asked: trio.MemorySendChannel[tuple[str, commands.Click]]) -> None:
        name = self._topics.command_in(message.topic)
        if name is None:
            if message.topic == f"{self._prefix}/{discovery.STATUS}" and message.payload == ONLINE.encode():
                self._say_anew()
        elif message.retained:
            log.warning("what the broker keeps is no command: %s", _shown(message.topic))
        elif self._rate.take(""):
            log.warning("more commands from the broker than anybody can mean; some were dropped")
        else:
            try:
                asked.send_nowait((name, commands.read(name, message.payload)))
            except RequestError as error:
                self._refuse(name, error)
            except trio.WouldBlock:
                log.warning("commands from the broker come faster than they are carried out; some were dropped")

    def _say_anew(self) -> None:
        """Home Assistant has come up. What the broker keeps it would find by itself, if the broker kept it."""
        if not self._anew.take(""):
            for name in topics.STATES:
                self._outbox.put_anew(self._topics.state(name))
            self._outbox.put_anew(self._device)
            self._outbox.put_anew(self._topics.availability)

    async def _obey(self, to_do: trio.MemoryReceiveChannel[tuple[str, commands.Click]]) -> None:
        async for name, click in to_do:
            try:
                await click(self._hands)
            except RequestError as error:
                self._refuse(name, error)
            else:
                self._outbox.put(self._topics.state("refusal"), NOTHING)

    def _refuse(self, name: str, error: RequestError) -> None:
        log.warning("a command from the broker came to nothing: %s: %s", _shown(name), error)
        self._outbox.put(self._topics.state("refusal"), words(f"{name}: {error}"))


def _shown(text: str) -> str:
    return repr(text[:100])
