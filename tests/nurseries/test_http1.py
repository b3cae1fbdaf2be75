"""Requests and answers on one connection, without a network, on virtual time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import h11
import pytest
import trio
from hypercorn.config import Config
from trio.testing import MemoryReceiveStream, MemorySendStream, MockClock, memory_stream_pair, wait_all_tasks_blocked

from tomb.nurseries.http1 import CHUNKS_AT_ONCE, LINGER_BYTES, REMEMBERED_FIELDS, REMEMBERED_SIZE, WHOLE_BODY, Http1

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Stream = trio.StapledStream[MemorySendStream, MemoryReceiveStream]
LINGERING_S = 1.0
KEEP_ALIVE_S = 15.0
GET = b"GET /%d HTTP/1.1\r\nHost: box\r\n\r\n"


class Wire:
    """What Http1 asks of a stream. `written`: one write each. `here`: what comes right behind what is received next."""

    own, peer, scheme = ("192.168.1.2", 8000), ("192.168.1.7", 50000), "http"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.written: list[bytes] = []
        self.has_ended = False
        self.here = b""

    async def write(self, *pieces: bytes) -> None:
        self.written.append(b"".join(pieces))

    async def receive_some(self, max_bytes: int) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    def receive_now(self, max_bytes: int) -> bytes:
        given, self.here = self.here[:max_bytes], self.here[max_bytes:]
        return given

    async def send_eof(self) -> None:
        self.has_ended = True


class Talk:
    """A connection, and what a client does on it. `rest`: what `run` returned; `ended_at`: and when."""

    def __init__(self, app: App) -> None:
        self.client, stream = memory_stream_pair()
        self.wire = Wire(stream)
        config = Config()
        config.keep_alive_timeout = KEEP_ALIVE_S
        self.http = Http1(app, config, self.wire, LINGERING_S, list)  # type: ignore[arg-type]
        self.rest: bytes | None = b"it goes on"
        self.ended_at = -1.0

    async def run(self) -> None:
        self.rest = await self.http.run()
        self.ended_at = trio.current_time()

    async def send(self, data: bytes) -> list[bytes]:
        """What is written upon it."""
        before = len(self.wire.written)
        await self.client.send_all(data)
        await wait_all_tasks_blocked()
        return self.wire.written[before:]


@asynccontextmanager
async def talking(app: App) -> AsyncIterator[Talk]:
    talk = Talk(app)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(talk.run)
        yield talk
        nursery.cancel_scope.cancel()


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """The path, and the body."""
    body = bytearray(scope["path"].encode())
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            await answer(send, bytes(body))
            return


async def path(scope: Message, _: Receive, send: Send) -> None:
    await answer(send, scope["path"].encode())


async def test_an_answer_is_one_write(autojump_clock: MockClock) -> None:
    async with talking(path) as talk:
        assert await talk.send(GET % 1) == [b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n/1"]
        assert len(await talk.send(GET % 2)) == 1
        assert talk.ended_at < 0


async def test_the_application_hears_what_was_asked(autojump_clock: MockClock) -> None:
    scopes: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await path(scope, receive, send)

    async with talking(app) as talk:
        await talk.send(b"GET /a%20b?c=%20d HTTP/1.1\r\nHost: box\r\nX-Y: z\r\n\r\n")
    [scope] = scopes
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/a b", b"/a%20b", b"c=%20d")
    assert (scope["method"], scope["http_version"], scope["scheme"]) == ("GET", "1.1", "http")
    assert scope["headers"] == [(b"host", b"box"), (b"x-y", b"z")]
    assert (scope["client"], scope["server"]) == (Wire.peer, Wire.own)


async def test_who_asks_without_waiting_is_answered_in_order_and_keeps_nobody_waiting(
    autojump_clock: MockClock,
) -> None:
    turns: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        turns.append(scope["path"])
        await path(scope, receive, send)

    async def other() -> None:
        while len(turns) < 20:
            turns.append("other")
            await trio.lowlevel.checkpoint()

    async with talking(app) as talk, trio.open_nursery() as nursery:
        nursery.start_soon(other)
        written = await talk.send(b"".join(GET % number for number in range(10)))
        assert [each[-2:] for each in written] == [b"/%d" % number for number in range(10)]
    assert turns.index("/9") - turns.index("/0") > 9


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"


@pytest.mark.parametrize("framing", [b"Content-Length: 6\r\n\r\nabcdef", CHUNKED])
async def test_a_body_is_read_however_it_is_cut(autojump_clock: MockClock, framing: bytes) -> None:
    asked = b"POST / HTTP/1.1\r\nHost: box\r\n" + framing
    async with talking(echo) as talk:
        for cut in range(1, len(asked)):
            assert await talk.send(asked[:cut]) == []
            [written] = await talk.send(asked[cut:])
            assert written.endswith(b"\r\n\r\n/abcdef")


async def test_a_body_that_nobody_reads_is_not_read(autojump_clock: MockClock) -> None:
    read = trio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await read.wait()
        await echo(scope, receive, send)

    async with talking(app) as talk:
        await talk.send(b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 100000\r\n\r\n")
        taken: list[int] = []
        receive_some = talk.wire.receive_some

        async def counted(max_bytes: int) -> bytes | bytearray:
            received = await receive_some(max_bytes)
            taken.append(len(received))
            return received

        talk.wire.receive_some = counted  # type: ignore[method-assign]
        assert await talk.send(b"x" * 100_000) == []
        assert taken == []
        read.set()
        [written] = await talk.send(b"")
        assert written.endswith(b"x" * 100_000)


async def test_who_waits_to_be_told_to_go_on_is_told_when_somebody_reads(autojump_clock: MockClock) -> None:
    async with talking(echo) as talk:
        asked = b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        assert await talk.send(asked) == [b"HTTP/1.1 100 \r\n\r\n"]
        [written] = await talk.send(b"x")
        assert written.endswith(b"/x")
    async with talking(path) as talk:
        [written] = await talk.send(asked)
        assert written.startswith(b"HTTP/1.1 200")
        assert talk.wire.has_ended  # what the client does next cannot be known


async def test_in_the_middle_of_an_answer_nobody_is_told_to_go_on(autojump_clock: MockClock) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        assert (await receive())["body"] == b"body"
        await send({"type": "http.response.body", "body": b"b"})

    async with talking(app) as talk:
        [begun] = await talk.send(b"POST / HTTP/1.1\r\nHost: box\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert begun.endswith(b"\r\n\r\na")
        assert await talk.send(b"body") == [b"b"]


async def test_head_and_204_have_no_body(autojump_clock: MockClock) -> None:
    async def nothing(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b"none"})

    async with talking(path) as talk:
        assert await talk.send(b"HEAD /1 HTTP/1.1\r\nHost: box\r\n\r\n") == [
            b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n"
        ]
        assert len(await talk.send(GET % 1)) == 1
    async with talking(nothing) as talk:
        assert await talk.send(GET % 1) == [b"HTTP/1.1 204 \r\n\r\n"]
        assert len(await talk.send(GET % 1)) == 1


async def test_what_is_made_on_the_way_goes_out_as_it_comes(autojump_clock: MockClock) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"", b"one", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with talking(app) as talk:
        head, *pieces = await talk.send(GET % 1)
        assert head.endswith(b"\r\n\r\n")
        assert pieces == [b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"]
        assert len(await talk.send(GET % 2)) == 4


async def test_who_hangs_up_is_noticed_by_an_application_that_waits_for_it(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        while not heard or heard[-1] != "http.disconnect":
            heard.append((await receive())["type"])

    async with talking(app) as talk:
        await talk.send(GET % 1)
        assert heard == ["http.request"]
        await talk.client.aclose()
        await wait_all_tasks_blocked()
        assert heard == ["http.request", "http.disconnect"]
        assert talk.ended_at >= 0


async def test_who_hangs_up_in_the_middle_of_a_body_is_gone(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        while not heard or heard[-1] != "http.disconnect":
            heard.append((await receive())["type"])

    async with talking(app) as talk:
        await talk.send(b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 3\r\n\r\nab")
        await talk.client.send_stream.aclose()
        await wait_all_tasks_blocked()
        assert heard == ["http.request", "http.disconnect"]
        assert talk.ended_at >= 0


async def test_the_next_request_is_kept_while_somebody_waits_for_the_end(autojump_clock: MockClock) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/1":
            await receive()
            with trio.move_on_after(5):
                await receive()
        await path(scope, receive, send)

    async with talking(app) as talk:
        assert await talk.send(GET % 1) == []
        assert await talk.send(GET % 2) == []
        await trio.sleep(6)
        assert [each[-2:] for each in talk.wire.written] == [b"/1", b"/2"]


async def test_the_next_request_is_kept_behind_a_body_that_came_by_itself(autojump_clock: MockClock) -> None:
    bodies: list[bytes] = []

    async def app(_: Message, receive: Receive, send: Send) -> None:
        with trio.move_on_after(1):
            while (message := await receive())["type"] != "http.disconnect":
                bodies.append(message["body"])
        await answer(send, b"1")

    async with talking(app) as talk:
        post = b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 40\r\n\r\n"
        for piece in (post, b"a" * 40, post, b"b" * 40):
            await talk.send(piece)
        await trio.sleep(5)
        assert [each[-1:] for each in talk.wire.written] == [b"1", b"1"]
        assert bodies == [b"a" * 40, b"b" * 40]


async def test_who_says_all_that_he_will_is_answered(autojump_clock: MockClock) -> None:
    async with talking(echo) as talk:
        await talk.client.send_all(GET % 1)
        await talk.client.send_stream.aclose()
        await wait_all_tasks_blocked()
        assert [each[-2:] for each in talk.wire.written] == [b"/1"]
        assert talk.ended_at >= 0


@pytest.mark.parametrize(
    ("said", "status"),
    [(b"nonsense\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET /" + b"x" * 70_000, 431)],
)
async def test_what_is_no_http_is_refused(autojump_clock: MockClock, said: bytes, status: int) -> None:
    async with talking(path) as talk:
        [written] = await talk.send(said)
        assert written.startswith(b"HTTP/1.1 %d " % status)
        assert b"connection: close" in written
        assert talk.wire.has_ended


async def test_a_body_that_is_no_http_is_refused(autojump_clock: MockClock) -> None:
    async with talking(echo) as talk:
        [written] = await talk.send(
            b"POST / HTTP/1.1\r\nHost: box\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n"
        )
        assert written.startswith(b"HTTP/1.1 400 ")


POST = b"POST /1 HTTP/1.1\r\nHost: box\r\n"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (POST + b"Content-Length: 6\r\n" + CHUNKED + GET % 2, 400),
        (b"POST /1 HTTP/1.0\r\n" + CHUNKED, 400),
        (b"head /1 HTTP/1.1\r\nHost: box\r\n\r\n", 501),
        (b"CONNECT box:80 HTTP/1.1\r\nHost: box\r\n\r\n", 501),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ],
)
async def test_what_two_may_understand_differently_is_refused_once_and_for_all(
    autojump_clock: MockClock, said: bytes, status: int
) -> None:
    asked: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await answer(send, b"" if scope["method"] == "HEAD" else b"1")

    async with talking(app) as talk:
        [written] = await talk.send(said)
        assert written.startswith(b"HTTP/1.1 %d " % status)
        assert talk.wire.has_ended
    assert asked == []


async def test_a_body_in_crumbs_is_given_on_in_pieces_and_keeps_nobody_waiting(autojump_clock: MockClock) -> None:
    crumbs = 20 * CHUNKS_AT_ONCE + 1
    turns: list[int] = []

    async def app(_: Message, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            turns.append(len(message["body"]))
            more = message["more_body"]
        await answer(send, b"1")

    async def other() -> None:
        while True:
            turns.append(0)
            await trio.lowlevel.checkpoint()

    async with talking(app) as talk:
        await talk.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(other)
            await talk.client.send_all(b"1\r\nx\r\n" * crumbs + b"0\r\n\r\n")
            while not talk.wire.written:
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
    assert [each for each in turns if each] == [CHUNKS_AT_ONCE] * 20 + [1]
    first = turns.index(CHUNKS_AT_ONCE)
    assert turns[first : turns.index(1)].count(0) >= 19


async def test_a_body_in_crumbs_that_nobody_wants_is_not_taken_apart(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    next_event = h11.Connection.next_event

    def counted(connection: h11.Connection) -> Any:
        nonlocal taken
        taken += 1
        return next_event(connection)

    monkeypatch.setattr(h11.Connection, "next_event", counted)
    async with talking(path) as talk:
        [written] = await talk.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 2000)
        assert written.endswith(b"/1")
        assert talk.wire.has_ended
    assert taken < 2 * CHUNKS_AT_ONCE


async def test_who_sends_on_can_read_his_answer_for_a_moment(autojump_clock: MockClock) -> None:
    async with talking(path) as talk:
        [written] = await talk.send(b"POST /1 HTTP/1.1\r\nHost: box\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 1000)
        assert written.endswith(b"/1")
        assert talk.wire.has_ended
        await talk.send(b"x" * 10_000)
        assert talk.ended_at < 0
        await trio.sleep(2 * LINGERING_S)
        assert talk.ended_at == pytest.approx(LINGERING_S)
    async with talking(path) as talk:
        await talk.send(b"POST /1 HTTP/1.1\r\nHost: box\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 2 * LINGER_BYTES)
        assert talk.ended_at == pytest.approx(trio.current_time())


async def test_who_says_nothing_is_left(autojump_clock: MockClock) -> None:
    async with talking(path) as talk:
        await talk.send(GET % 1)
        began = trio.current_time()
        for _ in range(3):
            await trio.sleep(KEEP_ALIVE_S / 4)
            await talk.send(b"G" if talk.ended_at < 0 else b"")
        await trio.sleep(KEEP_ALIVE_S)
        assert talk.ended_at - began == pytest.approx(KEEP_ALIVE_S)


async def test_who_asks_in_the_moment_in_which_he_is_given_up_is_not_begun(
    autojump_clock: MockClock,
) -> None:
    begun, answered = list[str](), list[str]()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        begun.append(scope["path"])
        await trio.sleep(1)
        await path(scope, receive, send)
        answered.append(scope["path"])

    async with talking(app) as talk:
        await talk.client.send_all(GET % 1)
        await trio.sleep(2)
        await talk.client.send_all(GET % 2)
        autojump_clock.jump(KEEP_ALIVE_S)  # before the connection, which has been woken, has had its turn
        await trio.sleep(2)
        assert begun == answered == ["/1"]
        assert talk.wire.has_ended


async def test_a_box_that_stops_answers_what_it_was_asked_and_no_more(autojump_clock: MockClock) -> None:
    async def slow(scope: Message, receive: Receive, send: Send) -> None:
        await trio.sleep(1)
        await path(scope, receive, send)

    async with talking(slow) as talk:
        await talk.send(GET % 1 + GET % 2)
        talk.http.finish()
        await trio.sleep(5)
        [written] = talk.wire.written
        assert b"connection: close" in written
        assert talk.ended_at == pytest.approx(1)
    async with talking(path) as talk:
        await wait_all_tasks_blocked()
        talk.http.finish()
        await wait_all_tasks_blocked()
        assert talk.wire.has_ended


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]}


@pytest.mark.parametrize("said", [(), (START,)], ids=["nothing", "how it begins"])
async def test_who_fails_before_any_of_his_answer_is_on_its_way_has_another_said(
    autojump_clock: MockClock, said: tuple[Message, ...]
) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        for message in said:
            await send(message)
        raise ZeroDivisionError

    talk = Talk(app)
    await talk.client.send_all(GET % 1)
    with pytest.raises(ZeroDivisionError):
        await talk.run()
    await talk.http.refuse(500)
    [written] = talk.wire.written
    assert written.startswith(b"HTTP/1.1 500 ")


async def test_nothing_is_answered_twice(autojump_clock: MockClock) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"once", "more_body": False})
        for message in ({"type": "http.response.body", "body": b""}, {"type": "http.response.start", "status": 500}):
            with pytest.raises(ValueError, match="already"):
                await send({"headers": [], **message})

    async with talking(app) as talk:
        [written] = await talk.send(GET % 1)
        assert written.endswith(b"\r\n4\r\nonce\r\n0\r\n\r\n")


async def test_an_application_that_stops_in_the_middle_ends_the_connection(autojump_clock: MockClock) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async with talking(app) as talk:
        [written] = await talk.send(GET % 1)
        assert written.endswith(b"half")
        assert talk.ended_at >= 0


async def test_what_begins_a_websocket_is_given_back_as_it_came(autojump_clock: MockClock) -> None:
    upgrade = b"GET /ws HTTP/1.1\r\nHost: box\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\nframes"
    async with talking(path) as talk:
        await talk.send(GET % 1)
        assert await talk.send(upgrade[:30]) == []
        assert await talk.send(upgrade[30:]) == []
        assert talk.rest == upgrade
    async with talking(path) as talk:
        assert len(await talk.send(GET % 1 + upgrade)) == 1
        assert talk.rest == upgrade


async def test_no_other_change_of_protocol_is_made(autojump_clock: MockClock) -> None:
    async with talking(path) as talk:
        [written] = await talk.send(b"GET /1 HTTP/1.1\r\nHost: box\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
        assert written.startswith(b"HTTP/1.1 200")


async def test_the_rest_of_a_body_that_says_its_length_is_not_read_by_h11_and_no_more_than_it(
    autojump_clock: MockClock, read_by_h11: list[bytes]
) -> None:
    head = b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 9\r\n\r\n"
    async with talking(echo) as talk:
        assert await talk.send(head + b"abc") == []
        assert await talk.send(b"def") == []
        first, second = await talk.send(b"ghi" + GET % 1)
        assert (first[-10:], second[-2:]) == (b"/abcdefghi", b"/1")
        assert read_by_h11 == [head + b"abc", GET % 1]


async def test_who_says_no_more_in_the_middle_of_a_body_is_told_so(autojump_clock: MockClock) -> None:
    async with talking(echo) as talk:
        await talk.send(b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 9\r\n\r\nabc")
        await talk.send(b"def")
        await talk.client.send_eof()
        await wait_all_tasks_blocked()
        assert talk.wire.written[-1].startswith(b"HTTP/1.1 400 ")


# --- the same again, word for word ------------------------------------------------------------------------------------

BODY = b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 6\r\n\r\nabcdef"


@pytest.fixture
def read_by_h11(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What h11 was given."""
    given: list[bytes] = []
    receive = h11.Connection.receive_data

    def receive_data(self: h11.Connection, data: bytes) -> None:
        given.append(data)
        receive(self, data)

    monkeypatch.setattr(h11.Connection, "receive_data", receive_data)
    return given


