"""The reference Python client, in a process of its own: it lives in threads, we do not."""

import sys
from functools import partial

import pytest
import trio

from tests.socketio.stage import on_the_air, set_stage

CLIENT = """
import sys
import threading

import socketio

url, transport = sys.argv[1:]
transports = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": None}[transport]

client = socketio.Client(reconnection=False)
gone = threading.Event()
heard, all_heard = [], threading.Event()


@client.event
def disconnect(reason):
    gone.set()


@client.on("question")
def question(a, b):
    return a + b, "ok"


@client.on("tick")
def tick(number):
    heard.append(number)
    if len(heard) == 50:
        all_heard.set()


client.connect(url, transports=transports)
assert client.transport() == ("polling" if transport == "polling" else "websocket")
args = [1, "zwei \\u2603", [None], {"a": b"\\x00\\xff"}]
assert client.call("echo", tuple(args)) == args
assert client.call("ask_me", (20, 22)) == [42, "ok"]
assert client.call("fail", 1) == {"error": "ValueError"}
assert len(client.call("one", "x" * 300_000)) == 300_000
assert client.call("burst", 50) == "sent"
assert all_heard.wait(5) and heard == list(range(50))
client.emit("kick_me")
assert gone.wait(5)



def refusal_of(namespace, auth):
    refused, errors = socketio.Client(reconnection=False), []
    refused.on("connect_error", errors.append, namespace=namespace)
    try:
        refused.connect(url, transports=transports, auth=auth, namespaces=[namespace])
    except socketio.exceptions.ConnectionError:
        return errors[0]
    raise AssertionError("was let in")


assert refusal_of("/", {"refuse": "not tonight"}) == {"message": "not tonight", "data": {"retry": False}}
assert refusal_of("/nowhere", None) == {"message": "Invalid namespace"}

last = socketio.Client(reconnection=False)
last.connect(url, transports=transports)
last.disconnect()
print("agreed")
"""


@pytest.mark.parametrize("mode", ["websocket", "polling", "upgrade"])
async def test_the_python_client_agrees(mode: str) -> None:
    stage = set_stage()
    async with on_the_air(stage) as url:
        run = partial(trio.run_process, capture_stdout=True, capture_stderr=True, check=False)
        with trio.fail_after(60):
            done = await run([sys.executable, "-c", CLIENT, url, mode])
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == b"agreed\n"
        with trio.fail_after(5):
            await stage.all_gone()
    assert len(stage.departures) == 2
