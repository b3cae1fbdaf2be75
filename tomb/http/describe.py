"""The API's description of itself: OpenAPI of the routes, AsyncAPI of the sockets, and a page for people."""

from collections.abc import Sequence
from functools import partial

from pydantic_core import to_json

from tomb.http import docs, openapi
from tomb.http.envelope import Answer, Document
from tomb.http.parents import COOKIE
from tomb.http.requests import Body
from tomb.http.routes import Ask, Route, Services

_JSON = "application/json"
_PAGE = "text/html; charset=utf-8"
_route = partial(Route, "GET", playing=True)


def routes(described: Sequence[Route]) -> tuple[Route, ...]:
    """The routes that describe the others, and themselves."""

    async def openapi_json(_services: Services, _ask: Ask[Body]) -> Answer:
        """The OpenAPI document of this API."""
        return Answer(Document(to_json(openapi.document(everything, COOKIE)), _JSON))

    async def asyncapi_json(_services: Services, _ask: Ask[Body]) -> Answer:
        """The AsyncAPI document of the sockets."""
        from tomb.http import asyncapi  # its models serve nothing else, and would cost every start

        return Answer(Document(to_json(asyncapi.document()), _JSON))

    async def page(_services: Services, _ask: Ask[Body]) -> Answer:
        """This API for people."""
        return Answer(Document(docs.page(openapi.document(everything, COOKIE)).encode(), _PAGE))

    own = (
        _route("/api/openapi.json", openapi_json, data=(_JSON,)),
        _route("/api/asyncapi.json", asyncapi_json, data=(_JSON,)),
        _route("/api/docs", page, data=(_PAGE.partition(";")[0],)),
    )
    everything = (*described, *own)
    return own
