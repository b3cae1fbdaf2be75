"""The package on a Debian of its own, with a real systemd."""

from pathlib import Path

import pytest

from tests.rigs.machine import RELEASES, booted, overlaid, root

# The first to ask for them waits until two Debians are made and a package is built for each.
pytestmark = pytest.mark.timeout(1200)


@pytest.mark.parametrize("release", RELEASES)
async def test_a_box_that_is_installed_without_a_network_serves(
    packages: dict[str, Path], tmp_path: Path, release: str
) -> None:
    package = packages[release]
    with overlaid(root(release), tmp_path) as disk:
        async with booted(disk, package.parent) as machine:
            await machine.run("apt-get", "install", "--yes", f"/mnt/{package.name}")
            await machine.until("/api/health", lambda health: health["status"] == "healthy")
