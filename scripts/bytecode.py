"""Compiles what the box runs on, without the doc strings of libraries: these are for people who read the source, and
took 3 MB of the memory of a box.

    python scripts/bytecode.py FOLDER     all of it, as `compileall` does, for the Python that runs this

`-OO` would leave out what libraries assert as well, and our own doc strings, of which the API is described.
"""

import ast
import os
import struct
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.util import MAGIC_NUMBER, cache_from_source
from marshal import dumps
from pathlib import Path

# numpy.ma, which np.unique, np.median and np.percentile load, asserts that these say something.
KEPT = ("numpy/_core/numeric.py",)
TIMESTAMP = 0  # PEP 552: the byte code is good as long as its source has this time and size


def compiled(source: Path) -> str:
    """What is wrong with it, or nothing: libraries bring files that are for no Python, or for another one."""
    try:
        seen = source.stat()
        tree = ast.parse(source.read_bytes(), source)
        for node in () if source.as_posix().endswith(KEPT) else ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                leave_out_doc_string(node)
        code = compile(tree, source, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, OSError) as error:
        return f"{source}: {error}"
    header = MAGIC_NUMBER + struct.pack("<III", TIMESTAMP, int(seen.st_mtime) & 0xFFFFFFFF, seen.st_size & 0xFFFFFFFF)
    target = Path(cache_from_source(source))
    target.parent.mkdir(exist_ok=True)
    half = target.with_suffix(f".{os.getpid()}")
    half.write_bytes(header + dumps(code))
    half.replace(target)
    return ""


def leave_out_doc_string(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        said = node.body[0]
        node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), said)]


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        for wrong in pool.map(compiled, Path(sys.argv[1]).rglob("*.py"), chunksize=32):
            if wrong:
                print(wrong, file=sys.stderr)
