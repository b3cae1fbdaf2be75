"""Pages for people, without scripts or anything from elsewhere: the one at `/` until the UI is there, and the API's."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from tomb.devices.naming import as_name

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
  h2 { border-bottom: 1px solid #cbbf9f }
  code { background: #efe9dc; padding: .1em .35em; border-radius: .3em }
  summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere } details { margin-left: .5rem }
  td, th { text-align: left; vertical-align: top; padding: .1rem .8rem .1rem 0 }
  @media (prefers-color-scheme: dark) { body { color: #e9e4da; background: #1f1e24 } code { background: #35333c }
         a { color: #9cc4ff } }
</style>
<h1>The API of the Open Music Box</h1>
<p>For programs: <a href="/api/openapi.json">OpenAPI</a> and, of the sockets,
  <a href="/api/asyncapi.json">AsyncAPI</a>.</p>
"""

_HEAD_OF_WORDS = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem;
         color: #2b2b33; background: #fbf8f2; overflow-wrap: anywhere }
  h1 { font-size: 1.7rem; line-height: 1.25 }
  pre { background: #efe9dc; padding: .6rem .8rem; border-radius: .5rem; white-space: pre-wrap }
  @media (prefers-color-scheme: dark) { body { color: #e9e4da; background: #1f1e24 } pre { background: #35333c } }
</style>
"""

# {name}: what the browser called the box, {line}: the setting that allows it. Who sets it has a keyboard at the box.
_UNKNOWN_HOST_IN = {
    "en": (
        "This name is not known here",
        """<h1>The box does not go by the name {name}.</h1>
<p>It answers to its own names only. Otherwise a page from somewhere on the internet could have a name of its own lead
here, and do with the box whatever it likes.</p>
<p>If that name is yours, allow it once, at the computer that the box runs on.</p>
<p>Where it was installed from a package: add this line to <b>/etc/tomb/tomb.env</b></p>
<pre>{line}</pre>
<p>and restart it:</p>
<pre>sudo systemctl restart tomb</pre>
<p>Where you start it yourself: put the same line before the command that starts it. Several names stand in one line,
separated by commas.</p>
""",
    ),
    "de": (
        "Dieser Name ist hier unbekannt",
        """<h1>Die Box heißt nicht {name}.</h1>
<p>Sie hört nur auf ihre eigenen Namen. Sonst könnte eine Seite irgendwo aus dem Internet einen Namen von sich hierher
führen lassen und mit der Box tun, was sie will.</p>
<p>Wenn der Name dir gehört, erlaube ihn einmal, an dem Computer, auf dem die Box läuft.</p>
<p>Wo sie aus einem Paket installiert wurde: Schreib diese Zeile in <b>/etc/tomb/tomb.env</b></p>
<pre>{line}</pre>
<p>und starte die Box neu:</p>
<pre>sudo systemctl restart tomb</pre>
<p>Wo du sie selbst startest: Stell dieselbe Zeile vor den Befehl, der sie startet. Mehrere Namen stehen in einer Zeile,
durch Kommas getrennt.</p>
""",
    ),
}

# Without a name of the disk: whoever reads it is at home there, or a stranger.
_WAITING_IN = {
    "en": (
        "The box waits",
        """<meta http-equiv="refresh" content="5">
<h1>The box waits for its music.</h1>
<p>The disk or stick that the music is on is missing. Plug it in: the box starts by itself, and this page follows.</p>
""",
    ),
    "de": (
        "Die Box wartet",
        """<meta http-equiv="refresh" content="5">
<h1>Die Box wartet auf ihre Musik.</h1>
<p>Die Platte oder der Stick mit der Musik fehlt. Stecken Sie ihn ein: Die Box startet von selbst, und diese Seite
folgt ihr.</p>
""",
    ),
}

Json = Mapping[str, Any]


def home(box_name: str) -> str:
    """`box_name`: what parents call the box, "" for nothing."""
    return _HOME.replace("{name}", escape(box_name or "The Open Music Box"))


def unknown_host(host: tuple[str, int | None] | None, accept_language: str) -> str:
    """For whoever called the box by a name that is none of its own. `host`: that name, from a stranger; None if it was
    none at all. `accept_language`: the header."""
    head, words = _in_language(_UNKNOWN_HOST_IN, accept_language)
    said = "" if host is None else host[0]
    name = said if as_name(said) is not None else "…"
    return head + words.replace("{name}", escape(name)).replace("{line}", escape(f"TOMB_ALLOWED_HOSTS={name}"))


def waiting(accept_language: str) -> str:
    """For whoever calls a box that waits for the disk with its library. `accept_language`: the header."""
    return "".join(_in_language(_WAITING_IN, accept_language))


def _in_language(pages: Mapping[str, tuple[str, str]], accept_language: str) -> tuple[str, str]:
    """The head and the words of a page that there is in several languages."""
    language = parse_accept_header(accept_language, LanguageAccept).best_match(pages, "en")
    title, words = pages[language]
    return _HEAD_OF_WORDS.replace("{language}", language).replace("{title}", title), words


def api_page(document: Json) -> str:
    schemas = document["components"]["schemas"]
    groups: dict[str, list[str]] = {each["name"]: [] for each in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_operation(method.upper(), path, operation, schemas))
    return _HEAD + "".join(f"<h2>{escape(name)}</h2>\n{''.join(members)}" for name, members in groups.items())


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
