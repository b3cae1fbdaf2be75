"""Strangers at work: a box is sent what no client would send, for minutes, while a parent goes on using it.

Six kinds of stranger, each with a random choice of its own: requests to every route with wrong parts and bodies, bytes
that are hardly HTTP, sockets that speak out of turn, forms, archives, sound files. All come from one address of the
loopback, as from one device; the parent has another. Whatever they are answered, at the end

- the box is alive, the same process, and has served the parent all the time;
- no answer was a defect: no 500, no error without its envelope, no traceback in the log;
- its memory is not more than 1.2 times what it was after the first tenth of the time, when all had come `OFTEN`: until
  all of the box has been used it grows by half, and by a tenth in the twenty thousand attacks after that.

Nothing here waits for an effect or asserts a duration; a stranger gives up after `PATIENCE_S`, a parent does not.
"""

import base64
import io
import json
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import soundfile
import trio

from tests.rigs import archives
from tests.rigs.process import Box, call, serving
from tests.rigs.sounds import noise
from tests.soak.api import Complaint
from tomb.http.app import ROUTES
from tomb.http.routes import Route

STRANGER = "127.0.0.66"
WORKERS = 2  # of each kind
PATIENCE_S = 10.0
GROWTH = 1.2
CREATED_BYTES = 10_000  # of memory for each thing that a stranger made, who may where no PIN is set; 8 kB were measured
OFTEN = 100
LONGEST_ANSWER = 1 << 20  # more of one is not read
ENVELOPE = {"status", "message", "error_type", "request_id"}
AT_THE_DOOR = ENVELOPE - {"request_id"}  # one connection too many: its request is not read, so it has no number
ENGINE_IO = {"code", "message"}  # what its protocol answers under /socket.io/
# These end the process, or take away what the others aim at; each has tests of its own.
LEFT_OUT = {
    "POST /api/system/restart",
    "POST /api/system/shutdown",
    "DELETE /api/playlists/<playlist_id>",
    "DELETE /api/playlists/<playlist_id>/tracks",
}

Attack = Callable[["Stranger"], Awaitable[None]]


@dataclass
class Tally:
    """`attacks`: by kind; `statuses`: of all answers; memory in bytes."""

    attacks: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    parent: int = 0
    memory_early: int = 0
    memory_late: int = 0

    def all_came_often(self) -> bool:
        return min(self.parent, *(self.attacks[kind.__name__] for kind in KINDS)) >= OFTEN

    def __str__(self) -> str:
        attacks = ", ".join(f"{kind} {count}" for kind, count in sorted(self.attacks.items()))
        statuses = ", ".join(f"{status or 'none'} × {count}" for status, count in sorted(self.statuses.items()))
        grown = self.memory_late / max(1, self.memory_early)
        return (
            f"{sum(self.attacks.values())} attacks ({attacks}); answers: {statuses}; {self.parent} requests of the"
            f" parent; memory {self.memory_early >> 20} → {self.memory_late >> 20} MiB ({grown:.2f})"
        )


