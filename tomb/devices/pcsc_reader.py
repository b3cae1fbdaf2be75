"""The box's tag readers, through PC/SC: a thread that watches them, and the Trio side, which starts it, ends it, and
gives it up when pcscd hangs.

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

All readers are watched whose names are wanted, each for itself: one may come and go while the others serve on. Slots
for SAMs (keys that live inside some readers) are no readers of tags.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from typing import Final

import trio

from tomb.devices import acr122u, pcsc
from tomb.devices.pcsc import CardConnection, Context, PcscError, Scard
from tomb.devices.reader import UID_SIZES, ReaderGone, ReaderKind, Sighting, Sign, Sink, has_random_uid
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

    def __init__(self, scard: Scard, pattern: str) -> None:
        self.turns = 0  # grows at least every second or so while pcscd answers
        self.stopped = False
        self._scard = scard
        self._pattern = pattern
        self._events: Context | None = None
        self._states: dict[str, int] = {}
        self._readers_state = pcsc.STATE_UNAWARE
        self._unprepared: set[str] = set()  # ACR122Us that would not hear of it without a card
        self._introduced: tuple[str, ...] = ()
        self._due: dict[str, int] = {}  # when a reader on which something lies is to be read again

    def stop(self) -> None:
        self.stopped = True

    def interrupt(self) -> None:
        """Wake the thread if it waits just now. Blocks for the way to pcscd and back."""
        if self._events is not None:
            self._events.cancel()

    def watch(self, attended: Callable[[Sequence[str]], None], seen: Sink) -> None:
        """Until stopped. Calls, on this thread, `attended` with the names of the readers once they are being watched,
        and `seen` for each reading and each reader that is gone. Raises Missing, Busy or Broken.
        """
        try:
            with Context(self._scard) as events, Context(self._scard) as cards:
                self._events = events
                while not self.stopped:
                    self.turns += 1
                    gone = self._follow_readers(events, cards)
                    sightings = self._turn(events, cards)
                    if self._introduced != (names := tuple(self._states)):
                        self._introduced = names
                        attended(names)
                    for name in gone:
                        seen(ReaderGone(name))
                    for sighting in sightings:
                        seen(sighting)
        except PcscError as error:
            raise error.fault() from error

    def _follow_readers(self, events: Context, cards: Context) -> list[str]:
        """Readers come and go: those that went. Asked every turn: a change between two waits gives no event."""
        plugged = [name for name in events.readers() if " SAM " not in name]
        readers = [name for name in plugged if is_wanted(name, self._pattern)]
        if not readers:
            if plugged:
                raise Missing(f"None of the tag readers is called {self._pattern!r}: {', '.join(plugged)}.")
            raise Missing("The tag reader was unplugged." if self._states else "No tag reader is plugged in.")
        gone = [name for name in self._states if name not in readers]
        for name in gone:
            self._due.pop(name, None)
        for name in readers:
            if name not in self._states and acr122u.is_one(name) and not acr122u.prepare(cards, name):
                self._unprepared.add(name)
        self._states = {name: self._states.get(name, pcsc.STATE_UNAWARE) for name in readers}
        return gone

    def _turn(self, events: Context, cards: Context) -> list[Sighting]:
        """Wait until a tag comes or goes, or until it is time to read one again; then read."""
        moved, now = self._wait(events), monotonic_ns()
        return [
            self._look(cards, name) for name in self._states if name in moved or self._due.get(name, now + 1) <= now
        ]

    def _wait(self, events: Context) -> set[str]:
        """The readers on which something happened."""
        try:
            after = events.wait({**self._states, pcsc.PNP: self._readers_state}, self._timeout_ms())
        except PcscError as error:
            if error.code in {pcsc.UNKNOWN_READER, pcsc.READER_UNAVAILABLE}:
                return set()  # unplugged while we looked away: the list will say so
            raise
        self._readers_state = after.pop(pcsc.PNP)  # some versions of pcsc-lite count the readers in it
        before, self._states = self._states, after
        return {
            name
            for name, state in self._states.items()
            if before[name] == pcsc.STATE_UNAWARE or (state ^ before[name]) & _PLACEMENT
        }

    def _timeout_ms(self) -> int:
        if not self._due:
            return IDLE_MS
        return max(0, (min(self._due.values()) - monotonic_ns()) // 1_000_000 + 1)

    def _look(self, cards: Context, reader: str) -> Sighting:
        if not self._states[reader] & pcsc.STATE_PRESENT:
            self._due.pop(reader, None)
            return Sighting(None, reader)
        uid = self._read(cards, reader)
        self._due[reader] = monotonic_ns() + (RETRY_MS if uid is None else REREAD_MS) * 1_000_000
        if uid is None:
            return Sighting(None, reader)
        return Sighting(uid.hex().upper(), reader, has_random_uid(uid))

    def _read(self, cards: Context, reader: str) -> bytes | None:
        """The UID; None for a card that was torn away meanwhile, and for one that has none to tell."""
        try:
            with cards.connect(reader) as card:
                answer = card.transmit(_GET_UID)
                self._prepare(card, reader)
        except PcscError as error:
            if error.daemon_gone:
                raise
            if error.code == pcsc.SHARING_VIOLATION:
                raise Busy("Another program holds the tag reader.") from error
            return None
        uid = answer[:-2]
        return uid if answer[-2:] == b"\x90\x00" and len(uid) in UID_SIZES else None

    def _prepare(self, card: CardConnection, reader: str) -> None:
        if reader in self._unprepared:
            with suppress(PcscError):
                acr122u.prepare_through(card.transmit)
                self._unprepared.discard(reader)


def is_wanted(reader: str, pattern: str) -> bool:
    """Whether `pattern` is a part of its name; * and ? as in the names of files, case does not count."""
    return fnmatch(reader.casefold(), f"*{pattern.casefold()}*")


class PcscReader:
    """All readers of tags that pcscd has and whose names are wanted (`is_wanted`). One run at a time.

    `scard` is pyscard's unless a test hands in its own.
    """

    kind: ReaderKind = "pcsc"

    def __init__(self, ports: Ports, scard: Scard | None = None, *, pattern: str = "") -> None:
        self.names: Sequence[str] = ()
        self._ports = ports
        self._scard = scard
        self._pattern = pattern
        # One thread each: however often a pcscd that hangs is tried again, it holds no more than these.
        self._watching = trio.CapacityLimiter(1)
        self._cancelling = trio.CapacityLimiter(1)
        self._signalling = trio.CapacityLimiter(1)

    def __repr__(self) -> str:
        return f"<PcscReader {', '.join(self.names) or 'missing'}>"

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if not self._watching.available_tokens:
            raise Broken(_HANGS)  # the thread of an earlier run is still inside
        loop = WatchLoop(await self._load(), self._pattern)
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
            self.names = ()
        raise fault or Broken(_HANGS)

    async def signal(self, sign: Sign, reader: str) -> None:
        if reader not in self.names or not acr122u.is_one(reader):
            await trio.lowlevel.checkpoint()
            return
        with trio.move_on_after(SIGNAL_S):
            scard = await self._load()
            await self._ports.in_thread(_signal, scard, reader, sign, limiter=self._signalling, abandon=True)

    async def _watch(self, loop: WatchLoop, see: Sink, task_status: trio.TaskStatus[None]) -> None:
        def attended(names: Sequence[str]) -> None:
            if loop.stopped:  # a thread that was given up may come back long after
                return
            known, self.names = self.names, names
            if not known:
                task_status.started()

        def seen(sighting: Sighting | ReaderGone) -> None:
            if not loop.stopped:
                see(sighting)

        def watch() -> None:
            loop.watch(
                lambda names: trio.from_thread.run_sync(attended, names),
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


def _signal(scard: Scard, reader: str, sign: Sign) -> None:
    with suppress(PcscError, DeviceError), Context(scard) as context:
        acr122u.show(context, reader, sign)
