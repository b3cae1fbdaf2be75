"""How a worker brings music in: uploads in pieces, out of order and in parallel, and folders laid into the inbox."""

import os
from dataclasses import replace
from pathlib import Path

import trio

from tests.soak.api import Gone
from tests.soak.holding import Holding, Record, Sending, Tune
from tests.soak.sounds import picture
from tests.soak.worker import Deeds, Transfer, Worker, expect
from tomb.library.disk import sync

UPLOADS = 2  # of one worker at once; the box takes eight
AT_ONCE = 3


async def upload(worker: Worker) -> None:
    """The next step of some upload: what comes next depends on how far it is."""
    names = list(worker.transfers)
    if len(names) < UPLOADS and (key := worker.pick()) is not None and worker.random.random() < 0.5:
        return await _announce(worker, key)
    if not names:
        return None
    name = worker.random.choice(names)
    transfer = worker.transfers[name]
    if worker.random.random() < 0.04:
        return await _cancel(worker, name)
    if transfer.missing:
        return await _send_some(worker, name)
    return await _finalize(worker, name)


async def _announce(worker: Worker, key: str) -> None:
    sound, name = worker.pool.pick(worker.random), f"{worker.new_key()}.wav"
    size = len(sound.content)
    transfer = Transfer(sound.content, max(1024, size // worker.random.randint(1, 12)))
    worker.transfers[name] = transfer
    body = {"filename": name, "file_size": size, "chunk_size": transfer.chunk_size}
    if worker.random.random() < 0.5:
        body["file_hash"] = sound.sha
    after = worker.holding.send(name, Sending(key))
    path = f"{_uploads(worker, key)}/session"
    made = await worker.change(f"announce {name} for {key}", after, "POST", path, body, status=201)
    transfer.upload_id = made["session_id"]


async def _send_some(worker: Worker, name: str) -> None:
    transfer = worker.transfers[name]
    some = worker.random.sample(transfer.missing, min(len(transfer.missing), worker.random.randint(1, AT_ONCE)))
    if worker.random.random() < 0.1 and transfer.acked:
        some.append(worker.random.choice(sorted(transfer.acked)))  # once more
    rubbish = worker.random.random() < 0.05
    lost = False

    async def send(index: int) -> None:
        nonlocal lost
        try:
            await _send(worker, name, index, worker.random.randbytes(len(transfer.piece(index))) if rubbish else None)
        except Gone:
            lost = True

    async with trio.open_nursery() as nursery:
        for index in dict.fromkeys(some):
            nursery.start_soon(send, index)
    if lost:
        raise Gone


async def _send(worker: Worker, name: str, index: int, rubbish: bytes | None) -> None:
    transfer = worker.transfers[name]
    transfer.acked.discard(index)
    transfer.flying.add(index)
    if rubbish is not None:
        transfer.wrong.add(index)
    path = f"{_uploads(worker, _sending(worker, name).key)}/{transfer.upload_id}/chunks/{index}"
    await worker.api.ask("PUT", path, transfer.piece(index) if rubbish is None else rubbish)
    transfer.flying.discard(index)
    transfer.acked.add(index)
    if rubbish is None:
        transfer.wrong.discard(index)
        transfer.again.discard(index)
    worker.api.journal.counts["chunks"] += 1


async def _finalize(worker: Worker, name: str) -> None:
    transfer, sending = worker.transfers[name], _sending(worker, name)
    sha = worker.pool.sha(transfer.content)
    path = f"{_uploads(worker, sending.key)}/{transfer.upload_id}/finalize"
    if transfer.wrong:
        await worker.api.ask("POST", path, {"file_hash": sha}, ok=(400,))
        transfer.again |= transfer.wrong
        return
    title = f"{name} by hand" if worker.random.random() < 0.3 else name.removesuffix(".wav")
    body: dict[str, object] = {"file_hash": sha}
    if title != name.removesuffix(".wav"):
        body["metadata_override"] = {"title": title}
    record = worker.holding.records[sending.key]
    after = worker.holding.put(sending.key, replace(record, tunes=(*record.tunes, Tune(name, title, sha))))
    after = after.send(name, replace(sending, stage="completed"))
    worker.begin(f"finalize {name}", after)
    # 503: the same content was deleted in this moment, and the client is to try again.
    answer = await worker.api.ask("POST", path, body, ok=(200, 503))
    if answer.status == 503:
        expect("try again" in answer.body["message"], f"{name}: {answer.body['message']}")
        worker.doing = None
        return
    worker.end(after)
    worker.track_ids[name] = answer.data["id"]
    del worker.transfers[name]


async def _cancel(worker: Worker, name: str) -> None:
    after = worker.holding.send(name, replace(_sending(worker, name), stage="cancelled"))
    path = f"/api/uploads/sessions/{worker.transfers[name].upload_id}"
    await worker.change(f"cancel {name}", after, "DELETE", path)
    del worker.transfers[name]


async def inbox(worker: Worker) -> None:
    """Lay a folder of files there all at once, as one that was copied long ago, and have the box look."""
    if len(worker.holding.records) > 6:
        return
    key = worker.new_key()
    try:
        after = _lay_down(worker, key)
    except OSError as error:
        raise Gone from error  # the disk is
    # Whoever asks first may have it taken in. 503: content that the library had was deleted in this moment.
    while (await worker.api.ask("POST", "/api/playlists/sync", {}, ok=(200, 503))).status == 503:
        worker.api.journal.counts["sync again"] += 1
    worker.end(after)
    await _look_up(worker, key, after)


def _lay_down(worker: Worker, key: str) -> Holding:
    half = worker.library.parent.with_name(f"copy of {key}")
    half.mkdir()
    record = _fill(half, worker, key)
    after = worker.holding.put(key, record)
    worker.begin(f"take in {key}", after)
    half.rename(worker.library / "inbox" / record.title)
    sync(worker.library / "inbox")
    worker.certain = True
    return after


def _fill(half: Path, worker: Worker, key: str) -> Record:
    tunes = []
    for letter in "abcd"[: worker.random.randint(1, 4)]:
        # A folder is known by its files: with others' alone it would be the playlist that has just these.
        sound = worker.pool.fresh(worker.random) if letter == "a" else worker.pool.pick(worker.random)
        name = f"{key}{letter}"
        (half / f"{name}.wav").write_bytes(sound.content)
        tunes.append(Tune(f"{name}.wav", name, sound.sha))
    if worker.random.random() < 0.5:
        (half / "cover.png").write_bytes(picture(worker.random))
    for path in (*half.iterdir(), half):
        os.utime(path, (0, 0))
        sync(path)
    return Record(f"{key} from a folder", tunes=tuple(tunes))


async def _look_up(worker: Worker, key: str, holding: Holding) -> None:
    title = holding.records[key].title.replace(" ", "%20")
    found = (await worker.api.ask("GET", f"/api/playlists?q={title}")).data["playlists"]
    expect(len(found) == 1, f"{worker.name}: {len(found)} playlists came of the folder {key}")
    worker.learn(found[0], key)


def _sending(worker: Worker, name: str) -> Sending:
    return worker.holding.sendings[name]


def _uploads(worker: Worker, key: str) -> str:
    return f"/api/playlists/{worker.playlist_ids[key]}/uploads"


ARRIVALS: Deeds = [(30, upload), (3, inbox)]
