"""The box's tag reader, through PC/SC: a thread that watches, and the Trio side, which starts it, ends it, and gives it
up when pcscd hangs.

To end that thread is the hard part. A cancellation cannot get into it, and whoever cancels does not want to wait the
second that its longest call lasts. So the call is shielded from the cancellation of `run`, and a task beside it, which
is not, feels that cancellation in its stead: it tells the thread to stop and wakes it out of pcscd, again and again,
since pcsc-lite forgets a wake-up that comes before the waiting begins. Should pcscd be what hangs, then nothing wakes
the thread: after `GRACE_S` the shield is cancelled and the thread left behind, with the limiter's only token, so that
however often the supervisor tries, there is never more than one such thread. The same task gives a thread up that no
longer turns, while nobody has cancelled anything.

The thread (`WatchLoop`) waits for pcscd to say that something changed, reads the UID of what lies there, and reads it
again every quarter of a second: a tag exchanged within 50 ms may come without an event. It tells every reading; that a
wobbling tag is one tap is decided elsewhere.

All readers are watched, and one tag counts: the one that was there first. Slots for SAMs (keys that live inside some
readers) are no readers of tags.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import trio

from tomb.devices import acr122u, pcsc
from tomb.devices.pcsc import CardConnection, Context, PcscError, Scard
from tomb.devices.reader import UID_SIZES, Sighting, Sink
from tomb.errors import Broken, Busy, DeviceError, Missing
from tomb.ports import Ports, monotonic_ns

IDLE_MS: Final = 1000
REREAD_MS: Final = 250
RETRY_MS: Final = 100  # a tag that is being laid down often fails its first reading

_GET_UID: Final = bytes.fromhex("FFCA000000")  # PC/SC part 3, 3.2.2.1.3: Get Data
_PLACEMENT: Final = pcsc.STATE_PRESENT | pcsc.STATE_MUTE | pcsc.STATE_COUNTER  # and not whether another program uses it

CANCEL_EVERY_S: Final = 0.02
GRACE_S: Final = 0.5  # the whole box has one second to stop
STALLED_S: Final = 15.0  # longer than the longest timeout of a CCID driver, which is not a stall yet
SIGNAL_S: Final = 1.0

_HANGS: Final = "The smart card daemon (pcscd) does not answer."


class WatchLoop:
    """Used once. All of it belongs to the watching thread, but for `turns`, `stop` and `interrupt`."""

    def __init__(self, scard: Scard) -> None:
        self.turns = 0  # grows at least every second or so while pcscd answers
        self.stopped = False
        self._scard = scard
        self._events: Context | None = None
        self._states: dict[str, int] = {}
        self._readers_state = pcsc.STATE_UNAWARE
        self._beeping: set[str] = set()  # ACR122Us that would not hear of silence without a card
        self._introduced = ""
        self._occupied = False
        self._due = 0
        self._tag_on = ""  # the reader of the tag that counts

    def stop(self) -> None:
        self.stopped = True

    def interrupt(self) -> None:
        """Wake the thread if it waits just now. Blocks for the way to pcscd and back."""
        if self._events is not None:
            self._events.cancel()

    def watch(self, attended: Callable[[str], None], seen: Sink) -> None:
        """Until stopped. Calls, on this thread, `attended` with the name of the reader once it is being watched, and
        `seen` for each reading. Raises Missing, Busy or Broken.
        """
        try:
            with Context(self._scard) as events, Context(self._scard) as cards:
                self._events = events
                while not self.stopped:
                    self.turns += 1
                    self._follow_readers(events, cards)
                    sighting = self._turn(events, cards)
                    self._introduce(attended)
                    if sighting is not None:
                        seen(sighting)
        except PcscError as error:
            raise error.fault() from error

    def _introduce(self, attended: Callable[[str], None]) -> None:
        first = next(iter(self._states))
        if first != self._introduced:
            self._introduced = first
            attended(first)

    def _follow_readers(self, events: Context, cards: Context) -> None:
        """Readers come and go. Asked every turn: a change between two waits gives no event."""
        readers = [name for name in events.readers() if " SAM " not in name]
        if not readers:
            raise Missing("The tag reader was unplugged." if self._states else "No tag reader is plugged in.")
        if readers == list(self._states):
            return
        for name in readers:
            if name not in self._states and acr122u.is_one(name) and not acr122u.silence(cards, name):
                self._beeping.add(name)
        self._states = {name: self._states.get(name, pcsc.STATE_UNAWARE) for name in readers}

    def _turn(self, events: Context, cards: Context) -> Sighting | None:
        """Wait until a tag comes or goes, or until it is time to read it again; then read."""
        moved = self._wait(events)
        if not moved and not (self._occupied and monotonic_ns() >= self._due):
            return None
        sighting = self._look(cards)
        self._occupied = any(state & pcsc.STATE_PRESENT for state in self._states.values())
        self._due = monotonic_ns() + (RETRY_MS if sighting.tag_id is None else REREAD_MS) * 1_000_000
        return sighting

    def _wait(self, events: Context) -> bool:
        try:
            after = events.wait({**self._states, pcsc.PNP: self._readers_state}, self._timeout_ms())
        except PcscError as error:
            if error.code in {pcsc.UNKNOWN_READER, pcsc.READER_UNAVAILABLE}:
                return False  # unplugged while we looked away: the list will say so
            raise
        self._readers_state = after.pop(pcsc.PNP)  # some versions of pcsc-lite count the readers in it
        before, self._states = self._states, after
        return any(
            before[name] == pcsc.STATE_UNAWARE or (state ^ before[name]) & _PLACEMENT
            for name, state in self._states.items()
        )

    def _timeout_ms(self) -> int:
        if not self._occupied:
            return IDLE_MS
        return max(0, (self._due - monotonic_ns()) // 1_000_000 + 1)

    def _look(self, cards: Context) -> Sighting:
        for reader in sorted(self._states, key=lambda name: name != self._tag_on):
            if self._states[reader] & pcsc.STATE_PRESENT and (tag_id := self._read(cards, reader)) is not None:
                self._tag_on = reader
                return Sighting(tag_id)
        return Sighting(None)

    def _read(self, cards: Context, reader: str) -> str | None:
        """The UID; None for a card that was torn away meanwhile, and for one that has none to tell."""
        try:
            with cards.connect(reader) as card:
                answer = card.transmit(_GET_UID)
                self._silence(card, reader)
        except PcscError as error:
            if error.daemon_gone:
                raise
            if error.code == pcsc.SHARING_VIOLATION:
                raise Busy("Another program holds the tag reader.") from error
            return None
        uid = answer[:-2]
        return uid.hex().upper() if answer[-2:] == b"\x90\x00" and len(uid) in UID_SIZES else None

    def _silence(self, card: CardConnection, reader: str) -> None:
        if reader in self._beeping:
            with suppress(PcscError):
                card.transmit(acr122u.NO_DETECTION_BEEP)
                self._beeping.discard(reader)


class PcscReader:
    """One run at a time. `scard` is pyscard's unless a test hands in its own."""

    def __init__(self, ports: Ports, scard: Scard | None = None) -> None:
        self.name: str | None = None
        self._ports = ports
        self._scard = scard
        # One thread each: however often a pcscd that hangs is tried again, it holds no more than these.
        self._watching = trio.CapacityLimiter(1)
        self._cancelling = trio.CapacityLimiter(1)
        self._signalling = trio.CapacityLimiter(1)

    def __repr__(self) -> str:
        return f"<PcscReader {self.name or 'missing'}>"

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if not self._watching.available_tokens:
            raise Broken(_HANGS)  # the thread of an earlier run is still inside
        loop = WatchLoop(await self._load())
        back = trio.Event()
        fault: DeviceError | None = None
        try:
            async with trio.open_nursery() as nursery:
                with trio.CancelScope(shield=True) as hold:
                    nursery.start_soon(self._fetch_back, loop, back, hold)
                    try:
                        await self._watch(loop, see, task_status)
                    except DeviceError as error:
                        fault = error
                    back.set()
                nursery.cancel_scope.cancel()
        finally:
            self.name = None
        raise fault or Broken(_HANGS)

    async def signal(self, ok: bool) -> None:
        name = self.name
        if name is None or not acr122u.is_one(name):
            await trio.lowlevel.checkpoint()
            return
        with trio.move_on_after(SIGNAL_S):
            await self._ports.in_thread(_signal, await self._load(), name, ok, limiter=self._signalling, abandon=True)

    async def _watch(self, loop: WatchLoop, see: Sink, task_status: trio.TaskStatus[None]) -> None:
        def attended(name: str) -> None:
            if loop.stopped:  # a thread that was given up may come back long after
                return
            if self.name is None:
                task_status.started()
            self.name = name

        def seen(sighting: Sighting) -> None:
            if not loop.stopped:
                see(sighting)

        def watch() -> None:
            loop.watch(
                lambda name: trio.from_thread.run_sync(attended, name),
                lambda sighting: trio.from_thread.run_sync(seen, sighting),
            )

        await self._ports.in_thread(watch, limiter=self._watching, abandon=True)

    async def _fetch_back(self, loop: WatchLoop, back: trio.Event, hold: trio.CancelScope) -> None:
        """Once cancelled, or when the thread stalls: get it out of its waiting, or let go of it."""
        try:
            turns = -1
            while turns != loop.turns:
                turns = loop.turns
                await trio.sleep(STALLED_S)
        finally:
            loop.stop()
            with trio.move_on_after(GRACE_S, shield=True):
                while not back.is_set():
                    await self._ports.in_thread(loop.interrupt, limiter=self._cancelling, abandon=True)
                    with trio.move_on_after(CANCEL_EVERY_S):
                        await back.wait()
            hold.cancel()

    async def _load(self) -> Scard:
        if self._scard is None:
            self._scard = await self._ports.in_thread(pcsc.load, limiter=self._signalling)  # an import of 30 ms
        return self._scard


def _signal(scard: Scard, reader: str, ok: bool) -> None:
    with suppress(PcscError, DeviceError), Context(scard) as context:
        acr122u.blink(context, reader, ok)
