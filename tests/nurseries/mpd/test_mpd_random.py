"""Anything at all, in any order: each command has one answer, and the box lives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.box import TAGS, virtual_box
from tests.rigs.mpd import hosting
from tests.rigs.virtual import run_virtually
from tomb.nurseries.mpd.commands import COMMANDS
from tomb.nurseries.mpd.protocol import quoted

_WORDS = st.sampled_from([*sorted(set(COMMANDS) - {"idle", "close"}), "dance", "command_list_end"])
_ARGUMENTS = st.lists(
    st.sampled_from(["0", "1", "-1", "2:", "1:3", "Tales", "Tales/x.wav", "clear", "all", "9" * 12, "+2.5", "é"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8),
    max_size=3,
)
_COMMANDS = st.builds(lambda word, said: " ".join([word, *map(quoted, said)]), _WORDS, _ARGUMENTS)
# The first end of a list ends it, and what was to end it is then a command by itself, with an answer of its own.
_LISTED = _COMMANDS.filter(lambda line: not line.startswith("command_list_end"))
_STEPS = st.lists(
    st.one_of(
        _COMMANDS.map(lambda line: [line]),
        st.lists(_LISTED, max_size=5).map(lambda lines: ["command_list_ok_begin", *lines, "command_list_end"]),
        st.just(["idle", "noidle"]),
    ),
    max_size=40,
)


@settings(max_examples=12, deadline=None)
@given(_STEPS, st.integers(0, 3))
def test_whatever_is_asked_has_one_answer_and_the_box_lives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[str]], seed: int
) -> None:
    async def main() -> None:
        async with (
            virtual_box(tmp_path_factory.mktemp("box"), seed=seed, rate_limits="off") as box,
            hosting(box) as host,
        ):
            await box.add("Tales", 100, 200, 300)
            await box.add("Songs", 50, 60, tag_id=TAGS[0])
            peer = await host.connect()
            for lines in steps:
                answer = await peer.ask(*lines)
                assert answer.end == "OK" or answer.end.startswith("ACK ["), (lines, answer)
            await peer.send("ping")
            assert await peer.line() == "OK"  # and nothing is left of any answer before
            await box.tap(TAGS[0])
            assert box.services.deck.state(0).active_playlist_title == "Songs"

    run_virtually(main)
