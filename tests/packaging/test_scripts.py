"""All shell scripts of the tree, as ShellCheck reads them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
# SC1091: what a script of the package reads in belongs to Debian (debconf). SC2016: what stands in single quotes is for
# another program to expand.


def scripts() -> list[str]:
    """What git knows, and what begins as scripts do."""
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard"), cwd=ROOT, capture_output=True, check=True
    )
    return [name for name in listed.stdout.decode().splitlines() if _is_script(ROOT / name)]


def _is_script(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(100)
    return first.startswith(b"#!") and any(first.split()[0].endswith(end) for end in (b"/sh", b"/bash"))


def test_shellcheck_finds_nothing_in_any_script() -> None:
    found = scripts()
    assert {"justw", "scripts/packages", "packaging/wifi/tomb-wifi"} <= set(found)
    done = subprocess.run(
        [SHELLCHECK, "--format=gcc", "--exclude=SC1091,SC2016", *found],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.decode() == ""
    assert done.returncode == 0
