"""Sound through PortAudio, by callback: the playhead runs in PortAudio's thread, the stream is portaudio.py's."""

from msgspec.structs import replace

from tomb.devices.output import Loudspeaker, Reporter
from tomb.devices.playhead import Order, Playhead
from tomb.devices.portaudio import Sink
from tomb.devices.streaming import FADE_S, StreamedOutput
from tomb.ports import Ports

MARGIN_S = 0.15


class PortAudioOutput(StreamedOutput):
    """One PortAudio device; `device` is its number, a part of its name, or None for the default one.

    `rate` in Hz, `block` in frames; `latency` in seconds is what the device is asked for. The stream is closed after
    `idle_close_s` seconds without sound. When `run` ends, what was cued is forgotten, and `heard` keeps its last answer
    until the next command.
    """

    _sink: Sink

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
        playhead = Playhead(int(FADE_S * rate))
        sink = Sink(ports, playhead, (device, rate, block, latency), idle_close_s)
        super().__init__(ports, report, sink, playhead, rate=rate, head_s=latency + MARGIN_S)
        self._moved = False  # to another loudspeaker: the stream that is open is that of the old one

    async def loudspeakers(self) -> list[Loudspeaker]:
        return await self._sink.loudspeakers()

    def select(self, name: str | None) -> None:
        if self._sink.select(name):
            self._moved = True
            self._wake()

    async def test(self, name: str | None, level: float) -> None:
        await self._sink.test(name, level)

    async def _move(self) -> None:
        """To the loudspeaker that was selected. What the old stream has taken and nobody heard is played again there.

        Commands may come while it closes; its callback may even take some of what they cue, so that begins anew too.
        """
        if not self._moved:
            return
        self._moved = False
        here, order = self._timeline.heard(), self._order
        await self._sink.close()
        if self._order is not order:
            self._obey(replace(self._order))
        elif here is not None:
            self._obey(Order(here.buffer, here.position, moving=order.moving))
