"""AWS Glue: runs of jobs and crawlers, and changes of the data catalog.

Source: AWS documentation, AWS Glue developer guide, "Automating AWS Glue with EventBridge". A good run ends
the failure of the same job. "Glue Job Run Status" is sent when a run takes longer than its delay threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import FIRING, INFO, RESOLVED, Details, alert_of, event_of, key_of
from bridge.sources.reading import Message, first_text, is_word, mapping, states_failure, text, title

_RUNS: Final = {
    "Glue Job State Change": ("glue-job", "job", "jobName"),
    "Glue Job Run Status": ("glue-job-delay", "job", "jobName"),
    "Glue Crawler State Change": ("glue-crawler", "crawler", "crawlerName"),
}
_DELAY: Final = "Glue Job Run Status"
_CATALOG: Final = "Glue Data Catalog "
_SUCCESS: Final = frozenset({"succeeded"})
_SEVERITIES: Final = {"ERROR": Severity.HIGH, "WARN": Severity.MEDIUM}


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names no job, crawler, database or table."""
    event = event_of(message)
    if event is None or not (event.kind in _RUNS or event.kind.startswith(_CATALOG)):
        return ()
    detail = event.detail
    if event.kind in _RUNS:
        type_, what, name_key = _RUNS[event.kind]
        name, state = text(detail.get(name_key)), text(detail.get("state"))
    else:
        type_, what, state = "glue-data-catalog", "catalog", text(detail.get("typeOfChange"))
        parts = (text(detail.get("databaseName")), text(detail.get("tableName")))
        name = "/".join(filter(None, parts)) or None
    late = event.kind == _DELAY
    failed = what != "catalog" and (late or states_failure(state))
    outcome = FIRING if failed else RESOLVED if is_word(state, _SUCCESS) else INFO
    stated = text(detail.get("severity"))
    arn = event.arn("glue", name and f"{what}/{name}") if what != "catalog" else next(iter(event.arns()), None)
    minutes = text(mapping(detail, "notificationCondition").get("NotifyDelayAfter"))
    return (
        alert_of(
            message,
            type_,
            outcome,
            key=key_of(arn, "glue", event.account, event.region, name and f"{what}/{name}"),
            title=title(f"Glue {what}", f"{name}:", f"{state} for more than {minutes} minutes" if late else state),
            place=event,
            details=Details(
                # INFO is the severity of a good end; that end is as urgent as what it ends.
                severity=Severity.MEDIUM if late else _SEVERITIES.get(stated or "", Severity.HIGH),
                severity_raw=stated,
                description=first_text(detail.get("message"), detail.get("errorMessage")),
                resource=Resource(id=arn, type=f"AWS::Glue::{what.capitalize()}", name=name),
                labels={
                    what: name,
                    "state": state,
                    "run": detail.get("jobRunId"),
                    "database": detail.get("databaseName"),
                    "table": detail.get("tableName"),
                },
                since=event.time,
            ),
        ),
    )
