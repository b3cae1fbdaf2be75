"""The reference Python client, in a process of its own: it lives in threads, we do not.

Two races of its threads are no business of the server's, so the script decides them. It starts a thread for each
message, which then come in any order, an attachment even before its event: here one thread handles them all. And its
writer looks after each POST whether the connection is still to be used; where it was left meanwhile, the CLOSE is never
sent, and the server keeps the session until its ping is not answered: here the CLOSE is out before the client leaves.
"""

import sys
from functools import partial

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.socketio.stage import on_the_air, set_stage

CLIENT = """
import queue
import sys
import threading
import time

import engineio
import socketio

PATIENCE_S = 60
url, transport = sys.argv[1:]
transports = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": None}[transport]


class Engine(engineio.Client):
    def __init__(self, **options):
        super().__init__(**options)
        self.messages = queue.Queue()
        threading.Thread(target=self.handle, daemon=True).start()

    def handle(self):
        while True:
            message = self.messages.get()
            self.handlers["message"](*message)

    def start_background_task(self, target, *args):
        if target == self.handlers["message"]:
            return self.messages.put(args)
        return super().start_background_task(target, *args)

    def disconnect(self, abort=False, reason=None):
        if self.state == "connected" and self.current_transport == "polling":
            self._send_packet(engineio.packet.Packet(engineio.packet.CLOSE))
            while self.queue.unfinished_tasks and self.write_loop_task:
                time.sleep(0.001)
        super().disconnect(abort, reason)


class Client(socketio.Client):
    def __init__(self):
        super().__init__(reconnection=False, request_timeout=PATIENCE_S)

    def _engineio_client_class(self):
        return Engine


client = Client()
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


client.connect(url, transports=transports, wait_timeout=PATIENCE_S)
assert client.transport() == ("polling" if transport == "polling" else "websocket")
args = [1, "zwei \\u2603", [None], {"a": b"\\x00\\xff"}]
assert client.call("echo", tuple(args)) == args
assert client.call("ask_me", (20, 22)) == [42, "ok"]
assert client.call("fail", 1) == {"error": "ValueError"}
assert len(client.call("one", "x" * 300_000)) == 300_000
assert client.call("burst", 50) == "sent"
assert all_heard.wait(PATIENCE_S) and heard == list(range(50))
client.emit("kick_me")
assert gone.wait(PATIENCE_S)


def refusal_of(namespace, auth):
    refused, errors = Client(), []
    refused.on("connect_error", errors.append, namespace=namespace)
    try:
        refused.connect(url, transports=transports, auth=auth, namespaces=[namespace], wait_timeout=PATIENCE_S)
    except socketio.exceptions.ConnectionError:
        return errors[0]
    raise AssertionError("was let in")


assert refusal_of("/", {"refuse": "not tonight"}) == {"message": "not tonight", "data": {"retry": False}}
assert refusal_of("/nowhere", None) == {"message": "Invalid namespace"}

last = Client()
last.connect(url, transports=transports, wait_timeout=PATIENCE_S)
last.disconnect()
print("agreed")
"""


@pytest.mark.parametrize("mode", ["websocket", "polling", "upgrade"])
async def test_the_python_client_agrees(mode: str) -> None:
    stage = set_stage()
    async with on_the_air(stage) as url:
        run = partial(trio.run_process, capture_stdout=True, capture_stderr=True, check=False)
        with trio.fail_after(PATIENCE_S):
            done = await run([sys.executable, "-c", CLIENT, url, mode])
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == b"agreed\n"
        with trio.fail_after(PATIENCE_S):
            await stage.all_gone()
    assert len(stage.departures) == 2
