"""A Snapcast server's control protocol, and servers that do not keep to it. The real one: tests/box/test_snapcast."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import memory_stream_pair

from tests.rigs.virtual import virtual_time
from tomb.devices.snapcast import control
from tomb.devices.snapcast.control import ANSWER_S, LINE, NAME_LENGTH, SPEAKERS, Control, Status
from tomb.errors import Broken, NotFound, Unavailable

pytestmark = virtual_time

Answers = Callable[[dict[str, Any]], bytes]


def client(speaker_id: str, **more: Any) -> dict[str, Any]:
    config = {"name": "", "latency": 0, "volume": {"muted": False, "percent": 40}, **more.pop("config", {})}
    return {"id": speaker_id, "connected": True, "config": config, "host": {"name": "pi"}, **more}


def group(*clients: Any, stream: str = "box", **more: Any) -> dict[str, Any]:
    return {"id": "g1", "stream_id": stream, "muted": False, "clients": list(clients), **more}


def source(name: str = "box", host: str = "0.0.0.0:4953", **query: str) -> dict[str, Any]:
    return {"id": name, "uri": {"scheme": "tcp", "host": host, "path": "", "query": query}}


def server(*groups: Any, streams: list[Any] | None = None) -> dict[str, Any]:
    return {"server": {"groups": list(groups), "streams": [source()] if streams is None else streams}}


def line(asked: dict[str, Any], result: Any) -> bytes:
    return json.dumps({"id": asked["id"], "jsonrpc": "2.0", "result": result}).encode() + b"\r\n"


@asynccontextmanager
async def _talking(answers: Answers, told: list[str], failed: list[Broken]):  # type: ignore[no-untyped-def]
    ours, theirs = memory_stream_pair()

    async def serve() -> None:
        rest = b""
        while piece := await theirs.receive_some():
            *lines, rest = (rest + piece).split(b"\r\n")
            for each in lines:
                await theirs.send_all(answers(json.loads(each)))

    async def read() -> None:
        try:
            await made.read()
        except Broken as error:
            failed.append(error)

    made = Control(ours, 4953, lambda: told.append("changed"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        nursery.start_soon(read)
        yield made
        nursery.cancel_scope.cancel()


def talking(
    answers: Answers, told: list[str] | None = None, failed: list[Broken] | None = None
) -> AbstractAsyncContextManager[Control]:
    made: AbstractAsyncContextManager[Control] = _talking(
        answers, [] if told is None else told, [] if failed is None else failed
    )
    return made


async def status_of(result: Any) -> Status:
    async with talking(lambda asked: line(asked, result)) as talk:
        return await talk.status()


async def test_speakers_have_their_own_names_or_those_of_their_computers() -> None:
    found = await status_of(server(group(client("a", config={"name": "Kitchen"}), client("b"), client("c", host={}))))
    assert [each.speaker.name for each in found.speakers] == ["Kitchen", "pi", "c"]


async def test_those_are_ours_that_play_our_source_alone_or_among_others() -> None:
    mixed = {"id": "mix", "uri": {"scheme": "meta", "host": "", "path": "/radio/box", "query": {}}}
    streams = [source("radio", "0.0.0.0:4954"), source(), mixed]
    groups = [group(client("a")), group(client("b"), stream="radio"), group(client("c"), stream="mix")]
    found = await status_of(server(*groups, streams=streams))
    assert [each.speaker.id for each in found.speakers_of(4953)] == ["a", "c"]
    assert [each.speaker.id for each in found.speakers_of(9)] == ["a", "b", "c"]


async def test_the_form_in_which_a_source_takes_sound_is_read() -> None:
    found = await status_of(server(streams=[source(sampleformat="48000:24:1", chunk_ms="26"), source("odd", "here")]))
    box, odd = found.streams
    assert (box.rate, box.bits, box.channels, box.chunk_ms) == (48000, 24, 1, 26)
    assert (odd.port, odd.rate, odd.bits, odd.channels) == (4953, None, 16, 2)


@pytest.mark.parametrize(
    "broken",
    [
        *(None, 7, "x", [], {}),
        client("a/b"),
        client("a\n"),
        client("x" * 65),
        client(""),
        client("a", config={"volume": {"muted": False, "percent": 400}}),
        client("a", config={"volume": "loud"}),
        client("a", host="pi"),
    ],
)
async def test_a_speaker_that_is_none_is_left_out_and_the_others_are_there(broken: Any) -> None:
    found = await status_of(server(group(broken, client("good")), 5, {"clients": [client("lost")]}, streams=[4, {}]))
    assert [each.speaker.id for each in found.speakers] == ["good"]
    assert found.streams == ()


async def test_a_name_is_a_text_of_a_line_and_no_longer_than_a_name() -> None:
    found = await status_of(server(group(client("a", config={"name": "Kit\u202echen\n" + "x" * 1000}))))
    [name] = [each.speaker.name for each in found.speakers]
    assert name == ("Kit chen " + "x" * 1000)[:NAME_LENGTH]


async def test_of_more_speakers_than_any_house_has_the_first_are_taken() -> None:
    many = [group(*(client(f"{first}-{each}") for each in range(20))) for first in range(20)]
    found = await status_of(server(*many))
    assert len(found.speakers) == SPEAKERS


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\xfe\r\n",
        b"[" * 100 + b"]" * 100 + b"\r\n",
        b'{"id":1,"result":[' + b"0," * 20_000 + b"0]}\r\n",
        b"x" * (LINE + 1),
    ],
    ids=["other", "bytes", "deep", "many", "endless"],
)
async def test_what_speaks_something_else_is_hung_up_on(said: bytes) -> None:
    failed: list[Broken] = []
    async with talking(lambda _: said, failed=failed) as talk:
        with pytest.raises(Broken, match="does not speak Snapcast"):
            await talk.status()
    assert len(failed) == 1


@pytest.mark.parametrize("result", [None, 5, {}, {"server": 3}])
async def test_an_answer_of_another_form_is_none(result: Any) -> None:
    async with talking(lambda asked: line(asked, result)) as talk:
        with pytest.raises(Broken, match="does not say what it has"):
            await talk.status()


async def test_a_server_that_does_not_answer_is_waited_for_so_long() -> None:
    begun = trio.current_time()
    async with talking(lambda _: b"") as talk:
        with pytest.raises(Broken, match="does not answer"):
            await talk.status()
    assert trio.current_time() - begun == pytest.approx(ANSWER_S)


async def test_a_server_that_never_stops_talking_gets_no_more_than_its_share_of_the_time() -> None:
    told: list[str] = []
    flood = b'{"method":"Client.OnVolumeChanged"}\r\n' * 2000
    begun = trio.current_time()
    async with talking(lambda asked: flood + line(asked, server()), told) as talk:
        await talk.status()
    assert len(told) == 2000
    assert trio.current_time() - begun >= 2000 * control.LINE_PAUSE_S


async def test_what_the_server_refuses_is_told_apart_from_what_it_does_not_have() -> None:
    def answers(asked: dict[str, Any]) -> bytes:
        message = "Client not found" if asked["params"]["id"] == "cellar" else "Internal error"
        return json.dumps({"id": asked["id"], "error": {"code": -32603, "message": message}}).encode() + b"\r\n"

    async with talking(answers) as talk:
        with pytest.raises(NotFound):
            await talk.set_volume("cellar", 20, False)
        with pytest.raises(Unavailable):
            await talk.set_volume("kitchen", 20, False)
