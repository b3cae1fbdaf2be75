"""Input devices, from records that a kernel would write, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.rigs.virtual import virtual_time
from tomb.devices.key_codes import BTN_LEFT, BTN_TOUCH, KEY_PLAYPAUSE, NAMES
from tomb.devices.keys import (
    EV_KEY,
    EVENT,
    LOOK_S,
    Confused,
    Found,
    Gone,
    Input,
    InputDevices,
    KeyMoved,
    KnobMoved,
    Linux,
    kind_of,
)
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.input import KEYBOARD, REL_X, FakeDevice, FakeKernel

pytestmark = virtual_time

BUTTON = KEY_PLAYPAUSE
NEXT_LOOK_S = LOOK_S + 0.1


@asynccontextmanager
async def reading(*devices: FakeDevice) -> AsyncIterator[tuple[FakeKernel, InputDevices, list[Input]]]:
    seen: list[Input] = []
    with closing(FakeKernel()) as kernel:
        for each in devices:
            kernel.plug(each)
        inputs = InputDevices(VirtualPorts(), kernel)
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: inputs.run(seen.append, task_status=task_status))
            yield kernel, inputs, seen
            nursery.cancel_scope.cancel()


def button(path: str = "event0", **more: object) -> FakeDevice:
    return FakeDevice(path, **({"keys": {BUTTON}} | more))  # type: ignore[arg-type]  # as a test wants it


async def test_a_device_that_is_there_is_found_before_the_box_goes_on() -> None:
    async with reading(button(name="Big button")) as (_, _, seen):
        [found] = seen
        assert isinstance(found, Found)
        assert (found.device.name, found.device.kind, found.keys, found.axes) == (
            "Big button",
            "buttons",
            frozenset({BUTTON}),
            frozenset[int](),
        )


async def test_a_key_goes_down_and_up_and_the_kernels_own_repetition_is_not_told() -> None:
    device = button()
    async with reading(device) as (_, _, seen):
        device_id = seen[0].device.id  # type: ignore[union-attr]  # the first is Found
        device.press(BUTTON)
        device.send((EV_KEY, BUTTON, 2))
        device.release(BUTTON)
        await wait_all_tasks_blocked()
        assert seen[1:] == [KeyMoved(device_id, BUTTON, True), KeyMoved(device_id, BUTTON, False)]


async def test_a_knob_tells_its_notches() -> None:
    knob = FakeDevice("event1", name="rotary@17", phys="", axes={REL_X})
    async with reading(knob) as (_, _, seen):
        [found] = seen
        assert isinstance(found, Found)
        assert found.device.kind == "knob"
        knob.turn(1)
        knob.turn(-2)
        await wait_all_tasks_blocked()
        assert seen[1:] == [KnobMoved(found.device.id, REL_X, 1), KnobMoved(found.device.id, REL_X, -2)]


async def test_a_device_that_is_pulled_out_is_gone_and_comes_back_as_the_same() -> None:
    device = button()
    async with reading(device) as (kernel, _, seen):
        kernel.unplug(device)
        await wait_all_tasks_blocked()
        assert [type(each) for each in seen] == [Found, Gone]
        kernel.plug(device)
        await trio.sleep(NEXT_LOOK_S)
        assert seen[2] == seen[0]
        device.press(BUTTON)
        await wait_all_tasks_blocked()
        assert isinstance(seen[3], KeyMoved)


async def test_a_device_that_comes_late_is_found_at_the_next_look() -> None:
    async with reading() as (kernel, _, seen):
        assert seen == []
        kernel.plug(button())
        await trio.sleep(NEXT_LOOK_S)
        assert len(seen) == 1


async def test_two_devices_are_told_apart_by_what_they_are_and_where_they_are() -> None:
    one, other = button("event0", phys="usb-1/input0"), button("event1", phys="usb-2/input0")
    async with reading(one, other) as (_, _, seen):
        assert len({each.device.id for each in seen if isinstance(each, Found)}) == 2


async def test_after_lost_events_the_rest_of_that_report_is_not_believed() -> None:
    device = button()
    async with reading(device) as (_, _, seen):
        device.kernels.sendall(EVENT.pack(0, 0, 0, 3, 0) + EVENT.pack(0, 0, EV_KEY, BUTTON, 1))
        device.send()
        device.press(BUTTON)
        await wait_all_tasks_blocked()
        assert [type(each) for each in seen[1:]] == [Confused, KeyMoved]


@pytest.mark.parametrize("keys", [{BTN_LEFT, 0x111}, {BTN_TOUCH}, set()], ids=["mouse", "touch screen", "jack"])
async def test_what_has_no_keys_of_ours_is_opened_once_and_left_alone(keys: set[int]) -> None:
    device = FakeDevice("event0", keys=keys)
    async with reading(device) as (_, _, seen):
        await trio.sleep(5 * LOOK_S)
        assert (seen, device.opened) == ([], 1)


async def test_a_device_that_the_box_may_not_read_yet_is_read_when_it_may() -> None:
    device = button(readable=False)
    async with reading(device) as (_, _, seen):
        await trio.sleep(2 * LOOK_S)
        assert seen == []
        device.readable = True
        await trio.sleep(NEXT_LOOK_S)
        assert len(seen) == 1


async def test_only_what_is_wanted_is_grabbed_and_a_device_that_comes_back_is_grabbed_again() -> None:
    mine, other = button("event0", phys="a"), button("event1", phys="b")
    async with reading(mine, other) as (kernel, inputs, seen):
        device_id = next(each.device.id for each in seen if isinstance(each, Found))
        assert (mine.grabbed, other.grabbed) == (False, False)
        inputs.grab({device_id})
        assert (mine.grabbed, other.grabbed) == (True, False)
        kernel.unplug(mine)
        await wait_all_tasks_blocked()
        kernel.plug(mine)
        await trio.sleep(NEXT_LOOK_S)
        assert mine.grabbed
        inputs.grab(())
        assert not mine.grabbed


async def test_a_device_that_another_program_holds_is_grabbed_when_it_lets_go() -> None:
    device = button(held_by_another=True)
    async with reading(device) as (_, inputs, seen):
        inputs.grab({each.device.id for each in seen if isinstance(each, Found)})
        assert not device.grabbed
        device.held_by_another = False
        await trio.sleep(NEXT_LOOK_S)
        assert device.grabbed


async def test_a_strangers_name_is_cleaned_of_what_cannot_be_read() -> None:
    async with reading(button(name="\x1b[31mBad\x07 \x00rest")) as (_, _, seen):
        assert [each.device.name for each in seen if isinstance(each, Found)] == ["[31mBad"]


async def test_a_computer_without_input_devices_has_none(tmp_path: Path) -> None:
    seen: list[Input] = []
    inputs = InputDevices(VirtualPorts(), Linux(tmp_path / "none"))
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: inputs.run(seen.append, task_status=task_status))
        await trio.sleep(NEXT_LOOK_S)
        nursery.cancel_scope.cancel()
    assert seen == []


async def test_a_file_that_is_no_input_device_is_none(tmp_path: Path) -> None:
    """The kernel itself says so: the ioctls are the real ones."""
    (tmp_path / "event0").write_bytes(b"no device")
    linux = Linux(tmp_path)
    [path] = linux.devices()
    seen: list[Input] = []
    inputs = InputDevices(VirtualPorts(), linux)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: inputs.run(seen.append, task_status=task_status))
        nursery.cancel_scope.cancel()
    assert (Path(path).name, seen) == ("event0", [])


async def test_kinds_are_told_by_their_keys_and_axes() -> None:
    assert kind_of(KEYBOARD, ()) == "keyboard"
    assert kind_of(KEYBOARD, {REL_X}) == "keyboard"
    assert kind_of({BUTTON}, {REL_X}) == "knob"
    assert kind_of(range(113, 180), {6}) == "buttons"  # the media keys of a keyboard, which claim to have a wheel
    assert kind_of((), ()) is None


async def test_keys_are_called_by_what_is_printed_on_them() -> None:
    named = {code: NAMES.get(code) for code in (30, 11, 83, 115, 164, 0x120, 700)}
    assert named == {
        30: "A",
        11: "0",
        83: "Keypad .",
        115: "Volume up",
        164: "Play/pause",
        0x120: "Button 1",
        700: None,
    }
