"""Writes docs/api.md and docs/events.md anew, from what the box says of itself: `python -m tests.docs.reference`.

Each route has the request of the first row of tests/http/rows.py that it answers with success: that row is asked of a
whole box by tests/http/test_every_endpoint.py, and its answer held against the same description.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.http.rows import ROWS, Row
from tomb.http import asyncapi, openapi
from tomb.http.app import ROUTES
from tomb.http.routes import Route

DOCS = Path(__file__).parent.parent.parent / "docs"
BOX = "http://tomb.local:8000"
API = """\
# The API

Every route of the box, each with a request that a test makes. The same for programs: `/api/openapi.json` on every
box, and a list of all requests at `/api/docs`. This page is made from it (`./justw reference`); do not edit it.

An answer is an envelope: `status` (`success` or `error`), `message` (words for people), `data`, `timestamp` (seconds
since 1970), `server_seq` (the number of the newest [event](events.md)) and `request_id`, which the log has too. An
error has `error_type`, and where fields are wrong `errors`, a list of `field` and `message`. Each route says what it
answers with in `data`.

| status | `error_type` | when |
|---|---|---|
{errors}

Bodies are JSON and say so (`Content-Type: application/json`). Every body may carry a `client_op_id` of your own: sent
again within five minutes, it is not carried out again but answered with the same, and `ack:op` tells all clients by
that id that it is done. Unknown fields are ignored. **For parents** means: where a PIN is set, after `POST
/api/pin/session`, with the cookie that it gives. What stands in capitals in an address or a body is an id that
another answer gave.
"""
EVENTS = """\
# The events

What is said over the [sockets](protocol.md), in both directions; each is a Socket.IO event with one argument, an
object. The same for programs: `/api/asyncapi.json` on every box. This page is made from it (`./justw reference`); do
not edit it.

