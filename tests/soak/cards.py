"""Cards on a real pcscd, in real time: so many are put down and taken away, and each is one tap.

Every tenth stays while pcscd is killed and started again, and every tenth is exchanged for another within 50 ms. Behind
the reader is all that the box has there, its supervisor included; only the deck and the library are none.
"""

from functools import partial

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig, pcsc_rig
from tests.rigs.tapping import Heard, Library, tapping
from tomb.devices.pcsc_reader import PcscReader
from tomb.devices.reader import TagReader
from tomb.nurseries.health import Board
from tomb.nurseries.supervisor import Supervisor
from tomb.ports import RealPorts

TAGS = {"04A22B3C4D5E80": "p1", "04DEADBEEF0180": "p2"}
SWAP_S = 0.04


async def shuffle(cycles: int) -> str:
    """Raises AssertionError."""
    ports, library, deck = RealPorts(), Library(dict(TAGS)), Heard()
    async with pcsc_rig() as rig, tapping(ports, library, deck) as (taps, _), trio.open_nursery() as nursery:
        supervisor = Supervisor[TagReader](
            "nfc", Board(ports), real=PcscReader(ports), serve=taps.serve, use=taps.use, lose=taps.lose
        )
        await nursery.start(supervisor.run)
        expected: list[tuple[str, str]] = []
        until = partial(_until, deck, expected)
        for cycle in range(cycles):
            tag, other = list(TAGS)[:: 1 if cycle % 2 else -1]
            await rig.insert(tag)
            await until(("tap", TAGS[tag]))
            if cycle % 10 == 3:
                await _restart(rig, tag)
            if cycle % 10 == 7:
                await rig.remove()
                await trio.sleep(SWAP_S)
                await rig.insert(other)
                await until(("lifted", TAGS[tag]), ("tap", TAGS[other]))
                tag = other
            await rig.remove()
            await until(("lifted", TAGS[tag]))
        nursery.cancel_scope.cancel()
    taps_heard = sum(what == "tap" for what, _ in deck.heard)
    return f"{taps_heard} cards were put down on a real pcscd, and each was one tap"


async def _until(deck: Heard, expected: list[tuple[str, str]], *more: tuple[str, str]) -> None:
    """Wait until the deck has heard that, too; and nothing else, now or before."""
    expected += more
    with trio.fail_after(PATIENCE_S):
        while len(deck.heard) < len(expected):
            await deck.news.wait()
    assert deck.heard == expected, (deck.heard[-5:], expected[-5:])


async def _restart(rig: PcscRig, tag: str) -> None:
    """pcscd is gone for a second, and finds the card where it was."""
    await rig.kill()
    await trio.sleep(1.0)
    await rig.start()
    card = await rig.insert(tag)
    with trio.fail_after(PATIENCE_S):
        await card.read.wait()
