"""Error Reporting's notifications through a webhook channel: a new error, or one that is back.

Source: Google Cloud documentation, Error Reporting, "Set up notifications", "Webhook payload". There is no severity, no
time and no resolve. At most five are sent for a group in an hour, and then none for up to six hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from bridge.domain.alert import Action, Alert, Condition, Rel, Status
from bridge.domain.errors import Undecoded
from bridge.sources.reading import Message, first_text, labels, mapping, text, title, web_links

_TYPE: Final = "gcp-error-reporting"


def read(message: Message) -> Sequence[Alert]:
    """The alert of one notification. Raises Undecoded where its group cannot be read."""
    group, exception = mapping(message.document, "group_info"), mapping(message.document, "exception_info")
    if not group or not exception:
        return ()
    event = mapping(message.document, "event_info")
    project = text(group.get("project_id"))
    kind, told = text(exception.get("type")), text(exception.get("message"))
    error = title(f"{kind}:" if kind and told else kind, told)
    return (
        Alert(
            type=_TYPE,
            status=Status.FIRING,
            action=Action.TRIGGER,
            key=f"{project or ''}/{_group(group, error, event)}",
            global_key=project is not None,
            title=title(first_text(message.document.get("subject"), error, "Error of Google Cloud Error Reporting")),
            description=first_text(event.get("log_message"), error),
            provider="gcp",
            account=project,
            event_id=message.event_id,
            condition=Condition(text=error or None),
            labels=_labels(event, kind),
            links=web_links((Rel.CONSOLE, group.get("detail_link"))),
            raw=message.raw,
        ),
    )


def _group(group: Mapping[str, object], error: str, event: Mapping[str, object]) -> str:
    """The group by the path of its link (its query holds times), else by what failed where."""
    try:
        path = urlsplit(text(group.get("detail_link")) or "").path
    except ValueError:
        path = ""
    service = text(event.get("service"))
    if path.strip("/"):
        return path.strip("/")
    if not error and service is None:
        raise Undecoded("the error has neither a link, a type, a message nor a service")
    return f"{service or ''}/{error}"


def _labels(event: Mapping[str, object], kind: str | None) -> dict[str, str]:
    names = ("service", "version", "request_method", "request_url", "response_status")
    return labels({name: event.get(name) for name in names}, {"exception": kind})
