"""A filled library for those who damage it."""

import shutil

import pytest

from tests.rigs.damage import Shelf, fill, readable
from tests.rigs.library import opened
from tests.rigs.virtual import run_virtually
from tomb.ports import VirtualPorts


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made: Shelf = run_virtually(fill, tmp_path_factory.mktemp("filled") / "data")
    return made


@pytest.fixture(scope="session")
def logged(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """As a power cut leaves it: the last edits are in the log."""
    folder = tmp_path_factory.mktemp("logged")

    async def edit_until_cut_off() -> None:
        async with opened(shelf.copy(folder / "alive").folder, ports=VirtualPorts(seed=2)) as stage:
            for number in range(4):
                await stage.fill(f"Logged {number}", [f"logged {number} {each}".encode() for each in range(3)])
            await stage.librarian.delete(stage.librarian.lites()[0].id)
            shutil.copytree(folder / "alive", folder / "data")

    run_virtually(edit_until_cut_off)
    sound = frozenset(path.stem for path in (folder / "data" / "library" / "files").iterdir())
    return Shelf(folder / "data", readable(folder / "data" / "tomb.db"), sound)
