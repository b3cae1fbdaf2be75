"""What YouTube's own interface answers, as far as yt-dlp's own extractors look at it, for the videos of the rig."""

import json
from typing import Any

from tests.rigs.youtube.videos import FOUND, LISTS, VIDEOS


def page(list_id: str | None) -> bytes:
    """Of a playlist, or of anything else."""
    data = "" if list_id is None else f"<script>var ytInitialData = {json.dumps(playlist(list_id))};</script>"
    return f"<!DOCTYPE html><html><head></head><body>{data}</body></html>".encode()


def player(video_id: str) -> dict[str, Any]:
    script = VIDEOS.get(video_id)
    if script is None:
        return {"playabilityStatus": {"status": "ERROR", "reason": "Video unavailable"}}
    if script.error:
        return {"playabilityStatus": {"status": "UNPLAYABLE", "reason": script.error.partition(" Use --cookies")[0]}}
    sound = {
        "itag": 251 if script.kind == "webm" else 140,
        "url": f"https://rr1---sn.googlevideo.com/videoplayback/{video_id}?itag=251",
        "mimeType": 'audio/webm; codecs="opus"' if script.kind == "webm" else 'audio/mp4; codecs="mp4a.40.2"',
        "bitrate": 128_000,
        "audioQuality": "AUDIO_QUALITY_MEDIUM",
        "audioSampleRate": "48000",
        "audioChannels": 2,
        "approxDurationMs": str(round(1000 * (script.told_s or 0))),
    }
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {
            "videoId": video_id,
            "title": script.title,
            "lengthSeconds": str(round(script.told_s or 0)),
            "channelId": "UC" + "x" * 22,
            "author": script.channel or "",
            "shortDescription": f"About {script.title}",
            "viewCount": str(script.views),
            "isLiveContent": False,
        },
        "microformat": {"playerMicroformatRenderer": {"ownerChannelName": script.channel or ""}},
        "streamingData": {"expiresInSeconds": "21540", "adaptiveFormats": [sound]},
    }


def beside(video_id: str) -> dict[str, Any]:
    """What stands around a video: its channel."""
    script = VIDEOS.get(video_id)
    owner = {"videoOwnerRenderer": {"title": {"runs": [{"text": (script and script.channel) or ""}]}}}
    contents = [{"videoSecondaryInfoRenderer": {"owner": owner}}]
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}}}


def search() -> dict[str, Any]:
    items = [{"videoRenderer": _renderer(video_id)} for video_id in FOUND[:10]]
    section = {"itemSectionRenderer": {"contents": items}}
    primary = {"sectionListRenderer": {"contents": [section]}}
    return {"contents": {"twoColumnSearchResultsRenderer": {"primaryContents": primary}}}


def playlist(list_id: str) -> dict[str, Any]:
    items = [{"playlistVideoRenderer": _renderer(video_id)} for video_id in LISTS.get(list_id, ())]
    videos = {"playlistVideoListRenderer": {"playlistId": list_id, "contents": items}}
    section = {"itemSectionRenderer": {"contents": [videos]}}
    content = {"sectionListRenderer": {"contents": [section]}}
    tab = {"tabRenderer": {"selected": True, "content": content}}
    return {
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [tab]}},
        "metadata": {"playlistMetadataRenderer": {"title": "A list"}},
        "header": {"playlistHeaderRenderer": {"playlistId": list_id}},
    }


def _renderer(video_id: str) -> dict[str, Any]:
    script = VIDEOS[video_id]
    minutes, seconds = divmod(round(script.told_s or 0), 60)
    channel = [{"text": script.channel or ""}]
    return {
        "videoId": video_id,
        "title": {"runs": [{"text": script.title}]},
        "lengthText": {"simpleText": f"{minutes}:{seconds:02}"},
        "lengthSeconds": str(round(script.told_s or 0)),
        "viewCountText": {"simpleText": f"{script.views:,} views"},
        "ownerText": {"runs": channel},
        "shortBylineText": {"runs": channel},
        "isPlayable": True,
    }
