"""From the card to the samples: a real pcscd with a virtual card, a real PulseAudio, and the box between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import trio

from tests.rigs.in_time import in_time
from tests.rigs.listener import Listener, listening
from tests.rigs.music import UNLINKED, Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import Box, serving
from tests.rigs.pulse import RATE, PulseRig
from tests.rigs.sounds import Int16, as_heard

Wanted = Callable[[Any], bool]


@asynccontextmanager
async def playing_for_real(music: Music, pulse: PulseRig, cards: PcscRig, **settings: str) -> AsyncIterator[Box]:
    """At full volume, each track as loud as it is, and no sounds of the box: every sample is heard as it is."""
    env = pulse.env | cards.env | {"TOMB_LOUDNESS": "off", "TOMB_SOUNDS": "false"} | settings
    async with serving(music.data, "--audio", "portaudio", "--reader", "pcsc", env=env) as box:
        assert (await box.health())["status"] == "healthy"
        await box.post("/api/player/volume", {"volume": 100})
        yield box


def plays(playlist_id: str) -> Wanted:
    return lambda state: state["state"] == "playing" and state["active_playlist_id"] == playlist_id


@pytest.mark.parametrize("idle_close_s", ["10", "0"])
@in_time
async def test_a_card_plays_its_album_to_the_sample(
    music: Music, pulse: PulseRig, cards: PcscRig, idle_close_s: str
) -> None:
    album = music["First"]
    async with (
        playing_for_real(music, pulse, cards, TOMB_AUDIO_IDLE_CLOSE_S=idle_close_s) as box,
        pulse.recording() as recording,
    ):
        with trio.fail_after(PATIENCE_S):
            await cards.insert(album.tag_id)
            start = await recording.until_sound()
            end = await recording.until_silence(start)
        await box.until_player(lambda state: state["state"] == "stopped")
        await cards.remove()
    expected = np.concatenate([as_heard(path) for path in album.files])
    np.testing.assert_array_equal(recording.frames()[start:end], expected)


async def test_another_card_switches(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    second, third = music["Second"], music["Third"]
    async with playing_for_real(music, pulse, cards) as box, pulse.recording() as recording:
        await cards.insert(second.tag_id)
        await box.until_player(plays(second.playlist_id))
        await cards.swap(third.tag_id)
        await box.until_player(plays(third.playlist_id))
        await cards.remove()
        switched = await box.until_player(lambda state: state["position_ms"] > 1000)
    assert switched["active_playlist_title"] == "Third"
    assert switched["is_playing"]
    assert place_in(as_heard(third.files[0]), recording.frames()[-4410:-2205]) > 0


async def test_a_second_tap_pauses_and_a_third_goes_on(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    album = music["Second"]
    async with playing_for_real(music, pulse, cards) as box, listening(box.port, "playlists") as listener:
        await tap(cards, listener, album.tag_id)
        await box.until_player(lambda state: state["state"] == "playing" and state["position_ms"] > 300)
        await tap(cards, listener, album.tag_id)
        paused = await box.until_player(lambda state: state["state"] == "paused")
        await tap(cards, listener, album.tag_id)
        await box.until_player(plays(album.playlist_id))
        assert (await box.player())["position_ms"] >= paused["position_ms"] >= 300


async def test_lifting_the_card_pauses_where_that_is_wished(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    album = music["Second"]
    async with (
        playing_for_real(music, pulse, cards, TOMB_ON_REMOVAL="pause") as box,
        pulse.recording() as recording,
        listening(box.port, "playlists") as listener,
    ):
        await tap(cards, listener, album.tag_id, lift=False)
        await box.until_player(plays(album.playlist_id))
        start = await recording.until_sound()
        await cards.remove()
        paused = await box.until_player(lambda state: state["state"] == "paused")
        with trio.fail_after(PATIENCE_S):
            end = await recording.until_silence(start)
        await tap(cards, listener, album.tag_id, lift=False)
        await box.until_player(plays(album.playlist_id))
        resumed = await recording.until_sound(end)
        await recording.until_frames(resumed + 3000)
    source, heard = as_heard(album.files[0]), recording.frames()
    clean = end - start - 1000  # before the fade of 20 ms
    np.testing.assert_array_equal(heard[start : start + clean], source[:clean])
    went_on_ms = (place_in(source, heard[resumed + 1000 : resumed + 3000]) - 1000) * 1000 / RATE
    assert abs(went_on_ms - paused["position_ms"]) < 2


async def test_lifting_the_card_changes_nothing_by_default(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    album = music["Second"]
    async with playing_for_real(music, pulse, cards) as box, listening(box.port, "playlists") as listener:
        await tap(cards, listener, album.tag_id)
        lifted = await box.until_player(plays(album.playlist_id))
        await box.until_player(lambda state: state["position_ms"] > lifted["position_ms"] + 500)


async def test_an_unlinked_card_is_announced_and_plays_nothing(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    async with playing_for_real(music, pulse, cards) as box, listening(box.port, "playlists") as listener:
        await cards.insert(UNLINKED)
        announced = await listener.until("nfc_tag")
        assert {"tag_id": UNLINKED, "present": True, "playlist_id": None}.items() <= announced.items()
        assert (await box.get("/api/nfc/status")).data["tag_present"] == {
            "tag_id": UNLINKED,
            "playlist_id": None,
            "is_random": False,
        }
        await cards.remove()
        await listener.until("nfc_tag", lambda data: not data["present"])
        assert (await box.player())["state"] == "stopped"


async def test_a_wobbling_card_is_one_tap(music: Music, pulse: PulseRig, cards: PcscRig) -> None:
    album = music["Second"]
    async with playing_for_real(music, pulse, cards) as box, listening(box.port, "playlists") as listener:
        await cards.insert(album.tag_id)
        await cards.wobble(4, gap_ms=20)
        await box.until_player(plays(album.playlist_id))
        await cards.remove()
        await listener.until("nfc_tag", lambda data: not data["present"])
        assert [data["present"] for data in listener.of("nfc_tag")] == [True, False]
        assert (await box.player())["is_playing"]


def place_in(source: Int16, stretch: Int16) -> int:
    """The frame of `source` from which on the stretch is found in it, to the sample."""
    for place in np.flatnonzero((source == stretch[0]).all(axis=1)):
        if np.array_equal(source[place : place + len(stretch)], stretch):
            return int(place)
    raise AssertionError("what was heard is nowhere in the track")


async def tap(cards: PcscRig, listener: Listener, tag_id: str, *, lift: bool = True) -> None:
    """Lay the card down until the box has seen it, and take it away until the box has seen that."""
    since = len(listener.told)
    await cards.insert(tag_id)
    await listener.until("nfc_tag", lambda data: data["present"], since=since)
    if lift:
        await cards.remove()
        await listener.until("nfc_tag", lambda data: not data["present"], since=since)
