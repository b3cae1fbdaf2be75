"""The figures in docs/security.md are those of the program."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from msgspec import NODEFAULT
from msgspec.structs import fields

from tomb.config import PREFIX, Rate, Settings

PAGE = (Path(__file__).parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "s": 1}


def said(figure: str) -> object:
    """What a figure in the table stands for: "16 MiB", "20 s", "1/4" as 4, "30 at once, 10/s" as a rate."""
    if rate := re.fullmatch(r"(\d+) at once, (\d+)/s", figure):
        return Rate(float(rate[1]), float(rate[2]))
    number, _, unit = figure.removeprefix("1/").partition(" ")
    return int(number) * UNITS.get(unit, 1)


def meant(name: str) -> object:
    if name.startswith(PREFIX):
        return Settings.model_fields[name.removeprefix(PREFIX).lower()].default
    where, _, what = name.rpartition(".")
    try:
        return getattr(import_module(where), what)
    except ModuleNotFoundError:
        module, _, kind = where.rpartition(".")
        [default] = [field.default for field in fields(getattr(import_module(module), kind)) if field.name == what]
        assert default is not NODEFAULT
        return default


@pytest.mark.parametrize(("what", "figure", "name"), ROWS)
def test_a_bound_is_as_the_page_says(what: str, figure: str, name: str) -> None:
    assert said(figure) == meant(name), what


def test_the_page_has_its_table() -> None:
    assert len(ROWS) > 30


def test_the_tests_that_the_page_names_are_there() -> None:
    names = set(re.findall(r"`(test_\w+)`", PAGE))
    assert names <= {path.stem for path in Path(__file__).parent.rglob("test_*.py")}
