"""Socket.IO clients of a box, in memory: what they were told, in order."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio
from trio.testing import wait_all_tasks_blocked

from tomb.rehearsal.peer import Wire


@dataclass(eq=False)
class SocketClient:
    """`events`: (type, payload) in the order of arrival; `hears` is called with each."""

    wire: Wire
    events: list[tuple[str, Any]] = field(default_factory=list)
    acks: dict[int, Any] = field(default_factory=dict)
    sent: int = 0
    pause_s: float = 0.0  # between two things that it reads
    hears: Callable[[str, Any], object] = lambda _event, _payload: None

    async def read(self) -> None:
        """Take everything that comes, until the server closes."""
        try:
            while True:
                frame = await self.wire.frame()
                if frame == "2":  # a ping: whoever is silent is dropped
                    await self.wire.send("3")
                else:
                    self._take(frame)
                await trio.sleep(self.pause_s)
        except (EOFError, trio.EndOfChannel):
            pass

    def _take(self, frame: str | bytes) -> None:
        assert isinstance(frame, str)
        if frame.startswith("42"):
            event_type, *args = json.loads(frame[2:].lstrip("0123456789"))
            self.events.append((event_type, args[0] if args else None))
            self.hears(*self.events[-1])
        elif frame.startswith("43"):
            number = frame[2 : frame.index("[")]
            self.acks[int(number)] = json.loads(frame[frame.index("[") :])

    async def emit(self, event: str, *data: Any) -> None:
        """Send, and let the box do all it can do at once."""
        await self.wire.send("42" + json.dumps([event, *data]))
        await wait_all_tasks_blocked()

    async def ask(self, event: str, *data: Any) -> Any:
        """Send with an acknowledgement callback; what came back."""
        self.sent += 1
        await self.wire.send(f"42{self.sent}" + json.dumps([event, *data]))
        await wait_all_tasks_blocked()
        [answer] = self.acks.pop(self.sent)
        return answer

    def of(self, *event_types: str) -> list[Any]:
        return [payload for event_type, payload in self.events if event_type in event_types]

    def types(self) -> list[str]:
        return [event_type for event_type, _ in self.events]

    def numbers(self) -> list[int]:
        """Of the numbered events."""
        return [payload["server_seq"] for event_type, payload in self.events if event_type.startswith("state:")]

    def take(self) -> list[tuple[str, Any]]:
        """What came since the last time."""
        taken, self.events = self.events, []
        return taken
