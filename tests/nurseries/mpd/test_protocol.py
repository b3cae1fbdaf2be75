"""The grammar of MPD's protocol: whatever comes, in whatever pieces."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tomb.nurseries.mpd.protocol import (
    LINE_LIMIT,
    LIST_COMMANDS,
    Batch,
    Code,
    CommandError,
    Dialogue,
    HangUp,
    Request,
    acknowledge,
    in_one_line,
    integer,
    milliseconds,
    pair,
    parse,
    quoted,
    section,
)

words = st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True)
arguments = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=5)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)
# Near what is a command, so that most of them get far.
likely = st.one_of(
    lines,
    st.text(" \t\"\\'abz0_:-", max_size=30),
    st.sampled_from(["command_list_begin", "command_list_ok_begin", "command_list_end", "noidle", "idle", "ping"]),
    st.builds(lambda word, rest: f"{word} {rest}", words, lines),
)


@given(words, arguments)
def test_what_a_client_quotes_is_understood_as_it_was_meant(word: str, meant: list[str]) -> None:
    assert parse(" ".join([word, *map(quoted, meant)])) == Request(word, tuple(meant))


@given(words, st.lists(st.from_regex(r"[!#-&(-~]+", fullmatch=True), max_size=5))
def test_without_quotes_an_argument_ends_at_white_space(word: str, meant: list[str]) -> None:
    assert parse("\t ".join([word, *meant])) == Request(word, tuple(meant))


@given(likely)
def test_a_line_is_a_request_or_an_error_that_the_client_is_told(line: str) -> None:
    error = refused(parse, line)
    if error is not None:
        told = acknowledge(error, 3, "")
        assert told.startswith(f"ACK [{int(error.code)}@3] {{}} ".encode())
        assert told.count(b"\n") == 1


def refused(read: Callable[[str], object], said: str) -> CommandError | None:
    try:
        read(said)
    except CommandError as error:
        return error
    return None


@given(st.lists(likely, max_size=12), st.binary(max_size=40), st.data())
def test_pieces_and_lines_are_one_and_the_same_conversation(said: list[str], rest: bytes, data: st.DataObject) -> None:
    whole = b"".join(line.encode() + b"\n" for line in said) + rest
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert conversation(pieces) == conversation([whole])


def conversation(pieces: list[bytes]) -> list[Batch | str]:
    """What is done, up to the end."""
    dialogue, done = Dialogue(), list[Batch | str]()
    try:
        for piece in pieces:
            dialogue.receive(piece)
            while (line := dialogue.next_line()) is not None:
                if (batch := dialogue.hear(line)) is not None:
                    done.append(batch)
                    dialogue.idling = batch.lines == ("idle",)
    except HangUp as why:
        done.append(str(why))
    return done


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1",
        b"POST /status HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"PUT / HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01\x02\x00\x01status",  # TLS
        b"\x00\x01\x00\x00",  # STUN
        b"",
        b" status",
        b"Status",
    ],
)
def test_who_speaks_another_language_is_hung_up_on_before_a_command_of_his_is_heard(first: bytes) -> None:
    [end] = conversation([first + b"\r\nHost: box\r\n\r\nclear\nplay\n"])
    assert isinstance(end, str)


def test_it_takes_no_more_than_one_letter() -> None:
    dialogue = Dialogue()
    dialogue.receive(b"G")
    with pytest.raises(HangUp):
        dialogue.next_line()


def test_a_line_without_end_a_list_without_end_and_what_is_not_utf8_end_the_connection() -> None:
    assert conversation([b"p" * (LINE_LIMIT + 1)]) == ["a line has no end"]
    endless = [b"command_list_begin\n"] + [b"ping\n"] * (LIST_COMMANDS + 1)
    assert conversation(endless) == ["the command list is too long"]
    long = [b"command_list_begin\n"] + [b"p" * LINE_LIMIT + b"\n"] * 17
    assert conversation(long) == ["the command list is too long"]
    assert conversation([b"ping \xff\n"]) == ["that is not UTF-8"]


def test_a_list_is_one_batch_and_noidle_is_no_part_of_it() -> None:
    said = b"command_list_ok_begin\nping\nnoidle\nstatus\ncommand_list_end\nping\n"
    assert conversation([said]) == [Batch(("ping", "status"), is_list=True, confirmed=True), Batch(("ping",))]


def test_while_idle_nothing_but_noidle_may_follow() -> None:
    assert conversation([b"idle\nnoidle\nnoidle\nping\n"]) == [Batch(("idle",)), Batch(()), Batch(("ping",))]
    assert conversation([b"idle\nping\n"]) == [Batch(("idle",)), "nothing but noidle may follow idle"]


@given(st.text())
def test_whatever_is_in_a_title_it_stays_one_line(title: str) -> None:
    line = pair("Title", title)
    assert line.endswith(b"\n")
    assert len(line.decode().splitlines()) == 1
    assert in_one_line(in_one_line(title)) == in_one_line(title)


@example("-+5")
@given(st.text() | st.from_regex(r"[-+]{0,2}\d{0,20}\.?\d{0,20}", fullmatch=True))
def test_numbers_are_numbers_or_errors(argument: str) -> None:
    for read in (integer, milliseconds):
        error = refused(read, argument)
        assert error.code == Code.ARGUMENT if error else abs(read(argument)) < 10**15


def test_seconds_may_have_a_fraction_and_a_sign() -> None:
    assert [milliseconds(said) for said in ("12", "12.5", "-0.25", "+3.", ".5", "1.23456")] == [
        12_000,
        12_500,
        -250,
        3_000,
        500,
        1_234,
    ]


@given(st.integers(0, 50), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_range_is_pythons(length: int, start: int, end: int | None) -> None:
    try:
        places = section(f"{start}:{'' if end is None else end}", length)
    except CommandError:
        assert end is not None
        assert end < start
    else:
        assert list(places) == list(range(length))[start:end]


def test_a_position_beyond_the_end_is_none() -> None:
    assert list(section("4", 5)) == [4]
    with pytest.raises(CommandError, match="Bad song index"):
        section("5", 5)
