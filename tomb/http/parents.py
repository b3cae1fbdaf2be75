"""What parents choose, and the PIN that keeps it theirs."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints
from werkzeug.http import parse_cookie

from tomb.errors import BadRequest, Forbidden
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Id, Label, Percent, ShortLabel, whole
from tomb.http.routes import Call, Route, Services
from tomb.models import (
    CHILD_PLAYLISTS,
    LOUD_SPANS,
    BackupDays,
    BackupFolder,
    Choices,
    Hours,
    LoudnessMode,
    MinutesOfDay,
    OnRemoval,
    SameTag,
    SpansOfDay,
    Week,
    Wire,
    ZoneName,
)
from tomb.nurseries.calendar import zone_called
from tomb.nurseries.parent_auth import IDLE_S, KEY
from tomb.nurseries.preferences import CHOICES

COOKIE = "tomb_parents"

Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]


class LoudHoursBody(Hours):
    ceiling: Percent


class SettingsBody(Body):
    """What is absent stays as it is; what is null goes back to its default, `pin` to none.

    Of `child_playlists` those that are not there are left out: somebody else may just have deleted one.
    """

    box_name: ShortLabel | None = None
    volume_ceiling: Percent | None = None
    start_volume: Percent | None = None
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    audio_device: Label | None = None
    loudness: LoudnessMode | None = None
    sounds: bool | None = None
    child_playlists: Annotated[list[Id], Field(max_length=CHILD_PLAYLISTS)] | None = None
    welcomed: bool | None = None
    time_zone: ZoneName | None = None
    daily_minutes: Week[Annotated[MinutesOfDay, BeforeValidator(whole)] | None] | None = None
    quiet_hours: Week[SpansOfDay] | None = None
    bedtime: Week[Hours | None] | None = None
    volume_by_hour: Week[Annotated[Sequence[LoudHoursBody], Field(max_length=LOUD_SPANS)]] | None = None
    statistics: bool | None = None
    backup_to: BackupFolder | None = None
    backup_every_days: Annotated[BackupDays, BeforeValidator(whole)] | None = None
    pin: Pin | None = None


class PinBody(Body):
    pin: Pin


class SettingsAnswer(Choices):
    """`fixed`: what the operator has set, which cannot be changed here. `time_zone`: the one in force.

    `first_run`: nobody was welcomed yet, and there is nothing to hear but the demo.
    """

    fixed: Sequence[str]
    pin_set: bool
    first_run: bool


class PinAnswer(Wire):
    """`expires_in`: seconds without a request until the PIN is asked for again."""

    pin_set: bool
    admitted: bool
    expires_in: float | None = None


async def _settings(services: Services, _: Call[Body]) -> Success[SettingsAnswer]:
    """What parents chose for the whole box."""
    return Success(_shown(services))


async def _change(services: Services, call: Call[SettingsBody]) -> Success[SettingsAnswer]:
    """Choose; it counts from now on."""
    named = call.given.model_dump(include=call.given.model_fields_set)
    if named.get("time_zone") and zone_called(named["time_zone"]) is None:
        raise BadRequest("no such time zone; one is called as Europe/Berlin is", {"time_zone": named["time_zone"]})
    if named.get("backup_to"):
        services.backups.check(named["backup_to"])
    sealed = {KEY: await services.parent_auth.seal(call.given.pin)} if "pin" in named else {}
    await services.preferences.change({name: named[name] for name in CHOICES if name in named}, sealed)
    if sealed:
        services.parent_auth.use(sealed[KEY])
    return Success(_shown(services), "settings changed")


def token_in(cookies: str | None) -> str | None:
    """What the parents' cookie holds, of those in a `Cookie` header."""
    return parse_cookie(cookies).get(COOKIE)


def _shown(services: Services) -> SettingsAnswer:
    preferences = services.preferences
    chosen = preferences.current.model_dump() | {"child_playlists": preferences.child_playlists}
    chosen["time_zone"] = services.limits.zone
    return SettingsAnswer(
        **chosen,
        fixed=preferences.fixed,
        pin_set=services.parent_auth.is_set,
        first_run=not preferences.current.welcomed and services.importer.has_only_demo(),
    )


async def _enter(services: Services, call: Call[PinBody]) -> Success[PinAnswer]:
    """Unlock what only parents may do, by the PIN."""
    token = await services.parent_auth.enter(call.given.pin, call.client)
    admitted = PinAnswer(pin_set=True, admitted=True, expires_in=IDLE_S)
    return Success(admitted, "unlocked", headers={"Set-Cookie": f"{COOKIE}={token}; {_COOKIE_RULES}"})


async def _leave(services: Services, call: Call[Body]) -> Success[PinAnswer]:
    """Lock it again."""
    services.parent_auth.leave(call.token)
    locked = PinAnswer(pin_set=services.parent_auth.is_set, admitted=not services.parent_auth.is_set)
    return Success(locked, "locked", headers={"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_COOKIE_RULES}"})


_COOKIE_RULES = "Path=/; HttpOnly; SameSite=Strict"

ROUTES = (
    Route("GET", "/api/settings", _settings),
    Route("PUT", "/api/settings", _change, secret_fields=frozenset({"pin"}), errors=(BadRequest,)),
    Route("POST", "/api/pin/session", _enter, errors=(BadRequest, Forbidden), playing=True, secret=True),
    Route("DELETE", "/api/pin/session", _leave, playing=True, secret=True),
)
