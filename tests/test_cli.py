"""The command `tomb` among other commands."""

import os
import subprocess
import sys

import pytest

from tomb.cli import _parser


def test_a_reader_that_has_had_enough_is_no_defect() -> None:
    """As of `tomb settings | head -1`: the status is that of a program that the signal ended, and nobody is told."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        command = (sys.executable, "-m", "tomb", "settings")
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("serve", "", "--porrt 1"),
        ("tap", "04A1B2C3", "--hodl 1"),
        ("import", "FOLDER", "another"),
        ("backup", "FILE", "--x"),
        ("restore", "FILE", "--x"),
        ("pin", "--reset", "--x"),
        ("doctor", "", "--x"),
        ("youtube update", "", "--x"),
        ("update", "", "--x"),
        ("diagrams", "--out DIR", "--x"),
        ("rehearse", "SCENARIO", "--x"),
        ("settings", "", "--x"),
    ],
)
def test_what_a_command_does_not_know_is_answered_with_how_that_command_is_used(
    name: str, arguments: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(f"{name} {arguments} {wrong}".split())
    said = capsys.readouterr().err
    assert (ended.value.code, said.splitlines()[-1]) == (2, f"tomb {name}: error: unrecognized arguments: {wrong}")
    assert said.startswith(f"usage: tomb {name} ")
