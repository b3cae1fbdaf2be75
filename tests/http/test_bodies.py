"""Bodies that cost more than they bring: refused or outlasted, in little memory and in small steps."""

import re
import tracemalloc
from collections.abc import Iterable, Mapping

import pytest
import trio
from hypothesis import assume, given
from hypothesis import strategies as st
from trio.testing import MockClock
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from tomb.errors import BadRequest, PayloadTooLarge, RequestTimeout
from tomb.http.bodies import (
    CHUNK_LIMIT,
    FORM_HEADERS_LIMIT,
    FORM_PADDING_LIMIT,
    FORM_PARTS,
    WHOLE,
    Incoming,
    read_chunk,
)
from tomb.nurseries.memory_budget import MemoryBudget

MIB = 2**20
BOUNDARY = b"----a-form"
FORM = {"content-type": "multipart/form-data; boundary=----a-form"}
PART = b'--%b\r\nContent-Disposition: form-data; name="%b"; filename="a"\r\n\r\n%b\r\n'


def part(name: bytes, content: bytes = b"") -> bytes:
    return PART % (BOUNDARY, name, content)


END = b"--" + BOUNDARY + b"--\r\n"


async def read(
    pieces: Iterable[bytes], headers: Mapping[str, str], size: int, pace_s: float = 0.0
) -> tuple[int, object]:
    """How many bytes were taken, and what came of it: the chunk or the refusal."""
    taken = 0
    left = iter(pieces)

    async def receive() -> dict[str, object]:
        nonlocal taken
        if (piece := next(left, None)) is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        await trio.sleep(pace_s)
        taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    stream = Incoming(receive, None)
    stream.limit = CHUNK_LIMIT
    with MemoryBudget(16 * MIB).hold("10.0.0.1", size) as held:
        try:
            return taken, b"".join(await read_chunk(stream, headers, size, held))
        except (BadRequest, RequestTimeout, PayloadTooLarge) as error:
            return taken, error


def cut(content: bytes, size: int = 65536) -> list[bytes]:
    return [content[begin : begin + size] for begin in range(0, len(content), size)]


