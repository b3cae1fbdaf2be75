"""Pydantic's complaints as the wire's: each with the field that it is about."""

from pydantic import ValidationError

from tomb.errors import FieldError, ValidationFailed


def named(error: ValidationError, whole: str = "body") -> ValidationFailed:
    """`whole`: how to call what has no field, such as a body that is no JSON at all."""
    return ValidationFailed(
        [FieldError(".".join(map(str, each["loc"])) or whole, each["msg"]) for each in error.errors(include_url=False)]
    )
