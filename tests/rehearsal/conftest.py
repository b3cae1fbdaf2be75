"""What rehearsals need of the web UI."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def web_modules() -> None:
    """They are there; a moment, if they were."""
    subprocess.run(["sh", ROOT / "scripts/ui", "modules"], check=True, cwd=ROOT)
