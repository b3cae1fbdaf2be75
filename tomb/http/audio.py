"""Where the sound comes out: which loudspeakers there are, and a tone to find out which is which.

Which one is used is a choice of the parents, `audio_device` in `/api/settings`.
"""

from collections.abc import Sequence

from tomb.devices.output import SelectableOutput
from tomb.errors import DeviceError, Unavailable
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Label
from tomb.http.routes import Call, Route, Services
from tomb.models import Wire


class AudioOutput(Wire):
    """`default`: what is taken while `audio_device` is empty. `selected`: what sound is sent to."""

    name: str
    default: bool
    selected: bool


class AudioOutputs(Wire):
    outputs: Sequence[AudioOutput]


class AudioTestBody(Body):
    """`output`: a name as `/api/audio/outputs` has it; without one, that which is used."""

    output: Label | None = None


class AudioTest(Wire):
    output: str | None


async def _outputs(services: Services, _: Call[Body]) -> Success[AudioOutputs]:
    """The loudspeakers that there are."""
    chosen = services.preferences.current.audio_device
    try:
        found = await _selectable(services).loudspeakers()
    except DeviceError as error:
        raise Unavailable(str(error)) from error
    outputs = [
        AudioOutput(
            name=each.name,
            default=each.default,
            selected=each.default if not chosen else chosen.lower() in each.name.lower(),
        )
        for each in found
    ]
    return Success(AudioOutputs(outputs=outputs))


async def _test(services: Services, call: Call[AudioTestBody]) -> Success[AudioTest]:
    """Play a short tone, as loud as the box is set."""
    name = call.given.output or services.preferences.current.audio_device or None
    try:
        await _selectable(services).test(name, services.deck.gain)
    except DeviceError as error:
        raise Unavailable(str(error)) from error
    return Success(AudioTest(output=name), "that was the tone")


def _selectable(services: Services) -> SelectableOutput:
    if services.output is None:
        raise Unavailable("this box plays on no sound card of its own, so there is none to choose")
    return services.output


ROUTES = (
    Route("GET", "/api/audio/outputs", _outputs, errors=(Unavailable,)),
    Route("POST", "/api/audio/test", _test, errors=(Unavailable,), lasting=False),
)
