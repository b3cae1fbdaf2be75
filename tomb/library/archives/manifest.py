"""`tomb.json`, the first member of an archive: what the archive is and, of a single playlist, all but its sound.

It is a stranger's JSON, and a parser makes a hundred bytes and more of two: 16 MB of nested brackets took 4 GB, and the
interpreter for ten seconds, whichever thread it was in. So it is measured before it is parsed: its bytes
(`archive.TEXT_LIMITS`), how deep it goes, how many parts it has. Measuring is plain Python, which lets other threads
have their turn.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tomb import bounded_json
from tomb.errors import Conflict
from tomb.library.archives.archive import SUMS, BadArchive, Member, member
from tomb.models import OnRemoval, ResumePolicy, SameTag

FORMAT: Literal[1] = 1
DEPTH, VALUES = 4, 250_000  # 10,000 tracks have 3 MB and fewer than that, four levels deep
Kind = Literal["backup", "playlist"]
Content = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\.[0-9a-z]{1,5}$")]
Text = Annotated[str, Field(max_length=1000)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)


class TrackCard(_Described):
    """A track. `file`, `cover`: the names that the archive has for its sound and its picture. `chapters`: as the
    database has them, JSON of its own."""

    title: Text
    filename: Text
    artist: Text | None = None
    album: Text | None = None
    file: Content
    cover: Content | None = None
    chapters: Annotated[str, Field(max_length=200_000)] | None = None


class PlaylistCard(_Described):
    """A playlist, its tracks in order. `cover`: its own. What it is linked to, and when it was heard, stays at home."""

    title: Text
    description: Annotated[str, Field(max_length=10_000)] = ""
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    resume_policy: ResumePolicy | None = None
    shuffle: bool | None = None
    cover: Content | None = None
    tracks: Annotated[Sequence[TrackCard], Field(max_length=10_000)] = ()


class Manifest(_Described):
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
    said = _json(content)
    made = said.get("format")
    if isinstance(made, int) and made > FORMAT:
        raise Conflict("this archive was made by a newer TOMB; install the newer program first")
    if said.get("kind") in ("backup", "playlist") and said["kind"] != kind:
        names = {"backup": "a backup of a whole library", "playlist": "a single playlist"}
        raise BadArchive(f"it holds {names[str(said['kind'])]}, not {names[kind]}")
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
        said = bounded_json.load(content, size=len(content), values=VALUES, depth=DEPTH)
    except ValueError as error:
        raise BadArchive("what it says about itself cannot be read") from error
    if not isinstance(said, dict):
        raise BadArchive("what it says about itself makes no sense")
    return said
