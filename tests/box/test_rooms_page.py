"""docs/rooms.md, done: its configuration, its settings, its commands, on ports of the test's own."""

import re
import shlex
from pathlib import Path
from subprocess import DEVNULL

import trio

from tests.rigs.music import Music
from tests.rigs.ports import free_ports
from tests.rigs.process import serving
from tests.rigs.snapcast import Room, listening_on

PAGE = (Path(__file__).parent.parent.parent / "docs" / "rooms.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


async def test_two_rooms_hear_the_box_by_what_the_page_says(music: Music, tmp_path: Path) -> None:
    sound, control, clients = free_ports(3)
    [configuration] = blocks("ini")
    assert "127.0.0.1:4953" in configuration
    (tmp_path / "snapserver.conf").write_text(configuration.replace(":4953", f":{sound}"))
    server = ["snapserver", "-c", str(tmp_path / "snapserver.conf"), f"--server.datadir={tmp_path}"]
    server += [f"--stream.port={clients}", f"--tcp.port={control}", "--http.enabled=false", "--logging.sink=null"]
    server += ["--stream.bind_to_address=127.0.0.1", "--tcp.bind_to_address=127.0.0.1"]
    settings = dict(line.split("=") for block in blocks("sh") for line in block.split() if line.startswith("TOMB_"))
    settings["TOMB_SNAPCAST"] = settings["TOMB_SNAPCAST"].replace(":4953", f":{sound}")
    settings["TOMB_SNAPCAST_CONTROL_PORT"] = str(control)
    [command] = re.findall(r"^snapclient .*$", PAGE, re.MULTILINE)
    client = shlex.split(command.replace("tomb.local", "127.0.0.1"))
    rooms = [Room(tmp_path / f"{name}.raw") for name in ("kitchen", "bath")]
    processes = [await trio.lowlevel.open_process(server, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)]
    try:
        await listening_on(sound, control, clients)
        for number, room in enumerate(rooms, start=1):
            own = [*client, "-p", str(clients), "-i", str(number), "--player", f"file:filename={room.file}"]
            processes.append(await trio.lowlevel.open_process(own, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL))
        async with serving(music.data, "--reader", "virtual", env=settings) as box:
            await box.until_health(lambda health: health["details"]["speakers"]["state"] == "up")
            await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
            for room in rooms:
                await room.until_sound()
            found = (await box.get("/api/speakers")).data
            assert [each["connected"] for each in found] == [True, True]
    finally:
        with trio.CancelScope(shield=True):
            for process in processes:
                process.kill()
                await process.wait()
