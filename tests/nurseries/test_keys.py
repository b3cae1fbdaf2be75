"""Keys in a whole box on virtual time: what a press does, who may give it something to do, and what is grabbed."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.devices import key_codes as code
from tomb.devices.keys import LOOK_S
from tomb.errors import BadRequest, NotFound
from tomb.library.settings import KEYS, makes_sense
from tomb.machines.keys import KEY
from tomb.models import KeyAction, KeyActionName, KeyBinding, Press
from tomb.nurseries import keys
from tomb.nurseries.keys import LEARN_S
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.input import DIGIT, KEYBOARD, REL_X, FakeDevice

pytestmark = virtual_time

A, B, _ = TAGS
PROG1 = 148  # a key that says nothing of what it is for


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path, fragile=True) as box:
        await box.add("One", 600, 600, tag_id=A)
        await box.add("Two", 600, tag_id=B)
        yield box


async def plug(box: VirtualBox, path: str = "event0", **more: Any) -> FakeDevice:
    device = box.kernel.plug(FakeDevice(path, **more))
    await trio.sleep(LOOK_S + 0.1)
    return device


def id_of(box: VirtualBox, name: str = "gpio_keys") -> str:
    return next(device.id for device, _ in box.services.keys.listed() if device.name == name)


async def press(device: FakeDevice, key: int, seconds: float = 0.1) -> None:
    device.press(key)
    await trio.sleep(seconds)
    device.release(key)
    await wait_all_tasks_blocked()


async def assign(box: VirtualBox, key: int, how: Press, what: KeyActionName | str, *, name: str = "gpio_keys") -> None:
    """`what`: an action, or the title of a playlist."""
    titles = {each.title: each.id for each in box.services.librarian.lites()}
    playlist_id = titles.get(what)
    action = None if playlist_id else KeyAction.model_validate({"action": what})
    device = id_of(box, name)
    await box.services.keys.assign(
        KeyBinding(device=device, code=key, press=how, action=action, playlist_id=playlist_id)
    )


def volume(box: VirtualBox) -> int:
    return box.services.deck.state(0).volume


def origins(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {record.getMessage().partition(" asks for ")[0] for record in caplog.records if "asks for" in record.msg}


# --- what a press does ----------------------------------------------------------------------------------------------


async def test_media_keys_do_what_is_printed_on_them(box: VirtualBox) -> None:
    device = await plug(box, keys={*keys.PRINTED})
    deck = box.services.deck
    await box.tap(A)
    await press(device, code.KEY_NEXTSONG)
    assert deck.state(0).active_track_number == 2
    await press(device, code.KEY_PREVIOUSSONG)
    assert deck.state(0).active_track_number == 1
    await press(device, code.KEY_PLAYPAUSE)
    assert box.state == "paused"
    await press(device, code.KEY_PLAYPAUSE)
    assert box.state == "playing"
    await press(device, code.KEY_MUTE)
    assert deck.state(0).muted
    await press(device, code.KEY_SHUFFLE)
    assert deck.state(0).shuffle_enabled
    await press(device, code.KEY_STOPCD)
    assert box.state == "stopped"


async def test_a_volume_key_that_is_held_goes_on(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_VOLUMEDOWN})
    before = volume(box)
    await press(device, code.KEY_VOLUMEDOWN)
    assert volume(box) == before - 5
    await press(device, code.KEY_VOLUMEDOWN, 0.5 + 2 * 0.15 + 0.05)
    assert volume(box) == before - 5 - 4 * 5
    await trio.sleep(5)
    assert volume(box) == before - 5 - 4 * 5


async def test_a_volume_key_that_is_pulled_out_while_held_stops(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_VOLUMEDOWN})
    before = volume(box)
    device.press(code.KEY_VOLUMEDOWN)
    await wait_all_tasks_blocked()
    box.kernel.unplug(device)
    await trio.sleep(5)
    assert volume(box) == before - 5


async def test_events_that_the_kernel_lost_let_go_of_all_keys(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_VOLUMEDOWN})
    before = volume(box)
    device.press(code.KEY_VOLUMEDOWN)
    device.lose_events()
    await trio.sleep(5)
    assert volume(box) == before - 5
    await press(device, code.KEY_VOLUMEDOWN)
    assert volume(box) == before - 10


async def test_a_knob_is_the_volume_and_faster_is_more(box: VirtualBox) -> None:
    knob = await plug(box, name="rotary@11", axes={REL_X})
    before = volume(box)
    for _ in range(3):
        knob.turn(-1)
        await trio.sleep(0.3)
    assert volume(box) == before - 3 * 2
    for _ in range(4):
        knob.turn(-1)
        await trio.sleep(0.03)
    assert volume(box) == before - 3 * 2 - 2 * (1 + 2 + 4 + 4)
    knob.turn(1)
    await wait_all_tasks_blocked()
    assert volume(box) == before - 3 * 2 - 2 * 11 + 2


async def test_the_power_key_is_a_long_press(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_POWER})
    ports = box.services.ports
    assert isinstance(ports, VirtualPorts)
    await press(device, code.KEY_POWER)
    assert not ports.powered_off
    device.press(code.KEY_POWER)
    await trio.sleep(0.7)
    assert ports.powered_off


async def test_a_computer_that_may_not_be_switched_off_says_so_by_its_sound(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_POWER})
    ports = box.services.ports
    assert isinstance(ports, VirtualPorts)
    assert box.output is not None
    ports.may_power_off = False
    await press(device, code.KEY_POWER, 1.0)
    assert box.output.chimes[-1] == "error"
    assert box.services.board.is_up("keys")


async def test_a_key_that_says_nothing_does_nothing_and_has_no_machine(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1})
    await press(device, PROG1)
    assert (box.state, box.services.board.machines.of("key")) == ("stopped", {})


async def test_a_press_says_that_it_comes_from_a_key(box: VirtualBox, caplog: pytest.LogCaptureFixture) -> None:
    device = await plug(box, keys={code.KEY_PLAYPAUSE, code.KEY_MUTE, PROG1})
    await assign(box, PROG1, "short", "Two")
    caplog.set_level("DEBUG", logger="tomb.nurseries.deck")
    for each in (PROG1, code.KEY_PLAYPAUSE, code.KEY_MUTE):
        await press(device, each)
    assert origins(caplog) == {"key"}


async def test_once_enough_was_heard_a_key_starts_nothing_and_a_child_hears_why(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, fragile=True) as box:
        await box.add("One", 600)
        device = await plug(box, keys={PROG1, code.KEY_VOLUMEDOWN})
        await assign(box, PROG1, "short", "One")
        await box.services.preferences.change({"daily_minutes": [0] * 7}, {})
        await trio.sleep(1)
        assert box.output is not None
        before = volume(box)
        await press(device, PROG1)
        assert (box.state, box.output.chimes[-1]) == ("stopped", "limit")
        await press(device, code.KEY_VOLUMEDOWN)
        assert volume(box) == before - 5  # which starts nothing
        assert box.services.board.is_up("keys")


# --- what parents give a key to do ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["short", "long"])
async def test_a_key_plays_the_playlist_it_was_given(box: VirtualBox, how: Press) -> None:
    device = await plug(box, keys={PROG1})
    await assign(box, PROG1, how, "Two")
    await press(device, PROG1, 0.1 if how == "short" else 0.7)
    assert (box.state, box.services.deck.state(0).active_playlist_title) == ("playing", "Two")
    await press(device, PROG1, 0.1 if how == "short" else 0.7)
    assert box.state == "paused"  # as a second tap of its tag


async def test_a_key_with_a_short_and_a_long_press_tells_them_apart(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1})
    await assign(box, PROG1, "short", "One")
    await assign(box, PROG1, "long", "Two")
    await press(device, PROG1)
    assert box.services.deck.state(0).active_playlist_title == "One"
    await press(device, PROG1, 0.7)
    assert box.services.deck.state(0).active_playlist_title == "Two"


async def test_a_key_of_a_playlist_that_was_deleted_sounds_wrong_and_plays_again_when_it_is_back(
    box: VirtualBox,
) -> None:
    device = await plug(box, keys={PROG1})
    await assign(box, PROG1, "short", "Two")
    playlist_id = next(each.id for each in box.services.librarian.lites() if each.title == "Two")
    await box.services.librarian.delete(playlist_id)
    await press(device, PROG1)
    assert box.output is not None
    assert (box.output.chimes[-1], box.state) == ("error", "stopped")
    [item] = await box.services.librarian.bin()
    await box.services.librarian.restore(item.id)
    await press(device, PROG1)
    assert box.state == "playing"


async def test_what_a_key_was_given_goes_before_all_that_is_printed_on_it(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_VOLUMEUP})
    await box.services.deck.set_volume(50)
    await assign(box, code.KEY_VOLUMEUP, "short", "One")
    await press(device, code.KEY_VOLUMEUP, 2.0)
    assert (volume(box), box.state) == (50, "playing")
    await box.services.keys.release(id_of(box), code.KEY_VOLUMEUP, "short")
    await press(device, code.KEY_VOLUMEUP)
    assert volume(box) == 55


async def test_a_knob_and_a_key_of_the_same_number_are_two(box: VirtualBox) -> None:
    device = await plug(box, keys={1}, axes={1})
    await assign(box, 1, "turn+", "One")
    await press(device, 1)
    assert box.state == "stopped"
    device.turn(1, axis=1)
    await wait_all_tasks_blocked()
    assert box.state == "playing"


async def test_what_keys_do_is_kept_and_shown_while_their_device_is_away(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("One", 600)
        await plug(box, keys={PROG1}, name="Big button")
        await assign(box, PROG1, "short", "One", name="Big button")
    async with virtual_box(tmp_path) as box:
        [(device, connected)] = box.services.keys.listed()
        assert (device.name, connected) == ("Big button", False)
        button = await plug(box, keys={PROG1}, name="Big button")
        assert box.services.keys.listed() == [(device, True)]
        await press(button, PROG1)
        assert box.state == "playing"


async def test_a_device_is_forgotten_with_its_last_key(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1})
    await assign(box, PROG1, "short", "One")
    device_id = id_of(box)
    box.kernel.unplug(device)
    await wait_all_tasks_blocked()
    await box.services.keys.release(device_id, PROG1, "short")
    assert box.services.keys.listed() == []


async def test_what_cannot_be_given_is_refused(box: VirtualBox, monkeypatch: pytest.MonkeyPatch) -> None:
    await plug(box, keys={PROG1})
    mute = KeyAction(action="mute")
    with pytest.raises(NotFound):
        await box.services.keys.assign(KeyBinding(device="nobody's", code=PROG1, press="short", action=mute))
    with pytest.raises(NotFound):
        await box.services.keys.assign(KeyBinding(device=id_of(box), code=PROG1, press="short", playlist_id="none"))
    with pytest.raises(NotFound):
        await box.services.keys.release(id_of(box), PROG1, "short")
    monkeypatch.setattr(keys, "BINDINGS", 1)
    await assign(box, PROG1, "short", "One")
    await assign(box, PROG1, "short", "Two")  # in its place
    with pytest.raises(BadRequest):
        await assign(box, PROG1, "long", "Two")


async def test_two_who_choose_at_once_both_have_what_they_chose(box: VirtualBox) -> None:
    await plug(box, keys={PROG1})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(assign, box, PROG1, "short", "One")
        nursery.start_soon(assign, box, PROG1, "long", "Two")
    chosen, _ = box.services.keys.bindings()
    assert sorted(each.press for each in chosen) == ["long", "short"]


async def test_what_is_stored_and_makes_no_sense_is_repaired_as_all_settings_are(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.librarian.change_settings({KEYS: {"bindings": "none of your business"}})
    async with virtual_box(tmp_path) as box:
        assert box.services.keys.bindings() == ((), [])
    assert not makes_sense(KEYS, '{"bindings": "none of your business"}')
    assert makes_sense(KEYS, '{"devices": [], "bindings": []}')


# --- what is grabbed ------------------------------------------------------------------------------------------------


async def test_a_device_is_grabbed_exactly_while_something_of_it_is_given_something_to_do(box: VirtualBox) -> None:
    mine = await plug(box, "event0", keys=KEYBOARD, name="Keyboard")
    other = await plug(box, "event1", keys={code.KEY_VOLUMEUP}, name="Media keys")
    assert (mine.grabbed, other.grabbed) == (False, False)
    await assign(box, PROG1, "short", "One", name="Keyboard")
    assert (mine.grabbed, other.grabbed) == (True, False)
    await box.services.keys.release(id_of(box, "Keyboard"), PROG1, "short")
    assert not mine.grabbed


# --- "press the button now" -----------------------------------------------------------------------------------------


async def test_while_a_parent_looks_for_a_key_presses_are_told_and_do_nothing(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1, code.KEY_PLAYPAUSE}, axes={REL_X})
    assert box.services.keys.learn() == LEARN_S
    await press(device, code.KEY_PLAYPAUSE)
    await press(device, PROG1, 0.7)
    device.turn(1)
    await wait_all_tasks_blocked()
    told = [{name: event[name] for name in ("code", "press", "bound", "name")} for event in box.told("key_pressed")]
    assert told == [
        {"code": code.KEY_PLAYPAUSE, "press": "short", "bound": True, "name": "Play/pause"},
        {"code": PROG1, "press": "long", "bound": False, "name": "Prog 1"},
        {"code": REL_X, "press": "turn+", "bound": True, "name": None},
    ]
    assert box.told("key_pressed")[0]["device"] == id_of(box)
    assert box.state == "stopped"


@pytest.mark.parametrize("how", ["by itself", "by the parent"])
async def test_then_they_do_again_what_they_are_for(box: VirtualBox, how: str) -> None:
    await box.tap(A)
    device = await plug(box, keys={code.KEY_PLAYPAUSE})
    box.services.keys.learn()
    await press(device, code.KEY_PLAYPAUSE)
    assert box.state == "playing"
    if how == "by itself":
        await trio.sleep(LEARN_S)
    else:
        box.services.keys.stop_learning()
    await press(device, code.KEY_PLAYPAUSE)
    assert box.state == "paused"
    assert len(box.told("key_pressed")) == 1


async def test_a_press_that_was_learnt_is_not_done_when_it_ends_after_the_learning(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_POWER})
    ports = box.services.ports
    assert isinstance(ports, VirtualPorts)
    box.services.keys.learn()
    device.press(code.KEY_POWER)
    await wait_all_tasks_blocked()
    box.services.keys.stop_learning()
    await trio.sleep(1.0)
    assert not ports.powered_off
    assert len(box.told("key_pressed")) == 1


# --- readers that type ----------------------------------------------------------------------------------------------


async def test_a_tag_that_is_typed_is_a_tap_without_a_removal(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, on_removal="pause") as box:
        await box.add("One", 600, tag_id=A)
        reader = await plug(box, keys=KEYBOARD, name="IC Reader")
        reader.type(f"{int(A, 16):010d}")
        await trio.sleep(5)
        assert (box.state, box.services.deck.state(0).active_playlist_title) == ("playing", "One")
        assert [(each["tag_id"], each["present"]) for each in box.told("nfc_tag")] == [(A, True), (A, False)]
        reader.type(A)
        await trio.sleep(5)
        assert box.state == "paused"  # the second tap of it


async def test_a_tag_that_is_typed_is_linked_in_a_session(box: VirtualBox) -> None:
    reader = await plug(box, keys=KEYBOARD)
    playlist_id = await box.add("Three", 60)
    await box.services.linking.open(playlist_id)
    reader.type("0411223344AABB")
    await trio.sleep(1)
    assert box.services.librarian.lite(playlist_id).nfc_tag_id == "0411223344AABB"
    assert box.state == "stopped"


async def test_a_tag_that_lies_on_the_other_reader_stays_what_it_is(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, on_removal="pause") as box:
        await box.add("One", 600, tag_id=A)
        await box.add("Two", 600, tag_id=B)
        reader = await plug(box, keys=KEYBOARD)
        box.reader.place(A)
        await trio.sleep(1)
        reader.type(B)
        await trio.sleep(1)
        assert box.services.deck.state(0).active_playlist_title == "Two"
        box.reader.lift()
        await trio.sleep(2)
        assert box.state == "playing"  # only the playing tag's removal pauses


async def test_a_reader_that_types_is_grabbed_from_its_first_tag_on_and_its_keys_are_no_keys(box: VirtualBox) -> None:
    reader = await plug(box, keys=KEYBOARD, name="IC Reader")
    await assign(box, DIGIT["1"], "short", "Two", name="IC Reader")
    await box.services.keys.release(id_of(box, "IC Reader"), DIGIT["1"], "short")
    before = reader.grabbed
    reader.type(A)
    await wait_all_tasks_blocked()
    assert (before, reader.grabbed) == (False, True)
    await assign(box, DIGIT["1"], "short", "Two", name="IC Reader")
    reader.type("1111111111")
    await trio.sleep(1)
    assert box.services.deck.state(0).active_playlist_title == "One"


async def test_what_is_typed_and_no_tag_is_refused_with_the_reason(
    box: VirtualBox, caplog: pytest.LogCaptureFixture
) -> None:
    reader = await plug(box, keys=KEYBOARD, name="IC Reader")
    reader.type("12345")
    await wait_all_tasks_blocked()
    assert "IC Reader typed what is no tag's number: A tag's number has 4, 7 or 10 bytes" in caplog.text
    assert (box.told("nfc_tag"), reader.grabbed) == ([], False)


async def test_a_session_that_waits_says_why_what_was_typed_is_no_tag_and_waits_on(box: VirtualBox) -> None:
    reader = await plug(box, keys=KEYBOARD, name="IC Reader")
    playlist_id = await box.add("Three", 60)
    session = await box.services.linking.open(playlist_id)
    reader.type("9999999999")
    await wait_all_tasks_blocked()
    said = [(each["state"], each["message"]) for each in box.told("nfc_association_state")]
    assert said[-1] == ("waiting", "A tag's number of ten digits is at most 4294967295.")
    reader.type("0411223344AABB")
    await trio.sleep(1)
    assert session.state == "success"
    reader.type("9999999999")  # nobody waits any more
    await wait_all_tasks_blocked()
    assert box.told("nfc_association_state")[-1]["state"] == "success"
    assert box.services.keys.readers == ["IC Reader"]


# --- what goes wrong -----------------------------------------------------------------------------------------------


async def test_a_computer_that_does_not_let_the_box_look_is_a_state_in_health_and_heals(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_PLAYPAUSE})
    await box.tap(A)
    box.kernel.fault = OSError(5, "Input/output error")
    await trio.sleep(LOOK_S + 0.1)
    details = box.services.board.details()["keys"]
    assert (details.state, details.last_error) == ("down", "The input devices cannot be looked at: Input/output error.")
    assert (box.state, box.services.keys.listed()) == ("playing", [])
    box.kernel.fault = None
    await trio.sleep(5)
    assert box.services.board.is_up("keys")
    await press(device, code.KEY_PLAYPAUSE)
    assert box.state == "paused"


async def test_whatever_a_device_says_the_keys_live_on(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_PLAYPAUSE})
    noise = random.Random(7)
    for _ in range(200):
        device.kernels.sendall(noise.randbytes(24 * noise.randrange(1, 5)))
        device.send((noise.randrange(4), noise.randrange(0x300), noise.choice([-(2**31), -1, 0, 1, 2, 2**31 - 1])))
        await wait_all_tasks_blocked()
    device.send()
    await trio.sleep(1)
    before = box.state
    await press(device, code.KEY_PLAYPAUSE)
    await box.tap(A)
    assert (before, box.state, box.services.board.is_up("keys")) == ("stopped", "playing", True)


async def test_two_keys_that_are_held_at_once_are_two(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1, code.KEY_VOLUMEDOWN})
    await assign(box, PROG1, "long", "Two")
    before = volume(box)
    device.press(PROG1)
    device.press(code.KEY_VOLUMEDOWN)
    await trio.sleep(0.7)
    device.release(code.KEY_VOLUMEDOWN)
    device.release(PROG1)
    await trio.sleep(1)
    assert (box.state, volume(box)) == ("playing", before - 3 * 5)


# --- the machines ---------------------------------------------------------------------------------------------------


async def test_the_owner_can_cause_every_row_of_a_key(box: VirtualBox) -> None:
    device = await plug(box, keys={PROG1})
    with rows_recorded(KEY) as taken:
        for uses in (("short",), ("short", "long"), ("short", "repeat"), ("short", "long", "repeat")):
            for each in uses:
                await assign(box, PROG1, each, "shuffle")  # type: ignore[arg-type]  # they are presses
            for seconds in (0.1, 0.65, 2.0):
                await press(device, PROG1, seconds)
                device.press(PROG1)
                await trio.sleep(seconds)
                device.lose_events()
                await wait_all_tasks_blocked()
            for each in uses:
                await box.services.keys.release(id_of(box), PROG1, each)  # type: ignore[arg-type]  # as above
        # Only a box that is busy lets a key go after its time and before its timer.
        taken |= {"down: Released (held_long) -> up"}
    assert taken == rows_of(KEY)


async def test_where_a_key_is_can_be_watched_and_is_forgotten_with_its_device(box: VirtualBox) -> None:
    device = await plug(box, keys={code.KEY_VOLUMEUP})
    machines = box.services.board.machines
    device.press(code.KEY_VOLUMEUP)
    await wait_all_tasks_blocked()
    assert machines.of("key") == {f"{id_of(box)}/{code.KEY_VOLUMEUP}": "held"}
    box.kernel.unplug(device)
    await wait_all_tasks_blocked()
    assert machines.of("key") == {}
