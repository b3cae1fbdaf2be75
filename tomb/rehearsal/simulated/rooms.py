"""A Snapcast server with speakers, as far as the box controls it; other apps turn its knobs too."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from msgspec.structs import replace

from tomb.devices.snapcast import Placed
from tomb.errors import Broken, Missing, NotFound, Unavailable
from tomb.models import Speaker


def placed(speaker_id: str, volume: int = 50, *, muted: bool = False, group_muted: bool = False) -> Placed:
    speaker = Speaker(
        id=speaker_id,
        name=speaker_id.title(),
        connected=True,
        volume=volume,
        muted=muted or group_muted,
        latency_ms=0,
    )
    return Placed(speaker, "box", "group", group_muted, muted)


class FakeRooms:
    """`there`: whether it answers; `refuses`: whatever is asked of it. `asked`: how often it told all that it has."""

    def __init__(self, *speakers: Placed) -> None:
        self.speakers_by_id = {each.speaker.id: each for each in speakers}
        self.there = True
        self.refuses = False
        self.slow_s = 0.0
        self.asked = 0
        self._changed: Callable[[], None] = lambda: None
        self._gone = trio.Event()

    @asynccontextmanager
    async def connect(self, changed: Callable[[], None]) -> AsyncIterator["FakeRooms"]:
        if not self.there:
            raise Missing("no Snapcast server can be controlled at nowhere")
        await trio.sleep(self.slow_s)
        self._gone = trio.Event()
        self._changed = changed
        yield self

    def turn(self, speaker_id: str, volume: int) -> None:
        """Another app sets a volume."""
        self._set(speaker_id, volume=volume)
        self._changed()

    def leave(self) -> None:
        self.there = False
        self._gone.set()

    async def speakers(self) -> list[Placed]:
        self.asked += 1
        await self._answer()
        return list(self.speakers_by_id.values())

    async def set_volume(self, speaker_id: str, volume: int, muted: bool) -> None:
        await self._answer()
        if self.refuses:
            raise Unavailable("the Snapcast server refuses that")
        if speaker_id not in self.speakers_by_id:
            raise NotFound("speaker", speaker_id)
        group_muted = self.speakers_by_id[speaker_id].group_muted
        self._set(speaker_id, volume=volume, muted=muted or group_muted)
        self.speakers_by_id[speaker_id] = replace(self.speakers_by_id[speaker_id], own_mute=muted)

    async def unmute_group(self, group: str) -> None:
        await self._answer()
        for speaker_id, each in self.speakers_by_id.items():
            if each.group == group:
                self.speakers_by_id[speaker_id] = replace(each, group_muted=False)
                self._set(speaker_id, muted=each.own_mute)

    async def read(self) -> None:
        await self._gone.wait()
        raise Broken("the Snapcast server ended the connection")

    async def _answer(self) -> None:
        await trio.lowlevel.checkpoint()
        if not self.there:
            raise Broken("the Snapcast server does not answer")

    def _set(self, speaker_id: str, **fields: object) -> None:
        before = self.speakers_by_id[speaker_id]
        self.speakers_by_id[speaker_id] = replace(before, speaker=before.speaker.model_copy(update=fields))
