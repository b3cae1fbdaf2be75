"""Daemons that die under the box, and come back: it keeps serving, says what is missing, and goes on by itself."""

from typing import Any

import trio

from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import serving
from tests.rigs.pulse import PulseRig


def degraded(service: str) -> Any:
    return lambda health: health["status"] == "degraded" and not health["services"][service]


def healthy(health: Any) -> bool:
    return bool(health["status"] == "healthy")


async def test_pcscd_dies_and_comes_back_and_taps_play_again(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    second, third = music["Second"], music["Third"]
    async with serving(music.data, "--audio", "portaudio", "--reader", "pcsc", env=pulse.env | cards.env) as box:
        await cards.insert(second.tag_id)
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 500)
        await cards.kill()
        broken = await box.until_health(degraded("nfc"))
        assert broken["services"]["audio"]
        assert broken["details"]["nfc"]["last_error"]
        assert not (await box.get("/api/nfc/status")).data["reader_available"]
        before = (await box.player())["position_ms"]
        await box.until_player(lambda state: state["is_playing"] and state["position_ms"] > before)
        await cards.start()
        healed = await box.until_health(healthy)
        assert healed["details"]["nfc"]["restarts"] == 1
        await cards.insert(third.tag_id)
        await box.until_player(lambda state: state["active_playlist_id"] == third.playlist_id and state["is_playing"])


async def test_pulseaudio_dies_and_comes_back_and_the_music_goes_on(
    music: Music, pulse: PulseRig, cards: PcscRig
) -> None:
    second, third = music["Second"], music["Third"]
    async with serving(music.data, "--audio", "portaudio", "--reader", "pcsc", env=pulse.env | cards.env) as box:
        await cards.insert(second.tag_id)
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 1000)
        await pulse.kill()
        broken = await box.until_health(degraded("audio"))
        assert broken["services"]["nfc"]
        assert broken["details"]["audio"]["last_error"]
        lost = await box.until_player(lambda state: state["state"] == "error")
        assert lost["error_message"]
        assert lost["position_ms"] > 1000
        await pulse.start()
        async with pulse.recording() as recording:
            await box.until_health(healthy)
            back = await box.until_player(lambda state: state["state"] == "playing")
            assert back["active_playlist_id"] == second.playlist_id
            assert back["error_message"] is None
            assert lost["position_ms"] - 100 <= back["position_ms"] < lost["position_ms"] + 5000
            with trio.fail_after(PATIENCE_S):
                since = await recording.until_sound()
            await cards.swap(third.tag_id)
            await box.until_player(lambda state: state["active_playlist_id"] == third.playlist_id)
            with trio.fail_after(PATIENCE_S):
                await recording.until_sound(max(since, recording.count))


async def test_a_play_without_a_sound_card_is_answered_and_kept_in_mind(music: Music, pulse: PulseRig) -> None:
    async with serving(music.data, "--audio", "portaudio", "--reader", "none", env=pulse.env) as box:
        await pulse.kill()
        first = await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        assert first.status == 200
        await box.until_health(degraded("audio"))
        again = await box.post("/api/player/play")
        assert again.status == 200
        assert again.data["state"] == "error"
        assert again.data["error_message"]
        await pulse.start()
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 0)