async def test_what_is_large_is_not_copied_and_what_is_small_is_not_kept_apart(autojump_clock: MockClock) -> None:
    sent = [bytes([number]) * size for number, size in enumerate((1, 2, 65536, WHOLE, 3, WHOLE - 1))]
    left = iter(sent)

    async def receive() -> dict[str, object]:
        await trio.lowlevel.checkpoint()
        piece = next(left, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    stream, size = Incoming(receive, None), sum(map(len, sent))
    with MemoryBudget(16 * MIB).hold("10.0.0.1", size) as held:
        chunk = await read_chunk(stream, {}, size, held)
    assert chunk == [sent[0] + sent[1], sent[2], sent[3], sent[4] + sent[5]]
    assert (chunk[1] is sent[2], chunk[2] is sent[3]) == (True, True)


@pytest.mark.parametrize("size", [1, 7, 100, 65536, 10**6])
async def test_a_form_may_be_cut_anywhere(autojump_clock: MockClock, size: int) -> None:
    content = bytes(range(256)) * 40 + b"\r\n--" + BOUNDARY[:-1] + b"\r\n\r\n"
    form = part(b"token", b"x" * 100) + part(b"file", content) + part(b"other") + END
    _, chunk = await read(cut(form, size), FORM, len(content))
    assert chunk == content


def werkzeug_reads(form: bytes) -> bytes | None:
    """What Werkzeug finds in the one field `file`; None where it finds no form, or another number of them."""
    parser, found, is_file = MultipartDecoder(BOUNDARY), list[bytearray](), False
    parser.receive_data(form)
    parser.receive_data(None)
    try:
        while not isinstance(event := parser.next_event(), Epilogue | NeedData):
            if isinstance(event, File | Field):
                is_file = event.name == "file"
                found += [bytearray()] * is_file
            elif isinstance(event, Data) and is_file:
                found[-1] += event.data
    except ValueError:
        return None
    return bytes(found[0]) if len(found) == 1 else None


LINE = re.compile(b"(^|[\r\n])--" + BOUNDARY + b"([-\r]|$)")  # to Werkzeug also after a CR alone
PIECES = (b"\r\n", b"--", BOUNDARY, BOUNDARY[:-1], b"\r", b"-", b"x", b"\0" * 50, b"\r\n--" + BOUNDARY)


@given(st.lists(st.sampled_from(PIECES)), st.lists(st.sampled_from(PIECES)), st.integers(1, 40), st.booleans())
def test_a_form_means_what_it_means_to_others(
    content: list[bytes], other: list[bytes], size: int, is_first: bool
) -> None:
    both = [part(b"file", b"".join(content)), part(b"other", b"".join(other))]
    assume(not any(LINE.search(b"".join(each)) for each in (content, other)))  # then it has other parts, or ends there
    form = b"".join(both if is_first else reversed(both)) + END
    _, chunk = trio.run(read, cut(form, size), FORM, len(form))
    assert (chunk if isinstance(chunk, bytes) else None) == werkzeug_reads(form)


@pytest.mark.parametrize("size", [1, 1000, 65536])
async def test_what_follows_a_boundary_for_too_long_is_content(autojump_clock: MockClock, size: int) -> None:
    """Else all of it is looked through again with each piece that comes: 70 kB of spaces took three seconds."""
    padded = b"\r\n--" + BOUNDARY + b" " * FORM_PADDING_LIMIT
    content = b"x" + padded + b" \r\n" + padded + b" --"
    form = part(b"file", content)[:-2] + padded + part(b"other").removeprefix(b"--" + BOUNDARY) + END
    _, chunk = await read(cut(form, size), FORM, len(content))
    assert chunk == content


async def test_a_chunk_is_in_memory_once(autojump_clock: MockClock) -> None:
    """Of eight megabytes in a form there were thirty-two at once."""
    form = [part(b"file")[:-2], *(bytes(65536) for _ in range(128)), b"\r\n" + END]
    tracemalloc.start()
    try:
        _, chunk = await read(form, FORM, 8 * MIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(chunk, bytes)
    assert len(chunk) == 8 * MIB
    assert peak < (8 + 8 + 4) * MIB  # with the test's own copy of what is sent


@pytest.mark.parametrize("name", [b"x", b"file"])
async def test_a_form_of_countless_parts_is_refused_at_its_beginning(autojump_clock: MockClock, name: bytes) -> None:
    """Eight megabytes of them kept everybody else waiting for two seconds."""
    taken, refused = await read(cut(part(name) * 80_000), FORM, 8 * MIB)
    assert isinstance(refused, PayloadTooLarge if name == b"x" else BadRequest)
    assert taken <= 2 * 65536
    assert FORM_PARTS < 100


@pytest.mark.parametrize(
    "form",
    [
        b"--" + BOUNDARY + b"\r\n" + b"X-A: b\r\n" * 10**6,
        b"--" + BOUNDARY + b"\r\nContent-Disposition: " + b"x" * 8 * 10**6,
        b"preamble " * 10**6,
        part(b"file", b"x") + END + b"epilogue" * 10**6,
    ],
    ids=["headers", "a header", "a preamble", "an epilogue"],
)
async def test_what_has_no_end_in_a_form_is_refused_at_its_beginning(autojump_clock: MockClock, form: bytes) -> None:
    taken, refused = await read(cut(form), FORM, 8 * MIB)
    assert isinstance(refused, BadRequest)
    assert taken <= 4 * 65536


@pytest.mark.parametrize("headers", [FORM, {}])
async def test_more_than_the_chunk_is_not_taken(autojump_clock: MockClock, headers: Mapping[str, str]) -> None:
    taken, refused = await read(cut(part(b"file", bytes(4 * MIB)) + END), headers, MIB)
    assert isinstance(refused, BadRequest)
    assert taken <= MIB + 2 * 65536


async def test_others_have_their_turn_while_a_large_chunk_is_taken_apart(autojump_clock: MockClock) -> None:
    """Whatever the server hands over at once."""
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(another)
        _, chunk = await read([part(b"file", bytes(4 * MIB)) + END], FORM, 4 * MIB)
        nursery.cancel_scope.cancel()
    assert isinstance(chunk, bytes)
    assert turns >= 4 * MIB // 65536 - 2  # between two slices, and those before and after them


@pytest.mark.parametrize(("pace_s", "size", "in_time"), [(9, 1, False), (9, 2048, True), (9, 2000, False)])
async def test_who_sends_too_slowly_is_given_up(
    autojump_clock: MockClock, pace_s: float, size: int, in_time: bool
) -> None:
    began = trio.current_time()
    _, result = await read(cut(bytes(30 * size), size), {}, 30 * size, pace_s)
    assert isinstance(result, bytes) == in_time
    assert trio.current_time() - began == (270 if in_time else 20)


@pytest.mark.parametrize("size", [16384, 100])
async def test_a_form_says_no_more_of_its_parts_than_can_be_taken_apart_at_once(
    autojump_clock: MockClock, size: int
) -> None:
    """Sixteen parts with eight kilobytes each kept everybody else waiting for a twentieth of a second."""
    said = b"Content-Disposition: form-data; " + b'a="b";' * 80  # half a kilobyte
    form = (b"--" + BOUNDARY + b"\r\n" + said + b"\r\n\r\n\r\n") * 12 + part(b"file", b"x") + END
    _, refused = await read(cut(form, size), FORM, 1)
    assert isinstance(refused, BadRequest)
    assert refused.details == {"limit": FORM_HEADERS_LIMIT}
    _, chunk = await read(cut(form.replace(b'a="b";', b""), size), FORM, 1)
    assert chunk == b"x"
