"""The Socket.IO side: every client event answered, every published event carried to its rooms (wire.md, section 5).

A client that joins a room gets a snapshot and then every event of that room. Both happen without an await in between,
so they fit: nothing is missed and nothing comes twice. Whoever is in a room was sent all of it since joining, hence
`sync:request` replays only what lies before that.

*What is said to one client waits for it.* A broadcast cannot wait: a client whose queue is full is dropped, and comes
back with `sync:request`. So what it then gets must not fill its queue again, or it would never end. A replay is sent
whole, without an await, since later events must not overtake it; so it is sent only if the queue holds it, once it has
been drained. Where it does not fit, there are snapshots instead, one at a time, and each waits for the one before to
be read. A snapshot belongs to the moment at which it is queued, so it is made anew after each wait.

*Rooms are the server's.* A client names one, and it exists or is refused: the playlists, one playlist that there is,
one linking session that is listed. How many a client may be in is bounded, and so is how often it may ask.

The models of what clients send and are told stand beside the handlers that use them, and are the description of both
(`asyncapi.py`): a handler's signature says which.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MethodType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tomb.errors import BadRequest, InternalError, NotFound, RequestError
from tomb.events import EVERYONE, MACHINES, PLAYLISTS, Event, playlist_room, session_room
from tomb.http.guard import RateLimits
from tomb.http.parsing import OP_ID_LENGTH, Id, named
from tomb.http.routes import Services
from tomb.http.system import HealthStatus, health_status
from tomb.models import SPARSE, PlayerState, Playlist, Wire
from tomb.socketio import Client, Data, Failure, Namespace, RawJson

SESSION = session_room("")  # how the names of these rooms begin
ROOMS_AT_MOST = 100  # of one client
NAME_LENGTH = 100
FRAME = 16  # characters around the type and the data of an event, at most
ANSWER = 16_384  # of `sync:complete` and its acknowledgement, at most


class Message(BaseModel):
    """What a client may send. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)


class NoFields(Message):
    pass


class PlaylistRoom(Message):
    playlist_id: Id


class NfcRoom(Message):
    """Without `assoc_id`: the newest session."""

    assoc_id: Id | None = None


class Ping(Message):
    """`timestamp` comes back as it is."""

    timestamp: (
        int | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=NAME_LENGTH)] | None
    ) = None


class SyncRequest(Message):
    """`last_playlist_seqs`: by playlist id."""

    last_global_seq: Annotated[int, Field(ge=0)] | None = None
    last_playlist_seqs: Annotated[dict[str, int], Field(max_length=1000)] = {}
    requested_rooms: Annotated[list[Annotated[str, Field(max_length=NAME_LENGTH)]], Field(max_length=1000)] | None = (
        None
    )


class Told(Wire):
    """What is said to one client: as the event of that name, and as the acknowledgement if it asked for one.

    Optional fields that were not given are left out.
    """

    model_config = SPARSE

    event: ClassVar[str]


class Connected(Told):
    """`box_name`: what parents call the box, "" for nothing."""

    event = "connection_status"

    status: Literal["connected"]
    sid: str
    server_seq: int
    server_time: float
    box_name: str


class Joined(Told):
    """`room` is absent where there is none to join."""

    event = "ack:join"

    room: str | None = None
    success: bool
    server_seq: int
    message: str | None = None
    playlist_id: str | None = None
    playlist_seq: int | None = None
    assoc_id: str | None = None


class Left(Told):
    event = "ack:leave"

    room: str
    success: bool
    server_seq: int
    playlist_id: str | None = None


class Pong(Told):
    """`timestamp`: the client's own, or the time."""

    event = "client_pong"

    timestamp: int | float | str
    server_time: float
    server_seq: int


class HealthTold(Told, HealthStatus):
    event = "health_status"

    health_metrics: HealthStatus
    connected_clients: int
    server_time: float


class MachineMoved(Told):
    """`name`: of the table; `id`: which machine; `state` is null when there is no such machine any more."""

    event = "machine_state"

    name: str
    id: str
    state: str | None
    server_seq: int


class SyncComplete(Told):
    event = "sync:complete"

    synced_rooms: Sequence[str]
    server_seq: int
    current_global_seq: int


class SyncError(Told):
    event = "sync:error"

    error: str
    requested_rooms: Sequence[str] | None = None


class OperationRefused(Told):
    event = "err:op"

    client_op_id: str | None = None
    success: Literal[False]
    message: str
    error_type: str
    server_seq: int


M = TypeVar("M", bound=Message)
T = TypeVar("T", bound=Told)
Handler = Callable[[Client, M], Awaitable[Wire]]
Refuse = Callable[[Client, RequestError, Any], Told]


