"""Buttons, knobs and remotes: which there are, what they do, and which one was just pressed."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from tomb.devices.key_codes import NAMES
from tomb.errors import BadRequest, NotFound
from tomb.http.envelope import Success
from tomb.http.parsing import GIVEN, Body, Id, whole
from tomb.http.routes import Call, Route, Services
from tomb.models import DeviceKind, KeyAction, KeyActionName, KeyBinding, Press, Wire


class KeyActionBody(BaseModel):
    model_config = GIVEN

    action: KeyActionName
    minutes: Annotated[int, Field(ge=1, le=1440), BeforeValidator(whole)] | None = None
    step: Annotated[int, Field(ge=1, le=100), BeforeValidator(whole)] | None = None


class KeyUseBody(Body):
    """What a key is for: a playlist, or an action."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["playlist_id"]}, {"required": ["action"]}]},
    )

    playlist_id: Id | SkipJsonSchema[None] = None
    action: KeyActionBody | SkipJsonSchema[None] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "KeyUseBody":
        if (self.playlist_id is None) == (self.action is None):
            raise ValueError("either playlist_id or action")
        return self


class InputDeviceAnswer(Wire):
    """`connected`: whether it is there now."""

    id: str
    name: str
    kind: DeviceKind
    connected: bool


class BindingAnswer(Wire):
    """What a key does. `code`: Linux' number of the key or axis; `name`: what is usually printed on it, null for a
    number alone. `playlist_title`: null for a playlist that is not there. `printed`: nobody chose it."""

    device: str
    code: int
    press: Press
    name: str | None
    action: KeyAction | None
    playlist_id: str | None
    playlist_title: str | None
    printed: bool


class KeysAnswer(Wire):
    devices: Sequence[InputDeviceAnswer]
    bindings: Sequence[BindingAnswer]


class LearnAnswer(Wire):
    """`expires_in`: seconds for which presses are told, by `key_pressed`, and do nothing else."""

    learning: bool
    expires_in: float | None = None


async def _list(services: Services, _: Call[Body]) -> Success[KeysAnswer]:
    """The devices with keys or a knob, and what these do."""
    return Success(_shown(services))


async def _put(services: Services, call: Call[KeyUseBody]) -> Success[KeysAnswer]:
    """Give a key, or a knob, something to do."""
    action = call.given.action and KeyAction(**call.given.action.model_dump())
    path = call.path
    binding = KeyBinding(
        device=path["device_id"],
        code=path["key_code"],
        press=path["press"],
        action=action,
        playlist_id=call.given.playlist_id,
    )
    await services.keys.assign(binding)
    return Success(_shown(services), "key assigned")


async def _delete(services: Services, call: Call[Body]) -> Success[KeysAnswer]:
    """Take from a key what it was given to do."""
    await services.keys.release(call.path["device_id"], call.path["key_code"], call.path["press"])
    return Success(_shown(services), "key released")


async def _learn(services: Services, _: Call[Body]) -> Success[LearnAnswer]:
    """Tell which key is pressed, for half a minute; it does nothing else meanwhile."""
    return Success(LearnAnswer(learning=True, expires_in=services.keys.learn()))


async def _stop_learning(services: Services, _: Call[Body]) -> Success[LearnAnswer]:
    """Let keys do again what they are for."""
    services.keys.stop_learning()
    return Success(LearnAnswer(learning=False))


def _shown(services: Services) -> KeysAnswer:
    chosen, printed = services.keys.bindings()
    return KeysAnswer(
        devices=[
            InputDeviceAnswer(**device.model_dump(), connected=connected)
            for device, connected in services.keys.listed()
        ],
        bindings=[
            BindingAnswer(
                **each.model_dump(exclude={"action"}),
                action=each.action,
                name=None if each.press in ("turn+", "turn-") else NAMES.get(each.code),
                playlist_title=services.librarian.title(each.playlist_id),
                printed=number >= len(chosen),
            )
            for number, each in enumerate([*chosen, *printed])
        ],
    )


_KEY = "/api/keys/<device_id>/<key_code>/<press>"

ROUTES = (
    Route("GET", "/api/keys", _list),
    Route("PUT", _KEY, _put, errors=(NotFound, BadRequest)),
    Route("DELETE", _KEY, _delete, errors=(NotFound,)),
    Route("POST", "/api/keys/learn", _learn, lasting=False),
    Route("DELETE", "/api/keys/learn", _stop_learning, lasting=False),
)
