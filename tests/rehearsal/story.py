"""Stories for tests: a box with two playlists, and whatever happens to it."""

from textwrap import dedent

from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.conductor import Performance
from tomb.rehearsal.scenario import Scenario, parse

LIBRARY = """\
title = "A story"

[playlists]
cow = ["60s", "90s"]
whale = ["2m"]

[tags]
stranger = ""

"""
FIRST_LINE = LIBRARY.count("\n") + 1


def scenario(steps: str, library: str = LIBRARY) -> Scenario:
    return parse(library + dedent(steps), "story.toml")


def told(steps: str, seed: int = 0, library: str = LIBRARY) -> Performance:
    return rehearse_in_scratch(scenario(steps, library), seed)


def failure(steps: str, seed: int = 0) -> str:
    """Of a story that does not go as it expects to."""
    performance = told(steps, seed)
    assert performance.failure is not None
    return str(performance.failure)


def goes_well(steps: str, seed: int = 0, library: str = LIBRARY) -> Performance:
    performance = told(steps, seed, library)
    assert performance.failure is None, performance.failure
    return performance
