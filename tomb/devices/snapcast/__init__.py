"""Snapcast: one sound in several rooms, kept in step by a server (https://github.com/badaix/snapcast).

    box --PCM, source.py--> snapserver --> snapclient in each room
    box <--JSON-RPC, control.py--> snapserver

The server takes raw samples over TCP, gives each of its chunks the time at which it came, and has every client play it
so many milliseconds later, by one clock. Nothing of this is loaded where it is off.
"""

from typing import Protocol

from msgspec import Struct

from tomb.models import Speaker


class Placed(Struct, frozen=True):
    """A speaker, in a group of which all play one stream and may be muted together. `own_mute`: that of it alone."""

    speaker: Speaker
    stream: str
    group: str
    group_muted: bool
    own_mute: bool


class SpeakerControl(Protocol):
    """A connection to a server, as far as its speakers go."""

    async def speakers(self) -> list[Placed]:
        """Those that play the sound of the box. Raises: Broken."""

    async def set_volume(self, speaker_id: str, volume: int, muted: bool) -> None:
        """Raises: Broken, NotFound, Unavailable."""

    async def unmute_group(self, group: str) -> None:
        """Raises: Broken, NotFound, Unavailable."""

    async def read(self) -> None:
        """Take what the server says. Raises: Broken, when it is over."""
