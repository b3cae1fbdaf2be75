"""Linking a tag over the socket: the same sessions as over HTTP, each operation made once and acknowledged."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from tomb.errors import Forbidden, RequestError
from tomb.http.envelope import Success
from tomb.http.nfc import LinkSession, link_session
from tomb.http.operations import Operations
from tomb.http.parents import token_in
from tomb.http.parsing import Id, OpId, TagId
from tomb.http.routes import Services
from tomb.http.sockets import Message, Sockets, Told, caller_room, tell
from tomb.nurseries.linking import LiveSession
from tomb.socketio import Client


class NfcLink(Message):
    playlist_id: Id
    tag_id: TagId | None = None
    client_op_id: OpId | None = None


class OperationDone(Told):
    """`data`: of a link, its session; of an operation over HTTP, what that answered."""

    event = "ack:op"

    client_op_id: str | None = None
    success: Literal[True]
    data: object = None
    server_seq: int


ASKED: Mapping[str, type[Message]] = dict.fromkeys(("start_nfc_link", "stop_nfc_link", "override_nfc_tag"), NfcLink)
Act = Callable[[NfcLink], Awaitable[LiveSession]]


class Links:
    def __init__(self, services: Services, sockets: Sockets, operations: Operations) -> None:
        self._services = services
        self._sockets = sockets
        self._operations = operations
        linking = services.linking
        acts: Mapping[str, Act] = {
            "start_nfc_link": lambda message: linking.open(message.playlist_id),
            "stop_nfc_link": lambda message: linking.cancel_for(message.playlist_id),
            "override_nfc_tag": lambda message: linking.override(message.playlist_id, message.tag_id),
        }
        for event, act in acts.items():
            sockets.answer(event, NfcLink, self._operation(event, act))

    def _operation(self, event: str, act: Act) -> Callable[[Client, NfcLink], Awaitable[Told]]:
        async def operate(client: Client, message: NfcLink) -> Told:
            if not self._services.parent_auth.admits(token_in(client.request.headers.get("cookie"))):
                raise Forbidden("only for parents: the PIN is asked for first", {"pin_required": True})
            return await self._once(client, message, event, act)

        return operate

    async def _once(self, client: Client, message: NfcLink, event: str, act: Act) -> Told:
        told = False

        async def run() -> Success[LinkSession]:
            nonlocal told
            told = message.client_op_id is not None  # `Operations` tells everybody, the caller among them
            return Success(link_session(await act(message)))

        asked = (event, message.playlist_id, message.tag_id)
        try:
            answer = await self._operations.once(message.client_op_id, asked, run, caller=caller_room(client))
        except RequestError as error:
            return self._sockets.refuse(client, error, message.model_dump(), silently=told)
        assert isinstance(answer.data, LinkSession)  # as `run` made it
        op_id = {} if message.client_op_id is None else {"client_op_id": message.client_op_id}
        number = self._services.events.number
        done = OperationDone(success=True, data=answer.data.model_dump(), server_seq=number, **op_id)
        return done if told else await tell(client, done)
