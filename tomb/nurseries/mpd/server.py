"""The clients of MPD's protocol: who may connect, how long they are waited for, and what they are told of.

One task serves a connection: it reads a line, does what the line asks, and writes the answer, so a client gets no more
of the box than one command at a time, and the commands of one address are paced as its requests over HTTP are: there is
no word for "too often" in this protocol, so they are done later. Whoever asks nothing for a minute is hung up on, as
MPD does, unless he waits for a change (`idle`); whoever does not read what he asked for, likewise.

What changes is heard from the events of the box. It is noted for each client, who may be about to ask, and told to
those who wait.
"""

import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

import trio
from msgspec import Struct

from tomb.config import MPD_PORT, Settings, host_and_port
from tomb.errors import RequestError
from tomb.events import Event, Events
from tomb.models import PlayerState
from tomb.nurseries.buckets import Buckets
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import Board
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.listeners import is_elsewhere
from tomb.nurseries.mpd.commands import COMMANDS, SUBSYSTEMS, Client, House, Lines, find, refusal
from tomb.nurseries.mpd.names import Names
from tomb.nurseries.mpd.protocol import (
    GREETING,
    LIST_OK,
    OK,
    Batch,
    Code,
    CommandError,
    Dialogue,
    HangUp,
    acknowledge,
    pair,
    parse,
    sized,
)
from tomb.nurseries.mpd.queue import Queue, Shown
from tomb.nurseries.parent_auth import ParentAuth
from tomb.ports import Ports

log = logging.getLogger(__name__)

RECEIVED_AT_ONCE = 4096  # bytes
SENT_AT_ONCE = 16 * 1024
LEAST_WAIT_S = 0.001  # or rounding might have us ask again at the very same moment
# A phone that left the network says nothing: the kernel asks after a minute, and gives up after another.
KEEP_ALIVE: Mapping[int, int] = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 15, socket.TCP_KEEPCNT: 4}
Turn = Callable[[str, bool], Awaitable[None]]
_STORED = ("stored_playlist", "database")
_OF_LIBRARY = frozenset(
    {"state:playlists", "state:playlist_created", "state:playlist_updated", "state:playlist_deleted"}
)


class MpdLimits(Struct, frozen=True, kw_only=True):
    """Counts, seconds."""

    clients: int = 24
    clients_per_address: int = 8
    silence: float = 60.0  # without a command, but for `idle`; a list counts as one
    stall: float = 20.0  # until a piece of an answer is read


