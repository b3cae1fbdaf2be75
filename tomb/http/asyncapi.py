"""The AsyncAPI document (3.0) of the socket side, made from the models of both directions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from tomb import __version__
from tomb.http.messages import Message, NfcLink, NfcRoom, NoFields, Ping, PlaylistRoom, SyncRequest
from tomb.http.told import TOLD

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
ASKED: Mapping[str, type[Message]] = {
    "join:playlists": NoFields,
    "join:playlist": PlaylistRoom,
    "join:nfc": NfcRoom,
    "leave:playlists": NoFields,
    "leave:playlist": PlaylistRoom,
    "leave:nfc": NfcRoom,
    "client_ping": Ping,
    "health_check": NoFields,
    "client:request_current_state": NoFields,
    "sync:request": SyncRequest,
    "start_nfc_link": NfcLink,
    "stop_nfc_link": NfcLink,
    "override_nfc_tag": NfcLink,
}


def document() -> Schema:
    refs, schemas = _schemas()
    names = [*ASKED, *TOLD]
    messages = {_key(name): {"name": name, "contentType": "application/json", "payload": refs[name]} for name in names}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "TOMB, The Open Music Box: sockets",
            "version": __version__,
            "description": "Socket.IO 5 on Engine.IO 4, namespace /; each message is an event with one argument.",
        },
        "channels": {
            "socket": {
                "address": "/socket.io/",
                "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
            }
        },
        "operations": {"asked": _operation("receive", ASKED), "told": _operation("send", TOLD)},
        "components": {"messages": messages, "schemas": schemas},
    }


def _operation(action: str, names: Iterable[str]) -> Schema:
    messages = [{"$ref": f"#/channels/socket/messages/{_key(name)}"} for name in names]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": messages}


def _key(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _schemas() -> tuple[Schema, Schema]:
    """By event the reference to its schema, and the schemas."""
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in dict.fromkeys(ASKED.values())
    ]
    told: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "serialization") for model in dict.fromkeys(TOLD.values())
    ]
    references, schemas = models_json_schema([*asked, *told], ref_template=SCHEMAS + "{model}")
    refs: Schema = {name: references[model, "validation"] for name, model in ASKED.items()}
    refs |= {name: references[model, "serialization"] for name, model in TOLD.items()}
    return refs, schemas["$defs"]
