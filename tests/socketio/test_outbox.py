from collections import deque

import trio
from hypothesis import given
from hypothesis import strategies as st

from tomb.socketio.outbox import Outbox

PUTS = st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple)


@given(st.lists(st.one_of(PUTS, st.integers(1, 6)), max_size=60))
def test_it_holds_what_a_plain_queue_of_that_size_would(steps: list[tuple[str, ...] | int]) -> None:
    outbox, model = Outbox(max_frames=6, max_bytes=12), deque[str]()
    for step in steps:
        if isinstance(step, int):
            assert outbox.take(step) == [model.popleft() for _ in range(min(step, len(model)))]
            continue
        frames, size = len(model) + len(step), sum(map(len, [*model, *step]))
        fits = not model or (frames <= 6 and size <= 12)
        assert outbox.put(step) is fits
        if fits:
            model += step
    assert len(outbox) == len(model)


async def test_waiting_ends_with_something_to_take_a_nudge_or_the_end(autojump_clock: trio.testing.MockClock) -> None:
    outbox = Outbox(10, 100)
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
