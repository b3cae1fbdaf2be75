"""`tomb` with input devices that are named pipes: a test writes into them what a kernel would.

    python -m tests.rigs.box_with_keys tomb serve …

In the folder TOMB_TEST_INPUT lies `event0`, a pipe, and `event0.json`, which says what the device would say of itself:
`{"name": …, "keys": [code, …], "axes": [code, …]}`. All else is the program as it is.
"""

import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

from tomb.cli import main
from tomb.devices.keys import Linux
from tomb.rehearsal.simulated.input import FakeDevice, told


class Pipes(Linux):
    def __init__(self) -> None:
        super().__init__(Path(os.environ.pop("TOMB_TEST_INPUT")))
        self._by_fd: dict[int, FakeDevice] = {}

    def devices(self) -> dict[str, object]:
        return {path: seen for path, seen in super().devices().items() if not path.endswith(".json")}

    def open(self, path: str) -> int:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # for writing too: so it has no end while nobody writes
        self._by_fd[fd] = FakeDevice(path, **json.loads(Path(path + ".json").read_bytes()))
        return fd

    def ioctl(self, fd: int, request: int, argument: int | bytearray) -> None:
        told(self._by_fd[fd], request, argument)


if __name__ == "__main__":
    with patch("tomb.devices.keys.Linux", Pipes):
        sys.exit(main(sys.argv[2:]))
