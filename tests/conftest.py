"""What every test run has: on CI a skip is a failure, and a hang shows the tasks it hangs in."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import trio

from tests.rigs.virtual import run_virtually
from tomb.library import files


@pytest.fixture
def deep_path(tmp_path: Path) -> Iterator[Path]:
    """`tmp_path` for folders so deep that pytest, which keeps what failed, would never get rid of them."""
    yield tmp_path
    files.remove(tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `virtual_time` runs on a clock that jumps."""
    for item in items:
        if item.get_closest_marker("virtual_time") is not None:
            item.add_marker(pytest.mark.trio(run=run_virtually), append=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI nothing may be missing: a component that cannot be started is a failure there, not a skip."""
    if _not_run(session.config):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := _not_run(config):
        terminalreporter.write_line(f"CI: {count} skipped or expected to fail, which counts as failed here", red=True)


def _not_run(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return 0
    return sum(len(reporter.stats.get(outcome, ())) for outcome in ("skipped", "xfailed"))


class TimedOut:
    """The timer of one test, in place of pytest-timeout's own: that would raise inside Trio's scheduler.

    It prints the tasks and then interrupts as Ctrl-C would: Trio delivers that to the main task, and nurseries unwind.
    """

    grace = 10  # seconds

    def __init__(self, item: pytest.Item, seconds: float) -> None:
        self.seconds = seconds
        self.struck = False
        self._item = item
        self._before = signal.signal(signal.SIGALRM, self._strike)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _strike(self, *_: object) -> None:
        self.struck = True
        print(f"\n{self._item.nodeid}: no end after {self.seconds:g} s", file=sys.__stderr__)
        print("\n".join(task_tree()), file=sys.__stderr__, flush=True)
        faulthandler.dump_traceback_later(
            self.grace, exit=True, file=sys.__stderr__ or 2
        )  # a shielded scope may not end
        signal.raise_signal(signal.SIGINT)

    def cancel(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, self._before)


ALARM = pytest.StashKey[TimedOut]()


def pytest_timeout_set_timer(item: pytest.Item, settings: object) -> bool:
    item.stash[ALARM] = TimedOut(item, getattr(settings, "timeout"))  # noqa: B009 - its type is private
    return True


def pytest_timeout_cancel_timer(item: pytest.Item) -> bool:
    if timer := item.stash.get(ALARM, None):
        timer.cancel()
    return True


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Makes the interrupt of the timer a failure of this test, so that the others still run."""
    try:
        return (yield)
    except (KeyboardInterrupt, BaseExceptionGroup) as why:
        timer = pyfuncitem.stash.get(ALARM, None)
        if timer is None or not timer.struck:
            raise
        raise TimeoutError(f"no end after {timer.seconds:g} s") from why


def task_tree() -> Iterator[str]:
    """One line a task of the running Trio, indented by its nursery, with the place where it waits."""
    try:
        root = trio.lowlevel.current_root_task()
    except RuntimeError:
        return
    if root is not None:
        yield from _branch(root, 0)


def _branch(task: trio.lowlevel.Task, depth: int) -> Iterator[str]:
    frames = [(frame.f_code.co_filename, line) for frame, line in task.iter_await_frames()]
    ours = [f"{file}:{line}" for file, line in frames if "/trio/_" not in file]
    yield f"{'  ' * depth}{task.name}  {' > '.join(ours[-3:])}"
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _branch(child, depth + 1)
