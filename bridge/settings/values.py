"""Kinds of values that the configuration knows besides pydantic's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_DURATION_WORDS: Final = "a duration is a number and a unit: 500ms, 15s, 5m, 2h, 7d"
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE: Final = re.compile(r"(\d+)(B|KiB|MiB|GiB)")
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h)")
_SIZES: Final = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Model(BaseModel):
    """Frozen, refuses unknown keys, and never repeats a value in an error: it may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, serialize_by_alias=True)


def key_of(*keys: str, default: str) -> Callable[[Any], str]:
    """For unions that are told apart by the one key that their members have: `<key>`, or the default.

    The tags stand in angle brackets so that the path of a fault can leave them out.
    """

    def tag(value: Any) -> str:
        # A model that is validated again has its alias nowhere but among its fields.
        held = value if isinstance(value, dict) else _aliases(value)
        return next((f"<{key}>" for key in keys if key in held), default)

    return tag


def _aliases(value: Any) -> set[str]:
    return {field.alias or name for name, field in getattr(type(value), "model_fields", {}).items()}


def _duration(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError(_DURATION_WORDS)  # noqa: TRY004 - pydantic takes ValueError for a fault
    if isinstance(value, str):
        parts = _DURATION.fullmatch(value.strip())
        if parts is None:
            raise ValueError(_DURATION_WORDS)
        try:
            return timedelta(seconds=float(parts[1]) * _UNITS[parts[2]])
        except OverflowError:
            raise ValueError("a duration beyond reason") from None
    return value


def _size(value: Any) -> Any:
    if isinstance(value, str):
        parts = _SIZE.fullmatch(value.strip())
        if parts is None:
            raise ValueError("a size is a number and a unit: 500KiB, 2MiB")
        return int(parts[1]) * _SIZES[parts[2]]
    return value


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        parts = _RATE.fullmatch(value.strip())
        if parts is None:
            raise ValueError("a rate is a number, / and a unit: 100/s, 600/m")
        return float(parts[1]) / _UNITS[parts[2]]
    return value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def written(value: timedelta) -> str:
    """A length of time as the configuration spells it."""
    seconds = value.total_seconds()
    return f"{seconds:.0f}s" if seconds.is_integer() else f"{seconds * 1000:.0f}ms"


Duration = Annotated[
    timedelta,
    Field(gt=timedelta(0)),
    BeforeValidator(_duration),
    PlainSerializer(written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}),
]
"""A positive length of time: `500ms`, `15s`, `5m`, `2h`, `7d`."""

Size = Annotated[
    int,
    Field(gt=0),
    BeforeValidator(_size),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "string", "pattern": f"^{_SIZE.pattern}$"}]}
    ),
]
"""A number of bytes: `2MiB`, `500KiB`, or a plain number."""

Rate = Annotated[
    float,
    Field(gt=0),
    BeforeValidator(_rate),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": f"^{_RATE.pattern}$"}]}
    ),
]
"""How many a second: `100/s`, `600/m`, or a plain number."""

Secret = Annotated[SecretStr, Field(min_length=1)]
"""A secret that is not empty."""

Secrets = Annotated[
    tuple[Secret, ...],
    Field(min_length=1, max_length=2),
    BeforeValidator(_as_list),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}]}
    ),
]
"""One secret, or two while the first is being rotated out."""


def revealed(secrets: Secrets) -> list[str]:
    """The secrets themselves, for whoever compares them."""
    return [secret.get_secret_value() for secret in secrets]


Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 takes a free one."""

NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A text that says something."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A name that stands in URLs: lower case letters, digits, `-` and `_`."""


def is_loopback(host: str) -> bool:
    """Does this listen address stay on this machine?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
