"""A small world that every route finds something in, and addresses for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rigs import pictures
from tests.rigs.box import VirtualBox
from tomb.http.routes import Route
from tomb.rehearsal.requests import Answer, Client
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.updates import FakeUpdater
from tomb.rehearsal.simulated.videos import IDS, FakeYouTube

TAG = "04A1B2C3"
FREE_TAG = "04D4E5F6"
MISSING = "no-such-thing"
PICTURE = pictures.plain(10, 10)


@dataclass
class World:
    """`names`: what stands in braces in rows of tables."""

    box: VirtualBox
    client: Client
    names: Mapping[str, str]

    @property
    def youtube(self) -> FakeYouTube:
        assert isinstance(self.box.youtube, FakeYouTube)
        return self.box.youtube

    @property
    def updater(self) -> FakeUpdater:
        updater = self.box.services.updates._updater
        assert isinstance(updater, FakeUpdater)
        return updater

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.names.get(found[1], found[0]), text)

    def address(self, route: Route, **parts: str) -> str:
        """Of the route, with what there is in this world; `parts` go before that."""
        there = {
            "playlist_id": self.names["playlist"],
            "source_id": self.names["playlist"],
            "track_id": self.names["track"],
            "track_number": "1",
            "tag_id": TAG,
            "chunk_index": "0",
            "key_code": "164",
            "press": "short",
            "video_id": IDS[0],
        } | parts
        return re.sub(r"<(\w+)>", lambda found: there.get(found[1], MISSING), route.path)

    async def ask(self, route: Route, body: object = None, **parts: str) -> Answer:
        return await self.client.ask(route.method, self.address(route, **parts), body)


async def made_world(box: VirtualBox, client: Client) -> World:
    """Two playlists, a tag, a session. The first track has a cover."""
    folder = box.services.settings.data.parent / "music" / "First"
    folder.mkdir(parents=True)
    (folder / "cover.png").write_bytes(PICTURE)
    for number in (1, 2, 3):
        sparse_wav(folder / f"{number} Track.wav", 10.0, salt=str(number))
    imported = await box.services.importer.import_folder(folder)
    [first] = imported.playlist_ids
    second = await box.add("Second", 5.0)
    empty = (await box.services.librarian.create("Empty")).id
    await box.services.librarian.link_tag(TAG, first)
    tracks = (await box.services.librarian.playlist(first)).tracks
    bare = (await box.services.librarian.playlist(second)).tracks[0].id
    session = await box.services.linking.open(None)
    names = {"playlist": first, "second": second, "empty": empty, "bare": bare, "session": session.id}
    names |= {"track": tracks[0].id, "track2": tracks[1].id, "track3": tracks[2].id}
    return World(box, client, names)


def folder_of(world: World) -> Path:
    return world.box.services.librarian.folder