@pytest.mark.parametrize("asked", [GET % 1, BODY, b"POST / HTTP/1.1\r\nHost: box\r\n" + CHUNKED])
async def test_what_is_asked_again_is_answered_as_before_and_not_read_again(
    autojump_clock: MockClock, read_by_h11: list[bytes], asked: bytes
) -> None:
    async with talking(echo) as talk:
        first = await talk.send(asked)
        assert [await talk.send(asked) for _ in range(3)] == [first] * 3
        assert read_by_h11 == [asked]
        other = b"GET /7 HTTP/1.1\r\nHost: bag\r\n\r\n"
        assert (await talk.send(other))[0].endswith(b"/7")
        assert await talk.send(asked) == first
        assert [each for each in read_by_h11 if each != asked] == [other]


async def test_the_same_cut_otherwise_or_with_more_behind_it_is_read(
    autojump_clock: MockClock, read_by_h11: list[bytes]
) -> None:
    async with talking(echo) as talk:
        first = await talk.send(BODY)
        assert await talk.send(BODY[:-2]) == []
        assert await talk.send(BODY[-2:]) == first
        assert [each[-2:] for each in await talk.send(BODY + GET % 8)] == [b"ef", b"/8"]
        assert await talk.send(BODY) == first
        assert read_by_h11 == [BODY, BODY + GET % 8, GET % 8]


