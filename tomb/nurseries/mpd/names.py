"""What the library's playlists and tracks are called in MPD's protocol, and the lines that describe them there.

MPD finds a playlist by its name and a song by its path. Here two playlists may have one title, and a title anything in
it; so a playlist's name is its title in one line, without the slash that parts a path, and with a number where another
one came first. A song is `NAME/ID.EXT`: it lies in its playlist as in a folder, and is found by its id alone, so an
address stays good when the playlist is renamed or put into another order.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tomb.errors import NotFound
from tomb.models import PlaylistLite, Track
from tomb.nurseries.mpd.protocol import Code, CommandError, in_one_line, pair

TAGS = ("Artist", "Album", "Title", "Track")


class Names:
    """Of all playlists, as they are called now."""

    def __init__(self, lites: Iterable[PlaylistLite]) -> None:
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        numbers: dict[str, int] = {}
        for lite in lites:
            title = in_one_line(lite.title).replace("/", "-").strip() or "?"
            name, number = title, numbers.get(title, 1)
            while name in self._ids:
                number += 1
                name = f"{title} ({number})"
            numbers[title] = number
            self._ids[name] = lite.id
            self._names[lite.id] = name

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Names and ids."""
        return iter(self._ids.items())

    def name(self, playlist_id: str) -> str:
        if playlist_id not in self._names:
            raise NotFound("playlist", playlist_id)
        return self._names[playlist_id]

    def playlist_id(self, name: str) -> str:
        """Raises CommandError."""
        if name not in self._ids:
            raise CommandError(Code.NO_EXIST, "No such playlist")
        return self._ids[name]


def track_id(uri: str) -> str:
    """Of a song; what is no song's address gives what is no track's id."""
    return PurePosixPath(uri).stem


def modified(when: str) -> bytes:
    """`when`: as the library has it, to the millisecond; MPD has whole seconds."""
    return pair("Last-Modified", f"{when.partition('.')[0]}Z")


def song(name: str, track: Track) -> bytes:
    """All lines of a track in the playlist of that name, but for its place in a queue."""
    suffix = PurePosixPath(track.file_path).suffix
    tags = {"Artist": track.artist, "Album": track.album, "Title": track.title or track.filename, "Track": track.number}
    return b"".join(
        (
            pair("file", f"{name}/{track.id}{suffix}"),
            modified(track.updated_at),
            *(pair(tag, tags[tag]) for tag in TAGS if tags[tag]),
            pair("Time", round(track.duration)),
            pair("duration", f"{track.duration:.3f}"),
        )
    )


def without(lines: bytes, hidden: frozenset[str]) -> bytes:
    """The lines of a song but for some tags."""
    if not hidden:
        return lines
    return b"".join(line for line in lines.splitlines(keepends=True) if line.partition(b":")[0].decode() not in hidden)
