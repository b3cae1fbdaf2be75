"""What a worker does to its playlists and tags, and to the choices of the box."""

from dataclasses import replace

from tests.soak.holding import Record
from tests.soak.worker import Deeds, Worker

WORDS = ("Lieder", "Märchen", "für unterwegs", "好听的歌", "🎵", "Ünï", "-- ; DROP", "good night", "…")
PLAYLISTS = 6


async def create(worker: Worker) -> None:
    if len(worker.holding.records) >= PLAYLISTS:
        return
    key = worker.new_key()
    record = Record(f"{key} {worker.random.choice(WORDS)}", worker.random.choice(WORDS))
    body = {"title": record.title, "description": record.description, "client_op_id": key}
    after = worker.holding.put(key, record)
    made = await worker.change(f"create {key}", after, "POST", "/api/playlists", body, status=201)
    worker.learn(made, key)


async def update(worker: Worker) -> None:
    if (key := worker.pick()) is None:
        return
    record = worker.holding.records[key]
    edit = worker.random.choice(
        (
            {"title": f"{key} {worker.random.choice(WORDS)} {worker.random.choice(WORDS)}"},
            {"description": worker.random.choice(WORDS)},
            {"same_tag": worker.random.choice(("toggle", "restart", None))},
        )
    )
    after = worker.holding.put(key, replace(record, **edit))
    await worker.change(f"update {key}", after, "PUT", _playlist(worker, key), edit)


async def delete(worker: Worker) -> None:
    if len(worker.holding.records) < PLAYLISTS - 1 or (key := worker.pick()) is None:
        return
    binned = worker.playlist_ids[key], worker.holding.records[key]
    after = worker.holding.drop(key)
    await worker.change(f"delete {key}", after, "DELETE", _playlist(worker, key), status=204)
    worker.binned[key] = binned


async def restore(worker: Worker) -> None:
    """It comes back as it was, with those of its tags that do nothing else by now."""
    if len(worker.holding.records) >= PLAYLISTS or not worker.binned:
        return
    key = worker.random.choice(list(worker.binned))
    playlist_id, record = worker.binned[key]
    taken = {*worker.holding.actions, *(tag for each in worker.holding.records.values() for tag in each.tags)}
    after = worker.holding.put(key, record.without(*taken))
    back = await worker.change(f"restore {key}", after, "POST", f"/api/bin/{playlist_id}/restore")
    worker.learn(back["playlist"], key)
    del worker.binned[key]


async def reorder(worker: Worker) -> None:
    if (key := worker.pick()) is None or not (tunes := worker.holding.records[key].tunes):
        return
    places = worker.random.sample(range(len(tunes)), len(tunes))
    order = [place + 1 for place in places]
    if worker.random.random() < 0.5:
        order = [worker.track_ids[tunes[place].filename] for place in places]  # type: ignore[misc]  # ids or numbers
    record = replace(worker.holding.records[key], tunes=tuple(tunes[place] for place in places))
    after, path = worker.holding.put(key, record), f"{_playlist(worker, key)}/reorder"
    await worker.change(f"reorder {key}", after, "POST", path, {"track_order": order})


async def move(worker: Worker) -> None:
    source, target = worker.pick(), worker.pick()
    if source is None or target is None or not (tunes := worker.holding.records[source].tunes):
        return
    number = worker.random.randint(1, len(tunes))
    left = tunes[: number - 1] + tunes[number:]
    others = left if source == target else worker.holding.records[target].tunes
    position = worker.random.randint(1, len(others) + 1)
    with_it = (*others[: position - 1], tunes[number - 1], *others[position - 1 :])
    after = worker.holding
    if source != target:
        after = after.put(source, replace(after.records[source], tunes=left))
    after = after.put(target, replace(after.records[target], tunes=with_it))
    body = {
        "source_playlist_id": worker.playlist_ids[source],
        "target_playlist_id": worker.playlist_ids[target],
        "track_number": number,
        "target_position": position,
    }
    await worker.change(f"move {source} to {target}", after, "POST", "/api/playlists/move-track", body)


async def delete_tracks(worker: Worker) -> None:
    if (key := worker.pick()) is None or not (tunes := worker.holding.records[key].tunes):
        return
    numbers = worker.random.sample(range(1, len(tunes) + 1), worker.random.randint(1, min(2, len(tunes))))
    left = tuple(tune for number, tune in enumerate(tunes, 1) if number not in numbers)
    after = worker.holding.put(key, replace(worker.holding.records[key], tunes=left))
    path, body = f"{_playlist(worker, key)}/tracks", {"track_numbers": numbers}
    await worker.change(f"delete tracks of {key}", after, "DELETE", path, body)


async def link(worker: Worker) -> None:
    if (key := worker.pick()) is None:
        return
    record, tag = worker.holding.records[key], worker.random.choice(worker.tags)
    body = {"playlist_id": worker.playlist_ids[key], "override": True}
    if replaced := [each for each in record.tags if each != tag and worker.random.random() < 0.5][:1]:
        body["replaces"] = replaced[0]
    left = record.without(*replaced)
    after = worker.holding.put(key, left if tag in left.tags else replace(left, tags=(*left.tags, tag)))
    await worker.change(f"link {tag} to {key}, not {replaced}", after, "PUT", f"/api/tags/{tag}", body)


async def act(worker: Worker) -> None:
    tag, action = worker.random.choice(worker.tags), worker.random.choice(("next", "stop", "shuffle"))
    body = {"action": {"action": action}, "override": True}
    await worker.change(f"let {tag} {action}", worker.holding.act(tag, action), "PUT", f"/api/tags/{tag}", body)


async def forget(worker: Worker) -> None:
    used = [*worker.holding.actions, *(tag for each in worker.holding.records.values() for tag in each.tags)]
    if not used:
        return
    tag = worker.random.choice(used)
    await worker.change(f"forget {tag}", worker.holding.forget(tag), "DELETE", f"/api/tags/{tag}")


async def choose(worker: Worker) -> None:
    """The first worker's alone: there is one box to choose for."""
    if not worker.holding.choices:
        return
    name, value = worker.random.choice(
        [("volume_ceiling", worker.random.randint(50, 100)), ("same_tag", worker.random.choice(("toggle", "next")))]
    )
    after = worker.holding.choose(name, value)
    await worker.change(f"choose {name} {value}", after, "PUT", "/api/settings", {name: value})


def _playlist(worker: Worker, key: str) -> str:
    return f"/api/playlists/{worker.playlist_ids[key]}"


EDITS: Deeds = [
    (6, create),
    (4, update),
    (3, delete),
    (3, restore),
    (4, reorder),
    (4, move),
    (3, delete_tracks),
    (3, link),
    (1, act),
    (2, forget),
    (2, choose),
]
