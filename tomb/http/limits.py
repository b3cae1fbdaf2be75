"""How often a client may ask, by what it asks for: the box is small, and a stuck client must not starve the others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tomb.config import Settings
from tomb.errors import RateLimited
from tomb.http.routes import Category
from tomb.nurseries.buckets import Buckets

UPLOAD_RETRY_S = 1.0


class Limits:
    """A client is known by its address."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits == "on"
        self._uploads_at_once = settings.rate_uploads
        self._uploading: Counter[str] = Counter()
        other = Buckets(settings.rate_other)
        self._buckets: dict[Category, Buckets] = {
            "player": Buckets(settings.rate_player),
            "youtube": Buckets(settings.rate_youtube),
            "other": other,
        }

    def spend(self, category: Category, client: str) -> None:
        """Count a request. Raises RateLimited."""
        if not self._on or category not in self._buckets:
            return
        wait = self._buckets[category].take(client)
        if wait:
            raise RateLimited(wait)

    @contextmanager
    def place(self, category: Category, client: str) -> Iterator[None]:
        """Hold a place among those that are served at once. Raises RateLimited."""
        if not self._on or category != "uploads":
            yield
            return
        if self._uploading[client] >= self._uploads_at_once:
            raise RateLimited(UPLOAD_RETRY_S)
        self._uploading[client] += 1
        try:
            yield
        finally:
            self._uploading[client] -= 1
            if not self._uploading[client]:
                del self._uploading[client]
