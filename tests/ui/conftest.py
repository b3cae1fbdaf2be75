"""What all browser tests share: one build of the UI."""

from pathlib import Path

import pytest
import trio

ROOT = Path(__file__).parent.parent.parent
BUILD_S = 300.0


@pytest.fixture(scope="session")
def built() -> None:
    """The UI as it is now, and what the tests need of Node's packages."""
    for what in ("build", "modules"):
        trio.run(_script, what)


async def _script(what: str) -> None:
    with trio.fail_after(BUILD_S):
        await trio.run_process(["sh", str(ROOT / "scripts/ui"), what], cwd=ROOT)
