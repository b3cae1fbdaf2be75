"""Tags and sessions in any order: what the deck is asked for is what a person who watches would expect."""

from dataclasses import dataclass, field
from typing import Any, cast

import trio
from hypothesis import example, given
from hypothesis import strategies as st

from tests.rigs.virtual import run_virtually
from tomb.devices.reader import Sighting
from tomb.errors import Conflict
from tomb.events import Events
from tomb.machines.presence import GRACE
from tomb.models import ExistingPlaylist, PlaylistLite, Tag
from tomb.nurseries.linking import Linking
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.taps import Taps
from tomb.ports import VirtualPorts

GONE_S = GRACE + 0.1


@dataclass
class Oracle:
    """Told by what a person sees, without flags on tags: a removal matters if the tag played when it was placed, and no
    session has succeeded with it since."""

    owners: dict[str, str]
    heard: list[tuple[str, str]] = field(default_factory=list)
    lying: str | None = None
    plays: str | None = None
    session: tuple[str | None, bool] | None = None

    def put(self, tag_id: str) -> None:
        if self.lying == tag_id:
            return
        self.lift()
        self.lying = tag_id
        if self.session is not None:
            self.offer()
        elif tag_id in self.owners:
            self.plays = self.owners[tag_id]
            self.heard.append(("tap", self.plays))
        else:
            self.heard.append(("chime", "unknown_tag"))

    def lift(self) -> None:
        if self.plays is not None:
            self.heard.append(("lifted", self.plays))
        self.lying = self.plays = None

    def open(self, playlist_id: str | None, override: bool) -> None:
        self.session = (playlist_id, override)
        self.offer()

    def offer(self) -> None:
        assert self.session is not None
        playlist_id, override = self.session
        if self.lying is None:
            return
        owner = self.owners.get(self.lying, playlist_id)
        if playlist_id is not None and owner != playlist_id and not override:
            return  # a duplicate: somebody has to decide
        if playlist_id is not None:
            self.owners[self.lying] = playlist_id
        self.session = self.plays = None

    def end(self) -> None:
        self.session = None


@dataclass
class Library:
    """What tags are for, without a disk."""

    owners: dict[str, str]

    def lite(self, playlist_id: str) -> PlaylistLite:
        return PlaylistLite(
            id=playlist_id, title=playlist_id, track_count=0, total_duration_ms=0, created_at="", updated_at=""
        )

    def tag_use(self, tag_id: str) -> PlaylistLite | None:
        return self.lite(self.owners[tag_id]) if tag_id in self.owners else None

    def tag_owner(self, tag_id: str) -> ExistingPlaylist | None:
        owner = self.owners.get(tag_id)
        return ExistingPlaylist(id=owner, title=owner) if owner else None

    async def link_tag(
        self, tag_id: str, playlist_id: str, *, override: bool = False, replaces: str | None = None
    ) -> Tag:
        assert replaces is None
        if self.owners.get(tag_id, playlist_id) != playlist_id and not override:
            raise Conflict("the tag belongs to another playlist")
        self.owners = self.owners | {tag_id: playlist_id}
        return Tag(tag_id=tag_id, playlist_id=playlist_id, created_at=0.0)


class Heard:
    """A deck that only notes what tags ask it for, and a journal that does not even that."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def refuses(self, use: object) -> bool:
        return use is None

    def tap(self, playlist_id: str, _: object) -> None:
        self.heard.append(("tap", playlist_id))

    def lifted(self, playlist_id: str) -> None:
        self.heard.append(("lifted", playlist_id))

    def chime(self, chime: str) -> None:
        self.heard.append(("chime", chime))

    def tag_seen(self, tag_id: str, at: float) -> None:
        pass


Steps = list[tuple[str, Any, Any]]
STEPS: st.SearchStrategy[Steps] = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("ABC"), st.none()),
        st.tuples(st.just("lift"), st.none(), st.none()),
        st.tuples(st.just("open"), st.sampled_from(["p1", "p2", None]), st.booleans()),
        st.tuples(st.sampled_from(["cancel", "expire"]), st.none(), st.none()),
    ),
    max_size=25,
)


@given(STEPS)
@example([("put", "A", None), ("open", "p2", False), ("cancel", None, None), ("lift", None, None)])
@example([("put", "A", None), ("open", "p2", True), ("lift", None, None), ("put", "A", None), ("lift", None, None)])
def test_whatever_the_order_of_tags_and_sessions_the_deck_hears_what_a_person_would_expect(steps: Steps) -> None:
    run_virtually(_compare, steps)


async def _compare(steps: Steps) -> None:
    library, deck, oracle = Library({"A": "p1", "B": "p2"}), Heard(), Oracle({"A": "p1", "B": "p2"})
    ports = VirtualPorts()
    events = Events(ports, 0)
    linking = Linking(ports, events, library, MachineStates())
    taps = Taps(ports, events, cast(Any, library), cast(Any, deck), cast(Any, deck), linking, MachineStates())
    async with trio.open_nursery() as nursery:
        await nursery.start(linking.run)
        await nursery.start(taps.run)
        for what, which, override in steps:
            match what:
                case "put":
                    taps.see(Sighting(which))
                    oracle.put(which)
                case "lift":
                    taps.see(Sighting(None))
                    oracle.lift()
                case "open":
                    await linking.open(which, override=override)
                    oracle.open(which, override)
                case "cancel" if linking.live is not None:
                    await linking.cancel(linking.live.id)
                    oracle.end()
                case "expire":
                    await trio.sleep(61)
                    oracle.end()
            await trio.sleep(GONE_S)
            assert deck.heard == oracle.heard
            assert library.owners == oracle.owners
            assert (linking.live is None) == (oracle.session is None)
        nursery.cancel_scope.cancel()
