"""What stands in for devices does what devices do, as far as the box can tell."""

from tests.rehearsal.story import goes_well

BOX = """\
title = "A box with everything"

[box]
readers = ["left", "right"]
inputs = ["buttons", "knob", "typer"]
broker = true

[tags]
phone = { random = true }
stranger = { uid = "0012345678ABCD" }

[youtube]
fails = { video-00001 = ["network"] }

[playlists]
cow = ["60s", "90s"]
whale = ["2m"]

"""


def test_two_readers_have_a_presence_each_and_one_is_unplugged() -> None:
    goes_well(
        """
        [[step]]
        place = "cow"
        [[step]]
        after = "5s"
        place = "whale"
        on = "right"
        expect.player.playlist = "whale"
        expect.machines = { "presence left" = "present", "presence right" = "present" }
        [[step]]
        lose = "right"
        expect.machines = { "presence left" = "present", "presence right" = "unseen" }
        [[step]]
        after = "3s"
        return = "right"
        expect.machines = { "presence right" = "present" }
        expect.no_events = ["nfc_tag"]
        [[step]]
        lose = "left"
        [[step]]
        lose = "right"
        expect.health.nfc = "down"
        [[step]]
        return = "left"
        within = "6s"
        expect.health.nfc = "up"
    """,
        library=BOX,
    )


def test_a_tag_that_is_missed_for_a_moment_was_not_lifted() -> None:
    goes_well("""
        [[step]]
        place = "cow"
        [[step]]
        after = "5s"
        miss = "500ms"
        expect.machines.presence = "present"
        expect.no_events = ["nfc_tag"]
        [[step]]
        after = "5s"
        miss = "700ms"
        expect.events = [{ type = "nfc_tag", present = false }, { type = "nfc_tag", present = true }]
    """)


def test_buttons_knobs_and_readers_that_type() -> None:
    goes_well(
        """
        [[step]]
        tap = "cow"
        [[step]]
        after = "5s"
        press = "play"
        expect.player.state = "paused"
        expect.machines.key = "up"
        [[step]]
        press = "louder"
        hold = "1s"
        expect.player.volume = ">=70"
        [[step]]
        turn = -5
        expect.events = ["state:volume_changed"]
        [[step]]
        type = "0012345678ABCD"
        expect.events = [{ type = "nfc_tag", tag_id = "<tag stranger>" }]
        [[step]]
        lose = "buttons"
        [[step]]
        after = "3s"
        return = "buttons"
        [[step]]
        after = "3s"
        press = "next"
        expect.player.track = "cow/2"
    """,
        library=BOX,
    )


def test_a_phone_is_no_tag_that_can_be_linked() -> None:
    goes_well(
        """
        [[step]]
        call = "POST /api/nfc/scan"
        body = { playlist_id = "<cow>" }
        [[step]]
        tap = "phone"
        expect.machines.association = "waiting"
        expect.events = [{ type = "nfc_association_state", reason = "*" }]
    """,
        library=BOX,
    )


def test_a_full_disk_refuses_edits_and_plays_on() -> None:
    goes_well("""
        [[step]]
        disk = "full"
        [[step]]
        call = "PUT /api/playlists/<cow>"
        body = { title = "Kuh" }
        expect.answer = { http = 507, error_type = "insufficient_storage" }
        [[step]]
        tap = "cow"
        expect.player.state = "playing"
        [[step]]
        disk = "fine"
        [[step]]
        call = "PUT /api/playlists/<cow>"
        body = { title = "Kuh" }
        expect.answer.http = 200
        [[step]]
        disk = "faulty"
        [[step]]
        call = "GET /api/bin"
        expect.answer.http = 503
        [[step]]
        disk = "read-only"
        [[step]]
        call = "DELETE /api/playlists/<cow>"
        expect.answer.http = 503
    """)


def test_a_slow_disk_holds_up_edits_and_no_tap() -> None:
    goes_well("""
        [[step]]
        disk = "slow"
        [[step]]
        [[step.together]]
        call = "PUT /api/playlists/<cow>"
        body = { title = "Kuh" }
        [[step.together]]
        tap = "whale"
        within = "900ms"
        expect.player.playlist = "whale"
        [[step.together]]
        at = "100ms"
        expect.no_events = ["state:playlist_updated"]
        [[step]]
        at = "1s"
        call = "GET /api/playlists/<cow>"
        expect.answer = { data.title = "Kuh" }
    """)


def test_a_download_that_fails_once_and_an_upload_in_two_parts() -> None:
    goes_well(
        """
        [[step]]
        call = "POST /api/youtube/download"
        body = { playlist_id = "<cow>", url = "https://www.youtube.com/watch?v=video-00001" }
        expect.answer.http = 202
        [[step]]
        within = "1m"
        expect.events = [{ type = "machine_state", name = "download", state = "error" }, "youtube:error"]
        [[step]]
        call = "POST /api/youtube/download"
        body = { playlist_id = "<cow>", url = "https://www.youtube.com/watch?v=video-00001" }
        [[step]]
        within = "1m"
        expect.events = [{ type = "youtube:complete", track.title = "A song" }]
        [[step]]
        call = "POST /api/playlists/<whale>/uploads/session"
        body = { filename = "song.wav", file_size = "<size 3s>", chunk_size = 16384 }
        keep = { upload = "data.session_id" }
        expect.answer = { http = 201, data.total_chunks = 2 }
        [[step]]
        call = "PUT /api/playlists/<whale>/uploads/<upload>/chunks/1"
        file = { length = "3s", bytes = [16384, 32768] }
        expect.answer.http = 200
        [[step]]
        call = "PUT /api/playlists/<whale>/uploads/<upload>/chunks/0"
        file = { length = "3s", bytes = [0, 16384] }
        expect.answer = { http = 200, data.complete = true }
        [[step]]
        call = "POST /api/playlists/<whale>/uploads/<upload>/finalize"
        within = "5s"
        expect.answer = { data.track.duration_ms = 3000 }
    """,
        library=BOX,
    )


def test_a_broker_hears_of_the_box_and_commands_it() -> None:
    goes_well(
        """
        [[step]]
        within = "5s"
        expect.home.player = "stopped"
        [[step]]
        tap = "cow"
        within = "5s"
        expect.home = { player = "playing", playlist = "cow" }
        [[step]]
        publish = { topic = "pause", payload = "PRESS" }
        expect.player.state = "paused"
        [[step]]
        lose = "broker"
        expect.health.mqtt = "down"
        [[step]]
        return = "broker"
        within = "1m"
        expect.health.mqtt = "up"
    """,
        library=BOX,
    )
