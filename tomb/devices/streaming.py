"""Sound as a stream of blocks, whoever asks for them: a sound card (audio.py) or a server (snapcast).

Four parts meet here. The `Playhead` fills blocks from buffers, in the thread of whoever asks for them; a `ReadAhead`
for each buffer decodes ahead in worker threads; this object, in the event loop, strings the buffers together, looks at
what the playhead wrote down, and reports what is heard. The `Sink` keeps the stream.

Three clocks run here, and they are never mixed up. What was *decoded* is ahead of what was *taken* by up to `AHEAD_S`,
and that is ahead of what is *heard* by the device's latency. Commands act on what is heard: a pause goes back to it, an
enqueued cue counts as begun when it is heard, and a report is due then and not when the callback got there.

A sound card's callback wakes nobody (see playhead.py), so the event loop looks in, as often as something can have
changed: every quarter of a second while a track plays, every few milliseconds while an order waits for the next block,
and exactly when what was taken will be heard. While the stream is closed only commands and decoders wake it.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import trio
from msgspec.structs import replace

from tomb.devices import chimes
from tomb.devices.buffer import CueBuffer, ReadAhead
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, MadeDo, Reporter, Stuttered
from tomb.devices.playhead import Anchor, Bell, Level, Order, Playhead, Timeline
from tomb.devices.warm import Warm
from tomb.errors import Broken, DeviceError
from tomb.models import Chime
from tomb.ports import Ports

AHEAD_S = 5.0  # at 44100 Hz a buffer of it takes 970 kB; two or three are there at once
HISTORY_S = 0.5
FADE_S = 0.02
LOOK_S = 0.25  # how often a playing stream is looked at when nothing is due
GAPS_S = 10.0  # a box that is too slow says so no more often
SOON_S = 0.005  # the same while an order waits for the next block


class Sink(Protocol):
    """Who asks the playhead for blocks, and has them heard."""

    @property
    def name(self) -> str:
        """What it plays on, as a person would call it."""

    @property
    def rate(self) -> int:
        """Hz; known when it was found."""

    @property
    def is_open(self) -> bool:
        """A stream runs: blocks are asked for, and whoever waits for something looks in by the clock."""

    @property
    def queues_silence(self) -> bool:
        """It is open, and all that waits in it is silence: what came next would be late by its whole latency."""

    async def find(self, told: Callable[[MadeDo], None]) -> None:
        """See that there is something that takes sound. Raises: Missing, Busy, Broken."""

    async def tend(self, *, needed: bool, ready: bool) -> None:
        """Open the stream if it is `needed` and there is something `ready` for it; close it if it was not for long.

        Raises: Missing, Busy, Broken.
        """

    async def close(self) -> None:
        """End the stream; what is not heard yet is dropped as far as it can be."""


class StreamedOutput:
    """Plays what is cued on a sink, whose blocks come from `playhead`.

    `rate` in Hz: what is asked for; the sink says which one it is. `head_s`: so much of a cue is decoded in one go,
    before anything of it is heard. `history_s`: more than lies between a block's being asked for and its being heard.
    When `run` ends, what was cued is forgotten, and `heard` keeps its last answer until the next command.
    """

    def __init__(
        self,
        ports: Ports,
        report: Reporter,
        sink: Sink,
        playhead: Playhead,
        *,
        rate: int,
        head_s: float,
        history_s: float = HISTORY_S,
    ) -> None:
        self._ports = ports
        self._report = report
        self._rate = rate
        self._playhead = playhead
        self._sink = sink
        self._timeline = Timeline(self._playhead, rate)
        # A stream that begins asks for its whole latency at once; what follows must then be decoded in this time.
        self._head_s = min(head_s, AHEAD_S)
        self._history_s = history_s
        self._warm = Warm(ports)
        self._order = Order()
        self._last = Heard(None, 0)
        self._read_ahead: dict[CueBuffer, ReadAhead] = {}
        self._started: CueBuffer | None = None
        self._failed: CueBuffer | None = None
        self._told_underruns, self._gaps_told_at = 0, -math.inf
        self._woken = trio.Event()

    @property
    def name(self) -> str:
        return self._sink.name

    @property
    def underruns(self) -> int:
        """How often so far something should have sounded and did not."""
        return self._playhead.underruns

    def play(self, cue: Cue) -> None:
        self._obey(Order(self._buffer(cue), moving=True))

    def enqueue(self, cue: Cue | None) -> None:
        entered = self._timeline.entered
        if entered is not None:
            entered.follower = None if cue is None else self._buffer(cue)
            self._wake()

    def pause(self) -> None:
        here = self._timeline.heard()
        if here is not None and self._order.moving:
            self._obey(Order(here.buffer, here.position))

    def resume(self) -> None:
        here = self._timeline.heard()
        if here is not None and not self._order.moving:
            self._obey(Order(here.buffer, here.position, moving=True))

    def stop(self) -> None:
        self._obey(Order())

    def set_gain(self, level: float, seconds: float = FADE_S) -> None:
        self._playhead.level = Level(level, round(seconds * self._rate))

    def set_cue_gain(self, generation: int, gain: float) -> None:
        for buffer in self._timeline.chain():
            if buffer.cue.generation == generation:
                buffer.gain = gain

    def chime(self, chime: Chime) -> None:
        self._playhead.bell = Bell(chimes.made(chime, self._rate))
        self._wake()

    def expect(self, cues: Sequence[Cue]) -> None:
        self._warm.want(cues)

    def heard(self) -> Heard:
        here = self._timeline.heard()
        if here is None:
            return self._last
        return Heard(here.buffer.cue.generation, here.buffer.cue.start_ms + here.position * 1000 // self._rate)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await self._sink.find(self._report)
            self._rate = self._timeline.rate = self._sink.rate  # nothing is decoded yet
            await self._ports.in_thread(chimes.prepare, self._rate)
            task_status.started()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._warm.run, self._rate)
                self._begin(nursery)
                broken = await self._serve(nursery)
                nursery.cancel_scope.cancel()
        finally:
            # The nursery has waited for the readers: their threads, which may hang on a dead disk, it has left behind.
            # A last look at what is heard must come before the order that forgets it; the deck asks for it when it has
            # heard that the device is lost, to go on there.
            last = self.heard()
            self._obey(Order())
            self._last = last
            self._read_ahead.clear()
            await self._sink.close()
        raise broken

    def _begin(self, nursery: trio.Nursery) -> None:
        """What else runs as long as the device does."""

    async def _serve(self, nursery: trio.Nursery) -> Broken:
        """Returns what went wrong, since what a nursery's body raises would come out in a group."""
        try:
            while True:
                self._read_what_is_cued(nursery)
                self._report_heard()
                self._report_gaps()
                await self._move()
                if self._order.moving and self._sink.queues_silence:
                    await self._begin_anew()
                ringing = self._playhead.ringing
                await self._sink.tend(needed=self._order.moving or ringing, ready=self._ready or ringing)
                with trio.move_on_after(self._look_in()):
                    await self._woken.wait()
                    self._woken = trio.Event()
        except DeviceError as error:
            return error if isinstance(error, Broken) else Broken(str(error))

    def _buffer(self, cue: Cue) -> CueBuffer:
        return CueBuffer(cue, int((AHEAD_S + self._history_s) * self._rate), int(self._history_s * self._rate))

    def _obey(self, order: Order) -> None:
        self._order = order
        self._last = Heard(None, 0)
        self._timeline.restart(order)
        self._wake()

    def _wake(self) -> None:
        self._woken.set()

    # What is decoded

    def _read_what_is_cued(self, nursery: trio.Nursery) -> None:
        cued, head = list(self._timeline.chain()), round(self._head_s * self._rate)
        for buffer in self._read_ahead.keys() - set(cued):
            self._read_ahead.pop(buffer).scope.cancel()
        for buffer in cued:
            if buffer not in self._read_ahead:
                awaited, begun = partial(self._awaits, buffer), self._warm.take(buffer.cue)
                reading = ReadAhead(self._ports, buffer, self._rate, head, self._wake, awaited, begun)
                self._read_ahead[buffer] = reading
                nursery.start_soon(self._read_ahead[buffer].run)

    def _awaits(self, buffer: CueBuffer) -> bool:
        return self._order.moving and self._timeline.entered is buffer

    # What is reported

    def _report_gaps(self) -> None:
        underruns, now = self._playhead.underruns, trio.current_time()
        if underruns > self._told_underruns and now >= self._gaps_told_at + GAPS_S:
            self._report(Stuttered(underruns - self._told_underruns))
            self._told_underruns, self._gaps_told_at = underruns, now

    def _report_heard(self) -> None:
        self._drop_unplayable_followers()
        while (here := self._timeline.oldest) is not None:
            self._report_start(here)
            following = self._timeline.pass_over()
            if following is None:
                self._report_end(here)
                return
            if following.buffer is not here.buffer:
                self._report_failure(here.buffer)

    def _drop_unplayable_followers(self) -> None:
        """Told at once, while what precedes them is still heard, so that something else can follow in time."""
        before = self._timeline.entered
        while before is not None and (buffer := before.follower) is not None:
            if buffer.unplayable:
                before.follower = buffer.follower
                self._report_failure(buffer)
            else:
                before = buffer

    def _report_start(self, here: Anchor) -> None:
        buffer = here.buffer
        begins_at_its_end = self._order.moving and buffer.end == 0 and buffer.error is None
        if buffer is not self._started and (here.moving or begins_at_its_end):
            self._started = buffer
            self._report(CueStarted(buffer.cue.generation))

    def _report_failure(self, buffer: CueBuffer) -> None:
        if buffer.error is not None and buffer is not self._failed:
            self._failed = buffer
            self._report(CueFailed(buffer.cue.generation, buffer.error))

    def _report_end(self, here: Anchor) -> None:
        """The buffer that is heard came to its end, or to nothing; unless a report made somebody cue something else."""
        buffer = here.buffer
        if here is not self._timeline.oldest or here.moving or here.position != buffer.end:
            return
        at_rest = not self._sink.is_open or not self._order.moving
        if buffer.unplayable and (at_rest or buffer.follower is None):
            self._obey(Order(buffer.follower, moving=self._order.moving))
            self._report_failure(buffer)
        elif self._order.moving and buffer.follower is None:
            self._obey(Order())
            if buffer.error is None:
                self._report(CueFinished(buffer.cue.generation))
            else:
                self._report_failure(buffer)

    # The stream

    def _look_in(self) -> float:
        """Seconds until something may have changed that nobody wakes us for."""
        if not self._sink.is_open:
            return math.inf
        entered = self._timeline.entered
        if not self._order.moving or entered is None:
            return LOOK_S if self._playhead.settled else SOON_S
        begun = entered.taken > 0
        left = LOOK_S if entered.end is None else (entered.end - entered.taken) / self._rate
        soon = min(left, self._timeline.until_next()) if begun else 0.0
        return min(LOOK_S, max(SOON_S, soon))

    async def _move(self) -> None:
        """Change to another device, if that was asked for."""

    async def _begin_anew(self) -> None:
        """To close a stream and to open another takes a tenth of the time that silence queued in it would take."""
        await self._sink.close()
        self._obey(replace(self._order))  # back to its start: what the callback took of it was not heard

    @property
    def _ready(self) -> bool:
        """There is something for the first block: a stream that begins with silence is late by its whole latency."""
        buffer = next((buffer for buffer in self._timeline.chain() if not buffer.unplayable), None)
        return buffer is not None and (buffer.written > 0 or buffer.end is not None)
