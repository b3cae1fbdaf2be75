"""The queues of a connection against plain models, and the one account of their bytes against the interpreter's."""

from collections import deque
from functools import partial

import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.socketio.peer import running, server_with
from tomb.socketio import Client, Reason, SocketLimits
from tomb.socketio.queues import Outbox, QueueBudget

# Of two messages none is larger than the bound: what becomes of those that are is told further down.
PUTS = st.lists(st.text(max_size=4), min_size=1, max_size=3).map(tuple)


def empty_outbox(max_frames: int, max_bytes: int) -> Outbox:
    return Outbox(max_frames, max_bytes, QueueBudget(1_000_000).open(lambda: None))


@given(st.lists(st.one_of(PUTS, st.integers(1, 6)), max_size=60))
def test_it_holds_what_a_plain_queue_of_that_size_would(steps: list[tuple[str, ...] | int]) -> None:
    outbox, model, taken = empty_outbox(max_frames=6, max_bytes=12), deque[str](), list[str]()
    for step in steps:
        if isinstance(step, int):
            taken = [model.popleft() for _ in range(min(step, len(model)))]
            assert outbox.take(step) == taken
            continue
        waiting = [*taken, *model, *step]
        fits = len(waiting) <= 6 and sum(map(len, waiting)) <= 12
        assert outbox.put(step) is fits
        if fits:
            model += step
    assert len(outbox) == len(model)


async def test_waiting_ends_with_something_to_take_a_nudge_or_the_end(autojump_clock: trio.testing.MockClock) -> None:
    outbox = empty_outbox(10, 100)
    endings = []

    async def wait() -> None:
        await outbox.wait()
        endings.append(outbox.take(10))

    for end in (lambda: outbox.put(("a", "b")), outbox.nudge, outbox.close, lambda: None):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            end()
    assert endings == [["a", "b"], [], [], []]


def test_one_message_larger_than_the_bound_may_wait_beside_the_others() -> None:
    outbox = empty_outbox(10, 100)
    large = "x" * 5_000
    assert outbox.put(("before",))
    assert outbox.put((large,))
    assert outbox.put(("after",)), "the acknowledgement of a huge snapshot must not drop its client"
    assert not outbox.put(("y" * 5_000,)), "a second one must wait for the first to be out"
    assert outbox.take(2) == ["before", large]
    assert not outbox.put(("y" * 5_000,)), "taken is not yet delivered"
    assert outbox.take(2) == ["after"]
    assert outbox.put(("y" * 5_000,))


async def test_drained_is_when_the_taker_comes_back_for_more(autojump_clock: trio.testing.MockClock) -> None:
    outbox = empty_outbox(10, 100)
    log = []

    async def drain() -> None:
        await outbox.drained()
        log.append("drained")

    outbox.put(("a",))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drain)
        await trio.testing.wait_all_tasks_blocked()
        outbox.take(1)
        await trio.testing.wait_all_tasks_blocked()
        log.append("taken")
        nursery.start_soon(outbox.wait)
        await trio.testing.wait_all_tasks_blocked()
        outbox.close()
    assert log == ["taken", "drained"]


# --- the budget of all connections together -------------------------------------------------------------------------


class Ledger:
    """Outboxes on one budget; which were dropped, in order."""

    def __init__(self, max_bytes: int, count: int) -> None:
        self.budget = QueueBudget(max_bytes)
        self.dropped: list[int] = []
        self.accounts = [self.budget.open(partial(self._drop, number)) for number in range(count)]
        self.outboxes = [Outbox(100_000, 10_000_000, account) for account in self.accounts]

    def _drop(self, number: int) -> None:
        self.dropped.append(number)
        self.outboxes[number].discard()
        self.accounts[number].close()


def test_beyond_the_budget_the_longest_queue_goes_first_and_the_others_stay() -> None:
    ledger = Ledger(100_000, 3)
    small, large, middle = ledger.outboxes
    small.put(("s" * 5_000,))
    for number in range(30):
        middle.put((f"{number}" + "m" * 1_000,))
    while not ledger.dropped:
        large.put((f"{len(large)}" + "l" * 1_000,))
    assert ledger.dropped == [1]
    assert ledger.budget.held < 50_000
    assert len(middle) == 30


def test_a_broadcast_is_counted_once_however_many_queues_it_waits_in() -> None:
    ledger = Ledger(1_000_000, 200)
    message = "x" * 50_000
    for outbox in ledger.outboxes:
        outbox.put((message,))
    assert ledger.dropped == []
    assert ledger.budget.held < 51_000


PUT_SOMEWHERE = st.tuples(st.integers(0, 4), st.integers(1, 20_000), st.sampled_from("a\u0101\U0001f3b5"))


@given(st.lists(PUT_SOMEWHERE, max_size=80))
def test_what_is_held_never_passes_the_budget(puts: list[tuple[int, int, str]]) -> None:
    ledger = Ledger(100_000, 5)
    for number, (place, size, letter) in enumerate(puts):
        if place not in ledger.dropped:
            ledger.outboxes[place].put((f"{number}" + letter * size,))
        assert ledger.budget.held <= 100_000


async def test_clients_that_read_nothing_hold_no_more_than_the_budget(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(SocketLimits(held_bytes=2_000_000, connections_per_address=512))
    reasons: list[Reason] = []

    @server.namespace("/").on_disconnect
    async def gone(client: Client, reason: Reason) -> None:
        reasons.append(reason)

    async with running(server) as peer:
        wires = [await peer.open_websocket() for _ in range(50)]
        for wire in wires:
            wire.stalled = True
        clients = list(server.namespace("/").clients.values())
        for number in range(100):
            for client in clients:
                client.emit("n", f"{number} {client.sid}" + "x" * 1_000)
                assert server.budget.held <= 2_000_000
            await trio.testing.wait_all_tasks_blocked()
        assert set(reasons) == {Reason.OUT_OF_MEMORY}
        assert 0 < len(reasons) < 50, "some had to go, and those who stayed are served"


async def test_attachments_that_never_come_and_events_that_wait_are_counted_too(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(SocketLimits(message_bytes=10_000, handlers_at_once=1))

    @server.namespace("/").on("work")
    async def work(client: Client, text: str) -> None:
        await trio.sleep(1)

    async with running(server) as peer:
        wire, busy = await peer.open_websocket(), await peer.open_websocket()
        await wire.send('4516-["x"]', *(b"b" * 1_000 for _ in range(8)))
        await trio.testing.wait_all_tasks_blocked()
        assert server.budget.held > 8_000
        await wire.send(b"b" * 5_000)
        await wire.done.wait()
        assert server.counters.ended == {Reason.PARSE_ERROR: 1}, "16 attachments are one message"
        assert server.budget.held == 0
        for _ in range(30):
            await busy.send('42["work","' + "x" * 3_000 + '"]')
        await trio.testing.wait_all_tasks_blocked()
        assert 9_000 < server.budget.held < 14_000
        assert busy.to_app.statistics().current_buffer_used > 20, "the rest is not even read"
        await trio.sleep(40)
        assert server.budget.held == 0


async def test_a_client_is_told_much_by_whoever_waits_for_it(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(queued_packets=10))

    @server.namespace("/").on("tell me all")
    async def tell(client: Client) -> None:
        for number in range(100):
            while not client.try_emit("n", number):
                await client.drain()

    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send('42["tell me all"]')
        assert await wire.frames(100) == [f'42["n",{number}]' for number in range(100)]
        assert server.connections == 1
