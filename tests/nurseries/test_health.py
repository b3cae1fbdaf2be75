import pytest
import trio

from tests.rigs.virtual import virtual_time
from tomb.nurseries.health import DOWN, UP, Board
from tomb.ports import VirtualPorts

pytestmark = virtual_time

YEAR_S = 365 * 24 * 3600.0


class JumpingPorts(VirtualPorts):
    """A Pi whose clock is set by the network some time after the start."""

    ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead


@pytest.mark.parametrize("jump", [50 * YEAR_S, -50 * YEAR_S, 3600.0])
async def test_a_wall_clock_that_jumps_changes_no_duration(jump: float) -> None:
    ports = JumpingPorts()
    board = Board(ports)
    await trio.sleep(10)
    board.note("audio", UP)
    await trio.sleep(20)
    ports.ahead = jump
    assert board.uptime == pytest.approx(30)
    assert ports.wall() - board.details()["audio"].since == pytest.approx(20)


async def test_a_service_is_as_it_is_since_it_became_so() -> None:
    ports = VirtualPorts()
    board = Board(ports)
    board.note("audio", DOWN, error="unplugged")
    await trio.sleep(5)
    began = ports.wall()
    board.note("audio", UP)
    await trio.sleep(5)
    board.note("audio", UP)
    told = board.details()["audio"]
    assert (told.state, told.restarts, told.last_error) == ("up", 1, "unplugged")
    assert told.since == pytest.approx(began)


@pytest.mark.parametrize(
    ("name", "configured", "overall"),
    [("nfc", False, "healthy"), ("audio", True, "degraded"), ("api", True, "unhealthy")],
)
async def test_only_what_the_box_should_have_degrades_it_and_without_its_web_side_it_is_unhealthy(
    name: str, configured: bool, overall: str
) -> None:
    board = Board(VirtualPorts())
    board.note(name, DOWN, configured=configured)
    assert board.overall == overall