class Sockets:
    """`joined`: by client and room, the number of the last event before it came in."""

    def __init__(self, services: Services, box: Namespace) -> None:
        self._services = services
        self._box = box
        self._rates = RateLimits(services.settings)
        self._joined: dict[str, dict[str, int]] = {}
        services.events.subscribe(self._carry)
        box.on_connect(self._connected)
        box.on_disconnect(self._disconnected)
        for event, handle in HANDLERS.items():
            self.answer(event, ASKED[event], MethodType(handle, self), self._refusal_of(event))

    def answer(self, event: str, model: type[M], handle: Handler[M], refuse: Refuse | None = None) -> None:
        """Answer `event`: parse it and call `handle`, whose answer is the acknowledgement too, if one was asked for."""

        async def answered(client: Client, data: Any = None, *_: Any) -> Data:
            told: Wire
            try:
                self._rates.spend("other", client.request.address)
                told = await handle(client, _parsed(model, data))
            except RequestError as error:
                told = (refuse or self.refuse)(client, error, data)
            return as_json(told)

        self._box.on(event)(answered)

    def _refusal_of(self, event: str) -> Refuse:
        if event == "sync:request":
            return _sync_error
        return self._join_refused if event.startswith("join:") else self.refuse

    def refuse(self, client: Client, error: RequestError, data: Any, *, silently: bool = False) -> Told:
        """Say no to one client: `err:op`, unless it was told already."""
        op_id = data.get("client_op_id") if isinstance(data, dict) else None
        named_so = {"client_op_id": op_id} if isinstance(op_id, str) and len(op_id) <= OP_ID_LENGTH else {}
        refused = OperationRefused(
            success=False, message=error.message, error_type=error.error_type, server_seq=self._number, **named_so
        )
        if not silently:
            client.emit(refused.event, as_json(refused))
        return refused

    def failed(self, failure: Failure) -> Data:
        """A handler had a defect: it is logged by the server, and the client is not left without a word."""
        data = failure.args[0] if failure.args else None
        return as_json(self.refuse(failure.client, InternalError(), data))

    # --- carrying what is published ---------------------------------------------------------------------------------

    def _carry(self, event: Event) -> None:
        rooms = None if event.rooms == EVERYONE else event.rooms
        if self._box.reaches(rooms):
            self._box.emit(event.type, RawJson(event.payload), rooms=rooms)

    @property
    def _number(self) -> int:
        return self._services.events.number

    # --- coming and going -------------------------------------------------------------------------------------------

    async def _connected(self, client: Client, _: object) -> None:
        self._joined[client.sid] = {}
        client.enter_room(caller_room(client))
        now = self._services.ports.wall()
        status = Connected(
            status="connected",
            sid=client.sid,
            server_seq=self._number,
            server_time=now,
            box_name=self._services.preferences.current.box_name,
        )
        client.emit(status.event, as_json(status))

    async def _disconnected(self, client: Client, _: object) -> None:
        self._joined.pop(client.sid, None)

    async def _join_playlists(self, client: Client, _: NoFields) -> Joined:
        self._check_rooms(client, PLAYLISTS)
        await self._show_playlists(client)
        return await self._joined_room(client, PLAYLISTS)

    async def _join_playlist(self, client: Client, message: PlaylistRoom) -> Joined:
        self._check_rooms(client, playlist_room(message.playlist_id))
        playlist = await self._show_playlist(client, message.playlist_id)
        room = playlist_room(playlist.id)
        return await self._joined_room(client, room, playlist_id=playlist.id, playlist_seq=playlist.playlist_seq)

    async def _join_nfc(self, client: Client, message: NfcRoom) -> Joined:
        status = self._services.linking.snapshot(message.assoc_id)
        self._check_rooms(client, *([] if status is None else [session_room(status["assoc_id"])]))
        room = await self._show_link(client, message.assoc_id)
        if room is None:
            raise NotFound("nfc session", message.assoc_id or "(any)")
        return await self._joined_room(client, room, assoc_id=room.removeprefix(SESSION))

    async def _join_machines(self, client: Client, _: NoFields) -> Joined:
        self._check_rooms(client, MACHINES)
        while not self._try_machines(client):
            await client.drain()
        self._enter(client, MACHINES)
        return await self._joined_room(client, MACHINES)

    def _try_machines(self, client: Client) -> bool:
        """Where each machine is. Not numbered, so whoever was away joins anew instead of asking what was missed."""
        states = [
            MachineMoved(name=name, id=each, state=state, server_seq=self._number)
            for name, each, state in self._services.board.machines.all()
        ]
        if not client.fits(sum(len(state.model_dump_json()) + 2 * FRAME for state in states), len(states)):
            return False
        for state in states:
            client.emit(MachineMoved.event, as_json(state))
        return True

    async def _leave_machines(self, client: Client, _: NoFields) -> Left:
        return await self._leave(client, MACHINES)

    async def _leave_playlists(self, client: Client, _: NoFields) -> Left:
        return await self._leave(client, PLAYLISTS)

    async def _leave_playlist(self, client: Client, message: PlaylistRoom) -> Left:
        return await self._leave(client, playlist_room(message.playlist_id), playlist_id=message.playlist_id)

    async def _leave_nfc(self, client: Client, message: NfcRoom) -> Left:
        rooms = [room for room in client.rooms if room.startswith(SESSION)]
        return await self._leave(
            client, session_room(message.assoc_id) if message.assoc_id else next(iter(rooms), SESSION)
        )

    def _check_rooms(self, client: Client, *more: str) -> None:
        if len({*self._rooms_of(client), *more}) > ROOMS_AT_MOST:
            raise BadRequest(f"no client may be in more than {ROOMS_AT_MOST} rooms", {"limit": ROOMS_AT_MOST})

    def _rooms_of(self, client: Client) -> list[str]:
        return sorted(client.rooms - {caller_room(client)})

    def _enter(self, client: Client, room: str) -> None:
        client.enter_room(room)
        if client.sid in self._joined:
            self._joined[client.sid].setdefault(room, self._number)

    async def _leave(self, client: Client, room: str, **more: Any) -> Left:
        client.leave_room(room)
        self._joined.get(client.sid, {}).pop(room, None)
        return await tell(client, Left(room=room, success=True, server_seq=self._number, **more))

    async def _joined_room(self, client: Client, room: str, **more: Any) -> Joined:
        return await tell(client, Joined(room=room, success=True, server_seq=self._number, **more))

    def _join_refused(self, client: Client, error: RequestError, _: object) -> Joined:
        joined = Joined(success=False, message=error.message, server_seq=self._number)
        client.emit(joined.event, as_json(joined))
        return joined

    # --- snapshots: each enters its room in the moment of which it tells --------------------------------------------

    async def _show_playlists(self, client: Client) -> None:
        while not self._try_playlists(client):
            await client.drain()
        self._enter(client, PLAYLISTS)
        await self._show_player(client)

    def _try_playlists(self, client: Client) -> bool:
        librarian = self._services.librarian
        snapshot = self._services.events.snapshot("state:playlists", lambda _: librarian.list_json())
        return client.try_emit("state:playlists", RawJson(snapshot))

    async def _show_player(self, client: Client) -> None:
        while not client.try_emit("state:player", RawJson(self._player())):
            await client.drain()

    def _player(self) -> bytes:
        return self._services.events.snapshot("state:player", self._services.deck.state)

    async def _show_playlist(self, client: Client, playlist_id: str, seen: int | None = None) -> Playlist:
        """`seen`: the revision that the client has; then it is not shown again. Raises NotFound."""
        while True:
            playlist = await self._fresh(playlist_id)
            if playlist.playlist_seq == seen or self._try_playlist(client, playlist):
                self._enter(client, playlist_room(playlist.id))
                return playlist
            await client.drain()

    def _try_playlist(self, client: Client, playlist: Playlist) -> bool:
        snapshot = self._services.events.snapshot(
            "state:playlist", lambda _: playlist, playlist_id=playlist.id, playlist_seq=playlist.playlist_seq
        )
        return client.try_emit("state:playlist", RawJson(snapshot))

    async def _fresh(self, playlist_id: str) -> Playlist:
        """The playlist as it is at this very moment: read again if it changed while it was being read."""
        while True:
            playlist = await self._services.librarian.playlist(playlist_id)
            if playlist.playlist_seq == self._services.librarian.lite(playlist.id).playlist_seq:
                return playlist

    async def _show_link(self, client: Client, assoc_id: str | None) -> str | None:
        """The session's room, which was entered; None where there is no such session. `assoc_id` None: the newest."""
        while (status := self._services.linking.snapshot(assoc_id)) is not None:
            if client.try_emit("nfc_status", {**status, "server_seq": self._number}):
                room = session_room(status["assoc_id"])
                self._enter(client, room)
                return room
            await client.drain()
        return None

    # --- questions --------------------------------------------------------------------------------------------------

    async def _ping(self, client: Client, message: Ping) -> Pong:
        now = self._services.ports.wall()
        timestamp = now if message.timestamp is None else message.timestamp
        return await tell(client, Pong(timestamp=timestamp, server_time=now, server_seq=self._number))

    async def _health(self, client: Client, _: NoFields) -> HealthTold:
        health = health_status(self._services)
        clients, now = len(self._box.clients), self._services.ports.wall()
        return await tell(
            client, HealthTold(**dict(health), health_metrics=health, connected_clients=clients, server_time=now)
        )

    async def _current_state(self, client: Client, _: NoFields) -> PlayerState:
        await self._show_player(client)
        return self._services.deck.state(self._number)

    # --- having been away -------------------------------------------------------------------------------------------

    async def _sync(self, client: Client, message: SyncRequest) -> SyncComplete:
        asked = self._rooms_of(client) if message.requested_rooms is None else message.requested_rooms
        rooms = self._existing(asked)
        self._check_rooms(client, *rooms)
        if message.last_global_seq is None or not await self._replay(client, rooms, message.last_global_seq):
            rooms = [room for room in rooms if await self._show(client, room, message.last_playlist_seqs)]
        return await tell(
            client, SyncComplete(synced_rooms=rooms, server_seq=self._number, current_global_seq=self._number)
        )

    def _existing(self, rooms: Sequence[str]) -> list[str]:
        """Those of them that there are, each once."""
        playlists = {playlist_room(lite.id) for lite in self._services.librarian.lites()}
        return [room for room in dict.fromkeys(rooms) if room == PLAYLISTS or room in playlists or self._is_link(room)]

    def _is_link(self, room: str) -> bool:
        return room.startswith(SESSION) and self._services.linking.snapshot(room.removeprefix(SESSION)) is not None

    async def _replay(self, client: Client, rooms: Sequence[str], last: int) -> bool:
        """What was published since `last`, and the rooms entered; False where that is not known, or is too much."""
        if (missed := self._missed(client, rooms, last)) and not _fit(client, missed):
            await client.drain()
            missed = self._missed(client, rooms, last)
        if missed is None or not _fit(client, missed):
            return False
        for event in missed:
            client.emit(event.type, RawJson(event.payload))
        for room in self._existing(rooms):
            self._enter(client, room)
        return True

    def _missed(self, client: Client, rooms: Sequence[str], last: int) -> list[Event] | None:
        since = self._services.events.since(last)
        joined = self._joined.get(client.sid, {})
        new = set(rooms) - joined.keys()
        return since and [event for event in since if not _was_sent(event, joined) and event.rooms & new]

    async def _show(self, client: Client, room: str, seen: Mapping[str, int]) -> bool:
        """False where it has ceased to be."""
        if room == PLAYLISTS:
            await self._show_playlists(client)
            return True
        if room.startswith(SESSION):
            return await self._show_link(client, room.removeprefix(SESSION)) is not None
        playlist_id = room.removeprefix(playlist_room(""))
        try:
            await self._show_playlist(client, playlist_id, seen.get(playlist_id))
        except NotFound:
            return False
        return True


