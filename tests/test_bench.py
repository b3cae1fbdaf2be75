"""The bench that compares two servers finds its way through each of them, says what one lacks and what is wrong."""

import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from bench import __main__ as bench
from bench.against import Counts, main
from bench.wire import at
from tests.rigs.process import serving

FEW = Counts(rounds=2, requests=4, creates=2, clients=3, songs=1, large=1)
ONE_TURN = replace(FEW, rounds=1)
QUIET = ("--audio", "silent", "--reader", "none")
ENVELOPE = b'{"status": "success", "data": {"is_playing": false}}'


async def test_two_boxes_are_compared_in_every_row_and_nothing_is_left_in_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(tmp_path, *QUIET, env={"TOMB_FREE_KEPT_MB": "0"}) as other:
        kept = (await other.post("/api/playlists", {"title": "Bench"})).data["id"]
        assert await main([at(other.url)], ONE_TURN) is None
        assert [each["id"] for each in (await other.get("/api/playlists")).data["playlists"]] == [kept]
        assert (await other.get("/api/bin")).data["items"] == []
    rows = told(capsys)
    assert len(rows) == 14
    for row in rows:
        assert "lacking" not in row
        assert row["ratio"] == pytest.approx(row["median"] / row["floor"], rel=0.1, abs=0.01)
    by_title = {row["row"]: row for row in rows}
    assert by_title["GET status, 8 connections, ms"]["count"] == ONE_TURN.requests
    assert by_title["POST a playlist to the last of 3 clients, ms"]["floor_count"] == ONE_TURN.creates
    assert by_title["GET a list of 50, 1 connection, ms"]["bytes"] > 50 * 200


async def test_a_row_says_which_route_a_server_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(line: bytes) -> bytes:
        return ok(ENVELOPE) if line.startswith(b"GET /api/player/status ") else b"HTTP/1.1 404 -\r\n\r\n"

    async with stranger(answer) as url:
        assert await main([at(url), at(url)], FEW) is None
    for row in told(capsys):
        if row["row"].startswith("GET status"):
            assert row["count"] == row["floor_count"] == FEW.rounds * FEW.requests
            assert "lacking" not in row
        else:
            assert "median" not in row
            assert url in row["lacking"]
            what = "WebSocket" if "clients" in row["row"] else "404"
            assert what in row["lacking"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 200 -\r\nContent-Length: 6\r\n\r\n<html>", ("GET /api/player/status", "no JSON", "<html>")),
        (b'HTTP/1.1 200 -\r\nContent-Length: 8\r\n\r\n{"a": 1}', ("GET /api/player/status", "envelope", '{"a": 1}')),
        (b"HTTP/1.1 500 -\r\nContent-Length: 4\r\n\r\noops", ("GET /api/player/status", "500", "oops")),
        (b"HTTP/1.1 429 -\r\nContent-Length: 0\r\n\r\n", ("429", "rate limits")),
        (b"HTTP/1.1 200 -\r\nContent-Length: many\r\n\r\n", ("GET /api/player/status", "no HTTP", "many")),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ("HTTP", "SSH-2.0")),
        (b"HTTP/1.1 200 -\r\nContent-Length: 9\r\n\r\n{", ("hung up",)),
        (b"", ("hung up",)),
    ],
)
async def test_what_is_not_of_the_wire_ends_the_bench_with_a_word_for_it(said: bytes, words: Sequence[str]) -> None:
    async with stranger(lambda _: said, keeps_open=False) as url:
        why = await main([at(url), at(url)], FEW)
    assert why is not None
    for word in (url, *words):
        assert word in why


async def test_that_a_server_keeps_to_rate_limits_is_found_out_before_anything_is_made_there() -> None:
    asked: list[bytes] = []

    def answer(line: bytes) -> bytes:
        asked.append(line)
        return ok(ENVELOPE) if len(asked) < FEW.requests else b"HTTP/1.1 429 -\r\nContent-Length: 0\r\n\r\n"

    async with stranger(answer) as url:
        why = await main([at(url), at(url)], FEW)
    assert why is not None
    assert "rate limits" in why
    assert {line.split()[1] for line in asked} == {b"/api/player/status"}


async def test_an_answer_in_chunks_is_read_and_a_connection_that_is_closed_is_opened_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(line: bytes) -> bytes:
        if not line.startswith(b"GET /api/player/status "):
            return b"HTTP/1.1 404 -\r\nConnection: close\r\n\r\n"
        pieces = b"5\r\n%b\r\n%x;a=b\r\n%b\r\n0\r\n\r\n" % (ENVELOPE[:5], len(ENVELOPE) - 5, ENVELOPE[5:])
        return b"HTTP/1.1 200 -\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces

    async with stranger(answer, keeps_open=False) as url:
        assert await main([at(url), at(url)], FEW) is None
    [row] = [each for each in told(capsys) if each["row"] == "GET status, 1 connection, ms"]
    assert row["bytes"] == len(ENVELOPE)
    assert row["count"] == FEW.rounds * FEW.requests


async def test_nobody_who_listens_is_told_as_that() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        why = await main([at(url), at(url)], FEW)
    assert why is not None
    assert why.startswith(f"nobody listens at {url}")


@pytest.mark.parametrize("url", ["https://box.local", "http://", "http://box.local:many"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - argparse says the rest
        at(url)


def test_a_server_to_compare_with_makes_it_that_bench_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[str, Sequence[str]]] = []

    def run(name: str, options: Sequence[str]) -> bool:
        runs.append((name, options))
        return True

    monkeypatch.setattr(bench, "run", run)
    assert bench.main(["--against", "http://box.local:8000", "--rounds", "1"]) == 0
    assert runs == [("against", ["--against", "http://box.local:8000", "--rounds", "1"])]


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 -\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@asynccontextmanager
async def stranger(answer: Callable[[bytes], bytes], *, keeps_open: bool = True) -> AsyncIterator[str]:
    """The address of a server that answers whatever begins with this line."""

    async def converse(stream: trio.SocketStream) -> None:
        while received := await stream.receive_some():
            said = answer(bytes(received).split(b"\r\n")[0])
            await stream.send_all(said)
            if not keeps_open:
                return

    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, converse, 0, host="127.0.0.1"))
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()
