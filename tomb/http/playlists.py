"""Playlists: to see, to play, and to edit.

A playlist is encoded once per change, by the library; the answers splice its JSON in. So each model that is answered
encoded has its splicing beside its fields, and nowhere else.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from tomb.errors import BadRequest, Conflict, Forbidden, NotFound
from tomb.http.envelope import Encoded, Success
from tomb.http.parsing import Body, Description, Flag, Id, Number, Place, QueryModel, Title, in_digits, whole
from tomb.http.routes import Call, Route, Services
from tomb.library.index import Query
from tomb.library.labels import label
from tomb.library.playlists import PlaylistEdit
from tomb.models import OnRemoval, PlayerState, Playlist, PlaylistLite, ResumePolicy, SameTag, Wire

# --- what is asked ---------------------------------------------------------------------------------------------------


class ListQuery(QueryModel):
    """`tracks=false` leaves the tracks away; `q` is looked for in titles and descriptions."""

    page: Number = 1
    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(in_digits)] = 50
    tracks: Flag = True
    q: Annotated[str, StringConstraints(max_length=200)] = ""


class CreateBody(Body):
    title: Title
    description: Description = ""


class UpdateBody(Body):
    """What is absent stays as it is; a policy that is null becomes the box's own again."""

    title: Title | None = None
    description: Description | None = None
    same_tag: SameTag | None = None
    on_removal: OnRemoval | None = None
    resume_policy: ResumePolicy | None = None
    shuffle: bool | None = None


class ReorderBody(Body):
    """All track ids, or all track numbers."""

    track_order: (
        Annotated[list[Annotated[int, BeforeValidator(whole)]], Field(max_length=10_000)]
        | Annotated[list[Id], Field(max_length=10_000)]
    )


class RestoreTracksBody(Body):
    track_ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class DeleteTracksBody(Body):
    track_numbers: Annotated[list[Place], Field(max_length=10_000)] = Field(default_factory=list)
    track_ids: Annotated[list[Id], Field(max_length=10_000)] = Field(default_factory=list)


class MoveFromBody(Body):
    """`target_position` counts from 1; without it the track goes to the end."""

    target_playlist_id: Id
    track_number: Place
    target_position: Place | None = None


class MoveBody(MoveFromBody):
    """As MoveFromBody, for the path that does not name the source."""

    source_playlist_id: Id


# --- what is answered ------------------------------------------------------------------------------------------------


class PlaylistCollection(Wire):
    """`total` counts the whole library; `items` is the same list. With `tracks=false` they have no key `tracks`."""

    playlists: Sequence[Playlist | PlaylistLite]
    items: Sequence[Playlist | PlaylistLite]
    page: int
    limit: int
    total: int
    total_pages: int


class PlaylistAnswer(Playlist):
    """Clients read either the playlist or its copy inside."""

    playlist: Playlist

    @staticmethod
    def encoded(playlist: bytes) -> "Encoded[PlaylistAnswer]":
        return Encoded(b'%b,"playlist":%b}' % (playlist[:-1], playlist))


class PlaylistEdited(Wire):
    playlist_id: str
    playlist: Playlist

    @staticmethod
    def encoded(playlist_id: str, playlist: bytes) -> "Encoded[PlaylistEdited]":
        return Encoded(b'{"playlist_id":"%b","playlist":%b}' % (playlist_id.encode(), playlist))


class TrackMoved(PlaylistEdited):
    """`playlist` is the source."""

    source: Playlist
    target: Playlist

    @staticmethod
    def encoded_move(source_id: str, source: bytes, target: bytes) -> "Encoded[TrackMoved]":
        fields = b'{"playlist_id":"%b","playlist":%b,"source":%b,"target":%b}'
        return Encoded(fields % (source_id.encode(), source, source, target))


class PlaylistStarted(PlayerState):
    playlist_id: str
    started: Literal[True] = True


class SkippedFile(Wire):
    file: str
    reason: str


class FilesImported(Wire):
    created: int
    tracks: int
    skipped: Sequence[SkippedFile]


