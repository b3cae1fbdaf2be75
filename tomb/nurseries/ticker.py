"""The ticker tells the position while something is heard: every 500 ms, and at once when it jumps."""

from functools import partial

import trio

from tomb.events import PLAYLISTS, POSITION, Events
from tomb.models import TrackPosition
from tomb.nurseries.deck import Deck


async def tick(
    deck: Deck,
    events: Events,
    *,
    interval_s: float,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """A jump starts the interval anew, so that two positions are never closer than it without one."""
    task_status.started()
    while True:
        with trio.move_on_after(interval_s if deck.is_sounding else float("inf")):
            await deck.jumped()
        position = deck.position()
        if position is not None:
            events.publish(POSITION, {PLAYLISTS}, partial(_same, position))
        if deck.is_sounding:
            deck.keep_position()


def _same(position: TrackPosition, _: int) -> TrackPosition:
    return position
