"""Which route an address leads to, and what stands in its variable parts. The table is Werkzeug's.

To look it up takes a tenth of a short request, and two addresses differ mostly in their ids: what has the same shape
was found before. Whoever asks is not known yet, and may be anybody; so short addresses alone are remembered, and the
oldest of them are forgotten.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from werkzeug.routing import BaseConverter, Map, Rule

from tomb.http.routes import Route

SHAPES = 256
LONGEST_SHAPE = 160  # characters; three ids are 108
_IDS = re.compile(r"(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|\Z)")  # as `Ports.new_id` makes them
_AN_ID = "00000000-0000-0000-0000-000000000000"

Found = tuple[Route, dict[str, str]]


class Name(BaseConverter):
    """A variable part of an address, as it stands there; what the tables have a route of its own for is no id."""

    regex = r"(?!(?:sync|move-track|session|import)$)[^/]+"
    part_isolating = True


@cache
def _table(rules: tuple[tuple[str, str, str], ...]) -> Map:
    """Of paths, methods and names. Made once, however many boxes a process opens: Werkzeug compiles each rule, which
    takes longer than all else that an application needs to be there."""
    made = [Rule(path, endpoint=name, methods=[method, "OPTIONS"]) for path, method, name in rules]
    return Map(made, strict_slashes=False, merge_slashes=False, converters={"default": Name})


class Addresses:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.name: route for route in routes}
        rules = tuple((each.path, each.method, each.name) for each in self._routes.values())
        if any(re.search("<[^>]*:", path) for path, *_ in rules):
            raise ValueError("a variable part of an address is a name: an id put back would be no other type's")
        self._table = _table(rules).bind("tomb")
        self._fixed: dict[tuple[str, str], Route] = {
            (each.method, each.path): each for each in self._routes.values() if "<" not in each.path
        }
        self._matched = lru_cache(SHAPES)(self._match)

    def find(self, method: str, path: str) -> Found:
        """Raises: HTTPException, which says what is wrong with it."""
        fixed = self._fixed.get((method, path))  # most are asked for as they stand there
        if fixed is not None:
            return fixed, {}
        if len(path) > LONGEST_SHAPE:
            route, values = self._match(method, path)
            return route, dict(values)
        ids = iter(_IDS.findall(path))
        route, values = self._matched(method, _IDS.sub(_AN_ID, path))
        return route, {name: next(ids) if value == _AN_ID else value for name, value in values}

    def methods(self, path: str) -> Iterable[str]:
        """Those that may be asked of it."""
        return self._table.allowed_methods(path)

    @property
    def remembered(self) -> int:
        """How many shapes."""
        return self._matched.cache_info().currsize

    def _match(self, method: str, path: str) -> tuple[Route, tuple[tuple[str, Any], ...]]:
        rule, values = self._table.match(path, method, return_rule=True)
        return self._routes[rule.endpoint], tuple(values.items())
