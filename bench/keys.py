"""Buttons and knobs: from a press to the player, and what listening costs while nobody presses anything.

Without hardware: the kernel's records come through a socket pair. The floor of a press is a task that reads the same
records from such a pair and does nothing with them; that of listening is a Trio program that only sleeps.

`python -m bench.keys` prints the rows; `--presses` how many, `--seconds` how long it listens.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import trio

from bench.meters import Row, timed, weighed
from tests.rigs.box import virtual_box
from tomb.devices.key_codes import KEY_MUTE
from tomb.devices.keys import LOOK_S, Input, InputDevices, KeyMoved
from tomb.ports import RealPorts
from tomb.rehearsal.simulated.input import KEYBOARD, FakeDevice, FakeKernel

DEVICES = 10
PAUSE_S = 0.01


async def rows(presses: int, seconds: float) -> list[Row]:
    return [
        timed("from a press to the player (floor: the bare record)", *await press(presses), unit="us"),
        await listening(seconds),
    ]


async def press(count: int) -> tuple[list[float], list[float]]:
    """Microseconds of each, through a whole box and through nothing but the reading."""
    told: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        async with virtual_box(Path(folder)) as box:
            device = box.kernel.plug(FakeDevice("event0", keys=KEYBOARD))
            await trio.sleep(2 * LOOK_S)
            box.services.events.subscribe(
                lambda event: told.append(time.monotonic_ns()) if event.type == "state:volume_changed" else None
            )
            whole = await _each(count, told, device)
    with closing(FakeKernel()) as kernel:
        device = kernel.plug(FakeDevice("event0", keys=KEYBOARD))

        def see(event: Input) -> None:
            if isinstance(event, KeyMoved) and event.down:
                told.append(time.monotonic_ns())

        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: InputDevices(RealPorts(), kernel).run(see, task_status=task_status))
            bare = await _each(count, told, device)
            nursery.cancel_scope.cancel()
    return whole, bare


async def _each(count: int, told: list[int], device: FakeDevice) -> list[float]:
    taken = []
    for _ in range(count):
        told.clear()
        began = time.monotonic_ns()
        device.press(KEY_MUTE)
        while not told:
            await trio.lowlevel.checkpoint()
        taken.append((told[0] - began) / 1000)
        device.release(KEY_MUTE)
        await trio.sleep(PAUSE_S)
    return taken


async def listening(seconds: float) -> Row:
    """Percent of a core."""
    with closing(FakeKernel()) as kernel:
        for number in range(DEVICES):
            kernel.plug(FakeDevice(f"event{number}", phys=str(number), keys=KEYBOARD))
        heard: Callable[[Input], None] = lambda _: None  # noqa: E731
        async with trio.open_nursery() as nursery:
            await nursery.start(
                lambda task_status: InputDevices(RealPorts(), kernel).run(heard, task_status=task_status)
            )
            used = await _percent(seconds)
            nursery.cancel_scope.cancel()
    return weighed(f"listening to {DEVICES} devices, % of a core", used, await _percent(seconds), seconds=seconds)


async def _percent(seconds: float) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    await trio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(100 * used / seconds, 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--presses", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    for row in trio.run(rows, given.presses, given.seconds):
        print(json.dumps(row), flush=True)
