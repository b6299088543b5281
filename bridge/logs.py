"""Structured logs: one closing event for each thing that happened, no bodies, no credentials."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal

import msgspec
import structlog

_FIRST: Final = ("at", "level", "process", "event")
_SECRET_NAMES: Final = frozenset(
    {"authorization", "token", "password", "secret", "cookie", "x-bridge-token", "routing_key", "signature"}
)


def configure(*, level: str = "info", form: Literal["auto", "json", "console"] = "auto", process: str) -> None:
    """Set up logging for this process, the libraries' own loggers included. `process` names it in every line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _redact,
        _ordered,
    ]
    renderer: Any = (
        # Plain tracebacks: the pretty ones show local variables, and those hold bodies and tokens.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, timestamp_key="at")
        if console
        else structlog.processors.JSONRenderer(serializer=lambda event, **_: msgspec.json.encode(event).decode())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info if not console else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    # Their lines say again what ours say, in sentences, and may hold arguments.
    for chatty in ("arq.worker", "aiohttp.access", "httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))
    logging.getLogger("aiohttp.server").filters[:] = [_MalformedRequests()]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process)


class _MalformedRequests(logging.Filter):
    """aiohttp's parser quotes what it could not read, and that may be a token: only the kind of error is told."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always logged."""
        kind = record.exc_info[0] if record.exc_info else None
        record.msg = f"malformed_request: {kind.__name__ if kind else 'unknown'}"
        record.args, record.exc_info, record.exc_text = (), None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last guard: a value under a secret's name never gets out, whoever logs it."""
    for name in event:
        if name.lower() in _SECRET_NAMES:
            event[name] = "[redacted]"
    return event


def _ordered(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When, how bad, who, what: then the rest. Lines are read by people too."""
    return {**{name: event[name] for name in _FIRST if name in event}, **event}
