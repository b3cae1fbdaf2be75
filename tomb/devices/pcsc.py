# ruff: noqa: N802 - the names of `Scard` are the PC/SC standard's
"""PC/SC as this box needs it: contexts and cards that close themselves, and codes told apart once.

pyscard's `smartcard.scard` is the C interface with its return codes. It is used bare, since the thread of pyscard's own
`CardMonitor` ends for good when pcscd is restarted. Codes and state bits: pcsclite.h of pcsc-lite 1.9.

All calls block, if only for the way to pcscd and back; a pcscd that hangs holds them for ever. A context serves one
caller at a time, so whoever waits for events needs another one to talk to cards. `cancel` alone may come from a second
thread.
"""

import importlib
from types import TracebackType
from typing import Final, Protocol, Self, cast

from tomb.errors import Broken, Busy, DeviceError, Missing

SUCCESS: Final = 0
CANCELLED: Final = 0x80100002
INVALID_HANDLE: Final = 0x80100003
UNKNOWN_READER: Final = 0x80100009
TIMEOUT: Final = 0x8010000A
SHARING_VIOLATION: Final = 0x8010000B
COMM_ERROR: Final = 0x80100013  # the socket to pcscd broke; a card that does not answer is NOT_TRANSACTED
NOT_TRANSACTED: Final = 0x80100016
READER_UNAVAILABLE: Final = 0x80100017
NO_SERVICE: Final = 0x8010001D
SERVICE_STOPPED: Final = 0x8010001E
NO_READERS: Final = 0x8010002E
RESET_CARD: Final = 0x80100068
REMOVED_CARD: Final = 0x80100069
SECURITY_VIOLATION: Final = 0x8010006A  # pcscd closed the socket in place of an answer: it refuses us, or it just died

STATE_UNAWARE: Final = 0
STATE_CHANGED: Final = 0x02
STATE_PRESENT: Final = 0x20
STATE_MUTE: Final = 0x200
STATE_COUNTER: Final = 0xFFFF0000  # pcsc-lite counts insertions and removals here

SHARE_SHARED: Final = 2
SHARE_DIRECT: Final = 3
PROTOCOL_ANY: Final = 1 | 2  # T=0 and T=1
PROTOCOL_NONE: Final = 0

PNP: Final = "\\\\?PnP?\\Notification"  # a reader that never is: its "change" is that readers came or went

_SYSTEM_SCOPE: Final = 2
_LEAVE_CARD: Final = 0
# IOCTL_SMARTCARD_VENDOR_IFD_EXCHANGE, that is SCARD_CTL_CODE(1): an escape command to the reader (CCID 1.1, 6.1.8).
_ESCAPE: Final = 0x42000001

_DIED = "The smart card daemon (pcscd) stopped."
_FAULTS: Final[dict[int, tuple[type[DeviceError], str]]] = {
    NO_SERVICE: (Broken, _DIED),
    NO_READERS: (Missing, "No tag reader is plugged in."),
    UNKNOWN_READER: (Missing, "The tag reader was unplugged."),
    READER_UNAVAILABLE: (Missing, "The tag reader was unplugged."),
    SHARING_VIOLATION: (Busy, "Another program holds the tag reader."),
    SERVICE_STOPPED: (Broken, _DIED),
    COMM_ERROR: (Broken, _DIED),
    INVALID_HANDLE: (Broken, _DIED),
    SECURITY_VIOLATION: (Broken, _DIED),
}


class Scard(Protocol):
    """What is used of `smartcard.scard`. Each call answers its code, alone or first in a list."""

    def SCardEstablishContext(self, scope: int, /) -> tuple[int, int]: ...
    def SCardReleaseContext(self, context: int, /) -> int: ...
    def SCardListReaders(self, context: int, groups: list[str], /) -> tuple[int, list[str]]: ...
    def SCardGetStatusChange(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]], /
    ) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
    def SCardCancel(self, context: int, /) -> int: ...
    def SCardConnect(self, context: int, reader: str, share: int, protocols: int, /) -> tuple[int, int, int]: ...
    def SCardTransmit(self, card: int, protocol: int, apdu: list[int], /) -> tuple[int, list[int]]: ...
    def SCardControl(self, card: int, code: int, data: list[int], /) -> tuple[int, list[int]]: ...
    def SCardDisconnect(self, card: int, disposition: int, /) -> int: ...


