"""What is true of the box whatever happens: looked at after every step of every rehearsal."""

from collections.abc import Iterator

from tomb.rehearsal.expectations import Complaint
from tomb.rehearsal.stage import Stage


class Invariants:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._looked_at = 0
        self._number = 0

    def broken(self) -> list[Complaint]:
        """Those that do not hold now, when nothing is left to happen at this moment."""
        return list(self._all())

    def _all(self) -> Iterator[Complaint]:
        yield from self._numbers_grow()
        if self._stage.services is None:
            return
        state = self._stage.box.deck.state(0)
        if not 0 <= state.position_ms <= max(state.duration_ms, 0):
            yield _broken("the position lies within the track", f"{state.position_ms} of {state.duration_ms} ms")
        ceiling = self._stage.box.preferences.current.volume_ceiling
        if state.volume > ceiling:
            yield _broken("never above the ceiling", f"volume {state.volume}, ceiling {ceiling}")

    def _numbers_grow(self) -> Iterator[Complaint]:
        events = self._stage.events
        for event in events[self._looked_at :]:
            if event.number and event.number <= self._number:
                yield _broken("server_seq strictly grows", f"{event.type} has {event.number} after {self._number}")
            self._number = max(self._number, event.number)
        self._looked_at = len(events)


def _broken(rule: str, found: str) -> Complaint:
    return Complaint(("always",), rule, found)