async def tell(client: Client, told: T) -> T:
    """Say it as its event, when there is space for it."""
    await client.deliver(told.event, as_json(told))
    return told


def as_json(answer: Wire) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_unset=isinstance(answer, Told))


def caller_room(client: Client) -> str:
    """A room of one, for what goes to a room and to this client."""
    return f"caller:{client.sid}"


def _was_sent(event: Event, joined: Mapping[str, int]) -> bool:
    return any(room in joined and event.number > joined[room] for room in event.rooms)


def _fit(client: Client, events: Sequence[Event]) -> bool:
    """With the answer that follows them."""
    size = sum(len(event.payload) + len(event.type) + FRAME for event in events)
    return client.fits(size + ANSWER, len(events) + 2)


def _parsed(model: type[M], data: Any) -> M:
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        raise named(error, whole="payload") from None


def _sync_error(client: Client, error: RequestError, data: Any) -> SyncError:
    """With the rooms that were asked for, as far as they are some."""
    rooms = data.get("requested_rooms") if isinstance(data, dict) else None
    named_so = {}
    if isinstance(rooms, list) and all(isinstance(room, str) and len(room) <= NAME_LENGTH for room in rooms):
        named_so = {"requested_rooms": rooms[:ROOMS_AT_MOST]}
    told = SyncError(error=error.message, **named_so)
    client.emit(told.event, as_json(told))
    return told


# A handler's signature says what it takes.
HANDLERS: Mapping[str, Callable[..., Awaitable[Wire]]] = {
    "join:playlists": Sockets._join_playlists,
    "join:playlist": Sockets._join_playlist,
    "join:nfc": Sockets._join_nfc,
    "join:machines": Sockets._join_machines,
    "leave:playlists": Sockets._leave_playlists,
    "leave:playlist": Sockets._leave_playlist,
    "leave:nfc": Sockets._leave_nfc,
    "leave:machines": Sockets._leave_machines,
    "client_ping": Sockets._ping,
    "health_check": Sockets._health,
    "client:request_current_state": Sockets._current_state,
    "sync:request": Sockets._sync,
}
ASKED: Mapping[str, type[Message]] = {
    event: list(get_type_hints(handle).values())[1] for event, handle in HANDLERS.items()
}
TOLD: tuple[type[Told], ...] = (
    Connected,
    Joined,
    Left,
    Pong,
    HealthTold,
    MachineMoved,
    SyncComplete,
    SyncError,
    OperationRefused,
)