def load() -> Scard:
    """The real one. Imported late, for a box without a reader needs neither it nor libpcsclite. Raises Missing."""
    try:
        return cast(Scard, importlib.import_module("smartcard.scard"))
    except ImportError as error:
        raise Missing(f"Smart card support is not installed ({error}).") from error


class PcscError(Exception):
    """A call that failed. It never leaves the devices: `fault` is what others see."""

    def __init__(self, code: int) -> None:
        super().__init__(f"PC/SC code {code:08X}")
        self.code = code

    @property
    def daemon_gone(self) -> bool:
        """pcscd is gone, and every handle with it; else it is this card or this reader that failed."""
        return self.code in {NO_SERVICE, SERVICE_STOPPED, COMM_ERROR, INVALID_HANDLE, SECURITY_VIOLATION}

    def fault(self) -> DeviceError:
        kind, text = _FAULTS.get(self.code, (Broken, f"The tag reader failed ({self})."))
        return kind(text)


class _Closing:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class CardConnection(_Closing):
    """A connection to a card, or with SHARE_DIRECT to its reader. Closing leaves the card powered, as it was."""

    def __init__(self, scard: Scard, context: int, reader: str, share: int) -> None:
        protocols = PROTOCOL_NONE if share == SHARE_DIRECT else PROTOCOL_ANY
        code, self._handle, self._protocol = scard.SCardConnect(context, reader, share, protocols)
        _check(code)
        self._scard = scard

    def transmit(self, apdu: bytes) -> bytes:
        """The answer with its two status bytes; empty or torn when the card leaves meanwhile. Raises PcscError."""
        code, answer = self._scard.SCardTransmit(self._handle, self._protocol, list(apdu))
        _check(code)
        return bytes(answer)

    def escape(self, command: bytes) -> bytes:
        """A command to the reader itself, card or no card. Raises PcscError: many drivers do not allow it."""
        code, answer = self._scard.SCardControl(self._handle, _ESCAPE, list(command))
        _check(code)
        return bytes(answer)

    def close(self) -> None:
        self._scard.SCardDisconnect(self._handle, _LEAVE_CARD)


class Context(_Closing):
    """A conversation with pcscd. Raises Missing when there is no pcscd or it refuses us, else PcscError; then there is
    nothing to close, and must not be: releasing what a failed SCardEstablishContext gave raises SystemError in pyscard.
    """

    def __init__(self, scard: Scard) -> None:
        code, self._handle = scard.SCardEstablishContext(_SYSTEM_SCOPE)
        if code == NO_SERVICE:
            raise Missing("The smart card daemon (pcscd) is not running.")
        if code == SECURITY_VIOLATION:
            raise Missing("The smart card daemon (pcscd) does not let this user at the reader (see polkit's rules).")
        _check(code)
        self._scard = scard

    def readers(self) -> list[str]:
        code, names = self._scard.SCardListReaders(self._handle, [])
        if code == NO_READERS:
            return []
        _check(code)
        return names

    def wait(self, states: dict[str, int], timeout_ms: int) -> dict[str, int]:
        """Wait until a reader's state is no longer the given one; answers the states as they are at the end."""
        code, after = self._scard.SCardGetStatusChange(self._handle, timeout_ms, list(states.items()))
        if code in {TIMEOUT, CANCELLED}:
            return states
        _check(code)
        return {name: state & ~STATE_CHANGED for name, state, _ in after}

    def cancel(self) -> None:
        """End a `wait` that has begun; it is lost on one that has not, so repeat it until the waiter is back."""
        self._scard.SCardCancel(self._handle)

    def connect(self, reader: str, share: int = SHARE_SHARED) -> CardConnection:
        return CardConnection(self._scard, self._handle, reader, share)

    def close(self) -> None:
        self._scard.SCardReleaseContext(self._handle)


def _check(code: int) -> None:
    if code != SUCCESS:
        raise PcscError(code)
