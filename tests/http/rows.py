"""Every route and every status that it can give, as a table of requests."""

import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import trio
from msgspec.structs import force_setattr

from tests.http.world import FREE_TAG, MISSING, PICTURE, TAG, World, folder_of
from tests.rigs import archives
from tomb.devices.key_codes import KEY_PLAYPAUSE, KEY_POWER
from tomb.devices.keys import LOOK_S
from tomb.devices.output import Loudspeaker
from tomb.devices.updates import UpdateFault
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.errors import Missing
from tomb.library import parcels
from tomb.nurseries.downloads import WantedVideo
from tomb.nurseries.uploads import MetadataOverride, NewUpload
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.input import FakeDevice
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.videos import FETCHING_S, IDS

KEY = "PUT /api/keys/<device_id>/<key_code>/<press>"
SPEAKER = "PUT /api/speakers/<speaker_id>"
Prepare = Callable[[World], Awaitable[object]]


class Loudspeakers:
    """As much of an output as the routes of the loudspeakers need."""

    async def loudspeakers(self) -> list[Loudspeaker]:
        return [Loudspeaker("Headphones", default=True), Loudspeaker("HDMI 0", default=False)]

    async def test(self, name: str | None, level: float) -> None:
        assert 0 <= level <= 1
        if name not in (None, "HDMI"):
            raise Missing("there is no such loudspeaker")


@dataclass(frozen=True)
class Row:
    """`body` and `path` may name things of the world in braces; `path` is the route's own where it is empty.

    `raw`: a body that is no JSON.
    """

    route: str
    status: int
    body: Any = None
    path: str = ""
    first: Prepare | None = None
    headers: tuple[tuple[str, str], ...] = ()
    raw: Callable[[], bytes] | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.route}"


def folder(**more: str) -> bytes:
    """A folder of music as `tomb import` sends it."""
    sound = BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    said = parcels.Parcel.model_validate(
        {"title": "A folder", "files": [{"name": "1.wav", "size": len(sound.getvalue())}], **more}
    )
    return parcels.encoded(said) + sound.getvalue()


async def two_of_a_name(world: World) -> None:
    for _ in range(2):
        await world.client.post("/api/playlists", title="Twice")


async def playing(world: World) -> None:
    await world.client.post(f"/api/playlists/{world.names['playlist']}/start")


async def in_chapters(world: World) -> None:
    await world.box.mark(world.names["playlist"], 3000)
    await playing(world)


async def sound_gone(world: World) -> None:
    for path in (folder_of(world) / "files").iterdir():
        path.unlink()


async def cover_gone(world: World) -> None:
    for path in (folder_of(world) / "covers").iterdir():
        path.unlink()


async def session_ended(world: World) -> None:
    await world.box.services.linking.cancel(world.names["session"])


async def reader_gone(world: World) -> None:
    world.box.services.taps.lose("somebody took it")


async def pin_set(world: World) -> None:
    await world.client.put("/api/settings", pin="1234")


async def limited(world: World) -> None:
    await world.client.put("/api/settings", daily_minutes=[0] * 7)


async def loudspeakers_there(world: World) -> None:
    force_setattr(world.box.services, "output", Loudspeakers())


async def switch_withheld(world: World) -> None:
    ports = world.box.services.ports
    assert isinstance(ports, VirtualPorts)
    ports.may_power_off = False


async def updating(world: World) -> None:
    world.box.services.updates.take("https://example.org/tomb.deb")


async def not_installed(world: World) -> None:
    world.updater.hindered = UpdateFault("not_installed", "This box does not run from a package.")


async def button_there(world: World) -> None:
    world.box.kernel.plug(FakeDevice("event0", keys={KEY_PLAYPAUSE, KEY_POWER}))
    await trio.sleep(LOOK_S + 0.1)
    [(device, _)] = world.box.services.keys.listed()
    world.names = {**world.names, "button": device.id}


async def button_assigned(world: World) -> None:
    await button_there(world)
    await world.client.put(world.filled("/api/keys/{button}/164/long"), playlist_id=world.names["playlist"])


async def rooms_away(world: World) -> None:
    assert world.box.rooms is not None
    world.box.rooms.leave()
    await trio.sleep(1)


async def rooms_refuse(world: World) -> None:
    assert world.box.rooms is not None
    world.box.rooms.refuses = True


async def inbox_filled(world: World) -> None:
    (folder_of(world) / "inbox" / "x").mkdir()


async def upload(world: World, content: bytes, *, sent: bool) -> None:
    file = NewUpload("a.wav", len(content), 1024 * 1024)
    begun = await world.box.services.uploads.begin(world.names["playlist"], file)
    world.names = {**world.names, "upload": begun.id}
    if sent:
        await world.box.services.uploads.receive(begun.playlist_id, begun.id, 0, [content])


