"""A Snapcast server's control protocol: JSON-RPC 2.0, one object a line, over TCP.

Nothing that the server says is trusted: a line, the values in it, how many speakers there are and how long a name is,
all are bounded; an answer comes in time or the connection ends; what has not the form that it should have is left out.
The server tells each change to all that are connected but the one who asked for it. What it tells is not read: it only
means that the whole state is worth asking for again, which is one small answer and never wrong.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import trio
from msgspec import Struct, field
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json

from tomb import bounded_json
from tomb.devices.snapcast import Placed
from tomb.errors import Broken, Missing, NotFound, Unavailable
from tomb.models import Speaker

ANSWER_S = 5.0
CONNECT_S = 5.0
LINE, VALUES, DEPTH = 256 * 1024, 12_000, 16  # a speaker is about 25 values and 700 bytes
PIECE = 16 * 1024
LINE_PAUSE_S, PIECE_PAUSE_S = (
    0.001,
    0.005,
)  # between lines and pieces: who never stops talking does not get all the time
SPEAKERS, STREAMS = 200, 100
NAME_LENGTH = 100
CHUNK_MS = 20
DEFAULT_PORT = 4953  # of a TCP source that names none


class _Volume(BaseModel):
    muted: bool = False
    percent: Annotated[int, Field(ge=0, le=100)]


class _Config(BaseModel):
    name: str = ""
    latency: Annotated[int, Field(ge=-10_000, le=10_000)] = 0
    volume: _Volume


class _Host(BaseModel):
    name: str = ""


class _Client(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=64)]
    connected: bool = False
    config: _Config
    host: _Host = _Host()


class _Group(BaseModel):
    id: Annotated[str, Field(max_length=64)]
    stream_id: str = ""
    muted: bool = False
    clients: list[Any] = []


class _Query(BaseModel):
    sampleformat: str = ""
    chunk_ms: str = ""


class _Uri(BaseModel):
    scheme: str = ""
    host: str = ""
    path: str = ""
    query: _Query = _Query()


class _Stream(BaseModel):
    id: Annotated[str, Field(max_length=200)]
    uri: _Uri


class Stream(Struct, frozen=True):
    """A source of the server: where it listens (0: nowhere), and in what form it takes sound. `rate` in Hz, None where
    it is not said; `members`: the streams of which it plays one."""

    name: str
    port: int = 0
    rate: int | None = None
    bits: int = 16
    channels: int = 2
    chunk_ms: int = CHUNK_MS
    members: frozenset[str] = frozenset()


class Status(Struct, frozen=True):
    """What the server has."""

    streams: tuple[Stream, ...] = ()
    speakers: tuple[Placed, ...] = ()

    def stream_at(self, port: int) -> Stream | None:
        """The one that takes sound at this port."""
        return next((each for each in self.streams if each.port == port), None)

    def speakers_of(self, port: int) -> list[Placed]:
        """Those that play what comes in at this port, be it as one of several streams; all, where none is known."""
        ours = self.stream_at(port)
        if ours is None:
            return list(self.speakers)
        names = {ours.name, *(each.name for each in self.streams if ours.name in each.members)}
        return [each for each in self.speakers if each.stream in names]


class _Question(Struct):
    answered: trio.Event = field(default_factory=trio.Event)
    answer: Any = None


class Control:
    """A connection; made by `connected`. `port`: where the server takes the sound of the box. `changed` is called
    whenever somebody else changed something."""

    def __init__(self, stream: trio.abc.Stream, port: int = 0, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._port = port
        self._stream = stream
        self._sending = trio.Lock()
        self._questions: dict[int, _Question] = {}
        self._asked = 0
        self._ended = ""

    async def status(self) -> Status:
        """Raises: Broken."""
        return _status(await self._ask("Server.GetStatus", {}))

    async def speakers(self) -> list[Placed]:
        """Those that play the sound of the box. Raises: Broken."""
        return (await self.status()).speakers_of(self._port)

    async def set_volume(self, speaker_id: str, volume: int, muted: bool) -> None:
        """Raises: Broken, NotFound, Unavailable."""
        await self._ask(
            "Client.SetVolume", {"id": speaker_id, "volume": {"muted": muted, "percent": volume}}, speaker_id
        )

    async def unmute_group(self, group: str) -> None:
        """Raises: Broken, NotFound, Unavailable."""
        await self._ask("Group.SetMute", {"id": group, "mute": False}, group)

    async def read(self) -> None:
        """Take what the server says, until it ends, or says what nobody can read. Raises: Broken."""
        try:
            await self._read()
        except trio.BrokenResourceError:
            self._ended = "the Snapcast server broke the connection"
        except (ValueError, UnicodeError):
            self._ended = "what answers there does not speak Snapcast's control protocol"
        else:
            self._ended = "the Snapcast server ended the connection"
        finally:
            self._ended = self._ended or "the connection to the Snapcast server was closed"
            for question in self._questions.values():
                question.answered.set()
        raise Broken(self._ended)

    async def _read(self) -> None:
        rest = bytearray()
        while piece := await self._stream.receive_some(PIECE):
            await trio.sleep(PIECE_PAUSE_S)
            searched = len(rest)
            rest += piece
            while (end := rest.find(b"\n", searched)) >= 0:
                line = bytes(rest[:end])
                del rest[: end + 1]
                searched = 0
                if line.strip():
                    self._take(line)
                    await trio.sleep(LINE_PAUSE_S)
            if len(rest) > LINE:
                raise bounded_json.TooMuchJson("a line that is too long")

    def _take(self, line: bytes) -> None:
        said = bounded_json.load(line, size=LINE, values=VALUES, depth=DEPTH)
        if not isinstance(said, dict):
            return
        number = said.get("id")
        question = self._questions.get(number) if isinstance(number, int) else None
        if question is not None:
            question.answer = said
            question.answered.set()
        elif "method" in said:
            self._changed()

    async def _ask(self, method: str, params: dict[str, Any], speaker_id: str = "") -> Any:
        self._asked = number = self._asked + 1
        question = self._questions[number] = _Question()
        asked = {"id": number, "jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
        try:
            with trio.fail_after(ANSWER_S):
                async with self._sending:
                    await self._stream.send_all(to_json(asked) + b"\r\n")
                if not self._ended:
                    await question.answered.wait()
        except trio.TooSlowError:
            raise Broken("the Snapcast server does not answer") from None
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise Broken("the Snapcast server broke the connection") from None
        finally:
            del self._questions[number]
        if question.answer is None:
            raise Broken(self._ended)
        if "error" in question.answer:
            raise _refused(question.answer["error"], speaker_id)
        return question.answer.get("result")


@asynccontextmanager
async def connected(
    host: str, port: int, sound_port: int = 0, changed: Callable[[], None] = lambda: None
) -> AsyncIterator[Control]:
    """A connection, without anybody who reads it yet. Raises: Missing."""
    try:
        with trio.fail_after(CONNECT_S):
            stream = await trio.open_tcp_stream(host, port)
    except (OSError, trio.TooSlowError):
        raise Missing(f"no Snapcast server can be controlled at {host}, port {port}") from None
    try:
        yield Control(stream, sound_port, changed)
    finally:
        await trio.aclose_forcefully(stream)


async def look(host: str, port: int) -> Status:
    """The server's state, asked for on a connection of its own. Raises: Missing, Broken."""
    async with connected(host, port) as control, trio.open_nursery() as nursery:
        found: Status | Broken

        async def read() -> None:
            with suppress(Broken):  # whoever asks is told the same
                await control.read()

        nursery.start_soon(read)
        try:
            found = await control.status()
        except Broken as error:
            found = error
        nursery.cancel_scope.cancel()
    if isinstance(found, Broken):
        raise found
    return found


