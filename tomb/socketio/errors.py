"""What can go wrong, and whose fault it is.

SocketIOError
├── ProtocolError   the peer sent what the protocols do not allow; its connection ends
├── Refused         a connect handler turns a client away; the client is told why
├── ClientGone      an answer was awaited from a client that left
└── CallTimeout     an answer was awaited from a client that stayed silent
"""

from tomb.socketio.types import Data


class SocketIOError(Exception):
    """Root of everything this package raises on purpose."""


class ProtocolError(SocketIOError):
    """The peer broke the Engine.IO or Socket.IO protocol. Never raised into a handler."""


class Refused(SocketIOError):
    """Raise it in a connect handler: the client's `connect_error` gets `message`, and `data` as `err.data`."""

    def __init__(self, message: str, data: Data = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class ClientGone(SocketIOError):
    """`call()` found the client disconnected, or it left before it answered."""


class CallTimeout(SocketIOError, TimeoutError):
    """`call()` waited its whole timeout for the acknowledgement."""
