"""What a scenario says: the models of its TOML file, and errors that name the field and the line.

docs/rehearsing.md is the description for those who write some.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from tomb.devices.youtube import Reason
from tomb.errors import TombError

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,59}$")]
Place = tuple[str | int, ...]
"""Where something stands in the file: ("step", 3, "expect", "player")."""

_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?"
)
_UNITS = (86_400.0, 3600.0, 60.0, 1.0, 0.001)


class ScenarioError(TombError):
    """A scenario that cannot be rehearsed: its message names the file, the line and the field."""


def seconds(text: object) -> float:
    """`1h30m`, `90s`, `500ms` in seconds. Raises ValueError."""
    found = _DURATION.fullmatch(text.replace(" ", "")) if isinstance(text, str) else None
    if found is None or not found.group(0):
        raise ValueError(f"{text!r} is no duration, such as 1h30m, 90s or 500ms")
    return sum(float(count) * unit for count, unit in zip(found.groups(), _UNITS, strict=True) if count)


Seconds = Annotated[float, BeforeValidator(seconds)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaylistSpec(_Model):
    """`tracks`: how long each is. `tag`: the name of the tag that plays it; by default that of the playlist.
    `chapter_every`: so long is each chapter of its tracks."""

    tracks: Annotated[list[Seconds], Field(min_length=1)]
    tag: Name | None = None
    chapter_every: Seconds | None = None


class TagSpec(_Model):
    """What a tag is for besides those of playlists: nothing, another tag of a playlist, or an action (as PUT
    /api/tags/{id} has it). `uid`: its number, by default one made of its name. `random`: it has another one each time,
    as phones do."""

    playlist: Name | None = None
    action: dict[str, Any] | None = None
    uid: str | None = None
    random: bool = False


InputName = Literal["buttons", "knob", "typer"]


class BoxSpec(_Model):
    """`starts`: what the wall clock of the box shows when it is switched on, in `time_zone`. `settings`: those of the
    operator. `readers`, `inputs`: what is plugged in, or may be. `missing`: devices that are not there yet. `broker`:
    there is one of MQTT, and the box knows it. `sound`: the loudspeaker only keeps the time, or takes every frame of
    tracks that are noise then. `sound_lag`: to pause, or what follows, is heeded so much later, as by a device with a
    buffer."""

    starts: datetime = datetime(2026, 3, 2, 15, 0)  # noqa: DTZ001  # in `time_zone`
    time_zone: str = "UTC"
    settings: dict[str, Any] = {}
    readers: Annotated[list[Name], Field(max_length=8)] = ["reader"]
    inputs: list[InputName] = []
    missing: list[Name] = []
    sound_lag: Seconds = 0.0
    broker: bool = False
    sound: Literal["clock", "frames"] = "clock"

    @model_validator(mode="after")
    def _knows_what_is_missing(self) -> Self:
        if strange := set(self.missing) - {"sound", *self.readers, *self.inputs}:
            raise ValueError(f"no device is called {' or '.join(sorted(strange))}")
        return self


class YouTubeSpec(_Model):
    """How long a download takes, how long its sound is, and what goes wrong with which video, in turn."""

    takes: Seconds = 10.0
    length: Seconds = 2.0
    title: str = "A song"
    fails: dict[str, list[Reason]] = {}
    missing: Reason | None = None


class NoteSpec(_Model):
    """What the program that installs updates has noted (tomb.devices.updates.Note)."""

    state: str
    version: str = "2.0"
    reason: str = ""
    message: str = ""


class PublishSpec(_Model):
    """A command over MQTT."""

    topic: str
    payload: str = ""


class BytesSpec(_Model):
    """A sound file of that length, or of its bytes those from the first of `bytes` to before the second. `salt` makes
    another file of it."""

    length: Seconds
    bytes: tuple[int, int] | None = None
    salt: str = ""


class ConnectSpec(_Model):
    """`rooms`: "playlists", "machines", or the name of a playlist. `stores`: whose code keeps what it knows: a few
    plain lines, or the web UI's own, under Node."""

    client: Name
    stores: Literal["plain", "web"] = "plain"
    rooms: list[str] = ["playlists"]


