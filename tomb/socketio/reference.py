"""The codecs of python-engineio and python-socketio, and nothing else of these.

Both packages load their clients, their servers for each event loop and their message brokers: 2 MB, and 20 ms of each
start. Here a package is a place to find modules in, until somebody asks for what it defines itself, as the reference
client of the tests does.
"""

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or find_spec(f"{self.__name__}.{name}") is not None:
            raise AttributeError(name)  # whereupon it is imported
        self.__class__ = ModuleType  # type: ignore[assignment]  # it is a package like any other from here on
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


for _name in ("engineio", "socketio"):
    if _name not in sys.modules and (_spec := find_spec(_name)) is not None:
        sys.modules[_name] = module_from_spec(_spec)
        sys.modules[_name].__class__ = _Package

from engineio import json as engine_json  # noqa: E402  # as the packages must be what they are by now
from engineio import packet as engine  # noqa: E402  # likewise
from engineio.payload import Payload  # noqa: E402  # likewise
from socketio import packet as sio  # noqa: E402  # likewise

__all__ = ["Payload", "engine", "engine_json", "sio"]
