"""A certificate is renewed while the box runs, and may be broken meanwhile."""

from pathlib import Path

import trio
from trio.testing import MockClock

from tests.rigs.certificates import self_signed
from tomb.devices.certificate import Pair
from tomb.nurseries.certificate import LOOK_S, Certificate
from tomb.nurseries.health import DOWN, Board
from tomb.nurseries.supervisor import LOOK_PAUSES_S, supervised
from tomb.ports import VirtualPorts


async def test_one_that_is_renewed_is_taken_and_a_broken_one_leaves_the_one_before(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    made, renewed = self_signed(tmp_path), self_signed(tmp_path, "renewed")
    ports = VirtualPorts()
    board, certificate = Board(ports), Certificate(ports, Pair(made.certificate, made.key))
    async with trio.open_nursery() as nursery:
        await nursery.start(supervised("https", board, certificate.run, LOOK_PAUSES_S).run)
        first = certificate.context
        assert first is not None
        await trio.sleep(10 * LOOK_S)
        assert certificate.context is first

        made.certificate.write_bytes(renewed.certificate.read_bytes())  # as a renewal does: one file, then the other
        await trio.sleep(LOOK_S)
        assert certificate.context is first
        told = board.details()["https"]
        assert (told.state, "belongs to another" in str(told.last_error)) == (DOWN, True)

        made.key.write_bytes(renewed.key.read_bytes())
        await trio.sleep(LOOK_S)
        assert board.is_up("https")
        assert certificate.context is not first
        nursery.cancel_scope.cancel()


async def test_one_that_is_not_there_yet_is_taken_when_it_is(tmp_path: Path, autojump_clock: MockClock) -> None:
    ports = VirtualPorts()
    board, certificate = Board(ports), Certificate(ports, Pair(tmp_path / "box.crt", tmp_path / "box.key"))
    async with trio.open_nursery() as nursery:
        await nursery.start(supervised("https", board, certificate.run, LOOK_PAUSES_S).run)
        assert "is not there" in str(board.details()["https"].last_error)
        self_signed(tmp_path)
        await trio.sleep(LOOK_S)
        assert board.is_up("https")
        assert certificate.context is not None
        nursery.cancel_scope.cancel()
