"""What a scenario may say, and how it is told that it may not."""

from textwrap import dedent

import pytest

from tomb.rehearsal.scenario import ScenarioError, parse, seconds
from tomb.rehearsal.toml_lines import line_numbers

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
        (
            '[[step]]\ntap = "cow"\nafterr = "1s"\n',
            "story.toml:8: step.afterr: there is no such field; did you mean after?",
        ),
        ('[[step]]\n[[step]]\nat = "soon"\n', "story.toml:8: step.at: 'soon' is no duration"),
        (
            '[[step]]\n[[step]]\ntap = "cow"\nlift = true\n',
            "story.toml:7: step: a step does one thing, not tap and lift",
        ),
        ('[[step]]\nat = "1s"\nafter = "1s"\n', "story.toml:6: step: a step is either at a time or after"),
        ("[[step]]\nrepeat = 3\n", "story.toml:6: step: `repeat` and `steps` need one another"),
        (
            "[[step]]\nexpect.players = {}\n",
            "story.toml:7: step.expect.players: there is no such field; did you mean player?",
        ),
        (
            '[[step]]\n[[step.together]]\ntap = "cow"\n[[step.together]]\nhold = 3\n',
            "story.toml:10: step.together.hold: 3",
        ),
        ('[tags]\nred = "horse"\n[[step]]\n', "story.toml:7: tags.red: the tag red is for horse, which is no playlist"),
        ('[[step]]\nclock = "25:61"\n', "story.toml:7: step.clock: '25:61' is no leap, such as +2h, no time of day"),
        ('[[step]]\nclock = "+soon"\n', "story.toml:7: step.clock: 'soon' is no duration"),
        (
            '[[step]]\ncall = "/api/player/next"\n',
            "story.toml:7: step.call: '/api/player/next' is no method and address",
        ),
        ('[box]\ntime_zone = "Mars/Olympus"\n[[step]]\n', "story.toml:7: box.time_zone: no time zone is called Mars"),
        ('[tags]\nred = { uid = "hello" }\n[[step]]\n', "story.toml:7: tags.red.uid: "),
        ("[[step]]\nbody = { volume = 3 }\n", "story.toml:6: step: `body` says more of call, and the step has none"),
        ('[[step]]\nlift = true\nhold = "2s"\n', "story.toml:6: step: `hold` says more of tap or press"),
        ('[[step]]\nwithin = "2s"\n', "story.toml:6: step: `within` says more of `expect`"),
        ("[[step]]\ntap = \n", "story.toml: Invalid value (at line 7"),
        ("", "story.toml:1: step: Field required"),
    ],
)
def test_an_error_names_the_field_and_the_line(text: str, said: str) -> None:
    assert said in complaint("\n" + text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[step]]\ntap = "cwo"\n', "story.toml:7: step.tap: no tag is called cwo; did you mean cow?"),
        ('[[step]]\ntap = ["cow", "x"]\n', 'no tag is called x; one for nothing is made by x = "" in [tags]'),
        ('[[step]]\nrepeat = 2\n[[step.steps]]\nplace = "x"\n', "story.toml:9: step.steps.place: no tag is called x"),
        ('[[step]]\ncall = "GET /api/tags/<tag x>"\n', "story.toml:7: step.call: no tag is called x"),
        ('[[step]]\ndrop = "phone"\n', "story.toml:7: step.drop: no client is called phone: none connects or calls"),
        ('[[step]]\nemit = { client = "phone", event = "x" }\n', "story.toml:7: step.emit: no client is called phone"),
        (
            '[[step]]\nexpect.told.phone = "nfc_tag"\n',
            "story.toml:7: step.expect.told.phone: no client is called phone",
        ),
        ("[[step]]\nexpect.not_told.phone = []\n", "story.toml:7: step.expect.not_told.phone: no client is called"),
        ('[[step]]\nexpect.no_events = "state:playr"\n', "no event is called state:playr; did you mean state:player?"),
        ('[[step]]\nexpect.machines.plyer = "none"\n', "no machine is called plyer; did you mean player?"),
        ('[[step]]\nexpect.player.state = "/(/"\n', "story.toml:7: step.expect.player.state: /(/ is no regular"),
        (
            "[parents]\nvolume_cieling = 40\n[[step]]\n",
            "story.toml:7: parents.volume_cieling: there is no such setting",
        ),
        ("[parents]\nvolume_ceiling = 400\n[[step]]\n", "story.toml:7: parents.volume_ceiling: "),
        ('[box]\nsettings = { audoi = "silent" }\n[[step]]\n', "story.toml:7: box.settings.audoi: there is no such"),
        (
            '[box.settings]\nport = "many"\n[[step]]\n',
            "story.toml:7: box.settings.port: Input should be a valid integer",
        ),
    ],
)
def test_what_would_tell_another_story_or_expect_nothing_is_no_scenario(text: str, said: str) -> None:
    assert said in complaint("\n" + text)


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(complaint('[[step]]\ntap = "x"\n[[step]]\nplace = "y"\n').splitlines()) == 2


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