async def something_deleted(world: World) -> None:
    """A track of a playlist; another track, and then its playlist too."""
    await world.box.services.librarian.delete_tracks(world.names["playlist"], track_ids=[world.names["track"]])
    await world.box.services.librarian.delete_tracks(world.names["second"], track_ids=[world.names["bare"]])
    await world.box.services.librarian.delete(world.names["second"])


async def announced(world: World) -> None:
    await upload(world, CHUNK, sent=False)


async def arrived(world: World) -> None:
    await upload(world, sparse_wav(folder_of(world).parent / "new.wav", 1.0).read_bytes(), sent=True)


async def arrived_as_noise(world: World) -> None:
    await upload(world, b"no sound at all", sent=True)


async def uploaded(world: World) -> None:
    await arrived(world)
    await world.box.services.uploads.finalize(world.names["playlist"], world.names["upload"], None, MetadataOverride())


async def eight_uploads(world: World) -> None:
    for _ in range(8):
        await announced(world)


async def four_downloads(world: World) -> None:
    for path in (folder_of(world) / "files").iterdir():
        path.write_bytes(path.read_bytes() + bytes(2**20))  # more than is made ahead
    for _ in range(4):
        await world.box.services.archivist.export(world.names["playlist"])


async def no_ytdlp(world: World) -> None:
    world.youtube.missing = Reason.NO_TOOL


async def youtube_private(world: World) -> None:
    world.youtube.fault = YouTubeFault(Reason.PRIVATE, "This playlist is private.")


async def searched(world: World) -> None:
    await world.box.services.videos.search("song", 10)


async def wanted(world: World) -> None:
    [task] = await world.box.services.downloads.add(world.names["playlist"], [WantedVideo(IDS[0], None)])
    world.names = {**world.names, "download": task.task_id}


async def fetched(world: World) -> None:
    await wanted(world)
    await trio.sleep(2 * FETCHING_S)


async def restoring(world: World) -> None:
    await world.client.ask("POST", "/api/restore", raw=archives.good())


PLAYLIST = "/api/playlists/<playlist_id>"
UPLOADS = f"{PLAYLIST}/uploads"
COVER = f"{PLAYLIST}/cover"
CHUNK = b"0123456789"
IMAGE = (("content-type", "image/png"),)
CHUNK_0 = "/api/playlists/{playlist}/uploads/{upload}/chunks/0"
FINALIZE = "/api/playlists/{playlist}/uploads/{upload}/finalize"
NOWHERE = f"/api/playlists/{MISSING}"
INVALID = "/api/playlists/a%00b"
URL = f"https://www.youtube.com/watch?v={IDS[0]}"
SHORT_URL = f"https://youtu.be/{IDS[1]}"
LIST_URL = "https://www.youtube.com/playlist?list=PL0123456789"
PICTURE_OF = "/api/youtube/thumbnail/<video_id>"
THUMBNAIL = f"/api/youtube/thumbnail/{IDS[0]}"
HASH = "0" * 64
RANGE = (("range", "bytes=0-9"),)
NO_RANGE = (("range", "bytes=99999999-"),)

