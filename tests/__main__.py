"""`python -m tests`: all tests, in two processes at once; with arguments, which are those of pytest, it is pytest.

Most of the time they wait: for a sound to be heard, a computer to boot, a page to be drawn. Whole boxes, computers and
browsers have one process, where none of them meets another. The other has all else: it is told what to leave out, not
what to take, so that no test is in neither.
"""

import os
import signal
import sys
from subprocess import STDOUT, Popen
from tempfile import TemporaryFile

PYTEST = (sys.executable, "-m", "pytest")
WHOLE = ("tests/box", "tests/docs", "tests/packaging", "tests/ui")


def main() -> int:
    if arguments := sys.argv[1:]:
        os.execv(sys.executable, (*PYTEST, *arguments))
    with TemporaryFile() as said:
        rest = Popen([*PYTEST, *(f"--ignore={each}" for each in WHOLE)], stdout=said, stderr=STDOUT)
        whole = Popen([*PYTEST, *WHOLE])
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for both of them, and each says what it had so far
        failed = [each.wait() for each in (whole, rest)]
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return int(any(failed))


if __name__ == "__main__":
    sys.exit(main())
