"""Routes of the tags that the box knows: each plays a playlist, does an action, or was only seen."""

from tomb.errors import Conflict, NotFound
from tomb.http import answers
from tomb.http.envelope import Answer
from tomb.http.requests import Body, UseBody
from tomb.http.routes import Ask, Route, Services
from tomb.models import Tag, TagAction, iso


async def _list(services: Services, _: Ask[Body]) -> Answer:
    """All tags, in the order in which the box came to know them."""
    return Answer(answers.TagList(tags=[_shown(services, tag) for tag in await services.librarian.tags()]))


async def _get(services: Services, ask: Ask[Body]) -> Answer:
    """A tag, its use, and when it was seen last."""
    tag = await services.librarian.tag(ask.path["tag_id"])
    if tag is None:
        raise NotFound("tag", ask.path["tag_id"])
    return Answer(_shown(services, tag))


async def _put(services: Services, ask: Ask[UseBody]) -> Answer:
    """Say what a tag is for."""
    tag_id, body = ask.path["tag_id"], ask.body
    if body.playlist_id is not None:
        tag = await services.librarian.link_tag(tag_id, body.playlist_id, override=body.override)
    else:
        assert body.action is not None
        action = TagAction(**body.action.model_dump())
        tag = await services.librarian.assign_tag(tag_id, action, override=body.override)
    return Answer(_shown(services, tag), "tag assigned")


async def _delete(services: Services, ask: Ask[Body]) -> Answer:
    """Forget a tag."""
    return Answer(_shown(services, await services.librarian.forget_tag(ask.path["tag_id"])), "tag forgotten")


def _shown(services: Services, tag: Tag) -> answers.TagAnswer:
    return answers.TagAnswer(
        tag_id=tag.tag_id,
        playlist_id=tag.playlist_id,
        playlist_title=services.librarian.title(tag.playlist_id),
        action=tag.action,
        created_at=iso(tag.created_at),
        last_seen=None if tag.last_seen is None else iso(tag.last_seen),
    )


ROUTES = (
    Route("GET", "/api/tags", _list, data=answers.TagList),
    Route("GET", "/api/tags/<tag_id>", _get, data=answers.TagAnswer, errors=(NotFound,)),
    Route(
        "PUT",
        "/api/tags/<tag_id>",
        _put,
        body=UseBody,
        data=answers.TagAnswer,
        errors=(NotFound, Conflict),
    ),
    Route("DELETE", "/api/tags/<tag_id>", _delete, data=answers.TagAnswer, errors=(NotFound,)),
)
