"""What the device machine promises, walked exhaustively; and how often a device with a loose plug is tried."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, possible_outcomes, rows_of, rows_recorded
from tomb.machines.device import (
    DEVICE,
    SOON_S,
    STEADY_S,
    Appeared,
    Begin,
    Device,
    DismissStandIn,
    Effect,
    Lost,
    RetryDue,
    Try,
    UseReal,
    UseStandIn,
    Withdraw,
)
from tomb.machines.table import Outcome, SetTimer

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED

WITH_STAND_IN = Device(stand_in=True)
ALONE = Device()
STAND_IN_ALONE = Device(real=False, stand_in=True)
NEITHER = Device(real=False)


def effects_of(device: Device, *events: Begin | Appeared | Lost | RetryDue) -> list[Effect]:
    device = replace(device, effects=[])
    for event in events:
        DEVICE.fire(device, event)
    return device.effects


def test_a_device_that_is_there_is_used_and_its_stand_in_is_not() -> None:
    assert effects_of(WITH_STAND_IN, Begin(), Appeared(1, 0)) == [Try(1), UseReal()]


def test_a_stand_in_serves_until_the_device_comes() -> None:
    told = effects_of(WITH_STAND_IN, Begin(), Lost(1, 0, "not there"), RetryDue(2), Appeared(2, 0.1))
    assert told == [Try(1), UseStandIn(), SetTimer(0.1, 2), Try(2), DismissStandIn(), UseReal()]


def test_a_device_that_is_lost_is_a_fault_and_no_reason_to_pretend() -> None:
    told = effects_of(WITH_STAND_IN, Begin(), Appeared(1, 0), Lost(1, 50, "pulled out"))
    assert told == [Try(1), UseReal(), Withdraw("pulled out"), SetTimer(50.1, 2)]


def test_one_that_was_never_there_and_has_no_stand_in_is_withdrawn_once() -> None:
    told = effects_of(ALONE, Begin(), Lost(1, 0, "not there"), RetryDue(2), Lost(2, 1, "still not"))
    assert told == [Try(1), Withdraw("not there"), SetTimer(0.1, 2), Try(2), SetTimer(1.2, 3)]


def test_a_stand_in_without_a_device_serves_for_ever() -> None:
    assert effects_of(STAND_IN_ALONE, Begin()) == [UseStandIn()]
    assert effects_of(NEITHER, Begin()) == []


@pytest.mark.parametrize(("up_for", "pause"), [(STEADY_S, SOON_S[0]), (STEADY_S - 0.001, SOON_S[3])])
def test_earlier_failures_are_forgotten_only_when_it_was_up_for_a_while(up_for: float, pause: float) -> None:
    failures = [event for n in (1, 2, 3) for event in (Lost(n, 0, "loose"), RetryDue(n + 1))]
    told = effects_of(ALONE, Begin(), *failures, Appeared(4, 0), Lost(4, up_for, "loose"))
    assert told[-1] == SetTimer(up_for + pause, 5)


@pytest.mark.parametrize("state", ["pretending", "up", "down"])
def test_what_belongs_to_a_try_that_is_over_is_refused(state: str) -> None:
    device = Device(stand_in=True, state=state, attempt=7, waiting=state != "up")
    for event in (Appeared(6, 0), Lost(6, 0, "late"), RetryDue(6), RetryDue(8), Lost(8, 0, "early")):
        assert DEVICE.fire(device, event) in (REFUSED, IGNORED)
    assert (device.state, device.attempt, device.effects) == (state, 7, [])


def test_a_timer_that_rings_twice_is_one_try() -> None:
    told = effects_of(ALONE, Begin(), Lost(1, 0, "not there"), RetryDue(2), RetryDue(2))
    assert told.count(Try(2)) == 1


EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("absent", "Begin"): {(MOVED, "absent"), (MOVED, "pretending"), (REFUSED, "absent")},
    ("absent", "Appeared"): {(MOVED, "up"), (REFUSED, "absent")},
    ("absent", "Lost"): {(MOVED, "pretending"), (MOVED, "down"), (REFUSED, "absent")},
    ("absent", "RetryDue"): {(IGNORED, "absent")},
    ("pretending", "Begin"): {(IGNORED, "pretending")},
    ("pretending", "Appeared"): {(MOVED, "up"), (REFUSED, "pretending")},
    ("pretending", "Lost"): {(MOVED, "pretending"), (REFUSED, "pretending")},
    ("pretending", "RetryDue"): {(MOVED, "pretending"), (REFUSED, "pretending")},
    ("up", "Begin"): {(IGNORED, "up")},
    ("up", "Appeared"): {(IGNORED, "up")},
    ("up", "Lost"): {(MOVED, "down"), (REFUSED, "up")},
    ("up", "RetryDue"): {(IGNORED, "up")},
    ("down", "Begin"): {(IGNORED, "down")},
    ("down", "Appeared"): {(MOVED, "up"), (REFUSED, "down")},
    ("down", "Lost"): {(MOVED, "down"), (REFUSED, "down")},
    ("down", "RetryDue"): {(MOVED, "down"), (REFUSED, "down")},
}


class Owner(Struct, frozen=True):
    """What an owner knows after the effects so far: which one counts, the try that is under way, the timer's number."""

    begun: bool = False
    counts: str | None = None
    standing_in: bool = False
    trying: int | None = None
    timer: int | None = None

    def after(self, step: Step) -> "Owner":
        now = self
        match step.event:
            case Begin():
                now = replace(now, begun=True)
            case Lost(attempt) if attempt == now.trying:
                now = replace(now, trying=None)
            case RetryDue(attempt) if attempt == now.timer:
                now = replace(now, timer=None)
        for effect in step.effects:
            now = now.carried_out(effect)
        return now

    def carried_out(self, effect: object) -> "Owner":
        match effect:
            case Try(attempt):
                assert self.trying is None, "two tries at once"
                return replace(self, trying=attempt)
            case SetTimer(_, attempt):
                assert self.trying is None, "a timer while it is tried"
                return replace(self, timer=attempt)
            case UseReal():
                assert not self.standing_in, "two that count"
                return replace(self, counts="real")
            case UseStandIn():
                assert self.counts is None, "a stand-in for one that counts"
                return replace(self, counts="stand-in", standing_in=True)
            case DismissStandIn():
                assert self.standing_in, "a stand-in was dismissed that did not serve"
                return replace(self, standing_in=False)
            case _:
                assert not self.standing_in, "withdrawn while the stand-in serves"
                return replace(self, counts=None)


