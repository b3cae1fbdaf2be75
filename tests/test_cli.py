"""The command `tomb` among other commands."""

import os
import subprocess
import sys


def test_a_reader_that_has_had_enough_is_no_defect() -> None:
    """As of `tomb settings | head -1`: the status is that of a program that the signal ended, and nobody is told."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        command = (sys.executable, "-m", "tomb", "settings")
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")