class Mpd:
    def __init__(
        self,
        settings: Settings,
        ports: Ports,
        events: Events,
        board: Board,
        deck: Deck,
        librarian: Librarian,
        parent_auth: ParentAuth,
        limits: MpdLimits | None = None,
    ) -> None:
        self._settings = settings
        self._limits = limits or MpdLimits()
        self._librarian = librarian
        self._deck = deck
        self._names: Names | None = None
        self._queue = Queue(deck, librarian, self.names)
        self._house = House(ports, board, deck, librarian, parent_auth, self._queue, self.names, self._requeued)
        self._connections: set[_Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._pace, self._pace_of_playing = Buckets(settings.rate_other), Buckets(settings.rate_player)
        self._seen: tuple[PlayerState, Shown] = (deck.state(0), self._queue.shown())
        events.subscribe(self._hear, {*_OF_LIBRARY, "state:speakers", "state:player"})

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled. Raises OSError where it cannot listen."""
        host, port = host_and_port(self._settings.mpd, MPD_PORT)
        listeners = await trio.open_tcp_listeners(port, host=host)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(trio.serve_listeners, self._accept, listeners, handler_nursery=nursery))
            task_status.started()

    async def serve(self, stream: trio.abc.Stream, address: str) -> None:
        """One client, to the end of its connection."""
        if self._addresses[address] >= self._share():
            await trio.aclose_forcefully(stream)
            return
        self._addresses[address] += 1
        connection = _Connection(stream, Client(self._house, address), self._limits, self._wait_for_turn)
        self._connections.add(connection)
        try:
            await connection.run()
        except* (HangUp, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        except* Exception as errors:
            log.error("a client of MPD's protocol failed, and was hung up on", exc_info=errors)
        finally:
            self._connections.discard(connection)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
            await trio.aclose_forcefully(stream)

    def names(self) -> Names:
        """What playlists are called now."""
        if self._names is None:
            self._names = Names(self._librarian.lites())
        return self._names

    def changed(self, *subsystems: str) -> None:
        for connection in self._connections:
            connection.note(subsystems)

    async def _accept(self, stream: trio.SocketStream) -> None:
        address = own = ""
        with suppress(OSError):  # it has gone already
            address, own = str(stream.socket.getpeername()[0]), str(stream.socket.getsockname()[0])
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEP_ALIVE.items():
                stream.setsockopt(socket.IPPROTO_TCP, option, value)
        if is_elsewhere(address, own):
            log.warning("%s is not of this network, and was not listened to", address)
            await trio.aclose_forcefully(stream)
            return
        await self.serve(stream, address)

    def _share(self) -> int:
        """How many connections one address may have now: never the last ones, which somebody else may need."""
        free = self._limits.clients - len(self._connections)
        return min(self._limits.clients_per_address, -(-free // 2))

    async def _wait_for_turn(self, address: str, plays: bool) -> None:
        pace = self._pace_of_playing if plays else self._pace
        if self._settings.rate_limits == "on":
            wait = pace.take(address)
            while wait:  # somebody else at the same address may have been sooner
                await trio.sleep(wait + LEAST_WAIT_S)
                wait = pace.take(address)

    # --- what changes ------------------------------------------------------------------------------------------------

    def _requeued(self) -> None:
        self._seen = (self._deck.state(0), self._queue.shown())
        self.changed("playlist")

    def _hear(self, event: Event) -> None:
        """Called in the midst of whatever changes: it looks and notes, no more."""
        if event.type in _OF_LIBRARY:
            self._names = None
            self.changed(*_STORED)
        elif event.type == "state:speakers":
            self.changed("output")
        self._queue.heard()
        before, self._seen = self._seen, (self._deck.state(0), self._queue.shown())
        if event.type == "state:player":
            self.changed(*_differing(before[0], self._seen[0]))
        if before[1] != self._seen[1]:
            self.changed("playlist")


def _differing(before: PlayerState, after: PlayerState) -> set[str]:
    """Subsystems. What is told and differs in none of the others is the player's: a seek, a limit."""
    found = set[str]()
    if before.volume != after.volume:
        found.add("mixer")
    if before.muted != after.muted:
        found |= {"output", "mixer"}
    if _order(before) != _order(after):
        found.add("options")
    if not found or (before.state, before.active_track_id) != (after.state, after.active_track_id):
        found.add("player")
    return found


def _order(state: PlayerState) -> tuple[object, ...]:
    return state.repeat_mode, state.shuffle_enabled, state.auto_advance_enabled


class _Connection:
    def __init__(self, stream: trio.abc.Stream, client: Client, limits: MpdLimits, turn: Turn) -> None:
        self._stream = stream
        self._client = client
        self._limits = limits
        self._turn = turn
        self._dialogue = Dialogue()
        self._noted = set[str]()  # what changed, and was not told yet
        self._waiting_for: frozenset[str] = frozenset()
        self._something = trio.Event()

    def note(self, subsystems: Iterable[str]) -> None:
        self._noted.update(subsystems)
        if self._noted & self._waiting_for:
            self._something.set()

    async def run(self) -> None:
        """Raises HangUp, or what the stream raises."""
        await self._send(GREETING)
        while True:
            batch = None
            with trio.move_on_after(self._limits.silence):
                batch = await self._next_batch()
            if batch is None:
                raise HangUp("nothing was asked for")
            await self._carry_out(batch)

    async def _next_batch(self) -> Batch:
        while True:
            if (batch := self._dialogue.hear(await self._next_line())) is not None:
                return batch

    async def _next_line(self) -> str:
        while (line := self._dialogue.next_line()) is None:
            received = await self._stream.receive_some(RECEIVED_AT_ONCE)
            if not received:
                raise HangUp("it went away")
            self._dialogue.receive(received)
        return line

    async def _carry_out(self, batch: Batch) -> None:
        for index, line in enumerate(batch.lines):
            await trio.lowlevel.checkpoint()  # hundreds of them may be decided at once
            name = ""
            await self._turn(self._client.address, False)  # what is no command costs an answer too
            try:
                request = parse(line)
                if request.name not in COMMANDS:
                    raise CommandError(Code.UNKNOWN, f'unknown command "{request.name}"')
                name = request.name
                command = find(name, request.arguments)
                if command.plays:
                    await self._turn(self._client.address, True)
                if name == "close":
                    raise HangUp("it said so")
                if name == "idle":
                    await self._idle(request.arguments, is_alone=not batch.is_list)
                    return
                lines = await command.handle(self._client, request.arguments)
            except CommandError as error:
                await self._send(acknowledge(error, index, name))
                return
            except RequestError as error:
                await self._send(acknowledge(refusal(error), index, name))
                return
            await self._answer(lines)
            if batch.confirmed:
                await self._send(LIST_OK)
        await self._send(OK)

    async def _idle(self, arguments: tuple[str, ...], *, is_alone: bool) -> None:
        if not is_alone:
            raise CommandError(Code.NOT_LIST, "idle may not be part of a list")
        if unknown := [each for each in arguments if each not in KNOWN]:
            raise CommandError(Code.ARGUMENT, f"Unrecognized idle event: {unknown[0]}")
        self._waiting_for = frozenset(arguments or SUBSYSTEMS)
        if not self._noted & self._waiting_for:
            await self._until_something()
        told = sorted(self._noted & self._waiting_for)
        self._noted.difference_update(told)
        self._waiting_for = frozenset()
        self._dialogue.idling = False
        await self._send(b"".join(pair("changed", each) for each in told) + OK)

    async def _until_something(self) -> None:
        """Until something is noted, or the client waits no longer. Cancelling a read loses nothing: what was received
        is with the dialogue before anything else can happen."""
        self._dialogue.idling = True
        self._something = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stop_on_something, nursery.cancel_scope)
            self._dialogue.hear(await self._next_line())
            nursery.cancel_scope.cancel()

    async def _stop_on_something(self, reading: trio.CancelScope) -> None:
        await self._something.wait()
        reading.cancel()

    async def _answer(self, lines: Lines) -> None:
        for piece in sized(lines, SENT_AT_ONCE):
            await self._send(piece)

    async def _send(self, data: bytes) -> None:
        for start in range(0, len(data), SENT_AT_ONCE):
            with trio.move_on_after(self._limits.stall) as patience:
                await self._stream.send_all(data[start : start + SENT_AT_ONCE])
            if patience.cancelled_caught:
                raise HangUp("it reads no more")


# Those that are never noted here may be waited for all the same.
KNOWN = frozenset(SUBSYSTEMS) | {"update", "partition", "sticker", "subscription", "message", "neighbor", "mount"}
