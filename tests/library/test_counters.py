"""The counter of events never goes back."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from tomb.errors import StartError
from tomb.events import LEASE_BLOCK, Events
from tomb.library import counters
from tomb.library.counters import EventLease
from tomb.library.opening import open_store
from tomb.ports import VirtualPorts

PUBLISH_FOR_EVER = """
import sys, trio
from pathlib import Path
from tomb.events import Events
from tomb.library.counters import EventLease
from tomb.library.opening import open_store
from tomb.ports import RealPorts
import tomb.events

tomb.events.LEASE_BLOCK = 100

async def main():
    ports = RealPorts()
    async with open_store(Path(sys.argv[1]), ports) as store, trio.open_nursery() as nursery:
        lease = EventLease(store, 100)
        events = Events(ports, await lease.open())
        nursery.start_soon(events.run, lease)
        while True:
            for _ in range(10):
                number = events.publish("state:test", (), lambda number: {})
            print(number, flush=True)
            # Let the renewal through: a real box publishes far less than a block between two commits.
            while events._leased - events.number <= 50:
                await trio.lowlevel.checkpoint()

trio.run(main)
"""


def told_until_killed(folder: Path) -> list[int]:
    command = [sys.executable, "-c", PUBLISH_FOR_EVER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(60)]
        os.kill(child.pid, signal.SIGKILL)
        # It went on publishing until it died: what it said last, in the pipe, counts. The very last line may be torn.
        return told + [int(line) for line in child.stdout if line.endswith("\n")]


async def test_each_run_begins_above_all_that_came_before(tmp_path: Path) -> None:
    starts = []
    for _ in range(3):
        async with open_store(tmp_path, VirtualPorts()) as store:
            starts.append(await EventLease(store, 10).open())
    assert starts == [0, 10, 20]


async def test_a_renewed_lease_counts(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()) as store:
        lease = EventLease(store, 10)
        await lease.open()
        await lease.extend(35)
        await lease.extend(30)
    async with open_store(tmp_path, VirtualPorts()) as store:
        assert await EventLease(store, 10).open() == 35


async def test_the_counter_may_use_the_block_that_was_leased(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()) as store:
        events = Events(VirtualPorts(), await EventLease(store, LEASE_BLOCK).open())
        numbers = [events.publish("state:test", (), lambda number: {"number": number}) for _ in range(1000)]
        assert await store.read(lambda db: counters.read(db, "events.leased")) >= numbers[-1]


async def test_a_killed_run_is_outnumbered_by_the_next(tmp_path: Path) -> None:
    last = 0
    for _ in range(3):
        told = await trio.to_thread.run_sync(told_until_killed, tmp_path)
        assert told[0] > last
        last = told[-1]
    async with open_store(tmp_path, VirtualPorts()) as store:
        assert await EventLease(store, 100).open() >= last


async def test_a_disk_that_takes_no_lease_is_no_place_to_start(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()) as store:
        await store.write(lambda db: db.execute("PRAGMA query_only = ON").fetchone())
        with pytest.raises(StartError, match="cannot be written"):
            await EventLease(store, 10).open()
