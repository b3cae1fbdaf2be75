"""The reader: sessions that link tags, what lies on it, and the virtual one that stands in for it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from tomb.devices.reader import ReaderKind, VirtualReader
from tomb.errors import BadRequest, Conflict, NotFound
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Id, TagId, whole
from tomb.http.routes import Call, Route, Services
from tomb.models import ExistingPlaylist, LinkReason, LinkState, PlaylistLite, Tag, TagAction, Wire, iso
from tomb.nurseries.linking import LiveSession

# --- what is asked ---------------------------------------------------------------------------------------------------


class ScanBody(Body):
    """`replaces`: a tag that is unlinked when another one is linked."""

    timeout_ms: Annotated[int, Field(ge=1000, le=300_000), BeforeValidator(whole)] = 60_000
    playlist_id: Id | None = None
    override: bool = False
    replaces: TagId | None = None


class AssociateBody(Body):
    playlist_id: Id
    tag_id: TagId
    override: bool = False


class OverrideBody(Body):
    """Without `tag_id`: the tag in question, else the next one that is placed."""

    playlist_id: Id
    tag_id: TagId | None = None


class TagBody(Body):
    """`is_random`: as a phone or a passport, whose number is another one each time."""

    tag_id: TagId
    is_random: bool = False


# --- what is answered ------------------------------------------------------------------------------------------------


class ScanAnswer(Wire):
    """All three ids are the same one. `expires_at`: epoch seconds."""

    scan_id: str
    session_id: str
    assoc_id: str
    timeout_ms: int
    expires_at: float


class LinkSession(Wire):
    session_id: str
    assoc_id: str
    playlist_id: str | None
    state: LinkState
    tag_id: str | None
    existing_playlist: ExistingPlaylist | None
    reason: LinkReason | None
    expires_at: float


class Association(Wire):
    tag_id: str
    playlist_id: str
    playlist_title: str
    created_at: str


class AssociationAnswer(Association):
    association: Association


class TagPresent(Wire):
    """Of several the one that was placed last. `is_random`: its number is another one each time."""

    tag_id: str
    playlist_id: str | None
    is_random: bool


class Reader(Wire):
    """A reader that was there since the box was started; `available`: it is there now."""

    name: str
    available: bool
    kind: ReaderKind


class NfcStatus(Wire):
    reader_available: bool
    reader_name: str | None
    readers: Sequence[Reader]
    scanning: bool
    association_active: bool
    current_session_id: str | None
    active_sessions: Sequence[LinkSession]
    tag_present: TagPresent | None


class PlacedTag(Wire):
    """What it is for: a playlist, an action, or nothing yet. `lay_there`: it did already, so nothing comes of it."""

    tag_id: str
    playlist_id: str | None
    action: str | None
    lay_there: bool


# --- the routes ------------------------------------------------------------------------------------------------------


async def _scan(services: Services, call: Call[ScanBody]) -> Success[ScanAnswer]:
    """Open a session: the next tag is linked to the playlist, or only reported."""
    body = call.given
    session = await services.linking.open(
        body.playlist_id, body.timeout_ms / 1000, override=body.override, replaces=body.replaces
    )
    opened = ScanAnswer(
        scan_id=session.id,
        session_id=session.id,
        assoc_id=session.id,
        timeout_ms=body.timeout_ms,
        expires_at=session.expires_at,
    )
    return Success(opened, services.linking.message(session))


async def _cancel(services: Services, call: Call[Body]) -> Success[LinkSession]:
    """Cancel a session."""
    session = await services.linking.cancel(call.path["session_id"])
    return Success(link_session(session), session.last.message)


async def _override(services: Services, call: Call[OverrideBody]) -> Success[LinkSession]:
    """Give a tag to a playlist although it has another use."""
    session = await services.linking.override(call.given.playlist_id, call.given.tag_id)
    return Success(link_session(session), session.last.message)


def link_session(session: LiveSession) -> LinkSession:
    return LinkSession(
        session_id=session.id,
        assoc_id=session.id,
        playlist_id=session.machine.playlist_id,
        state=session.state,
        tag_id=session.last.tag_id,
        existing_playlist=session.last.existing_playlist,
        reason=session.last.reason,
        expires_at=session.expires_at,
    )


async def _associate(services: Services, call: Call[AssociateBody]) -> Success[AssociationAnswer]:
    """Link a tag to a playlist without putting it on the box."""
    body = call.given
    tag = await services.librarian.link_tag(body.tag_id, body.playlist_id, override=body.override)
    association = Association(
        tag_id=tag.tag_id,
        playlist_id=body.playlist_id,
        playlist_title=services.librarian.lite(body.playlist_id).title,
        created_at=iso(tag.created_at),
    )
    return Success(AssociationAnswer(**dict(association), association=association), "tag linked")


async def _dissociate(services: Services, call: Call[Body]) -> Success[Tag]:
    """Forget what a tag is for; its name stays."""
    return Success(await services.librarian.unlink_tag(call.path["tag_id"]), "tag unlinked")


async def _status(services: Services, _: Call[Body]) -> Success[NfcStatus]:
    """The readers, what lies on them, and the sessions."""
    linking, reader = services.linking, services.taps.reader
    present = None
    if (lying := linking.present) is not None:
        owner = services.librarian.tag_owner(lying.tag_id)
        playlist_id = owner.id if owner else None
        present = TagPresent(tag_id=lying.tag_id, playlist_id=playlist_id, is_random=lying.is_random)
    status = NfcStatus(
        reader_available=reader is not None,
        reader_name=next(iter(reader.names), None) if reader else None,
        readers=[
            *(Reader(name=each.name, available=each.available, kind=each.kind) for each in services.taps.readers),
            *(Reader(name=name, available=True, kind="typing") for name in services.keys.readers),
        ],
        scanning=reader is not None,
        association_active=linking.live is not None,
        current_session_id=linking.live.id if linking.live else None,
        active_sessions=[link_session(session) for session in linking.listed()],
        tag_present=present,
    )
    return Success(status)


async def _place_tag(services: Services, call: Call[TagBody]) -> Success[PlacedTag]:
    """Put a tag on the virtual reader, while it is in use."""
    linked_now = services.linking.live is not None
    reader = _virtual(services)
    lay_there = reader.tag_id
    tag_id = reader.place(call.given.tag_id, is_random=call.given.is_random)
    placed, said = placed_tag(services, tag_id, lay_there=lay_there == tag_id)
    return Success(placed, "the tag that is being linked" if linked_now else said)


def placed_tag(services: Services, tag_id: str, *, lay_there: bool) -> tuple[PlacedTag, str]:
    """What the tag is for, and that in words."""
    playlist_id = action = None
    match services.librarian.tag_use(tag_id):
        case PlaylistLite() as playlist:
            playlist_id, said = playlist.id, f"the tag of “{playlist.title}”"
        case TagAction() as use:
            action, said = use.action, f"a tag for “{use.action}”"
        case _:
            said = "a tag that is linked to nothing yet"
    return PlacedTag(tag_id=tag_id, playlist_id=playlist_id, action=action, lay_there=lay_there), said


async def _lift_tag(services: Services, _: Call[Body]) -> Success[None]:
    """Take the tag from the virtual reader."""
    _virtual(services).lift()
    return Success(None, "tag lifted")


def _virtual(services: Services) -> VirtualReader:
    reader = services.virtual_reader
    if reader is None:
        raise NotFound("virtual reader", "tag")
    return reader


ROUTES = (
    Route("POST", "/api/nfc/scan", _scan, errors=(NotFound,)),
    Route("DELETE", "/api/nfc/session/<session_id>", _cancel, errors=(NotFound, BadRequest), lasting=False),
    Route("POST", "/api/nfc/override", _override, errors=(NotFound, BadRequest)),
    Route("POST", "/api/nfc/associate", _associate, errors=(NotFound, Conflict)),
    Route("DELETE", "/api/nfc/associate/<tag_id>", _dissociate, errors=(NotFound,)),
    Route("GET", "/api/nfc/status", _status),
    Route("PUT", "/api/reader/tag", _place_tag, errors=(NotFound,), playing=True),
    Route("DELETE", "/api/reader/tag", _lift_tag, errors=(NotFound,), playing=True),
)
