"""A box in a house with rooms: Debian's snapserver and snapclient, and the service as it is installed."""

import trio

from tests.rigs.listener import listening
from tests.rigs.music import Music
from tests.rigs.process import serving
from tests.rigs.snapcast import snapcast_rig


async def test_a_server_that_is_lost_and_back_is_no_more_than_a_loose_plug(music: Music) -> None:
    album = music["Second"]
    async with snapcast_rig() as rig, serving(music.data, "--reader", "virtual", env=rig.env) as box:
        await box.post(f"/api/playlists/{album.playlist_id}/start")
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 300)
        await rig.kill()
        lost = await box.until_player(lambda state: state["state"] == "error")
        assert "Snapcast server" in lost["error_message"]
        health = await box.health()
        assert health["details"]["audio"]["state"] == "down"
        assert not health["services"]["audio"]
        assert (await box.get("/api/speakers")).status == 503
        await rig.start()
        async with rig.listening() as listener:
            await listener.until_sound()
        back = await box.until_player(lambda state: state["state"] == "playing" and state["error_message"] is None)
        assert back["active_track_id"] == lost["active_track_id"]
        assert back["position_ms"] >= lost["position_ms"]
        await box.until_health(lambda health: health["details"]["speakers"]["state"] == "up")


async def test_a_speaker_is_turned_by_the_box_and_by_others_and_never_above_the_ceiling(music: Music) -> None:
    async with (
        snapcast_rig() as rig,
        rig.speaker("kitchen"),
        serving(music.data, "--reader", "virtual", env=rig.env) as box,
        listening(box.port, "playlists") as listener,
    ):
        await box.until_health(lambda health: health["details"]["speakers"]["state"] == "up")
        assert (await box.put("/api/speakers/kitchen", {"volume": 60, "muted": True})).data["volume"] == 60
        [kitchen] = [each.speaker for each in (await rig.status()).speakers]
        assert (kitchen.volume, kitchen.muted) == (60, True)

        await rig.ask("Client.SetVolume", id="kitchen", volume={"muted": False, "percent": 35})
        told = await listener.until("state:speakers", lambda told: told["data"]["speakers"][0]["volume"] == 35)
        assert not told["data"]["speakers"][0]["muted"]

        await box.put("/api/settings", {"volume_ceiling": 30})
        await listener.until("state:speakers", lambda told: told["data"]["speakers"][0]["volume"] == 30)
        await rig.ask("Client.SetVolume", id="kitchen", volume={"muted": False, "percent": 100})
        with trio.fail_after(60):
            while [each.speaker.volume for each in (await rig.status()).speakers] != [30]:
                await trio.sleep(0.05)


async def test_a_box_starts_without_its_server_and_plays_when_that_comes(music: Music) -> None:
    album = music["Second"]
    async with snapcast_rig() as rig:
        await rig.kill()
        async with serving(music.data, "--reader", "virtual", env=rig.env) as box:
            answer = await box.post(f"/api/playlists/{album.playlist_id}/start")
            assert answer.data["state"] == "error"
            assert "no Snapcast server takes sound" in answer.data["error_message"]
            await rig.start()
            await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 0)