class EmitSpec(_Model):
    client: Name
    event: str
    data: dict[str, Any] = {}


class EventSpec(BaseModel):
    """An event of that type whose data has these fields, among others."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.model_extra or {}


Events = list[EventSpec]
Fields = dict[str, Any]


def _events(given: object) -> object:
    """A bare type stands for an event of that type, and one for a list of one."""
    many = given if isinstance(given, list) else [given]
    return [{"type": each} if isinstance(each, str) else each for each in many]


SomeEvents = Annotated[Events, BeforeValidator(_events)]


class Expectation(_Model):
    """What is to be true after a step. See docs/rehearsing.md for each."""

    player: Fields | None = None
    machines: dict[str, str] | None = None
    events: SomeEvents | None = None
    no_events: SomeEvents | None = None
    answer: Fields | None = None
    told: dict[Name, SomeEvents] | None = None
    not_told: dict[Name, SomeEvents] | None = None
    connected: list[Name] | None = None
    sounds: str | None = None
    heard: list[str] | None = None
    chimes: list[str] | None = None
    health: dict[str, str] | None = None
    home: dict[str, str] | None = None
    samples: list[str] | None = None
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None


class Step(_Model):
    """At most one thing is done, and then something is expected."""

    at: Seconds | None = None
    after: Seconds | None = None
    note: str | None = None
    within: Seconds | None = None
    expect: Expectation | None = None
    by: Name | None = None

    tap: str | list[str] | None = None
    hold: Seconds | None = None
    on: Name | None = None
    place: Name | None = None
    lift: Literal[True] | None = None
    miss: Seconds | None = None
    press: str | None = None
    turn: int | None = None
    type: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,30}$")] | None = None
    call: str | None = None
    body: Fields | None = None
    file: BytesSpec | None = None
    keep: dict[Name, str] = {}
    connect: ConnectSpec | None = None
    drop: Name | None = None
    resync: Name | None = None
    emit: EmitSpec | None = None
    lose: Name | None = None
    give_back: Name | None = Field(None, alias="return")
    disk: Literal["full", "faulty", "read-only", "slow", "fine"] | None = None
    publish: PublishSpec | None = None
    installer: NoteSpec | None = None
    index: str | None = None
    busy: Seconds | None = None
    spoil: str | None = None
    mend: str | None = None
    clock: str | None = None
    cut: Literal["power"] | None = None
    restart: Literal[True] | None = None
    off: Seconds = 0.0
    together: list["Step"] | None = None
    repeat: Annotated[int, Field(ge=1, le=100_000)] | None = None
    steps: list["Step"] | None = None

    @property
    def action(self) -> str | None:
        """The field that says what is done."""
        return next(iter(self._actions()), None)

    def _actions(self) -> list[str]:
        return [name for name in ACTIONS if getattr(self, name) is not None]

    @field_validator("connect", mode="before")
    @classmethod
    def _client_alone(cls, given: object) -> object:
        return {"client": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        named = self._actions()
        if len(named) > 1:
            raise ValueError(f"a step does one thing, not {' and '.join(named)}")
        if self.at is not None and self.after is not None:
            raise ValueError("a step is either at a time or after the one before")
        if (self.repeat is None) != (self.steps is None):
            raise ValueError("`repeat` and `steps` need one another")
        if isinstance(self.tap, list) and not self.tap:
            raise ValueError("a list of tags to tap has one at least")
        return self


ACTIONS = (
    *("tap", "place", "lift", "miss", "press", "turn", "type", "call", "connect", "drop", "resync", "emit"),
    *(
        "lose",
        "give_back",
        "disk",
        "spoil",
        "mend",
        "publish",
        "installer",
        "index",
        "busy",
        "clock",
        "cut",
        "restart",
        "together",
        "repeat",
    ),
)


class _Told(_Model):
    """A scenario as it stands in its file."""

    title: str
    story: str = ""
    box: BoxSpec = BoxSpec()
    playlists: dict[Name, PlaylistSpec] = {}
    tags: dict[Name, TagSpec] = {}
    parents: Fields = {}
    youtube: YouTubeSpec = YouTubeSpec()
    step: Annotated[list[Step], Field(min_length=1)]

    @field_validator("playlists", mode="before")
    @classmethod
    def _tracks_alone(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: {"tracks": each} if isinstance(each, list) else each for name, each in given.items()}

    @field_validator("tags", mode="before")
    @classmethod
    def _playlist_alone(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        short = {name: {"playlist": each} if each else {} for name, each in given.items() if isinstance(each, str)}
        return given | short

    @model_validator(mode="after")
    def _tags_are_for_something(self) -> Self:
        for name, tag in self.tags.items():
            if tag.playlist is not None and tag.playlist not in self.playlists:
                raise ValueError(f"the tag {name} is for {tag.playlist}, which is no playlist")
        return self


@dataclass(frozen=True, slots=True)
class Scenario:
    """`file`: as it was named. `told`: what it says. `lines`: where each thing in it stands."""

    file: str
    told: _Told
    lines: Mapping[Place, int]

    @property
    def tags(self) -> dict[str, str]:
        """The numbers of all tags, by name."""
        named = {spec.tag or name: None for name, spec in self.told.playlists.items()}
        return {name: uid(name) for name in named} | {
            name: spec.uid or uid(name, random=spec.random) for name, spec in self.told.tags.items()
        }

    def line(self, place: Place) -> int:
        """Of the smallest thing around `place` that has one."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def uid(name: str, *, random: bool = False) -> str:
    """The number of a tag that is known by its name: 7 bytes, as NXP's have them, or 4 that are made up."""
    digits = hashlib.sha256(name.encode()).hexdigest().upper()
    return f"08{digits[:6]}" if random else f"04{digits[:12]}"


