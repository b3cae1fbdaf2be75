"""What must be there: the things of one worker, as values that can be compared and changed by making new ones.

A thing is known by a key that no other ever gets, such as "w2-17": a playlist's title begins with it, a file's name is
it. So whatever a box shows can be said to be somebody's, even if the answer with its id was lost in a crash.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, TypeVar

T = TypeVar("T")

Stage = Literal["open", "completed", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Tune:
    """A track. `sha`: SHA-256 of its file, in hex."""

    filename: str
    title: str
    sha: str


@dataclass(frozen=True, slots=True)
class Record:
    """A playlist. `tags`: as they were linked, the last at the end."""

    title: str
    description: str = ""
    tunes: tuple[Tune, ...] = ()
    tags: tuple[str, ...] = ()
    same_tag: str | None = None

    def without(self, *tags: str) -> Self:
        return replace(self, tags=tuple(tag for tag in self.tags if tag not in tags))


@dataclass(frozen=True, slots=True)
class Sending:
    """An upload to the playlist `key`."""

    key: str
    stage: Stage = "open"


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is one worker's: playlists by key, actions by tag, uploads by file name, choices by name of setting."""

    records: Mapping[str, Record] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    sendings: Mapping[str, Sending] = field(default_factory=dict)
    choices: Mapping[str, object] = field(default_factory=dict)

    def put(self, key: str, record: Record) -> Self:
        """With that playlist; whichever had one of its tags loses it, be it a playlist or an action."""
        others = {each: other.without(*record.tags) for each, other in self.records.items()}
        actions = {tag: action for tag, action in self.actions.items() if tag not in record.tags}
        return replace(self, records={**others, key: record}, actions=actions)

    def drop(self, key: str) -> Self:
        """Without the playlist; its uploads go with it."""
        sendings = {name: sending for name, sending in self.sendings.items() if sending.key != key}
        return replace(self, records=_without(self.records, key), sendings=sendings)

    def act(self, tag: str, action: str) -> Self:
        return replace(self.forget(tag), actions={**self.actions, tag: action})

    def forget(self, tag: str) -> Self:
        records = {key: record.without(tag) for key, record in self.records.items()}
        return replace(self, records=records, actions=_without(self.actions, tag))

    def send(self, filename: str, sending: Sending) -> Self:
        return replace(self, sendings={**self.sendings, filename: sending})

    def without_sendings(self, filenames: Collection[str]) -> Self:
        return replace(self, sendings={name: each for name, each in self.sendings.items() if name not in filenames})

    def choose(self, name: str, value: object) -> Self:
        return replace(self, choices={**self.choices, name: value})


def key_of(text: str) -> str:
    """Of a title or a file's name."""
    return text.partition(" ")[0].partition(".")[0]


def owner_of(key: str) -> str:
    """The worker's name, "w2" for "w2-17"."""
    return key.partition("-")[0]


def difference(seen: Holding, allowed: Iterable[Holding]) -> list[str]:
    """Nothing if what is seen is one of what is allowed; else a line for each thing that is as none of them has it.

    When each thing alone is allowed but not their mixture, a half effect, that is the line.
    """
    wanted = list(allowed)
    if seen in wanted:
        return []
    lines: list[str] = []
    for part in ("records", "actions", "sendings", "choices"):
        there: Mapping[str, object] = getattr(seen, part)
        choices: list[Mapping[str, object]] = [getattr(each, part) for each in wanted]
        for name in sorted({*there, *(name for choice in choices for name in choice)}):
            values = [choice.get(name) for choice in choices]
            if there.get(name) not in values:
                lines.append(f"{part} {name}: is {there.get(name)}, should be {' or '.join(map(str, values))}")
    return lines or [f"half of one thing and half of another: {seen} is none of {wanted}"]


def _without(mapping: Mapping[str, T], key: str) -> dict[str, T]:
    return {each: value for each, value in mapping.items() if each != key}
