"""WebSocket clients made by hand: cheap enough for hundreds, and rude enough to stop reading."""

import trio

ENGINE_CLOSE = b"\x81\x011"  # the Engine.IO close packet as a frame


async def join(port: int, packet: str) -> trio.SocketStream:
    """A connection that has been greeted and has sent its first packet, of at most 125 characters."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    await stream.send_all(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await read(stream, b"pingInterval")
    masked_with_zeros = bytes([0x81, 0x80 + len(packet)]) + bytes(4) + packet.encode()
    await stream.send_all(masked_with_zeros)
    return stream


async def be_told(port: int, *, task_status: trio.TaskStatus[None]) -> None:
    """A client that reads until it is told of the end. `started()` once it has joined."""
    async with await join(port, "40") as stream:
        await read(stream, b'40{"sid":')
        task_status.started()
        await read(stream, ENGINE_CLOSE)


async def read(stream: trio.abc.ReceiveStream, until: bytes) -> bytes:
    """What comes, to where `until` has come; AssertionError where the connection ends before."""
    got = b""
    while until not in got:
        chunk = await stream.receive_some()
        assert chunk, f"the connection ended after {got!r}"
        got += chunk
    return got
