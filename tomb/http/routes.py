"""What a route is. The tables of routes in this package are what the API, its tests and its description are made from.

A handler is a plain function: it gets the services and the parsed request, calls one method, and returns its answer.
Its signature is the only declaration of its models: `Call[CreateBody]` says what is parsed, `Success[PlaylistAnswer]`
what is answered. The type checker holds the handler to it, and the description is read from it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args

from msgspec import Struct
from pydantic import BaseModel

from tomb.errors import NoSuchRange, RequestError
from tomb.http.bodies import BODY_LIMIT, Incoming
from tomb.http.envelope import HandlerResult
from tomb.http.parsing import Body, NoQuery
from tomb.http.services import Services as Services  # with a route, what a handler is made of comes from here
from tomb.models import Origin

T = TypeVar("T", bound=BaseModel, covariant=True)
Method = Literal["GET", "POST", "PUT", "DELETE"]
Category = Literal["player", "uploads", "youtube", "files", "archives", "other"]


class Call(Struct, Generic[T], frozen=True):
    """A parsed request. `given`: its body, or its query if `T` is no `Body`. `path`: the variable parts of the address.

    `client`: the peer's address. `token`: what the parents' cookie holds; `origin`: whose commands are these, by that.
    `headers`: found in any case. `stream`: a body that is no JSON.
    """

    given: T
    path: Mapping[str, Any]
    client: str
    token: str | None
    origin: Origin
    headers: Mapping[str, str]
    stream: Incoming


Handler = Callable[[Services, Call[Any]], Awaitable[HandlerResult]]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as Werkzeug writes it. `status`: that of success. `playing`: not guarded by the parents' PIN.
    `lasting`: what it does is kept, as it is where nothing else is said, of all that is no GET and no playing.
    `brief`: of a category of which much takes long, but it does not: whoever leaves meanwhile is not looked for.
    `costly`: pages from elsewhere may not even lead a browser here. `secret`, or a body that names one of
    `secret_fields`: neither kept for a repetition nor announced (wire.md, section 7).

    `body`, `query`, `data`: the models that the signature of `handle` names; `data` is None where there is none, or no
    envelope. `flat`: the data's fields stand beside those of the envelope too. `takes`: the media types of a body that
    is no JSON, which the handler takes from `stream`, `given` being empty then; `limit`: its most bytes, None: any.
    For the description: `sends`, the media types of what is answered without an envelope; `errors`, what the route can
    answer besides what every route can; `headers`, what else it looks at, in words.
    """

    method: Method
    path: str
    handle: Handler
    status: int = 200
    sends: tuple[str, ...] = ()
    errors: tuple[type[RequestError], ...] = ()
    category: Category = "other"
    playing: bool = False
    lasting: bool = True
    flat: bool = False
    brief: bool = False
    costly: bool = False
    secret: bool = False
    secret_fields: frozenset[str] = frozenset()
    takes: tuple[str, ...] = ()
    limit: int | None = BODY_LIMIT
    headers: Mapping[str, str] = field(default_factory=dict)
    body: type[Body] = field(init=False)
    query: type[BaseModel] = field(init=False)
    data: type[BaseModel] | None = field(init=False)
    nothing: Body = field(init=False)  # what is given where no body is

    def __post_init__(self) -> None:
        signature = inspect.signature(self.handle)
        _, call = signature.parameters.values()
        given = _model_in(call.annotation) or Body
        is_body = issubclass(given, Body)
        body = given if is_body else Body
        object.__setattr__(self, "nothing", body.model_construct())
        models = {"body": body, "query": NoQuery if is_body else given}
        for name, model in {**models, "data": _model_in(signature.return_annotation)}.items():
            object.__setattr__(self, name, model)  # as dataclasses themselves set the fields of frozen ones

    @property
    def is_edit(self) -> bool:
        """It waits while a new version is on probation (`nurseries.probation`)."""
        return self.method != "GET" and not self.playing and self.lasting

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


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in brackets, None for `Any`, `None`, or no brackets at all."""
    found = get_args(annotation)
    return found[0] if found and isinstance(found[0], type) and issubclass(found[0], BaseModel) else None
