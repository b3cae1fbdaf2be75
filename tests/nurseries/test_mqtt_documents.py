"""docs/home.md has the topics that the box has, in the same words."""

import re
from pathlib import Path

from tomb.nurseries.mqtt import link
from tomb.nurseries.mqtt.commands import COMMANDS
from tomb.nurseries.mqtt.topics import MOMENTS, STATES

PAGE = (Path(__file__).parent.parent.parent / "docs" / "home.md").read_text(encoding="utf-8")


def rows(head: str) -> dict[str, str]:
    """Of the table whose first column is called that: what is said of each."""
    table = PAGE.partition(f"| `{head}` |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))


def test_the_page_says_what_is_told() -> None:
    assert rows("tomb/ID/state/") == STATES
    assert rows("tomb/ID/event/") == MOMENTS


def test_the_page_says_what_may_be_asked_for() -> None:
    assert rows("tomb/ID/set/") == {name: f"{each.takes} | {each.does}" for name, each in COMMANDS.items()}


def test_the_page_says_when_a_broker_is_tried_again() -> None:
    *first, last = (f"{pause:g}" for pause in link.PAUSES_S)
    assert f"after {', '.join(first)}, then every {last} seconds" in PAGE.replace("\n", " ")