def read(path: Path) -> Scenario:
    """Raises: ScenarioError."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from None


def parse(text: str, file: str) -> Scenario:
    """Raises: ScenarioError."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file}: {error}") from None
    lines = line_numbers(text)
    try:
        told = _Told.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        raise ScenarioError("\n".join(_complaints(file, lines, wrong))) from None
    return Scenario(file, told, lines)


def _complaints(file: str, lines: Mapping[Place, int], wrong: Sequence[Any]) -> Iterator[str]:
    for each in wrong:
        place = tuple(each["loc"])
        known = place
        while known not in lines and known:
            known = known[:-1]
        field = ".".join(str(part) for part in place if not isinstance(part, int)) or "the scenario"
        yield f"{file}:{lines.get(known, 1)}: {field}: {each['msg'].removeprefix('Value error, ')}"


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTES = ('"""', "'''")


def line_numbers(text: str) -> dict[Place, int]:
    """Where tables and keys stand in a TOML file, by their place. (`tomllib` does not say so.) What is inside of an
    inline value has none of its own."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    within = ""  # what ends the value that goes on over lines
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        if within:
            _, quote, rest = line.partition(within)
            if not quote:
                continue
            within = ""
        elif depth == 0:
            if header := _HEADER.fullmatch(line):
                table = _table(_parts(header[2]), counts, many=header[1] == "[[")
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                place = table
                for part in _parts(key[1]):
                    place = (*place, part)
                    found.setdefault(place, number)
                rest = line[key.end() :]
        depth, within = _left_open(rest, depth)
    return found


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _table(parts: Sequence[str], counts: dict[Place, int], *, many: bool) -> Place:
    place: Place = ()
    for part in parts[:-1]:
        place = (*place, part)
        if place in counts:
            place = (*place, counts[place])
    place = (*place, parts[-1])
    if many:
        counts[place] = counts.get(place, -1) + 1
        return (*place, counts[place])
    return place


def _left_open(rest: str, depth: int) -> tuple[int, str]:
    """How many brackets are open at the end of the line, and which quotes."""
    at = 0
    while at < len(rest):
        letter = rest[at]
        if rest[at : at + 3] in _QUOTES:
            end = rest.find(rest[at : at + 3], at + 3)
            if end < 0:
                return depth, rest[at : at + 3]
            at = end + 3
            continue
        if letter in "\"'":
            end = at + 1
            while end < len(rest) and rest[end] != letter:
                end += 2 if letter == '"' and rest[end] == "\\" else 1
            at = end
        elif letter == "#":
            break
        depth += (letter in "[{") - (letter in "]}")
        at += 1
    return depth, ""
