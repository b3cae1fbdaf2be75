"""Runs the program that updates the box with places of its own, and loses its power at the thing that it is told.

Python tells whoever listens (PEP 578) before a file is opened, renamed or removed, and before a child is started: so
the program itself knows nothing of it. What it does between two such moments changes nothing that lasts.
"""

import importlib.util
import json
import os
import signal
import sys
from pathlib import Path

TOLD = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "subprocess.Popen", "shutil.rmtree"}


def main() -> int:
    given, kill_at, events, *arguments = sys.argv[1:]
    options = json.loads(given)
    die_at, pid_file, constants = options.pop("die_at"), options.pop("pid_file"), options.pop("constants")
    if pid_file:
        Path(pid_file).write_text(str(os.getpid()))
    program = options["paths"]["program"]
    spec = importlib.util.spec_from_file_location("tomb_update", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tomb_update"] = module
    spec.loader.exec_module(module)
    for name, value in constants.items():
        setattr(module, name, value)
    paths = {name: Path(path) for name, path in options.pop("paths").items()}
    places = module.Places(**paths, **options)
    log = os.open(events, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    count = 0

    def heard(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if event not in TOLD and not writes:
            return
        said = f"{event} {args[1] if event == 'subprocess.Popen' else args[0]}"
        if "'show'" not in said:  # how often the judge looks is a matter of time
            count += 1
            os.write(log, f"{said}\n".encode())
        if count == int(kill_at) or (die_at and die_at in said):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
    status: int = module.main(arguments, places)
    return status


if __name__ == "__main__":
    sys.exit(main())
