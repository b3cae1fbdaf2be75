"""One playlist to give away: what makes an archive of it, and a playlist of an archive."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from tomb import __version__
from tomb.errors import NotFound
from tomb.library import arrivals, chapters, files, labels, playlists
from tomb.library.archives import manifest
from tomb.library.archives.archive import MANIFEST, BadArchive, Member, member
from tomb.library.archives.backup import stored
from tomb.library.archives.manifest import Manifest, PlaylistCard, TrackCard
from tomb.library.archives.unpacking import Unpacked
from tomb.library.arrivals import Arrival, Arrived, NewId
from tomb.library.intake import Staged
from tomb.library.labels import Labels
from tomb.library.playlists import PlaylistEdit

_TRACKS = """
    SELECT t.title, t.filename, t.artist, t.album, f.hash || '.' || f.ext AS file, c.hash || '.' || c.ext AS cover,
        t.chapters
    FROM tracks t JOIN files f ON f.hash = t.file LEFT JOIN covers c ON c.hash = t.cover
    WHERE t.playlist_id = ? AND NOT f.missing ORDER BY t.number
"""
_HEAD = """
    SELECT p.*, c.hash || '.' || c.ext AS cover_name
    FROM playlists p LEFT JOIN covers c ON c.hash = p.cover WHERE p.id = ?
"""
TITLE_LENGTH, DESCRIPTION_LENGTH = 200, 2000


def card(db: sqlite3.Connection, playlist_id: str) -> PlaylistCard:
    """The playlist without the tracks whose sound is missing. Raises: NotFound."""
    head = db.execute(_HEAD, (playlist_id,)).fetchone()
    if head is None:
        raise NotFound("playlist", playlist_id)
    return PlaylistCard(
        title=head["title"],
        description=head["description"],
        same_tag=head["same_tag"],
        on_removal=head["on_removal"],
        resume_policy=head["resume_policy"],
        shuffle=None if head["shuffle"] is None else bool(head["shuffle"]),
        cover=head["cover_name"],
        tracks=[TrackCard.model_validate(dict(row)) for row in db.execute(_TRACKS, (playlist_id,))],
    )


def pack(wanted: PlaylistCard, library: Path, created: str) -> list[Member]:
    """The members of its archive. What vanished from the disk without a word is left out."""
    named = [f"files/{track.file}" for track in wanted.tracks] + _covers(wanted)
    there = {name: found for name in dict.fromkeys(named) if (found := stored(library, name)) is not None}
    tracks = [
        track if f"covers/{track.cover}" in there else track.model_copy(update={"cover": None})
        for track in wanted.tracks
        if f"files/{track.file}" in there
    ]
    about = manifest.encoded(
        Manifest(
            kind="playlist",
            program=__version__,
            created=created,
            playlists=1,
            tracks=len(tracks),
            files=len(there),
            playlist=wanted.model_copy(
                update={"tracks": tracks, "cover": wanted.cover if f"covers/{wanted.cover}" in there else None}
            ),
        )
    )
    return [member(MANIFEST, about), *there.values(), manifest.sums({MANIFEST: manifest.digest(about)})]


def described(unpacked: Unpacked) -> PlaylistCard:
    """The playlist of an archive that has all its files and no others. Raises: BadArchive."""
    found = unpacked.manifest.playlist
    assert found is not None
    named = {f"files/{track.file}" for track in found.tracks} | set(_covers(found))
    if named != set(unpacked.files):
        raise BadArchive("it does not hold the files that it names")
    return found


def _covers(wanted: PlaylistCard) -> list[str]:
    return [f"covers/{each}" for each in (wanted.cover, *(track.cover for track in wanted.tracks)) if each]


def relabelled(track: TrackCard, arrival: Arrival) -> Arrival:
    """The file as it was called at home, not as it calls itself. It is anybody's text all the same."""
    said = Labels(
        title=labels.clean(track.title) or arrival.labels.title,
        artist=labels.clean(track.artist),
        album=labels.clean(track.album),
        disc=arrival.labels.disc,
        track=arrival.labels.track,
        chapters=chapters.marks(track.chapters) or arrival.labels.chapters,
    )
    return replace(arrival, filename=labels.label(track.filename), labels=said)


def take(
    db: sqlite3.Connection,
    library: Path,
    playlist_id: str,
    wanted: PlaylistCard,
    coming: Sequence[Arrival],
    cover: Staged | None,
    new_id: NewId,
    now: float,
) -> Arrived:
    """A unit of work: the new playlist, whole. `cover`: its own. Raises: Unavailable, as `arrivals.add` does."""
    title = (labels.clean(wanted.title) or "?")[:TITLE_LENGTH]
    playlists.create(db, playlist_id, title, _lines(wanted.description), now)
    chosen: PlaylistEdit = {
        "same_tag": wanted.same_tag,
        "on_removal": wanted.on_removal,
        "resume_policy": wanted.resume_policy,
        "shuffle": wanted.shuffle,
    }
    playlists.update(db, playlist_id, chosen, now)
    if cover is not None:
        playlists.set_cover(db, playlist_id, files.keep_cover(db, library, cover), now)
    return replace(arrivals.add(db, library, playlist_id, coming, new_id, now), created=True)


def _lines(text: str) -> str:
    """A text of several lines, without control characters."""
    lines = (labels.clean(line) or "" for line in text.splitlines())
    return "\n".join(lines)[:DESCRIPTION_LENGTH].strip()
