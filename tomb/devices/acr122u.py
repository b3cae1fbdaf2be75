"""What the ACS ACR122U understands beyond PC/SC: its LED, its buzzer, and to be quiet.

Pseudo-APDUs of "ACR122U Application Programming Interface" V2.04, chapter 6. They reach the reader through a card that
lies on it, or without one as an escape command, which libccid passes on only where its configuration allows it
(ifdDriverOptions, or an ACS reader of a recent libccid). Where neither works the reader just keeps its habits.
"""

from typing import Final

from tomb.devices.pcsc import SHARE_DIRECT, Context, PcscError

# 6.7 "Set Buzzer Output during Card Detection": off. A beep should say that the tag was understood, not just found.
NO_DETECTION_BEEP: Final = bytes.fromhex("FF00520000")

# 6.2 "Bi-Color LED and Buzzer Control": FF 00 40 P2 04 T1 T2 repetitions buzzer. P2: which LEDs blink (bits 7 green,
# 6 red) and begin lit (5 green, 4 red); with bits 3 and 2 clear they end as they were. T1 and T2 in 100 ms; buzzer 01:
# during T1. The reader answers when it is done and reads no tag meanwhile: 0.2 s and 0.4 s are too short for a removal.
_YES: Final = bytes.fromhex("FF0040A00401010101")
_NO: Final = bytes.fromhex("FF0040500401010201")


def is_one(reader: str) -> bool:
    return "ACR122" in reader


def silence(context: Context, reader: str) -> bool:
    """Turn the detection beep off where no card lies. False: it must be tried again through a card."""
    return _escape(context, reader, NO_DETECTION_BEEP)


def blink(context: Context, reader: str, ok: bool) -> bool:
    """One green blink with a beep, or two red ones. The answer's second byte is the LED's state, not a status."""
    command = _YES if ok else _NO
    return _through_card(context, reader, command) or _escape(context, reader, command)


def _through_card(context: Context, reader: str, command: bytes) -> bool:
    try:
        with context.connect(reader) as card:
            return card.transmit(command)[:1] == b"\x90"
    except PcscError:
        return False


def _escape(context: Context, reader: str, command: bytes) -> bool:
    try:
        with context.connect(reader, SHARE_DIRECT) as itself:
            return itself.escape(command)[:1] == b"\x90"
    except PcscError:
        return False
