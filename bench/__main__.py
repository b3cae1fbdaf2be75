"""Runs benches, each in a process of its own, prints one table and keeps what was measured as JSON.

    python -m bench [BENCH…] [OPTION…]      all of them, or those named: box, audio, reader, …
    python -m bench --against URL [URL]     a box and another server that speaks the wire, or two of these

Options go to each of them: `python -m bench taps --taps 500`.

A bench prints a JSON object a line: `row` (or `name`) says what was measured, the other keys are its figures. Absolute
times are noisy, hence each row carries a `floor` that was measured in the same run where there is one, and the `ratio`.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
AGAINST = "--against"  # names a server: a bench of its own, and of no use without
TITLES = ("row", "name")
COLUMNS = ("median", "p99", "floor", "ratio")  # what has a column of its own; the rest follows as words

Row = dict[str, object]


def main(arguments: Sequence[str]) -> int:
    wanted = list(takewhile(lambda each: not each.startswith("-"), arguments))
    options = arguments[len(wanted) :]
    if not {"-h", "--help"}.isdisjoint(options):
        print(__doc__)
        return 0
    if AGAINST in options:
        return not run("against", options)
    known = sorted(path.stem for path in HERE.glob("*.py") if "\nasync def rows(" in path.read_text())
    if unknown := [name for name in wanted if name not in known]:
        print(f"there is no bench {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    broken = [name for name in wanted or known if not run(name, options)]
    if broken:
        print(f"did not come to its end: {', '.join(broken)}", file=sys.stderr)
    return bool(broken)


def run(name: str, options: Sequence[str]) -> bool:
    """Whether the bench came to its end. What it measured until then is kept."""
    print(f"\n{name:72}" + "".join(f"{column:>10}" for column in COLUMNS))
    began, load = datetime.now(UTC), os.getloadavg()[0]
    measured: list[Row] = []
    # Where Python may not write byte code every start of a box would compile all its modules, and be measured with it.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", f"bench.{name}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        for row in _rows(child):
            measured.append(row)
            print(line(row), flush=True)
    RESULTS.mkdir(exist_ok=True)
    result = {"bench": name, "at": began.isoformat(timespec="seconds"), **machine(), "load": load, "rows": measured}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return child.returncode == 0


def line(row: Row) -> str:
    """One line of the table."""
    figures = dict(row)
    title = next(str(figures.pop(key)) for key in TITLES if key in figures)
    columns = "".join(f"{_shown(figures.pop(column, '')):>10}" for column in COLUMNS)
    return f"  {title:70}{columns}  " + "  ".join(f"{key} {_shown(value)}" for key, value in figures.items())


def machine() -> Row:
    return {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}


def _rows(child: subprocess.Popen[str]) -> Iterator[Row]:
    assert child.stdout is not None
    yield from map(json.loads, child.stdout)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) and abs(value) < 1000 else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
