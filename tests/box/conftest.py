"""What makes a box real: music, a sound daemon, a card daemon."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs.music import Music, press, shelve
from tests.rigs.pcsc import PcscRig, pcsc_rig
from tests.rigs.pulse import PulseRig, pulse_rig


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of all albums, a folder each."""
    root = tmp_path_factory.mktemp("records")
    press(root)
    return root


@pytest.fixture
async def music(tmp_path: Path, records: Path) -> Music:
    return await shelve(records, tmp_path / "data")


@pytest.fixture
async def pulse() -> AsyncIterator[PulseRig]:
    async with pulse_rig() as rig:
        yield rig


@pytest.fixture
async def cards() -> AsyncIterator[PcscRig]:
    async with pcsc_rig() as rig:
        yield rig