ROWS = (
    # --- player
    *(Row(f"POST /api/player/{name}", 200) for name in ("play", "pause", "stop", "toggle", "next", "previous")),
    *(
        Row(f"POST /api/player/{name}", 400, {"client_op_id": 7})
        for name in ("play", "pause", "stop", "toggle", "next", "previous")
    ),
    Row("POST /api/player/seek", 200, {"position_ms": 5000}, first=playing),
    Row("POST /api/player/seek", 400, {"position_ms": -1}),
    Row("POST /api/player/seek", 400, {"position_ms": 10_001}, first=playing),
    Row("POST /api/player/chapter", 200, {"index": 1}, first=in_chapters),
    Row("POST /api/player/chapter", 400, {"index": 1000}, first=in_chapters),
    Row("POST /api/player/chapter", 400, {"index": 7}, first=in_chapters),
    Row("POST /api/player/chapter", 400, {"index": 0}, first=playing),
    Row("POST /api/player/volume", 200, {"volume": 0}),
    Row("POST /api/player/volume", 400, {"volume": 101}),
    Row("GET /api/player/volume", 200),
    Row("PUT /api/player/mode", 200, {"repeat_mode": "playlist", "muted": True}),
    Row("PUT /api/player/mode", 400, {"repeat_mode": "sometimes"}),
    Row("POST /api/player/sleep", 200, {"seconds": 1.5}),
    Row("POST /api/player/sleep", 200, {"seconds": None}),
    Row("POST /api/player/sleep", 400, {}),
    Row("GET /api/player/status", 200),
    Row("GET /api/playback/status", 200),
    # --- the loudspeakers
    Row("GET /api/audio/outputs", 200, first=loudspeakers_there),
    Row("GET /api/audio/outputs", 503),
    Row("POST /api/audio/test", 200, {"output": "HDMI"}, first=loudspeakers_there),
    Row("POST /api/audio/test", 400, {"output": 7}),
    Row("POST /api/audio/test", 503, {"output": "nowhere"}, first=loudspeakers_there),
    # --- playlists
    Row("GET /api/playlists", 200),
    Row("GET /api/playlists", 200, path="/api/playlists?tracks=false&q=fir&page=1&limit=1"),
    Row("GET /api/playlists", 400, path="/api/playlists?limit=101"),
    Row("POST /api/playlists", 201, {"title": " Songs ", "description": "line\nline"}),
    Row("POST /api/playlists", 400, {"title": "  "}),
    Row("POST /api/playlists/sync", 200, first=inbox_filled),
    Row("POST /api/playlists/sync", 400, []),
    Row(f"GET {PLAYLIST}", 200),
    Row(f"GET {PLAYLIST}", 400, path=INVALID),
    Row(f"GET {PLAYLIST}", 404, path=NOWHERE),
    Row(f"PUT {PLAYLIST}", 200, {"title": "New", "description": "", "same_tag": "next"}),
    Row(f"PUT {PLAYLIST}", 200, {"resume_policy": "restart", "shuffle": True}),
    Row(f"PUT {PLAYLIST}", 400, {"shuffle": "sometimes"}),
    Row(f"PUT {PLAYLIST}", 400, {"same_tag": "dance"}),
    Row(f"PUT {PLAYLIST}", 404, {"title": "New"}, NOWHERE),
    Row(f"DELETE {PLAYLIST}", 204, {"client_op_id": "one"}),
    Row(f"DELETE {PLAYLIST}", 204),
    Row(f"DELETE {PLAYLIST}", 400, path=INVALID),
    Row(f"DELETE {PLAYLIST}", 404, path=NOWHERE),
    Row(f"POST {PLAYLIST}/tap", 200),
    Row(f"POST {PLAYLIST}/tap", 400, path="/api/playlists/{empty}/tap"),
    Row(f"POST {PLAYLIST}/tap", 404, path=f"{NOWHERE}/tap"),
    Row(f"POST {PLAYLIST}/start", 200),
    Row(f"POST {PLAYLIST}/start", 400, path="/api/playlists/{empty}/start"),
    Row(f"POST {PLAYLIST}/start", 404, path=f"{NOWHERE}/start"),
    Row(f"POST {PLAYLIST}/play/<track_number>", 200),
    Row(f"POST {PLAYLIST}/play/<track_number>", 400, path="/api/playlists/{playlist}/play/first"),
    Row(f"POST {PLAYLIST}/play/<track_number>", 400, path="/api/playlists/{playlist}/play/4"),
    Row(f"POST {PLAYLIST}/play/<track_number>", 404, path=f"{NOWHERE}/play/1"),
    Row(f"POST {PLAYLIST}/reorder", 200, {"track_order": [3, 1, 2]}),
    Row(f"POST {PLAYLIST}/reorder", 200, {"track_order": ["{track3}", "{track}", "{track2}"]}),
    Row(f"POST {PLAYLIST}/reorder", 400, {"track_order": [1, 1, 2]}),
    Row(f"POST {PLAYLIST}/reorder", 400, {"track_order": [1, "{track2}", 3]}),
    Row(f"POST {PLAYLIST}/reorder", 404, {"track_order": []}, f"{NOWHERE}/reorder"),
    Row(f"DELETE {PLAYLIST}/tracks", 200, {"track_numbers": [1], "track_ids": ["{track3}"]}),
    Row(f"DELETE {PLAYLIST}/tracks", 400, {}),
    Row(f"DELETE {PLAYLIST}/tracks", 404, {"track_numbers": [1, 4]}),
    Row(f"POST {PLAYLIST}/tracks/restore", 200, {"track_ids": ["{track}", "{track2}"]}, first=something_deleted),
    Row(f"POST {PLAYLIST}/tracks/restore", 400, {"track_ids": []}),
    Row(f"POST {PLAYLIST}/tracks/restore", 404, {"track_ids": ["{track}", "{bare}"]}, first=something_deleted),
    Row(f"POST {PLAYLIST}/tracks/restore", 409, {"track_ids": ["{bare}"]}, "/api/playlists/{second}/tracks/restore",
        first=something_deleted),
    *(
        row
        for path in ("/api/playlists/move-track", "/api/playlists/<source_id>/move-track")
        for row in (
            Row(f"POST {path}", 200, {"source_playlist_id": "{playlist}", "target_playlist_id": "{second}",
                                      "track_number": 2, "target_position": 1}),
            Row(f"POST {path}", 200, {"source_playlist_id": "{playlist}", "target_playlist_id": "{playlist}",
                                      "track_number": 1}),
            Row(f"POST {path}", 400, {"source_playlist_id": "{playlist}", "target_playlist_id": "{second}",
                                      "track_number": 0}),
            Row(f"POST {path}", 400, {"source_playlist_id": "{playlist}", "target_playlist_id": "{second}",
                                      "track_number": 1, "target_position": 9}),
            Row(f"POST {path}", 404, {"source_playlist_id": "{playlist}", "target_playlist_id": MISSING,
                                      "track_number": 1}),
        )
    ),
    # --- covers
    Row(f"GET {COVER}", 200, path="/api/playlists/{playlist}/cover?size=120"),
    Row(f"GET {COVER}", 206, headers=(("range", "bytes=0-3"),)),
    Row(f"GET {COVER}", 304, headers=(("if-none-match", "*"),)),
    Row(f"GET {COVER}", 400, path="/api/playlists/{playlist}/cover?size=121"),
    Row(f"GET {COVER}", 404, path="/api/playlists/{second}/cover"),
    Row(f"GET {COVER}", 404, first=cover_gone),
    Row(f"GET {COVER}", 416, headers=NO_RANGE),
    Row(f"PUT {COVER}", 200, raw=lambda: PICTURE, headers=IMAGE),
    Row(f"PUT {COVER}", 200, {"track_id": "{track}"}),
    Row(f"PUT {COVER}", 400, {"track_id": "a/b"}),
    Row(f"PUT {COVER}", 400, {"track_id": "{bare}"}, "/api/playlists/{second}/cover"),
    Row(f"PUT {COVER}", 404, {"track_id": "{bare}"}),
    Row(f"PUT {COVER}", 404, path=f"{NOWHERE}/cover", raw=lambda: PICTURE, headers=IMAGE),
    Row(f"PUT {COVER}", 415, raw=lambda: b"no picture", headers=IMAGE),
    Row(f"DELETE {COVER}", 200),
    Row(f"DELETE {COVER}", 400, path=f"{INVALID}/cover"),
    Row(f"DELETE {COVER}", 404, path=f"{NOWHERE}/cover"),
    # --- the bin
    Row("GET /api/bin", 200, first=something_deleted),
    Row("DELETE /api/bin", 204, first=something_deleted),
    Row("DELETE /api/bin", 400, 7),
    Row("POST /api/bin/<item_id>/restore", 200, path="/api/bin/{second}/restore", first=something_deleted),
    Row("POST /api/bin/<item_id>/restore", 200, path="/api/bin/{track}/restore", first=something_deleted),
    Row("POST /api/bin/<item_id>/restore", 200, path="/api/bin/{empty}/restore"),
    Row("POST /api/bin/<item_id>/restore", 400, path="/api/bin/%00/restore"),
    Row("POST /api/bin/<item_id>/restore", 404),
    Row("POST /api/bin/<item_id>/restore", 409, path="/api/bin/{bare}/restore", first=something_deleted),
    Row("DELETE /api/bin/<item_id>", 204, path="/api/bin/{track}", first=something_deleted),
    Row("DELETE /api/bin/<item_id>", 400, path="/api/bin/%00"),
    Row("DELETE /api/bin/<item_id>", 404),
    # --- tracks
    Row("PUT /api/tracks/<track_id>", 200, {"title": " Winter ", "artist": "A choir", "album": None}),
    Row("PUT /api/tracks/<track_id>", 400, {"title": " "}),
    Row("PUT /api/tracks/<track_id>", 400, {"artist": "a" * 201}),
    Row("PUT /api/tracks/<track_id>", 404, {"title": "Winter"}, f"/api/tracks/{MISSING}"),
    Row("GET /api/tracks/<track_id>/cover", 200),
    Row("GET /api/tracks/<track_id>/cover", 206, headers=(("range", "bytes=0-3"),)),
    Row("GET /api/tracks/<track_id>/cover", 304, headers=(("if-none-match", "*"),)),
    Row("GET /api/tracks/<track_id>/cover", 400, path="/api/tracks/%07/cover"),
    Row("GET /api/tracks/<track_id>/cover", 404, path="/api/tracks/{bare}/cover"),
    Row("GET /api/tracks/<track_id>/cover", 404, first=cover_gone),
    Row("GET /api/tracks/<track_id>/cover", 416, headers=NO_RANGE),
    Row("GET /api/tracks/<track_id>/audio", 200),
    Row("GET /api/tracks/<track_id>/audio", 206, headers=RANGE),
    Row("GET /api/tracks/<track_id>/audio", 304, headers=(("if-none-match", "*"),)),
    Row("GET /api/tracks/<track_id>/audio", 400, path="/api/tracks/%07/audio"),
    Row("GET /api/tracks/<track_id>/audio", 404, path=f"/api/tracks/{MISSING}/audio"),
    Row("GET /api/tracks/<track_id>/audio", 404, first=sound_gone),
    Row("GET /api/tracks/<track_id>/audio", 416, headers=NO_RANGE),
    # --- tags
    Row("POST /api/nfc/scan", 200, {"playlist_id": "{playlist}", "timeout_ms": 1000}),
    Row("POST /api/nfc/scan", 200),
    Row("POST /api/nfc/scan", 200, {"playlist_id": "{second}", "replaces": TAG}),
    Row("POST /api/nfc/scan", 400, {"timeout_ms": 999}),
    Row("POST /api/nfc/scan", 404, {"playlist_id": MISSING}),
    Row("DELETE /api/nfc/session/<session_id>", 200, path="/api/nfc/session/{session}"),
    Row("DELETE /api/nfc/session/<session_id>", 400, path="/api/nfc/session/{session}", first=session_ended),
    Row("DELETE /api/nfc/session/<session_id>", 404),
    Row("POST /api/nfc/override", 200, {"playlist_id": "{second}", "tag_id": TAG}),
    Row("POST /api/nfc/override", 200, {"playlist_id": "{second}"}),
    Row("POST /api/nfc/override", 400, {"playlist_id": "{second}", "tag_id": "04"}),
    Row("POST /api/nfc/override", 404, {"playlist_id": MISSING, "tag_id": TAG}),
    Row("POST /api/nfc/associate", 200, {"playlist_id": "{second}", "tag_id": "04:d4:e5:f6"}),
    Row("POST /api/nfc/associate", 200, {"playlist_id": "{second}", "tag_id": TAG, "override": True}),
    Row("POST /api/nfc/associate", 400, {"playlist_id": "{second}", "tag_id": "not hex"}),
    Row("POST /api/nfc/associate", 404, {"playlist_id": MISSING, "tag_id": FREE_TAG}),
    Row("POST /api/nfc/associate", 409, {"playlist_id": "{second}", "tag_id": TAG}),
    Row("DELETE /api/nfc/associate/<tag_id>", 200),
    Row("DELETE /api/nfc/associate/<tag_id>", 400, path="/api/nfc/associate/xyz"),
    Row("DELETE /api/nfc/associate/<tag_id>", 404, path=f"/api/nfc/associate/{FREE_TAG}"),
    Row("GET /api/nfc/status", 200),
    Row("GET /api/tags", 200),
    Row("GET /api/tags/<tag_id>", 200),
    Row("GET /api/tags/<tag_id>", 400, path="/api/tags/xyz"),
    Row("GET /api/tags/<tag_id>", 404, path=f"/api/tags/{FREE_TAG}"),
    Row("PUT /api/tags/<tag_id>", 200, {"playlist_id": "{second}", "override": True}),
    Row("PUT /api/tags/<tag_id>", 200, {"action": {"action": "sleep_timer", "minutes": 20}}, f"/api/tags/{FREE_TAG}"),
    Row("PUT /api/tags/<tag_id>", 200, {"name": "The red fox"}),
    Row("PUT /api/tags/<tag_id>", 200, {"name": None, "action": {"action": "next"}}, f"/api/tags/{FREE_TAG}"),
    Row("PUT /api/tags/<tag_id>", 400, {"name": "a" * 201}),
    Row("PUT /api/tags/<tag_id>", 400, {}),
    Row("PUT /api/tags/<tag_id>", 400, {"playlist_id": "{second}", "action": {"action": "next"}}),
    Row("PUT /api/tags/<tag_id>", 404, {"playlist_id": MISSING}),
    Row("PUT /api/tags/<tag_id>", 409, {"action": {"action": "next"}}),
    Row("PUT /api/tags/<tag_id>", 200, {"playlist_id": "{second}", "replaces": TAG}, f"/api/tags/{FREE_TAG}"),
    Row("PUT /api/tags/<tag_id>", 400, {"name": "The red fox", "replaces": FREE_TAG}),
    Row("PUT /api/tags/<tag_id>", 404, {"action": {"action": "next"}, "override": True, "replaces": FREE_TAG}),
    Row("POST /api/tags/<tag_id>/tap", 200),
    Row("POST /api/tags/<tag_id>/tap", 200, {"hold_ms": 5000}, f"/api/tags/{FREE_TAG}/tap"),
    Row("POST /api/tags/<tag_id>/tap", 400, {"hold_ms": -1}),
    Row("POST /api/tags/<tag_id>/tap", 400, path="/api/tags/xyz/tap"),
    Row("DELETE /api/tags/<tag_id>", 200),
    Row("DELETE /api/tags/<tag_id>", 400, path="/api/tags/xyz"),
    Row("DELETE /api/tags/<tag_id>", 404, path=f"/api/tags/{FREE_TAG}"),
    Row("PUT /api/reader/tag", 200, {"tag_id": TAG}),
    Row("PUT /api/reader/tag", 200, {"tag_id": "08A1B2C3", "is_random": True}),
    Row("PUT /api/reader/tag", 400, {"tag_id": "04"}),
    Row("PUT /api/reader/tag", 404, {"tag_id": TAG}, first=reader_gone),
    Row("DELETE /api/reader/tag", 200),
    Row("DELETE /api/reader/tag", 404, first=reader_gone),
    Row("DELETE /api/reader/tag", 400, 7),
    # --- uploads
    Row(f"POST {UPLOADS}/session", 201, {"filename": "a.mp3", "file_size": 9}),
    Row(f"POST {UPLOADS}/session", 400, {"filename": "a.mp3", "file_size": 0}),
    Row(f"POST {UPLOADS}/session", 404, {"filename": "a.mp3", "file_size": 9}, f"{NOWHERE}/uploads/session"),
    Row(f"POST {UPLOADS}/session", 409, {"filename": "a.mp3", "file_size": 9}, first=eight_uploads),
    Row(f"POST {UPLOADS}/session", 413, {"filename": "a.mp3", "file_size": 2**30}),
    Row(f"POST {UPLOADS}/session", 415, {"filename": "a.txt", "file_size": 9}),
    Row(
        f"PUT {UPLOADS}/<session_id>/chunks/<chunk_index>",
        200,
        path=CHUNK_0,
        first=announced,
        headers=(("content-type", "application/octet-stream"),),
        raw=lambda: CHUNK,
    ),
    Row(f"PUT {UPLOADS}/<session_id>/chunks/<chunk_index>", 400, "1234567", CHUNK_0, announced),
    Row(f"PUT {UPLOADS}/<session_id>/chunks/<chunk_index>", 400, path="/api/playlists/{playlist}/uploads/x/chunks/-1"),
    Row(f"PUT {UPLOADS}/<session_id>/chunks/<chunk_index>", 404),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 200, path=FINALIZE, first=arrived),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 400, path=FINALIZE, first=announced),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 400, {"file_hash": HASH}, FINALIZE, arrived),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 400, {"file_hash": "short"}),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 404, {"file_hash": HASH}),
    Row(f"POST {UPLOADS}/<session_id>/finalize", 415, path=FINALIZE, first=arrived_as_noise),
    Row(f"GET {UPLOADS}/<session_id>", 200, path="/api/playlists/{playlist}/uploads/{upload}", first=announced),
    Row(f"GET {UPLOADS}/<session_id>", 400, path="/api/playlists/{playlist}/uploads/%00"),
    Row(f"GET {UPLOADS}/<session_id>", 404),
    Row("GET /api/uploads/sessions", 200, path="/api/uploads/sessions?status=pending", first=announced),
    Row("GET /api/uploads/sessions", 400, path="/api/uploads/sessions?status=lost"),
    Row("DELETE /api/uploads/sessions/<session_id>", 200, path="/api/uploads/sessions/{upload}", first=announced),
    Row("DELETE /api/uploads/sessions/<session_id>", 400, path="/api/uploads/sessions/{upload}", first=uploaded),
    Row("DELETE /api/uploads/sessions/<session_id>", 400, path="/api/uploads/sessions/%00"),
    Row("DELETE /api/uploads/sessions/<session_id>", 404),
    Row("POST /api/uploads/cleanup", 200, path="/api/uploads/cleanup?max_age_hours=0", first=announced),
    Row("POST /api/uploads/cleanup", 400, path="/api/uploads/cleanup?max_age_hours=soon"),
    # --- archives
    Row("GET /api/backup", 200),
    Row("GET /api/backup", 409, first=four_downloads),
    Row("POST /api/restore", 202, raw=archives.good),
    Row("POST /api/restore", 400, raw=lambda: archives.good()[:-2000]),
    Row("POST /api/restore", 400, raw=archives.exported_playlist),
    Row("POST /api/restore", 409, raw=archives.good, first=restoring),
    Row(f"GET {PLAYLIST}/export", 200),
    Row(f"GET {PLAYLIST}/export", 400, path=f"{INVALID}/export"),
    Row(f"GET {PLAYLIST}/export", 404, path=f"{NOWHERE}/export"),
    Row(f"GET {PLAYLIST}/export", 409, first=four_downloads),
    Row("POST /api/imports/look", 200, {"title": "Songs", "files": [{"size": 7}]}),
    Row("POST /api/imports/look", 200, {"title": "Songs", "into": "second", "files": [{"size": 7, "hash": "0" * 64}]}),
    Row("POST /api/imports/look", 400, {"title": "x", "files": [{"size": False}]}),
    Row("POST /api/imports/look", 400, {"title": "Songs", "files": [{"size": -1}]}),
    Row("POST /api/imports/look", 404, {"title": "Songs", "into": "Nothing", "files": []}),
    Row("POST /api/imports/look", 409, {"title": "Songs", "into": "Twice", "files": []}, first=two_of_a_name),
    Row("POST /api/imports", 200, raw=folder),
    Row("POST /api/imports", 400, raw=lambda: folder()[:-1]),
    Row("POST /api/imports", 400, raw=lambda: b"Dear diary"),
    Row("POST /api/imports", 404, raw=lambda: folder(into="Nothing")),
    Row("POST /api/imports", 409, raw=lambda: folder(into="Twice"), first=two_of_a_name),
    Row("POST /api/playlists/import", 201, raw=archives.exported_playlist),
    Row("POST /api/playlists/import", 400, raw=archives.good),
    # --- YouTube
    Row("POST /api/youtube/download", 202, {"url": URL, "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 202, {"urls": [SHORT_URL, URL], "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 400, {"url": "https://example.org/watch", "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 400, {"url": LIST_URL, "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 400, {"url": URL, "urls": [URL], "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 400, {"urls": [], "playlist_id": "{playlist}"}),
    Row("POST /api/youtube/download", 404, {"url": URL, "playlist_id": MISSING}),
    Row("POST /api/youtube/download", 503, {"url": URL, "playlist_id": "{playlist}"}, first=no_ytdlp),
    Row("GET /api/youtube/search", 200, path="/api/youtube/search?query=song&max_results=5"),
    Row("GET /api/youtube/search", 400),
    Row("GET /api/youtube/search", 400, path="/api/youtube/search?query=song&max_results=51"),
    Row("GET /api/youtube/search", 503, path="/api/youtube/search?query=song", first=no_ytdlp),
    Row("GET /api/youtube/playlist", 200, path=f"/api/youtube/playlist?url={LIST_URL}"),
    Row("GET /api/youtube/playlist", 400, path=f"/api/youtube/playlist?url={URL}"),
    Row("GET /api/youtube/playlist", 400, path=f"/api/youtube/playlist?url={LIST_URL}", first=youtube_private),
    Row("GET /api/youtube/playlist", 503, path=f"/api/youtube/playlist?url={LIST_URL}", first=no_ytdlp),
    Row(f"GET {PICTURE_OF}", 200, path=THUMBNAIL, first=searched),
    Row(f"GET {PICTURE_OF}", 206, path=THUMBNAIL, first=searched, headers=(("range", "bytes=0-3"),)),
    Row(f"GET {PICTURE_OF}", 304, path=THUMBNAIL, first=searched, headers=(("if-none-match", "*"),)),
    Row(f"GET {PICTURE_OF}", 400, path="/api/youtube/thumbnail/short"),
    Row(f"GET {PICTURE_OF}", 404, path=THUMBNAIL),
    Row(f"GET {PICTURE_OF}", 416, path=THUMBNAIL, first=searched, headers=NO_RANGE),
    Row("POST /api/youtube/update", 200, {}),
    Row("POST /api/youtube/update", 400, "now"),
    Row("POST /api/youtube/update", 503, {}, first=youtube_private),
    Row("GET /api/youtube/tasks", 200, first=wanted),
    Row("GET /api/youtube/status/<task_id>", 200, path="/api/youtube/status/{download}", first=wanted),
    Row("GET /api/youtube/status/<task_id>", 400, path="/api/youtube/status/%00"),
    Row("GET /api/youtube/status/<task_id>", 404),
    Row("DELETE /api/youtube/tasks/<task_id>", 200, path="/api/youtube/tasks/{download}", first=wanted),
    Row("DELETE /api/youtube/tasks/<task_id>", 400, path="/api/youtube/tasks/%00"),
    Row("DELETE /api/youtube/tasks/<task_id>", 400, path="/api/youtube/tasks/{download}", first=fetched),
    Row("DELETE /api/youtube/tasks/<task_id>", 404),
    # --- parents, the box itself
    Row("GET /api/system/doctor", 200),
    Row("GET /api/keys", 200),
    Row("GET /api/keys", 200, first=button_assigned),
    Row(KEY, 200, {"action": {"action": "mute"}}, path="/api/keys/{button}/164/short", first=button_there),
    Row(KEY, 200, {"playlist_id": "{playlist}"}, path="/api/keys/{button}/7/turn+", first=button_there),
    Row(KEY, 400, {"action": {"action": "dance"}}, path="/api/keys/{button}/164/short", first=button_there),
    Row(KEY, 400, {}, path="/api/keys/{button}/164/short", first=button_there),
    Row(KEY, 400, {"action": {"action": "mute"}}, path="/api/keys/{button}/164/hard", first=button_there),
    Row(KEY, 400, {"action": {"action": "mute"}}, path="/api/keys/{button}/768/short", first=button_there),
    Row(KEY, 404, {"action": {"action": "mute"}}, path=f"/api/keys/{MISSING}/164/short"),
    Row(KEY, 404, {"playlist_id": MISSING}, path="/api/keys/{button}/164/short", first=button_there),
    Row(f"DELETE {KEY[4:]}", 200, path="/api/keys/{button}/164/long", first=button_assigned),
    Row(f"DELETE {KEY[4:]}", 400, path="/api/keys/{button}/one/long", first=button_assigned),
    Row(f"DELETE {KEY[4:]}", 404, path="/api/keys/{button}/164/short", first=button_assigned),
    Row("POST /api/keys/learn", 200),
    Row("POST /api/keys/learn", 400, "now"),
    Row("DELETE /api/keys/learn", 200),
    Row("DELETE /api/keys/learn", 400, "now"),
    Row("GET /api/speakers", 200),
    Row("GET /api/speakers", 503, first=rooms_away),
    Row(SPEAKER, 200, {"volume": 30, "muted": True}, path="/api/speakers/kitchen"),
    Row(SPEAKER, 200, {}, path="/api/speakers/kitchen"),
    Row(SPEAKER, 400, {"volume": 101}, path="/api/speakers/kitchen"),
    Row(SPEAKER, 400, {"volume": 30}, path="/api/speakers/%00"),
    Row(SPEAKER, 404, {"volume": 30}),
    Row(SPEAKER, 503, {"volume": 30}, path="/api/speakers/kitchen", first=rooms_away),
    Row(SPEAKER, 503, {"volume": 30}, path="/api/speakers/kitchen", first=rooms_refuse),
    Row("GET /api/settings", 200),
    Row("PUT /api/settings", 200, {"volume_ceiling": 60, "same_tag": "restart", "on_removal": None}),
    Row("PUT /api/settings", 200, {"box_name": "Kitchen", "start_volume": 30, "child_playlists": [MISSING]}),
    Row("PUT /api/settings", 200, {"daily_minutes": [60] * 7, "bedtime": [{"from": "19:30", "to": "07:00"}] * 7}),
    Row("PUT /api/settings", 400, {"pin": "twelve"}),
    Row("PUT /api/settings", 400, {"child_playlists": ["a/b"]}),
    Row("POST /api/pin/session", 200, {"pin": "1234"}, first=pin_set),
    Row("POST /api/pin/session", 400, {"pin": "1234"}),
    Row("POST /api/pin/session", 403, {"pin": "4321"}, first=pin_set),
    Row("DELETE /api/pin/session", 200),
    Row("DELETE /api/pin/session", 400, "x"),
    Row("GET /api/health", 200),
    Row("GET /api/system/storage", 200),
    Row("GET /api/system/info", 200),
    Row("GET /api/system/logs", 200, path="/api/system/logs?lines=10&level=warning"),
    Row("GET /api/system/logs", 400, path="/api/system/logs?lines=0"),
    Row("POST /api/system/restart", 200),
    Row("POST /api/system/restart", 400, "now"),
    Row("GET /api/system/machines", 200),
    Row("POST /api/system/shutdown", 200),
    Row("POST /api/system/shutdown", 400, "now"),
    Row("POST /api/system/shutdown", 503, first=switch_withheld),
    Row("GET /api/system/update", 200),
    Row("POST /api/system/update", 200, {"look": True}),
    Row("POST /api/system/update", 200, {"source": "https://example.org/tomb.deb"}),
    Row("POST /api/system/update", 400, {"source": "http://example.org/tomb.deb"}),
    Row("POST /api/system/update", 400, {"source": "https://user@example.org/tomb.deb"}),
    Row("POST /api/system/update", 400, {"source": "/etc/passwd"}),
    Row("POST /api/system/update", 409, {}, first=updating),
    Row("POST /api/system/update", 503, {}, first=not_installed),
    Row("POST /api/limits/more", 200, {"minutes": 15}, first=limited),
    Row("POST /api/limits/more", 400, {"minutes": 15}),
    Row("GET /api/stats", 200, first=playing),
    Row("GET /api/stats", 400, path="/api/stats?days=401"),
    Row("DELETE /api/stats", 200),
    Row("DELETE /api/stats", 400, "now"),
    Row("GET /api/openapi.json", 200),
    Row("GET /api/asyncapi.json", 200),
    Row("GET /api/docs", 200),
)  # fmt: skip
