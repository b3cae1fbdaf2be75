"""Versions of the installed box for tests of its update: one that is installed, and a newer one that may be bad.

The newer one is the same box with one step more in its schema, so that the older one refuses a database that it has
opened. How it behaves when it is started is said in a file of the computer that it is installed on, see `BEHAVIOUR`: to
pack it anew for each way of being bad would take longer than all the rest.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.update_root import Key, make_key, sign
from tomb import __version__

BEHAVIOUR = "/etc/tomb/behaviour"
NEW = "0.9.0"
PROVE_S, STEADY_S = 20, 6

_BAD = f"""

def _behave() -> None:
    import time
    from pathlib import Path

    try:
        behaviour = Path("{BEHAVIOUR}").read_text().strip()
    except OSError:
        return
    if behaviour == "dead":
        raise SystemExit(1)
    if behaviour == "hangs":
        time.sleep(3600)
    if behaviour == "silent_web":
        async def nothing(self: object, nursery: object) -> None:
            pass

        _Web.start = nothing


_serve_well = serve


def serve(options):
    _behave()
    _serve_well(options)
"""
_STEP = '\nSTEPS = (*STEPS, ("CREATE TABLE of_a_newer_version (a INTEGER) STRICT",))\n'


@dataclass(frozen=True, slots=True)
class Newer:
    """`package` in its folder, beside its signature, and the key of that."""

    package: Path
    key: Key


def make_newer(package: Path, folder: Path) -> Newer:
    """Of the one that was built. Takes seconds."""
    key, newer = make_key(folder), folder / package.name.replace(f"_{__version__}~", f"_{NEW}~")
    inside = folder / "inside"
    subprocess.run(["dpkg-deb", "--raw-extract", package, inside], check=True)
    _change(inside)
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(inside), str(newer)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(inside)
    sign(newer, key)
    return Newer(newer, key)


def prepare(disk: Path, newer: Newer, behaviour: str = "") -> None:
    """A computer that is off and has the package: whom it trusts, how the newer one is to behave, and a program
    that judges sooner than in earnest."""
    (disk / "etc/tomb").mkdir(exist_ok=True)
    (disk / "etc/tomb/update.pub").write_bytes(newer.key.public.read_bytes())
    (disk / "etc/tomb/tomb.env").write_text("TOMB_READER=virtual\nTOMB_AUDIO=silent\nTOMB_RATE_LIMITS=off\n")
    (disk / BEHAVIOUR.lstrip("/")).write_text(behaviour)
    program = disk / "usr/lib/tomb-music-box/update/tomb_update.py"
    text = program.read_text()
    for name, seconds in (("PROVE_S", PROVE_S), ("STEADY_S", STEADY_S)):
        text, changed = re.subn(rf"^{name} = .*$", f"{name} = {seconds}.0", text, flags=re.MULTILINE)
        assert changed == 1
    program.write_text(text)


def _change(inside: Path) -> None:
    control = inside / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {__version__}~", f"Version: {NEW}~"))
    [tomb] = inside.glob("usr/lib/tomb-music-box/lib/python3.*/site-packages/tomb")
    init = tomb / "__init__.py"
    init.write_text(init.read_text().replace(f'"{__version__}"', f'"{NEW}"'))
    for name, more in (("service.py", _BAD), ("library/schema.py", _STEP)):
        with (tomb / name).open("a") as file:
            file.write(more)
