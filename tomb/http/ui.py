"""The web UI as it was built from `web/`: files in `static/`, which the wheel carries and a checkout builds.

Names under `/assets/` carry the hash of their content, so a browser keeps them for ever; `index.html` names them and is
asked for each time. Whatever shrinks by it lies there in gzip and brotli too, made once by the build. Any other address
that is none of the API's is one that the UI finds its way to by itself: it is answered with `index.html`.

The folder is looked at with each request: a build that is done while the box runs is served from then on. A build is
put in its place by a rename, so it is there whole or not at all.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from werkzeug.datastructures import Accept

from tomb.errors import NotFound
from tomb.http.envelope import FilePart

STATIC: Final = Path(__file__).parent / "static"
ASSETS: Final = "/assets/"
# Nothing in line and nothing from elsewhere (wire.md, section 7). A worker is held to the policy of its own file, so
# all files of the UI have it.
POLICY: Final = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; connect-src 'self'; object-src 'none';"
    " base-uri 'none'; frame-ancestors 'none'"
)
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_EACH_TIME: Final = "no-cache"

# By preference; the endings are those that the build gives.
_ENCODINGS: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
_MEDIA_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
}


class WebUi(Struct, frozen=True):
    """`folder`: what was built."""

    folder: Path = STATIC

    def find(self, path: str, accepted: Accept) -> FilePart | None:
        """What is answered to an address that is none of the API's, in an encoding that the client takes.

        None where there is no build. Raises NotFound for an asset that is not there: an old page that asks for one must
        not be given another file. It only stats: a few microseconds, on files that the kernel has at hand.
        """
        index = self._file("index.html")
        if index is None:
            return None
        name = path.removeprefix("/")
        if path.startswith(ASSETS):
            asset = self._file(name)
            if asset is None:
                raise NotFound("file", path)
            return self._encoded(asset, accepted)
        return self._encoded(("/" not in name and self._file(name)) or index, accepted)

    def _file(self, name: str) -> Path | None:
        """The file of that name, if the build has one and it may be asked for by name."""
        stem, _, ending = name.rpartition(".")
        if not stem or ending not in _MEDIA_TYPES or ".." in name or "\\" in name or "\0" in name:
            return None
        path = self.folder / name
        return path if path.is_file() else None

    def _encoded(self, plain: Path, accepted: Accept) -> FilePart:
        path, encoding = plain, None
        qualities = {name.lower(): quality for name, quality in accepted}  # as RFC 9110, 8.4.1 compares their names
        for name, ending in _ENCODINGS.items():
            packed = plain.with_name(plain.name + ending)
            if qualities.get(name, qualities.get("*", 0)) > 0 and packed.is_file():
                path, encoding = packed, name
                break
        found = path.stat()
        return FilePart(
            path,
            _MEDIA_TYPES[plain.name.rpartition(".")[2]],
            f"{found.st_mtime_ns:x}-{found.st_size:x}{'' if encoding is None else '-' + encoding}",
            cache=FOR_EVER if plain.parent.name == "assets" else ASK_EACH_TIME,
            headers={
                "Content-Security-Policy": POLICY,
                "Vary": "Accept-Encoding",
                **({} if encoding is None else {"Content-Encoding": encoding}),
            },
        )
