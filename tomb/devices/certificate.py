"""A certificate and its key, as files that somebody else writes: what is wrong with them is said in words.

Both are PEM. What makes certificates renews them in place, every few weeks, and writes one file after the other.
"""

import ssl
from pathlib import Path

from msgspec import Struct

from tomb.errors import Broken, Missing

FILE_BYTES = 1024 * 1024
MISMATCH = "KEY_VALUES_MISMATCH"  # OpenSSL's word


class Pair(Struct, frozen=True):
    """`key` may be in the file of the certificate."""

    certificate: Path
    key: Path


def stamp(pair: Pair) -> tuple[tuple[int, int, int] | None, ...]:
    """Differs from an earlier one if a file has changed, or another has taken its place. None: it is not there."""
    return tuple(_stamp(path) for path in (pair.certificate, pair.key))


def load(pair: Pair) -> ssl.SSLContext:
    """What connections are secured with: TLS 1.2 with forward secrecy, or 1.3. Raises Missing, Broken."""
    certificate, key = _read(pair.certificate), _read(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    asked: list[bool] = []

    def password() -> bytes:  # without it OpenSSL asks on the terminal, and waits
        asked.append(True)
        return b""

    try:
        context.load_cert_chain(pair.certificate, pair.key, password)
    except (ssl.SSLError, OSError) as error:
        raise Broken(_in_words(pair, certificate, key, bool(asked), error)) from None
    return context


def _in_words(pair: Pair, certificate: bytes, key: bytes, asked: bool, error: OSError) -> str:
    if b"-----BEGIN CERTIFICATE-----" not in certificate:
        return f"there is no certificate in {pair.certificate} (in PEM form)"
    if asked:
        return f"the key in {pair.key} asks for a password, and there is nobody to ask"
    if b"PRIVATE KEY-----" not in key:
        return f"there is no key in {pair.key} (in PEM form)"
    reason = getattr(error, "reason", None)
    if reason == MISMATCH:
        return f"the key in {pair.key} belongs to another certificate than the one in {pair.certificate}"
    return f"{pair.certificate} and {pair.key} are no certificate and its key: {reason or error}"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES)
    except FileNotFoundError:
        raise Missing(f"{path} is not there") from None
    except OSError as error:
        raise Broken(f"{path} cannot be read: {error.strerror}") from None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
