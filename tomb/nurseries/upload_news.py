"""What is told of uploads while they arrive (wire.md, section 5). Nothing here is numbered or kept."""

from collections.abc import Iterable, Mapping

import trio

from tomb.errors import RequestError
from tomb.events import PLAYLISTS, Events, playlist_room
from tomb.library.uploads import Upload
from tomb.models import Track

TOLD_S = 0.1  # between two events of progress of one session


class UploadNews:
    """Everything is synchronous, so that what was committed is told even if whoever asked for it is cancelled."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._told_at: dict[str, float] = {}

    def progressed(self, upload: Upload, index: int) -> None:
        """The first and the last always; between them no more often than anybody can see."""
        now = trio.current_time()
        if now - self._told_at.get(upload.id, -TOLD_S) < TOLD_S and not upload.complete:
            return
        self._told_at[upload.id] = now
        told = {"chunk_index": index, "progress": upload.progress, "complete": upload.complete}
        self._tell("upload:progress", upload, {**told, "filename": upload.filename, "file_name": upload.filename})

    def completed(self, upload: Upload, track: Track) -> None:
        self._tell("upload:complete", upload, {"filename": upload.filename, "track": track})
        self.forget(upload)

    def failed(self, upload: Upload, error: RequestError) -> None:
        """It did not become a track, or not yet: the session's status says which."""
        self._tell("upload:error", upload, {"error": error.message, "code": error.error_type})

    def forget(self, upload: Upload) -> None:
        """There will be no more progress of it."""
        self._told_at.pop(upload.id, None)

    def forget_all_but(self, session_ids: Iterable[str]) -> None:
        self._told_at = {each: self._told_at[each] for each in session_ids if each in self._told_at}

    def _tell(self, event_type: str, upload: Upload, data: Mapping[str, object]) -> None:
        told = {"playlist_id": upload.playlist_id, "session_id": upload.id, **data}
        self._events.tell(event_type, {PLAYLISTS, playlist_room(upload.playlist_id)}, told)
