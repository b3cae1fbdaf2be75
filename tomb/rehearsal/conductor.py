"""Performs a scenario step by step: what is done, what is then expected, and what always has to be true.

A step is over when whoever was asked has answered and all that can happen at that moment has happened; what it expects
has to be true then, or within the time that it grants.
"""

import json
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_args

import trio
from msgspec import Struct
from trio.testing import MockClock, wait_all_tasks_blocked

from tomb.devices.updates import Offer, UpdateFault
from tomb.rehearsal import expectations
from tomb.rehearsal.expectations import Complaint, Window, answered
from tomb.rehearsal.invariants import Invariants
from tomb.rehearsal.scenario import BytesSpec, Scenario, Step
from tomb.rehearsal.seeds import order_of_tasks
from tomb.rehearsal.simulated.disk import Trouble
from tomb.rehearsal.simulated.music import wav_bytes
from tomb.rehearsal.simulated.updates import URL
from tomb.rehearsal.stage import DIAL, PRESSED, NotThere, Phone, Stage
from tomb.rehearsal.toml_lines import Place
from tomb.rehearsal.transcript import Transcript, short
from tomb.rehearsal.web_stores import NoStores, WebView

SOMEBODY = "phone"  # who calls, where nobody is named
TROUBLES: Mapping[str, Trouble] = {each: each for each in get_args(Trouble)}
TAP_S, PRESS_S = 1.0, 0.1
SLOW_S = 0.2
OCTETS = {"content-type": "application/octet-stream"}
ROOM: Mapping[str, tuple[str, dict[str, str]]] = {
    "playlists": ("join:playlists", {}),
    "machines": ("join:machines", {}),
}


class Failure(Struct, frozen=True):
    """`at`: the virtual time. `line`: of the scenario. `complaints`: what is not as it was expected to be."""

    file: str
    line: int
    at: float
    complaints: Sequence[Complaint]

    def __str__(self) -> str:
        lines = [f"{self.file}:{self.line}: at {self.at:.3f} s"]
        for each in self.complaints:
            lines.append(f"  {'.'.join(each.field)}")
            lines.append(f"    expected  {each.expected}")
            lines.append(f"    found     {each.found}")
            if each.near:
                lines.append(f"    near it   {each.near}")
        return "\n".join(lines)


class Performance(Struct, frozen=True):
    """One scenario with one seed; `failure` is None where all went as it was expected to."""

    scenario: Scenario
    seed: int
    transcript: Transcript
    failure: Failure | None


class _Unmet(Exception):
    def __init__(self, at: float, place: Place, complaints: Sequence[Complaint]) -> None:
        super().__init__(place)
        self.at = at
        self.place = place
        self.complaints = complaints


def rehearse(scenario: Scenario, folder: Path, seed: int = 0) -> Performance:
    """`folder`: an empty one, for all that the box writes."""
    with order_of_tasks(seed):
        return trio.run(_perform, scenario, folder, seed, clock=MockClock(autojump_threshold=0))


async def _perform(scenario: Scenario, folder: Path, seed: int) -> Performance:
    stage = Stage(scenario, seed, folder)
    failure: Failure | None = None
    try:
        conductor = Conductor(stage)
        with conductor.invariants.watching():
            async with stage.running():
                await conductor.perform()
    except* _Unmet as unmet:
        first = _first(unmet)
        assert isinstance(first, _Unmet)
        failure = Failure(scenario.file, scenario.line(first.place), first.at, first.complaints)
    except* Exception as defects:  # noqa: BLE001  # the boundary: whatever the box dies of is what the rehearsal found
        died = Complaint(("box",), "a box that lives", stage.names.called(_said_of(_first(defects))))
        failure = failure or Failure(scenario.file, 1, stage.transcript.last, [died])
    return Performance(scenario, seed, stage.transcript, failure)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _said_of(error: BaseException) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"


