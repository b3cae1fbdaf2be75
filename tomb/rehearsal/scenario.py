"""What a scenario says: the models of its TOML file, and errors that name the field and the line.

docs/rehearsing.md is the description for those who write some.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from msgspec import Struct
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from tomb.config import Settings
from tomb.devices.youtube import Reason
from tomb.errors import TombError
from tomb.http.asyncapi import TOLD
from tomb.http.parents import SettingsBody
from tomb.http.tags import ActionBody
from tomb.machines.diagrams import TABLES
from tomb.nurseries.calendar import zone_called
from tomb.rehearsal.toml_lines import Place, line_numbers

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,59}$")]
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


def _turned_to(given: object) -> object:
    """What a wall clock is turned to: by a timedelta, to the next time of day, or to a date and time."""
    if isinstance(given, str):
        if given[:1] in ("+", "-"):
            return timedelta(seconds=seconds(given[1:])) * (-1 if given[0] == "-" else 1)
        for kind in (time, datetime):
            with suppress(ValueError):
                return kind.fromisoformat(given)
    if isinstance(given, time | datetime):
        return given
    raise ValueError(f"{given!r} is no leap, such as +2h, no time of day, such as 19:30, and no date and time")


def _request(given: str) -> str:
    if re.fullmatch(r"[A-Z]+ /.*", given) is None:
        raise ValueError(f"{given!r} is no method and address, such as POST /api/player/next")
    return given


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
    action: ActionBody | None = None
    uid: Annotated[str, Field(pattern=r"^([0-9A-F]{2}){2,20}$")] | None = None
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

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, given: str) -> str:
        if zone_called(given) is None:
            raise ValueError(f"no time zone is called {given}; one is called as Europe/Berlin is")
        return given

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
    call: Annotated[str, AfterValidator(_request)] | None = None
    body: Fields | None = None
    file: BytesSpec | None = None
    keep: dict[Name, str] = {}
    connect: ConnectSpec | None = None
    drop: Name | None = None
    stall: Name | None = None
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
    clock: Annotated[timedelta | time | datetime, BeforeValidator(_turned_to)] | None = None
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
        for name, owners in _OF_ACTIONS.items():
            if name in self.model_fields_set and self.action not in owners:
                raise ValueError(f"`{name}` says more of {' or '.join(owners)}, and the step has none")
        if self.within is not None and self.expect is None:
            raise ValueError("`within` says more of `expect`, and the step has none")
        return self


_OF_ACTIONS: Mapping[str, Sequence[str]] = {
    "hold": ("tap", "press"),
    "on": ("tap", "place", "lift", "miss"),
    "by": ("call",),
    "body": ("call",),
    "file": ("call",),
    "keep": ("call",),
    "off": ("cut", "restart"),
}
"""What says more of an action: alone it would do nothing, and the story tell something else than it seems to."""

ACTIONS = (
    *("tap", "place", "lift", "miss", "press", "turn", "type", "call", "connect", "drop", "stall", "resync", "emit"),
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


class Scenario(Struct, frozen=True):
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
        raise ScenarioError("\n".join(_complaints(file, lines, _said(error)))) from None
    scenario = Scenario(file, told, lines)
    if slips := [*_slips(scenario)]:
        raise ScenarioError("\n".join(_complaints(file, lines, slips)))
    return scenario


def _complaints(file: str, lines: Mapping[Place, int], wrong: Iterable[tuple[Place, str]]) -> Iterator[str]:
    for place, what in wrong:
        known = place
        while known not in lines and known:
            known = known[:-1]
        field = ".".join(str(part) for part in place if not isinstance(part, int)) or "the scenario"
        yield f"{file}:{lines.get(known, 1)}: {field}: {what}"


def _said(error: ValidationError) -> Iterator[tuple[Place, str]]:
    for each in error.errors(include_url=False):
        place = tuple(each["loc"])
        if each["type"] == "extra_forbidden":
            yield place, f"there is no such field{_near(str(place[-1]), _FIELDS)}"
        else:
            yield place, each["msg"].removeprefix("Value error, ")


_MACHINES = {table.name for table in TABLES.values()}
_MODELS = (_Told, BoxSpec, PlaylistSpec, TagSpec, YouTubeSpec, Step, ConnectSpec, EmitSpec, BytesSpec, Expectation)
_FIELDS = {field.alias or name for model in _MODELS for name, field in model.model_fields.items()}


def _near(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {found[0]}?" if found else ""


# --- names of what is not there: with one, a story tells something else, or expects nothing ---------------------------


def _slips(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    told, tags = scenario.told, scenario.tags
    for name, tag in told.tags.items():
        if tag.playlist is not None and tag.playlist not in told.playlists:
            what = f"the tag {name} is for {tag.playlist}, which is no playlist"
            yield ("tags", name), what + _near(tag.playlist, told.playlists)
    yield from _wrong_settings(("parents",), told.parents, SettingsBody)
    yield from _wrong_settings(("box", "settings"), told.box.settings, Settings)
    steps = [*_all_steps(told.step, ("step",))]
    clients = {
        name for _, step in steps for name in (step.connect and step.connect.client, step.by, step.resync) if name
    }
    for place, step in steps:
        for field in ("tap", "place"):
            for tag_name in _as_list(getattr(step, field)):
                if tag_name not in tags:
                    yield (*place, field), _no_tag(tag_name, tags)
        speaks = step.emit.client if step.emit is not None else step.drop or step.stall
        if speaks is not None and speaks not in clients:
            yield (*place, step.action or ""), _no_client(speaks, clients)
        for where, text in _texts(step.model_dump(by_alias=True, exclude={"together", "steps"}), place):
            for name in re.findall(r"<tag ([^<>]+)>", text):
                if name not in tags:
                    yield where, _no_tag(name, tags)
        if step.expect is not None:
            yield from _wrong_expectations(step.expect, (*place, "expect"), clients)


def _wrong_expectations(expect: Expectation, place: Place, clients: set[str]) -> Iterator[tuple[Place, str]]:
    lists: list[tuple[Place, Events]] = [(("events",), expect.events or []), (("no_events",), expect.no_events or [])]
    for field, by_client in (("told", expect.told or {}), ("not_told", expect.not_told or {})):
        for name, events in by_client.items():
            lists.append(((field, name), events))
            if name not in clients:
                yield (*place, field, name), _no_client(name, clients)
    for where, events in lists:
        for event in events:
            if event.type not in TOLD:
                yield (*place, *where), f"no event is called {event.type}{_near(event.type, TOLD)}"
    for name in expect.machines or {}:
        if (table := name.partition(" ")[0]) not in _MACHINES:
            yield (*place, "machines", name), f"no machine is called {table}{_near(table, _MACHINES)}"
    for where, text in _texts(expect.model_dump(), place):
        if len(text) > 1 and text[0] == text[-1] == "/":
            try:
                re.compile(text[1:-1])
            except re.error as error:
                yield where, f"{text} is no regular expression: {error}"


def _wrong_settings(place: Place, given: Fields, model: type[BaseModel]) -> Iterator[tuple[Place, str]]:
    for name in given.keys() - model.model_fields.keys():
        yield (*place, name), f"there is no such setting{_near(name, model.model_fields)}"
    try:
        model.model_validate(given)
    except ValidationError as error:
        for where, what in _said(error):
            yield (*place, *where), what


def _all_steps(steps: Sequence[Step], place: Place) -> Iterator[tuple[Place, Step]]:
    for number, step in enumerate(steps):
        yield (*place, number), step
        yield from _all_steps(step.together or (), (*place, number, "together"))
        yield from _all_steps(step.steps or (), (*place, number, "steps"))


def _texts(given: object, place: Place) -> Iterator[tuple[Place, str]]:
    """All that is text in it, at any depth."""
    if isinstance(given, str):
        yield place, given
    elif isinstance(given, dict):
        for name, each in given.items():
            yield from _texts(each, (*place, name))
    elif isinstance(given, list):
        for number, each in enumerate(given):
            yield from _texts(each, (*place, number))


def _as_list(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else names or []


def _no_tag(name: str, tags: Iterable[str]) -> str:
    near = _near(name, tags) or f'; one for nothing is made by {name} = "" in [tags]'
    return f"no tag is called {name}{near}"


def _no_client(name: str, clients: Iterable[str]) -> str:
    return f"no client is called {name}: none connects or calls by that name{_near(name, clients)}"
