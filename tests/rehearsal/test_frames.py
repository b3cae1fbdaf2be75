"""A loudspeaker that takes every frame: what is heard is the tracks, sample for sample."""

import re

from tests.rehearsal.story import LIBRARY, goes_well, told

FRAMES = """\
title = "Every frame counts"

[box]
sound = "frames"

[playlists]
cow = ["3s", "2s"]
whale = ["20s"]

"""

GAPLESS = """
    [[step]]
    call = "POST /api/player/volume"
    body = { volume = 100 }
    [[step]]
    tap = "cow"
    within = "10s"
    expect.player.state = "stopped"
    expect.heard = ["cow/1", "cow/2"]
    expect.samples = ["cow/1", "cow/2"]
"""


def test_tracks_follow_one_another_without_a_gap() -> None:
    goes_well(GAPLESS, library=FRAMES)


def test_what_is_not_heard_is_not_found() -> None:
    wrong = GAPLESS.replace('expect.samples = ["cow/1", "cow/2"]', 'expect.samples = ["cow/1", "whale/1"]')
    assert "samples" in str(told(wrong, library=FRAMES).failure)
    assert 'box.sound = "frames"' in str(told(GAPLESS, library=LIBRARY).failure)


def test_the_frames_have_a_hash_and_it_is_always_the_same() -> None:
    hashed = GAPLESS.replace('expect.samples = ["cow/1", "cow/2"]', 'expect.hash = "00000000"')
    found = {re.search(r"found     ([0-9a-f]{64})", str(told(hashed, seed, FRAMES).failure)) for seed in range(2)}
    digests = {each[1] for each in found if each is not None}
    assert len(digests) == 1
    goes_well(hashed.replace("00000000", digests.pop()[:16]), library=FRAMES)


def test_it_is_unplugged_and_comes_back_where_it_was() -> None:
    goes_well(
        """
        [[step]]
        tap = "whale"
        [[step]]
        after = "5s"
        expect.sounds = "whale/1"
        expect.player.position = "4900ms"
        [[step]]
        lose = "sound"
        within = "1s"
        expect.player.state = "error"
        expect.sounds = "silence"
        [[step]]
        after = "10s"
        return = "sound"
        within = "10s"
        expect.player = { state = "playing", position = "4900ms" }
        """,
        library=FRAMES,
    )
