"""The box and Debian's broker, with the clients that come with it: in real time."""

import json
from pathlib import Path

import trio

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.mosquitto import Heard, Mosquitto, authority, mosquitto, password_file, vouched_for
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import serving
from tomb.config import BrokerAddress, read_settings
from tomb.devices.mqtt.broker import Broker, Credentials
from tomb.ports import VirtualPorts

A, *_ = TAGS
PASSWORD = "geheim: ß/@"


def way_to(
    broker: Mosquitto,
    host: str = "127.0.0.1",
    *,
    tls: bool = False,
    credentials: Credentials | None = None,
    user: str = "",
) -> Broker:
    address = BrokerAddress(host, broker.port, tls, user, "wrong" if user else None)
    return Broker(VirtualPorts(), address, credentials or Credentials())


def box_id(heard: Heard) -> str:
    [name] = {topic.split("/")[1] for _, topic, _ in heard.messages if topic.endswith("/availability")}
    return name


async def until_down(box: VirtualBox, words: str) -> None:
    with trio.fail_after(PATIENCE_S):
        while words not in (box.services.board.details()["mqtt"].last_error or ""):
            await trio.sleep(0.02)


async def test_a_house_sees_and_works_the_box(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("Łódź “x”", 100, tag_id=A)
    async with mosquitto(tmp_path) as broker, virtual_box(tmp_path, broker=way_to(broker)) as box:
        async with broker.listening() as heard:
            await heard.until("/availability", "online")
            root = f"tomb/{box_id(heard)}"
            await broker.publish(f"{root}/set/volume", "23")
            await heard.until("/state/volume", "23")
            config = await heard.until("/config", lambda payload: "Łódź" in payload)
            assert json.loads(config)["components"]["playlist"]["options"] == ["Łódź “x”"]
            await broker.publish(f"{root}/set/playlist", "Łódź “x”")
            await heard.until("/state/player", "playing")
            await broker.publish(f"{root}/set/volume", "1" * 100_000)
            await broker.publish(f"{root}/set/volume", "one")
            await heard.until("/state/refusal", lambda payload: payload.startswith("volume: it takes"))
            await box.tap(UNKNOWN_TAG, 0.1)
            await heard.until("/event/tag", UNKNOWN_TAG)
            assert not any(retained for retained, topic, _ in heard.messages if "/event/" in topic)
            # What is retained now is heard with the next connection, and does nothing then.
            await broker.publish(f"{root}/set/stop", "PRESS", "--retain", "-q", "1")
            await heard.until("/state/player", "stopped")
        async with broker.listening() as heard:
            known = {topic.removeprefix(f"{root}/") for retained, topic, _ in heard.messages if retained}
            assert {"availability", "state/player", "state/volume"} <= known


async def test_a_broker_that_is_killed_is_told_all_anew_when_it_is_back(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, virtual_box(tmp_path, broker=way_to(broker)) as box:
        async with broker.listening() as heard:
            await heard.until("/availability", "online")
        await broker.kill()
        await until_down(box, "broker")
        await box.services.deck.set_volume(11)
        await broker.start()
        async with broker.listening() as heard:
            await heard.until("/availability", "online")
            await heard.until("/state/volume", "11")


async def test_a_box_that_is_killed_is_offline_and_one_that_is_stopped_too_and_it_is_the_same_when_it_is_back(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    async with mosquitto(tmp_path) as broker, broker.listening() as heard:
        address = {"TOMB_MQTT": f"mqtt://127.0.0.1:{broker.port}"}
        async with serving(data, "--audio", "silent", "--reader", "virtual", env=address) as box:
            await heard.until("/availability", "online")
            await box.until_health(lambda health: health["details"]["mqtt"]["state"] == "up")
            await box.kill()
        await heard.until("/availability", "offline")
        async with serving(data, "--audio", "silent", "--reader", "virtual", env=address) as box:
            await heard.until("/availability", "online")
            assert await box.terminate() == 0
        await heard.until("/availability", "offline")
        assert len(box_id(heard)) == 12


async def test_over_tls_both_sides_show_who_they_are_and_the_password_is_seen_nowhere(tmp_path: Path) -> None:
    ca = authority(tmp_path)
    stranger = authority(tmp_path, "stranger")
    server, server_key = vouched_for(ca, "broker", "DNS:localhost")
    ours, our_key = vouched_for(ca, "box", "DNS:box")
    passwords = password_file(tmp_path, "box", password=PASSWORD)
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\nand nothing else\n", encoding="utf-8")
    configuration = (
        f"cafile {ca}",
        f"certfile {server}",
        f"keyfile {server_key}",
        "require_certificate true",
        f"password_file {passwords}",
        "allow_anonymous false",
    )
    clients = ("-h", "localhost", "--cafile", str(ca), "--cert", str(ours), "--key", str(our_key))
    login = ("-u", "box", "-P", PASSWORD)
    async with mosquitto(tmp_path, configuration, (*clients, *login)) as broker:
        files = Credentials(secret, ca, ours, our_key)
        way = way_to(broker, "localhost", tls=True, user="box", credentials=files)
        async with virtual_box(tmp_path, broker=way), broker.listening() as heard:
            await heard.until("/availability", "online")
            await broker.publish(f"tomb/{box_id(heard)}/set/mute", "ON")
            await heard.until("/state/mute", "ON")
        refused = [
            (Credentials(secret, stranger, ours, our_key), "no trusted way to the broker localhost"),
            (Credentials(secret, None, ours, our_key), "no trusted way to the broker localhost"),
            (Credentials(secret, ca), "broker"),  # no certificate of ours: TLS 1.3 tells after the handshake
            (Credentials(None, ca, ours, our_key), "the broker refuses the box: Not authorized"),
            (Credentials(tmp_path / "none", ca, ours, our_key), "password cannot be read"),
            (Credentials(secret, tmp_path / "none", ours, our_key), "certificates for the broker cannot be used"),
            (Credentials(secret, secret, ours, our_key), "certificates for the broker cannot be used"),
        ]
        for credentials, words in refused:
            way = way_to(broker, "localhost", tls=True, user="box", credentials=credentials)
            async with virtual_box(tmp_path, broker=way) as box:
                await until_down(box, words)
                assert PASSWORD not in str(box.services.board.details())
        # Its certificate is for another name, though somebody vouches for it whom we trust.
        way = way_to(broker, "127.0.0.1", tls=True, user="box", credentials=files)
        async with virtual_box(tmp_path, broker=way) as box:
            await until_down(box, "no trusted way to the broker 127.0.0.1")


async def test_a_password_in_the_address_is_shown_by_nothing_and_the_access_list_of_the_page_is_enough(
    tmp_path: Path,
) -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "home.md").read_text(encoding="utf-8")
    allowed = page.partition("user musicbox\n")[2].partition("```")[0]
    access = tmp_path / "access"
    access.write_text(f"user b@x\n{allowed}\nuser house\ntopic readwrite #\n", encoding="utf-8")
    access.chmod(0o600)
    passwords = password_file(tmp_path, "b@x", "house", password=PASSWORD)
    configuration = (f"password_file {passwords}", f"acl_file {access}", "allow_anonymous false")
    async with mosquitto(tmp_path, configuration, ("-u", "house", "-P", PASSWORD)) as broker:
        quoted = "geheim%3A%20%C3%9F%2F%40"
        address = f"mqtt://b%40x:{quoted}@127.0.0.1:{broker.port}"
        settings = read_settings({"mqtt": address})
        assert PASSWORD not in repr(settings)
        assert quoted not in repr(settings)
        async with (
            broker.listening() as heard,
            serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", env={"TOMB_MQTT": address}) as box,
        ):
            await heard.until("/availability", "online")
            await heard.until("/config", lambda config: '"device"' in config)
            before = len(heard.said("/config"))
            await broker.publish("homeassistant/status", "online")
            await broker.publish(f"tomb/{box_id(heard)}/set/volume", "12")
            await heard.until("/state/volume", "12")
            assert len(heard.said("/config")) > before
            settings_told = (await box.get("/api/settings")).content + (await box.get("/api/health")).content
            logs = (await box.get("/api/system/logs")).content + box.log.encode() + box.welcome.encode()
            for secret in (PASSWORD, quoted):
                assert secret.encode() not in settings_told + logs
