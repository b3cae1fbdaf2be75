"""The tags that the box knows: each plays a playlist, does an action, or was only seen."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from tomb.errors import Conflict, NotFound
from tomb.http.envelope import Success
from tomb.http.nfc import PlacedTag, placed_tag
from tomb.http.parsing import GIVEN, Body, Id, Label, TagId, whole
from tomb.http.routes import Call, Route, Services
from tomb.models import Tag, TagAction, TagActionName, Wire, iso


class ActionBody(BaseModel):
    model_config = GIVEN

    action: TagActionName
    minutes: Annotated[int, Field(ge=1, le=1440), BeforeValidator(whole)] | None = None
    step: Annotated[int, Field(ge=1, le=100), BeforeValidator(whole)] | None = None


class UseBody(Body):
    """What a tag is for: a playlist, or an action; and what it is called, which can be said alone. Empty: nothing.

    `replaces`: another tag, which is for nothing from then on.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["playlist_id"]}, {"required": ["action"]}, {"required": ["name"]}],
            "not": {"required": ["playlist_id", "action"]},
            "dependentSchemas": {"replaces": {"anyOf": [{"required": ["playlist_id"]}, {"required": ["action"]}]}},
        }
    )

    playlist_id: Id | SkipJsonSchema[None] = None
    action: ActionBody | SkipJsonSchema[None] = None
    override: bool = False
    replaces: TagId | None = None
    name: Label | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "UseBody":
        given = {"playlist_id", "action"} & self.model_fields_set
        named = "name" in self.model_fields_set
        if len(given) > 1 or not (given or named) or any(getattr(self, each) is None for each in given):
            raise ValueError("either playlist_id or action, or a name alone")
        if "replaces" in self.model_fields_set and not given:
            raise ValueError("what replaces another tag needs a playlist_id or an action")
        return self


class TapBody(Body):
    """`hold_ms`: how long it lies there."""

    hold_ms: Annotated[int, Field(ge=0, le=3_600_000), BeforeValidator(whole)] = 1000


class TagAnswer(Wire):
    """A tag and its use. Times: ISO-8601; `last_seen` is null for a tag that never lay on the box."""

    tag_id: str
    playlist_id: str | None
    playlist_title: str | None
    action: TagAction | None
    name: str | None
    created_at: str
    last_seen: str | None


class TagList(Wire):
    tags: Sequence[TagAnswer]


async def _list(services: Services, _: Call[Body]) -> Success[TagList]:
    """All tags, in the order in which the box came to know them."""
    return Success(TagList(tags=[_shown(services, tag) for tag in await services.librarian.tags()]))


async def _get(services: Services, call: Call[Body]) -> Success[TagAnswer]:
    """A tag, its use, and when it was seen last."""
    tag = await services.librarian.tag(call.path["tag_id"])
    if tag is None:
        raise NotFound("tag", call.path["tag_id"])
    return Success(_shown(services, tag))


async def _put(services: Services, call: Call[UseBody]) -> Success[TagAnswer]:
    """Say what a tag is for, or what it is called."""
    tag_id, body, tag = call.path["tag_id"], call.given, None
    replaces = None if body.replaces == tag_id else body.replaces
    if body.playlist_id is not None:
        tag = await services.librarian.link_tag(tag_id, body.playlist_id, override=body.override, replaces=replaces)
    elif body.action is not None:
        action = TagAction(**body.action.model_dump())
        tag = await services.librarian.assign_tag(tag_id, action, override=body.override, replaces=replaces)
    if "name" in body.model_fields_set:
        tag = await services.librarian.name_tag(tag_id, body.name or None)
    assert tag is not None
    return Success(_shown(services, tag), "tag assigned")


async def _delete(services: Services, call: Call[Body]) -> Success[TagAnswer]:
    """Forget a tag."""
    return Success(_shown(services, await services.librarian.forget_tag(call.path["tag_id"])), "tag forgotten")


async def _tap(services: Services, call: Call[TapBody]) -> Success[PlacedTag]:
    """Put a tag on the box from a program, as if it lay on a reader."""
    tag_id = call.path["tag_id"]
    linked_now = services.linking.live is not None
    placed, said = placed_tag(services, tag_id, lay_there=False)
    services.taps.tap(tag_id, call.given.hold_ms / 1000)
    return Success(placed, "the tag that is being linked" if linked_now else said)


def _shown(services: Services, tag: Tag) -> TagAnswer:
    return TagAnswer(
        tag_id=tag.tag_id,
        playlist_id=tag.playlist_id,
        playlist_title=services.librarian.title(tag.playlist_id),
        action=tag.action,
        name=tag.name,
        created_at=iso(tag.created_at),
        last_seen=None if tag.last_seen is None else iso(tag.last_seen),
    )


ROUTES = (
    Route("GET", "/api/tags", _list),
    Route("GET", "/api/tags/<tag_id>", _get, errors=(NotFound,)),
    Route("PUT", "/api/tags/<tag_id>", _put, errors=(NotFound, Conflict)),
    Route("DELETE", "/api/tags/<tag_id>", _delete, errors=(NotFound,)),
    Route("POST", "/api/tags/<tag_id>/tap", _tap, category="player", lasting=False),
)
