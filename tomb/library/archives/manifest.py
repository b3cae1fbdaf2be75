"""`tomb.json`, the first member of an archive: what the archive is and, of a single playlist, all but its sound."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from tomb.errors import Conflict
from tomb.library.archives.archive import SUMS, BadArchive, Member, member
from tomb.models import OnRemoval, SameTag

FORMAT: Literal[1] = 1
Kind = Literal["backup", "playlist"]
Content = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\.[0-9a-z]{1,5}$")]
Text = Annotated[str, Field(max_length=1000)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Card(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class TrackCard(Card):
    """A track. `file`, `cover`: the names that the archive has for its sound and its picture."""

    title: Text
    filename: Text
    artist: Text | None = None
    album: Text | None = None
    file: Content
    cover: Content | None = None


class PlaylistCard(Card):
    """A playlist, its tracks in order. What it is linked to, and when it was heard, stays at home."""

    title: Text
    description: Annotated[str, Field(max_length=10_000)] = ""
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    tracks: Annotated[Sequence[TrackCard], Field(max_length=10_000)] = ()


class Manifest(Card):
    """`created`: ISO-8601 in UTC. `schema_version`: of the database in a backup. The counts are for people."""

    format: Literal[1] = FORMAT
    kind: Kind
    program: Text
    created: Text
    schema_version: Count | None = None
    playlists: Count = 0
    tracks: Count = 0
    files: Count = 0
    playlist: PlaylistCard | None = None


def encoded(manifest: Manifest) -> bytes:
    return manifest.model_dump_json(indent=1).encode() + b"\n"


def decoded(content: bytes, kind: Kind) -> Manifest:
    """Raises: BadArchive; Conflict when a newer program made the archive."""
    told = _json(content)
    made = told.get("format")
    if isinstance(made, int) and made > FORMAT:
        raise Conflict("this archive was made by a newer TOMB; install the newer program first")
    if told.get("kind") in ("backup", "playlist") and told["kind"] != kind:
        names = {"backup": "a backup of a whole library", "playlist": "a single playlist"}
        raise BadArchive(f"it holds {names[str(told['kind'])]}, not {names[kind]}")
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise BadArchive("what it says about itself makes no sense") from error
    if (manifest.playlist is None) != (kind == "backup"):
        raise BadArchive("what it says about itself makes no sense")
    return manifest


def sums(hashes: Mapping[str, str]) -> Member:
    """The last member. `hashes`: SHA-256 in hex, by the member's name."""
    return member(SUMS, "".join(f"{each}  {name}\n" for name, each in hashes.items()).encode())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(content: bytes) -> Mapping[str, object]:
    try:
        told = from_json(content)
    except ValueError as error:
        raise BadArchive("what it says about itself cannot be read") from error
    if not isinstance(told, dict):
        raise BadArchive("what it says about itself makes no sense")
    return told
