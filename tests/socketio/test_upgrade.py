"""From polling to WebSocket while events flow: nothing lost, nothing twice, nothing out of order."""

import itertools

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer, Polling, Wire
from tomb.socketio import Client, SocketServer, Timing


def event(number: int) -> str:
    return f'42["n",{number}]'


async def upgrade(polling: Polling) -> Wire:
    wire = await polling.knock()
    await wire.send("2probe")
    assert await wire.frame() == "3probe"
    await wire.send("5")
    await trio.testing.wait_all_tasks_blocked()
    return wire


async def test_a_waiting_poll_ends_with_a_noop_when_the_websocket_is_probed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        answers: list[list[str]] = []

        async def poll() -> None:
            answers.append((await polling.get()).packets)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(poll)
            await trio.testing.wait_all_tasks_blocked()
            wire = await polling.knock()
            await wire.send("2probe")
            assert await wire.frame() == "3probe"
        assert answers == [["6"]]
        before = trio.current_time()
        assert (await polling.get()).packets == ["6"], "a poll begun before the probe's answer came must not wait"
        assert trio.current_time() - before == pytest.approx(0.1)
        await wire.send("5")
        await trio.testing.wait_all_tasks_blocked()
        server.emit("n", 1)
        assert await wire.frame() == event(1)
        assert (await polling.get()).status == 400
        assert (await polling.post("3")).status == 400


async def test_what_was_queued_for_a_poll_comes_over_the_websocket(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        for number in range(40):
            server.emit("n", number)
        wire = await upgrade(polling)
        assert await wire.frames(40) == [event(number) for number in range(40)]


async def test_a_client_that_never_finishes_its_upgrade_goes_on_polling(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(timing=Timing(upgrade_timeout=4))
    async with running(server) as peer:
        polling = await peer.open_polling()
        wire = await polling.knock()
        await wire.send("2probe")
        await wire.done.wait()
        assert trio.current_time() == pytest.approx(4)
        server.emit("n", 1)
        assert (await polling.get()).packets == [event(1)]
        again = await upgrade(polling)
        server.emit("n", 2)
        assert await again.frame() == event(2)


@pytest.mark.parametrize("first", ["2", "5", "40", "garbage", b"binary"])
async def test_a_websocket_that_does_not_probe_is_closed_and_polling_goes_on(
    first: str | bytes, autojump_clock: trio.testing.MockClock
) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        wire = await polling.knock()
        await wire.send(first)
        await wire.done.wait()
        server.emit("n", 1)
        assert (await polling.get()).packets == [event(1)]


async def test_a_second_websocket_cannot_take_the_session_over(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        mine, other = await polling.knock(), await polling.knock()
        await mine.send("2probe")
        await other.send("2probe")
        await other.done.wait()
        assert await mine.frame() == "3probe"
        await mine.send("5")
        server.emit("n", 1)
        assert await mine.frame() == event(1)


async def test_a_websocket_lost_in_mid_upgrade_leaves_the_session_to_polling(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        wire = await polling.knock()
        await wire.send("2probe")
        await wire.hang_up()
        server.emit("n", 1)
        assert (await polling.get()).packets == [event(1)]


class Mover:
    """A client that upgrades at a moment of Hypothesis's choosing, and writes down all that it hears."""

    def __init__(self, server: SocketServer, peer: Peer, polling: Polling) -> None:
        self.server = server
        self.peer = peer
        self.polling = polling
        self.heard: list[str] = []
        self.emitted = itertools.count()
        self.sent = itertools.count()
        self.wire: Wire | None = None

    async def emit(self) -> None:
        self.server.emit("n", next(self.emitted))

    async def speak(self) -> None:
        packet = f'42["said",{next(self.sent)}]'
        await (self.polling.post(packet) if self.wire is None else self.wire.send(packet))

    async def listen(self) -> None:
        if self.wire is None:
            await self._poll()
        else:
            await trio.testing.wait_all_tasks_blocked()
            while self.wire.from_app.statistics().current_buffer_used:
                self.heard.append(str(await self.wire.frame()))

    async def upgrade(self) -> None:
        """As the reference client does it: probe, let the poll under way end, change over."""
        if self.wire is not None:
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._poll)
            await trio.testing.wait_all_tasks_blocked()
            wire = await self.polling.knock()
            await wire.send("2probe")
            await self.emit()
            assert await wire.frame() == "3probe"
            await self.emit()
        await wire.send("5")
        await self.emit()
        self.wire = wire

    async def _poll(self) -> None:
        with trio.move_on_after(0.5):
            packets = (await self.polling.get()).packets
            self.heard += [packet for packet in packets if packet != "6"]


STEPS = st.lists(st.sampled_from(["emit", "emit", "speak", "listen"]), max_size=30)


@given(before=STEPS, after=STEPS)
@settings(max_examples=60, deadline=None)
def test_events_and_answers_keep_their_order_whenever_the_upgrade_happens(before: list[str], after: list[str]) -> None:
    said: list[int] = []

    async def scenario() -> None:
        server = server_with()

        @server.namespace("/").on("said")
        async def hear(client: Client, number: int) -> None:
            said.append(number)

        async with running(server) as peer:
            mover = Mover(server, peer, await peer.open_polling())
            for step in [*before, "upgrade", *after, "listen"]:
                await getattr(mover, step)()
            await trio.testing.wait_all_tasks_blocked()
            assert mover.heard == [event(number) for number in range(next(mover.emitted))]
            assert said == list(range(next(mover.sent)))

    said.clear()
    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))
