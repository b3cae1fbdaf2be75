"""The API's description of itself: the OpenAPI document (3.1, whose schemas are plain JSON Schema), made from the
routes and the models that their handlers name; and the routes that serve it, the sockets' AsyncAPI, and a page for
people.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from pydantic_core import to_json

from tomb import __version__
from tomb.errors import (
    AddressTooLong,
    Conflict,
    Forbidden,
    HeadersTooLarge,
    InternalError,
    NoSpace,
    PayloadTooLarge,
    RateLimited,
    RequestError,
    RequestTimeout,
    Unavailable,
    UnsupportedMedia,
    ValidationFailed,
)
from tomb.http import pages
from tomb.http.bodies import FIELD
from tomb.http.envelope import Document
from tomb.http.parents import COOKIE
from tomb.http.parsing import PARTS, Body
from tomb.http.routes import Call, Route, Services

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
ALWAYS = (Forbidden, AddressTooLong, HeadersTooLarge, RateLimited, InternalError)
CHANGING = (RequestTimeout, Conflict, PayloadTooLarge, UnsupportedMedia, Unavailable, NoSpace)
COOKIE_SCHEME = "parents"
JSON = "application/json"
PAGE = "text/html"
# What a route is about, by the first part of its address; in the order in which a reader wants to hear of it.
SUBJECTS: Mapping[str, str] = {
    "playlists": "Playlists",
    "player": "The player",
    "nfc": "Linking tags",
    "tags": "Tags",
    "uploads": "Uploads",
    "tracks": "Tracks",
    "imports": "Folders of music",
    "youtube": "YouTube",
    "bin": "The bin",
    "limits": "Limits",
    "stats": "What was heard",
    "audio": "Loudspeakers",
    "speakers": "Rooms",
    "keys": "Buttons and knobs",
    "settings": "Settings",
    "pin": "The PIN",
    "backup": "Backups",
    "restore": "Restoring",
    "health": "Health",
    "system": "The system",
    "reader": "The virtual reader",
    "playback": "For older clients",
    "openapi": "Descriptions",
    "asyncapi": "Descriptions",
    "docs": "Descriptions",
}
# What the answer to one request says of the address of the next: by name, the parameter and where it stands.
LINKS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "POST /api/playlists": (
        ("GET /api/playlists/<playlist_id>", "playlist_id", "id"),
        ("PUT /api/playlists/<playlist_id>", "playlist_id", "id"),
        ("DELETE /api/playlists/<playlist_id>", "playlist_id", "id"),
        ("POST /api/playlists/<playlist_id>/start", "playlist_id", "id"),
        ("POST /api/playlists/<playlist_id>/reorder", "playlist_id", "id"),
    ),
    "POST /api/nfc/scan": (("DELETE /api/nfc/session/<session_id>", "session_id", "session_id"),),
    "POST /api/playlists/<playlist_id>/uploads/session": (
        ("DELETE /api/uploads/sessions/<session_id>", "session_id", "session_id"),
    ),
    "PUT /api/tags/<tag_id>": (
        ("GET /api/tags/<tag_id>", "tag_id", "tag_id"),
        ("DELETE /api/tags/<tag_id>", "tag_id", "tag_id"),
    ),
}
# Bytes as they are, or as the one file of a form (OpenAPI 3.1, "Considerations for File Uploads").
_FORM: Schema = {
    "schema": {
        "type": "object",
        "required": [FIELD],
        "properties": {FIELD: {"type": "string", "contentMediaType": "application/octet-stream"}},
    }
}


def document(routes: Sequence[Route]) -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TOMB, The Open Music Box",
            "version": __version__,
            "description": "Every answer is an envelope; errors carry error_type and, where fields are wrong, errors.",
        },
        "tags": [{"name": each} for each in dict.fromkeys(SUBJECTS.values())],
        "paths": _paths(routes),
        "components": {
            "schemas": _schemas(routes),
            "responses": {_name(error): _refusal(error) for error in _all_errors(routes)},
            "securitySchemes": {COOKIE_SCHEME: {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def described(routes: Sequence[Route]) -> tuple[Route, ...]:
    """The routes, and those that describe them and themselves."""

    # Made at the first request, in a thread, and kept: it takes a tenth of a second, and anybody may ask often.

    @cache
    def openapi() -> bytes:
        return to_json(document(everything))

    @cache
    def asyncapi() -> bytes:
        from tomb.http import asyncapi  # its models serve nothing else, and would cost every start

        return to_json(asyncapi.document())

    @cache
    def page() -> bytes:
        return pages.api_page(document(everything)).encode()

    async def openapi_json(services: Services, _: Call[Body]) -> Document:
        """The OpenAPI document of this API."""
        return Document(await services.ports.in_thread(openapi), JSON)

    async def asyncapi_json(services: Services, _: Call[Body]) -> Document:
        """The AsyncAPI document of the sockets."""
        return Document(await services.ports.in_thread(asyncapi), JSON)

    async def docs(services: Services, _: Call[Body]) -> Document:
        """This API for people."""
        return Document(await services.ports.in_thread(page), f"{PAGE}; charset=utf-8")

    get = partial(Route, "GET", playing=True)
    everything = (
        *routes,
        get("/api/openapi.json", openapi_json, sends=(JSON,)),
        get("/api/asyncapi.json", asyncapi_json, sends=(JSON,)),
        get("/api/docs", docs, sends=(PAGE,)),
    )
    return everything


def operation_id(name: str) -> str:
    """Of the route with that name."""
    method, _, path = name.partition(" ")
    return "_".join((method.lower(), *re.findall(r"[a-z]+", path.removeprefix("/api/"))))


def address(route: Route) -> str:
    """The path as OpenAPI writes it."""
    return re.sub(r"<(\w+)>", r"{\1}", route.path)


def statuses(route: Route) -> set[int]:
    """All that the route may answer with."""
    files = (206, 304) if route.is_file else ()
    return {route.status, *files, *(error.status for error in errors_of(route))}


def errors_of(route: Route) -> tuple[type[RequestError], ...]:
    """Those of the route itself, and those that it shares with others."""
    changing = CHANGING if route.method != "GET" else ()
    asks = route.method != "GET" or "<" in route.path or route.query.model_fields
    invalid = (ValidationFailed,) if asks else ()
    return tuple(dict.fromkeys((*invalid, *ALWAYS, *changing, *route.errors)))


def subject(route: Route) -> str:
    first = route.path.split("/")[2].partition(".")[0]
    return SUBJECTS["uploads" if "/uploads/" in route.path else first]  # they are into a playlist


def _paths(routes: Sequence[Route]) -> Schema:
    paths: Schema = {}
    for route in routes:
        paths.setdefault(address(route), {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": operation_id(route.name),
        "summary": route.summary,
        "tags": [subject(route)],
        "responses": _responses(route),
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)]:
        operation["parameters"] = parameters
    if route.method != "GET" and (not route.takes or route.body is not Body):
        content: Schema = {JSON: {"schema": {"$ref": SCHEMAS + route.body.__name__}}}
        either = "json_schema_extra" in route.body.model_config  # one of several fields is required
        required = either or any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": content}
    if route.takes:
        files: Schema = {each: _FORM if each.startswith("multipart/") else {} for each in route.takes}
        also = operation.get("requestBody", {}).get("content", {})
        operation["requestBody"] = {"required": True, "content": {**files, **also}}
    if not route.playing:
        operation["security"] = [{}, {COOKIE_SCHEME: []}]
    return operation


def _path_parameters(route: Route) -> list[Schema]:
    names = re.findall(r"<(\w+)>", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": PARTS[name].json_schema()} for name in names]


def _query_parameters(route: Route) -> list[Schema]:
    schema = route.query.model_json_schema()
    needed = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": each}
        for name, each in schema.get("properties", {}).items()
    ]


def _header_parameters(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "header", "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in route.headers.items()
    ]


def _responses(route: Route) -> Schema:
    refusals = {error.status: error for error in reversed(errors_of(route))}
    responses: Schema = {
        str(status): {"$ref": f"#/components/responses/{_name(error)}"} for status, error in refusals.items()
    }
    responses[str(route.status)] = success = _success(route)
    if route.is_file:
        responses["206"] = {**success, "description": "the part that was asked for"}
        responses["304"] = {"description": "as the client has it"}
    return dict(sorted(responses.items()))


def _success(route: Route) -> Schema:
    response: Schema = {"description": route.summary}
    if route.status == 204:
        return response
    if route.sends:
        schema = {"type": "object"} if JSON in route.sends else {"type": "string"}
        response["content"] = {media_type: {"schema": schema} for media_type in route.sends}
    else:
        response["content"] = {JSON: {"schema": _envelope(route)}}
    if route.name in LINKS:
        response["links"] = {
            f"{name} {parameter}": {
                "operationId": operation_id(name),
                "parameters": {parameter: f"$response.body#/data/{place}"},
            }
            for name, parameter, place in LINKS[route.name]
        }
    return response


def _envelope(route: Route) -> Schema:
    data = route.data
    inner = {} if data is None else {"$ref": SCHEMAS + data.__name__}
    envelope: Schema = {
        "type": "object",
        "required": ["status", "message", "data", "timestamp", "server_seq", "request_id"],
        "properties": {"status": {"const": "success"}, **_stamp(), "data": inner},
    }
    return {"allOf": [inner, envelope]} if route.flat else envelope


def _stamp() -> Schema:
    return {
        "message": {"type": "string"},
        "timestamp": {"type": "number"},
        "server_seq": {"type": "integer"},
        "request_id": {"type": "string"},
        "client_op_id": {"type": "string"},
    }


def _refusal(error: type[RequestError]) -> Schema:
    wrong = {"type": "object", "required": ["field", "message"], "properties": {"field": {}, "message": {}}}
    schema = {
        "type": "object",
        "required": ["status", "message", "error_type", "details", "timestamp", "server_seq", "request_id"],
        "properties": {
            "status": {"const": "error"},
            **_stamp(),
            "error_type": {"type": "string"},
            "details": {"type": ["object", "null"]},
            "errors": {"type": "array", "items": wrong},
        },
    }
    return {"description": error.error_type, "content": {"application/json": {"schema": schema}}}


def _name(error: type[RequestError]) -> str:
    return f"{error.error_type}_{error.status}"


def _all_errors(routes: Iterable[Route]) -> list[type[RequestError]]:
    return list(dict.fromkeys(error for route in routes for error in errors_of(route)))


def _schemas(routes: Sequence[Route]) -> Schema:
    bodies = {route.body for route in routes if route.method != "GET"}
    answers = {route.data for route in routes if route.data is not None}
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in _sorted(bodies)]
    wanted += [(model, "serialization") for model in _sorted(answers)]
    _, schemas = models_json_schema(wanted, ref_template=SCHEMAS + "{model}")
    definitions: Schema = schemas["$defs"]
    return definitions


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: model.__name__)
