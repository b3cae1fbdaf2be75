"""A client of MPD's protocol and a whole box, on virtual time."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.mpd import Host, Peer, hosting
from tests.rigs.pictures import plain
from tests.rigs.virtual import virtual_time
from tomb.nurseries.mpd import server
from tomb.nurseries.mpd.commands import COMMANDS, LARGEST_PIECE
from tomb.nurseries.mpd.protocol import GREETING, VERSION, quoted
from tomb.nurseries.mpd.server import MpdLimits
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.music import sparse_wav

pytestmark = virtual_time

PIN = "2580"


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path, fragile=True) as box:
        yield box


@pytest.fixture
async def host(box: VirtualBox) -> AsyncIterator[Host]:
    async with hosting(box) as host:
        yield host


@pytest.fixture
async def peer(host: Host) -> Peer:
    return await host.connect()


async def with_two(box: VirtualBox) -> tuple[str, str]:
    return await box.add("Tales", 100, 200, 300), await box.add("Songs", 50, 60, tag_id=TAGS[0])


# --- playing ------------------------------------------------------------------------------------------------------


async def test_clear_load_and_play_play_a_playlist_as_home_assistant_does(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    assert (await peer.ok("listplaylists")).all("playlist") == ["Tales", "Songs"]
    await peer.ok("clear")
    await peer.ok("load Songs")
    loaded = await peer.ok("status")
    assert (loaded["state"], loaded["playlistlength"], "song" in loaded) == ("stop", "2", False)
    await peer.ok("play")
    await trio.sleep(12.5)
    status = await peer.ok("status")
    assert (status["state"], status["song"], status["nextsong"]) == ("play", "0", "1")
    assert (status["time"], status["duration"]) == ("12:50", "50.000")
    assert float(status["elapsed"]) == pytest.approx(12.5, abs=0.1)
    song = await peer.ok("currentsong")
    assert song.pairs[0][0] == "file"
    assert (song["Title"], song["Track"], song["Pos"], song["Id"]) == ("1 Track", "1", "0", status["songid"])


async def test_a_playlist_goes_on_where_it_was_left_and_a_position_or_an_id_begins_a_song(
    box: VirtualBox, peer: Peer
) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales, 2)
    await trio.sleep(30)
    await peer.ok("clear")
    await peer.ok("load Tales")
    await peer.ok("play")
    assert 29_000 < box.services.deck.state(0).position_ms < 31_000
    await peer.ok("play 2")
    assert (await peer.ok("status"))["song"] == "2"
    ids = (await peer.ok("playlistinfo")).all("Id")
    await peer.ok(f"playid {ids[0]}")
    assert (await peer.ok("status"))["song"] == "0"
    assert (await peer.ask("play 3")).end == "ACK [2@0] {play} Bad song index"
    assert (await peer.ask("playid 999")).end == "ACK [50@0] {playid} No such song"


async def test_pause_stop_next_previous_and_seek_are_what_a_click_is(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales, 1)
    await peer.ok("pause 1")
    assert box.state == "paused"
    await peer.ok("pause 1")
    assert box.state == "paused"
    await peer.ok("pause")
    await trio.sleep(1)
    assert box.state == "playing"
    await peer.ok("next")
    assert (await peer.ok("status"))["song"] == "1"
    await peer.ok("seekcur 30.5")
    assert (await peer.ok("status"))["elapsed"] == "30.500"
    await peer.ok("seekcur -10")
    assert (await peer.ok("status"))["elapsed"].startswith("20.")
    await peer.ok("seek 2 40")
    status = await peer.ok("status")
    assert (status["song"], status["elapsed"]) == ("2", "40.000")
    await peer.ok("previous")
    assert (await peer.ok("status"))["elapsed"] == "0.000"
    assert (await peer.ask("seekcur 301")).end.startswith("ACK [2@0] {seekcur}")
    await peer.ok("stop")
    assert box.state == "stopped"
    await peer.ok("pause 0")
    assert box.state == "stopped"
    assert (await peer.ask("seekcur 1")).end == "ACK [55@0] {seekcur} Not playing"


async def test_next_goes_by_chapter_in_a_long_track_as_everywhere(box: VirtualBox, peer: Peer) -> None:
    book = await box.add("Book", 3600)
    await box.mark(book, 600_000)
    await box.services.deck.start(book)
    await peer.ok("next")
    assert (await peer.ok("status"))["elapsed"] == "600.000"


async def test_volume_keeps_below_the_ceiling_and_an_output_is_off_while_the_box_is_mute(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, volume_ceiling=60) as box, hosting(box) as host:
        peer = await host.connect()
        await peer.ok("setvol 90")
        assert (await peer.ok("getvol"))["volume"] == "60"
        await peer.ok("volume -15")
        assert (await peer.ok("status"))["volume"] == "45"
        assert (await peer.ask("setvol -2")).end.startswith("ACK [2@0] {setvol}")
        assert (await peer.ok("outputs"))["outputenabled"] == "1"
        await peer.ok("disableoutput 0")
        assert box.services.deck.state(0).muted
        assert (await peer.ok("outputs"))["outputenabled"] == "0"
        await peer.ok("toggleoutput 0")
        assert not box.services.deck.state(0).muted
        assert (await peer.ask("enableoutput 1")).end == "ACK [50@0] {enableoutput} No such audio output"


async def test_repeat_single_and_random_are_the_modes_of_the_box(box: VirtualBox, peer: Peer) -> None:
    async def modes(*lines: str) -> tuple[str, bool, str, str]:
        await peer.ok("command_list_begin", *lines, "command_list_end")
        state, status = box.services.deck.state(0), await peer.ok("status")
        return state.repeat_mode, state.auto_advance_enabled, status["repeat"], status["single"]

    assert await modes("repeat 1", "single 0") == ("playlist", True, "1", "0")
    assert await modes("repeat 1", "single 1") == ("track", True, "1", "1")
    assert await modes("repeat 0") == ("none", False, "0", "1")
    assert await modes("single 0") == ("none", True, "0", "0")
    assert await modes("single 1") == ("none", False, "0", "1")
    await peer.ok("random 1")
    assert box.services.deck.state(0).shuffle_enabled
    for off in ("consume", "crossfade"):
        await peer.ok(f"{off} 0")
        assert (await peer.ask(f"{off} 1")).end.startswith(f"ACK [2@0] {{{off}}}")


async def test_a_loudspeaker_that_is_gone_is_a_pause_with_an_error(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales)
    await trio.sleep(1)
    assert box.output is not None
    box.output.unplug()
    await trio.sleep(0.1)
    status = await peer.ok("status")
    assert (status["state"], status["error"]) == ("pause", "the loudspeaker is gone")


# --- the queue ----------------------------------------------------------------------------------------------------


async def test_what_plays_is_not_taken_away_by_a_load_without_a_clear(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales)
    assert (await peer.ask("load Songs")).end == (
        "ACK [51@0] {load} the queue of this box is one playlist: clear it first"
    )
    await peer.ok("load Tales")  # which it is already
    assert box.services.deck.state(0).is_playing
    await peer.ok("pause 1")
    await peer.ok("load Songs")
    await peer.ok("play")
    assert (await peer.ok("status"))["playlistlength"] == "2"


async def test_after_clear_the_queue_is_empty_until_something_is_loaded_or_a_tag_plays(
    box: VirtualBox, peer: Peer
) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales)
    await peer.ok("clear")
    await peer.ok("play")
    status = await peer.ok("status")
    assert (status["state"], status["playlistlength"], "song" in status) == ("stop", "0", False)
    assert (await peer.ok("playlistinfo")).pairs == []
    assert (await peer.ask("next")).end == "ACK [55@0] {next} Not playing"
    await box.tap(TAGS[0])
    status = await peer.ok("status")
    assert (status["state"], status["playlistlength"]) == ("play", "2")


async def test_a_tag_that_came_between_load_and_play_goes_before(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    await peer.ok("clear")
    await peer.ok("load Tales")
    await box.tap(TAGS[0])
    await box.services.deck.stop()
    await peer.ok("play")
    assert (await peer.ok("status"))["playlistlength"] == "2"


async def test_a_song_is_added_with_its_playlist_and_begins(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    third = (await peer.ok("listplaylist Tales")).all("file")[2]
    await peer.ok("clear")
    added = await peer.ok(f"addid {quoted(third)}")
    await peer.ok("play")
    status = await peer.ok("status")
    assert (status["song"], status["songid"], status["playlistlength"]) == ("2", added["Id"], "3")
    assert box.services.deck.state(0).active_playlist_id == tales
    assert (await peer.ask("add nowhere/at-all.mp3")).end == "ACK [50@0] {add} No such song"


async def test_edits_are_seen_as_changes_of_the_queue(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales, 2)
    before = await peer.ok("status")
    ids = (await peer.ok("playlistinfo")).all("Id")
    await box.services.librarian.reorder(tales, [1, 3, 2])
    after = await peer.ok("status")
    assert int(after["playlist"]) > int(before["playlist"])
    assert (after["song"], after["songid"]) == ("2", ids[1])
    changed = await peer.ok(f"plchangesposid {before['playlist']}")
    assert list(zip(changed.all("cpos"), changed.all("Id"), strict=True)) == [("1", ids[2]), ("2", ids[1])]
    assert (await peer.ok(f"plchanges {after['playlist']}")).pairs == []
    assert (await peer.ok("playlistinfo 1:")).all("Id") == [ids[2], ids[1]]
    assert (await peer.ok(f"playlistid {ids[0]}"))["Pos"] == "0"
    await box.services.librarian.delete_tracks(tales, [1])
    assert (await peer.ok("playlistinfo")).all("Id") == [ids[2], ids[1]]


async def test_playlists_of_one_title_and_titles_of_several_lines_have_names_of_their_own(
    box: VirtualBox, peer: Peer
) -> None:
    for title in ("AC/DC\nLive", "Tales", "Tales", "Tales (2)"):
        await box.services.librarian.create(title)
    assert (await peer.ok("lsinfo")).all("directory") == ["AC-DC Live", "Tales", "Tales (2)", "Tales (2) (2)"]


async def test_folders_are_playlists_and_a_song_keeps_its_address(box: VirtualBox, peer: Peer) -> None:
    tales, _ = await with_two(box)
    [first, *_] = songs = (await peer.ok("lsinfo Tales")).all("file")
    assert first.startswith("Tales/")
    assert len(songs) == 3
    await box.services.librarian.update(tales, {"title": "Fables"})
    assert (await peer.ok(f"lsinfo {quoted(first)}"))["file"] == first.replace("Tales", "Fables")
    assert (await peer.ask("lsinfo Tales")).end == "ACK [50@0] {lsinfo} No such song"
    assert (await peer.ask("load Tales")).end == "ACK [50@0] {load} No such playlist"


async def test_tags_that_a_client_does_not_want_are_left_out(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    assert (await peer.ok("tagtypes")).all("tagtype") == ["Artist", "Album", "Title", "Track"]
    await peer.ok("command_list_begin", "tagtypes clear", "tagtypes enable title Genre", "command_list_end")
    song = (await peer.ok("listplaylistinfo Songs")).pairs
    assert {name for name, _ in song} == {"file", "Last-Modified", "Title", "Time", "duration"}
    assert (await peer.ok("tagtypes")).all("tagtype") == ["Title"]


async def test_pictures_come_in_pieces(box: VirtualBox, peer: Peer, tmp_path: Path) -> None:
    folder = tmp_path / "music" / "Covered"
    folder.mkdir(parents=True)
    sparse_wav(folder / "1 Song.wav", 10)
    (folder / "cover.png").write_bytes(plain(40, 40))
    await box.services.importer.import_folder(folder)
    [uri] = (await peer.ok("listplaylist Covered")).all("file")
    [kept] = [each.read_bytes() for each in (box.services.librarian.folder / "covers").iterdir()]
    await peer.ok("binarylimit 64")
    for command in ("albumart", "readpicture"):
        whole, size = b"", 1
        while len(whole) < size:
            piece = await peer.ok(f"{command} {quoted(uri)} {len(whole)}")
            whole, size = whole + piece.binary, int(piece["size"])
            assert len(piece.binary) <= 64
            assert ("type" in piece) == (command == "readpicture")
        assert whole == kept
        assert (await peer.ask(f"{command} {quoted(uri)} 99999")).end.startswith("ACK [2@0]")
    await peer.ok(f"binarylimit {LARGEST_PIECE * 100}")
    assert (await peer.ok(f"albumart {quoted(uri)} 0"))["binary"] == str(len(kept))
    assert (await peer.ask("binarylimit 63")).end.startswith("ACK [2@0] {binarylimit}")


async def test_a_song_without_a_picture_has_none(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    [uri, *_] = (await peer.ok("listplaylist Tales")).all("file")
    assert (await peer.ok(f"readpicture {quoted(uri)} 0")).pairs == []
    assert (await peer.ask(f"albumart {quoted(uri)} 0")).end.startswith("ACK [50@0] {albumart}")


async def test_what_clients_ask_for_about_the_box_is_answered(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    assert (await peer.ok("stats"))["songs"] == "5"
    assert set((await peer.ok("commands")).all("command")) == set(COMMANDS)
    assert (await peer.ok("notcommands")).pairs == (await peer.ok("urlhandlers")).pairs == []
    assert "mp3" in (await peer.ok("decoders")).all("suffix")
    assert (await peer.ok("ping")).pairs == []
    assert VERSION == "0.23.0"


async def test_the_page_names_the_commands_that_there_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mpd.md").read_text(encoding="utf-8")
    named = page.partition("## What is answered")[2].partition("`")[2].partition("`")[0]
    assert named.split() == sorted({*COMMANDS, "noidle"})


# --- lists and idle -----------------------------------------------------------------------------------------------


async def test_a_list_ends_at_the_command_that_fails_and_says_which(box: VirtualBox, peer: Peer) -> None:
    await with_two(box)
    answer = await peer.ask("command_list_ok_begin", "ping", "setvol 33", "play 99", "setvol 44", "command_list_end")
    assert answer.end == "ACK [2@2] {play} Bad song index"
    assert [line for line, _ in answer.pairs] == ["list_OK", "list_OK"]
    assert box.services.deck.state(0).volume == 33
    assert (await peer.ask("command_list_begin", "idle", "command_list_end")).end.startswith("ACK [1@0] {idle}")
    assert (await peer.ok("command_list_begin", "command_list_end")).pairs == []


async def test_what_is_no_command_or_has_too_many_arguments_is_said_in_mpds_words(peer: Peer) -> None:
    assert (await peer.ask("dance")).end == 'ACK [5@0] {} unknown command "dance"'
    assert (await peer.ask("setvol")).end == 'ACK [2@0] {setvol} too few arguments for "setvol"'
    assert (await peer.ask("ping 1 2")).end == 'ACK [2@0] {ping} too many arguments for "ping"'
    assert (await peer.ask("command_list_end")).end == 'ACK [5@0] {} unknown command "command_list_end"'


async def test_idle_answers_when_something_changes_and_at_once_where_it_has(
    box: VirtualBox, host: Host, peer: Peer
) -> None:
    tales, songs = await with_two(box)
    assert set((await peer.ok("idle")).all("changed")) == {"database", "stored_playlist"}
    await peer.send("idle player mixer")
    assert await peer.silent(500)  # no timeout while it waits
    await box.services.deck.start(tales)
    assert (await peer.answer()).all("changed") == ["player"]
    assert "playlist" in await rest(peer)
    other = await host.connect()
    for line, changed in (
        ("setvol 40", ["mixer"]),
        ("random 1", ["options"]),
        ("seekcur 50", ["player"]),
        ("disableoutput 0", ["mixer", "output"]),
    ):
        await rest(peer)
        await peer.send("idle")
        await other.ok(line)
        assert (await peer.answer()).all("changed") == changed, line
    await peer.send("idle playlist")
    await box.services.librarian.update(songs, {"title": "Hits"})
    assert await peer.silent(10)
    await box.services.librarian.edit_track((await box.services.librarian.playlist(tales)).tracks[0].id, {"title": "A"})
    assert (await peer.answer()).all("changed") == ["playlist"]


async def rest(peer: Peer) -> set[str]:
    """What more comes of the last step: a track loads, and then it is heard."""
    await trio.sleep(1)
    return set((await peer.ask("idle", "noidle")).all("changed"))


async def test_noidle_ends_the_waiting_and_a_late_one_is_answered_by_nothing(box: VirtualBox, peer: Peer) -> None:
    await peer.send("idle")
    await trio.sleep(1)
    assert (await peer.ok("noidle")).pairs == []
    await peer.send("idle")
    await trio.sleep(1)
    await box.services.deck.set_volume(12)
    await peer.send("noidle")  # crosses with the answer
    assert (await peer.answer()).all("changed") == ["mixer"]
    assert (await peer.ok("getvol"))["volume"] == "12"
    assert await peer.silent(1)


async def test_whoever_asks_for_something_while_idle_is_hung_up_on(peer: Peer) -> None:
    await peer.send("idle", "status")
    assert await peer.is_hung_up_on()


# --- who may ------------------------------------------------------------------------------------------------------


async def test_with_a_pin_only_who_knows_it_starts_what_is_not_for_children(box: VirtualBox, host: Host) -> None:
    tales, songs = await with_two(box)
    await box.services.preferences.change({"child_playlists": [songs]}, {})
    child, parent = await host.connect(), await host.connect()
    await child.ok("clear")
    await child.ok("load Tales")  # without a PIN everybody is a parent
    await box.services.deck.stop()
    auth = box.services.parent_auth
    auth.use(await auth.seal(PIN))
    assert (await child.ask("play")).end == "ACK [4@0] {play} parents did not choose that playlist for children"
    assert (await child.ask("play 0")).end.startswith("ACK [4@0] {play}")
    await child.ok("clear")
    assert (await child.ask("load Tales")).end.startswith("ACK [4@0] {load}")
    await child.ok("load Songs")
    await child.ok("play")
    assert (await parent.ask("password 1111")).end == "ACK [3@0] {password} that is not the PIN"
    await parent.ok(f"password {PIN}")
    await trio.sleep(50)
    await parent.ok("clear")
    await parent.ok("load Tales")
    await parent.ok("play")
    assert box.services.deck.state(0).active_playlist_id == tales
    auth.use(await auth.seal("9999"))  # whoever was admitted no longer is
    await parent.ok("clear")
    assert (await parent.ask("load Tales")).end.startswith("ACK [4@0] {load}")


async def test_the_pin_is_not_found_by_trying(box: VirtualBox, host: Host) -> None:
    auth = box.services.parent_auth
    auth.use(await auth.seal(PIN))
    peer = await host.connect()
    for guess in range(5):
        assert "that is not the PIN" in (await peer.ask(f"password {guess:04}")).end
    assert (await (await host.connect()).ask(f"password {PIN}")).end.startswith(
        "ACK [3@0] {password} too many requests"
    )


async def test_without_a_pin_any_password_will_do(peer: Peer) -> None:
    await peer.ok("password whatever")


async def test_a_limit_that_is_reached_is_said(tmp_path: Path) -> None:
    noon = VirtualPorts(epoch=datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp())
    async with virtual_box(tmp_path, ports=noon) as box, hosting(box) as host:
        await with_two(box)
        await box.services.preferences.change({"time_zone": "UTC", "daily_minutes": [0] * 7}, {})
        await trio.sleep(1)
        peer = await host.connect()
        await peer.ok("load Tales")
        refused = await peer.ask("play")
        assert refused.end == "ACK [4@0] {play} enough music for today: only parents start more"


# --- bounds -------------------------------------------------------------------------------------------------------


async def test_a_request_of_a_browser_is_hung_up_on_without_a_word(box: VirtualBox, host: Host) -> None:
    tales, _ = await with_two(box)
    await box.services.deck.start(tales)
    for method in ("GET", "POST", "OPTIONS"):
        peer = await host.connect()
        await peer.stream.send_all(f"{method} / HTTP/1.1\r\nhost: box\r\n\r\nstop\n".encode())
        assert await peer.is_hung_up_on()
    assert box.services.deck.state(0).is_playing


async def test_silence_ends_a_connection_and_trickling_is_silence(host: Host) -> None:
    silent, trickling = await host.connect(), await host.connect()
    for letter in "command_list_begin\nping\nping\n":
        await trickling.stream.send_all(letter.encode())
        await trio.sleep(2)
    assert await silent.is_hung_up_on()
    await trio.sleep(2)
    assert await trickling.is_hung_up_on()


async def test_whoever_does_not_read_is_hung_up_on(box: VirtualBox, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosting(box) as host:
        peer = await host.connect()
        waits = trio.Event()

        async def never(_: bytes | bytearray | memoryview) -> None:
            waits.set()
            await trio.sleep_forever()

        [connection] = host._mpd._connections
        monkeypatch.setattr(connection._stream, "send_all", never)  # as a socket whose buffer is full
        await peer.send("status")
        await waits.wait()
        await trio.sleep(MpdLimits().stall + 0.1)
        assert not host._mpd._connections


async def test_one_address_leaves_room_for_others(box: VirtualBox) -> None:
    async with hosting(box, MpdLimits(clients=8, clients_per_address=5)) as host:
        greedy = [await host.connect("192.0.2.1") for _ in range(12)]
        served = [peer for peer in greedy if not peer.stream.receive_stream._closed and await answers(peer)]
        assert len(served) == 3
        assert await answers(await host.connect("192.0.2.2"))
        await served[0].stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert await answers(await host.connect("192.0.2.1"))


async def answers(peer: Peer) -> bool:
    try:
        return (await peer.ask("ping")).end == "OK"
    except trio.BrokenResourceError:
        return False


async def test_commands_are_paced_by_address_and_none_is_refused(box: VirtualBox, peer: Peer) -> None:
    start = trio.current_time()
    for _ in range(50):
        await peer.ok("command_list_begin", "setvol 50", "setvol 51", "command_list_end")
    assert trio.current_time() - start == pytest.approx((100 - 30) / 10, abs=0.2)


async def test_what_is_no_command_is_paced_as_well(box: VirtualBox, peer: Peer) -> None:
    start = trio.current_time()
    for _ in range(150):
        await peer.ask("nonsense")
    assert trio.current_time() - start == pytest.approx((150 - 50) / 50, abs=0.2)


async def test_whoever_comes_from_the_internet_is_not_greeted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    def elsewhere(peer: str, own: str) -> bool:
        seen.append((peer, own))
        return True

    monkeypatch.setattr(server, "is_elsewhere", elsewhere)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    async with virtual_box(tmp_path, mpd=f"127.0.0.1:{port}"), await trio.open_tcp_stream("127.0.0.1", port) as stream:
        assert await stream.receive_some() == b""
    assert seen == [("127.0.0.1", "127.0.0.1")]


async def test_a_port_that_is_taken_is_shown_in_health_and_tried_again(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        async with virtual_box(tmp_path, mpd=f"127.0.0.1:{port}") as box:
            shown = box.services.board.details()["mpd"]
            assert shown.state == "down"
            assert "already in use" in str(shown.last_error)
            taken.close()
            await trio.sleep(6)
            assert box.services.board.details()["mpd"].state == "up"
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                assert await stream.receive_some() == GREETING


async def test_a_long_playlist_is_sent_in_pieces_and_others_go_on_meanwhile(box: VirtualBox, host: Host) -> None:
    long = await box.add("Long", *([1] * 120))
    await box.services.deck.start(long)
    peer, other = await host.connect(), await host.connect()
    await peer.send("playlistinfo")
    await other.ok("ping")
    assert (await peer.answer()).all("Pos") == [str(place) for place in range(120)]
    assert len((await peer.ok("listplaylistinfo Long")).all("file")) == 120
