"""What a route is. The tables of routes in this package are what the API, its tests and its description are made from.

A handler is a plain function: it gets the services and the parsed request, calls one method, and says what to answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel
from werkzeug.datastructures import Headers

from tomb.config import Settings
from tomb.devices.virtual_reader import VirtualReader
from tomb.errors import NoSuchRange, RequestError
from tomb.events import Events
from tomb.http.bodies import BODY_LIMIT, Incoming
from tomb.http.envelope import Answer
from tomb.http.requests import Body, NoQuery
from tomb.nurseries.archivist import Archivist
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import Board
from tomb.nurseries.importer import Importer
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.linking import Linking
from tomb.nurseries.parent_auth import ParentAuth
from tomb.nurseries.preferences import Preferences
from tomb.nurseries.process import Process
from tomb.nurseries.taps import Taps
from tomb.nurseries.uploads import Uploads
from tomb.ports import Ports

B = TypeVar("B", bound=Body, covariant=True)
Method = Literal["GET", "POST", "PUT", "DELETE"]
Category = Literal["player", "uploads", "youtube", "other"]


@dataclass(frozen=True, slots=True)
class Services:
    """Everybody whom a handler may call."""

    settings: Settings
    ports: Ports
    events: Events
    board: Board
    librarian: Librarian
    importer: Importer
    uploads: Uploads
    archivist: Archivist
    deck: Deck
    linking: Linking
    taps: Taps
    preferences: Preferences
    parent_auth: ParentAuth
    process: Process

    @property
    def virtual_reader(self) -> VirtualReader | None:
        """The virtual reader, while it is the one in use."""
        reader = self.taps.reader
        return reader if isinstance(reader, VirtualReader) else None


@dataclass(frozen=True, slots=True)
class Ask(Generic[B]):
    """A parsed request. `path`: the variable parts of the address. `client`: the peer's address.

    `token`: what the parents' cookie holds. `headers`: found in any case. `stream`: a body that is no JSON.
    """

    path: Mapping[str, Any]
    query: Any
    body: B
    client: str
    token: str | None
    headers: Headers
    stream: Incoming


Handler = Callable[[Services, Ask[Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as Werkzeug writes it. `playing`: not guarded by the parents' PIN.

    For the description: `data` is the model of the answer's `data` (or the media types of what is answered without an
    envelope), `status` that of success, `errors` what the route can answer besides what every route can. `takes`: the
    media types of a body that is no JSON, which the handler takes from `stream`; `limit`: its most bytes, None: any.
    `headers`: what else it looks at, in words.
    """

    method: Method
    path: str
    handle: Handler
    body: type[Body] = Body
    query: type[BaseModel] = NoQuery
    data: type[BaseModel] | tuple[str, ...] | None = None
    status: int = 200
    errors: tuple[type[RequestError], ...] = ()
    category: Category = "other"
    playing: bool = False
    takes: tuple[str, ...] = ()
    limit: int | None = BODY_LIMIT
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Answers with files, and so with parts of them."""
        return NoSuchRange in self.errors

    @property
    def summary(self) -> str:
        return (self.handle.__doc__ or "").strip().partition("\n")[0]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"
