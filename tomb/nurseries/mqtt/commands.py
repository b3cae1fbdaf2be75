"""What others may ask for under `tomb/ID/set/`: the commands, what each takes, and the click that it stands for.

Each is of the origin `home` (wire.md, section 7): the limits hold for it as for a child. Of playlists it may start what
a phone could start that has not shown the parents' PIN.

An empty payload is no command. It is what everybody hears when somebody deletes a retained message, without the mark
of one.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, Protocol, TypeVar, get_args

from msgspec import Struct

from tomb.errors import BadRequest, Forbidden, NotFound
from tomb.models import Origin, RepeatMode
from tomb.nurseries.deck import Deck, Reply
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.mqtt.labels import Labels
from tomb.nurseries.mqtt.topics import OFF, ON
from tomb.nurseries.parent_auth import ParentAuth

HOME: Final[Origin] = "home"
PRESS: Final = "PRESS"  # what Home Assistant's buttons send
PAYLOAD_BYTES: Final = 1024
MINUTES: Final = 1440
SECONDS: Final = 86_400

T = TypeVar("T")


class Hands(Struct):
    """Whom commands reach. `labels`: what playlists are called, as it was told last."""

    deck: Deck
    librarian: Librarian
    parent_auth: ParentAuth
    labels: Labels


Click = Callable[[Hands], Awaitable[Reply]]


class Command(Struct, frozen=True):
    """`takes`: its payload, in words. `read`: the click that a payload stands for; raises BadRequest."""

    takes: str
    does: str
    read: Callable[[str], Click]


class _Press(Protocol):
    def __call__(self, deck: Deck, /, *, origin: Origin) -> Awaitable[Reply]: ...


def _press(does: str, press: _Press) -> Command:
    def read(payload: str) -> Click:
        _one_of(payload, PRESS)
        return lambda hands: press(hands.deck, origin=HOME)

    return Command(f"`{PRESS}`", does, read)


def _set(takes: str, does: str, parse: Callable[[str], T], call: Callable[[Hands, T], Awaitable[Reply]]) -> Command:
    def read(payload: str) -> Click:
        value = parse(payload)
        return lambda hands: call(hands, value)

    return Command(takes, does, read)


def _one_of(payload: str, *words: str) -> str:
    if payload not in words:
        raise BadRequest(f"it takes {' or '.join(words)}")
    return payload


def _whole(payload: str, most: int) -> int:
    digits = payload.removesuffix(".0")  # Home Assistant's templates make such of numbers
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(most)) and int(digits) <= most):
        raise BadRequest(f"it takes a whole number from 0 to {most}")
    return int(digits)


def _is_on(payload: str) -> bool:
    return _one_of(payload, ON, OFF) == ON


def _repeat(payload: str) -> RepeatMode:
    mode: RepeatMode
    for mode in get_args(RepeatMode):
        if mode == payload:
            return mode
    raise BadRequest(f"it takes {' or '.join(get_args(RepeatMode))}")


async def _start(hands: Hands, said: str) -> Reply:
    playlist_id = hands.labels.meant(said)
    if playlist_id is None:
        raise NotFound("playlist", said[:100])
    if not hands.librarian.lite(playlist_id).for_child and hands.parent_auth.is_set:
        raise Forbidden("parents did not choose that playlist for children", {"child_playlists": True})
    return await hands.deck.start(playlist_id, origin=HOME)


_MODE = "`ON` or `OFF`"

COMMANDS: Final[Mapping[str, Command]] = {
    "play": _press("play, or go on", Deck.play),
    "pause": _press("pause", Deck.pause),
    "toggle": _press("play or pause", Deck.toggle),
    "stop": _press("stop", Deck.stop),
    "next": _press("the next track or, in a long one, its next chapter", Deck.next),
    "previous": _press("the start of the track or chapter, or the one before", Deck.previous),
    "playlist": _set(
        "what a playlist is called in the list to choose from, or its id",
        "play it, from where it was left",
        str,
        _start,
    ),
    "position": _set(
        "seconds",
        "go there in the track",
        partial(_whole, most=SECONDS),
        lambda hands, seconds: hands.deck.seek(1000 * seconds, origin=HOME),
    ),
    "volume": _set(
        "0 to 100",
        "set the volume, up to the ceiling",
        partial(_whole, most=100),
        lambda hands, volume: hands.deck.set_volume(volume, origin=HOME),
    ),
    "mute": _set(
        _MODE, "be silent, or not", _is_on, lambda hands, muted: hands.deck.set_mode(muted=muted, origin=HOME)
    ),
    "shuffle": _set(
        _MODE,
        "play in a random order, or not",
        _is_on,
        lambda hands, shuffle: hands.deck.set_mode(shuffle=shuffle, origin=HOME),
    ),
    "repeat": _set(
        "`none`, `track` or `playlist`",
        "what is played again at its end",
        _repeat,
        lambda hands, mode: hands.deck.set_mode(repeat=mode, origin=HOME),
    ),
    "sleep": _set(
        f"minutes up to {MINUTES}; 0: off",
        "fade out and stop then",
        partial(_whole, most=MINUTES),
        lambda hands, minutes: hands.deck.sleep(60.0 * minutes or None, origin=HOME),
    ),
}


def read(name: str, payload: bytes) -> Click:
    """What is asked for there. Raises NotFound for what is no command, BadRequest for what it does not take."""
    if name not in COMMANDS:
        raise NotFound("command", name[:100])
    if len(payload) > PAYLOAD_BYTES:
        raise BadRequest("it takes less than that")
    try:
        return COMMANDS[name].read(payload.decode())
    except UnicodeDecodeError:
        raise BadRequest("it takes UTF-8") from None
