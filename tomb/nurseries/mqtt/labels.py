"""What playlists are called in a list to choose from, where a choice is told by its words.

Two of the same title are told apart by the first characters of their ids, so that a label stays with its playlist when
others come and go. No label is the word by which Home Assistant means "nothing".
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from tomb.models import PlaylistLite

NOTHING: Final = "None"
LONGEST: Final = 255  # characters of a state of Home Assistant
MOST: Final = 1000  # playlists
_SHORT_ID, _WHOLE_ID = 4, 36


class Labels:
    """Of the first `MOST` playlists."""

    def __init__(self, playlists: Iterable[PlaylistLite] = ()) -> None:
        listed = [each for _, each in zip(range(MOST), playlists, strict=False)]
        titles = {each.id: _title(each) for each in listed}
        shared = Counter(titles.values())
        labels = {
            playlist_id: f"{title} · {playlist_id[:_SHORT_ID]}" if shared[title] > 1 or _is_nothing(title) else title
            for playlist_id, title in titles.items()
        }
        clashing = {label for label, count in Counter(labels.values()).items() if count > 1}
        self._by_id = {
            playlist_id: f"{titles[playlist_id]} · {playlist_id}" if label in clashing else label
            for playlist_id, label in labels.items()
        }
        self._by_label = {label: playlist_id for playlist_id, label in self._by_id.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_label)

    def of(self, playlist_id: str | None) -> str:
        return self._by_id.get(playlist_id or "", NOTHING)

    def meant(self, said: str) -> str | None:
        """The id of the playlist that somebody named by its label or by its id."""
        return said if said in self._by_id else self._by_label.get(said)


def _title(playlist: PlaylistLite) -> str:
    room = LONGEST - _WHOLE_ID - len(" · ")
    return playlist.title[:room].strip() or playlist.id


def _is_nothing(title: str) -> bool:
    return title.casefold() == NOTHING.casefold()
