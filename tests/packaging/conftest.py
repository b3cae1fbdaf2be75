"""The package of this checkout for both releases of Debian, and a disk on which each was installed: made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.rigs import machine
from tests.rigs.machine import booted, overlaid, root


@dataclass(frozen=True, slots=True)
class Installed:
    """`disk`: the folders of which it consists, the uppermost first. `said`: by apt-get."""

    disk: tuple[Path, ...]
    package: Path
    said: str


@pytest.fixture(scope="session")
def packages() -> Mapping[str, Path]:
    """By release."""
    return machine.packages(*machine.RELEASES)


@pytest.fixture(scope="session", params=machine.RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """Each of them; a test that needs only one names it: `@pytest.mark.parametrize("release", …, indirect=True)`."""
    return str(request.param)


@pytest.fixture(scope="session")
def installed(packages: Mapping[str, Path], release: str, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A computer without a network, on which somebody typed `apt-get install`, and that was switched off when the box
    had its demo library."""
    package, folder = packages[release], tmp_path_factory.mktemp(release)

    async def install() -> str:
        with overlaid(root(release), folder) as disk:
            async with booted(disk, package.parent) as computer:
                done = await computer.run("apt-get", "install", "--yes", f"/mnt/{package.name}")
                await computer.until("/api/playlists", lambda data: bool(data["playlists"]))
        return done.said

    return Installed((folder / "changes", root(release)), package, trio.run(install))
