"""What the ACS ACR122U understands beyond PC/SC: its LED, its buzzer, to be quiet, and which tags to look for.

Pseudo-APDUs of "ACR122U Application Programming Interface" V2.04, chapter 6. They reach the reader through a card that
lies on it, or without one as an escape command, which libccid passes on only where its configuration allows it
(ifdDriverOptions, or an ACS reader of a recent libccid). Where neither works the reader just keeps its habits.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from tomb.devices.pcsc import SHARE_DIRECT, Context, PcscError
from tomb.devices.reader import Sign

# 6.7 "Set Buzzer Output during Card Detection": off. A beep should say that the tag was understood, not just found.
NO_DETECTION_BEEP: Final = bytes.fromhex("FF00520000")

# 6.5 "Get" and 6.6 "Set the PICC Operating Parameter". Bits: 7 look for tags by itself, 6 ask a tag for its ATS, 5 do
# it every 250 ms and not 500, 4…2 FeliCa and Topaz, 1 ISO 14443 type B, 0 type A. All are on after power-up; our tags
# are type A, and the time that the others take is time in which none is found. It answers 90 and the parameter.
_GET_PARAMETER: Final = bytes.fromhex("FF00500000")
_SET_PARAMETER: Final = bytes.fromhex("FF0051E100")
_PARAMETER: Final = _SET_PARAMETER[3]

# 6.2 "Bi-Color LED and Buzzer Control": FF 00 40 P2 04 T1 T2 repetitions buzzer. P2: which LEDs blink (bits 7 green,
# 6 red) and begin lit (5 green, 4 red); with bits 3 and 2 clear they end as they were. T1 and T2 in 100 ms; buzzer 01:
# during T1. The reader answers when it is done and reads no tag meanwhile: 0.5 s are too short for a removal.
_SIGNS: Final[Mapping[Sign, bytes]] = {
    "ok": bytes.fromhex("FF0040A00401010101"),  # green, with a beep
    "unknown": bytes.fromhex("FF0040500401010201"),  # red twice, with two beeps
    "error": bytes.fromhex("FF0040500404010101"),  # red and long, with a long beep
    "limit": bytes.fromhex("FF0040F00401010200"),  # orange twice, and not a sound: it may be late
}


def is_one(reader: str) -> bool:
    return "ACR122" in reader


def prepare(context: Context, reader: str) -> bool:
    """Turn the detection beep off, and look for our tags only, where no card lies. False: it must be tried again
    through a card."""
    try:
        with context.connect(reader, SHARE_DIRECT) as itself:
            return prepare_through(itself.escape)
    except PcscError:
        return False


def prepare_through(send: Callable[[bytes], bytes]) -> bool:
    """The same by a connection that is there. False: the reader or its driver does not know that. Raises PcscError."""
    if send(NO_DETECTION_BEEP)[:1] != b"\x90":
        return False
    if send(_GET_PARAMETER)[:2] != bytes([0x90, _PARAMETER]):
        send(_SET_PARAMETER)  # one that refuses looks for all, as it did before
    return True


def show(context: Context, reader: str, sign: Sign) -> None:
    """Blink, and beep. The answer's second byte is the LED's state, not a status."""
    command = _SIGNS[sign]
    with suppress(PcscError), context.connect(reader) as card:
        if card.transmit(command)[:1] == b"\x90":
            return
    with suppress(PcscError), context.connect(reader, SHARE_DIRECT) as itself:
        itself.escape(command)
