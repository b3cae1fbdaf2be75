"""Sound through PortAudio, by callback.

Four parts meet here. The `Playhead` runs in PortAudio's thread and fills blocks from tapes; a `Feed` for each tape
decodes ahead in worker threads; this object, in the event loop, strings the tapes together, looks at what the playhead
wrote down, and reports what is heard. The `Outlet` keeps the stream.
"""

import math
from dataclasses import replace

import trio

from tomb.devices.feed import Feed
from tomb.devices.outlet import Outlet
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Reporter
from tomb.devices.playhead import Anchor, Level, Order, Playhead
from tomb.devices.ring import Tape
from tomb.devices.timeline import Timeline
from tomb.errors import Broken, DeviceError
from tomb.ports import Ports

AHEAD_S = 1.0
HISTORY_S = 0.5
MARGIN_S = 0.15
FADE_S = 0.02
LOOK_S = 0.25  # how often a playing stream is looked at when nothing is due
SOON_S = 0.005  # the same while an order waits for the next block


class PortAudioOutput:
    """One PortAudio device; `device` is its number, a part of its name, or None for the default one.

    `rate` in Hz, `block` in frames; `latency` in seconds is what the device is asked for. The stream is closed after
    `idle_close_s` seconds without sound. When `run` ends, what was cued is forgotten, and `heard` keeps its last answer
    until the next command.
    """

    def __init__(
        self,
        ports: Ports,
        report: Reporter,
        device: str | int | None = None,
        *,
        rate: int = 44100,
        block: int = 1024,
        latency: float = 0.1,
        idle_close_s: float = 10.0,
    ) -> None:
        self._ports = ports
        self._report = report
        self._rate = rate
        self._playhead = Playhead(int(FADE_S * rate))
        self._outlet = Outlet(ports, self._playhead, (device, rate, block, latency), idle_close_s)
        self._timeline = Timeline(self._playhead, rate)
        # A stream that begins asks for its whole latency at once; what follows must then be decoded in this time.
        self._head = round(min(latency + MARGIN_S, AHEAD_S) * rate)
        self._order = Order()
        self._last = Heard(None, 0)
        self._feeds: dict[Tape, Feed] = {}
        self._started: Tape | None = None
        self._failed: Tape | None = None
        self._stirred = trio.Event()

    @property
    def name(self) -> str:
        return self._outlet.name

    @property
    def underruns(self) -> int:
        """Blocks so far in which something should have sounded and nothing was decoded yet."""
        return self._playhead.underruns

    def play(self, cue: Cue, *, paused: bool = False) -> None:
        self._obey(Order(self._tape(cue), moving=not paused))

    def follow(self, cue: Cue | None) -> None:
        entered = self._timeline.entered
        if entered is not None:
            entered.follower = None if cue is None else self._tape(cue)
            self._stir()

    def pause(self) -> None:
        here = self._timeline.heard()
        if here is not None and self._order.moving:
            self._obey(Order(here.tape, here.position))

    def resume(self) -> None:
        here = self._timeline.heard()
        if here is not None and not self._order.moving:
            self._obey(Order(here.tape, here.position, moving=True))

    def halt(self) -> None:
        self._obey(Order())

    def gain(self, level: float, seconds: float = FADE_S) -> None:
        self._playhead.level = Level(level, round(seconds * self._rate))

    def heard(self) -> Heard:
        here = self._timeline.heard()
        if here is None:
            return self._last
        return Heard(here.tape.cue.generation, here.tape.cue.start_ms + here.position * 1000 // self._rate)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await self._outlet.find()
            task_status.started()
            async with trio.open_nursery() as nursery:
                broken = await self._serve(nursery)
                nursery.cancel_scope.cancel()
        finally:
            last = self.heard()
            self._obey(Order())
            self._last = last
            self._feeds.clear()
            await self._outlet.close()
        raise broken

    async def _serve(self, nursery: trio.Nursery) -> Broken:
        """Returns what went wrong, since what a nursery's body raises would come out in a group."""
        try:
            while True:
                self._tend_feeds(nursery)
                self._tell()
                if self._order.moving and self._outlet.queues_silence:
                    await self._begin_anew()
                await self._outlet.tend(needed=self._order.moving, ready=self._ready)
                with trio.move_on_after(self._look_in()):
                    await self._stirred.wait()
                    self._stirred = trio.Event()
        except DeviceError as error:
            return error if isinstance(error, Broken) else Broken(str(error))

    def _tape(self, cue: Cue) -> Tape:
        return Tape(cue, int((AHEAD_S + HISTORY_S) * self._rate), int(HISTORY_S * self._rate))

    def _obey(self, order: Order) -> None:
        self._order = order
        self._last = Heard(None, 0)
        self._timeline.restart(order)
        self._stir()

    def _stir(self) -> None:
        self._stirred.set()

    # What is decoded

    def _tend_feeds(self, nursery: trio.Nursery) -> None:
        cued = list(self._timeline.chain())
        for tape in self._feeds.keys() - set(cued):
            self._feeds.pop(tape).scope.cancel()
        for tape in cued:
            if tape not in self._feeds:
                self._feeds[tape] = Feed(self._ports, tape, self._rate, self._head, self._stir)
                nursery.start_soon(self._feeds[tape].run)

    # What is reported

    def _tell(self) -> None:
        self._drop_unplayable_followers()
        while (here := self._timeline.oldest) is not None:
            self._tell_start(here)
            following = self._timeline.pass_over()
            if following is None:
                self._tell_end(here)
                return
            if following.tape is not here.tape:
                self._tell_failure(here.tape)

    def _drop_unplayable_followers(self) -> None:
        """Told at once, while what precedes them is still heard, so that something else can follow in time."""
        before = self._timeline.entered
        while before is not None and (tape := before.follower) is not None:
            if tape.unplayable:
                before.follower = tape.follower
                self._tell_failure(tape)
            else:
                before = tape

    def _tell_start(self, here: Anchor) -> None:
        tape = here.tape
        begins_at_its_end = self._order.moving and tape.end == 0 and tape.error is None
        if tape is not self._started and (here.moving or begins_at_its_end):
            self._started = tape
            self._report(CueStarted(tape.cue.generation))

    def _tell_failure(self, tape: Tape) -> None:
        if tape.error is not None and tape is not self._failed:
            self._failed = tape
            self._report(CueFailed(tape.cue.generation, tape.error))

    def _tell_end(self, here: Anchor) -> None:
        """The tape that is heard came to its end, or to nothing; unless a report made somebody cue something else."""
        tape = here.tape
        if here is not self._timeline.oldest or here.moving or here.position != tape.end:
            return
        at_rest = not self._outlet.is_open or not self._order.moving
        if tape.unplayable and (at_rest or tape.follower is None):
            self._obey(Order(tape.follower, moving=self._order.moving))
            self._tell_failure(tape)
        elif self._order.moving and tape.follower is None:
            self._obey(Order())
            if tape.error is None:
                self._report(CueFinished(tape.cue.generation))
            else:
                self._tell_failure(tape)

    # The stream

    def _look_in(self) -> float:
        """Seconds until something may have changed that nobody wakes us for."""
        if not self._outlet.is_open:
            return math.inf
        entered = self._timeline.entered
        if not self._order.moving or entered is None:
            return LOOK_S if self._playhead.settled else SOON_S
        begun = entered.taken > 0
        left = LOOK_S if entered.end is None else (entered.end - entered.taken) / self._rate
        soon = min(left, self._timeline.until_next()) if begun else 0.0
        return min(LOOK_S, max(SOON_S, soon))

    async def _begin_anew(self) -> None:
        """To close a stream and to open another takes a tenth of the time that silence queued in it would take."""
        await self._outlet.close()
        self._obey(replace(self._order))  # back to its start: what the callback took of it was not heard

    @property
    def _ready(self) -> bool:
        """There is something for the first block: a stream that begins with silence is late by its whole latency."""
        tape = next((tape for tape in self._timeline.chain() if not tape.unplayable), None)
        return tape is not None and (tape.written > 0 or tape.end is not None)