def _refused(error: Any, speaker_id: str) -> NotFound | Unavailable:
    message = error.get("message") if isinstance(error, dict) else None
    if isinstance(message, str) and "not found" in message.lower():
        return NotFound("speaker", speaker_id)
    return Unavailable("the Snapcast server refuses that")


def _status(result: Any) -> Status:
    server = result.get("server") if isinstance(result, dict) else None
    if not isinstance(server, dict):
        raise Broken("the Snapcast server does not say what it has")
    streams = [each for raw in _list(server.get("streams"), STREAMS) if (each := _stream(raw)) is not None]
    speakers: dict[str, Placed] = {}
    for raw in _list(server.get("groups"), SPEAKERS):
        try:
            group = _Group.model_validate(raw)
        except ValidationError:
            continue
        for client in _list(group.clients, SPEAKERS - len(speakers)):
            placed = _placed(client, group)
            if placed is not None:
                speakers.setdefault(placed.speaker.id, placed)
    return Status(tuple(streams), tuple(speakers.values()))


def _list(value: Any, most: int) -> list[Any]:
    return value[:most] if isinstance(value, list) else []


def _stream(raw: Any) -> Stream | None:
    try:
        found = _Stream.model_validate(raw)
    except ValidationError:
        return None
    uri = found.uri
    if uri.scheme == "meta":
        return Stream(found.id, members=frozenset(filter(None, [uri.host, *uri.path.split("/")])))
    port = uri.host.rpartition(":")[2] if uri.scheme == "tcp" else ""
    rate, bits, channels = (_number(part) for part in [*uri.query.sampleformat.split(":"), "", "", ""][:3])
    return Stream(
        found.id,
        _number(port) or (DEFAULT_PORT if uri.scheme == "tcp" else 0),
        rate or None,
        bits or 16,
        channels or 2,
        _number(uri.query.chunk_ms) or CHUNK_MS,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0


def _placed(raw: Any, group: _Group) -> Placed | None:
    try:
        client = _Client.model_validate(raw)
    except ValidationError:
        return None
    if "/" in client.id or not client.id.isprintable():  # no part of an address
        return None
    own_mute = client.config.volume.muted
    speaker = Speaker(
        id=client.id,
        name=_plain(client.config.name) or _plain(client.host.name) or client.id,
        connected=client.connected,
        volume=client.config.volume.percent,
        muted=own_mute or group.muted,
        latency_ms=client.config.latency,
    )
    return Placed(speaker, group.stream_id, group.id, group.muted, own_mute)


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text[:NAME_LENGTH]).strip()
