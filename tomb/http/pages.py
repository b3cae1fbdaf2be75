"""Pages for people, without scripts or anything from elsewhere: the one at `/` until the UI is there, and the API's."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

_HOME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>{name}</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem;
         color: #2b2b33; background: #fbf8f2 }
  h1 { font-size: 1.7rem; line-height: 1.25 }
  code { background: #efe9dc; padding: .1em .35em; border-radius: .3em }
  li { margin: .3rem 0 }
  @media (prefers-color-scheme: dark) { body { color: #e9e4da; background: #1f1e24 } code { background: #35333c }
         a { color: #9cc4ff } }
</style>
<h1>{name} is up.</h1>
<p>Put a tag on the box, and music plays.</p>
<ul>
  <li><a href="/api/health">How the box is</a>: <code>GET /api/health</code></li>
  <li><a href="/api/playlists">What it can play</a>: <code>GET /api/playlists</code></li>
  <li><a href="/api/player/status">What it plays now</a>: <code>GET /api/player/status</code></li>
</ul>
<p>The web UI is not built yet. In a checkout <code>./justw serve</code> builds it, beside the box that runs; this page
looks for it every few seconds. A box that was installed from a package has it.</p>
<p>Phones and programs talk to it under <code>/api/</code>; all of that is <a href="/api/docs">described here</a>.</p>
"""

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API of the Open Music Box</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
         color: #2b2b33; background: #fbf8f2 }
  h2 { text-transform: capitalize; border-bottom: 1px solid #cbbf9f }
  code { background: #efe9dc; padding: .1em .35em; border-radius: .3em }
  summary { cursor: pointer; padding: .2rem 0 } details { margin-left: .5rem }
  td, th { text-align: left; vertical-align: top; padding: .1rem .8rem .1rem 0 }
  @media (prefers-color-scheme: dark) { body { color: #e9e4da; background: #1f1e24 } code { background: #35333c }
         a { color: #9cc4ff } }
</style>
<h1>The API of the Open Music Box</h1>
<p>For programs: <a href="/api/openapi.json">OpenAPI</a> and, of the sockets,
  <a href="/api/asyncapi.json">AsyncAPI</a>.</p>
"""

Json = Mapping[str, Any]


def home(box_name: str) -> str:
    """`box_name`: what parents call the box, "" for nothing."""
    return _HOME.replace("{name}", escape(box_name or "The Open Music Box"))


def api_page(document: Json) -> str:
    operations = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    parts = [_HEAD]
    for group, members in groupby(sorted(operations, key=lambda each: each[0]), key=lambda each: each[0]):
        parts.append(f"<h2>{escape(group)}</h2>\n")
        parts += [_operation(method, path, operation, schemas) for _, method, path, operation in members]
    return "".join(parts)


def _operation(method: str, path: str, operation: Json, schemas: Json) -> str:
    rows = "".join(
        f"<tr><td>{kind}<td><code>{name}</code><td>{what}" for kind, name, what in _fields(operation, schemas)
    )
    answers = ", ".join(operation["responses"])
    return (
        f"<details><summary><code>{method} {escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"<table>{rows}</table><p>Answers: {answers}</p></details>\n"
    )


def _fields(operation: Json, schemas: Json) -> Iterator[tuple[str, str, str]]:
    for each in operation.get("parameters", ()):
        yield each["in"], escape(each["name"]), _in_words(each["schema"])
    body = operation.get("requestBody")
    if body is None:
        return
    if "application/json" not in body["content"]:
        yield "body", escape(" or ".join(body["content"])), "the bytes of a file"
    else:
        model = schemas[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        for name, schema in model["properties"].items():
            needed = " (needed)" if name in model.get("required", ()) else ""
            yield "body", escape(name), _in_words(schema) + needed


def _in_words(schema: Json) -> str:
    """A schema in a few words."""
    if "anyOf" in schema:
        return " or ".join(_in_words(each) for each in schema["anyOf"])
    words = [str(schema.get("type") or schema.get("$ref", "").rpartition("/")[2])]
    if "enum" in schema:
        words.append("one of " + ", ".join(map(str, schema["enum"])))
    bounds = (("minimum", "from"), ("maximum", "to"), ("default", "else"))
    words += [f"{word} {schema[key]}" for key, word in bounds if schema.get(key) is not None]
    return escape(" ".join(words))
