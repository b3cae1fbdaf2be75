"""A nursery for work that is done side by side for somebody who waits for it.

Nurseries make groups of all that comes out of them, since several may fail at once. Whoever asked for one thing, such
as an import, has one answer coming; that several tasks worked on it is no concern of his, nor of Ctrl-C's.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import trio

from tomb.errors import TombError


@asynccontextmanager
async def plain_nursery() -> AsyncIterator[trio.Nursery]:
    """The first failure ends all of it. An error of ours, or Ctrl-C, comes out as it went in, the first of several; a
    defect comes in its group, as it does from any nursery."""
    try:
        async with trio.open_nursery() as nursery:
            yield nursery
    except BaseExceptionGroup as group:
        leaves = [*_leaves(group)]
        # Ctrl-C goes before whatever else failed: it may be what it cut off. A cancellation alone goes on its way.
        for each in leaves:
            if isinstance(each, KeyboardInterrupt):
                raise each from each.__cause__
        if all(isinstance(each, (TombError, trio.Cancelled)) for each in leaves):
            for each in leaves:
                if isinstance(each, TombError):
                    raise each from each.__cause__
        raise


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each
