"""A box that was plugged in before its speaker and its reader."""

from pathlib import Path

import trio

from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import run_tomb, serving
from tests.rigs.pulse import PulseRig


async def test_it_begins_silently_with_virtual_tags_and_takes_over_what_appears(
    music: Music, tmp_path: Path, cards: PcscRig
) -> None:
    second, third = music["Second"], music["Third"]
    (tmp_path / "pulse").mkdir()
    pulse = PulseRig(tmp_path / "pulse")
    await cards.kill()
    async with serving(music.data, env=pulse.env | cards.env) as box:
        assert "silent: there is no sound output" in box.welcome
        assert "virtual: " in box.welcome
        assert (await box.health())["status"] == "healthy"
        tapped = await run_tomb("tap", second.tag_id, "--hold", "0.1", "--url", box.url)
        assert (tapped.status, tapped.err) == (0, "")
        before = await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 500)
        try:
            await pulse.start()
            async with pulse.recording() as recording:
                with trio.fail_after(PATIENCE_S):
                    await recording.until_sound()
            on = await box.player()
            assert on["active_playlist_id"] == second.playlist_id
            assert on["position_ms"] > before["position_ms"]
            await cards.start()
            await box.until_health(lambda health: health["services"]["nfc"])
            await cards.insert(third.tag_id)
            await box.until_player(lambda state: state["active_playlist_id"] == third.playlist_id)
            refused = await run_tomb("tap", second.tag_id, "--url", box.url)
            assert refused.status == 1
            assert "real tag reader" in refused.err
        finally:
            with trio.CancelScope(shield=True):
                await pulse.kill()
