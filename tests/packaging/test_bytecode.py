"""The byte code of what the box runs on: what is said for people is left out of it, and nothing else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LIBRARY = '''"""Of a module."""

from __future__ import annotations


class Thing:
    """Of a class."""

    def method(self, given: Unknown) -> str:
        """Of a method, which is all that there is of it."""


async def wait() -> str:
    """Of a function."""
    assert not "what libraries assert"
    return """no doc string"""
'''
LOOKED_AT = """
import library
print(library.__doc__, library.Thing.__doc__, library.Thing.method.__doc__, library.wait.__doc__)
print(library.Thing().method(1), library.Thing.method.__annotations__["given"], library.wait.__code__.co_firstlineno)
try:
    library.wait().send(None)
except AssertionError as error:
    print(error.__traceback__.tb_next.tb_lineno)
"""


def compiled(folder: Path) -> str:
    done = subprocess.run(
        (sys.executable, ROOT / "scripts/bytecode.py", folder), capture_output=True, text=True, check=True
    )
    return done.stderr


def looked_at(folder: Path) -> list[str]:
    done = subprocess.run(
        (sys.executable, "-v", "-c", LOOKED_AT), cwd=folder, capture_output=True, text=True, check=True
    )
    assert f"matches {folder / 'library.py'}" in done.stderr  # what was compiled is what was loaded
    return done.stdout.splitlines()


def test_doc_strings_are_left_out_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    assert compiled(tmp_path) == ""
    assert looked_at(tmp_path) == ["None None None None", "None Unknown 13", "15"]


def test_a_file_that_is_for_no_python_is_named_and_keeps_no_other_from_it(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "broken.py").write_text("def :")
    (tmp_path / "deep.py").write_text("a" + "+ a" * 100_000)
    (tmp_path / "lost.py").symlink_to("nowhere")
    said = compiled(tmp_path)
    assert all(name in said for name in ("broken.py", "deep.py", "lost.py"))
    assert looked_at(tmp_path)


def test_the_libraries_of_this_environment_are_compiled_so() -> None:
    import quart
    import trio

    said: list[str | None] = [trio.__doc__, trio.run.__doc__, quart.Quart.__doc__]
    assert said == [None, None, None]


def test_what_numpy_loads_when_it_is_asked_for_still_loads() -> None:
    import numpy as np

    assert np.median(np.unique([3, 1, 1, 2])) == 2
