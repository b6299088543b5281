"""AWS Backup: jobs, by EventBridge and by the text that a vault publishes to SNS.

Source: AWS documentation, AWS Backup developer guide, "Monitoring AWS Backup events using Amazon EventBridge"
and "Notification options with AWS Backup". The text is for people: the state is only in SNS's message
attributes. Of the sentence nothing is read but the ARN of the resource, so that the next good backup of the
same resource ends the problem.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import (
    FIRING,
    INFO,
    RESOLVED,
    Details,
    Event,
    Place,
    alert_of,
    event_of,
    key_of,
    topic_place,
)
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, text, time, title

_JOBS: Final = {
    "Backup Job State Change": "BACKUP_JOB",
    "Copy Job State Change": "COPY_JOB",
    "Restore Job State Change": "RESTORE_JOB",
}
_OUTCOMES: Final = {"FAILED": FIRING, "EXPIRED": FIRING, "ABORTED": FIRING, "PARTIAL": FIRING, "COMPLETED": RESOLVED}
_ABORTED: Final = "ABORTED"
_RESOURCE: Final = re.compile(r"\bResource ARN ?: ?(arn:[^\s,]+?)[.,]?(?=\s|$)")


def read(message: Message) -> Sequence[Alert]:
    """The alert of one job. Raises Undecoded where neither the job nor its resource is named."""
    event = event_of(message)
    if event is not None:
        return _from_event(message, event) if event.kind in _JOBS else ()
    stated = message.attributes
    if message.plain_text is None or not {"EventType", "State", "Id"} <= stated.keys():
        return ()
    found = _RESOURCE.search(message.plain_text)
    resource, topic = found.group(1) if found else None, topic_place(message)
    return (
        _alert(
            message,
            job=stated["EventType"],
            state=stated["State"],
            job_id=stated["Id"],
            resource=resource,
            place=Place(account=stated.get("AccountId") or topic.account, region=arn_part(resource, 3) or topic.region),
            told=message.plain_text,
            since=message.sent_at or time(stated.get("StartTime")),
        ),
    )


def _from_event(message: Message, event: Event) -> Sequence[Alert]:
    detail = event.detail
    return (
        _alert(
            message,
            job=_JOBS[event.kind],
            state=first_text(detail.get("state"), detail.get("status")),
            job_id=first_text(detail.get("backupJobId"), detail.get("copyJobId"), detail.get("restoreJobId")),
            resource=text(detail.get("resourceArn")),
            place=event,
            told=text(detail.get("statusMessage")),
            vault=first_text(detail.get("backupVaultName"), detail.get("destinationBackupVaultArn")),
            since=time(detail.get("completionDate")) or event.time,
        ),
    )


def _alert(
    message: Message,
    *,
    job: str,
    state: str | None,
    job_id: str | None,
    resource: str | None,
    place: Event | Place,
    told: str | None,
    vault: str | None = None,
    since: datetime | None,
) -> Alert:
    known = (state or "").upper()
    kind = job.casefold().replace("_", "-")
    return alert_of(
        message,
        "backup-job",
        _OUTCOMES.get(known, INFO),
        key=key_of(resource, "backup", place.account, place.region, job_id, suffix=kind),
        title=title("AWS Backup:", kind.replace("-", " "), f"{known}:", arn_part(resource, 5) or job_id),
        place=place,
        details=Details(
            severity=Severity.MEDIUM if known == _ABORTED else Severity.HIGH,
            severity_raw=state,
            description=told,
            resource=Resource(id=resource, name=arn_part(resource, 5)),
            labels={"job": job_id, "job_type": job, "vault": vault},
            since=since,
        ),
    )
