"""However it ends — hard cancel, shutdown, kick, a stuck peer — nothing is left and every client's end is told once."""

import gc
from collections import Counter

import pytest
import trio

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer
from tomb.socketio import CallTimeout, Client, ClientGone, Data, Reason, SocketLimits, SocketServer, Timing
from tomb.socketio.session import EngineSession


class Departures(Counter[tuple[str, Reason]]):
    def __init__(self, server: SocketServer) -> None:
        super().__init__()

        @server.namespace("/").on_disconnect
        async def gone(client: Client, reason: Reason) -> None:
            await trio.lowlevel.checkpoint()
            self[client.sid, reason] += 1

    @property
    def reasons(self) -> list[Reason]:
        assert all(times == 1 for times in self.values())
        return [reason for _, reason in self]


async def test_a_hard_cancel_leaves_nothing_and_tells_everybody_once(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    departures = Departures(server)
    cancelled: list[str] = []

    @server.namespace("/").on("forever")
    async def forever(client: Client) -> None:
        try:
            await trio.sleep_forever()
        finally:
            cancelled.append(client.sid)

    async with trio.open_nursery() as nursery:
        hosting = trio.CancelScope()

        async def host(task_status: trio.TaskStatus[None]) -> None:
            with hosting:
                await server.run(task_status=task_status)

        await nursery.start(host)
        peer = Peer(server, nursery)
        wire, stuck, polling = await peer.open_websocket(), await peer.open_websocket(), await peer.open_polling()
        await wire.send('42["forever"]')
        nursery.start_soon(polling.get)
        stuck.stalled = True
        server.emit("n", 1)
        await trio.testing.wait_all_tasks_blocked()
        before = trio.current_time()
        hosting.cancel()
        await wire.done.wait()
        await stuck.done.wait()
    assert trio.current_time() == before
    assert departures.reasons == [Reason.SERVER_SHUTDOWN] * 3
    assert len(cancelled) == 1
    assert server.connections == 0
    assert server.namespace("/").clients == {}


async def test_shutdown_tells_the_clients_and_flushes_what_is_queued(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    departures = Departures(server)
    async with running(server) as peer:
        wire, polling = await peer.open_websocket(), await peer.open_polling()
        server.emit("last", 1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.shutdown)
            await trio.testing.wait_all_tasks_blocked()
            assert (await polling.get()).packets == ['42["last",1]', "1"]
        assert await wire.rest() == ['42["last",1]', "1"]
        assert departures.reasons == [Reason.SERVER_SHUTDOWN] * 2
        assert (await peer.get("EIO=4&transport=polling")).status == 503


async def test_a_stuck_peer_holds_a_shutdown_no_longer_than_its_deadline(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    departures = Departures(server)
    async with running(server) as peer:
        wire = await peer.open_websocket()
        wire.stalled = True
        await peer.open_polling()  # which never polls again
        server.emit("n", 1)
        before = trio.current_time()
        await server.shutdown(deadline=0.3)
        await wire.done.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert trio.current_time() - before == pytest.approx(0.3)
        assert departures.reasons == [Reason.SERVER_SHUTDOWN] * 2
        assert server.connections == 0


async def test_a_kicked_client_hears_it_last(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    departures = Departures(server)
    async with running(server) as peer:
        wire = await peer.open_websocket()
        (client,) = server.namespace("/").clients.values()
        client.emit("bye")
        client.disconnect()
        client.disconnect()
        client.emit("never")
        client.enter_room("never")
        assert server.emit("never", rooms=["never"]) == 0
        assert await wire.rest() == ['42["bye"]', "41"]
        assert departures.reasons == [Reason.SERVER_DISCONNECT]


async def test_leaving_one_namespace_leaves_the_others(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    server.namespace("/other")
    departures = Departures(server)
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send("40/other,")
        await wire.frame()
        await wire.send("41")
        await trio.testing.wait_all_tasks_blocked()
        assert departures.reasons == [Reason.CLIENT_DISCONNECT]
        assert server.emit("n", 1, namespace="/other") == 1
        assert await wire.frame() == '42/other,["n",1]'


async def test_a_disconnect_handler_that_hangs_is_cut_off(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(timing=Timing(farewell=0.5))

    @server.namespace("/").on_disconnect
    async def hang(client: Client, reason: Reason) -> None:
        await trio.sleep_forever()

    async with running(server) as peer:
        wire = await peer.open_websocket()
        before = trio.current_time()
        await wire.hang_up()
        await trio.sleep(1)
        assert server.connections == 0
        assert trio.current_time() - before == pytest.approx(1)


async def test_a_disconnect_handler_is_not_cut_short_by_the_end_of_its_connection(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(timing=Timing(farewell=0.5))
    finished: list[Reason] = []

    @server.namespace("/").on_disconnect
    async def slowly(client: Client, reason: Reason) -> None:
        await trio.sleep(0.4)
        finished.append(reason)

    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send("41")
        await trio.sleep(0.1)
        await wire.hang_up()
        await trio.sleep(0.2)
        assert server.connections == 1, "the handler is still at work"
        await trio.sleep(0.2)
        assert finished == [Reason.CLIENT_DISCONNECT]
        assert server.connections == 0


async def test_a_call_ends_when_the_client_leaves_or_is_silent(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    outcomes: list[type[Exception]] = []

    async with running(server) as peer:
        wire = await peer.open_websocket()
        (client,) = server.namespace("/").clients.values()

        async def ask(timeout: float) -> None:
            try:
                await client.call("question", timeout=timeout)
            except (CallTimeout, ClientGone) as error:
                outcomes.append(type(error))

        await ask(2)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, 10)
            await trio.testing.wait_all_tasks_blocked()
            await wire.hang_up()
        await ask(1)
    assert outcomes == [CallTimeout, ClientGone, ClientGone]


async def test_late_and_foreign_acknowledgements_are_nobodys_loss(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling, thief = await peer.open_polling(), await peer.open_websocket()
        client, _ = server.namespace("/").clients.values()
        answers: list[tuple[Data, ...]] = []

        async def ask() -> None:
            answers.append(await client.call("question", timeout=5))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            assert (await polling.get()).packets == ['421["question"]']
            await thief.send('431["stolen"]')
            await trio.testing.wait_all_tasks_blocked()
            await polling.post('4399["what?"]', '431["mine",2]', '431["again"]')
        assert answers == [("mine", 2)]


async def test_what_a_client_left_unhandled_is_not_handled_after_it(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(handlers_at_once=1))
    server.namespace("/other")
    begun: list[int] = []

    @server.namespace("/").on("work")
    async def work(client: Client, number: int) -> None:
        begun.append(number)
        await trio.sleep(1)

    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send("40/other,", '42["work",1]', '42["work",2]', "41")
        await trio.sleep(5)
        assert begun == [1]
        assert server.connections == 1


async def test_a_connection_opened_while_a_shutdown_begins_does_not_survive_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    for _ in range(30):  # Trio begins the two in either order
        server = server_with()
        async with running(server) as peer:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(peer.get, "EIO=4&transport=polling")
                nursery.start_soon(server.shutdown)
            await trio.sleep(1)
            assert server.connections == 0


async def test_a_client_that_leaves_while_its_connect_handler_runs_was_never_there(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    departures = Departures(server)

    @server.namespace("/").on_connect
    async def slowly(client: Client, auth: Data) -> None:
        client.enter_room("red")
        await trio.sleep(10)

    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.send("40")
        await trio.sleep(1)
        await wire.hang_up()
        await trio.sleep(20)
        assert departures.reasons == []
        assert server.emit("n", rooms=["red"]) == 0
        assert server.connections == 0


async def test_a_websocket_whose_session_ended_while_it_was_being_accepted_is_closed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        sent: list[str] = []

        async def receive() -> dict[str, str]:
            if sent:
                await trio.sleep_forever()
            return {"type": "websocket.connect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(str(message["type"]))
            if message["type"] == "websocket.accept":
                await server.shutdown(deadline=0)
                await trio.sleep(1)

        scope = {
            "type": "websocket",
            "path": "/socket.io/",
            "headers": [],
            "query_string": b"EIO=4&transport=websocket",
        }
        await server(scope, receive, send)  # type: ignore[arg-type]  # a message may be a plain dict
        assert sent == ["websocket.accept", "websocket.close"]
        nursery.cancel_scope.cancel()


async def test_before_run_and_after_it_nobody_is_let_in(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with trio.open_nursery() as nursery:
        assert (await Peer(server, nursery).get("EIO=4&transport=polling")).status == 503
    async with running(server) as peer:
        await peer.open_websocket()
    async with trio.open_nursery() as nursery:
        assert (await Peer(server, nursery).get("EIO=4&transport=polling")).status == 503


async def test_what_has_ended_is_forgotten(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        for _ in range(50):
            wire = await peer.open_websocket()
            await wire.hang_up()
            with pytest.raises(trio.EndOfChannel):  # nothing was said to one that is gone
                await wire.frame()
            await (await peer.open_polling()).post("1")
        await trio.testing.wait_all_tasks_blocked()
        assert not server._addresses
        gc.collect()
        assert [thing for thing in gc.get_objects() if isinstance(thing, EngineSession | Client)] == []