async def test_the_same_with_the_begin_of_another_behind_it_is_read_to_its_end(autojump_clock: MockClock) -> None:
    async with talking(path) as talk:
        for _ in range(3):
            assert [each[-2:] for each in await talk.send(GET % 1 + (GET % 2)[:20])] == [b"/1"]
            assert [each[-2:] for each in await talk.send((GET % 2)[20:])] == [b"/2"]


async def test_what_is_long_is_not_kept(autojump_clock: MockClock, read_by_h11: list[bytes]) -> None:
    asked = b"GET / HTTP/1.1\r\nHost: box\r\nX: %b\r\n\r\n" % (b"x" * REMEMBERED_SIZE)
    async with talking(echo) as talk:
        assert await talk.send(asked) == await talk.send(asked)
        assert read_by_h11 == [asked, asked]


async def test_who_asks_the_same_again_may_hang_up_or_ask_on_meanwhile(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/1" and heard:
            with trio.move_on_after(5):
                while (message := await receive())["type"] != "http.disconnect":
                    heard.append(message["type"])
                heard.append("gone")
        heard.append(scope["path"])
        await path(scope, receive, send)

    async with talking(app) as talk:
        await talk.send(GET % 1)
        await talk.send(GET % 1)
        await talk.send(GET % 2)
        await trio.sleep(6)
        assert heard == ["/1", "http.request", "/1", "/2"]
        await talk.send(GET % 1)
        await talk.client.send_stream.aclose()
        await wait_all_tasks_blocked()
        assert heard[4:] == ["http.request", "gone", "/1"]


SENT = b"PUT /%d HTTP/1.1\r\nHost: box\r\nContent-Type: a/b\r\nContent-Length: %d\r\nX: y\r\n\r\n"


async def test_headers_that_h11_let_pass_are_not_read_again_whatever_the_length_of_the_body(
    autojump_clock: MockClock, read_by_h11: list[bytes]
) -> None:
    scopes: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await echo(scope, receive, send)

    async with talking(app) as talk:
        for number, size in enumerate((5, 12, 0, 7)):
            assert [each.rpartition(b"\r\n")[2] for each in await talk.send(SENT % (number, size) + b"z" * size)] == [
                b"/%d%b" % (number, b"z" * size)
            ]
        assert read_by_h11 == [SENT % (0, 5) + b"z" * 5]
        assert await talk.send(SENT % (4, 9) + b"z" * 3) == []  # and the rest comes later
        assert [each[-11:] for each in await talk.send(b"z" * 6)] == [b"/4zzzzzzzzz"]
        lengths = [dict(scope["headers"])[b"content-length"] for scope in scopes]
        assert lengths == [b"5", b"12", b"0", b"7", b"9"]
        assert all(scope["headers"][1] == (b"content-type", b"a/b") for scope in scopes)
        for other in range(REMEMBERED_FIELDS):
            await talk.send(b"GET / HTTP/1.1\r\nHost: box%d\r\n\r\n" % other)
        await talk.send(SENT % (5, 2) + b"zz")
        assert read_by_h11[-1] == SENT % (5, 2) + b"zz"


async def test_a_body_that_is_sent_right_behind_its_head_is_handed_over_with_it(autojump_clock: MockClock) -> None:
    bodies: list[bytes | None] = []

    async def app(scope: Message, _: Receive, send: Send) -> None:
        bodies.append(scope["extensions"].get(WHOLE_BODY))
        await path(scope, _, send)

    async with talking(app) as talk:
        for number, body in enumerate((b"read by h11", b"and not", b"and again")):
            talk.wire.here = body
            assert len(await talk.send(SENT % (number, len(body)))) == 1
        assert bodies == [b"read by h11", b"and not", b"and again"]
        assert talk.ended_at < 0


@pytest.mark.parametrize(
    "other",
    [
        SENT.replace(b"/%d ", b"/\0 ") % 3 + b"abc",
        SENT.replace(b"/%d ", b"/a b ") % 3 + b"abc",
        SENT.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n") % (1, 3) + b"abc",
        SENT.replace(b"HTTP/1.1", b"HTTP/1.0") % (1, 3) + b"abc",
        SENT.replace(b"HTTP/1.1", b"HTTP/2.0") % (1, 3) + b"abc",
        SENT.replace(b"PUT", b"put") % (1, 3) + b"abc",
        SENT.replace(b"PUT", b"CONNECT") % (1, 3) + b"abc",
        SENT.replace(b"%d\r\nX", b"-3\r\nX") % 1 + b"abc",
        SENT.replace(b"%d\r\nX", b"\r\nX") % 1,
        SENT.replace(b"%d\r\nX", b"3, 3\r\nX") % 1 + b"abc",
        SENT.replace(b"%d\r\nX", b"9999999999999999999999\r\nX") % 1 + b"abc",
        SENT % (1, 3) + b"abc" + GET % 8,
        SENT % (1, 3) + b"abcGET",
        SENT % (1, 9) + b"abc",
        GET % 8,
    ],
)
@pytest.mark.parametrize("app", [echo, path])
@pytest.mark.parametrize(
    "first",
    [
        SENT % (1, 2) + b"ab",
        SENT.replace(b"X: y", b"Content-Length: 2") % (1, 2) + b"ab",
        SENT.replace(b"X: y", b"X: y\r\n Content-Length: 2") % (1, 2) + b"ab",
        SENT.replace(b"X: y", b" ,2") % (1, 2) + b"ab",
        SENT.replace(b"X: y", b"\t, 2\r\nX: y") % (1, 2) + b"ab",
        SENT.replace(b"X: y", b"Expect: 100-continue") % (1, 2) + b"ab",
        SENT.replace(b"X: y", b"Connection: close, Upgrade\r\nUpgrade: websocket") % (1, 2) + b"ab",
        b"POST / HTTP/1.1\r\nHost: box\r\n" + CHUNKED,
        b"GET / HTTP/1.1\nHost: box\r\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: box\n\r\nGET /2 HTTP/1.1\r\nHost: box\r\n\r\n",
    ],
)
async def test_what_comes_behind_headers_that_passed_is_taken_as_if_it_came_first(
    autojump_clock: MockClock, app: App, first: bytes, other: bytes
) -> None:
    """With other headers and with the same, at one go and with its body behind it."""

    async def said_to(*asked: bytes) -> tuple[list[list[bytes]], bool]:
        async with talking(app) as talk:
            *_, head, body = [await talk.send(each) for each in asked]
            return [head, body], talk.ended_at >= 0

    head, _, body = other.partition(b"\r\n\r\n")
    fields = first.partition(b"\r\n\r\n")[0].partition(b"\r\n")[2]
    mixed = head.partition(b"\r\n")[0] + b"\r\n" + fields.replace(b": 2\r\n", b": 3\r\n", 1) + b"\r\n\r\n" + body
    if (await said_to(first, b""))[1]:
        return  # nothing comes behind it
    for asked in (other, mixed, first):
        for cut in (len(asked), asked.index(b"\r\n\r\n") + 4):
            parts = asked[:cut], asked[cut:]
            assert await said_to(first, *parts) == await said_to(*parts)


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [b"a\r\nSet-Cookie: b", b"a\nb", b"a\rb", b"a\0b"])
async def test_no_header_becomes_two(autojump_clock: MockClock, value: bytes) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        with pytest.raises(ValueError, match="line end"):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x", value)]})

    async with talking(app) as talk:
        assert await talk.send(GET % 1) == []


