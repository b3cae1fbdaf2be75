# ruff: noqa: N802, ARG002 - the names and parameters are the PC/SC standard's
"""A stand-in for `smartcard.scard`, for what vpcd cannot do: readers that come and go, take commands, or misbehave.

Handles, states, codes and blocking are as pcsc-lite 1.9 has them; state changes come from the test's thread.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tomb.devices import pcsc

GET_UID = bytes.fromhex("FFCA000000")
IN_USE = 0x100


@dataclass
class FakeReader:
    uid: bytes | None = None
    counter: int = 0
    in_use: bool = False
    takes_escapes: bool = False
    answers: list[bytes | int] = field(default_factory=list)  # in place of the UID; a number is a code
    connect_codes: list[int] = field(default_factory=list)
    transmitted: list[bytes] = field(default_factory=list)
    escaped: list[bytes] = field(default_factory=list)
    parameter: int | None = 0xFF  # of an ACR122U; None: it does not know that
    knows_commands: bool = True

    @property
    def state(self) -> int:
        placement = pcsc.STATE_PRESENT if self.uid is not None else 0x10
        return placement | (IN_USE if self.in_use else 0) | self.counter << 16

    def place(self, uid: str | None) -> None:
        self.uid = None if uid is None else bytes.fromhex(uid)
        self.counter += 1

    def transmit(self, apdu: bytes) -> tuple[int, list[int]]:
        self.transmitted.append(apdu)
        if apdu != GET_UID:
            return pcsc.SUCCESS, self._obey(apdu)
        if self.answers:
            answer = self.answers.pop(0)
            return (answer, []) if isinstance(answer, int) else (pcsc.SUCCESS, list(answer))
        if self.uid is None:
            return pcsc.REMOVED_CARD, []
        return pcsc.SUCCESS, [*self.uid, 0x90, 0x00]

    def escape(self, command: bytes) -> tuple[int, list[int]]:
        if not self.takes_escapes:
            return pcsc.NOT_TRANSACTED, []
        self.escaped.append(command)
        return pcsc.SUCCESS, self._obey(command)

    def _obey(self, command: bytes) -> list[int]:
        """ACR122U API V2.04, chapter 6."""
        if not self.knows_commands:
            return [0x6A, 0x81]
        match command[:3]:
            case b"\xff\x00\x40":
                return [0x90, 0x03]  # the LED's state
            case b"\xff\x00\x50" | b"\xff\x00\x51" if self.parameter is None:
                return [0x63, 0x00]
            case b"\xff\x00\x50":
                assert self.parameter is not None
                return [0x90, self.parameter]
            case b"\xff\x00\x51":
                self.parameter = command[3]
                return [0x90, self.parameter]
        return [0x90, 0x00]


class FakeScard:
    """Where a test sets `code` pcscd answers with it from then on; while `hanging` it never answers."""

    def __init__(self, *readers: str) -> None:
        self.readers = {name: FakeReader() for name in readers}
        self.contexts: set[int] = set()
        self.code = pcsc.SUCCESS
        self.cards: dict[int, str] = {}
        self.waits = 0  # begun so far
        self.cancels_to_lose = 0
        self.waiting: set[int] = set()
        self._cancelled: set[int] = set()
        self._handles = 0
        self._hanging = False
        self._changed = threading.Condition(threading.RLock())

    def change(self, action: Callable[[], object]) -> None:
        with self._changed:
            action()
            self._changed.notify_all()

    def fail(self, code: int) -> None:
        self.change(lambda: setattr(self, "code", code))

    def hang(self, hanging: bool = True) -> None:
        self.change(lambda: setattr(self, "_hanging", hanging))

    def plug(self, name: str) -> FakeReader:
        self.change(lambda: self.readers.setdefault(name, FakeReader()))
        return self.readers[name]

    def unplug(self, name: str) -> None:
        self.change(lambda: self.readers.pop(name))

    def place(self, uid: str | None, reader: str) -> None:
        self.change(lambda: self.readers[reader].place(uid))

    def use(self, in_use: bool, reader: str) -> None:
        """Another program connects or disconnects."""
        self.change(lambda: setattr(self.readers[reader], "in_use", in_use))

    # What the box calls, from its threads.

    def SCardEstablishContext(self, scope: int, /) -> tuple[int, int]:
        with self._serving() as handle:
            if self.code == pcsc.SUCCESS:
                self.contexts.add(handle)
            return self.code, handle

    def SCardReleaseContext(self, context: int, /) -> int:
        if context not in self.contexts:
            raise SystemError("this handle never was one")
        self.contexts.remove(context)
        return pcsc.SUCCESS

    def SCardListReaders(self, context: int, groups: list[str], /) -> tuple[int, list[str]]:
        with self._serving():
            if self.code != pcsc.SUCCESS:
                return self.code, []
            return (pcsc.SUCCESS, list(self.readers)) if self.readers else (pcsc.NO_READERS, [])

    def SCardGetStatusChange(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]], /
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        plugged = len(self.readers)
        with self._changed:
            self.waits += 1
            self.waiting.add(context)
            self._cancelled.discard(context)
            happened = self._changed.wait_for(lambda: self._news(context, states, plugged), timeout_ms / 1000)
            self.waiting.discard(context)
            self._changed.wait_for(lambda: not self._hanging)
            if not happened:
                return pcsc.TIMEOUT, [(name, state, []) for name, state in states]
            if context in self._cancelled:
                return pcsc.CANCELLED, [(name, state, []) for name, state in states]
            if self.code == pcsc.SUCCESS and any(name not in self.readers for name, _ in states if name != pcsc.PNP):
                return pcsc.UNKNOWN_READER, []
            return self.code, [(name, self._state(name) | pcsc.STATE_CHANGED, []) for name, _ in states]

    def SCardCancel(self, context: int, /) -> int:
        with self._serving():
            self.cancels_to_lose -= 1
            if context in self.waiting and self.cancels_to_lose < 0:  # else it is lost, as it is with pcscd
                self._cancelled.add(context)
                self._changed.notify_all()
            return pcsc.SUCCESS

    def SCardConnect(self, context: int, reader: str, share: int, protocols: int, /) -> tuple[int, int, int]:
        with self._serving() as handle:
            if self.code != pcsc.SUCCESS:
                return self.code, 0, 0
            found = self.readers.get(reader)
            if found is None:
                return pcsc.UNKNOWN_READER, 0, 0
            if protocols != (0 if share == pcsc.SHARE_DIRECT else 3):
                return 0x80100011, 0, 0  # invalid value
            if found.connect_codes:
                return found.connect_codes.pop(0), 0, 0
            if share != pcsc.SHARE_DIRECT and found.uid is None:
                return 0x8010000C, 0, 0  # no smart card
            self.cards[handle] = reader
            return pcsc.SUCCESS, handle, 0 if share == pcsc.SHARE_DIRECT else 2

    def SCardTransmit(self, card: int, protocol: int, apdu: list[int], /) -> tuple[int, list[int]]:
        with self._serving():
            return self.readers[self.cards[card]].transmit(bytes(apdu))

    def SCardControl(self, card: int, code: int, data: list[int], /) -> tuple[int, list[int]]:
        with self._serving():
            return self.readers[self.cards[card]].escape(bytes(data))

    def SCardDisconnect(self, card: int, disposition: int, /) -> int:
        del self.cards[card]
        return pcsc.SUCCESS

    @contextmanager
    def _serving(self) -> Iterator[int]:
        """Answers, unless pcscd hangs, one caller at a time; with a handle for whoever needs one."""
        with self._changed:
            self._changed.wait_for(lambda: not self._hanging)
            self._handles += 1
            yield self._handles

    def _news(self, context: int, states: list[tuple[str, int]], plugged: int) -> bool:
        if self._hanging:
            return False
        changed = any(name != pcsc.PNP and self._state(name) != state for name, state in states)
        return changed or context in self._cancelled or self.code != pcsc.SUCCESS or plugged != len(self.readers)

    def _state(self, name: str) -> int:
        return self.readers[name].state if name in self.readers else 0
