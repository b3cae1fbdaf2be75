"""The Socket.IO side: every client event answered, every published event carried to its rooms (wire.md, section 5).

A client that joins a room gets a snapshot and then every event of that room. Both happen without an await in between,
so they fit: nothing is missed and nothing comes twice. Whoever is in a room was sent all of it since joining, hence
`sync:request` replays only what lies before that.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from tomb.errors import InternalError, NotFound, RequestError
from tomb.events import EVERYONE, PLAYLISTS, Event, playlist_room
from tomb.http.messages import Message, NfcRoom, NoFields, Ping, PlaylistRoom, SyncRequest
from tomb.http.parsing import named
from tomb.http.routes import Services
from tomb.http.system import health_data
from tomb.models import Playlist, PlaylistLite
from tomb.socketio import Client, Data, Failure, Namespace, RawJson

M = TypeVar("M", bound=Message)
Answer = Mapping[str, Any]
NFC = "nfc:"


class Sockets:
    """`joined`: by client and room, the number of the last event before it came in."""

    def __init__(self, services: Services, box: Namespace) -> None:
        self._services = services
        self._box = box
        self._joined: dict[str, dict[str, int]] = {}
        services.events.subscribe(self._carry)
        box.on_connect(self._connected)
        box.on_disconnect(self._disconnected)
        self.answer("join:playlists", NoFields, self._join_playlists)
        self.answer("join:playlist", PlaylistRoom, self._join_playlist, refuse=self._join_refused)
        self.answer("join:nfc", NfcRoom, self._join_nfc, refuse=self._join_refused)
        self.answer("leave:playlists", NoFields, self._leave_playlists)
        self.answer("leave:playlist", PlaylistRoom, self._leave_playlist)
        self.answer("leave:nfc", NfcRoom, self._leave_nfc)
        self.answer("client_ping", Ping, self._ping)
        self.answer("health_check", NoFields, self._health)
        self.answer("client:request_current_state", NoFields, self._current_state)
        self.answer("sync:request", SyncRequest, self._sync, refuse=_sync_error)

    def answer(
        self,
        event: str,
        model: type[M],
        handle: Callable[[Client, M], Awaitable[Answer]],
        refuse: Callable[[Client, RequestError, Any], Answer] | None = None,
    ) -> None:
        """Answer `event`: parse it and call `handle`, whose answer is the acknowledgement too, if one was asked for."""

        async def answered(client: Client, data: Any = None, *_: Any) -> Data:
            try:
                answer = await handle(client, _parsed(model, data))
            except RequestError as error:
                answer = (refuse or self.refuse)(client, error, data)
            return dict(answer)

        self._box.on(event)(answered)

    def refuse(self, client: Client, error: RequestError, data: Any, *, silently: bool = False) -> Answer:
        """Say no to one client: `err:op`, unless it was told already."""
        answer: dict[str, Any] = {"success": False, "message": error.message, "error_type": error.error_type}
        answer |= {"server_seq": self._number}
        op_id = data.get("client_op_id") if isinstance(data, dict) else None
        answer |= {"client_op_id": op_id} if isinstance(op_id, str) else {}
        if not silently:
            client.emit("err:op", answer)
        return answer

    def failed(self, failure: Failure) -> Data:
        """A handler had a defect: it is logged by the server, and the client is not left without a word."""
        data = failure.args[0] if failure.args else None
        return dict(self.refuse(failure.client, InternalError(), data))

    # --- carrying what is published ---------------------------------------------------------------------------------

    def _carry(self, event: Event) -> None:
        rooms = None if event.rooms == EVERYONE else event.rooms
        self._box.emit(event.type, RawJson(event.payload), rooms=rooms)

    @property
    def _number(self) -> int:
        return self._services.events.number

    # --- coming and going -------------------------------------------------------------------------------------------

    async def _connected(self, client: Client, _: object) -> None:
        self._joined[client.sid] = {}
        client.enter_room(caller_room(client))
        now = self._services.ports.wall()
        status: dict[str, Any] = {
            "status": "connected",
            "sid": client.sid,
            "server_seq": self._number,
            "server_time": now,
        }
        client.emit("connection_status", status)

    async def _disconnected(self, client: Client, _: object) -> None:
        self._joined.pop(client.sid, None)

    async def _join_playlists(self, client: Client, _: NoFields) -> Answer:
        self._enter(client, PLAYLISTS)
        self._show_playlists(client)
        return self._joined_room(client, PLAYLISTS)

    async def _join_playlist(self, client: Client, message: PlaylistRoom) -> Answer:
        playlist = await self._fresh(message.playlist_id)
        self._enter(client, playlist_room(playlist.id))
        self._show_playlist(client, playlist)
        more = {"playlist_id": playlist.id, "playlist_seq": playlist.playlist_seq}
        return self._joined_room(client, playlist_room(playlist.id), more)

    async def _join_nfc(self, client: Client, message: NfcRoom) -> Answer:
        status = self._services.linking.snapshot(message.assoc_id)
        if status is None:
            raise NotFound("nfc session", message.assoc_id or "(any)")
        room = f"{NFC}{status['assoc_id']}"
        self._enter(client, room)
        client.emit("nfc_status", {**status, "server_seq": self._number})
        return self._joined_room(client, room, {"assoc_id": status["assoc_id"]})

    async def _leave_playlists(self, client: Client, _: NoFields) -> Answer:
        return self._leave(client, PLAYLISTS, {})

    async def _leave_playlist(self, client: Client, message: PlaylistRoom) -> Answer:
        return self._leave(client, playlist_room(message.playlist_id), {"playlist_id": message.playlist_id})

    async def _leave_nfc(self, client: Client, message: NfcRoom) -> Answer:
        rooms = [room for room in client.rooms if room.startswith(NFC)]
        room = f"{NFC}{message.assoc_id}" if message.assoc_id else next(iter(rooms), NFC)
        return self._leave(client, room, {})

    def _enter(self, client: Client, room: str) -> None:
        client.enter_room(room)
        if client.sid in self._joined:
            self._joined[client.sid].setdefault(room, self._number)

    def _leave(self, client: Client, room: str, more: Answer) -> Answer:
        client.leave_room(room)
        self._joined.get(client.sid, {}).pop(room, None)
        answer: dict[str, Any] = {"room": room, "success": True, "server_seq": self._number, **more}
        client.emit("ack:leave", answer)
        return answer

    def _joined_room(self, client: Client, room: str, more: Answer | None = None) -> Answer:
        answer: dict[str, Any] = {"room": room, "success": True, "server_seq": self._number, **(more or {})}
        client.emit("ack:join", answer)
        return answer

    def _join_refused(self, client: Client, error: RequestError, _: object) -> Answer:
        answer: dict[str, Any] = {"success": False, "message": error.message, "server_seq": self._number}
        client.emit("ack:join", answer)
        return answer

    # --- snapshots --------------------------------------------------------------------------------------------------

    def _show_playlists(self, client: Client) -> None:
        data = {"playlists": self._services.librarian.lites()}
        client.emit("state:playlists", RawJson(self._services.events.snapshot("state:playlists", lambda _: data)))
        self._show_player(client)

    def _show_player(self, client: Client) -> None:
        client.emit("state:player", RawJson(self._services.events.snapshot("state:player", self._services.deck.state)))

    def _show_playlist(self, client: Client, playlist: Playlist) -> None:
        snapshot = self._services.events.snapshot(
            "state:playlist", lambda _: playlist, playlist_id=playlist.id, playlist_seq=playlist.playlist_seq
        )
        client.emit("state:playlist", RawJson(snapshot))

    async def _fresh(self, playlist_id: str) -> Playlist:
        """The playlist as it is at this very moment: read again if it changed while it was being read."""
        while True:
            playlist = await self._services.librarian.playlist(playlist_id)
            if self._is_fresh(playlist):
                return playlist

    def _is_fresh(self, playlist: Playlist) -> bool:
        return playlist.playlist_seq == self._services.librarian.lite(playlist.id).playlist_seq

    # --- questions --------------------------------------------------------------------------------------------------

    async def _ping(self, client: Client, message: Ping) -> Answer:
        now = self._services.ports.wall()
        timestamp = now if message.timestamp is None else message.timestamp
        answer: dict[str, Any] = {"timestamp": timestamp, "server_time": now, "server_seq": self._number}
        client.emit("client_pong", answer)
        return answer

    async def _health(self, client: Client, _: NoFields) -> Answer:
        metrics = health_data(self._services)
        clients = len(self._box.clients)
        more = {"health_metrics": metrics, "connected_clients": clients, "server_time": self._services.ports.wall()}
        answer: dict[str, Any] = to_jsonable_python({**metrics, **more})
        client.emit("health_status", answer)
        return answer

    async def _current_state(self, client: Client, _: NoFields) -> Answer:
        self._show_player(client)
        return self._services.deck.state(self._number).model_dump()

    async def _sync(self, client: Client, message: SyncRequest) -> Answer:
        rooms = self._rooms_of(client) if message.requested_rooms is None else message.requested_rooms
        playlists = await self._wanted_playlists(rooms)
        # From here to the end nothing is awaited.
        missed = None if message.last_global_seq is None else self._services.events.since(message.last_global_seq)
        known = [room for room in rooms if room == PLAYLISTS or room in playlists or room.startswith(NFC)]
        if missed is None:
            self._show_all(client, known, playlists, message.last_playlist_seqs)
        else:
            self._replay(client, known, missed)
        for room in known:
            self._enter(client, room)
        answer: dict[str, Any] = {"synced_rooms": known, "server_seq": self._number, "current_global_seq": self._number}
        client.emit("sync:complete", answer)
        return answer

    def _rooms_of(self, client: Client) -> list[str]:
        return sorted(room for room in client.rooms if room != caller_room(client))

    async def _wanted_playlists(self, rooms: list[str]) -> dict[str, Playlist]:
        """The playlists, by room, of those among `rooms` that are of one, all as they are at the same moment."""
        found: dict[str, Playlist] = {}
        while stale := [lite for lite in self._services.librarian.lites() if self._is_stale(lite, rooms, found)]:
            for lite in stale:
                with suppress(NotFound):
                    found[playlist_room(lite.id)] = await self._services.librarian.playlist(lite.id)
        existing = {playlist_room(lite.id) for lite in self._services.librarian.lites()}
        return {room: playlist for room, playlist in found.items() if room in existing}

    def _is_stale(self, lite: PlaylistLite, rooms: list[str], found: Mapping[str, Playlist]) -> bool:
        room = playlist_room(lite.id)
        return room in rooms and (room not in found or found[room].playlist_seq != lite.playlist_seq)

    def _show_all(
        self, client: Client, rooms: list[str], playlists: Mapping[str, Playlist], seqs: Mapping[str, int]
    ) -> None:
        for room in rooms:
            if room == PLAYLISTS:
                self._show_playlists(client)
            elif room in playlists and seqs.get(playlists[room].id) != playlists[room].playlist_seq:
                self._show_playlist(client, playlists[room])

    def _replay(self, client: Client, rooms: list[str], missed: list[Event]) -> None:
        joined = self._joined.get(client.sid, {})
        new = {room for room in rooms if room not in joined}
        for event in missed:
            sent = any(room in joined and event.number > joined[room] for room in event.rooms)
            if not sent and not event.rooms.isdisjoint(new):
                client.emit(event.type, RawJson(event.payload))


def caller_room(client: Client) -> str:
    """A room of one, for what goes to a room and to this client."""
    return f"caller:{client.sid}"


def _parsed(model: type[M], data: Any) -> M:
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        raise named(error, whole="payload") from None


def _sync_error(client: Client, error: RequestError, data: Any) -> Answer:
    rooms = data.get("requested_rooms") if isinstance(data, dict) else None
    answer: Answer = {"error": error.message, **({} if rooms is None else {"requested_rooms": rooms})}
    client.emit("sync:error", answer)
    return answer
