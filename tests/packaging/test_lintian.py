"""What Debian's own judge says of the package."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

pytestmark = pytest.mark.timeout(1200)


def test_lintian_finds_no_errors(packages: Mapping[str, Path]) -> None:
    """One for both: they differ in what was compiled, and the lintian of this machine is that of one Debian."""
    done = subprocess.run(
        ["lintian", "--fail-on", "error", "--allow-root", packages["bookworm"]], stdout=PIPE, stderr=STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
