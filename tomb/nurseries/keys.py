"""Keys: what happens on buttons, knobs, remotes and keyboards becomes what a click would do.

A movement of a key goes through its machine (tomb.machines.keys, tomb.machines.knobs), which says what was meant by it;
what that stands for is what parents gave the key, or what is printed on it. Then it is a command like any other, of the
origin `key`. A key that stands for nothing has no machine and costs nothing; most of a keyboard is such.

A device is grabbed from the moment that something of it was given a meaning, so that it does not type into a console as
well. What is only printed on keys is no such thing: nobody gave the keyboard on the desk to the box.

While a parent is *learning* which key is which, presses are told and do nothing else. Whether a key has a long press is
not asked then: all of them have.

A tag reader that types (tomb.devices.typed) is found out by its first tag. From then on it is grabbed, until the box
ends, and its keys are no keys. It cannot tell of a tag's removal, so there is none: whatever parents chose for it, the
music goes on.

All of this belongs to the ring of devices: what goes wrong in here ends the keys, which are started again, and no more.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

import trio
from msgspec import Struct, field
from pydantic import JsonValue

from tomb.devices.key_codes import (
    KEY_MEDIA,
    KEY_MUTE,
    KEY_NEXTSONG,
    KEY_PAUSECD,
    KEY_PLAY,
    KEY_PLAYCD,
    KEY_PLAYPAUSE,
    KEY_POWER,
    KEY_PREVIOUSSONG,
    KEY_SHUFFLE,
    KEY_STOP,
    KEY_STOPCD,
    KEY_VOLUMEDOWN,
    KEY_VOLUMEUP,
    NAMES,
)
from tomb.devices.keys import Confused, Found, Gone, Input, InputDevices, KeyMoved, KnobMoved
from tomb.devices.typed import TypedLine, tag_of
from tomb.errors import BadRequest, NotFound, RequestError
from tomb.events import PLAYLISTS, Events
from tomb.library.settings import KEYS
from tomb.machines import keys, knobs
from tomb.machines.keys import KEY, Key
from tomb.machines.knobs import KNOB, Knob
from tomb.machines.table import ClearTimer, SetTimer
from tomb.models import KeyAction, KeyActionName, KeyBinding, KeyChoices, KeyDevice, Press, TagAction
from tomb.nurseries.deck import VOLUME_STEP, Deck
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.timer import Timer
from tomb.ports import Ports

log = logging.getLogger(__name__)

LEARN_S: Final = 30.0
BINDINGS: Final = 500  # more than a keyboard has keys
NOTCH: Final = 2  # percent of volume
TURNS: Final = ("turn+", "turn-")


def _short(action: KeyActionName) -> dict[Press, KeyAction]:
    return {"short": KeyAction(action=action)}


def _held(action: KeyActionName) -> dict[Press, KeyAction]:
    return {"short": KeyAction(action=action), "repeat": KeyAction(action=action)}


PRINTED: Final[Mapping[int, Mapping[Press, KeyAction]]] = {
    **dict.fromkeys((KEY_PLAYPAUSE, KEY_PLAY, KEY_PLAYCD, KEY_PAUSECD, KEY_MEDIA), _short("pause")),
    **dict.fromkeys((KEY_STOP, KEY_STOPCD), _short("stop")),
    KEY_NEXTSONG: _short("next"),
    KEY_PREVIOUSSONG: _short("previous"),
    KEY_SHUFFLE: _short("shuffle"),
    KEY_MUTE: _short("mute"),
    KEY_VOLUMEUP: _held("volume_up"),
    KEY_VOLUMEDOWN: _held("volume_down"),
    KEY_POWER: {"long": KeyAction(action="shutdown")},
}
"""What is printed on keys, by their code."""

TURNED: Final[Mapping[Press, KeyAction]] = {
    "turn+": KeyAction(action="volume_up", step=NOTCH),
    "turn-": KeyAction(action="volume_down", step=NOTCH),
}
"""What a knob is for that nobody gave another meaning."""


class _Moving(Struct):
    """A key that was pressed. `learning`: whether the press under way is only told."""

    machine: Key
    timer: Timer
    learning: bool = False


class _Connected(Struct):
    device: KeyDevice
    keys: frozenset[int]
    axes: frozenset[int]
    typed: TypedLine = field(default_factory=TypedLine)
    is_reader: bool = False
    knobs: dict[int, Knob] = field(default_factory=dict)


class Keys:
    """Made by `Keys.open`. `devices`: None on a box that is to have none. `tapped` is told of a tag that was typed,
    `refused` why what was typed is none.

    All but `run` and `see` may be called whether it runs or not.
    """

    def __init__(
        self,
        ports: Ports,
        events: Events,
        librarian: Librarian,
        deck: Deck,
        tapped: Callable[[str], None],
        refused: Callable[[str], None],
        machines: MachineStates,
        devices: InputDevices | None,
        stored: JsonValue,
    ) -> None:
        self._ports = ports
        self._events = events
        self._librarian = librarian
        self._deck = deck
        self._tapped = tapped
        self._refused = refused
        self._machines = machines
        self._devices = devices
        self._connected: dict[str, _Connected] = {}
        self._plugs: Counter[str] = Counter()
        self._moving: dict[tuple[str, int], _Moving] = {}
        self._learning_until = float("-inf")
        self._choosing = trio.Lock()
        self._nursery: trio.Nursery | None = None
        self._use(KeyChoices.model_validate(stored or {}))

    @classmethod
    async def open(
        cls,
        ports: Ports,
        events: Events,
        librarian: Librarian,
        deck: Deck,
        tapped: Callable[[str], None],
        refused: Callable[[str], None],
        machines: MachineStates,
        devices: InputDevices | None,
    ) -> Self:
        stored = (await librarian.settings()).get(KEYS)
        return cls(ports, events, librarian, deck, tapped, refused, machines, devices, stored)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen to the devices until cancelled."""
        assert self._devices is not None
        try:
            async with trio.open_nursery() as self._nursery:
                await self._devices.run(self.see, task_status=task_status)
        finally:
            self._moving.clear()  # their timers have ended

    # --- what parents see and choose --------------------------------------------------------------------------------

    def listed(self) -> list[tuple[KeyDevice, bool]]:
        """The devices that are there, and those that something was given to; whether each is there."""
        there = {name: each.device for name, each in self._connected.items()}
        known = {each.id: each for each in self._choices.devices} | there
        return [(device, device.id in there) for device in sorted(known.values(), key=lambda each: each.name)]

    @property
    def readers(self) -> list[str]:
        """What those are called that are tag readers."""
        return [each.device.name for each in self._connected.values() if each.is_reader]

    def bindings(self) -> tuple[Sequence[KeyBinding], Sequence[KeyBinding]]:
        """What parents chose; and what is printed on the keys of devices that are there, as far as that counts."""
        printed = []
        for device_id, each in self._connected.items():
            meant = [(code, False, PRINTED[code]) for code in PRINTED if code in each.keys]
            if each.device.kind == "knob":
                meant += [(axis, True, TURNED) for axis in sorted(each.axes)]
            printed += [
                KeyBinding(device=device_id, code=code, press=press, action=action)
                for code, turned, uses in meant
                if (device_id, code, turned) not in self._chosen
                for press, action in uses.items()
            ]
        return self._choices.bindings, printed

    async def assign(self, binding: KeyBinding) -> None:
        """Give a key something to do, in place of what it did. Raises NotFound, BadRequest."""
        if binding.playlist_id is not None:
            self._librarian.lite(binding.playlist_id)
        device = next((device for device, _ in self.listed() if device.id == binding.device), None)
        if device is None:
            raise NotFound("input device", binding.device)
        async with self._choosing:
            others = [each for each in self._choices.bindings if _place(each) != _place(binding)]
            if len(others) >= BINDINGS:
                raise BadRequest("no more keys can be given something to do", {"limit": BINDINGS})
            await self._choose(
                [*others, binding], {each.id: each for each in self._choices.devices} | {device.id: device}
            )

    async def release(self, device_id: str, code: int, press: Press) -> None:
        """Take from a key what it was given. Raises NotFound."""
        async with self._choosing:
            others = [each for each in self._choices.bindings if _place(each) != (device_id, code, press)]
            if len(others) == len(self._choices.bindings):
                raise NotFound("key", f"{device_id}/{code}/{press}")
            await self._choose(others, {each.id: each for each in self._choices.devices})

    def learn(self) -> float:
        """From now on presses are told and do nothing, for so many seconds."""
        self._learning_until = trio.current_time() + LEARN_S
        return LEARN_S

    def stop_learning(self) -> None:
        self._learning_until = float("-inf")

    @property
    def learning(self) -> bool:
        return trio.current_time() < self._learning_until

    async def _choose(self, bindings: Sequence[KeyBinding], devices: Mapping[str, KeyDevice]) -> None:
        named = {each.device for each in bindings}
        choices = KeyChoices(devices=[each for each in devices.values() if each.id in named], bindings=bindings)
        await self._librarian.change_settings({KEYS: choices.model_dump(mode="json")})
        self._use(choices)

    def _use(self, choices: KeyChoices) -> None:
        self._choices = choices
        self._chosen: dict[tuple[str, int, bool], dict[Press, KeyBinding]] = {}
        for each in choices.bindings:
            self._chosen.setdefault((each.device, each.code, each.press in TURNS), {})[each.press] = each
        self._grab()

    def _grab(self) -> None:
        if self._devices is not None:
            readers = {name for name, each in self._connected.items() if each.is_reader}
            self._devices.grab(readers | {each.device for each in self._choices.bindings})

    # --- what happens on the devices --------------------------------------------------------------------------------

    def see(self, event: Input) -> None:
        match event:
            case Found(device, those, axes):
                self._plugs[device.id] += 1
                self._connected.setdefault(device.id, _Connected(device, those, axes))
                self._grab()
            case Gone(device):
                self._forget(device.id)
                self._plugs[device.id] -= 1
                if not self._plugs[device.id]:
                    del self._plugs[device.id], self._connected[device.id]
            case Confused(device_id):
                self._forget(device_id)
            case KeyMoved(device_id, code, down):
                self._key_moved(self._connected[device_id], code, down=down)
            case KnobMoved(device_id, axis, notches):
                self._knob_moved(self._connected[device_id], axis, notches)

    def _key_moved(self, connected: _Connected, code: int, *, down: bool) -> None:
        now = trio.current_time()
        line = connected.typed.press(code, now) if down else None
        if line is not None and not self.learning:
            self._typed(connected, line)
        place = (connected.device.id, code)
        if not down:
            self._happens(place, keys.Released(now))
        elif self.learning:
            self._move(place).learning = True
            self._happens(place, keys.Pressed(now, long=True))
        elif not connected.is_reader and (uses := self._uses(connected.device, code, turned=False)):
            self._move(place).learning = False
            self._happens(place, keys.Pressed(now, long="long" in uses, repeat="repeat" in uses))

    def _move(self, place: tuple[str, int]) -> _Moving:
        if place not in self._moving:
            timer = Timer(lambda number: self._happens(place, keys.Waited(number, trio.current_time())))
            assert self._nursery is not None
            self._nursery.start_soon(timer.run)
            self._moving[place] = _Moving(Key(), timer)
        return self._moving[place]

    def _happens(
        self, place: tuple[str, int], event: keys.Pressed | keys.Released | keys.Waited | keys.Forgotten
    ) -> None:
        moving = self._moving.get(place)
        if moving is None:  # it stood for nothing when it went down
            return
        KEY.fire(moving.machine, event)
        device_id, code = place
        self._machines.note(KEY, f"{device_id}/{code}", moving.machine.state)
        effects, moving.machine.effects = moving.machine.effects, []
        for effect in effects:
            match effect:
                case SetTimer(at, number):
                    moving.timer.set(at, number)
                case ClearTimer():
                    moving.timer.clear()
                case keys.Meant(press):
                    self._meant(device_id, code, press, 1, only_told=moving.learning)

    def _forget(self, device_id: str) -> None:
        for place in [each for each in self._moving if each[0] == device_id]:
            self._happens(place, keys.Forgotten())
            self._machines.drop(KEY, f"{device_id}/{place[1]}")
        for axis in self._connected[device_id].knobs:
            self._machines.drop(KNOB, f"{device_id}/{axis}")
        self._connected[device_id].knobs.clear()

    def _knob_moved(self, connected: _Connected, axis: int, notches: int) -> None:
        device_id = connected.device.id
        if not self.learning and not self._uses(connected.device, axis, turned=True):
            return
        knob = connected.knobs.setdefault(axis, Knob())
        KNOB.fire(knob, knobs.Turned(notches, trio.current_time()))
        self._machines.note(KNOB, f"{device_id}/{axis}", knob.state)
        effects, knob.effects = knob.effects, []
        for press, steps in ((each.press, each.steps) for each in effects):
            self._meant(device_id, axis, press, steps, only_told=self.learning)

    def _uses(self, device: KeyDevice, code: int, *, turned: bool) -> Mapping[Press, KeyBinding | KeyAction]:
        """What parents gave a key goes before all that is printed on it."""
        chosen = self._chosen.get((device.id, code, turned))
        if chosen is not None:
            return chosen
        return (TURNED if device.kind == "knob" else {}) if turned else PRINTED.get(code, {})

    def _meant(self, device_id: str, code: int, press: Press, steps: int, *, only_told: bool) -> None:
        connected = self._connected.get(device_id)
        uses = self._uses(connected.device, code, turned=press in TURNS) if connected else {}
        use = uses.get(press)
        if only_told:
            name = None if press in TURNS else NAMES.get(code)
            told = {"device": device_id, "code": code, "press": press, "bound": use is not None, "name": name}
            self._events.tell("key_pressed", {PLAYLISTS}, told)
        elif isinstance(use, KeyBinding) and use.playlist_id is not None:
            self._deck.tap(use.playlist_id, origin="key")
        elif use is not None:
            action = use.action if isinstance(use, KeyBinding) else use
            assert action is not None
            self._act(action, steps)

    def _act(self, action: KeyAction, steps: int) -> None:
        match action.action:
            case "mute":
                self._deck.toggle_mute(origin="key")
            case "shutdown":
                assert self._nursery is not None
                self._nursery.start_soon(self._shut_down)
            case "volume_up" | "volume_down":
                step = min(100, (action.step or VOLUME_STEP) * steps)
                self._deck.act(TagAction(action=action.action, step=step), origin="key")
            case name:
                self._deck.act(TagAction(action=name, minutes=action.minutes), origin="key")

    async def _shut_down(self) -> None:
        try:
            await self._ports.power_off()
        except RequestError as error:  # nobody reads an answer, so it is heard
            log.warning("a key asked for the end: %s", error)
            self._deck.chime("error")

    def _typed(self, connected: _Connected, line: str) -> None:
        try:
            tag_id = tag_of(line)
        except ValueError as error:
            log.warning("%s typed what is no tag's number: %s", connected.device.name, error)
            self._refused(str(error))
            return
        if not connected.is_reader:
            log.info("%s is a tag reader that types", connected.device.name)
            connected.is_reader = True
            self._forget(connected.device.id)
            self._grab()
        self._tapped(tag_id)


def _place(binding: KeyBinding) -> tuple[str, int, Press]:
    return binding.device, binding.code, binding.press
