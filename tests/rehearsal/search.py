"""A search over stories that nobody has written: what would happen if a child, three parents and a loose plug …

Hypothesis draws a library, what parents chose and some steps, and has the box live through them. No step expects
anything: what always has to be true (tomb.rehearsal.invariants) is what is looked for. Of a story in which it is not
true the shortest is found that breaks the same, and it is a scenario file like any other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.conductor import Failure
from tomb.rehearsal.scenario import parse

Step = Mapping[str, Any]
SHRINKING = 40

PLAYLISTS: Mapping[str, Any] = {
    "cow": ["20s", "1m"],
    "whale": ["90s"],
    "book": {"tracks": ["25m"], "chapter_every": "5m"},
}
TAGS: Mapping[str, Any] = {
    "skip": {"action": {"action": "next"}},
    "louder": {"action": {"action": "volume_up"}},
    "more": {"action": {"action": "more", "minutes": 1}},
    "stranger": "",
}
LISTS = st.sampled_from(sorted(PLAYLISTS))
PAUSES = st.sampled_from(["0s", "1ms", "100ms", "599ms", "600ms", "1s", "5s", "20s", "65s"])


def _call(method_and_path: str, **body: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    given = st.fixed_dictionaries(body)
    return st.builds(lambda fields: {"call": method_and_path, "body": fields}, given)


def _of_a_playlist(method_and_path: str, **body: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return LISTS.flatmap(lambda name: _call(method_and_path.replace("{}", f"<{name}>"), **body))


PLAYER = "POST /api/player/"
# What it is about to break comes first: Hypothesis shrinks towards the front.
ACTIONS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from([*PLAYLISTS, *TAGS]).map(lambda tag: {"tap": tag, "hold": "300ms"}),
    st.sampled_from(["pause", "play", "toggle", "next", "previous", "stop"]).map(lambda each: {"call": PLAYER + each}),
    st.sampled_from([*PLAYLISTS, "stranger"]).map(lambda tag: {"place": tag}),
    _call(PLAYER + "seek", position_ms=st.sampled_from([0, 1, 19_999, 20_000, 60_000, 1_500_000])),
    _call(PLAYER + "volume", volume=st.integers(0, 100)),
    _call(PLAYER + "chapter", index=st.integers(0, 5)),
    _call(PLAYER + "sleep", seconds=st.sampled_from([1, 15, 60])),
    _call(
        "PUT /api/player/mode",
        repeat_mode=st.sampled_from(["none", "track", "playlist"]),
        shuffle_enabled=st.booleans(),
        auto_advance_enabled=st.booleans(),
        muted=st.booleans(),
    ),
    _of_a_playlist("POST /api/playlists/{}/start"),
    LISTS.flatmap(lambda name: _call("POST /api/nfc/scan", playlist_id=st.just(f"<{name}>"), override=st.booleans())),
    LISTS.flatmap(lambda name: _call("POST /api/nfc/override", playlist_id=st.just(f"<{name}>"))),
    _call("POST /api/limits/more", minutes=st.integers(1, 3)),
    _of_a_playlist("PUT /api/playlists/{}", same_tag=st.sampled_from(["toggle", "restart", "next", "ignore"])),
    _of_a_playlist("DELETE /api/playlists/{}/tracks", track_numbers=st.just([1])),
    _of_a_playlist("DELETE /api/playlists/{}"),
    _call("PUT /api/settings", volume_ceiling=st.integers(1, 100)),
    _call("PUT /api/settings", daily_minutes=st.sampled_from([1, 2, 600]).map(lambda minutes: [minutes] * 7)),
    st.sampled_from([{"lose": "sound"}, {"return": "sound"}, {"lose": "reader"}, {"return": "reader"}]),
    st.sampled_from([{"connect": "phone"}, {"drop": "phone"}, {"resync": "phone"}]),
    st.sampled_from([{"disk": "full"}, {"disk": "slow"}, {"disk": "fine"}]),
    st.sampled_from([{"clock": "+3h"}, {"clock": "-3h"}]),
    st.sampled_from([{"restart": True, "off": "1s"}, {"cut": "power", "off": "1s"}]),
    st.just({"busy": "700ms"}),
)


@st.composite
def stories(draw: st.DrawFn) -> dict[str, Any]:
    """As the TOML of a scenario has it."""
    parents = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "on_removal": st.just("pause"),
                "same_tag": st.sampled_from(["next", "restart"]),
                "daily_minutes": st.just([1] * 7),
                "volume_ceiling": st.just(40),
            },
        )
    )
    steps = draw(st.lists(st.tuples(PAUSES, ACTIONS), min_size=1, max_size=12))
    doable = list(_doable([{"after": pause, **action} for pause, action in steps]))
    story = {"title": "A story that was found", "playlists": PLAYLISTS, "tags": TAGS, "step": doable}
    return {**story, "parents": parents} if parents else story


def _doable(steps: Sequence[Step]) -> Iterator[Step]:
    """Without those that nobody can do: to unplug what is unplugged, to come back who never was there."""
    missing: set[str] = set()
    is_connected = was_connected = False
    for step in steps:
        if (step.get("lose") in missing) or ("return" in step and step["return"] not in missing):
            continue
        if ("drop" in step and not is_connected) or ("resync" in step and not was_connected):
            continue
        missing |= {step["lose"]} if "lose" in step else set()
        missing -= {step.get("return")}
        if {"connect", "resync"} & step.keys():
            is_connected = was_connected = True
        if {"drop", "restart", "cut"} & step.keys():
            is_connected = False
        yield step
    yield {"after": "1s"}


def toml(story: Mapping[str, Any]) -> str:
    """The story as a file."""
    tables = {name: each for name, each in story.items() if isinstance(each, dict)}
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


def hunt(examples: int, seed: int) -> str | None:
    """The shortest story that could be found in which something goes wrong, of so many; None: in none of them.

    Once there is one, `SHRINKING` more are rehearsed to find a shorter one."""
    known: dict[str, bool] = {}  # one that was rehearsed is not rehearsed again
    left = SHRINKING

    def goes_wrong(story: Mapping[str, Any]) -> bool:
        nonlocal left
        text = toml(story)
        if text not in known:
            left -= any(known.values())
            known[text] = left > 0 and failure(text) is not None
        return known[text]

    limits = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    try:
        return toml(find(stories(), goes_wrong, settings=limits, random=Random(seed)))
    except NoSuchExample:
        return None
