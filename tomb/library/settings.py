"""What a parent has set: JSON values under a key. What they mean is their reader's business."""

import json
import sqlite3
from collections.abc import Mapping

from pydantic import JsonValue


def read_all(db: sqlite3.Connection) -> dict[str, JsonValue]:
    return {row["key"]: json.loads(row["value"]) for row in db.execute("SELECT key, value FROM settings ORDER BY key")}


def change(db: sqlite3.Connection, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Set some keys (None removes one) and return all."""
    for key, value in values.items():
        if value is None:
            db.execute("DELETE FROM settings WHERE key = ?", (key,))
        else:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, json.dumps(value, ensure_ascii=False)))
    return read_all(db)
