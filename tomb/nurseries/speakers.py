"""The loudspeakers of the rooms, in the hands of a Snapcast server: who they are, how loud, and never louder than
allowed.

The server is the truth. Other apps of the house change it too, and so may whoever turns a speaker off; it only says
that something changed, and then all of it is asked for again, at most a few times a second. What is above the ceiling
of the box, whoever put it there, is brought down as soon as it is seen: the sound that the box sends is below its
ceiling anyway, this keeps one who listens in another room from being woken by it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import trio
from msgspec.structs import replace

from tomb.devices.snapcast import Placed, SpeakerControl
from tomb.errors import DeviceError, NotFound, Unavailable
from tomb.events import PLAYLISTS, Events
from tomb.models import Speaker, Speakers

APART_S = 0.2  # between two looks, while somebody turns a knob
BURST, SLOW_S = 50, 2.0  # so many looks of that kind; whoever never stops turning is looked at so often
LOOK_S = 30.0  # a connection that is dead says nothing; asking finds out
OFF = "this box plays to no rooms: TOMB_AUDIO is not snapcast"
AWAY = "the Snapcast server cannot be controlled now"


Connect = Callable[[Callable[[], None]], AbstractAsyncContextManager[SpeakerControl]]


class Rooms:
    """`connect`: makes a connection, with what is to be called whenever something changed; None: there are no rooms."""

    def __init__(self, events: Events, connect: Connect | None) -> None:
        self._events = events
        self._connect = connect
        self._ceiling = 100
        self._control: SpeakerControl | None = None
        self._placed: dict[str, Placed] = {}
        self._told = Speakers(available=False, speakers=[])
        self._looking = trio.Lock()
        self._news = trio.Event()

    def listed(self) -> list[Speaker]:
        """Raises: Unavailable."""
        self._reach()
        return [each.speaker for each in self._placed.values()]

    async def change(self, speaker_id: str, volume: int | None, muted: bool | None) -> Speaker:
        """Set what is given, the volume never above the ceiling; the speaker as it is then.

        Raises: NotFound, Unavailable.
        """
        control = self._reach()
        try:
            async with self._looking:
                placed = self._find(speaker_id)
                wanted = placed.speaker.volume if volume is None else volume
                mute = placed.own_mute if muted is None else muted
                await control.set_volume(speaker_id, min(wanted, self._ceiling), mute)
                if muted is False and placed.group_muted:
                    await control.unmute_group(placed.group)
            await self._look(control)
        except DeviceError as error:
            raise Unavailable(str(error)) from error
        return self._find(speaker_id).speaker

    def set_ceiling(self, ceiling: int) -> None:
        """The loudest that anything may be, in percent."""
        self._ceiling = ceiling
        self._stir()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Follow the server until it is lost. Raises: Missing, Broken."""
        assert self._connect is not None
        async with self._connect(self._stir) as control, trio.open_nursery() as nursery:
            nursery.start_soon(control.read)
            credit, since = float(BURST), trio.current_time()
            try:
                while True:
                    self._news = trio.Event()
                    await self._look(control)
                    self._control = control
                    task_status.started()
                    now = trio.current_time()
                    credit, since = min(BURST, credit + (now - since) / SLOW_S) - 1, now
                    await trio.sleep(APART_S if credit > 0 else SLOW_S)
                    with trio.move_on_after(LOOK_S):
                        await self._news.wait()
            finally:
                self._control, self._placed = None, {}
                self._tell()

    def _stir(self) -> None:
        self._news.set()

    def _reach(self) -> SpeakerControl:
        if self._connect is None:
            raise Unavailable(OFF)
        if self._control is None:
            raise Unavailable(AWAY)
        return self._control

    def _find(self, speaker_id: str) -> Placed:
        if speaker_id not in self._placed:
            raise NotFound("speaker", speaker_id)
        return self._placed[speaker_id]

    async def _look(self, control: SpeakerControl) -> None:
        async with self._looking:
            found = [await self._lowered(control, each) for each in await control.speakers()]
            self._placed = {each.speaker.id: each for each in found}
        self._tell(available=True)

    async def _lowered(self, control: SpeakerControl, placed: Placed) -> Placed:
        ceiling = self._ceiling
        if placed.speaker.volume <= ceiling:
            return placed
        try:
            await control.set_volume(placed.speaker.id, ceiling, placed.own_mute)
        except (NotFound, Unavailable):  # it is gone since, or is not to be had; the next look sees
            return placed
        return replace(placed, speaker=placed.speaker.model_copy(update={"volume": ceiling}))

    def _tell(self, *, available: bool = False) -> None:
        now = Speakers(available=available, speakers=[each.speaker for each in self._placed.values()])
        if now != self._told:
            self._told = now
            self._events.publish("state:speakers", {PLAYLISTS}, lambda _: now)
