"""Where the broker is, and the way there: a name that is looked up, TCP, TLS, a password from a file.

What is read from files is read anew for each connection, so that a certificate that was renewed counts without a
restart.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import trio
from msgspec import Struct

from tomb.config import BrokerAddress
from tomb.devices.mqtt.session import Login, Message, Session
from tomb.errors import DeviceError, Missing
from tomb.ports import Ports

DIAL_S: Final = 10.0
GOODBYE_S: Final = 0.5
PASSWORD_BYTES: Final = 4096


class Credentials(Struct, frozen=True):
    """Files: a password; the certificates of those who may vouch for the broker (None: the computer's own); and what
    shows the broker who we are."""

    password: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Broker:
    def __init__(self, ports: Ports, address: BrokerAddress, credentials: Credentials) -> None:
        self._ports = ports
        self._address = address
        self._credentials = credentials

    def __str__(self) -> str:
        return str(self._address)

    @asynccontextmanager
    async def session(self, client_id: str, will: Message) -> AsyncIterator[Session]:
        """A conversation, with the broker's consent. It ends with the block, `will` being told by ourselves then: the
        broker tells it only of those that it loses. Raises DeviceError."""
        login = await self._login()
        stream = await self.dial()
        try:
            session = Session(stream, client_id, will, login)
            await session.open()
            try:
                yield session
            finally:
                # There may be nobody to take leave of any more, and then the broker knows what to say.
                with trio.move_on_after(GOODBYE_S, shield=True), suppress(DeviceError):
                    await session.say_goodbye(will)
        finally:
            # Without waiting for TLS's own farewell: nothing that is said after ours counts.
            await trio.aclose_forcefully(stream)

    async def _login(self) -> Login | None:
        address, file = self._address, self._credentials.password
        if not address.user:
            return None
        if file is None:
            return Login(address.user, address.password)
        try:
            password = await self._ports.in_thread(_first_line, file)
        except (OSError, UnicodeDecodeError) as error:
            raise Missing(f"the broker's password cannot be read from {file}: {_why(error)}") from None
        return Login(address.user, password)

    async def dial(self) -> trio.abc.Stream:
        """A way to the broker; what is said on it is the session's business. Raises Missing."""
        address = self._address
        context = await self._ports.in_thread(self._tls) if address.tls else None
        try:
            with trio.fail_after(DIAL_S):
                stream = await trio.open_tcp_stream(address.host, address.port)
                return stream if context is None else await _encrypted(stream, context, address.host)
        except trio.TooSlowError:
            raise Missing(f"the broker {address} does not answer") from None
        except OSError as error:
            raise Missing(f"the broker {address} cannot be reached: {_why(error)}") from None

    def _tls(self) -> ssl.SSLContext:
        files = self._credentials
        try:
            context = ssl.create_default_context(cafile=files.ca)
            if files.certificate is not None:
                context.load_cert_chain(files.certificate, files.key)
        except OSError as error:  # SSLError is one
            raise Missing(f"the certificates for the broker cannot be used: {_why(error)}") from None
        return context


async def _encrypted(stream: trio.SocketStream, context: ssl.SSLContext, host: str) -> trio.abc.Stream:
    encrypted = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
    try:
        await encrypted.do_handshake()
    except BaseException as error:
        await trio.aclose_forcefully(stream)
        if isinstance(error, trio.BrokenResourceError):
            raise Missing(f"there is no trusted way to the broker {host}: {_why(error.__cause__)}") from None
        raise
    return encrypted


def _first_line(file: Path) -> str:
    with file.open(encoding="utf-8") as opened:
        return opened.readline(PASSWORD_BYTES).rstrip("\r\n")


def _why(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
