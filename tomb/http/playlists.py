"""Routes of playlists."""

from tomb.http.envelope import Answer
from tomb.http.requests import Body, ListQuery
from tomb.http.routes import Ask, House, Route
from tomb.library.catalogue import Query
from tomb.models import PlayerState, Playlist


async def _list(house: House, ask: Ask[Body]) -> Answer:
    """A page of the library."""
    return Answer(await house.librarian.page_json(Query(**dict(ask.query))))


async def _get(house: House, ask: Ask[Body]) -> Answer:
    """A playlist and its tracks."""
    return _nested(await house.librarian.playlist_json(ask.path["playlist_id"]))


async def _start(house: House, ask: Ask[Body]) -> Answer:
    """Play a playlist, from where it was left."""
    playlist_id = ask.path["playlist_id"]
    reply = await house.deck.start(playlist_id)
    return Answer({**reply.state.model_dump(), "playlist_id": playlist_id, "started": True}, reply.message)


def _nested(playlist: bytes) -> Answer:
    """Clients read either the playlist or its copy inside."""
    return Answer(b'%b,"playlist":%b}' % (playlist[:-1], playlist))


async def _sync(house: House, _: Ask[Body]) -> Answer:
    """Compare the library with its files, and take in what lies in the inbox."""
    found = await house.importer.sync()
    counts = {"playlists_count": found.playlists_count, "missing": found.missing, "found": found.found}
    skipped = [{"file": each.path.name, "reason": each.reason} for each in found.imported.skipped]
    imported = {"created": found.imported.created, "tracks": found.imported.tracks, "skipped": skipped}
    message = found.imported.message if found.imported.playlist_ids or skipped else "the library is in step"
    return Answer({"server_seq": house.events.number, **counts, "imported": imported}, message)


ROUTES = (
    Route("GET", "/api/playlists", _list, query=ListQuery),
    Route("POST", "/api/playlists/sync", _sync),
    Route("GET", "/api/playlists/<playlist_id>", _get, data=Playlist),
    Route("POST", "/api/playlists/<playlist_id>/start", _start, data=PlayerState),
)
