"""What Home Assistant's media player does to MPD, in its order, on the library that it uses; writes what it saw as
JSON.

The calls are those of the integration `mpd` of Home Assistant (github.com/home-assistant/core, homeassistant/
components/mpd/media_player.py): it asks for commands, status, song and playlists, looks for a picture in the song and
then beside it, plays a playlist, which it calls a source, by `clear`, `load` and `play`, and mutes by a volume of 0.
"""

import asyncio
import json
import sys
from typing import Any

import mpd
from mpd.asyncio import MPDClient

SETTLED = 0.2  # of the library's own wait until it says `idle` between two commands


async def main(port: int, pin: str) -> dict[str, Any]:
    client = MPDClient()
    client.timeout, client.idletimeout = 30, 10
    await client.connect("127.0.0.1", port)
    await client.password(pin)
    commands = list(await client.commands())
    assert {"albumart", "readpicture"} <= set(commands)
    await client.status(), await client.currentsong()
    seen: dict[str, Any] = {"sources": [each["playlist"] for each in await client.listplaylists()]}
    await play(client, "Tales")
    status, song = await client.status(), await client.currentsong()
    seen["source"] = {"state": status["state"], "title": song["title"], "duration": status["duration"]}
    picture = await client.readpicture(song["file"]) or await client.albumart(song["file"])
    seen["picture"] = len(picture["binary"])
    [*_, last] = await client.listplaylistinfo("Tales")
    seen["steps"] = await steps(client, last["file"])
    client.disconnect()
    return seen


async def play(client: Any, source: str) -> None:
    await client.clear()
    await client.load(source)
    await client.play()


async def steps(client: Any, song: str) -> dict[str, Any]:
    async def status(name: str) -> str:
        await asyncio.sleep(SETTLED)  # it idles meanwhile, as between two of Home Assistant's looks
        return str((await client.status())[name])

    done: dict[str, Any] = {}
    await client.pause(1)
    done["pause"] = await status("state")
    await client.pause(0)
    done["resume"] = await status("state")
    await client.next()
    done["next"] = (await client.currentsong())["title"]
    await client.previous()
    done["previous"] = (await client.currentsong())["title"]
    await client.setvol(35)
    done["volume"] = await status("volume")
    await client.setvol(0)
    done["muted"] = await status("volume")
    await client.setvol(35)
    done["unmuted"] = await status("volume")
    await client.random(1)
    done["shuffle"] = await status("random")
    await client.random(0)
    for name, repeat, single in (("one", 1, 1), ("all", 1, 0), ("off", 0, 0)):
        await client.repeat(repeat)
        await client.single(single)
        done[name] = [await status("repeat"), await status("single")]
    await client.seekcur(42)
    done["seek"] = 42 <= float(await status("elapsed")) < 60
    await client.clear()
    await client.add(song)
    await client.play()
    done["song"] = (await client.currentsong())["title"]
    await client.stop()
    await client.play()
    done["off and on"] = await status("state")
    await client.clear()
    done["cleared"] = await status("playlistlength")
    try:
        await client.load("Nothing")
    except mpd.CommandError as error:
        done["wrong playlist"] = error.msg
    return done


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(int(sys.argv[1]), sys.argv[2]))))
