"""Settings of the operator: `TOMB_*` environment variables, then `tomb.toml`, then the defaults below.

What parents change in the web UI lives in the database; where the operator has set the same thing, the operator wins.
The table in docs/configuration.md is generated from this class, see `tomb settings`.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo

from tomb.errors import StartError
from tomb.models import BackupDays, BackupFolder, BoxName, LoudnessMode, OnRemoval, SameTag, Volume

PREFIX = "TOMB_"
OTHERS = {
    "TOMB_PACKAGES",
    "TOMB_PYTHON",
    "TOMB_RESUMES",
    "TOMB_TEST_HANG",
    "TOMB_URL",
}  # of that prefix, read by the scripts and the box itself
CONFIG_FILE = Path("tomb.toml")
MIB = 1024 * 1024  # what sizes in settings are counted in


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many per second for long."""

    burst: float
    per_second: float

    def __str__(self) -> str:
        return f"{self.burst:g}/{self.per_second:g}"


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", value.strip())
    if found is None or float(found[1]) < 1 or float(found[2]) <= 0:
        raise ValueError("a rate is BURST/PER_SECOND, such as 30/10")
    return Rate(float(found[1]), float(found[2]))


Rated = Annotated[Rate, BeforeValidator(_rate)]


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"https?://[^/\s]+/?", value):
            raise ValueError(f"an origin is https://NAME or http://NAME:PORT, and {value!r} is none")
    return values


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ip_address(value)) for value in values)


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Of an MQTT broker. The password is shown nowhere."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}