def walk(device: Device, depth: int = 7) -> Iterable[tuple[Owner, Step]]:
    def alphabet(model: Device, owner: Owner) -> Iterable[object]:
        if not owner.begun:
            yield Begin()
            return
        for attempt in (model.attempt - 1, model.attempt, model.attempt + 1):
            for at in (model.up_since, model.up_since + STEADY_S):
                yield from (Appeared(attempt, at), Lost(attempt, at, ""))
            yield RetryDue(attempt)
        yield Begin() if model.state != "absent" else RetryDue(model.attempt)

    return every_step(DEVICE, device, alphabet, Owner(), Owner.after, depth)


ALL = (WITH_STAND_IN, ALONE, STAND_IN_ALONE, NEITHER)


def test_every_event_in_every_state_has_the_outcome_that_was_expected_and_every_row_is_taken() -> None:
    with rows_recorded(DEVICE) as taken:
        found = possible_outcomes(step for device in ALL for _, step in walk(device, 5))
    assert found == EXPECTED
    assert len(EXPECTED) == len(DEVICE.states) * len(DEVICE.events)
    assert taken == rows_of(DEVICE)


@pytest.mark.parametrize("device", ALL)
def test_on_every_walk_one_counts_in_its_state_and_a_next_try_is_always_ahead(device: Device) -> None:
    counts = {"absent": None, "pretending": "stand-in", "up": "real", "down": None}
    for owner, step in walk(device):
        assert owner.counts == counts[step.after.state], step.path
        assert owner.standing_in == (step.after.state == "pretending"), step.path
        if device.real:
            assert (owner.trying is None) != (owner.timer is None), step.path
        assert owner.timer == (step.after.attempt if step.after.waiting else None), step.path


@given(st.lists(st.floats(0, 2 * STEADY_S), min_size=1, max_size=60))
def test_however_a_device_comes_and_goes_it_is_tried_soon_once_and_then_less_and_less_often(ups: list[float]) -> None:
    """The oracle: the pauses are those of a count of failures that only `STEADY_S` of being up set back."""
    device, now, failures = Device(), 0.0, 0
    DEVICE.fire(device, Begin())
    for up in ups:
        DEVICE.fire(device, Appeared(device.attempt, now))
        DEVICE.fire(device, Lost(device.attempt, now + up, "loose"))
        failures = 1 if now + up - now >= STEADY_S else failures + 1
        [retry] = [effect for effect in device.effects if isinstance(effect, SetTimer)]
        device.effects.clear()
        assert retry.at == now + up + SOON_S[min(failures, len(SOON_S)) - 1]
        now = retry.at
        DEVICE.fire(device, RetryDue(retry.number))


def test_a_loose_plug_is_attached_seventeen_times_in_its_first_minute() -> None:
    """It was 600 times: the backoff was forgotten on arrival."""
    device, now, attached = Device(), 0.0, 0
    DEVICE.fire(device, Begin())
    while now < 60:
        DEVICE.fire(device, Appeared(device.attempt, now))
        DEVICE.fire(device, Lost(device.attempt, now, "loose"))
        [now] = [effect.at for effect in device.effects if isinstance(effect, SetTimer)]
        attached += 1
        device.effects.clear()
        DEVICE.fire(device, RetryDue(device.attempt))
    assert attached == 17
