"""The package of this checkout, for both releases of Debian: built once for all tests of this folder."""

from pathlib import Path

import pytest

from tests.rigs import machine


@pytest.fixture(scope="session")
def packages() -> dict[str, Path]:
    """By release."""
    return machine.packages(*machine.RELEASES)
