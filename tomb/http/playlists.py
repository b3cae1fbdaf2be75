"""Routes of playlists."""

from functools import partial

from tomb.errors import BadRequest, NotFound
from tomb.http import answers
from tomb.http.envelope import Answer
from tomb.http.requests import (
    Body,
    CreateBody,
    DeleteTracksBody,
    ListQuery,
    MoveBody,
    MoveFromBody,
    ReorderBody,
    UpdateBody,
)
from tomb.http.routes import Ask, Route, Services
from tomb.library.catalogue import Query
from tomb.library.playlists import PlaylistEdit
from tomb.models import Playlist

_one = partial(Route, data=answers.PlaylistAnswer)


async def _list(services: Services, ask: Ask[Body]) -> Answer:
    """A page of the library."""
    return Answer(await services.librarian.page_json(Query(**dict(ask.query))))


async def _create(services: Services, ask: Ask[CreateBody]) -> Answer:
    """Make an empty playlist."""
    made = await services.librarian.create(ask.body.title, ask.body.description)
    return answer_with(services, made, "playlist created", 201)


async def _get(services: Services, ask: Ask[Body]) -> Answer:
    """A playlist and its tracks."""
    return Answer(_nested(await services.librarian.playlist_json(ask.path["playlist_id"])))


async def _update(services: Services, ask: Ask[UpdateBody]) -> Answer:
    """Rename a playlist, describe it, choose what its tag does."""
    updated = await services.librarian.update(ask.path["playlist_id"], _edit(ask.body))
    return answer_with(services, updated, "playlist updated")


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
    return edit


async def _delete(services: Services, ask: Ask[Body]) -> Answer:
    """Delete a playlist and its tracks."""
    await services.librarian.delete(ask.path["playlist_id"])
    return Answer(None, "playlist deleted", 204)


async def _start(services: Services, ask: Ask[Body]) -> Answer:
    """Play a playlist, from where it was left."""
    return await _started(services, ask.path["playlist_id"], None)


async def _start_at(services: Services, ask: Ask[Body]) -> Answer:
    """Play a playlist from one of its tracks on."""
    return await _started(services, ask.path["playlist_id"], ask.path["track_number"])


async def _started(services: Services, playlist_id: str, track_number: int | None) -> Answer:
    reply = await services.deck.start(playlist_id, track_number)
    return Answer({**reply.state.model_dump(), "playlist_id": playlist_id, "started": True}, reply.message)


async def _reorder(services: Services, ask: Ask[ReorderBody]) -> Answer:
    """Put the tracks of a playlist into another order."""
    return _edited(
        services, await services.librarian.reorder(ask.path["playlist_id"], ask.body.track_order), "reordered"
    )


async def _delete_tracks(services: Services, ask: Ask[DeleteTracksBody]) -> Answer:
    """Delete tracks of a playlist: all that are named, or none if one of them is not there."""
    body = ask.body
    left = await services.librarian.delete_tracks(ask.path["playlist_id"], body.track_numbers, body.track_ids)
    return _edited(services, left, "tracks deleted")


async def _move(services: Services, ask: Ask[MoveBody]) -> Answer:
    """Move a track to another playlist, or within its own."""
    return await _moved(services, ask.body.source_playlist_id, ask.body)


async def _move_from(services: Services, ask: Ask[MoveFromBody]) -> Answer:
    """Move a track of this playlist to another."""
    return await _moved(services, ask.path["source_id"], ask.body)


async def _moved(services: Services, source_id: str, body: MoveBody | MoveFromBody) -> Answer:
    source, target = await services.librarian.move_track(
        source_id, body.target_playlist_id, body.track_number, body.target_position
    )
    giver, taker = services.librarian.encoded(source), services.librarian.encoded(target)
    facts = b'{"playlist_id":"%b","playlist":%b,"source":%b,"target":%b}' % (source.id.encode(), giver, giver, taker)
    return Answer(facts, "track moved")


async def _sync(services: Services, _: Ask[Body]) -> Answer:
    """Compare the library with its files, and take in what lies in the inbox."""
    found = await services.importer.sync()
    skipped = [answers.SkippedFile(file=each.path.name, reason=each.reason) for each in found.imported.skipped]
    imported = answers.TakenIn(created=found.imported.created, tracks=found.imported.tracks, skipped=skipped)
    message = found.imported.message if found.imported.playlist_ids or skipped else "the library is in step"
    result = answers.SyncResult(
        server_seq=services.events.number,
        playlists_count=found.playlists_count,
        missing=found.missing,
        found=found.found,
        imported=imported,
    )
    return Answer(result, message)


def answer_with(services: Services, playlist: Playlist, message: str, status: int = 200) -> Answer:
    return Answer(_nested(services.librarian.encoded(playlist)), message, status)


def _nested(playlist: bytes) -> bytes:
    return b'%b,"playlist":%b}' % (playlist[:-1], playlist)


def _edited(services: Services, playlist: Playlist, message: str) -> Answer:
    encoded = services.librarian.encoded(playlist)
    return Answer(b'{"playlist_id":"%b","playlist":%b}' % (playlist.id.encode(), encoded), message)


ROUTES = (
    Route("GET", "/api/playlists", _list, query=ListQuery, data=answers.Collection, playing=True),
    _one("POST", "/api/playlists", _create, body=CreateBody, status=201),
    Route("POST", "/api/playlists/sync", _sync, data=answers.SyncResult),
    Route(
        "POST",
        "/api/playlists/move-track",
        _move,
        body=MoveBody,
        data=answers.Moved,
        errors=(NotFound, BadRequest),
    ),
    Route(
        "POST",
        "/api/playlists/<source_id>/move-track",
        _move_from,
        body=MoveFromBody,
        data=answers.Moved,
        errors=(NotFound, BadRequest),
    ),
    _one("GET", "/api/playlists/<playlist_id>", _get, errors=(NotFound,), playing=True),
    _one("PUT", "/api/playlists/<playlist_id>", _update, body=UpdateBody, errors=(NotFound,)),
    Route("DELETE", "/api/playlists/<playlist_id>", _delete, status=204, errors=(NotFound,)),
    Route(
        "POST",
        "/api/playlists/<playlist_id>/start",
        _start,
        data=answers.Started,
        errors=(NotFound, BadRequest),
        category="player",
        playing=True,
    ),
    Route(
        "POST",
        "/api/playlists/<playlist_id>/play/<track_number>",
        _start_at,
        data=answers.Started,
        errors=(NotFound, BadRequest),
        category="player",
        playing=True,
    ),
    Route(
        "POST",
        "/api/playlists/<playlist_id>/reorder",
        _reorder,
        body=ReorderBody,
        data=answers.Edited,
        errors=(NotFound, BadRequest),
    ),
    Route(
        "DELETE",
        "/api/playlists/<playlist_id>/tracks",
        _delete_tracks,
        body=DeleteTracksBody,
        data=answers.Edited,
        errors=(NotFound, BadRequest),
    ),
)
