"""What a scenario may say, and how it is told that it may not."""

from textwrap import dedent

import pytest

from tomb.rehearsal.scenario import ScenarioError, line_numbers, parse, seconds

SMALL = """\
title = "Small"

[playlists]
cow = ["60s"]
"""


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as refused:
        parse(SMALL + dedent(text), "story.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "length"), [("90s", 90), ("1h30m", 5400), ("500ms", 0.5), ("1.5s", 1.5), ("2d", 172_800), ("1m 5s", 65)]
)
def test_durations_are_written_as_people_do(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5s1m", "1e3s", 5])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[step]]\ntap = "cow"\nafterr = "1s"\n', "story.toml:8: step.afterr: Extra inputs are not permitted"),
        ('[[step]]\n[[step]]\nat = "soon"\n', "story.toml:8: step.at: 'soon' is no duration"),
        (
            '[[step]]\n[[step]]\ntap = "cow"\nlift = true\n',
            "story.toml:7: step: a step does one thing, not tap and lift",
        ),
        ('[[step]]\nat = "1s"\nafter = "1s"\n', "story.toml:6: step: a step is either at a time or after"),
        ("[[step]]\nrepeat = 3\n", "story.toml:6: step: `repeat` and `steps` need one another"),
        ("[[step]]\nexpect.players = {}\n", "story.toml:7: step.expect.players: Extra inputs"),
        (
            '[[step]]\n[[step.together]]\ntap = "cow"\n[[step.together]]\nhold = 3\n',
            "story.toml:10: step.together.hold: 3",
        ),
        ('[tags]\nred = "horse"\n[[step]]\n', "the tag red is for horse, which is no playlist"),
        ("[[step]]\ntap = \n", "story.toml: Invalid value (at line 7"),
        ("", "story.toml:1: step: Field required"),
    ],
)
def test_an_error_names_the_field_and_the_line(text: str, said: str) -> None:
    assert said in complaint("\n" + text)


def test_things_are_found_behind_strings_and_lists_that_look_like_them() -> None:
    text = dedent('''\
        title = """
        [[step]]
        a = 1
        """ # """
        [box]
        list = [
          "[[step]]", # ]
          { x = 1 },
        ]
        [[step]]
        expect.player = { a = "]" }
        [[step]]
        [[step.together]]
        "tap" = 'cow'
        [[step.together]]
        [step.together.expect]
        sounds = "silence"
    ''')
    lines = line_numbers(text)
    assert {place: line for place, line in lines.items() if "step" in place} == {
        ("step", 0): 10,
        ("step", 0, "expect"): 11,
        ("step", 0, "expect", "player"): 11,
        ("step", 1): 12,
        ("step", 1, "together", 0): 13,
        ("step", 1, "together", 0, "tap"): 14,
        ("step", 1, "together", 1): 15,
        ("step", 1, "together", 1, "expect"): 16,
        ("step", 1, "together", 1, "expect", "sounds"): 17,
    }


def test_every_tag_has_a_number_of_its_own() -> None:
    text = '[tags]\nsecond = "cow"\nstranger = ""\nold = { uid = "04A1B2C3" }\n[[step]]\n'
    tags = parse(SMALL + text, "story.toml").tags
    assert tags["old"] == "04A1B2C3"
    assert len(set(tags.values())) == len({"cow", "second", "stranger", "old"}) == len(tags)
