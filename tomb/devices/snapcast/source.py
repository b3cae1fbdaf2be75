"""The way into a Snapcast server: a TCP source of its, to which the box writes samples.

The server takes one chunk (20 ms) at a time, by its own clock, and the first one of a stretch at once. What is written
faster waits in the kernels between, as much as they hold (a second), and cannot be taken back; so the box writes no
more than `LEAD_S` ahead of what the server must have taken by now. It counts that by its own clock. On another computer
that is another clock, and the box goes a pinch faster (`PINCH`): a server that is short of samples stutters, where one
that gets them too soon only lets the box wait. That wait, the back-pressure, is the second bound, reached after hours
without a pause, and the server's clock is then what paces the box.

Nothing is written while nothing plays, and the server calls the stream idle. The chunk that it then reads first it
gives the time at which that would have been due, which may be long ago (asio_stream.hpp: the time is set anew only for
the chunk after one that came late), and its clients drop that. So a stretch begins with one chunk of silence. It is a
whole number of chunks: less than one would wait in the server for the next stretch.

When a sample is heard is known from when its stretch began, and from the server's buffer, which its control protocol
does not tell: a setting says it.
"""

from collections.abc import Callable

import numpy as np
import trio

from tomb.devices.decoder import Frames
from tomb.devices.output import MadeDo
from tomb.devices.playhead import Playhead
from tomb.devices.snapcast import control
from tomb.errors import Broken, DeviceError, Missing
from tomb.ports import monotonic_ns

LEAD_S = 0.1
PINCH = 5e-5  # cheap crystals are off by some ten millionths, and by next to nothing where the network sets the clock
CONNECT_S = 5.0
STALL_S = 1.5  # a server that takes nothing for so long does not go on
TAIL_CHUNKS = 2  # of silence behind what was heard last
SEND_BUFFER = 16 * 1024  # bytes; the kernel doubles it
CHUNK_MS = (5, 200)  # from the shortest to the longest that is believed
KEEPALIVE_S = 5
LISTEN_PAUSE_S = 0.01
S_NS = 1_000_000_000


