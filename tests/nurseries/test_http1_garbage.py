"""Whatever bytes come over a connection: each request that is understood has one answer, and there is an end."""

from itertools import pairwise

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from tests.nurseries.test_http1 import KEEP_ALIVE_S, LINGERING_S, Message, Receive, Send, answer, talking
from tests.rigs.virtual import run_virtually

PATIENCE_S = 20.0  # of the application, with a body

METHODS = st.sampled_from([b"GET", b"HEAD", b"POST", b"OPTIONS", b"CONNECT", b"head", b"Post", b"PRI", b"\x16\x03\x01"])
TARGETS = st.sampled_from([b"/", b"/a?b", b"*", b"http://box/", b"box:80", b"//x", b"/%00%ff", b"/ HTTP/1.1 /", b""])
VERSIONS = st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"", b"http/1.1"])
HEADERS = st.sampled_from(
    [
        b"Host: other",
        b"Content-Length: 0",
        b"Content-Length: 5",
        b"Content-Length: 5, 5",
        b"Content-Length: 5, 6",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 5000,
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Connection: close",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Upgrade: h2c",
        b"Expect: 100-continue",
        b" folded: yes",
        b"X: \xff",
        b"X: a\rb",
        b": none",
    ]
)
BODIES = st.sampled_from(
    [
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"1\r\nx\r\n" * 100 + b"0\r\n\r\n",
        b"0\r\nHost: evil\r\n\r\n",
        b"0;" + b"x" * 20_000,
        b"F" * 20 + b"\r\n",
        b"5\r\nhelloX",
        b"-1\r\n",
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    end = draw(st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\n\r\n"]))
    headers = [b"Host: box"] * draw(st.sampled_from([1, 1, 1, 1, 0, 2])) + draw(st.lists(HEADERS, max_size=3))
    line = b" ".join((draw(METHODS), draw(TARGETS), draw(VERSIONS)))
    return end.join((line, *headers, b"", b"")) + draw(BODIES)


SAID = st.lists(requests() | st.binary(max_size=30), min_size=1, max_size=4).map(b"".join)


@settings(max_examples=150)
@given(SAID, st.lists(st.integers(0, 400), max_size=4), st.booleans(), st.booleans())
def test_whatever_comes_each_request_has_one_answer_and_there_is_an_end(
    said: bytes, cuts: list[int], reads: bool, leaves: bool
) -> None:
    asked = 0

    async def app(_: Message, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        with trio.move_on_after(PATIENCE_S):
            while reads and (await receive()).get("more_body", False):
                pass
        await answer(send, b"1")

    async def main() -> None:
        async with talking(app) as talk:
            places = sorted({0, len(said), *(cut for cut in cuts if cut < len(said))})
            for start, end in pairwise(places):
                await talk.client.send_all(said[start:end])
                await wait_all_tasks_blocked()
            if leaves:
                await talk.client.send_stream.aclose()
            await trio.sleep(4 * (PATIENCE_S + KEEP_ALIVE_S + LINGERING_S))
            statuses = [each[9:12] for each in talk.wire.written if each.startswith(b"HTTP/1.1 ")]
            assert talk.ended_at >= 0
            assert statuses.count(b"200") == asked
            assert sum(each not in (b"100", b"200") for each in statuses) <= 1
            assert statuses.count(b"100") <= asked

    run_virtually(main)
