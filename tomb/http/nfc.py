"""Routes of the reader: sessions that link tags, and what lies there."""

from tomb.errors import BadRequest, Conflict, NotFound
from tomb.http import answers
from tomb.http.envelope import Answer
from tomb.http.requests import AssociateBody, Body, OverrideBody, ScanBody
from tomb.http.routes import Ask, Route, Services
from tomb.models import Tag, iso


async def _scan(services: Services, ask: Ask[ScanBody]) -> Answer:
    """Open a session: the next tag is linked to the playlist, or only reported."""
    body = ask.body
    session = await services.linking.open(body.playlist_id, body.timeout_ms / 1000, override=body.override)
    ids = dict.fromkeys(("scan_id", "session_id", "assoc_id"), session.id)
    return Answer({**ids, "timeout_ms": body.timeout_ms, "expires_at": session.expires_at}, session.last.message)


async def _cancel(services: Services, ask: Ask[Body]) -> Answer:
    """Cancel a session."""
    session = await services.linking.cancel(ask.path["session_id"])
    return Answer(session.as_listed(), session.last.message)


async def _override(services: Services, ask: Ask[OverrideBody]) -> Answer:
    """Give a tag to a playlist although it has another use."""
    session = await services.linking.override(ask.body.playlist_id, ask.body.tag_id)
    return Answer(session.as_listed(), session.last.message)


async def _associate(services: Services, ask: Ask[AssociateBody]) -> Answer:
    """Link a tag to a playlist without putting it on the box."""
    body = ask.body
    tag = await services.librarian.link_tag(body.tag_id, body.playlist_id, override=body.override)
    association = {
        "tag_id": tag.tag_id,
        "playlist_id": body.playlist_id,
        "playlist_title": services.librarian.lite(body.playlist_id).title,
        "created_at": iso(tag.created_at),
    }
    return Answer({"association": association, **association}, "tag linked")


async def _dissociate(services: Services, ask: Ask[Body]) -> Answer:
    """Forget what a tag means."""
    tag = await services.librarian.forget_tag(ask.path["tag_id"])
    return Answer(tag, "tag unlinked")


async def _status(services: Services, _: Ask[Body]) -> Answer:
    """The reader, its tag, and the sessions."""
    linking, reader = services.linking, services.taps.reader
    present: Tag | None = await services.librarian.tag(linking.present) if linking.present else None
    return Answer(
        {
            "reader_available": reader is not None,
            "reader_name": reader.name if reader else None,
            "scanning": reader is not None,
            "association_active": linking.live is not None,
            "current_session_id": linking.live.id if linking.live else None,
            "active_sessions": [session.as_listed() for session in linking.listed()],
            "tag_present": linking.present
            and {"tag_id": linking.present, "playlist_id": present.playlist_id if present else None},
        }
    )


ROUTES = (
    Route("POST", "/api/nfc/scan", _scan, body=ScanBody, data=answers.ScanAnswer, errors=(NotFound,)),
    Route(
        "DELETE",
        "/api/nfc/session/<session_id>",
        _cancel,
        data=answers.LinkSession,
        errors=(NotFound, BadRequest),
    ),
    Route("POST", "/api/nfc/override", _override, body=OverrideBody, data=answers.LinkSession, errors=(NotFound,)),
    Route(
        "POST",
        "/api/nfc/associate",
        _associate,
        body=AssociateBody,
        data=answers.AssociationAnswer,
        errors=(NotFound, Conflict),
    ),
    Route("DELETE", "/api/nfc/associate/<tag_id>", _dissociate, data=Tag, errors=(NotFound,)),
    Route("GET", "/api/nfc/status", _status, data=answers.NfcStatus),
)