class Source:
    """The sink of a box that plays to `host`. `woken` is called when the server is lost, which `tend` then raises.

    `delay_s`: from the server's input to the loudspeaker, its buffer. `rate`: Hz, unless the server says another.
    """

    def __init__(
        self,
        playhead: Playhead,
        host: str,
        port: int,
        control_port: int,
        *,
        rate: int,
        delay_s: float,
        woken: Callable[[], None],
    ) -> None:
        self.rate = rate
        self._playhead = playhead
        self._host = host
        self._port = port
        self._control_port = control_port
        self._delay_s = delay_s
        self._woken = woken
        self._chunk_ms = control.CHUNK_MS
        self._pinch = PINCH
        self._stream: trio.abc.Stream | None = None
        self._lost: Broken | None = None
        self._needed = False
        self._writing = False
        self._begin = trio.Event()

    @property
    def name(self) -> str:
        return f"Snapcast at {self._host}"

    @property
    def is_open(self) -> bool:
        """A stretch is being written."""
        return self._writing

    @property
    def queues_silence(self) -> bool:
        return False  # silence is not written

    async def find(self, _told: Callable[[MadeDo], None]) -> None:
        """Connect, and ask in what form sound is taken, if somebody answers. Raises: Missing."""
        self._lost, self._needed, self._writing, self._begin = None, False, False, trio.Event()
        self._stream = await dial(self._host, self._port)
        self._pinch = 0.0 if _is_here(self._stream) else PINCH
        try:
            await self._ask_form()
        except BaseException:
            await self.close()
            raise

    async def _ask_form(self) -> None:
        try:
            status = await control.look(self._host, self._control_port)
        except DeviceError:
            return  # it plays without being controlled; what is set here must then be what is set there
        source = status.stream_at(self._port)
        if source is None:
            return
        if (source.bits, source.channels) != (16, 2) or (source.rate and not 8000 <= source.rate <= 192_000):
            raise Missing("the Snapcast server wants another form of sound: set its source to sampleformat=44100:16:2")
        self.rate = source.rate or self.rate
        self._chunk_ms = max(CHUNK_MS[0], min(CHUNK_MS[1], source.chunk_ms))

    async def tend(self, *, needed: bool, ready: bool) -> None:
        """Begin to write if that is `needed` and something is `ready`; end when it is not. Raises: Broken."""
        if self._lost is not None:
            raise self._lost
        self._needed = needed
        if needed and ready and not self._writing:
            self._writing = True
            self._begin.set()

    async def close(self) -> None:
        """What the server has taken is heard all the same."""
        self._writing = False
        if self._stream is not None:
            await trio.aclose_forcefully(self._stream)
            self._stream = None

    async def serve(self) -> None:
        """Write when there is something, and notice when the server is gone. Until cancelled, or that."""
        assert self._stream is not None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen, self._stream, nursery.cancel_scope)
            try:
                while True:
                    await self._begin.wait()
                    await self._write_stretch(self._stream)
                    self._begin = trio.Event()
                    self._writing = False
                    self._woken()  # it may be needed again already
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._lose("the Snapcast server broke the connection")
            except trio.TooSlowError:
                self._lose("the Snapcast server stopped taking sound")
            nursery.cancel_scope.cancel()

    async def _listen(self, stream: trio.abc.Stream, serving: trio.CancelScope) -> None:
        """A server says nothing here. What something else says is not kept."""
        try:
            while await stream.receive_some(4096):  # noqa: ASYNC110 - it waits for the server, and then some more
                await trio.sleep(LISTEN_PAUSE_S)
            self._lose("the Snapcast server ended the connection")
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._lose("the Snapcast server broke the connection")
        serving.cancel()

    def _lose(self, reason: str) -> None:
        self._lost = self._lost or Broken(reason)
        self._woken()

    async def _write_stretch(self, stream: trio.abc.Stream) -> None:
        playhead, chunk = self._playhead, max(1, self.rate * self._chunk_ms // 1000)
        block: Frames = np.zeros((chunk, 2), np.int16)
        await _send(stream, block)
        playhead.reset()
        playhead.pass_over(chunk)
        began, written, quiet = monotonic_ns(), 0, 0
        waited = 0  # ns for the server, in all
        while quiet < TAIL_CHUNKS:
            ahead_s = written / self.rate - (monotonic_ns() - began - waited) / S_NS * (1 + self._pinch)
            if ahead_s > LEAD_S:
                await trio.sleep(ahead_s - LEAD_S)
            elif written and ahead_s < -self._chunk_ms / 1000:  # we came too late: it has none left, and begins anew
                playhead.missed()
                began -= round(ahead_s * S_NS)
            heard_at = began + round((written / self.rate + self._delay_s) * S_NS)
            playhead.fill(block, heard_at)
            quiet = 0 if self._needed or not playhead.settled else quiet + 1
            sent = monotonic_ns()
            await _send(stream, block)
            waited += monotonic_ns() - sent
            written += chunk


async def _send(stream: trio.abc.Stream, block: Frames) -> None:
    with trio.fail_after(STALL_S):
        await stream.send_all(block.tobytes())


async def dial(host: str, port: int) -> trio.SocketStream:
    """Little may wait on our side, a chunk goes out as it is, and a server whose computer was switched off is noticed.

    Raises: Missing.
    """
    try:
        with trio.fail_after(CONNECT_S):
            stream = await trio.open_tcp_stream(host, port)
    except (OSError, trio.TooSlowError):
        raise Missing(f"no Snapcast server takes sound at {host}, port {port}") from None
    stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, SEND_BUFFER)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
    stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_KEEPALIVE, 1)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_KEEPIDLE, KEEPALIVE_S)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_KEEPINTVL, KEEPALIVE_S)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_KEEPCNT, 2)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_USER_TIMEOUT, 2 * KEEPALIVE_S * 1000)
    return stream


def _is_here(stream: trio.abc.Stream) -> bool:
    """On this very computer, with this very clock."""
    if not isinstance(stream, trio.SocketStream):
        return False
    own, other = stream.socket.getsockname(), stream.socket.getpeername()
    return bool(own[0] == other[0])
