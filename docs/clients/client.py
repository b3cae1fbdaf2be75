"""A client of the box: it says what plays, and takes orders. A line of input is a command of the player (play, pause,
toggle, next, previous, stop) or the title of a playlist to start.   python client.py http://tomb.local:8000"""

import sys
import time
import uuid
from urllib.parse import quote

import requests
import socketio

box = sys.argv[1] if len(sys.argv) > 1 else "http://tomb.local:8000"
socket = socketio.Client()
titles = {}  # what is known of the library: titles by id
seen = None  # the number of the newest event
said = ""


def say(line):
    global said
    if line != said:
        said = line
        print(line, flush=True)


def on_numbered(name, take):
    """Take an event that is numbered. Its number is kept, to ask for what came after it."""

    def handle(event):
        global seen
        seen = max(seen or 0, event["server_seq"])
        take(event["data"])

    socket.on(name, handle)


@socket.on("connection_status")
def greeted(_):
    """Each connection begins so. Ask what came since the last one: by number, or all there is the first time.
    The answer is the events that were missed, or the state as it is now; either way the copy here is true again."""
    since = {} if seen is None else {"last_global_seq": seen}
    socket.emit("sync:request", {"requested_rooms": ["playlists"], **since})


def tell(player):
    track = player["active_track"]
    say(player["state"] + (f": {player['active_playlist_title']}, {track['title']}" if track else ""))


def learn(news):
    if "playlists" in news:  # which are all that there are
        titles.clear()
    titles.update((each["id"], each["title"]) for each in news.get("playlists", [news.get("playlist")]))
    print(len(titles), "playlists", flush=True)  # here, for each event is handled in a thread of its own


socket.on("disconnect", lambda *_: say("away"))
on_numbered("state:player", tell)
for name in ("state:playlists", "state:playlist_created", "state:playlist_updated"):
    on_numbered(name, learn)
on_numbered("state:playlist_deleted", lambda news: titles.pop(news["playlist_id"], None))


def order(path):
    """What has an id of ours is done once, however often it is sent: where no answer came, it may be sent again."""
    body = {"client_op_id": str(uuid.uuid4())}
    for wait in (0.5, 1, 2, 4, 8, 16):
        try:
            answer = requests.post(box + path, json=body, timeout=10)
            if not answer.ok:
                print(answer.json()["message"], flush=True)
            return
        except requests.ConnectionError:
            time.sleep(wait)


socket.connect(box, transports=["websocket"])
for line in map(str.strip, sys.stdin):
    wanted = next((f"/api/playlists/{key}/start" for key, title in titles.items() if title == line), None)
    order(wanted or f"/api/player/{quote(line)}")
socket.disconnect()