What is numbered comes in an envelope: `event_type` (its name), `server_seq` (its number, which grows over all events
of the box and never goes back), `data` (what the table says), `timestamp` (milliseconds since 1970), `event_id`, and
where it is about a playlist `playlist_id` and `playlist_seq`. All else has no envelope.
"""
WHEN = {
    ("validation_error", 400): "a field is wrong; `errors` names each",
    ("bad_request", 400): "it is well said, but makes no sense now",
    (
        "forbidden",
        403,
    ): "the box does not go by this name, the page is from elsewhere, the PIN is missing, or a limit is in the way",
    ("not_found", 404): "there is no such thing; `details` has what, and its id",
    ("request_timeout", 408): "the body trickles",
    ("conflict", 409): "the tag is another playlist's; or the `client_op_id` was used for something else",
    ("payload_too_large", 413): "the body, or the file that is announced, is too large",
    ("payload_too_large", 414): "the address is too long",
    ("unsupported_media_type", 415): "no sound that the box plays; no picture; no JSON",
    ("bad_request", 416): "a part was asked for that the file does not have",
    ("rate_limit_exceeded", 429): "too often; `Retry-After` has the seconds to wait",
    ("payload_too_large", 431): "the headers are too large",
    ("internal_error", 500): "a defect, which is in the log under the request's id",
    (
        "service_unavailable",
        503,
    ): "what it takes is not there: a sound card, a program, a newer version being tried out",
    ("insufficient_storage", 507): "the disk is full; nothing half-written stays",
}
EXAMPLE = "<!-- run by tests/http/test_every_endpoint.py -->"
TABLE = ("| field | is | |", "|---|---|---|")
Schema = Mapping[str, Any]


def api() -> str:
    document = json.loads(json.dumps(openapi.document(ROUTES)))
    schemas = document["components"]["schemas"]
    requests: dict[str, Row] = {}
    for row in ROWS:
        if row.status < 300:
            requests.setdefault(row.route, row)
    subjects: dict[str, list[Route]] = {each["name"]: [] for each in document["tags"]}
    for route in ROUTES:
        subjects[openapi.subject(route)].append(route)
    errors = "\n".join(sorted(_errors(document["components"]["responses"])))
    parts = [API.format(errors=errors)]
    for subject, routes in subjects.items():
        parts.append(f"## {subject}\n")
        for route in routes:
            operation = document["paths"][openapi.address(route)][route.method.lower()]
            parts.append(_route(route, operation, requests[route.name], schemas))
    named = {name for name in schemas if not name.endswith("Body")}
    parts += ["## What is in the answers\n", *(_object(name, schemas[name]) for name in sorted(named))]
    return "\n".join(parts)


def _errors(responses: Mapping[str, Any]) -> Iterator[str]:
    for name in responses:
        error_type, _, status = name.rpartition("_")
        yield f"| {status} | `{error_type}` | {WHEN[error_type, int(status)]} |"


def _route(route: Route, operation: Schema, row: Row, schemas: Schema) -> str:
    said = operation.get("description") or operation["summary"]
    lines = [
        f"### {route.method} {openapi.address(route)}\n",
        _prose(said) + ("" if route.playing else " For parents."),
    ]
    fields = [*_query(operation), *_fields(_body_of(route, schemas))]
    if fields:
        lines += ["", *TABLE, *fields]
    lines += ["", EXAMPLE, "", "```sh", _curl(route, row), "```", "", _answer(route)]
    return "\n".join(lines) + "\n"


def _answer(route: Route) -> str:
    answered = f"Answers {route.status}"
    if route.sends:
        answered += f" with {' or '.join(f'`{each}`' for each in route.sends)}"
    elif route.data is not None:
        answered += f" with [{_shown(route.data.__name__)}](#{_shown(route.data.__name__).lower()})"
    own = sorted(error.status for error in route.errors)
    return answered + (f"; also {', '.join(map(str, own))}." if own else ".")


def _query(operation: Schema) -> Iterator[str]:
    for each in operation.get("parameters", ()):
        if each["in"] == "query":
            yield f"| `?{each['name']}` | {_type(each['schema'])} | {_rest(each['schema'], each['required'])} |"


def _body_of(route: Route, schemas: Schema) -> Schema:
    schema: Schema = schemas.get(route.body.__name__, {})
    fields = {name: each for name, each in schema.get("properties", {}).items() if name != "client_op_id"}
    return {**schema, "properties": fields}


def _fields(schema: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield f"| `{name}` | {_type(each)} | {_rest(each, name in required)} |"


def _rest(schema: Schema, required: bool) -> str:
    """What there is to say of a field besides its type."""
    said = [] if required else ["may be absent"]
    if not required and schema.get("default") is not None:
        said = [f"else `{json.dumps(schema['default'])}`"]
    if "description" in schema:
        said.append(_prose(schema["description"]))
    return "; ".join(said)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if numbered := re.fullmatch(r"Numbered_(\w+)_", name):
            return f"[{numbered[1]}](#{numbered[1].lower()}), numbered"
        return f"[{_shown(name)}](#{_shown(name).lower()})" if not name.endswith("Body") else _shown(name)
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(each) for each in options))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}" if "items" in schema else "list"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"by name: {_type(schema['additionalProperties'])}"
    return str(schema.get("type", "anything")) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "string":
        low, high = schema.get("minLength"), schema.get("maxLength")
        if high is None:
            return ""
        return f" of {low or 0} to {high} characters"
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low:g} to {high:g}" if max(abs(low), abs(high)) < 1e6 else f", {low} to {high}"
    return f", from {low}" if low is not None else ""


def _shown(name: str) -> str:
    return re.sub(r"\W|_", "", name)


def _object(name: str, schema: Schema) -> str:
    lines = [f"### {_shown(name)}\n"]
    if "description" in schema:
        lines.append(_prose(schema["description"]) + "\n")
    rows = list(_fields(schema))
    lines += [*TABLE, *rows] if rows else [_type(schema)] if "enum" in schema else ["No fields."]
    return "\n".join(lines) + "\n"


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("None", "null")


def _curl(route: Route, row: Row) -> str:
    path = _filled(row.path) if row.path else re.sub(r"\{(\w+)\}", lambda each: each[1].upper(), openapi.address(route))
    words = ["curl"]
    if route.method != "GET":
        words.append(f"-X {route.method}")
    words.append(f"{BOX}{path}" if "?" not in path else f"'{BOX}{path}'")
    words += [f"-H '{name.title()}: {value}'" for name, value in row.headers]
    if row.raw is not None:
        words.append("--data-binary @FILE")
    elif row.body is not None:
        words += ["-H 'Content-Type: application/json'", f"-d '{_filled(json.dumps(row.body))}'"]
    if set(route.sends) - {"application/json", "text/html"}:
        words.append("-o FILE")
    return " \\\n    ".join(words) if len(" ".join(words)) > 110 else " ".join(words)


def _filled(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda each: each[1].upper(), text)


def events() -> str:
    document = json.loads(json.dumps(asyncapi.document()))
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]
    parts = [EVENTS]
    for side, title in (("asked", "What a client says"), ("told", "What the box says")):
        names = [each["$ref"].rpartition("/")[2] for each in document["operations"][side]["messages"]]
        parts += [f"## {title}\n", "| event | carries |", "|---|---|"]
        parts += [f"| `{messages[name]['name']}` | {_type(messages[name]['payload'])} |" for name in names]
        parts.append("")
    parts += [
        "## What they carry\n",
        *(_object(name, schemas[name]) for name in sorted(schemas) if "Numbered" not in name),
    ]
    return "\n".join(parts)


PAGES = {"api.md": api, "events.md": events}


if __name__ == "__main__":
    for page, written in PAGES.items():
        (DOCS / page).write_text(written(), encoding="utf-8")
        sys.stdout.write(f"docs/{page}\n")
