"""A whole box on a network of its own, with and without Avahi: where it says that it is, there it is."""

import json
import sys
from pathlib import Path
from typing import Any

import trio

from tests.rigs.avahi import AvahiRig, avahi_rig
from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import LOOK_S, Box, serving

EVERYWHERE = ("--audio", "silent", "--reader", "none", "--host", "0.0.0.0,::")
# One may give a process another host name without giving one to this machine.
CALLED_BOX = ("unshare", "--uts", "sh", "-c", 'hostname box && exec "$@"', "sh")
ASK = """
import sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Host": sys.argv[2]})
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as refused:
    answer = refused
print(answer.read().decode())
"""


async def health(rig: AvahiRig, box: Box, host: str) -> Any:
    """As somebody on that network hears it who calls the box so; None if it does not go by that name."""
    url = f"http://10.77.0.1:{box.port}/api/health"
    done = await trio.run_process((*await rig.into(), sys.executable, "-c", ASK, url, host), capture_stdout=True)
    return json.loads(done.stdout).get("data")


async def test_the_welcome_names_what_answers_and_nothing_else(music: Music, tmp_path: Path) -> None:
    async with avahi_rig() as rig:
        before = (*await rig.into(), *CALLED_BOX)
        env = {"TOMB_MDNS": "auto", "TOMB_BOX_NAME": "Küche"}
        async with serving(music.data, *EVERYWHERE, env=env, before=before) as box:
            addresses = f"  phones    http://10.77.0.1:{box.port}\n            http://[fd77::1]:{box.port}\n"
            assert addresses in box.welcome
            assert ".local" not in box.welcome
            said = await health(rig, box, "box.local")
            assert (said["status"], said["details"]["mdns"]["state"]) == ("healthy", "stand-in")
        await rig.start("box")
        await rig.start("other", computer="other")
        async with serving(music.data, *EVERYWHERE, env=env, before=before) as box:
            assert f"  phones    http://box.local:{box.port}\n            http://10.77.0.1:{box.port}\n" in box.welcome
            [found] = await rig.until_found("_tomb._tcp", "Küche", by_other=True)
            assert (found.host, found.port) == ("box.local", box.port)
            assert (await health(rig, box, found.host))["details"]["mdns"]["state"] == "up"

            await trio.run_process(("nsenter", "-t", str(box.pid), "--uts", "hostname", "jukebox"))
            with trio.fail_after(PATIENCE_S):
                while await health(rig, box, "jukebox.lan") is None:
                    await trio.sleep(LOOK_S)
            assert await box.terminate() == 0
            assert " failed" not in box.log
        await rig.until_found("_tomb._tcp", by_other=True)