@dataclass
class Stranger:
    """One stranger: where the box is, what there is to aim at, and chance."""

    port: int
    random: Random
    tally: Tally
    playlist: str
    track: str
    sounds: Mapping[str, bytes]

    async def send(self, raw: bytes, *, pieces: int = 1, hang_up: bool = False) -> bytes:
        """Bytes on a connection of their own; what came back, whole or not."""
        answer = b""
        with trio.move_on_after(PATIENCE_S), suppress(OSError, trio.BrokenResourceError):
            stream = await trio.open_tcp_stream("127.0.0.1", self.port, local_address=STRANGER)
            async with stream:
                size = max(1, len(raw) // pieces)
                for at in range(0, len(raw), size):
                    await stream.send_all(raw[at : at + size])
                if hang_up:
                    return b""
                while len(answer) < LONGEST_ANSWER and (some := await stream.receive_some()):
                    answer += some
        return answer

    async def converse(self, head: bytes, frames: bytes) -> None:
        """Be let in, then say all at once, and listen."""
        with suppress(OSError, trio.BrokenResourceError):
            stream = await trio.open_tcp_stream("127.0.0.1", self.port, local_address=STRANGER)
            async with stream:
                await stream.send_all(head)
                await stream.receive_some()
                await stream.send_all(frames)
                while await stream.receive_some():
                    pass

    async def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """A request that is HTTP, whatever else it is; its answer is judged."""
        given = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", "Content-Length": str(len(body)), **headers}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        head = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
        answer = await self.send(head + body, hang_up=self.random.random() < 0.05)
        return self.judge(answer, f"{method} {target[:200]}")

    def judge(self, answer: bytes, asked: str) -> bytes:
        """The body. Raises: Complaint for a defect, and for an error without its envelope."""
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0
        self.tally.statuses[status] += 1
        # 501: a transfer coding that nobody knows (RFC 9112, 6.1); 505: another HTTP than this one
        if status >= 500 and status not in (501, 503, 505, 507):
            raise Complaint(f"{asked} was answered {status}: {body[:300]!r}")
        if status >= 400 and b"application/json" in head and b"chunked" not in head:
            try:
                envelope = json.loads(body)
            except ValueError:
                return body  # cut off
            refused_at_the_door = status == 503 and envelope.keys() >= AT_THE_DOOR
            if not (envelope.keys() >= ENVELOPE or envelope.keys() >= ENGINE_IO or refused_at_the_door):
                raise Complaint(f"{asked} was answered {status} without an envelope: {body[:300]!r}")
        return body

    # --- small things that are wrong ----------------------------------------------------------------------------------

    def text(self) -> str:
        return self.random.choice(
            (
                "",
                "\x00",
                "a" * self.random.choice((1, 200, 201, 5000)),
                "../../etc/passwd",
                "😀" * 50,
                "\u202e\u2066abc",
                "1e400",
                "' OR 1=1 --",
                "<script>alert(1)</script>",
                "file:///etc/passwd",
                "04A1B2C3",
                self.playlist,
                self.track,
            )
        )

    def value(self, depth: int = 0) -> object:
        chosen: Callable[[], object] = self.random.choice(
            (
                self.text,
                lambda: self.random.choice((None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1.5, -0.0)),
                lambda: self.random.randint(-100, 100),
                lambda: [self.value(depth + 1) for _ in range(self.random.randint(0, 4))] if depth < 4 else [],
                lambda: {self.text()[:20]: self.value(depth + 1) for _ in range(3)} if depth < 4 else {},
            )
        )
        return chosen()

    def mutated(self, content: bytes) -> bytes:
        """The same with some bytes changed, cut out, doubled or put in."""
        changed = bytearray(content)
        for _ in range(self.random.choice((1, 1, 3, 20))):
            at = self.random.randrange(max(1, len(changed)))
            match self.random.randrange(5):
                case 0 if changed:
                    changed[at] = self.random.randrange(256)
                case 1:
                    del changed[at : at + self.random.choice((1, 16, 4096))]
                case 2:
                    changed[at:at] = changed[at : at + self.random.choice((1, 16, 4096))]
                case 3:
                    changed[at : at + 4] = self.random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
                case _:
                    del changed[at:]
        return bytes(changed)


# --- the kinds of strangers -------------------------------------------------------------------------------------------


async def requests(stranger: Stranger) -> None:
    """Any route, with wrong parts, queries, headers and bodies."""
    chance = stranger.random
    route = chance.choice([each for each in ROUTES if each.name not in LEFT_OUT])
    headers = {"Content-Type": chance.choice(("application/json",) * 4 + ("text/plain", "multipart/form-data", ""))}
    for name in chance.sample(("Origin", "Range", "Cookie", "If-None-Match", "Accept-Encoding", "Sec-Fetch-Site"), 2):
        if chance.random() < 0.4:
            headers[name] = _header_text(stranger.text())
    body = json.dumps(_body_for(stranger, route)).encode() if route.method != "GET" else b""
    if chance.random() < 0.2:
        body = stranger.mutated(body or b"{}")
    await stranger.ask(route.method, _target(stranger, route), headers, body)


async def framing(stranger: Stranger) -> None:
    """Bytes that are nearly HTTP/1.1, in odd pieces, often cut off."""
    chance = stranger.random
    heads = (
        b"POST /api/playlists HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\nx",
        b"POST /api/playlists HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"GET /api/health HTTP/1.1\r\nHost: localhost..\r\n\r\n",
        b"GET ?x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://[/api HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * chance.choice((1, 500, 5000)) + b"\r\n",
        b"GET /" + b"a" * chance.choice((10, 5000, 70_000)) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20,
        chance.randbytes(chance.choice((1, 100, 10_000))),
    )
    raw = chance.choice(heads)
    if chance.random() < 0.5:
        raw = stranger.mutated(raw)
    with trio.move_on_after(1.0):  # whoever waits for the rest of it waits longer than this stranger does
        answer = await stranger.send(raw, pieces=chance.choice((1, 2, 7)), hang_up=chance.random() < 0.3)
        stranger.judge(answer, f"{raw[:80]!r}")


async def sockets(stranger: Stranger) -> None:
    """Packets of Engine.IO and Socket.IO out of turn, over polling or a WebSocket."""
    chance = stranger.random
    packets = [
        "40",
        "41",
        "1",
        "2probe",
        "3",
        "5",
        "6",
        '40/nowhere,{"a":1}',
        '42["join:playlists",{}]',
        f'42["join:playlist",{{"playlist_id":"{stranger.playlist}"}}]',
        '420["join:nfc",{}]',
        '42["sync:request",{"requested_rooms":["nfc:x","playlists"],"last_global_seq":1}]',
        '42["client_ping",{"timestamp":1e400}]',
        '451-["x",{"_placeholder":true,"num":0}]',
        "42" + json.dumps([stranger.text(), stranger.value()]),
        "4" + stranger.text()[:100],
    ]
    sent = [chance.choice(packets) for _ in range(chance.randint(1, 12))]
    if chance.random() < 0.7:
        sent.insert(0, "40")
    if chance.random() < 0.5:
        await _over_polling(stranger, sent)
    else:
        await _over_websocket(stranger, sent)


async def forms(stranger: Stranger) -> None:
    """A chunk of an upload as a form, with parts that are not right."""
    chance = stranger.random
    content = chance.randbytes(chance.choice((1, 1000, 100_000)))
    boundary = chance.choice(("x", "a" * 70, "----WebKit", ""))
    part = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' % boundary.encode()
    tiny = b'--%b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' % boundary.encode()
    body = part + content + b"\r\n--%b--\r\n" % boundary.encode()
    if chance.random() < 0.3:
        body = tiny * chance.choice((10, 1000, 20_000)) + body
    if chance.random() < 0.5:
        body = stranger.mutated(body)
    session = await _announced(stranger, "a.wav", max(1, len(content)))
    target = f"/api/playlists/{stranger.playlist}/uploads/{session}/chunks/0"
    await stranger.ask("PUT", target, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)
    await stranger.ask("DELETE", f"/api/uploads/sessions/{session}", {}, b"")


async def tampered(stranger: Stranger) -> None:
    """Archives with something wrong in them; a manifest that is nothing but brackets."""
    target, content = stranger.random.choice(
        # A backup that is whole would be restored, and the box start anew with it.
        (("/api/restore", archives.good()[:-2000]), ("/api/playlists/import", archives.exported_playlist()))
    )
    if stranger.random.random() < 0.2:
        deep = b"[" * stranger.random.choice((1000, 1_000_000))
        content = archives.put_together({"tomb.json": deep})
    content = stranger.mutated(content[: stranger.random.choice((600, 2000, len(content)))])
    await stranger.ask("POST", target, {"Content-Type": "application/x-tar"}, content)


async def sounds(stranger: Stranger) -> None:
    """Sound files that are damaged, or called what they are not."""
    chance = stranger.random
    ext = chance.choice(list(stranger.sounds))
    content = stranger.mutated(stranger.sounds[ext])
    if not content:
        return
    session = await _announced(stranger, f"a.{chance.choice((ext, 'm4a', 'mp3'))}", len(content))
    path = f"/api/playlists/{stranger.playlist}/uploads/{session}"
    await stranger.ask("PUT", f"{path}/chunks/0", {"Content-Type": "application/octet-stream"}, content)
    await stranger.ask("POST", f"{path}/finalize", {}, b"")
    await stranger.ask("DELETE", f"/api/uploads/sessions/{session}", {}, b"")


KINDS: tuple[Attack, ...] = (requests, framing, sockets, forms, tampered, sounds)


# --- the siege --------------------------------------------------------------------------------------------------------


async def besiege(seed: int, seconds: float, data: Path) -> Tally:
    """Strangers at a new box for so long. Raises: Complaint."""
    tally = Tally()
    async with serving(data, "--audio", "silent", "--reader", "virtual") as box:
        playlist, track = await _something_to_aim_at(box)
        made = _sound_files()
        chance = Random(seed)
        try:
            async with trio.open_nursery() as nursery:
                for kind in KINDS * WORKERS:
                    stranger = Stranger(box.port, Random(chance.random()), tally, playlist, track, made)
                    nursery.start_soon(_go_on, kind, stranger)
                nursery.start_soon(_parent, box, playlist, tally)
                await trio.sleep(seconds / 10)
                while not tally.all_came_often():
                    await trio.sleep(0.1)
                tally.memory_early = _memory(box)
                await trio.sleep(seconds * 9 / 10)
                nursery.cancel_scope.cancel()
        except* Complaint as group:
            raise Complaint("; ".join(str(each) for each in group.exceptions)) from None
        await _settled(box)
        tally.memory_late = _memory(box)
        _check(box, tally)
        if (status := await box.terminate()) != 0:
            raise Complaint(f"the box ended with {status}")
    return tally


async def _go_on(kind: Attack, stranger: Stranger) -> None:
    while True:
        await kind(stranger)
        stranger.tally.attacks[kind.__name__] += 1
        await trio.lowlevel.checkpoint()


async def _parent(box: Box, playlist: str, tally: Tally) -> None:
    """Somebody on another device, for whom all must go on."""
    while True:
        for method, path in (("GET", "/api/health"), ("POST", "/api/player/toggle"), ("GET", "/api/player/status")):
            answer = await call(box.port, method, path)
            if answer.status != 200:
                raise Complaint(f"the parent's {method} {path} was answered {answer.status}: {answer.content[:300]!r}")
            tally.parent += 1
        await trio.sleep(0.2)


async def _settled(box: Box) -> None:
    """What the strangers had under way is over when nobody is connected any more but who asks."""
    await box.until_health(lambda health: health["status"] != "unhealthy")


def _check(box: Box, tally: Tally) -> None:
    if "Traceback" in box.log:
        raise Complaint("a stranger caused a traceback:\n" + box.log[box.log.index("Traceback") - 300 :][:3000])
    if tally.memory_late > GROWTH * tally.memory_early + CREATED_BYTES * tally.statuses[201]:
        raise Complaint(f"the box has grown: {tally}")


def _memory(box: Box) -> int:
    status = Path(f"/proc/{box.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


async def _something_to_aim_at(box: Box) -> tuple[str, str]:
    for title in ("Aimed at", "Another"):
        await box.post("/api/playlists", {"title": title})
    imported = await call(box.port, "POST", "/api/playlists/import", archives.exported_playlist())
    playlist = imported.data
    return str(playlist["id"]), str(playlist["tracks"][0]["id"])


def _sound_files() -> dict[str, bytes]:
    made = {}
    for ext, kind in (("wav", "WAV"), ("flac", "FLAC"), ("ogg", "OGG"), ("mp3", "MP3"), ("aiff", "AIFF")):
        file = io.BytesIO()
        soundfile.write(file, noise(0.5), 44100, format=kind)
        made[ext] = file.getvalue()
    return made


async def _announced(stranger: Stranger, name: str, size: int) -> str:
    target = f"/api/playlists/{stranger.playlist}/uploads/session"
    body = json.dumps({"filename": name, "file_size": size, "chunk_size": max(1024, size)}).encode()
    answer = await stranger.ask("POST", target, {"Content-Type": "application/json"}, body)
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(answer)["data"]["session_id"])
    return "no-such-session"


def _target(stranger: Stranger, route: Route) -> str:
    there = {"playlist_id": stranger.playlist, "source_id": stranger.playlist, "track_id": stranger.track}
    parts = [
        (there.get(part[1:-1]) if stranger.random.random() < 0.6 else None) or _quoted(stranger.text())
        if part.startswith("<")
        else part
        for part in route.path.split("/")
    ]
    query = f"?{_quoted(stranger.text())}={_quoted(stranger.text())}" if stranger.random.random() < 0.3 else ""
    return "/".join(parts) + query


def _body_for(stranger: Stranger, route: Route) -> object:
    if stranger.random.random() < 0.2:
        return stranger.value()
    body = {name: stranger.value() for name in route.body.model_fields if stranger.random.random() < 0.7}
    if stranger.random.random() < 0.3:
        body["client_op_id"] = stranger.random.choice(("one", "two", stranger.text()))
    body.pop("pin", None)  # or the parent would be locked out, and rightly so
    return body


def _quoted(text: str) -> str:
    plain = (chr(byte) if 48 <= byte < 58 or 97 <= byte < 123 else f"%{byte:02X}" for byte in text.encode())
    return "".join(plain)[:6000]


def _header_text(text: str) -> str:
    return "".join(letter for letter in text if " " <= letter <= "~")[:4000]


async def _over_polling(stranger: Stranger, packets: list[str]) -> None:
    path = "/socket.io/?EIO=4&transport=polling"
    opened = await stranger.ask("GET", path, {}, b"")
    with suppress(ValueError, KeyError, IndexError):
        path += "&sid=" + str(json.loads(opened[opened.index(b"{") :])["sid"])
    await stranger.ask("POST", path, {"Content-Type": "text/plain"}, "\x1e".join(packets).encode())
    if stranger.random.random() < 0.5:
        await stranger.ask("GET", path, {}, b"")


async def _over_websocket(stranger: Stranger, packets: list[str]) -> None:
    chance = stranger.random
    key = base64.b64encode(chance.randbytes(16)).decode()
    head = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{stranger.port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    frames = b"".join(_frame(chance, chance.choice((1, 1, 1, 1, 1, 2, 9, 8)), each.encode()) for each in packets)
    if chance.random() < 0.3:
        frames = stranger.mutated(frames)
    with trio.move_on_after(chance.choice((0.05, 0.2, 1.0))):
        if chance.random() < 0.3:  # before it may
            await stranger.send(head.encode() + frames, pieces=chance.choice((1, 3)), hang_up=chance.random() < 0.3)
        else:
            await stranger.converse(head.encode(), frames)


def _frame(chance: Random, opcode: int, payload: bytes) -> bytes:
    """A masked frame of RFC 6455, section 5.2."""
    if opcode == 8:
        payload = struct.pack("!H", chance.choice((1000, 1001, 999, 65535))) + payload[:100]
    if opcode >= 8:
        payload = payload[:125]
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack("!H", length)
    mask = chance.randbytes(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([0x80 | opcode]) + size + mask + masked
