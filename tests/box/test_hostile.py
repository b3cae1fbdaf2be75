"""A thirtieth of the siege of `just soak` and a tenth of its crowd, on every run."""

from pathlib import Path

import pytest
import trio

from tests.nurseries.handmade import join, read
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import serving
from tests.soak.crowd import gather
from tests.soak.hostile import besiege
from tomb.http.app import MESSAGE_BYTES

SEED = 6
SECONDS = 60


@pytest.mark.timeout(900)
async def test_strangers_end_no_more_than_their_own_connections(tmp_path: Path) -> None:
    tally = await besiege(SEED, SECONDS, tmp_path / "data")
    assert tally.all_came_often(), tally  # it was no idle box that was besieged


async def test_a_crowd_of_clients_that_come_and_go_sees_the_same(tmp_path: Path) -> None:
    tally = await gather(SEED, 30, 12.0, tmp_path / "data")
    assert tally.diverged == 0, tally
    assert tally.returns > 10, tally
    assert sum(tally.operations.values()) > 50, tally


async def test_a_socket_s_message_is_collected_no_further_than_the_box_would_take_it(tmp_path: Path) -> None:
    unfinished_text = bytes([0x01, 0x80 + 127]) + MESSAGE_BYTES.to_bytes(8, "big") + bytes(4) + b"x" * MESSAGE_BYTES
    unfinished_more = bytes([0x00, 0x80 + 100]) + bytes(4) + b"x" * 100
    too_big = b"\x03\xf1"  # 1009 (RFC 6455, section 7.4.1)
    quiet = ("--audio", "silent", "--reader", "none")
    async with (
        serving(tmp_path / "data", *quiet, env={"TOMB_ALLOWED_HOSTS": "box"}) as box,
        await join(box.port, "40") as stream,
    ):
        await stream.send_all(unfinished_text + unfinished_more)
        with trio.fail_after(PATIENCE_S):
            await read(stream, too_big)
