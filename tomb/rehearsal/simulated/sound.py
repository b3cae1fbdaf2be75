"""A loudspeaker without sound, on Trio's clock, that can be unplugged and says what was asked of it."""

from collections.abc import Sequence

import trio

from tomb.devices.output import Cue, Reporter
from tomb.devices.silent import SilentOutput
from tomb.errors import Broken
from tomb.models import Chime
from tomb.ports import Ports


class FragileOutput(SilentOutput):
    """A silent output that can be broken. It notes the box's own sounds, each cue, and what gains count."""

    def __init__(self, ports: Ports, report: Reporter) -> None:
        super().__init__(ports, report)
        self._cut = trio.Event()
        self.there = True
        self.level = 1.0
        self.chimes: list[Chime] = []
        self.loudest_chime = 0.0
        self.gains: dict[int, float] = {}
        self.cued: list[Cue] = []
        self.expected: list[tuple[str, int]] = []

    @property
    def sounds(self) -> bool:
        """Something is cued, and it moves."""
        return self._track is not None and self._moving

    def play(self, cue: Cue) -> None:
        self.gains = {cue.generation: cue.gain}
        self.cued.append(cue)
        super().play(cue)

    def enqueue(self, cue: Cue | None) -> None:
        if cue is not None:
            self.gains[cue.generation] = cue.gain
            self.cued.append(cue)
        super().enqueue(cue)

    def set_cue_gain(self, generation: int, gain: float) -> None:
        self.gains[generation] = gain

    def chime(self, chime: Chime) -> None:
        self.chimes.append(chime)
        self.loudest_chime = max(self.loudest_chime, self.level)

    def set_gain(self, level: float, seconds: float = 0.02) -> None:
        self.level = level
        super().set_gain(level, seconds)

    def expect(self, cues: Sequence[Cue]) -> None:
        self.expected = [(cue.path.name, cue.start_ms) for cue in cues]

    def unplug(self) -> None:
        self.there = False
        self._cut.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if not self.there:
            raise Broken("the loudspeaker is gone")
        self._cut = trio.Event()
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: super(FragileOutput, self).run(task_status=task_status))
            task_status.started()
            await self._cut.wait()
            nursery.cancel_scope.cancel()
        raise Broken("the loudspeaker is gone")