class SyncResult(Wire):
    """`missing` and `found`: files that vanished and came back."""

    server_seq: int
    playlists_count: int
    missing: int
    found: int
    imported: FilesImported


# --- the routes ------------------------------------------------------------------------------------------------------


async def _list(services: Services, call: Call[ListQuery]) -> Success[PlaylistCollection]:
    """A page of the library."""
    return Success(Encoded(await services.librarian.page_json(Query(**dict(call.given)))))


async def _create(services: Services, call: Call[CreateBody]) -> Success[PlaylistAnswer]:
    """Make an empty playlist."""
    made = await services.librarian.create(call.given.title, call.given.description)
    return playlist_answer(services, made, "playlist created")


async def _get(services: Services, call: Call[Body]) -> Success[PlaylistAnswer]:
    """A playlist and its tracks."""
    return Success(PlaylistAnswer.encoded(await services.librarian.playlist_json(call.path["playlist_id"])))


async def _update(services: Services, call: Call[UpdateBody]) -> Success[PlaylistAnswer]:
    """Rename a playlist, describe it, choose what its tag does."""
    updated = await services.librarian.update(call.path["playlist_id"], _edit(call.given))
    return playlist_answer(services, updated, "playlist updated")


def _edit(body: UpdateBody) -> PlaylistEdit:
    edit: PlaylistEdit = {}
    if body.title is not None:
        edit["title"] = body.title
    if body.description is not None:
        edit["description"] = body.description
    if "same_tag" in body.model_fields_set:
        edit["same_tag"] = body.same_tag
    if "on_removal" in body.model_fields_set:
        edit["on_removal"] = body.on_removal
    if "resume_policy" in body.model_fields_set:
        edit["resume_policy"] = body.resume_policy
    if "shuffle" in body.model_fields_set:
        edit["shuffle"] = body.shuffle
    return edit


async def _delete(services: Services, call: Call[Body]) -> Success[None]:
    """Delete a playlist and its tracks."""
    await services.librarian.delete(call.path["playlist_id"])
    return Success(None, "playlist deleted")


async def _start(services: Services, call: Call[Body]) -> Success[PlaylistStarted]:
    """Play a playlist, from where it was left."""
    _check_chosen(services, call)
    return await _started(services, call, None)


async def _start_at(services: Services, call: Call[Body]) -> Success[PlaylistStarted]:
    """Play a playlist from one of its tracks on."""
    _check_chosen(services, call)
    return await _started(services, call, call.path["track_number"])


async def _tap(services: Services, call: Call[Body]) -> Success[PlayerState]:
    """Do what a tag of this playlist would do if it were put on the box now: play it, or pause it, as parents chose."""
    _check_chosen(services, call)
    reply = await services.deck.tap_and_reply(call.path["playlist_id"])
    return Success(reply.state, reply.message)


def _check_chosen(services: Services, call: Call[Body]) -> None:
    """Whoever has not shown the PIN counts as a child (wire.md, section 7), and starts what parents chose for children
    and nothing else: not on the child's page alone, which may be an old one, but in any way that starts a list.

    What a tag does is no business of this: who gave the child the tag chose already. Raises Forbidden, NotFound.
    """
    playlist_id = call.path["playlist_id"]
    if not services.librarian.lite(playlist_id).for_child and call.origin == "child":
        raise Forbidden("parents did not choose that playlist for children", {"child_playlists": True})


async def _started(services: Services, call: Call[Body], track_number: int | None) -> Success[PlaylistStarted]:
    playlist_id = call.path["playlist_id"]
    reply = await services.deck.start(playlist_id, track_number, origin=call.origin)
    return Success(PlaylistStarted(**dict(reply.state), playlist_id=playlist_id), reply.message)


async def _reorder(services: Services, call: Call[ReorderBody]) -> Success[PlaylistEdited]:
    """Put the tracks of a playlist into another order."""
    edited = await services.librarian.reorder(call.path["playlist_id"], call.given.track_order)
    return _edited(services, edited, "reordered")