def _broker(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    wrong = "a broker is mqtt://HOST, mqtts://HOST or, with all that it may have, mqtt://USER:PASSWORD@HOST:PORT"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(wrong) from None  # without the words of the one that failed, which may hold the password
    if parts.scheme not in MQTT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(wrong)
    if parts.password is not None and not parts.username:
        raise ValueError(wrong)
    return BrokerAddress(
        host=parts.hostname,
        port=port or MQTT_PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=unquote(parts.username or ""),
        password=None if parts.password is None else unquote(parts.password),
    )


def _folder(value: object) -> object:
    if value == "":  # which a Path would take for the folder where the box was started
        raise ValueError("it names no folder; leave it out for the usual one")
    return value


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _folders(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.startswith("/"):
            raise ValueError(f"a folder is /NAME, and {value!r} is none")
    return values


def _https(value: str) -> str:
    if value and not re.fullmatch(r"https://[^/\s@]+/\S*", value):
        raise ValueError(f"an address is https://NAME/PATH, and {value!r} is none")
    return value


HttpsAddress = Annotated[str, AfterValidator(_https)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
File = Annotated[Path | None, BeforeValidator(_none_if_empty)]
Addresses = Annotated[Names, AfterValidator(_addresses)]
Origins = Annotated[Names, AfterValidator(_origins)]
Folders = Annotated[Names, AfterValidator(_folders)]


def host_and_port(address: str, default: int) -> tuple[str, int]:
    """What HOST, HOST:PORT or [IPv6]:PORT names. Raises ValueError."""
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.netloc != address or parts.username is not None:
        raise ValueError(f"an address is HOST or HOST:PORT, and {address!r} is none")
    return parts.hostname, default if parts.port is None else parts.port


def _address(address: str) -> str:
    host_and_port(address, 0)
    return address


def _address_or_none(address: str) -> str:
    return _address(address) if address else ""


SnapcastAddress = Annotated[str, AfterValidator(_address)]
AddressOrNone = Annotated[str, AfterValidator(_address_or_none)]
MPD_PORT = 6600


def default_data_dir() -> Path:
    """Per user, as the XDG base directory specification has it (version 0.8)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "tomb"


class Settings(BaseModel):
    """Every setting has a default that is right for a box in a living room."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, validate_default=True)

    host: Annotated[Names, Field(min_length=1)] = Field(
        ("0.0.0.0", "::"),  # noqa: S104  # phones must reach the box
        description="addresses to listen on, separated by commas; the default: all, of IPv4 and IPv6",
    )
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes any free one")
    data: Annotated[Path, BeforeValidator(_folder)] = Field(
        default_factory=default_data_dir, description="folder of the database and the library"
    )
    mdns: Literal["auto", "off"] = Field(
        "auto", description="whether the box is found by its name in the network; auto: by Avahi, where that runs"
    )
    tls_cert: File = Field(None, description="certificate in PEM form, for HTTPS beside HTTP; empty: none")
    tls_key: File = Field(None, description="its key; empty: it is in the file of the certificate")
    tls_port: int = Field(8443, ge=0, le=65535, description="port for HTTPS; 0 takes any free one")
    data_mount: Annotated[Path | None, BeforeValidator(_none_if_empty)] = Field(
        None,
        description="where the disk is mounted that the data folder is on, such as a stick: the box waits for it; "
        "empty: it is the computer's own",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    audio: Literal["auto", "portaudio", "snapcast", "silent"] = Field(
        "auto", description="sound output; auto: a sound card, silent until it is found"
    )
    audio_device: str = Field("", description="part of the PortAudio device's name; empty: the default device")
    audio_rate: int = Field(44100, ge=8000, le=192000, description="sample rate of the output stream in Hz")
    audio_idle_close_s: float = Field(10.0, ge=0, description="seconds without sound until the stream is closed")
    snapcast: SnapcastAddress = Field(
        "127.0.0.1", description="HOST[:PORT] of the Snapcast server's TCP source, with audio=snapcast"
    )
    snapcast_control_port: int = Field(1705, ge=1, le=65535, description="port of that server's control protocol")
    snapcast_delay_ms: int = Field(
        1000, ge=0, le=10_000, description="what is set as buffer in that server, which does not tell it"
    )
    reader: Literal["auto", "pcsc", "virtual", "none"] = Field(
        "auto", description="tag reader; auto: virtual until one is found"
    )
    reader_name: str = Field(
        "", description="part of the names of the readers to use, with * and ?; empty: all of them"
    )
    keys: Literal["auto", "none"] = Field("auto", description="buttons, knobs, remotes; auto: all that are plugged in")
    demo: Literal["auto", "on", "off"] = Field(
        "auto", description="the demo library: auto gives it to a new box, on adds it to any, off to none"
    )

    box_name: BoxName = Field("", description="what the box is called, for people")
    volume_ceiling: Volume = Field(100, description="loudest volume that anybody can set, in percent")
    start_volume: Volume = Field(100, description="loudest volume that the box starts with, in percent")
    same_tag: SameTag = Field("toggle", description="what a second tap of the playing tag does")
    on_removal: OnRemoval = Field("keep", description="what lifting the playing tag does")
    loudness: LoudnessMode = Field("track", description="what is brought to one loudness: each track, each album, off")
    sounds: bool = Field(True, description="whether the box has sounds of its own: ready, unknown tag, error")

    backup_to: Annotated[BackupFolder | None, BeforeValidator(_none_if_empty)] = Field(
        None, description="folder on a stick or a share that backups are written to; parents can name one otherwise"
    )
    backup_every_days: BackupDays = Field(7, description="days between two of these backups")
    backup_below: Folders = Field(
        ("/media", "/mnt", "/run/media"), description="where the folder lies that parents name, separated by commas"
    )

    free_kept_mb: int = Field(200, ge=0, description="MiB of the disk that uploads and imports leave free")
    upload_file_mb: int = Field(500, ge=1, description="largest file that can be uploaded, in MiB")
    uploads_at_once: int = Field(
        8,
        ge=1,
        description="uploads that can be under way at once; one that was left for ten minutes gives way to another",
    )
    upload_stale_h: float = Field(24, gt=0, description="hours until an upload that nobody continues is forgotten")
    inbox_watch_s: float = Field(10, ge=0, description="seconds between two looks into the inbox folder; 0: on request")

    youtube: Literal["on", "off"] = Field("on", description="whether parents can have music fetched from YouTube")

    mqtt: Annotated[BrokerAddress | None, BeforeValidator(_broker)] = Field(
        None, description="MQTT broker, mqtt://[USER:PASSWORD@]HOST[:PORT] or mqtts://…; empty: none (see docs/home.md)"
    )
    mqtt_password_file: File = Field(None, description="file whose first line is the password for the broker")
    mqtt_ca: File = Field(None, description="file of certificates that vouch for the broker; empty: the computer's own")
    mqtt_cert: File = Field(None, description="file of the certificate that shows the broker who the box is")
    mqtt_key: File = Field(None, description="file of that certificate's key; empty: it is in the same file")
    mqtt_discovery: Annotated[str, Field(max_length=100, pattern=r"^([^#+/\x00]+(/[^#+/\x00]+)*)?$")] = Field(
        "homeassistant", description="topic under which Home Assistant looks for devices; empty: it is not told"
    )
    mpd: AddressOrNone = Field(
        "",
        description="HOST[:PORT] to answer clients of MPD on, such as 0.0.0.0:6600; empty: none (docs/mpd.md)",
    )

    update_url: HttpsAddress = Field(
        "", description="https address of the index that tells of newer versions; empty: none is looked for"
    )

    position_interval_ms: int = Field(500, ge=100, description="how often the position is told while playing")
    position_min_ms: int = Field(400, ge=0, description="never told more often than this")
    event_log_size: int = Field(1000, ge=1, description="events kept for clients that were away")
    event_batch: int = Field(50, ge=1, description="packets written to a WebSocket in one go")
    dedup_window_s: float = Field(300, ge=0, description="how long a client_op_id is recognised")
    dedup_result_ttl_s: float = Field(600, ge=0, description="how long its answer is kept")
    ping_interval_s: float = Field(25, gt=0, description="seconds between pings of a socket")
    ping_timeout_s: float = Field(20, gt=0, description="seconds until an unanswered ping drops the socket")
    compress_over_bytes: int = Field(1024, ge=0, description="bodies above this may be gzipped")
    cors_origins: Origins = Field((), description="foreign origins that may use the box, separated by commas")
    allowed_hosts: Names = Field((), description="further names of the box in a Host header, separated by commas")

    proxies: Addresses = Field((), description="addresses of reverse proxies in front, separated by commas")

    rate_limits: Literal["on", "off"] = Field("on", description="whether clients are slowed down that ask too often")
    rate_player: Rated = Field(Rate(30, 10), description="requests of a client to the player: at once/per second")
    rate_youtube: Rated = Field(Rate(6, 0.1), description="requests of a client to YouTube: at once/per second")
    rate_other: Rated = Field(Rate(50, 50), description="all other requests of a client: at once/per second")
    rate_uploads: int = Field(8, ge=1, description="upload requests of a client that are served at once")

    @field_validator("tls_key")
    @classmethod
    def _has_certificate(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if key is not None and others.data.get("tls_cert") is None:
            raise ValueError("a key alone is of no use; TOMB_TLS_CERT names its certificate")
        return key


def read_settings(options: Mapping[str, Any]) -> Settings:
    """`options` go before the environment. Raises StartError that names the setting."""
    try:
        return Settings(**{**_in_file(), **_in_environment(), **options})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = ".".join(map(str, wrong["loc"])) or "settings"
        raise StartError(f"{PREFIX}{name.upper()}: {wrong['msg'].removeprefix('Value error, ')}") from None
    except (OSError, ValueError) as error:
        raise StartError(f"{CONFIG_FILE} cannot be read: {error}") from None


def unknown_settings() -> list[str]:
    """What is set under a name that no setting has, and where: a slip, or a setting of another version."""
    known = Settings.model_fields
    names = [name for name in os.environ if name.startswith(PREFIX) and name not in OTHERS]
    unknown = [name for name in names if name.removeprefix(PREFIX).lower() not in known]
    with suppress(OSError, ValueError):  # what cannot be read was said when it was read
        unknown += [f"{name} ({CONFIG_FILE})" for name in _in_file() if name not in known]
    return unknown


def _in_environment() -> dict[str, str]:
    """In whatever case somebody wrote them."""
    named = {name.lower(): value for name, value in os.environ.items()}
    return {
        name: value for name in Settings.model_fields if (value := named.get(f"{PREFIX}{name}".lower())) is not None
    }


def _in_file() -> dict[str, Any]:
    """Raises OSError, ValueError."""
    with suppress(FileNotFoundError):
        return tomllib.loads(CONFIG_FILE.read_text(encoding="utf-8"))
    return {}


def configuration_table() -> str:
    """The settings as a Markdown table, for docs/configuration.md."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, info in Settings.model_fields.items():
        rows.append(f"| `{PREFIX}{name.upper()}` | {_shown_default(name, info)} | {info.description} |")
    return "\n".join(rows) + "\n"


def _shown_default(name: str, info: FieldInfo) -> str:
    if name == "data":
        return "`~/.local/share/tomb`"
    default = info.default
    if default in ("", (), None):
        return "(empty)"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{str(default).lower()}`"
