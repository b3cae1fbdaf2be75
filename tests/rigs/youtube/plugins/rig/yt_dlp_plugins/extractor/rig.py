"""In place of yt-dlp's own extractors for YouTube: asks the rig's server, under YouTube's names, what each thing is.

yt-dlp finds them because the rig names this folder (`--plugin-dirs`), and uses them because it names them (`--ies`).
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from yt_dlp.extractor.common import InfoExtractor, SearchInfoExtractor
from yt_dlp.utils import ExtractorError


class RigIE(InfoExtractor):  # type: ignore[misc]  # yt-dlp has no types
    IE_NAME = "rig"
    _VALID_URL = r"https://www\.youtube\.com/watch\?v=(?P<id>[\w-]{11})"

    def _real_extract(self, url: str) -> Any:
        video_id = self._match_id(url)
        page = self._download_json(f"https://www.youtube.com/rig/video/{video_id}", video_id)
        if page["error"]:
            raise ExtractorError(page["error"], expected=True, video_id=video_id)
        return page["info"]


class RigListIE(InfoExtractor):  # type: ignore[misc]  # as above
    IE_NAME = "rig:list"
    _VALID_URL = r"https://www\.youtube\.com/playlist\?list=(?P<id>[\w-]+)"

    def _real_extract(self, url: str) -> Any:
        list_id = self._match_id(url)
        page = self._download_json(f"https://www.youtube.com/rig/list/{list_id}", list_id)
        if page["error"]:
            raise ExtractorError(page["error"], expected=True, video_id=list_id)
        return self.playlist_result(page["entries"], list_id, page["title"])


class RigSearchIE(SearchInfoExtractor):  # type: ignore[misc]  # as above
    IE_NAME = "rig:search"
    _SEARCH_KEY = "ytsearch"

    def _search_results(self, query: str) -> Iterator[Any]:
        for number in range(10):
            address = f"https://www.youtube.com/rig/search?page={number}&q={quote(query)}"
            yield from self._download_json(address, query)["entries"]