@pytest.mark.parametrize(("announced", "pieces"), [(3, [b"abcd"]), (3, [b"ab"]), (3, [b"ab", b"cd"])])
async def test_a_body_is_as_long_as_was_said_or_the_connection_ends(
    autojump_clock: MockClock, announced: int, pieces: list[bytes]
) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"%d" % announced)]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        for place, piece in enumerate(pieces):
            try:
                await send({"type": "http.response.body", "body": piece, "more_body": place + 1 < len(pieces)})
            except ValueError:
                return

    async with talking(app) as talk:
        await talk.send(GET % 1)
        assert talk.wire.has_ended
        assert b"abcd" not in b"".join(talk.wire.written)


async def test_to_a_peer_that_knows_no_chunks_the_end_of_the_connection_is_that_of_the_body(
    autojump_clock: MockClock,
) -> None:
    async def app(_: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await send({"type": "http.response.body", "body": b"cd"})

    async with talking(app) as talk:
        assert await talk.send(b"GET / HTTP/1.0\r\n\r\n") == [b"HTTP/1.1 200 \r\nconnection: close\r\n\r\nab", b"cd"]
        assert talk.wire.has_ended


async def test_a_body_that_came_with_its_head_is_handed_over_with_it(autojump_clock: MockClock) -> None:
    whole: list[bytes | None] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        whole.append(scope["extensions"].get(WHOLE_BODY))
        await echo(scope, receive, send)

    async with talking(app) as talk:
        await talk.send(BODY)
        await talk.send(BODY[:-1])
        await talk.send(BODY[-1:])
        await talk.send(GET % 1)
        assert whole == [b"abcdef", None, b""]
