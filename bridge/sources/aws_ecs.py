"""ECS: tasks that stopped, what a service's scheduler did, and deployments.

Source: AWS documentation, Amazon ECS developer guide, "Amazon ECS events" and "Stopped task error codes".
What befalls the tasks of one service is one problem, which ends when the service is steady: a task that
cannot start is replaced, and would otherwise be a new problem every minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.alert import Alert, Resource, Severity
from bridge.sources.aws_event import FIRING, INFO, RESOLVED, Details, Event, Outcome, alert_of, event_of, key_of
from bridge.sources.aws_names import arn_part
from bridge.sources.reading import Message, first_text, mapping, members, text, time, title

_SEVERITIES: Final = {"ERROR": Severity.HIGH, "WARN": Severity.MEDIUM}
_STEADY: Final = "SERVICE_STEADY_STATE"
_WANTED: Final = frozenset({"UserInitiated", "SpotInterruption", "TerminationNotice"})
"""Stop codes that tell of no fault of the task."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names neither a service nor a task."""
    event = event_of(message)
    if event is None:
        return ()
    match event.kind:
        case "ECS Task State Change":
            return (_task(message, event),)
        case "ECS Service Action":
            return (_service(message, event),)
        case "ECS Deployment State Change":
            return (_deployment(message, event),)
        case _:
            return ()


def _task(message: Message, event: Event) -> Alert:
    detail = event.detail
    task = first_text(detail.get("taskArn"), *event.arns())
    service, group = _service_arn(detail), text(detail.get("group"))
    status, reason = text(detail.get("lastStatus")), text(detail.get("stoppedReason"))
    failed = status == "STOPPED" and _failed(detail)
    name = (group or "").partition(":")[2] or arn_part(task, 5)
    return alert_of(
        message,
        "ecs-task-state-change",
        FIRING if failed else INFO,
        key=key_of(service or task, "ecs", event.account, event.region, task, suffix="tasks" if service else None),
        title=title(f"ECS task of {name}" if group else f"ECS {name}", "failed:" if failed else status, reason),
        place=event,
        details=Details(
            severity_raw=text(detail.get("stopCode")),
            description=_told(reason, detail),
            resource=Resource(id=task, type="AWS::ECS::Task", name=name),
            labels={
                "cluster": _tail(detail.get("clusterArn")),
                "group": group,
                "task_definition": _tail(detail.get("taskDefinitionArn")),
                "stop_code": detail.get("stopCode"),
                "launch_type": detail.get("launchType"),
            },
            since=time(detail.get("stoppedAt")) or time(detail.get("updatedAt")) or event.time,
        ),
    )


def _failed(detail: Mapping[str, object]) -> bool:
    code, reason = text(detail.get("stopCode")), (text(detail.get("stoppedReason")) or "").casefold()
    if code in _WANTED:
        return False
    if code == "ServiceSchedulerInitiated":
        # Scaling in kills containers, whose exit codes then say nothing; a failed health check says so.
        return "fail" in reason or "unhealthy" in reason
    if code == "TaskFailedToStart":
        return True
    exits = [mapping(container).get("exitCode") for container in members(detail.get("containers"))]
    return any(isinstance(exit_code, int) and exit_code != 0 for exit_code in exits)


def _told(reason: str | None, detail: Mapping[str, object]) -> str | None:
    """The reason, and each container that did not end well."""
    lines = [reason]
    for container in map(mapping, members(detail.get("containers"))):
        exit_code, why = text(container.get("exitCode")), text(container.get("reason"))
        if exit_code not in (None, "0") or why is not None:
            parts = (f"exit code {exit_code}" if exit_code else None, why)
            lines.append(f"{text(container.get('name')) or 'container'}: {', '.join(filter(None, parts))}")
    return "\n".join(filter(None, lines)) or None


def _service_arn(detail: Mapping[str, object]) -> str | None:
    """The ARN of the task's service, in the form of service events: `...:service/CLUSTER/SERVICE`."""
    kind, _, name = (text(detail.get("group")) or "").partition(":")
    before, found, cluster = (text(detail.get("clusterArn")) or "").partition(":cluster/")
    return f"{before}:service/{cluster}/{name}" if kind == "service" and name and found and cluster else None


def _service(message: Message, event: Event) -> Alert:
    detail = event.detail
    name, level = text(detail.get("eventName")), text(detail.get("eventType"))
    outcome: Outcome = FIRING if level in _SEVERITIES else RESOLVED if name == _STEADY else INFO
    # A recovery is as urgent as what it ends mostly is.
    severity = Severity.HIGH if outcome is RESOLVED else _SEVERITIES.get(level or "")
    return _of_service(message, event, outcome, severity, type_="ecs-service-action", problem="tasks")


def _deployment(message: Message, event: Event) -> Alert:
    name = text(event.detail.get("eventName")) or ""
    outcome = FIRING if name.endswith("_FAILED") else RESOLVED if name.endswith("_COMPLETED") else INFO
    return _of_service(message, event, outcome, Severity.HIGH, type_="ecs-deployment", problem="deployment")


def _of_service(
    message: Message, event: Event, outcome: Outcome, severity: Severity | None, *, type_: str, problem: str
) -> Alert:
    detail = event.detail
    arn, event_name = next(iter(event.arns()), None), text(detail.get("eventName"))
    service = _tail(arn) or next(iter(event.resources), None)
    return alert_of(
        message,
        type_,
        outcome,
        key=key_of(arn, "ecs", event.account, event.region, service, suffix=problem),
        title=title("ECS service", f"{service}:", event_name),
        place=event,
        details=Details(
            severity=severity,
            severity_raw=text(detail.get("eventType")),
            description=text(detail.get("reason")),
            resource=Resource(id=arn, type="AWS::ECS::Service", name=service),
            labels={
                "event": event_name,
                "cluster": _tail(detail.get("clusterArn")),
                "deployment": detail.get("deploymentId"),
            },
            since=time(detail.get("updatedAt")) or time(detail.get("createdAt")) or event.time,
        ),
    )


def _tail(arn: object) -> str | None:
    return (arn_part(text(arn), 5) or "").partition("/")[2] or None
