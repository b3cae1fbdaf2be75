"""Sound to a Snapcast server, as to a sound card whose latency is the server's buffer.

What the server has taken it plays: a pause, a seek or another track is heard one buffer later. After a pause the box
goes on with what was heard when it was given, so that nothing is missed, and one buffer is heard twice. (It could mute
the speakers meanwhile, through the server's control. But then a box that loses its power at that moment leaves a house
of muted speakers behind, and whoever else sets their volume is overruled.)
"""

import trio

from tomb.devices.output import Reporter
from tomb.devices.playhead import Playhead
from tomb.devices.snapcast.source import LEAD_S, Source
from tomb.devices.streaming import FADE_S, HISTORY_S, StreamedOutput
from tomb.ports import Ports

HEAD_S = 0.25


class SnapcastOutput(StreamedOutput):
    """The server at `host`: sound goes to `port`, a TCP source in server mode; questions to `control_port`. `delay_ms`:
    its buffer. `rate` in Hz counts where the server does not say its own."""

    _sink: Source

    def __init__(
        self,
        ports: Ports,
        report: Reporter,
        host: str,
        port: int,
        control_port: int,
        *,
        rate: int = 44100,
        delay_ms: int = 1000,
    ) -> None:
        playhead = Playhead(int(FADE_S * rate))
        delay_s = delay_ms / 1000
        source = Source(playhead, host, port, control_port, rate=rate, delay_s=delay_s, woken=self._wake)
        history_s = delay_s + LEAD_S + HISTORY_S
        super().__init__(ports, report, source, playhead, rate=rate, head_s=HEAD_S, history_s=history_s)

    def _begin(self, nursery: trio.Nursery) -> None:
        nursery.start_soon(self._sink.serve)
