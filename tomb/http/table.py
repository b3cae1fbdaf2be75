"""All routes of the box. A client's whole HTTP side is made of this: the application, its description, its tests."""

from tomb.http import archives, describe, nfc, parents, player, playlists, system, tags, tracks, uploads, youtube
from tomb.http.routes import Route

_SERVING: tuple[Route, ...] = (
    *player.ROUTES,
    *playlists.ROUTES,
    *tracks.ROUTES,
    *nfc.ROUTES,
    *tags.ROUTES,
    *uploads.ROUTES,
    *archives.ROUTES,
    *youtube.ROUTES,
    *parents.ROUTES,
    *system.ROUTES,
)
ROUTES: tuple[Route, ...] = (*_SERVING, *describe.routes(_SERVING))
