"""The box as its Debian package installs it: a service with a user, a folder and a file of settings of its own.

Whoever types `tomb doctor` there means that box. So the command reads the settings that the service has, and leaves the
service's folder to the service: what is to be imported or backed up goes to the box that runs, which is asked as by
anybody else, since files that root had written in there the box could not change any more. What has to be done with the
folder itself is done as the box's user.
"""

import os
import pwd
import sys
from argparse import Namespace
from pathlib import Path

from tomb.errors import StartError

PREFIX = Path("/usr/lib/tomb-music-box")
ENVIRONMENT = Path("/etc/tomb/tomb.env")
DATA = Path("/var/lib/tomb")
USER = "tomb"
OWN = ("pin", "doctor")  # what is done with the folder, or looked at, as the user that the service has


def is_installed() -> bool:
    """Whether this is the package's box, and not one from a clone beside it."""
    return Path(sys.prefix) == PREFIX


def settle(name: str, args: Namespace) -> None:
    """Have the command `name` mean the installed box, unless its arguments or the environment name another.

    Raises: StartError.
    """
    # The service has been told its folder by its unit.
    if not is_installed() or getattr(args, "data", None) is not None or "TOMB_DATA" in os.environ:
        return
    from dotenv import dotenv_values

    for key, value in dotenv_values(ENVIRONMENT, interpolate=False).items():
        os.environ.setdefault(key, value or "")
    os.environ.setdefault("TOMB_DATA", str(DATA))
    if name == "serve":
        raise StartError("this box is a service: sudo systemctl start tomb (another one needs a folder: --data DIR)")
    if name in OWN:
        _become(USER)
    elif getattr(args, "url", "") is None:
        args.url = f"http://127.0.0.1:{os.environ.get('TOMB_PORT', '8000')}"


def _become(user: str) -> None:
    """What root leaves in the folder, the service could not change."""
    if os.getuid() == 0:
        entry = pwd.getpwnam(user)
        os.initgroups(user, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.environ["HOME"] = entry.pw_dir
