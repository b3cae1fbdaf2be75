"""Certificates, made by openssl as docs/https.md has it: an authority of one's own, and what it vouches for."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from subprocess import run

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Made:
    """`certificate` vouches for itself."""

    certificate: Path
    key: Path

    def client(self) -> ssl.SSLContext:
        """Of a browser that trusts it, and nothing else."""
        return ssl.create_default_context(cafile=str(self.certificate))


def self_signed(folder: Path, name: str = "box", *, hosts: tuple[str, ...] = ("DNS:localhost", "IP:127.0.0.1")) -> Made:
    made = Made(folder / f"{name}.crt", folder / f"{name}.key")
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={','.join(hosts)}")
    where = ("-keyout", str(made.key), "-out", str(made.certificate))
    run(("openssl", "req", "-x509", *EC, "-days", "2", *subject, *where), check=True, capture_output=True)
    return made