class Conductor:
    """`given`: what answers left to be called by name in later steps."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._transcript = stage.transcript
        self.invariants = Invariants(stage)
        self._nursery: trio.Nursery | None = None
        self._round = 0  # of the innermost repetition
        self._do: Mapping[str, Callable[[Step, Window], Awaitable[None]]] = {
            "tap": self._tap,
            "place": self._place,
            "lift": self._lift,
            "miss": self._miss,
            "press": self._press,
            "turn": self._turn,
            "type": self._type,
            "call": self._call,
            "connect": self._connect,
            "drop": self._drop,
            "stall": self._stall,
            "resync": self._resync,
            "emit": self._emit,
            "lose": self._lose,
            "give_back": self._give_back,
            "disk": self._disk,
            "publish": self._publish,
            "installer": self._installer,
            "index": self._index,
            "busy": self._busy,
            "clock": self._clock,
            "spoil": self._spoil,
            "mend": self._mend,
            "cut": self._cut,
            "restart": self._restart,
        }

    async def perform(self) -> None:
        async with trio.open_nursery() as self._nursery:
            await self._all(self._stage.scenario.told.step, ("step",))
            self._nursery.cancel_scope.cancel()  # tags that are still lying there

    async def _all(self, steps: Sequence[Step], place: Place) -> None:
        for number, step in enumerate(steps):
            await self._one(step, (*place, number))

    async def _one(self, step: Step, place: Place, *, alone: bool = True) -> None:
        """`alone`: nobody else is doing anything, so what came of it is its own."""
        before = expectations.window(self._stage)
        if alone:
            self._stage.forget_frames()
        if step.at is not None and self._transcript.began + step.at < trio.current_time():
            raise _Unmet(
                self._transcript.now,
                (*place, "at"),
                [Complaint(("at",), "a time to come", f"it is {self._transcript.now:.3f} s")],
            )
        if step.at is not None:
            await trio.sleep_until(self._transcript.began + step.at)
        elif step.after is not None:
            await trio.sleep(step.after)
        if step.note is not None:
            self._transcript.note("story", "note", step.note)
        if step.repeat is not None:
            for self._round in range(step.repeat):
                await self._all(step.steps or (), (*place, "steps"))
        since = before if step.action is None else expectations.window(self._stage)
        if step.action is not None and alone:
            self._stage.forget_frames()
        try:
            if step.together is not None:
                await self._together(step.together, place)
            elif step.action is not None and step.repeat is None:
                await self._do[step.action](step, since)
        except NotThere as why:
            undone = Complaint((step.action or "",), "to be done", str(why))
            raise _Unmet(self._transcript.now, (*place, step.action or ""), [undone]) from None
        await self._settle(step, place, since)
        if alone and (broken := self.invariants.after()):
            raise _Unmet(self._transcript.now, place, broken)

    async def _together(self, steps: Sequence[Step], place: Place) -> None:
        """All at the same moment, in an order that the seed draws."""
        async with trio.open_nursery() as nursery:
            for number, step in enumerate(steps):
                nursery.start_soon(partial(self._one, step, (*place, "together", number), alone=False))

    async def _settle(self, step: Step, place: Place, since: Window) -> None:
        await wait_all_tasks_blocked()
        if step.expect is not None:
            deadline = trio.current_time() + (step.within or 0.0)
            while (wrong := self._wrong(step, since)) and trio.current_time() < deadline:
                with trio.move_on_at(deadline):
                    await self._transcript.news.wait()
                await wait_all_tasks_blocked()
            if wrong:
                raise _Unmet(self._transcript.now, (*place, "expect", *wrong[0].field), wrong)

    def _wrong(self, step: Step, since: Window) -> list[Complaint]:
        assert step.expect is not None
        try:
            return list(expectations.complaints(self._stage, step.expect, since))
        except NotThere as why:
            return [Complaint(("box",), "to be on", str(why))]

    # --- the child --------------------------------------------------------------------------------------------------

    async def _tap(self, step: Step, _: Window) -> None:
        assert step.tap is not None
        assert self._nursery is not None
        tag = step.tap if isinstance(step.tap, str) else step.tap[self._round % len(step.tap)]
        reader = self._stage.on_reader(step.on)
        self._put(tag, reader)
        self._nursery.start_soon(self._lift_after, TAP_S if step.hold is None else step.hold, tag, reader)

    async def _lift_after(self, seconds_: float, tag: str, reader: str) -> None:
        await trio.sleep(seconds_)
        if self._stage.reader.on(reader) == self._stage.tag(tag):
            self._take(reader)

    async def _place(self, step: Step, _: Window) -> None:
        assert step.place is not None
        self._put(step.place, self._stage.on_reader(step.on))

    async def _lift(self, step: Step, _: Window) -> None:
        self._take(self._stage.on_reader(step.on))

    async def _miss(self, step: Step, _: Window) -> None:
        """The reader does not read what lies there, for so long; the step ends when it reads it again."""
        assert step.miss is not None
        reader = self._stage.on_reader(step.on)
        self._transcript.note(reader, "action", f"misses what lies there for {step.miss:g} s", to="box")
        self._stage.reader.miss(reader)
        await trio.sleep(step.miss)
        self._stage.reader.look(reader)

    def _put(self, tag: str, reader: str) -> None:
        where = "the box" if len(self._stage.reader.known) == 1 else f"the {reader}"
        self._transcript.note("child", "action", f"puts {tag} on {where}", to="box")
        self._stage.put(tag, reader)

    def _take(self, reader: str) -> None:
        tag = self._stage.reader.on(reader)
        if tag is None:
            raise NotThere("nothing lies on the box")
        self._transcript.note("child", "action", f"takes {self._stage.names.of(tag)} away", to="box")
        self._stage.reader.lift(reader)

    async def _press(self, step: Step, _: Window) -> None:
        """The step ends when the button is let go."""
        assert step.press is not None
        if step.press not in PRESSED:
            raise NotThere(f"no button is called {step.press}: there are {', '.join(PRESSED)}")
        buttons = self._stage.input("buttons")
        hold = PRESS_S if step.hold is None else step.hold
        self._transcript.note("child", "action", f"presses {step.press} for {hold:g} s", to="box")
        buttons.press(PRESSED[step.press])
        await trio.sleep(hold)
        if "buttons" not in self._stage.missing:  # else they were pulled out while it was held
            buttons.release(PRESSED[step.press])

    async def _turn(self, step: Step, _: Window) -> None:
        assert step.turn is not None
        self._transcript.note("child", "action", f"turns the knob by {step.turn}", to="box")
        self._stage.input("knob").turn(step.turn, DIAL)

    async def _type(self, step: Step, _: Window) -> None:
        assert step.type is not None
        self._transcript.note("child", "action", f"has a reader type {step.type}", to="box")
        self.invariants.touched()
        self._stage.input("typer").type(step.type)

    # --- clients ----------------------------------------------------------------------------------------------------

    def _phone(self, step: Step) -> Phone:
        return self._stage.phone(step.by or SOMEBODY)

    async def _call(self, step: Step, since: Window) -> None:
        assert step.call is not None
        phone = self._phone(step)
        method, _, path = self._stage.scenario_names.given(step.call).partition(" ")
        body = None if step.body is None else self._stage.scenario_names.given(step.body)
        self._transcript.note(phone.name, "action", f"{method} {path} {short(body)}".rstrip(), to="box", data=body)
        if step.file is None:
            since.answer = await phone.http.ask(method, path, body)
        else:
            since.answer = await phone.http.ask(method, path, raw=_part(step.file), headers=OCTETS)
        told = answered(since.answer)
        said = short(told.get("data")) if since.answer.status < 300 else told.get("message", "")
        self._transcript.note("box", "answer", f"{since.answer.status} {said}".rstrip(), to=phone.name, data=told)
        for name, dotted in step.keep.items():
            self._stage.scenario_names.keep(name, _dig(told, dotted))

    async def _connect(self, step: Step, _: Window) -> None:
        assert step.connect is not None
        phone = self._stage.phone(step.connect.client)
        phone.rooms = list(step.connect.rooms)
        if step.connect.stores == "web" and not isinstance(phone.view, WebView):
            phone.view = self._web_view()
        self._transcript.note(phone.name, "action", f"connects: {', '.join(phone.rooms)}", to="box")
        socket = await self._stage.connect(phone)
        if isinstance(phone.view, WebView):  # which begins each connection so (web/src/wire/socket.ts)
            await socket.ask("sync:request", {"requested_rooms": self._rooms(phone)})
            return
        for room in phone.rooms:
            event, data = ROOM.get(room) or ("join:playlist", {"playlist_id": self._stage.id_of(room)})
            await socket.emit(event, data)

    def _web_view(self) -> WebView:
        try:
            return WebView(self._stage.ports)
        except NoStores as why:
            raise NotThere(str(why)) from None

    def _rooms(self, phone: Phone) -> list[str]:
        return [room if room in ROOM else f"playlist:{self._stage.id_of(room)}" for room in phone.rooms]

    async def _drop(self, step: Step, _: Window) -> None:
        assert step.drop is not None
        phone = self._stage.phone(step.drop)
        self._transcript.note(phone.name, "action", "loses its network")
        self._stage.lose_client(phone)

    async def _stall(self, step: Step, _: Window) -> None:
        """It reads nothing any more, as one does that fell asleep without a word."""
        assert step.stall is not None
        phone = self._stage.phone(step.stall)
        if phone.socket is None or not phone.is_connected:
            raise NotThere(f"{phone.name} is not connected")
        self._transcript.note(phone.name, "action", "stops reading")
        phone.socket.wire.stalled = True

    async def _resync(self, step: Step, since: Window) -> None:
        """It comes back, and asks for what it missed."""
        assert step.resync is not None
        phone = self._stage.phone(step.resync)
        self._transcript.note(phone.name, "action", f"comes back and knows all up to {phone.seen}", to="box")
        socket = phone.socket if phone.is_connected and not phone.is_stalled else await self._stage.connect(phone)
        assert socket is not None
        request = {"last_global_seq": phone.seen, "requested_rooms": self._rooms(phone)}
        since.answer = await socket.ask("sync:request", request)

    async def _emit(self, step: Step, since: Window) -> None:
        assert step.emit is not None
        phone = self._stage.phone(step.emit.client)
        if phone.socket is None:
            raise NotThere(f"{phone.name} is not connected")
        data = self._stage.scenario_names.given(step.emit.data)
        self._transcript.note(phone.name, "action", f"{step.emit.event} {short(data)}".rstrip(), to="box", data=data)
        since.answer = await phone.socket.ask(step.emit.event, data)

    # --- the world --------------------------------------------------------------------------------------------------

    async def _lose(self, step: Step, _: Window) -> None:
        self._transcript.note("world", "action", f"{step.lose}: gone", to="box")
        await self._stage.lose(str(step.lose))

    async def _give_back(self, step: Step, _: Window) -> None:
        self._transcript.note("world", "action", f"{step.give_back}: back", to="box")
        self._stage.give_back(str(step.give_back))

    async def _spoil(self, step: Step, _: Window) -> None:
        """The file of a track is nothing that could be played any more."""
        assert step.spoil is not None
        self._transcript.note("world", "action", f"the file of {step.spoil} is spoilt", to="box")
        self._stage.spoil(step.spoil)

    async def _mend(self, step: Step, _: Window) -> None:
        assert step.mend is not None
        self._transcript.note("world", "action", f"the file of {step.mend} is what it was", to="box")
        self._stage.mend(step.mend)

    async def _disk(self, step: Step, _: Window) -> None:
        self._transcript.note("world", "action", f"the disk is {step.disk}", to="box")
        self._stage.ports.slow_s = SLOW_S if step.disk == "slow" else 0.0
        self._stage.disk.is_in(TROUBLES.get(step.disk or ""), self._stage.data)

    async def _publish(self, step: Step, _: Window) -> None:
        assert step.publish is not None
        broker = self._stage.broker
        if broker is None or not broker.there:
            raise NotThere("there is no broker")
        topic, payload = step.publish.topic, self._stage.scenario_names.given(step.publish.payload)
        self._transcript.note("home", "action", f"{topic} {payload}".rstrip(), to="box")
        await broker.say(topic, payload)

    async def _installer(self, step: Step, _: Window) -> None:
        assert step.installer is not None
        noted = step.installer
        self._transcript.note("installer", "action", f"{noted.state} {noted.version}", to="box")
        self._stage.updater.notes(noted.state, noted.version, noted.reason, noted.message)

    async def _index(self, step: Step, _: Window) -> None:
        """What the index of updates says from now on: a version, `none`, or, once, that it cannot be reached."""
        assert step.index is not None
        self._transcript.note("world", "action", f"the newest version is {step.index}")
        updater = self._stage.updater
        if step.index == "unreachable":
            updater.fault = UpdateFault("unreachable", "The index could not be reached.")
        else:
            updater.offer = None if step.index == "none" else Offer(step.index, URL)

    async def _busy(self, step: Step, _: Window) -> None:
        """The box comes to nothing for so long: whatever happens or is due meanwhile, it sees at once, afterwards."""
        assert step.busy is not None
        self._transcript.note("world", "action", f"the box comes to nothing for {step.busy:g} s", to="box")
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, MockClock)
        clock.jump(step.busy)

    async def _clock(self, step: Step, _: Window) -> None:
        """By so much, to the next time that it is so late, or to a date and time."""
        ports, given = self._stage.ports, step.clock
        if isinstance(given, timedelta):
            ports.turn_wall(given.total_seconds())
        elif isinstance(given, datetime):
            ports.set_wall(given)
        elif given is not None:
            now = ports.local().replace(tzinfo=None)
            then = datetime.combine(now.date(), given)
            ports.set_wall(then if then > now else then + timedelta(days=1))
        self._transcript.note("world", "action", f"the clock shows {ports.local():%Y-%m-%d %H:%M:%S}")

    async def _cut(self, step: Step, _: Window) -> None:
        self._transcript.note("world", "action", "the power is cut", to="box")
        self.invariants.power_is_cut()
        await self._stage.cut_power()
        await self._be_off(step)
        self.invariants.power_is_back()

    async def _restart(self, step: Step, _: Window) -> None:
        self._transcript.note("world", "action", "the box is switched off", to="box")
        await self._stage.switch_off()
        await self._be_off(step)

    async def _be_off(self, step: Step) -> None:
        await trio.sleep(step.off)
        await self._stage.switch_on()
        self._transcript.note("world", "action", "the box is switched on", to="box")


def _part(spec: BytesSpec) -> bytes:
    whole = wav_bytes(spec.length, salt=spec.salt)
    return whole if spec.bytes is None else whole[slice(*spec.bytes)]


def _dig(data: Any, dotted: str) -> str:
    for part in dotted.split("."):
        try:
            data = data[int(part)] if isinstance(data, list) else data[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise NotThere(f"the answer has no {dotted}: {json.dumps(data)[:200]}") from None
    return str(data)
