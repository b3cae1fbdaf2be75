"""The bin: what was deleted within the last 30 days, to be taken back or to be deleted for good."""

from collections.abc import Sequence

from tomb.errors import Conflict, NotFound
from tomb.http.envelope import Success
from tomb.http.parsing import Body
from tomb.http.playlists import PlaylistEdited
from tomb.http.routes import Call, Route, Services
from tomb.models import BinItem, Wire


class BinContent(Wire):
    """`items`: what was deleted last comes first. `bytes`: of the sound of all of them, shared or not."""

    items: Sequence[BinItem]
    bytes: int


async def _list(services: Services, _: Call[Body]) -> Success[BinContent]:
    """What was deleted and can come back."""
    items = await services.librarian.bin()
    return Success(BinContent(items=items, bytes=sum(each.bytes for each in items)))


async def _restore(services: Services, call: Call[Body]) -> Success[PlaylistEdited]:
    """Take back a playlist, or a track to its place in its playlist: that playlist, as it is then."""
    playlist = await services.librarian.restore(call.path["item_id"])
    return Success(PlaylistEdited.encoded(playlist.id, services.librarian.encoded(playlist)), "restored")


async def _remove(services: Services, call: Call[Body]) -> Success[None]:
    """Delete for good what is in the bin."""
    await services.librarian.remove(call.path["item_id"])
    return Success(None, "deleted for good")


async def _empty(services: Services, _: Call[Body]) -> Success[None]:
    """Delete for good all that is in the bin."""
    await services.librarian.empty_bin()
    return Success(None, "the bin is empty")


ROUTES = (
    Route("GET", "/api/bin", _list),
    Route("DELETE", "/api/bin", _empty, status=204),
    Route("POST", "/api/bin/<item_id>/restore", _restore, errors=(NotFound, Conflict)),
    Route("DELETE", "/api/bin/<item_id>", _remove, status=204, errors=(NotFound,)),
)
