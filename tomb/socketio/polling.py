"""Long-polling: the client's GET waits for what there is to receive, its POST brings what it sends."""

import math

import trio

from tomb.socketio import codec
from tomb.socketio.asgi import HttpRequest, HttpResponse, Refusal, read_body
from tomb.socketio.session import EngineSession, State
from tomb.socketio.types import ProtocolError, Reason, Receive

# While a WebSocket is being probed the client ends its last poll before it changes over, and waits for the answer.
# It may have begun that poll before the probe's answer reached it, so such polls are kept short; the reference
# server checks ten times a second.
_POLL_DURING_UPGRADE_S = 0.1

_OK = HttpResponse(200, b"ok", "text/html")


async def get(session: EngineSession, receive: Receive) -> HttpResponse | Refusal | None:
    """Wait for packets, and take at most `payload_packets_out` of them. None where the client went away instead."""
    if session.transport != "polling":
        return Refusal.BAD_REQUEST
    if session.polling:
        # Two polls at once would tear the order apart; the reference server ends such a session as well.
        session.drop(Reason.TRANSPORT_ERROR)
        return Refusal.BAD_REQUEST
    session.polling = True
    try:
        gone = await _wait(session, receive)
    finally:
        session.polling = False
    if gone:
        session.drop(Reason.TRANSPORT_CLOSE)
        return None
    return _take(session)


async def post(session: EngineSession, receive: Receive, request: HttpRequest) -> HttpResponse | Refusal | None:
    """Hand in what the client sent, packet by packet."""
    if session.transport != "polling":
        return Refusal.BAD_REQUEST
    body = await read_body(receive, request, session.limits.message_bytes, session.timing.body_timeout)
    if not isinstance(body, bytes):
        return body
    try:
        for packet in codec.decode_payload(body, session.limits.payload_packets_in):
            await session.receive(packet)
    except ProtocolError:
        session.drop(Reason.PARSE_ERROR)
        return Refusal.BAD_REQUEST
    return _OK


async def _wait(session: EngineSession, receive: Receive) -> bool:
    """Until there is something to answer with; True where the client hung up first."""
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        with trio.move_on_after(_POLL_DURING_UPGRADE_S if session.upgrading else math.inf):
            await session.outbox.wait()
        nursery.cancel_scope.cancel()
    return gone


def _take(session: EngineSession) -> HttpResponse:
    frames = session.outbox.take(session.limits.payload_packets_out) if session.transport == "polling" else []
    if not frames:
        # A poll that waits while its client closes gets a NOOP: that is how the reference server sets it free.
        ended_here = session.state is State.CLOSED and session.reason is not Reason.TRANSPORT_CLOSE
        frames = [codec.CLOSE if ended_here else codec.NOOP]
    if session.state is State.CLOSING and not len(session.outbox):
        session.flushed()
    return HttpResponse(200, codec.encode_payload(frames).encode())
