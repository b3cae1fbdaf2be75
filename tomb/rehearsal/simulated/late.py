"""A loudspeaker with a buffer: what it holds already is heard, whatever it is told meanwhile."""

from collections.abc import Callable

import trio

from tomb.devices.output import Cue, Reporter
from tomb.ports import Ports
from tomb.rehearsal.simulated.sound import FragileOutput


class LateOutput(FragileOutput):
    """A pause, and what is to follow, count `lag_s` later: until then it plays, or begins what was to follow before. To
    begin another track, or to be silent, empties the buffer."""

    def __init__(self, ports: Ports, report: Reporter, lag_s: float) -> None:
        super().__init__(ports, report)
        self._lag_s = lag_s
        self._nursery: trio.Nursery | None = None
        self._begun = object()  # what is late for another one is not done any more
        self._rests = object()

    def play(self, cue: Cue) -> None:
        self._begun = self._rests = object()
        super().play(cue)

    def stop(self) -> None:
        self._begun = self._rests = object()
        super().stop()

    def enqueue(self, cue: Cue | None) -> None:
        begun = self._begun
        self._later(lambda: super(LateOutput, self).enqueue(cue) if begun is self._begun else None)

    def pause(self) -> None:
        self._rests = rests = object()
        self._later(lambda: super(LateOutput, self).pause() if rests is self._rests else None)

    def resume(self) -> None:
        self._rests = object()
        super().resume()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            async with trio.open_nursery() as self._nursery:
                await super().run(task_status=task_status)
        finally:
            self._nursery = None

    def _later(self, do: Callable[[], object]) -> None:
        async def in_time() -> None:
            await trio.sleep(self._lag_s)
            do()

        if self._nursery is None:
            do()
        else:
            self._nursery.start_soon(in_time)
