"""`tomb` with the YouTube of a rig: python -m tests.rigs.youtube PORT CERTIFICATE [tomb's arguments]..."""

import sys
from functools import partial
from pathlib import Path

from tests.rigs.youtube import RigNetwork, world
from tomb.cli import main
from tomb.devices.youtube import tool

port, certificate, *arguments = sys.argv[1:]
real = tool.YtDlp
tool.YtDlp = partial(real, world=world(RigNetwork(int(port)), Path(certificate)))  # type: ignore[misc,assignment]
sys.exit(main(arguments))
