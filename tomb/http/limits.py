"""More music for today, and what was heard: statistics for parents."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from tomb.errors import BadRequest
from tomb.http.envelope import Success
from tomb.http.parsing import Body, QueryModel, in_digits, whole
from tomb.http.routes import Call, Route, Services
from tomb.library.days import KEPT_DAYS, Count
from tomb.models import PlayerState, Wire


class MoreBody(Body):
    minutes: Annotated[int, Field(ge=1, le=1440), BeforeValidator(whole)]


class StatisticsQuery(QueryModel):
    """The last `days`, today among them."""

    days: Annotated[int, Field(ge=1, le=KEPT_DAYS), BeforeValidator(in_digits)] = 30


class DayOfMusic(Wire):
    """`date`: ISO 8601. `minutes` of sound. `taps`: of tags that are for something."""

    date: str
    minutes: float
    taps: int


class TrackHeard(Wire):
    """`plays`: how often it was begun."""

    track_id: str
    title: str
    playlist_id: str
    playlist_title: str
    plays: int


class TagTapped(Wire):
    tag_id: str
    name: str | None
    playlist_id: str | None
    playlist_title: str | None
    taps: int


class StatisticsAnswer(Wire):
    """`days`: all of them, the oldest first; those of which nothing is known have no music. `tracks`, `tags`: the most
    frequent. `enabled`: parents let it be counted."""

    enabled: bool
    days: Sequence[DayOfMusic]
    tracks: Sequence[TrackHeard]
    tags: Sequence[TagTapped]


async def _more(services: Services, call: Call[MoreBody]) -> Success[PlayerState]:
    """Give so many minutes more, today."""
    services.limits.give(60 * call.given.minutes)
    return Success(services.deck.state(services.events.number), f"{call.given.minutes} minutes more today")


async def _statistics(services: Services, call: Call[StatisticsQuery]) -> Success[StatisticsAnswer]:
    """What was heard, by day, track and tag."""
    today = date.fromisoformat(services.limits.today)
    dates = [(today - timedelta(days=back)).isoformat() for back in reversed(range(call.given.days))]
    found = await services.librarian.statistics(dates[0], dates[-1])
    known = {each.day: each for each in found.days}
    days = [
        DayOfMusic(date=each, minutes=round(known[each].heard_s / 60, 1), taps=known[each].taps)
        if each in known
        else DayOfMusic(date=each, minutes=0.0, taps=0)
        for each in dates
    ]
    return Success(
        StatisticsAnswer(
            enabled=services.preferences.current.statistics,
            days=days,
            tracks=[_track(each) for each in found.tracks],
            tags=[_tag(each) for each in found.tags],
        )
    )


def _track(count: Count) -> TrackHeard:
    return TrackHeard(
        track_id=count.id,
        title=count.title or "",
        playlist_id=count.playlist_id or "",
        playlist_title=count.playlist_title or "",
        plays=count.count,
    )


def _tag(count: Count) -> TagTapped:
    return TagTapped(
        tag_id=count.id,
        name=count.title,
        playlist_id=count.playlist_id,
        playlist_title=count.playlist_title,
        taps=count.count,
    )


async def _forget(services: Services, _: Call[Body]) -> Success[None]:
    """Delete all statistics; what was used of today's limit stays."""
    await services.librarian.forget_statistics()
    return Success(None, "statistics deleted")


ROUTES = (
    Route("POST", "/api/limits/more", _more, errors=(BadRequest,)),
    Route("GET", "/api/stats", _statistics),
    Route("DELETE", "/api/stats", _forget),
)