async def _delete_tracks(services: Services, call: Call[DeleteTracksBody]) -> Success[PlaylistEdited]:
    """Delete tracks of a playlist: all that are named, or none if one of them is not there."""
    body = call.given
    left = await services.librarian.delete_tracks(call.path["playlist_id"], body.track_numbers, body.track_ids)
    return _edited(services, left, "tracks deleted")


async def _restore_tracks(services: Services, call: Call[RestoreTracksBody]) -> Success[PlaylistEdited]:
    """Take tracks of a playlist back out of the bin, each to its place: all that are named, or none."""
    restored = await services.librarian.restore_tracks(call.path["playlist_id"], call.given.track_ids)
    return _edited(services, restored, "tracks restored")


async def _move(services: Services, call: Call[MoveBody]) -> Success[TrackMoved]:
    """Move a track to another playlist, or within its own."""
    return await _moved(services, call.given.source_playlist_id, call.given)


async def _move_from(services: Services, call: Call[MoveFromBody]) -> Success[TrackMoved]:
    """Move a track of this playlist to another."""
    return await _moved(services, call.path["source_id"], call.given)


async def _moved(services: Services, source_id: str, body: MoveFromBody) -> Success[TrackMoved]:
    source, target = await services.librarian.move_track(
        source_id, body.target_playlist_id, body.track_number, body.target_position
    )
    encoded = services.librarian.encoded
    return Success(TrackMoved.encoded_move(source.id, encoded(source), encoded(target)), "track moved")


async def _sync(services: Services, _: Call[Body]) -> Success[SyncResult]:
    """Compare the library with its files, and take in what lies in the inbox."""
    found = await services.importer.sync()
    skipped = [SkippedFile(file=label(each.path.name), reason=each.reason) for each in found.imported.skipped]
    message = found.imported.message if found.imported.playlist_ids or skipped else "the library is in step"
    result = SyncResult(
        server_seq=services.events.number,
        playlists_count=found.playlists_count,
        missing=found.missing,
        found=found.found,
        imported=FilesImported(created=found.imported.created, tracks=found.imported.tracks, skipped=skipped),
    )
    return Success(result, message)


def playlist_answer(services: Services, playlist: Playlist, message: str) -> Success[PlaylistAnswer]:
    return Success(PlaylistAnswer.encoded(services.librarian.encoded(playlist)), message)


def _edited(services: Services, playlist: Playlist, message: str) -> Success[PlaylistEdited]:
    return Success(PlaylistEdited.encoded(playlist.id, services.librarian.encoded(playlist)), message)


_ALL = "/api/playlists"
_ONE = f"{_ALL}/<playlist_id>"
_REFUSALS = (NotFound, BadRequest)

ROUTES = (
    Route("GET", _ALL, _list, playing=True),
    Route("POST", _ALL, _create, status=201),
    Route("POST", f"{_ALL}/sync", _sync),
    Route("POST", f"{_ALL}/move-track", _move, errors=_REFUSALS),
    Route("POST", f"{_ALL}/<source_id>/move-track", _move_from, errors=_REFUSALS),
    Route("GET", _ONE, _get, errors=(NotFound,), playing=True),
    Route("PUT", _ONE, _update, errors=(NotFound,)),
    Route("DELETE", _ONE, _delete, status=204, errors=(NotFound,)),
    Route("POST", f"{_ONE}/tap", _tap, errors=_REFUSALS, category="player", playing=True),
    Route("POST", f"{_ONE}/start", _start, errors=_REFUSALS, category="player", playing=True),
    Route("POST", f"{_ONE}/play/<track_number>", _start_at, errors=_REFUSALS, category="player", playing=True),
    Route("POST", f"{_ONE}/reorder", _reorder, errors=_REFUSALS),
    Route("DELETE", f"{_ONE}/tracks", _delete_tracks, errors=_REFUSALS),
    Route("POST", f"{_ONE}/tracks/restore", _restore_tracks, errors=(NotFound, Conflict)),
)
