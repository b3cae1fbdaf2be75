"""What a route is. The tables of routes in this package are what the API, its tests and its description are made from.

A handler is a plain function: it gets the house and the parsed request, calls one method, and says what to answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from tomb.config import Settings
from tomb.devices.virtual_reader import VirtualReader
from tomb.events import Events
from tomb.http.envelope import Answer
from tomb.http.requests import Body, NoQuery
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import Board
from tomb.nurseries.importer import Importer
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.linking import Linking
from tomb.nurseries.taps import Taps
from tomb.ports import Ports

B = TypeVar("B", bound=Body)
Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class House:
    """Everybody whom a handler may call."""

    settings: Settings
    ports: Ports
    events: Events
    board: Board
    librarian: Librarian
    importer: Importer
    deck: Deck
    linking: Linking
    taps: Taps

    @property
    def virtual_reader(self) -> VirtualReader | None:
        """The virtual reader, while it is the one in use."""
        reader = self.taps.reader
        return reader if isinstance(reader, VirtualReader) else None


@dataclass(frozen=True, slots=True)
class Ask(Generic[B]):
    """A parsed request. `path`: the variable parts of the address."""

    path: Mapping[str, str]
    query: Any
    body: B


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as Werkzeug writes it. `data`: the model of the answer's `data`, for the description."""

    method: Method
    path: str
    handle: Callable[[House, Ask[Any]], Awaitable[Answer]]
    body: type[Body] = Body
    query: type[BaseModel] = NoQuery
    data: type[BaseModel] | None = None

    @property
    def summary(self) -> str:
        return (self.handle.__doc__ or "").strip().partition("\n")[0]
