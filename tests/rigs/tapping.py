"""Taps and linking without the rest of the box: what tags are for is a dictionary, a deck only notes what it hears."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import trio

from tomb.errors import Conflict
from tomb.events import Events
from tomb.models import ExistingPlaylist, PlaylistLite, Tag
from tomb.nurseries.linking import Linking
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.taps import Taps
from tomb.ports import Ports


@dataclass
class Library:
    """What tags are for, without a disk."""

    owners: dict[str, str]

    def lite(self, playlist_id: str) -> PlaylistLite:
        return PlaylistLite(
            id=playlist_id, title=playlist_id, track_count=0, total_duration_ms=0, created_at="", updated_at=""
        )

    def tag_use(self, tag_id: str) -> PlaylistLite | None:
        return self.lite(self.owners[tag_id]) if tag_id in self.owners else None

    def tag_owner(self, tag_id: str) -> ExistingPlaylist | None:
        owner = self.owners.get(tag_id)
        return ExistingPlaylist(id=owner, title=owner) if owner else None

    async def link_tag(
        self, tag_id: str, playlist_id: str, *, override: bool = False, replaces: str | None = None
    ) -> Tag:
        if self.owners.get(tag_id, playlist_id) != playlist_id and not override:
            raise Conflict("the tag belongs to another playlist")
        self.owners = {tag: owner for tag, owner in self.owners.items() if tag != replaces} | {tag_id: playlist_id}
        return Tag(tag_id=tag_id, playlist_id=playlist_id, created_at=0.0)


class Heard:
    """A deck that only notes what tags ask it for, and a journal that does not even that. `news`: set at each."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.news = trio.Event()

    def _note(self, what: str, which: str) -> None:
        self.heard.append((what, which))
        self.news.set()
        self.news = trio.Event()

    def refuses(self, use: object) -> bool:
        return use is None

    def tap(self, playlist_id: str, _: object) -> None:
        self._note("tap", playlist_id)

    def lifted(self, playlist_id: str) -> None:
        self._note("lifted", playlist_id)

    def chime(self, chime: str) -> None:
        self._note("chime", chime)

    def tag_seen(self, tag_id: str, at: float) -> None:
        pass

    def tapped(self, tag_id: str) -> None:
        pass


@asynccontextmanager
async def tapping(ports: Ports, library: Library, deck: Heard) -> AsyncIterator[tuple[Taps, Linking]]:
    events = Events(ports, 0)
    linking = Linking(ports, events, library, MachineStates())
    taps = Taps(ports, events, cast(Any, library), cast(Any, deck), cast(Any, deck), linking, MachineStates())
    async with trio.open_nursery() as nursery:
        await nursery.start(linking.run)
        await nursery.start(taps.run)
        yield taps, linking
        nursery.cancel_scope.cancel()
