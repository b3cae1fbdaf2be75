"""What waits to be said to the broker: of each topic only the newest, and only what the broker does not know already.

So it is as large as there are topics, however slow the broker is and however much happens meanwhile. What has no
lasting state (a tap) waits in a short queue, and the oldest of it is lost first.
"""

from collections import OrderedDict, deque
from typing import Final

import trio

from tomb.devices.mqtt.session import Message

MOMENTS: Final = 20


class Outbox:
    def __init__(self) -> None:
        self._states: OrderedDict[str, bytes] = OrderedDict()
        self._moments: deque[Message] = deque(maxlen=MOMENTS)
        self._known: dict[str, bytes] = {}
        self._filled = trio.Event()

    def __len__(self) -> int:
        return len(self._states) + len(self._moments)

    def empty(self) -> None:
        """There is a new connection: what the broker knows is not known, and what happened before is over."""
        self._states.clear()
        self._moments.clear()
        self._known.clear()

    def put(self, topic: str, payload: str) -> None:
        """From now on this is the state that the broker is to keep under `topic`."""
        encoded = payload.encode(errors="replace")  # a name may come from a file, whose names are bytes
        if self._known.get(topic) == encoded:
            self._states.pop(topic, None)
        else:
            self._states[topic] = encoded
            self._filled.set()

    def put_anew(self, topic: str) -> None:
        """Say it once more, though the broker knows."""
        payload = self._known.pop(topic, None)
        if payload is not None:
            self._states.setdefault(topic, payload)
            self._filled.set()

    def tell(self, topic: str, payload: str) -> None:
        """This has just happened; who is not there to hear it need not know."""
        self._moments.append(Message(topic, payload.encode(errors="replace")))
        self._filled.set()

    def take(self) -> Message | None:
        """What is to be said next, as if it had been: whoever fails to say it begins with `empty`."""
        if self._moments:
            return self._moments.popleft()
        if not self._states:
            return None
        topic, payload = self._states.popitem(last=False)
        self._known[topic] = payload
        return Message(topic, payload, retained=True)

    async def wait(self) -> None:
        """Until there may be something."""
        if not self:
            self._filled = trio.Event()
            await self._filled.wait()
