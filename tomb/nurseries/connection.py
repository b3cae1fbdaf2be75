"""One TCP connection under Hypercorn that can neither hang nor be held open, and that writes without detours.

Hypercorn's own write takes a lock, opens a shielded scope and goes through Trio's `send_all`: three turns of the
scheduler a message, though nearly always the kernel's buffer has room and nobody else is writing. So the write is tried
at once; only what does not fit goes the long way.
"""

import os
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, LifespanState

SocketAddress: TypeAlias = tuple[str, int]

_YIELD_OVER_BYTES = 16_384
_PIECE_BYTES = 65_536

_LEFT = frozenset({7, 8})  # TCP_CLOSE, TCP_CLOSE_WAIT (net/tcp_states.h): it was reset, or the peer will say no more
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, zero seconds


class GuardedStream:
    """A TCP stream that does not wait for ever, and that `abort` ends at any moment.

    `own`, `peer`: the addresses of both ends, the peer's "" if it has gone already. It has what Hypercorn's TCPServer
    asks of a stream without TLS, and Trio's SSLStream of one below it.
    """

    scheme = "http"

    def __init__(self, stream: trio.SocketStream, stall: float) -> None:
        self.socket = stream.socket
        self.own: SocketAddress = _address(stream.socket.getsockname)
        self.peer: SocketAddress = _address(stream.socket.getpeername)
        self._stream = stream
        self._stall = stall

    async def write(self, *pieces: bytes) -> None:
        """Write all of it, also if that is cancelled meanwhile: half an answer is worse than none. Nothing else may be
        writing. Raises as `send_all` does.
        """
        taken = self.write_now(pieces)
        if taken < sum(map(len, pieces)):
            with trio.CancelScope(shield=True):  # `stall` and `abort` end it
                for piece in pieces:
                    if taken < len(piece):
                        await self.send_all(memoryview(piece)[taken:])
                    taken = max(0, taken - len(piece))
        elif taken > _YIELD_OVER_BYTES:
            # Whoever streams to a peer on a fast network might otherwise never let another task run.
            await trio.lowlevel.cancel_shielded_checkpoint()

    def write_now(self, pieces: Sequence[bytes]) -> int:
        """How many bytes the kernel took, without waiting; none also where the connection is broken."""
        try:
            return os.writev(self.socket.fileno(), pieces)
        except OSError:
            return 0  # BlockingIOError; or it is broken, which the next `send_all` will say

    async def send_all(self, data: bytes | memoryview) -> None:
        """Raises BrokenResourceError also when nothing could be written for `stall` seconds."""
        unsent = memoryview(data)
        while unsent:
            with trio.move_on_after(self._stall) as patience:
                unsent = unsent[await self._send_some(unsent) :]
            if patience.cancelled_caught:
                self.abort()
                raise trio.BrokenResourceError("the peer reads no more")

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    def receive_now(self, max_bytes: int) -> bytes:
        """What is here, without waiting; b"" also where the connection is at its end."""
        try:
            return os.read(self.socket.fileno(), max_bytes)
        except OSError:
            return b""  # BlockingIOError; or it is broken, which the next `receive_some` will say

    @property
    def has_left(self) -> bool:
        """Whether the peer hung up, whatever of what it said is still to be read."""
        try:
            state: int = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        except OSError:
            return True  # it was closed here
        return state in _LEFT

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def abort(self) -> None:
        """Reset the connection, now. Whoever reads or writes on it gets ClosedResourceError."""
        if self.socket.fileno() != -1:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.socket.close()

    async def _send_some(self, data: memoryview) -> int:
        try:
            return await self.socket.send(data)
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error


