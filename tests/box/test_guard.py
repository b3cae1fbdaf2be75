"""A box on the network: who may speak to it. (Which names and origins are good is tested with the guard itself.)"""

import socket

from tests.rigs.music import Music
from tests.rigs.process import call, serving

QUIET = ("--audio", "silent", "--reader", "none")
SOCKET = "/socket.io/?EIO=4&transport="
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


async def test_strangers_are_turned_away_at_every_door(music: Music) -> None:
    async with serving(music.data, *QUIET) as box:
        stranger, page = {"Host": "evil.example"}, {"Origin": "http://evil.example"}
        assert (await box.get("/api/health", headers=stranger)).status == 403
        assert (await box.get("/", headers=stranger)).status == 403
        assert (await box.get(SOCKET + "polling", headers=stranger)).status == 403
        answer = await box.post("/api/player/play", headers=page)
        assert answer.status == 403
        assert answer.body["error_type"] == "forbidden"
        assert (await box.get(SOCKET + "polling", headers=page)).status == 403
        assert (await box.get(SOCKET + "websocket", headers=UPGRADE | page)).status == 403
        assert (await box.get(SOCKET + "websocket", headers=UPGRADE | stranger)).status == 403


async def test_the_box_itself_may_go_by_any_of_its_names(music: Music) -> None:
    async with serving(music.data, *QUIET) as box:
        for name in (f"127.0.0.1:{box.port}", f"localhost:{box.port}", f"{socket.gethostname()}.", "LOCALHOST"):
            own = {"Host": name, "Origin": f"http://{name}"}
            assert (await box.post("/api/player/stop", headers=own)).status == 200, name
        allowed = {"Host": "music.example", "Origin": "http://music.example"}
        assert (await box.get("/api/health", headers=allowed)).status == 403
    async with serving(music.data, *QUIET, env={"TOMB_ALLOWED_HOSTS": "music.example"}) as box:
        assert (await box.post("/api/player/stop", headers=allowed)).status == 200


async def test_every_address_of_the_machine_is_a_name_of_the_box(music: Music) -> None:
    async with serving(music.data, *QUIET, "--host", "0.0.0.0") as box:
        # 127.0.0.2 is an address of every Linux machine that is no constant of ours.
        assert (await call(box.port, "GET", "/api/health", address="127.0.0.2")).status == 200
        foreign = {"Host": f"127.0.0.3:{box.port}"}
        assert (await call(box.port, "GET", "/api/health", address="127.0.0.2", headers=foreign)).status == 403
