"""What a parent has set: JSON values under a key. What they mean is their reader's business."""

import json
import re
import sqlite3
from collections.abc import Mapping

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from tomb.models import Choices, KeyChoices

CHILD_PLAYLISTS = "child_playlists"
KEYS = "keys"
STATISTICS = "statistics"
BOX_ID = "box_id"
_ID = re.compile(r"[0-9a-f]{12}")
_PIN = re.compile(r"[0-9a-f-]{1,64}\$[0-9a-f]{128}")  # salt and scrypt hash, as `nurseries.parent_auth` seals it


def makes_sense(key: str, value: str) -> bool:
    """Whether that is what the program could have stored: what it knows, of its type; of anything else, JSON.

    A PIN that nobody's digits can ever match would lock the parents out.
    """
    try:
        decoded = from_json(value)  # where Python's own decoder runs into its recursion limit, this one says no
        if key in Choices.model_fields:
            Choices.model_validate({key: decoded})
        if key == KEYS:
            KeyChoices.model_validate(decoded)
    except (ValidationError, ValueError):
        return False
    if key == BOX_ID:
        return is_box_id(decoded)
    return key != "pin" or (isinstance(decoded, str) and _PIN.fullmatch(decoded) is not None)


def read_all(db: sqlite3.Connection) -> dict[str, JsonValue]:
    return {row["key"]: json.loads(row["value"]) for row in db.execute("SELECT key, value FROM settings ORDER BY key")}


def child_playlists(stored: Mapping[str, JsonValue]) -> frozenset[str] | None:
    """The ids of the playlists that parents chose for children; None: all."""
    chosen = stored.get(CHILD_PLAYLISTS)
    return frozenset(map(str, chosen)) if isinstance(chosen, list) else None


def change(db: sqlite3.Connection, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Set some keys (None removes one) and return all."""
    for key, value in values.items():
        if value is None:
            db.execute("DELETE FROM settings WHERE key = ?", (key,))
        else:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, json.dumps(value, ensure_ascii=False)))
    return read_all(db)


def is_box_id(stored: object) -> bool:
    return isinstance(stored, str) and _ID.fullmatch(stored) is not None


def keep_box_id(db: sqlite3.Connection, made: str) -> str:
    """What the box is known by: `made`, if it is known by nothing yet."""
    stored = read_all(db).get(BOX_ID)
    return str(stored if is_box_id(stored) else change(db, {BOX_ID: made})[BOX_ID])
