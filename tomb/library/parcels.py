"""A folder of music on its way to a box: one line of JSON that says what comes, then the files, one after another.

Whoever sends it has planned it (`folders.plan`), so that a folder becomes the same playlists whether the box that takes
it runs or not, and wherever that box is. Each file has as many bytes as the line says; pictures come last. Nothing is
packed: sound does not get smaller, and what is not packed is no bomb.

The line is a stranger's: it is bounded before it is parsed, and its names are labels that never reach a path.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tomb import bounded_json
from tomb.errors import BadRequest
from tomb.library import chapters
from tomb.library.folders import FolderPlan, PlannedFile
from tomb.library.labels import LONGEST, clean

MEDIA_TYPE = "application/x-tomb-folder"
LINE_LIMIT = 4 * 1024 * 1024
FILES_LIMIT = 10_000
PICTURES_LIMIT = 100
VALUES = 20 * FILES_LIMIT  # as bounded_json counts: 17 a file of which all is said
LARGEST = 2**40

Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)


class FileCard(_Said):
    """A file of `size` bytes. `name`: as it was called, with the folders that it lay in; `chapters`: as a column has
    them (`chapters.encoded`), JSON of its own. For the rest see `folders.PlannedFile`."""

    name: Annotated[str, Field(min_length=1, max_length=8192)]
    size: Annotated[int, Field(ge=0, le=LARGEST)]
    disc: Annotated[int, Field(ge=0, le=9999)] | None = None
    part: Annotated[str, Field(max_length=LONGEST)] = ""
    place: Annotated[int, Field(ge=0, lt=FILES_LIMIT)] | None = None
    title: Annotated[str, Field(max_length=LONGEST)] | None = None
    artist: Annotated[str, Field(max_length=LONGEST)] | None = None
    chapters: Annotated[str, Field(max_length=200_000)] | None = None

    def planned(self) -> PlannedFile:
        return PlannedFile(
            Path(self.name),
            self.disc,
            clean(self.part) or "?",
            self.place,
            clean(self.title),
            clean(self.artist),
            chapters.marks(self.chapters),
        )


class Parcel(_Said):
    """What comes. `into`: the name or id of the playlist that is to have it; `numbered`: see `folders.FolderPlan`."""

    title: Text
    into: Text | None = None
    numbered: bool = False
    files: Annotated[Sequence[FileCard], Field(min_length=1, max_length=FILES_LIMIT)]
    pictures: Annotated[Sequence[FileCard], Field(max_length=PICTURES_LIMIT)] = ()

    @property
    def size(self) -> int:
        """Of all files and pictures, in bytes."""
        return sum(each.size for each in (*self.files, *self.pictures))

    def planned(self) -> FolderPlan:
        """The plan as its sender had it, with names for paths."""
        files = [each.planned() for each in self.files]
        pictures = [Path(each.name) for each in self.pictures]
        title = clean(self.title) or "?"
        return FolderPlan(Path(title), title, files, pictures=pictures, numbered=self.numbered)


def encoded(parcel: Parcel) -> bytes:
    """The line."""
    return parcel.model_dump_json(exclude_defaults=True).encode() + b"\n"


def decoded(line: bytes) -> Parcel:
    """Raises: BadRequest."""
    try:
        said = bounded_json.load(line, size=LINE_LIMIT, values=VALUES, depth=4)
        return Parcel.model_validate(said, strict=False)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(str(each) for each in first["loc"])
        raise BadRequest(f"this is no folder of music: {where}: {first['msg']}") from error
    except ValueError as error:
        raise BadRequest("this is no folder of music: its first line is no JSON that says what comes") from error
