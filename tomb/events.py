"""The voice of the box: every change is published here once, numbered, encoded once, kept for those who were away.

`publish` is synchronous and never blocks: it takes the next number, encodes the envelope of wire.md section 5,
appends it to a bounded log and hands it to the sinks (the socket server is one). There is one counter for the whole
box; it never goes back, over `kill -9` too, and no event waits for a disk: numbers are leased in blocks whose upper
end was committed before the first of them is used, and the next block is committed when half of this one is gone.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

import trio
from msgspec import Struct
from pydantic import BaseModel
from pydantic_core import to_json

from tomb.errors import NoSpace, Unavailable
from tomb.ports import Ports

log = logging.getLogger(__name__)

EVERYONE = frozenset({"*"})
PLAYLISTS = "playlists"
MACHINES = "machines"
POSITION = "state:track_position"
LEASE_BLOCK = 100_000
LEASE_RETRY_S = 30.0  # half a block lasts for hours
LOG_BYTES = 8 * 1024 * 1024  # a library of 1,000 playlists tells a list of 400 kB each second while it changes

Data = BaseModel | Mapping[str, Any] | bytes  # bytes are the JSON of it, made already


def playlist_room(playlist_id: str) -> str:
    return f"playlist:{playlist_id}"


def session_room(session_id: str) -> str:
    """Of a linking session."""
    return f"nfc:{session_id}"


class Event(Struct):
    """One published event. `number` is 0 for what is not numbered."""

    number: int
    type: str
    rooms: frozenset[str]
    content: bytes | Mapping[str, Any]

    @property
    def payload(self) -> bytes:
        """Its JSON, as it goes over the wire. What is not kept is encoded when somebody is there to hear it."""
        if not isinstance(self.content, bytes):
            self.content = to_json(self.content)
        return self.content


class Lease(Protocol):
    """Whoever keeps the high-water mark of the counter.

    `extend` returns when `up_to` is on the disk. Raises: NoSpace or Unavailable when the disk does not take it now.
    """

    async def extend(self, up_to: int) -> None: ...


class Events:
    """`start`: a number that no event of any earlier run reached, with `start + LEASE_BLOCK` already leased."""

    def __init__(self, ports: Ports, start: int, log_size: int = 1000) -> None:
        self._ports = ports
        self._number = start
        self._leased = start + LEASE_BLOCK
        self._running_low = trio.Event()
        self._log: deque[Event] = deque()
        self._log_size = log_size
        self._log_bytes = 0
        self._floor = start
        self._position: Event | None = None
        self._sinks: list[tuple[Callable[[Event], None], Collection[str] | None]] = []
        self._hearing: dict[str, list[Callable[[Event], None]]] = {}  # by type of event

    @property
    def number(self) -> int:
        """The number of the last published event."""
        return self._number

    def subscribe(self, sink: Callable[[Event], None], types: Collection[str] | None = None) -> None:
        """`sink` is called with each event, or each of these types, in order, from inside `publish`: it must not block
        or raise."""
        self._sinks.append((sink, types))
        self._hearing.clear()

    def publish(
        self,
        event_type: str,
        rooms: Iterable[str],
        data: Callable[[int], Data],
        *,
        playlist_id: str | None = None,
        playlist_seq: int | None = None,
        flat: bool = False,
    ) -> int:
        """Publish a numbered `state:*` event and return its number.

        `data` gets the number, since most objects carry it; with `flat` its keys are at the envelope's top level too.
        """
        number = self._next()
        payload = self._envelope(event_type, number, data, playlist_id, playlist_seq, flat=flat)
        event = Event(number, event_type, frozenset(rooms), payload)
        self._remember(event)
        self._hand_out(event)
        return number

    def snapshot(
        self,
        event_type: str,
        data: Callable[[int], Data],
        *,
        playlist_id: str | None = None,
        playlist_seq: int | None = None,
    ) -> bytes:
        """The JSON of an event that tells how things are now, for one who has just come: it has the current number."""
        return self._envelope(event_type, self._number, data, playlist_id, playlist_seq, flat=False)

    def tell(self, event_type: str, rooms: Iterable[str], data: Mapping[str, Any]) -> None:
        """Publish an event without a number: it carries the current one and is not kept for replay."""
        self._hand_out(Event(0, event_type, frozenset(rooms), {**data, "server_seq": self._number}))

    def since(self, number: int) -> list[Event] | None:
        """All events above `number`, in order; None if the log no longer reaches back that far."""
        if number < self._floor or number > self._number:
            return None
        kept = [event for event in self._log if event.number > number]
        if self._position is not None and self._position.number > number:
            kept.append(self._position)
            kept.sort(key=lambda event: event.number)
        return kept

    async def run(self, lease: Lease, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep the lease ahead of the counter, for ever."""
        task_status.started()
        while True:
            await self._running_low.wait()
            target = self._number + LEASE_BLOCK
            try:
                await lease.extend(target)
            except (NoSpace, Unavailable) as error:
                log.warning("the lease of event numbers waits: %s", error.message)
                await trio.sleep(LEASE_RETRY_S)
                continue
            self._leased = target
            self._running_low = trio.Event()

    def _envelope(
        self,
        event_type: str,
        number: int,
        data: Callable[[int], Data],
        playlist_id: str | None,
        playlist_seq: int | None,
        *,
        flat: bool,
    ) -> bytes:
        told = data(number)
        envelope: dict[str, Any] = {"event_type": event_type, "server_seq": number}
        if not isinstance(told, bytes):
            envelope = {**(dict(told) if flat else {}), **envelope, "data": told}
        envelope |= {"timestamp": int(self._ports.wall() * 1000), "event_id": self._ports.new_id()}
        if playlist_id is not None:
            envelope["playlist_id"] = playlist_id
        if playlist_seq is not None:
            envelope["playlist_seq"] = playlist_seq
        made = to_json(envelope)
        return b'%b,"data":%b}' % (made[:-1], told) if isinstance(told, bytes) else made

    def _next(self) -> int:
        if self._number >= self._leased:
            raise RuntimeError("the lease of event numbers ran out: the disk did not take a renewal for half a block")
        self._number += 1
        if self._leased - self._number <= LEASE_BLOCK // 2:
            self._running_low.set()
        return self._number

    def _remember(self, event: Event) -> None:
        if event.type == POSITION:
            self._position = event
            return
        self._log.append(event)
        self._log_bytes += len(event.payload)
        while len(self._log) > self._log_size or self._log_bytes > LOG_BYTES:
            oldest = self._log.popleft()
            self._floor = oldest.number
            self._log_bytes -= len(oldest.payload)

    def _hand_out(self, event: Event) -> None:
        hearing = self._hearing.get(event.type)
        if hearing is None:
            hearing = [sink for sink, types in self._sinks if types is None or event.type in types]
            self._hearing[event.type] = hearing
        for sink in hearing:
            sink(event)
