"""Where tags lie: the loop of the thread that watches real readers.

It waits for pcscd to say that something changed, reads the UID of what lies there, and reads it again every quarter of
a second: a tag exchanged within 50 ms may come without an event. It tells every reading; that a wobbling tag is one tap
is decided elsewhere.

All readers are watched, and one tag counts: the one that was there first. Slots for SAMs (keys that live inside some
readers) are no readers of tags.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tomb.devices import acr122u, pcsc
from tomb.devices.pcsc import Card, Context, PcscError, Scard
from tomb.devices.sighting import UID_SIZES, Sighting, Sink
from tomb.errors import Busy, Missing
from tomb.ports import monotonic_ns

IDLE_MS: Final = 1000
REREAD_MS: Final = 250
RETRY_MS: Final = 100  # a tag that is being laid down often fails its first reading

_GET_UID: Final = bytes.fromhex("FFCA000000")  # PC/SC part 3, 3.2.2.1.3: Get Data
_PLACEMENT: Final = pcsc.STATE_PRESENT | pcsc.STATE_MUTE | pcsc.STATE_COUNTER  # and not whether another program uses it


class Field:
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

    def _silence(self, card: Card, reader: str) -> None:
        if reader in self._beeping:
            with suppress(PcscError):
                card.transmit(acr122u.NO_DETECTION_BEEP)
                self._beeping.discard(reader)
