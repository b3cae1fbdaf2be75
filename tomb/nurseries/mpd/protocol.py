"""The grammar of MPD's protocol, and who may speak when: nothing here waits, or knows of music.

The source is MPD's own description (mpd.readthedocs.io, "Protocol"); where that says nothing, how MPD itself behaves.
A client sends lines. A line is a command: a word in small letters, then arguments, in double quotes where they have
spaces in them. The server answers each with lines `NAME: VALUE` and at last `OK`, or with `ACK [error@index] {command}
message`. Three things make it more than that:

- *Lists.* Between `command_list_begin` and `command_list_end` nothing is done and nothing answered; then all at once,
  up to the first that fails, whose `index` the answer names. After `command_list_ok_begin` each that was done is
  confirmed by `list_OK`.
- *Idle.* After `idle` the server answers when something changes. Meanwhile the client may say `noidle` and nothing
  else. That may cross with the answer on its way; a `noidle` that comes too late is answered by nothing, or the client
  would take the second answer for that of its next command.
- *Whoever speaks another language* is hung up on, at once and without a word. A line that begins with anything but a
  small letter is no command of MPD's. It is what a browser sends, whatever a page makes it do: `GET`, `POST`, the
  `OPTIONS` that asks whether another method may be used, a WebSocket's `GET`, the first byte of TLS. No line after it
  is looked at, so no page gets a command in by hiding it in a header or a body.
"""

import re
from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct

from tomb.errors import TombError

VERSION = "0.23.0"  # of the protocol: the newest whose commands of these names are answered as it says, `getvol` too
GREETING = f"OK MPD {VERSION}\n".encode()
OK = b"OK\n"
LIST_OK = b"list_OK\n"
LINE_LIMIT = 4096  # bytes of one line; a name of 200 characters has 800 at most
LIST_LIMIT = 64 * 1024  # bytes of a command list
LIST_COMMANDS = 500

_INTEGER = re.compile("[-+]?[0-9]{1,10}")

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_WORD = _LETTERS | frozenset("0123456789_")


class Code(IntEnum):
    """Why a command failed, by MPD's numbers."""

    NOT_LIST = 1
    ARGUMENT = 2
    PASSWORD = 3
    PERMISSION = 4
    UNKNOWN = 5
    NO_EXIST = 50
    QUEUE_FULL = 51
    SYSTEM = 52
    NOT_PLAYING = 55


