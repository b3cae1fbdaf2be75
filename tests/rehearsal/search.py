"""A search over stories that nobody has written: what would happen if a child, three parents and a loose plug …

A story is about a few things that may happen to a box, drawn from all of them (`KINDS`), and they happen in it again
and again, between music: what goes wrong only when one thing follows another is hardly met where each step could be
anything. No step expects anything; what always has to be true (tomb.rehearsal.invariants) is what is looked for.

Hypothesis draws the stories. The first in which something is not as it has to be is then told anew without whatever
it breaks the same rule without, and what is left is a scenario file like any other.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.conductor import Failure
from tomb.rehearsal.scenario import ScenarioError, parse

Step = Mapping[str, Any]
Story = Mapping[str, Any]
Steps = st.SearchStrategy[Step]
TOLD_EVERY = 100

PLAYLISTS: Mapping[str, Any] = {
    "cow": ["20s", "1m"],
    "whale": ["90s"],
    "book": {"tracks": ["21m"], "chapter_every": "5m"},
}
TAGS: Mapping[str, Any] = {
    "skip": {"action": {"action": "next"}},
    "louder": {"action": {"action": "volume_up"}},
    "more": {"action": {"action": "more", "minutes": 1}},
    "stranger": "",
}
LISTS = st.sampled_from(sorted(PLAYLISTS))
PAUSES = st.sampled_from(["0s", "1ms", "100ms", "599ms", "600ms", "1s", "1s", "5s", "5s", "20s", "65s", "65s"])
HOLDS = st.sampled_from(["300ms", "300ms", "1s", "30s"])


def _call(method_and_path: str, **body: st.SearchStrategy[Any]) -> Steps:
    given = st.fixed_dictionaries(body)
    return st.builds(lambda fields: {"call": method_and_path, "body": fields}, given)


def _of_a_playlist(method_and_path: str, **body: st.SearchStrategy[Any]) -> Steps:
    return LISTS.flatmap(lambda name: _call(method_and_path.replace("{}", f"<{name}>"), **body))


def _of_a_session(method_and_path: str, **body: st.SearchStrategy[Any]) -> Steps:
    return LISTS.flatmap(lambda name: _call(method_and_path, playlist_id=st.just(f"<{name}>"), **body))


def _one(*steps: Step) -> Steps:
    return st.sampled_from(steps)


def _tap(*tags: str) -> Steps:
    return st.builds(lambda tag, hold: {"tap": tag, "hold": hold}, st.sampled_from(tags), HOLDS)


def _player(*commands: str) -> Steps:
    return _one(*({"call": f"POST /api/player/{each}"} for each in commands))


MUSIC = st.one_of(_tap(*PLAYLISTS), _tap(*PLAYLISTS), _of_a_playlist("POST /api/playlists/{}/start"), _player("play"))
KINDS: Mapping[str, Steps] = {
    "transport": st.one_of(
        _player("pause", "toggle", "next", "previous", "stop"),
        _call("POST /api/player/seek", position_ms=st.sampled_from([0, 1, 19_999, 20_000, 59_000, 1_259_000])),
        _call("POST /api/player/chapter", index=st.integers(0, 4)),
        _call("POST /api/player/sleep", seconds=st.sampled_from([1, 15, 60])),
    ),
    "touch": st.one_of(
        st.sampled_from([*PLAYLISTS, "stranger"]).map(lambda tag: {"place": tag}),
        _one({"lift": True}, {"miss": "100ms"}, {"miss": "599ms"}, {"miss": "600ms"}),
        _call("PUT /api/settings", on_removal=st.sampled_from(["keep", "pause"])),
        _tap("skip", "louder", "stranger"),
    ),
    "sessions": st.one_of(
        _of_a_session("POST /api/nfc/scan", override=st.booleans()),
        _of_a_session("POST /api/nfc/override"),
        _tap("stranger", *PLAYLISTS),
    ),
    "limits": st.one_of(
        _call("PUT /api/settings", daily_minutes=st.sampled_from([0, 1, 2, 600]).map(lambda minutes: [minutes] * 7)),
        _call("POST /api/limits/more", minutes=st.integers(1, 3)),
        _tap("more"),
        _one({"after": "65s"}, {"after": "5m"}),
    ),
    "edits": st.one_of(
        _of_a_playlist("PUT /api/playlists/{}", title=st.sampled_from(["Kuh", "Wal"])),
        _of_a_playlist("PUT /api/playlists/{}", same_tag=st.sampled_from(["toggle", "restart", "next", "ignore"])),
        _of_a_playlist("DELETE /api/playlists/{}/tracks", track_numbers=st.just([1])),
        _of_a_playlist("DELETE /api/playlists/{}"),
        _call("POST /api/playlists", title=st.just("Hen")),
    ),
    "loudness": st.one_of(
        _call("POST /api/player/volume", volume=st.integers(0, 100)),
        _call("PUT /api/settings", volume_ceiling=st.integers(1, 100)),
        _call("PUT /api/player/mode", muted=st.booleans()),
    ),
    "modes": _call(
        "PUT /api/player/mode",
        repeat_mode=st.sampled_from(["none", "track", "playlist"]),
        shuffle_enabled=st.booleans(),
        auto_advance_enabled=st.booleans(),
    ),
    "plugs": _one({"lose": "sound"}, {"return": "sound"}, {"lose": "reader"}, {"return": "reader"}),
    "power": _one({"cut": "power", "off": "1s"}, {"cut": "power", "off": "1s"}, {"restart": True, "off": "1s"}),
    "clients": _one({"connect": "phone"}, {"drop": "phone"}, {"resync": "phone"}),
    "disk": _one({"disk": "full"}, {"disk": "slow"}, {"disk": "fine"}),
    "time": _one({"clock": "+3h"}, {"clock": "-3h"}, {"busy": "700ms"}),
}
PARENTS: Mapping[str, st.SearchStrategy[Mapping[str, Any]]] = {
    "limits": st.sampled_from([0, 1, 1]).map(lambda minutes: {"daily_minutes": [minutes] * 7}),
    "touch": st.just({"on_removal": "pause"}),
    "edits": st.sampled_from(["next", "restart"]).map(lambda same_tag: {"same_tag": same_tag}),
    "loudness": st.just({"volume_ceiling": 40}),
}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """As the TOML of a scenario has it."""
    about = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=4, max_size=6, unique=True))
    parents: dict[str, Any] = {}
    for kind in about:
        if kind in PARENTS and draw(st.booleans()):
            parents |= draw(PARENTS[kind])
    step = st.one_of(MUSIC, *(KINDS[kind] for kind in about))
    opening = draw(st.sampled_from([MUSIC, MUSIC, MUSIC, step]))
    drawn = [draw(opening), *draw(st.lists(step, min_size=7, max_size=14))]
    steps = [{"after": draw(PAUSES)} | each for each in drawn]
    return {
        "title": "A story that was found",
        "playlists": PLAYLISTS,
        "tags": TAGS,
        "parents": parents,
        "step": [*_doable(steps), {"after": "1s"}],
    }


def _doable(steps: Sequence[Step]) -> Iterator[Step]:
    """Without those that nobody can do: to unplug what is unplugged, to come back who never was there."""
    missing: set[str] = set()
    is_connected = was_connected = False
    lies_there = False
    for step in steps:
        if (step.get("lose") in missing) or ("return" in step and step["return"] not in missing):
            continue
        if ("drop" in step and not is_connected) or ("resync" in step and not was_connected):
            continue
        if {"lift", "miss"} & step.keys() and not lies_there:
            continue
        missing |= {step["lose"]} if "lose" in step else set()
        missing -= {step.get("return")}
        if {"connect", "resync"} & step.keys():
            is_connected = was_connected = True
        if {"drop", "restart", "cut"} & step.keys():
            is_connected = False
        if {"place", "tap", "lift"} & step.keys():  # whoever taps takes it away, some time
            lies_there = "place" in step
        yield step


def toml(story: Mapping[str, Any]) -> str:
    """The story as a file."""
    tables = {name: each for name, each in story.items() if isinstance(each, dict) and each}
    lines = [f"title = {_value(story['title'])}"]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_fields(table)]
    for step in story["step"]:
        lines += ["", "[[step]]", *_fields(step)]
    return "\n".join(lines) + "\n"


def _fields(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_value(each)}" for name, each in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(_fields(value)) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def failure(text: str) -> Failure | None:
    """What of a scenario is not as it always has to be."""
    return rehearse_in_scratch(parse(text, "found.toml")).failure


def hunt(examples: int, seed: int, tell: Callable[[int], object] = lambda _: None) -> str | None:
    """A shortest story in which something goes wrong, of so many that are drawn; None: in none of them.

    `tell`: how many were rehearsed, now and then."""
    rehearsed: dict[str, str | None] = {}  # once each

    def goes_wrong(story: Story) -> bool:
        text = toml(story)
        if text not in rehearsed:
            rehearsed[text] = _broken(text)
            if len(rehearsed) % TOLD_EVERY == 0:
                tell(len(rehearsed))
        return rehearsed[text] is not None

    limits = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    try:
        found = find(stories(), goes_wrong, settings=limits, random=Random(seed))
    except NoSuchExample:
        return None
    return toml(_shortest(found, rehearsed[toml(found)]))


def _broken(text: str) -> str | None:
    """The rule that is. What cannot be told, or done, as nobody can take away what is gone, breaks none."""
    try:
        found = failure(text)
    except ScenarioError:  # it names what was left out
        return None
    rule = None if found is None else found.complaints[0].expected
    return None if rule == "to be done" else rule


def _shortest(story: Story, rule: str | None) -> Story:
    """What is left when nothing can be left out any more without the rule being kept.

    (Hypothesis would look for the least of all that it can draw: hundreds of rehearsals, and this takes thirty.)"""

    def left(fewer: Story) -> Story:
        return fewer if fewer["step"] and _broken(toml(fewer)) == rule else story

    size = len(story["step"]) // 2
    while size:
        before = story
        for at in range(len(story["step"]) - size, -size, -size):
            steps = story["step"]
            story = left({**story, "step": [*steps[: max(at, 0)], *steps[at + size :]]})
        if size > 1 or story is before:
            size //= 2
    for at, step in enumerate(story["step"]):  # it is only waited, or not waited at all
        now = {name: each for name, each in step.items() if name != "after"}
        for simpler in ({"after": step["after"]}, now) if now and now != step else ():
            if story["step"][at] is step:
                story = left({**story, "step": [*story["step"][:at], simpler, *story["step"][at + 1 :]]})
    for table in ("parents", "tags", "playlists"):
        for name in story[table]:
            story = left({**story, table: {each: told for each, told in story[table].items() if each != name}})
    return story
