"""However requests come, cut or many at once: each is read as h11 reads it by itself, and answered as it was meant."""

import random
from itertools import pairwise

import h11
import pytest
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.nurseries.test_http1 import Message, Receive, Send, talking

TALKS = 150
CONNECTIONS = [b"close", b"\tCLOSE", b"keep-alive , Close", b"closed", b'"close"', b"keep-alive", b"Upgrade"]


def request(chance: random.Random) -> bytes:
    method = chance.choice([b"GET", b"GET", b"HEAD", b"POST", b"POST", b"PUT"])
    version = chance.choice([b"1.1"] * 15 + [b"1.0"])
    body = chance.randbytes(chance.choice([0, 1, 5, 200])) if method in (b"POST", b"PUT") else b""
    headers = [b"Host: box"]
    if chance.random() < 0.1:
        headers.append(b"Connection: " + chance.choice(CONNECTIONS))
    if chance.random() < 0.1:
        headers.append(b"Upgrade: h2c")
    if chance.random() < 0.1:
        headers.append(b"Expect: 100-continue")
    if method in (b"POST", b"PUT") and (version == b"1.0" or chance.random() < 0.5):
        headers.append(b"Content-Length: %d" % len(body))
    elif method in (b"POST", b"PUT"):
        headers.append(b"Transfer-Encoding: chunked")
        step = chance.choice([1, 7, 100])
        pieces = [body[place : place + step] for place in range(0, len(body), step)]
        body = b"".join([b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]) + b"0\r\n\r\n"
    chance.shuffle(headers)
    line = b"%b /%d HTTP/%b" % (method, chance.randrange(3), version)
    return b"\r\n".join([line, *headers, b"", body])


def conversation(chance: random.Random) -> tuple[list[bytes], list[bytes]]:
    """Requests, of which some are repeated, and in what pieces they come."""
    different = [[request(chance) for _ in range(chance.choice([1, 1, 1, 2]))] for _ in range(chance.choice([1, 1, 2]))]
    sent = [chance.choice(different) for _ in range(chance.randint(1, 6))]
    requests = [each for some in sent for each in some]
    said = b"".join(requests)
    places = {0, len(said)}
    if chance.random() < 0.7:
        places |= {sum(len(b"".join(some)) for some in sent[:count]) for count in range(len(sent))}
    places |= {chance.randrange(len(said)) for _ in range(chance.choice([0, 0, 1, 3]))}
    return requests, [said[start:end] for start, end in pairwise(sorted(places))]


def understood(requests: list[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Method, target and body of each that may be answered, as h11 has them."""
    found = []
    for each in requests:
        reader = h11.Connection(h11.SERVER)
        reader.receive_data(each)
        asked = reader.next_event()
        assert isinstance(asked, h11.Request)
        body = b""
        while isinstance(event := reader.next_event(), h11.Data):
            body += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage)
        found.append((asked.method, asked.target, body))
        reader.send(h11.Response(status_code=204, headers=[]))
        if reader.their_state is h11.MUST_CLOSE:
            break
    return found


def answers(written: bytes, methods: list[bytes]) -> list[tuple[int, bytes]]:
    """Status and body of each, as h11 has them on the other side."""
    found = []
    for method in methods:
        reader = h11.Connection(h11.CLIENT)
        reader.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"box")]))
        reader.send(h11.EndOfMessage())
        reader.receive_data(written)
        while isinstance(said := reader.next_event(), h11.InformationalResponse):
            assert said.status_code == 100
        assert isinstance(said, h11.Response)
        body = b""
        while (event := reader.next_event()) is h11.NEED_DATA or isinstance(event, h11.Data):
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                reader.receive_data(b"")  # it ends with the connection
        assert isinstance(event, h11.EndOfMessage)
        found.append((said.status_code, body))
        written = reader.trailing_data[0]
    assert not written
    return found


@pytest.mark.parametrize("first", range(0, TALKS, 50))
async def test_whatever_is_asked_in_a_row_is_answered_in_order_and_nothing_else_is(
    autojump_clock: MockClock, first: int
) -> None:
    for seed in range(first, first + 50):
        chance = random.Random(seed)
        requests, pieces = conversation(chance)
        heard: list[tuple[bytes, bytes, bytes]] = []
        meant: list[tuple[int, bytes]] = []

        async def app(
            scope: Message,
            receive: Receive,
            send: Send,
            chance: random.Random = chance,
            heard: list[tuple[bytes, bytes, bytes]] = heard,
            meant: list[tuple[int, bytes]] = meant,
        ) -> None:
            body, goes_on = b"", True
            while goes_on:
                message = await receive()
                body, goes_on = body + message["body"], message["more_body"]
            heard.append((scope["method"].encode(), scope["raw_path"], body))
            status = chance.choice([200, 200, 200, 404, 204, 304])
            content = chance.randbytes(chance.choice([0, 1, 50]))
            has_body = scope["method"] != "HEAD" and status not in (204, 304)
            meant.append((status, content if has_body else b""))
            length = [(b"content-length", b"%d" % len(content))] if status != 204 and chance.random() < 0.5 else []
            await send({"type": "http.response.start", "status": status, "headers": length})
            middle = chance.randrange(len(content) + 1)
            await send({"type": "http.response.body", "body": content[:middle], "more_body": True})
            await send({"type": "http.response.body", "body": content[middle:]})

        async with talking(app) as talk:
            for piece in pieces:
                if talk.ended_at < 0:
                    await talk.client.send_all(piece)
                    await wait_all_tasks_blocked()
            assert heard == understood(requests)
            assert answers(b"".join(talk.wire.written), [method for method, _, _ in heard]) == meant
