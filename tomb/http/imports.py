"""Imports: whole folders of music, planned by whoever sends them (`tomb import`), one in a request."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from tomb.errors import BadRequest, Conflict, NotFound
from tomb.http.envelope import Success
from tomb.http.parsing import GIVEN, Body, Title, whole
from tomb.http.playlists import SkippedFile
from tomb.http.routes import Call, Route, Services
from tomb.http.uploads import Hash
from tomb.library import parcels
from tomb.library.labels import shown
from tomb.library.origins import Sent
from tomb.models import Wire
from tomb.nurseries.importer import Imported


class FileToSend(BaseModel):
    """`hash`: SHA-256."""

    model_config = GIVEN

    size: Annotated[int, Field(ge=0, le=parcels.LARGEST), BeforeValidator(whole)]
    hash: Hash | None = None


class LookBody(Body):
    """The files of a folder called `title`, which would be a playlist of its own, or come `into` one (name or id)."""

    title: Title
    into: Title | None = None
    files: Annotated[list[FileToSend], Field(max_length=parcels.FILES_LIMIT)]


class LookAnswer(Wire):
    """`new`: how many of them the library would take; if none, nothing need be sent. Without all hashes, how many have
    a size that none had before; if none, the hashes tell. `gone`: which (from 0) were taken out before, and stay so.
    `already_in`: titles of the playlists that have the others.
    """

    new: int
    gone: Sequence[int]
    already_in: Sequence[str]


class ImportAnswer(Wire):
    """`playlist_ids`: made or added to. `tracks`: new ones; `already`: files that were there before, or are not to come
    back. `already_in`: titles of the playlists that have them."""

    playlist_ids: Sequence[str]
    created: int
    tracks: int
    already: int
    already_in: Sequence[str]
    skipped: Sequence[SkippedFile]


async def _look(services: Services, call: Call[LookBody]) -> Success[LookAnswer]:
    """Ask what of a folder is new."""
    files = [Sent(each.size, each.hash) for each in call.given.files]
    found = await services.importer.look(call.given.title, files, into=call.given.into)
    others = len(files) - len(found.new) - len(found.gone)
    title = services.librarian.title(found.playlist_id) if others else None
    return Success(LookAnswer(new=len(found.new), gone=found.gone, already_in=[] if title is None else [title]))


async def _import(services: Services, call: Call[Body]) -> Success[ImportAnswer]:
    """Make a playlist of a folder: a line of JSON that says what comes, then the files, one after another."""
    imported = await services.importer.take_delivery(call.stream)
    # Thousands of names that were left out take a while.
    return Success(await services.ports.in_thread(_told, imported), imported.message)


def _told(imported: Imported) -> ImportAnswer:
    return ImportAnswer(
        playlist_ids=imported.playlist_ids,
        created=imported.created,
        tracks=imported.tracks,
        already=imported.already,
        already_in=imported.already_in,
        skipped=[SkippedFile(file=shown(each.path), reason=each.reason) for each in imported.skipped],
    )


_REFUSALS = (BadRequest, NotFound, Conflict)

ROUTES = (
    Route(
        "POST", "/api/imports", _import, errors=_REFUSALS, category="archives", takes=(parcels.MEDIA_TYPE,), limit=None
    ),
    Route("POST", "/api/imports/look", _look, errors=_REFUSALS, lasting=False),
)
