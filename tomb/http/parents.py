"""Routes of what parents choose, and of the PIN that keeps it theirs."""

from werkzeug.http import parse_cookie

from tomb.errors import BadRequest, Forbidden
from tomb.http import answers
from tomb.http.envelope import Answer
from tomb.http.requests import Body, PinBody, SettingsBody
from tomb.http.routes import Ask, Route, Services
from tomb.nurseries.parent_auth import IDLE_S, KEY
from tomb.nurseries.preferences import CHOICES

COOKIE = "tomb_parents"


async def _settings(services: Services, _: Ask[Body]) -> Answer:
    """What parents chose for the whole box."""
    return Answer(_shown(services))


async def _change(services: Services, ask: Ask[SettingsBody]) -> Answer:
    """Choose; it counts from now on."""
    named = ask.body.model_dump(include=ask.body.model_fields_set)
    sealed = {KEY: await services.parent_auth.seal(ask.body.pin)} if "pin" in named else {}
    await services.preferences.change({name: named[name] for name in CHOICES if name in named}, sealed)
    if sealed:
        services.parent_auth.use(sealed[KEY])
    return Answer(_shown(services), "settings changed")


def token_in(cookies: str | None) -> str | None:
    """What the parents' cookie holds, of those in a `Cookie` header."""
    return parse_cookie(cookies).get(COOKIE)


def _shown(services: Services) -> answers.SettingsAnswer:
    chosen = services.preferences.current
    return answers.SettingsAnswer(
        **chosen.model_dump(), fixed=services.preferences.fixed, pin_set=services.parent_auth.is_set
    )


async def _enter(services: Services, ask: Ask[PinBody]) -> Answer:
    """Unlock what only parents may do, by the PIN."""
    token = await services.parent_auth.enter(ask.body.pin, ask.client)
    admitted = answers.PinAnswer(pin_set=True, admitted=True, expires_in=IDLE_S)
    return Answer(admitted, "unlocked", headers={"Set-Cookie": f"{COOKIE}={token}; {_COOKIE_RULES}"})


async def _leave(services: Services, ask: Ask[Body]) -> Answer:
    """Lock it again."""
    services.parent_auth.leave(ask.token)
    locked = answers.PinAnswer(pin_set=services.parent_auth.is_set, admitted=not services.parent_auth.is_set)
    return Answer(locked, "locked", headers={"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_COOKIE_RULES}"})


_COOKIE_RULES = "Path=/; HttpOnly; SameSite=Strict"

ROUTES = (
    Route("GET", "/api/settings", _settings, data=answers.SettingsAnswer),
    Route("PUT", "/api/settings", _change, body=SettingsBody, data=answers.SettingsAnswer, errors=(BadRequest,)),
    Route(
        "POST",
        "/api/pin/session",
        _enter,
        body=PinBody,
        data=answers.PinAnswer,
        errors=(BadRequest, Forbidden),
        playing=True,
    ),
    Route("DELETE", "/api/pin/session", _leave, data=answers.PinAnswer, playing=True),
)
