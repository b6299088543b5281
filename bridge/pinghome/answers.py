"""Reading what Pinghome answers. Its texts document no response bodies, so reading is tolerant."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.pinghome.errors import (
    Conflict,
    FieldFault,
    Forbidden,
    Invalid,
    NotFound,
    PinghomeError,
    RateLimited,
    Unauthorized,
    Unavailable,
)

MESSAGE_LIMIT: Final = 200
"""Characters of the API's own words that an error repeats."""

_BY_STATUS: Final[Mapping[int, type[PinghomeError]]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_TIMEOUT: Unavailable,
    HTTPStatus.TOO_EARLY: Unavailable,
}


def read_data(operation: str, status: int, body: bytes) -> Any:
    """The data of a successful answer: what lies under `data`, else the object or list itself, else None.

    Raises Unavailable for an answer that is no JSON object or list: whatever spoke, it was not the API.
    """
    if not body.strip():
        return None
    document = _decode(body)
    if isinstance(document, dict) and isinstance(document.get("data"), dict | list):
        return document["data"]
    if isinstance(document, dict | list):
        return document
    raise Unavailable(operation, "the answer is no JSON object or list", status=status)


def error_of(
    operation: str, status: int, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]
) -> PinghomeError:
    """The error of an answer that is not 2xx. What it quotes from the answer is cleared of `secrets`."""
    document = _decode(body)
    document = document if isinstance(document, dict) else {}
    message = _quote(document.get("message"), secrets)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(operation, message, status=status, retry_after=_seconds(headers.get("Retry-After")))
    if (kind := _BY_STATUS.get(status)) is not None:
        return kind(operation, message, status=status)
    if 400 <= status < 500:
        return Invalid(operation, message, status=status, fields=_fields(document.get("errors"), secrets))
    return Unavailable(operation, message, status=status)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _fields(errors: Any, secrets: tuple[str, ...]) -> tuple[FieldFault, ...]:
    if not isinstance(errors, list):
        return ()
    return tuple(
        FieldFault(field=_quote(entry.get("field"), secrets), message=_quote(entry.get("message"), secrets))
        for entry in errors
        if isinstance(entry, dict)
    )


def _quote(said: Any, secrets: tuple[str, ...]) -> str:
    text = said if isinstance(said, str) else ""
    for secret in secrets:
        text = text.replace(secret, "[masked]")
    return text[:MESSAGE_LIMIT]


def _seconds(retry_after: str | None) -> float | None:
    """Whole seconds as RFC 9110 allows; its other form, a date, is left to the caller's own pace."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
