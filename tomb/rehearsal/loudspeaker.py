"""What the box plays on, with somebody who writes down what it is told and what is heard of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trio

from tomb.devices.output import Cue, CueStarted, Heard, Report, Reporter
from tomb.models import Chime
from tomb.rehearsal.simulated.frames import FramesOutput
from tomb.rehearsal.simulated.sound import FragileOutput


@dataclass
class Played:
    """Over all lives of the box: the tracks that began, its own sounds, and how often it was told to be heard."""

    tracks: list[str] = field(default_factory=list)
    chimes: list[Chime] = field(default_factory=list)
    starts: int = 0


class Loudspeaker:
    """An output. `named`: what a scenario calls the track in that file."""

    def __init__(
        self,
        device: FragileOutput | FramesOutput,
        report: Reporter,
        named: Callable[[Path], str],
        note: Callable[[str], None],
        played: Played,
    ) -> None:
        self.device = device
        self._report = report
        self._named = named
        self._note = note
        self._played = played
        self._moving = False
        self._cues: dict[int, Cue] = {}  # that may still be heard

    @property
    def name(self) -> str:
        return self.device.name

    @property
    def sounds(self) -> bool:
        return self.device.sounds

    @property
    def sounding(self) -> str | None:
        """The track that is heard, None: silence."""
        generation = self.device.heard().generation
        return self._named(self._cues[generation].path) if self.sounds and generation is not None else None

    @property
    def level(self) -> float:
        return self.device.level

    def reported(self, report: Report) -> None:
        if isinstance(report, CueStarted):
            self._cues = {number: cue for number, cue in self._cues.items() if number >= report.generation}
            track = self._named(self._cues[report.generation].path)
            self._played.tracks.append(track)
            self._note(f"{track} begins")
        self._report(report)

    def play(self, cue: Cue) -> None:
        self._cues[cue.generation] = cue
        self._moving = True
        self._played.starts += 1
        self._note(f"plays {self._named(cue.path)} from {cue.start_ms / 1000:g} s")
        self.device.play(cue)

    def enqueue(self, cue: Cue | None) -> None:
        if cue is not None:
            self._cues[cue.generation] = cue
        self.device.enqueue(cue)

    def pause(self) -> None:
        if self._moving:
            self._note(f"pauses at {self.device.heard().position_ms / 1000:g} s")
        self._moving = False
        self.device.pause()

    def resume(self) -> None:
        if not self._moving:
            self._played.starts += 1
            self._note("goes on")
        self._moving = True
        self.device.resume()

    def stop(self) -> None:
        if self.sounds:
            self._note("falls silent")
        self._moving = False
        self.device.stop()

    def set_gain(self, level: float, seconds: float = 0.02) -> None:
        self.device.set_gain(level, seconds)

    def set_cue_gain(self, generation: int, gain: float) -> None:
        self.device.set_cue_gain(generation, gain)

    def chime(self, chime: Chime) -> None:
        self._note(f"chimes: {chime}")
        self._played.chimes.append(chime)
        self.device.chime(chime)

    def expect(self, cues: Sequence[Cue]) -> None:
        self.device.expect(cues)

    def heard(self) -> Heard:
        return self.device.heard()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        await self.device.run(task_status=task_status)