class CommandError(TombError):
    """A command was refused; the client hears why, and may go on."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class HangUp(TombError):
    """There is nobody worth talking to any more."""


class Request(Struct, frozen=True):
    name: str
    arguments: tuple[str, ...]


class Batch(Struct, frozen=True):
    """What is to be done now: one command, or all of a list. `confirmed`: each by a line of its own."""

    lines: tuple[str, ...]
    is_list: bool = False
    confirmed: bool = False


class Dialogue:
    """What a client has sent, and what is to be done about it."""

    def __init__(self) -> None:
        self.idling = False  # set by whoever carries out `idle`
        self._received = bytearray()
        self._list: list[str] | None = None
        self._list_size = 0
        self._confirmed = False

    def receive(self, data: bytes | bytearray) -> None:
        self._received += data

    def next_line(self) -> str | None:
        """The next line that is whole, without white space at its end. Raises HangUp."""
        line, newline, rest = self._received.partition(b"\n")
        if len(line) > LINE_LIMIT:
            raise HangUp("a line has no end")
        if line and line[0] not in range(ord("a"), ord("z") + 1):
            raise HangUp("that is not MPD's protocol")
        if not newline:
            return None
        self._received = rest
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise HangUp("that is not UTF-8") from None
        return text.rstrip(" \t\r")

    def hear(self, line: str) -> Batch | None:
        """What is to be done after this line: nothing yet, a batch, or, after an end of `idle`, an empty batch. Raises
        HangUp."""
        if not line:
            raise HangUp("an empty line is no command")
        if line == "noidle":
            was_idling, self.idling = self.idling, False
            return Batch(()) if was_idling else None
        if self.idling:
            raise HangUp("nothing but noidle may follow idle")
        if self._list is not None:
            return self._in_list(line)
        if line in ("command_list_begin", "command_list_ok_begin"):
            self._list, self._list_size, self._confirmed = [], 0, line == "command_list_ok_begin"
            return None
        return Batch((line,))

    def _in_list(self, line: str) -> Batch | None:
        assert self._list is not None
        if line == "command_list_end":
            batch = Batch(tuple(self._list), is_list=True, confirmed=self._confirmed)
            self._list = None
            return batch
        self._list.append(line)
        self._list_size += len(line)
        if self._list_size > LIST_LIMIT or len(self._list) > LIST_COMMANDS:
            raise HangUp("the command list is too long")
        return None


def parse(line: str) -> Request:
    """Raises CommandError."""
    end = next((place for place, letter in enumerate(line) if letter not in _WORD), len(line))
    if not line or line[0] not in _LETTERS:
        raise CommandError(Code.UNKNOWN, "Letter expected")
    if end < len(line) and line[end] not in " \t":
        raise CommandError(Code.UNKNOWN, "Invalid word character")
    return Request(line[:end], tuple(_arguments(line, end)))


def _arguments(line: str, place: int) -> Iterable[str]:
    while True:
        while place < len(line) and line[place] in " \t":
            place += 1
        if place == len(line):
            return
        if line[place] == '"':
            argument, place = _quoted(line, place + 1)
            if place < len(line) and line[place] not in " \t":
                raise CommandError(Code.ARGUMENT, "Space expected after closing '\"'")
        else:
            start = place
            while place < len(line) and line[place] not in " \t":
                if line[place] in "\"'" or line[place] < " ":
                    raise CommandError(Code.ARGUMENT, "Invalid unquoted character")
                place += 1
            argument = line[start:place]
        yield argument


def _quoted(line: str, place: int) -> tuple[str, int]:
    """What is in quotes, and the place behind them."""
    said: list[str] = []
    while place < len(line) and line[place] != '"':
        place += line[place] == "\\"
        if place < len(line):
            said.append(line[place])
        place += 1
    if place >= len(line):
        raise CommandError(Code.ARGUMENT, "Missing closing '\"'")
    return "".join(said), place + 1


def quoted(argument: str) -> str:
    """As a client writes it."""
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def acknowledge(error: CommandError, index: int, name: str) -> bytes:
    """`index`: of the command in its list; `name`: "" for one that there is not."""
    return f"ACK [{error.code}@{index}] {{{name}}} {in_one_line(error.message)}\n".encode()


def pair(name: str, value: object) -> bytes:
    """A line of an answer. Whatever a title has in it, it stays one line."""
    return f"{name}: {in_one_line(str(value))}\n".encode()


def binary(size: int, data: bytes, media_type: str | None = None) -> bytes:
    """A piece of something that has `size` bytes."""
    head = pair("size", size) + (pair("type", media_type) if media_type else b"")
    return b"%b%b%b\n" % (head, pair("binary", len(data)), data)


def in_one_line(text: str) -> str:
    """Without what would end a line, for whoever reads it, or cannot be encoded."""
    if text.isprintable():
        return text
    return (
        "".join(" " if letter < " " or letter in "\x7f\x85\u2028\u2029" else letter for letter in text)
        .encode(errors="replace")
        .decode()
    )


# --- arguments --------------------------------------------------------------------------------------------------------


def integer(argument: str, least: int | None = None, most: int | None = None) -> int:
    """Raises CommandError, as all of these."""
    if _INTEGER.fullmatch(argument) is None:
        raise CommandError(Code.ARGUMENT, f"Integer expected: {argument}")
    number = int(argument)
    if least is not None and number < least:
        raise CommandError(Code.ARGUMENT, f"Number too small: {argument}")
    if most is not None and number > most:
        raise CommandError(Code.ARGUMENT, f"Number too big: {argument}")
    return number


def boolean(argument: str) -> bool:
    if argument not in ("0", "1"):
        raise CommandError(Code.ARGUMENT, f"Boolean (0/1) expected: {argument}")
    return argument == "1"


def milliseconds(argument: str) -> int:
    """Of seconds, which may have a fraction and a sign."""
    whole, _, fraction = argument.removeprefix("-").removeprefix("+").partition(".")
    if not (whole + fraction).isdecimal() or not argument.isascii() or len(argument) > 16:
        raise CommandError(Code.ARGUMENT, f"Float expected: {argument}")
    number = int(whole or "0") * 1000 + int(f"{fraction[:3]:0<3}")
    return -number if argument.startswith("-") else number


def section(argument: str, length: int) -> range:
    """`POS` or `START:END` (without the end, which may be left out) of a list of so many."""
    start, colon, end = argument.partition(":")
    first = integer(start, 0)
    if not colon:
        if first >= length:
            raise CommandError(Code.ARGUMENT, "Bad song index")
        return range(first, first + 1)
    last = integer(end, 0) if end else max(first, length)
    if last < first:
        raise CommandError(Code.ARGUMENT, "Bad range: its end is before its start")
    return range(min(first, length), min(last, length))


def sized(pieces: Iterable[bytes], size: int) -> Iterable[bytes]:
    """The same bytes in pieces of about that size."""
    held, count = list[bytes](), 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count >= size:
            yield b"".join(held)
            held, count = [], 0
    if held:
        yield b"".join(held)
