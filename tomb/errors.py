"""Everything that can go wrong on purpose.

    TombError
    ├── RequestError            an answer to a client: carries `error_type`, an HTTP status and `details`
    │   ├── ValidationFailed    400 validation_error        a body, path or query that fails its model
    │   ├── BadRequest          400 bad_request             well-formed, but makes no sense now
    │   │   ├── MethodNotAllowed 405
    │   │   └── NoSuchRange     416
    │   ├── Forbidden           403 forbidden
    │   │   └── UnknownHost     ... because the box does not go by that name
    │   ├── NotFound            404 not_found
    │   ├── RequestTimeout      408 request_timeout
    │   ├── Conflict            409 conflict
    │   ├── PayloadTooLarge     413 payload_too_large
    │   │   ├── AddressTooLong  414
    │   │   └── HeadersTooLarge 431
    │   ├── UnsupportedMedia    415 unsupported_media_type
    │   ├── RateLimited         429 rate_limit_exceeded     with `retry_after` seconds
    │   ├── InternalError       500 internal_error          a defect; what it was is in the log
    │   ├── Unavailable         503 service_unavailable
    │   │   └── OnProbation     503                         an edit, while a new version is being judged
    │   └── NoSpace             507 insufficient_storage
    ├── DeviceError             a fault of the hardware or its daemon: a state of the box, heals by itself
    │   ├── Missing             not there
    │   ├── Busy                there, but somebody else holds it
    │   ├── Broken              was there, stopped working
    │   └── Closed              we closed it ourselves
    ├── DecodeError             a file that is no playable audio
    ├── LibraryDamaged          the database cannot be trusted any more: the box ends, its next start recovers it
    └── StartError              the box cannot start; its text is the one line the user sees
        └── FolderInUse         ... because another one owns the data folder

The statuses and types are those of the wire's table (wire.md, section 2). Anything else that is raised is a defect.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct


class TombError(Exception):
    """Base of all errors that the box raises on purpose."""


class FieldError(Struct, frozen=True):
    """One thing wrong with a request: where, and what."""

    field: str
    message: str


class RequestError(TombError):
    """An error that a client caused or can do something about."""

    error_type: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.errors: tuple[FieldError, ...] = ()


class ValidationFailed(RequestError):
    error_type = "validation_error"
    status = 400

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)


class BadRequest(RequestError):
    error_type = "bad_request"
    status = 400


class MethodNotAllowed(BadRequest):
    status = 405


class NoSuchRange(BadRequest):
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__("the file has no such range", {"size": size})
        self.size = size


class Forbidden(RequestError):
    error_type = "forbidden"
    status = 403


class UnknownHost(Forbidden):
    """`host`: what the request called the box; None if nothing, or several things."""

    def __init__(self, host: str | None) -> None:
        message = "this box does not go by that name; TOMB_ALLOWED_HOSTS gives it more"
        super().__init__(message, {"host": host, "setting": "TOMB_ALLOWED_HOSTS"})
        self.host = host


class NotFound(RequestError):
    error_type = "not_found"
    status = 404

    def __init__(self, resource: str, resource_id: str) -> None:
        super().__init__(f"{resource} not found: {resource_id}", {"resource": resource, "id": resource_id})


class RequestTimeout(RequestError):
    error_type = "request_timeout"
    status = 408


class Conflict(RequestError):
    error_type = "conflict"
    status = 409


class PayloadTooLarge(RequestError):
    error_type = "payload_too_large"
    status = 413


class AddressTooLong(PayloadTooLarge):
    status = 414


class HeadersTooLarge(PayloadTooLarge):
    status = 431


class UnsupportedMedia(RequestError):
    error_type = "unsupported_media_type"
    status = 415


class RateLimited(RequestError):
    error_type = "rate_limit_exceeded"
    status = 429

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many requests; try again in {retry_after:.1f} s", {"retry_after": retry_after})
        self.retry_after = retry_after


class InternalError(RequestError):
    error_type = "internal_error"
    status = 500

    def __init__(self) -> None:
        super().__init__("something went wrong inside the box; its log says what")


class Unavailable(RequestError):
    error_type = "service_unavailable"
    status = 503


class OnProbation(Unavailable):
    def __init__(self) -> None:
        said = "the new version is being tried out: nothing can be changed for a minute, and the music plays"
        super().__init__(said, {"update": "proving"})


class NoSpace(RequestError):
    error_type = "insufficient_storage"
    status = 507


class DeviceError(TombError):
    """The text says what is wrong in words that a parent understands."""


class Missing(DeviceError):
    pass


class Busy(DeviceError):
    pass


class Broken(DeviceError):
    pass


class Closed(DeviceError):
    pass


class DecodeError(TombError):
    pass


class NoSound(DecodeError):
    """libsndfile finds none in it; ffmpeg may."""


class LibraryDamaged(TombError):
    pass


class StartError(TombError):
    pass


class FolderInUse(StartError):
    """`url`: where the holder answers, if it is a box that said so."""

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url
