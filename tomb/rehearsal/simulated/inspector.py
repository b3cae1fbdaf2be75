"""Looks into files in this process: what the box does by a child, for tests on virtual time and with other probes."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import trio
from msgspec.structs import replace

from tomb.devices import decoder
from tomb.errors import DecodeError
from tomb.library import containers, covers, labels
from tomb.library.chapters import embedded
from tomb.library.covers import NoPicture, Picture
from tomb.nurseries.ingest import Findings
from tomb.ports import Ports


class Probed(Protocol):
    @property
    def duration_ms(self) -> int: ...


Probe = Callable[[Path], Probed]


class InlineInspector:
    """An Inspector. `probe`: says how long a file is, or raises DecodeError."""

    def __init__(self, ports: Ports, probe: Probe = decoder.probe) -> None:
        self._ports = ports
        self._probe = probe
        self._turn = trio.CapacityLimiter(1)

    async def sound(self, source: Path, name: str, sound: Path | None) -> Findings:
        return await self._ports.in_thread(self._look, source, name, sound, limiter=self._turn, abandon=True)

    async def beside(self, folder: Path) -> Picture | None:
        return await self._ports.in_thread(_beside, folder, limiter=self._turn)

    async def picture(self, source: Path) -> Picture:
        try:
            return await self._ports.in_thread(lambda: covers.taken(source.read_bytes()), limiter=self._turn)
        except NoPicture as error:
            raise DecodeError(str(error)) from error

    async def fitted(self, cover: Path, side: int, ext: Literal["jpg", "webp"]) -> Picture:
        try:
            return await self._ports.in_thread(
                lambda: Picture(covers.fitted(cover.read_bytes(), side, ext), ext), limiter=self._turn
            )
        except (NoPicture, OSError) as error:
            raise DecodeError(str(error)) from error

    def _look(self, source: Path, name: str, sound: Path | None) -> Findings:
        duration_ms = 0 if sound is None else self._probe(sound).duration_ms
        said, picture = labels.read(source, containers.stem(name))
        said = replace(said, chapters=embedded.read(source))
        try:
            return Findings(said, duration_ms, cover=None if picture is None else covers.taken(picture))
        except NoPicture as error:
            return Findings(said, duration_ms, unshown=str(error))


def _beside(folder: Path) -> Picture | None:
    return next((found for data in covers.beside(folder) if (found := covers.scaled(data))), None)
