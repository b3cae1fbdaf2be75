import pytest
import trio

from tests.socketio.peer import running, server_with
from tomb.socketio import Client, Reason, SocketLimits, Timing


async def test_a_ping_comes_every_interval_and_a_pong_keeps_the_client(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wire = await peer.open_websocket()
        connected = trio.current_time()
        for beat in (1, 2, 3, 4):
            assert await wire.frame() == "2"
            assert trio.current_time() - connected == pytest.approx(25 * beat)
            await wire.send("3")
        assert server.connections == 1


async def test_a_silent_client_is_gone_within_a_minute(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    reasons: list[Reason] = []

    @server.namespace("/").on_disconnect
    async def gone(client: Client, reason: Reason) -> None:
        reasons.append(reason)

    async with running(server) as peer:
        wire = await peer.open_websocket()
        connected = trio.current_time()
        await wire.done.wait()
        assert trio.current_time() - connected == pytest.approx(45)
        assert reasons == [Reason.PING_TIMEOUT]
        assert server.connections == 0
        assert server.counters.ended == {Reason.PING_TIMEOUT: 1}


async def test_a_silent_polling_client_is_gone_too(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        await trio.sleep(60)
        assert server.connections == 0
        refusal = await polling.get()
        assert refusal.status == 400
        assert refusal.text == '{"code":1,"message":"Session ID unknown"}'


async def test_a_polling_client_that_answers_pings_stays(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        polling = await peer.open_polling()
        for _ in range(5):
            assert (await polling.get()).packets == ["2"]
            assert (await polling.post("3")).text == "ok"
        assert server.connections == 1


@pytest.mark.parametrize(("interval", "timeout"), [(25, 20), (5, 5), (3, 30)])
async def test_pings_are_never_further_apart_than_the_client_was_told(
    interval: float, timeout: float, autojump_clock: trio.testing.MockClock
) -> None:
    server = server_with(timing=Timing(ping_interval=interval, ping_timeout=timeout))
    async with running(server) as peer:
        wire = await peer.open_websocket()
        last = trio.current_time()
        for _ in range(5):
            await wire.frame()
            assert trio.current_time() - last < interval + timeout
            last = trio.current_time()
            await wire.send("3")


async def test_a_connection_that_joins_nothing_is_pinged_and_closed_after_the_connect_timeout(
    autojump_clock: trio.testing.MockClock,
) -> None:
    server = server_with(timing=Timing(connect_timeout=80))
    async with running(server) as peer:
        wire = await peer.websocket("EIO=4&transport=websocket")
        await wire.frame()
        for _ in range(3):
            assert await wire.frame() == "2"
            await wire.send("3")
        assert await wire.rest() == ["1"]
        assert trio.current_time() == pytest.approx(80)
        assert server.counters.ended == {Reason.CONNECT_TIMEOUT: 1}


async def test_a_connection_that_has_left_its_last_namespace_goes_on(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    async with running(server) as peer:
        wire = await peer.open_websocket()
        await wire.send("41")
        for _ in range(5):
            assert await wire.frame() == "2"
            await wire.send("3")
        await wire.send("40")
        assert str(await wire.frame()).startswith("40{")


async def test_the_handshake_says_what_will_be(autojump_clock: trio.testing.MockClock) -> None:
    limits, timing = SocketLimits(message_bytes=1234), Timing(ping_interval=7, ping_timeout=8)
    async with running(server_with(limits, timing)) as peer:
        polling = (await peer.get("EIO=4&transport=polling")).text
        assert polling == (
            '0{"sid":"id0","upgrades":["websocket"],"pingInterval":7000,"pingTimeout":8000,"maxPayload":1234}'
        )
        wire = await peer.websocket("EIO=4&transport=websocket")
        assert '"upgrades":[]' in str(await wire.frame())
