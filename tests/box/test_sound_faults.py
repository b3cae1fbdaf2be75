"""A box that the computer leaves no time for: the sound has a gap, and the box says so. On a real PulseAudio."""

import signal

import trio

from tests.rigs.listener import listening
from tests.rigs.music import Music
from tests.rigs.process import serving
from tests.rigs.pulse import PulseRig

AWAY_S = 0.7  # a multiple of what waits in the device


async def test_a_gap_because_all_processors_were_elsewhere_is_told_and_noted_and_the_music_goes_on(
    music: Music, pulse: PulseRig
) -> None:
    album = music["Second"]
    async with (
        serving(music.data, "--audio", "portaudio", "--reader", "virtual", env=pulse.env) as box,
        listening(box.port, "playlists") as listener,
    ):
        await box.post(f"/api/playlists/{album.playlist_id}/start")
        await box.until_player(lambda state: state["position_ms"] > 300)
        box.send(signal.SIGSTOP)
        await trio.sleep(AWAY_S)
        box.send(signal.SIGCONT)
        told = await listener.until("sound_trouble")
        assert "the sound had gaps" in told["message"]
        assert "the sound had gaps" in (await box.health())["details"]["audio"]["last_error"]
        at_ms = (await box.player())["position_ms"]
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > at_ms + 500)
