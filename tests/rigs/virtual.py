"""Tests on virtual time: `pytestmark = virtual_time` in a module whose every test is.

The fixture `autojump_clock` works only where the test itself asks for it, not where one of its fixtures does.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

virtual_time = pytest.mark.virtual_time


def run_virtually(
    main: Callable[..., Awaitable[Any]], *args: Any, clock: trio.abc.Clock | None = None, **options: Any
) -> Any:
    """`trio.run` on a clock that jumps to the next thing to happen."""
    return trio.run(main, *args, clock=clock or MockClock(autojump_threshold=0), **options)
