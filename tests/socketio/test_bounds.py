"""Everything that could grow has an end, and whoever runs into one disturbs nobody else."""

from functools import partial

import pytest
import trio

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import RefusedWebSocket
from tomb.socketio import Client, Reason, SocketLimits, Timing


async def test_a_client_that_reads_too_slowly_is_dropped_and_the_others_feel_nothing(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(SocketLimits(queued_packets=20))
    reasons: dict[str, Reason] = {}

    @server.namespace("/").on_disconnect
    async def gone(client: Client, reason: Reason) -> None:
        reasons[client.sid] = reason

    async with running(server) as peer:
        slow, quick = await peer.open_websocket(), await peer.open_websocket()
        slow_sid, _ = server.namespace("/").clients
        slow.stalled = True
        for number in range(30):
            server.emit("n", number)
            assert await quick.frame() == f'42["n",{number}]'
        await slow.done.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert slow.aborted.is_set()
        assert reasons == {slow_sid: Reason.SLOW_CONSUMER}
        assert server.counters.ended == {Reason.SLOW_CONSUMER: 1}
        assert server.connections == 1


async def test_a_poller_that_never_polls_is_dropped_too(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(queued_packets=20))
    async with running(server) as peer:
        await peer.open_polling()
        for number in range(21):
            server.emit("n", number)
        await trio.testing.wait_all_tasks_blocked()
        assert server.connections == 0


async def test_a_queue_is_bounded_by_bytes_but_takes_one_big_message(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(queued_bytes=1000))
    async with running(server) as peer:
        polling = await peer.open_polling()
        server.emit("big", "x" * 5000)
        assert len((await polling.get()).text) > 5000
        server.emit("small", "x" * 600)
        server.emit("small", "x" * 600)
        await trio.testing.wait_all_tasks_blocked()
        assert server.connections == 0


async def test_a_client_flooded_in_its_connect_handler_is_dropped(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(queued_packets=20))

    @server.namespace("/").on_connect
    async def flood(client: Client, auth: object) -> None:
        for number in range(100):
            client.emit("n", number)

    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.send("40")
        await wire.done.wait()
        assert server.connections == 0


async def test_forty_packets_take_three_polls(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        for number in range(40):
            server.emit("n", number)
        answers = [(await polling.get()).packets for _ in range(3)]
        assert [len(packets) for packets in answers] == [16, 16, 8]
        assert [packet for packets in answers for packet in packets] == [f'42["n",{number}]' for number in range(40)]


async def test_sixteen_packets_in_are_handled_and_seventeen_are_refused(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    heard: list[int] = []

    @server.namespace("/").on("n")
    async def hear(client: Client, number: int) -> None:
        heard.append(number)

    async with running(server) as peer:
        polling = await peer.open_polling()
        assert (await polling.post(*(f'42["n",{number}]' for number in range(16)))).status == 200
        await trio.testing.wait_all_tasks_blocked()
        assert heard == list(range(16))
        refusal = await polling.post(*(f'42["n",{number}]' for number in range(17)))
        assert refusal.status == 400
        assert refusal.text == '{"code":3,"message":"Bad request"}'
        await trio.testing.wait_all_tasks_blocked()
        assert heard == list(range(16)), "refused as a whole, not in part"


async def test_no_more_connections_than_allowed(autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with(SocketLimits(connections=2))) as peer:
        await peer.open_websocket()
        polling = await peer.open_polling()
        assert (await peer.get("EIO=4&transport=polling")).status == 503
        with pytest.raises(RefusedWebSocket) as refused:
            await peer.open_websocket()
        assert refused.value.status == 503
        await polling.post("1")
        await trio.testing.wait_all_tasks_blocked()
        await peer.open_websocket()


async def test_no_more_connections_from_one_address_than_allowed(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(connections_per_address=1))
    async with running(server) as peer:
        first = await peer.open_websocket()
        with pytest.raises(RefusedWebSocket) as refused:
            await peer.open_websocket()
        assert refused.value.status == 429
        peer.address = "192.0.2.2"
        await peer.open_websocket()
        await first.hang_up()
        peer.address = "192.0.2.1"
        await peer.open_websocket()


async def test_handlers_of_one_client_begin_in_order_and_never_more_than_allowed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(SocketLimits(handlers_at_once=3, handlers_waiting=5))
    begun: list[int] = []
    running_now, most = 0, 0

    @server.namespace("/").on("work")
    async def work(client: Client, number: int) -> int:
        nonlocal running_now, most
        begun.append(number)
        running_now += 1
        most = max(most, running_now)
        await trio.sleep(1)
        running_now -= 1
        return number

    async with running(server) as peer:
        wire, other = await peer.open_websocket(), await peer.open_websocket()
        await wire.send(*(f'42{number}["work",{number}]' for number in range(30)))
        await trio.testing.wait_all_tasks_blocked()
        assert begun == [0, 1, 2]
        waiting = wire.to_app.statistics().current_buffer_used
        assert waiting == 30 - 3 - 5, "the rest is not even read"
        await other.send('427["work",100]')
        assert await other.frame() == "437[100]", "another client does not wait in that line"
        answers = [str(frame) for frame in await wire.frames(30)]
        assert sorted(answers) == sorted(f"43{number}[{number}]" for number in range(30))
        assert [number for number in begun if number != 100] == list(range(30))
        assert most == 4  # three of the one, one of the other


async def test_a_message_over_the_limit_ends_its_client_only(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(message_bytes=100))
    async with running(server) as peer:
        wire, other, polling = await peer.open_websocket(), await peer.open_websocket(), await peer.open_polling()
        await wire.send('42["x","' + "y" * 200 + '"]')
        await wire.done.wait()
        assert server.counters.ended == {Reason.PARSE_ERROR: 1}
        assert (await polling.post('42["x","' + "y" * 200 + '"]')).status == 413
        server.emit("n", 1)
        assert await other.frame() == '42["n",1]'


async def test_a_message_of_countless_values_is_refused_unparsed(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(message_values=1_000))
    heard: list[int] = []

    @server.namespace("/").on("x")
    async def x(client: Client, values: object) -> None:
        assert isinstance(values, list)
        heard.append(len(values))

    async with running(server) as peer:
        wire, other = await peer.open_websocket(), await peer.open_websocket()
        await other.send(f'42["x",[{",".join(["[]"] * 400)}]]')
        await wire.send(f'42["x",[{",".join(["[]"] * 600)}]]')
        await wire.done.wait()
        assert server.counters.ended == {Reason.PARSE_ERROR: 1}
        assert heard == [400]


async def test_what_python_makes_of_a_message_is_counted_while_it_is_held(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(SocketLimits(held_bytes=1_000_000, message_bytes=100_000, message_values=100_000))

    @server.namespace("/").on("x")
    async def x(client: Client, values: object) -> None:
        await trio.sleep_forever()

    async with running(server) as peer:
        wires = [await peer.open_websocket() for _ in range(10)]
        for wire in wires:
            await wire.send(f'42["x",[{",".join(["[]"] * 2_000)}]]')  # 6 kB that become 250 kB
            await trio.testing.wait_all_tasks_blocked()
            assert server.budget.held <= 1_000_000
        assert server.counters.ended[Reason.OUT_OF_MEMORY] >= 6


async def test_a_polling_body_is_not_read_past_the_limit_nor_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with(SocketLimits(message_bytes=100), Timing(body_timeout=3))) as peer:
        polling = await peer.open_polling()
        assert (await polling.post("3", headers={"content-length": "101"})).status == 413
        assert (await polling.post("3", headers={"content-length": "-1"})).status == 413
        before = trio.current_time()
        assert (await polling.post("3", trickle=True)).status == 408
        assert trio.current_time() - before == pytest.approx(3)
        assert (await polling.post("3")).status == 200


async def test_more_attachments_than_allowed_end_the_client(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(attachments=2))
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send('453-["x",{"_placeholder":true,"num":0}]')
        await wire.done.wait()
        assert server.counters.ended == {Reason.PARSE_ERROR: 1}


async def test_more_namespaces_than_allowed_are_refused(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(SocketLimits(namespaces_per_connection=2))
    for name in ("/a", "/b"):
        server.namespace(name)
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send("40/a,", "40/b,")
        answers = {str(frame)[:5]: frame for frame in await wire.frames(2)}
        assert set(answers) == {"40/a,", "44/b,"}
        assert answers["44/b,"] == '44/b,{"message":"Too many namespaces"}'


async def test_a_websocket_gives_others_their_turn_after_fifty_packets(autojump_clock: trio.testing.MockClock) -> None:
    log: list[str] = []
    server = server_with()
    async with running(server) as peer:
        for name in ("flooded", "other"):
            wire = await peer.open_websocket()
            wire.tap = partial(log.append, name)
        flooded, _ = server.namespace("/").clients.values()
        for number in range(120):
            flooded.emit("n", number)
        server.emit("to both")
        await trio.testing.wait_all_tasks_blocked()
        assert len(log) == 122
        assert log.index("other") <= 50


async def test_two_polls_at_once_end_the_session(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(polling.get)
            await trio.testing.wait_all_tasks_blocked()
            assert (await polling.get()).status == 400
        assert (await polling.get()).status == 400
        await trio.testing.wait_all_tasks_blocked()
        assert server.connections == 0


async def test_a_poller_that_hangs_up_is_seen_at_once_and_loses_nothing_to_the_dead_poll(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with()
    reasons: list[Reason] = []

    @server.namespace("/").on_disconnect
    async def gone(client: Client, reason: Reason) -> None:
        reasons.append(reason)

    async with running(server) as peer:
        polling = await peer.open_polling()
        hang_up = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(polling.get, hang_up=hang_up))
            await trio.testing.wait_all_tasks_blocked()
            hang_up.set()
        await trio.testing.wait_all_tasks_blocked()
        assert reasons == [Reason.TRANSPORT_CLOSE]
        assert server.connections == 0