class SecureStream:
    """TLS over a GuardedStream, which also ends what TLS itself wants to send to a peer that reads no more.

    It has what Hypercorn's TCPServer asks of a stream with TLS. It ends without a word to the peer, as browsers and
    servers do: HTTP and WebSocket say themselves where their messages end.
    """

    scheme = "https"

    def __init__(self, stream: GuardedStream, context: ssl.SSLContext) -> None:
        self.transport_stream = stream
        self.own, self.peer = stream.own, stream.peer
        # Annotated for whole Streams; of another it asks no more than a GuardedStream has.
        self._tls = trio.SSLStream(stream, context, server_side=True, https_compatible=True)  # type: ignore[type-var]

    async def do_handshake(self) -> None:
        """Once is enough; again does nothing. Raises BrokenResourceError."""
        await self._tls.do_handshake()

    def selected_alpn_protocol(self) -> str | None:
        chosen: str | None = self._tls.selected_alpn_protocol()
        return chosen

    async def write(self, *pieces: bytes) -> None:
        """As of a GuardedStream."""
        with trio.CancelScope(shield=True):
            await self.send_all(b"".join(pieces))

    def receive_now(self, _: int) -> bytes:
        return b""  # what the kernel has is encrypted

    def write_now(self, _: Sequence[bytes]) -> int:
        return 0  # what the kernel would take is not known before it is encrypted

    async def send_all(self, data: bytes) -> None:
        """As of a GuardedStream. In pieces, for each is held a second time, encrypted."""
        unsent = memoryview(data)
        while unsent:
            await self._tls.send_all(unsent[:_PIECE_BYTES])
            unsent = unsent[_PIECE_BYTES:]

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._tls.receive_some(max_bytes)

    async def send_eof(self) -> None:
        """There is no such thing: TLS ends both ways at once."""

    async def aclose(self) -> None:
        await self._tls.aclose()

    def abort(self) -> None:
        self.transport_stream.abort()


def _address(ask: Callable[[], Any]) -> SocketAddress:
    try:
        host, port, *_ = ask()
    except OSError:
        return "", 0
    return host, port


class Connection(TCPServer):
    """Hypercorn's connection, with the short way to the kernel. It serves WebSockets; requests are `http1`'s.

    `read`: what was read of it already.
    """

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        state: LifespanState,
        stream: GuardedStream | SecureStream,
        read: bytes,
    ) -> None:
        # Annotated for TLS streams; of another it asks no more than a GuardedStream has.
        super().__init__(app, config, context, state, stream)  # type: ignore[arg-type]
        self._guarded = stream
        self._read = read
        self._reading = trio.CancelScope()
        self._read_all = False

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, RawData):
            await self._send(event.data)
        elif isinstance(event, Closed):
            await self._end()
        elif not self._read_all:  # Updated: it is idle, or no longer; nobody waits for the requests of a peer that left
            await super().protocol_send(event)

    async def _read_data(self) -> None:
        """Until the peer has said all it will, or `_end`.

        Hypercorn leaves its keep-alive timer running after that, and the connection waits for its tasks: a peer that
        had long closed held its place for `keep_alive` seconds, and polling requests one after another filled all.
        """
        with self._reading:
            await self.protocol.handle(RawData(self._read))
            await super()._read_data()
        self._read_all = True
        await self.idle_task.stop()

    async def _end(self) -> None:
        """Hang up, whoever is about to be cancelled.

        An answer may go out before the whole body is in. Hypercorn then tells the application that the client is gone,
        upon which the application may cancel the very task that would have hung up next; and the reader may wait for
        space in the queue of an application that reads no more.
        """
        with trio.CancelScope(shield=True):
            await super().protocol_send(Closed())
        self._reading.cancel()

    async def _send(self, data: bytes) -> None:
        if not data:  # the end of a body whose length was announced
            return
        # A write that waits holds the lock; overtaking it would tear its bytes apart.
        taken = 0 if self.send_lock.locked() else self._guarded.write_now([data])
        if taken < len(data):
            with trio.CancelScope(shield=True):  # what was begun must be finished; `stall` and `abort` end it
                await super().protocol_send(RawData(data[taken:]))
        elif taken > _YIELD_OVER_BYTES:
            # Whoever streams to a peer on a fast network might otherwise never let another task run.
            await trio.lowlevel.cancel_shielded_checkpoint()
