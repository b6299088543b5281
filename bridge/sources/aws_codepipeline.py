"""CodePipeline: executions of pipelines, stages and actions.

Source: AWS documentation, AWS CodePipeline user guide, "Monitoring CodePipeline events". A success ends the
failure of the same pipeline, stage or action, whichever execution it is of. Samples spell the pipeline's ARN
in two ways, so it is built from its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bridge.domain.alert import Alert, Rel, Resource
from bridge.sources.aws_event import FIRING, INFO, RESOLVED, Details, alert_of, event_of, key_of
from bridge.sources.aws_names import console_links, partition_of
from bridge.sources.reading import Message, first_text, mapping, text, time, title, web_links

_KINDS: Final = {
    "CodePipeline Pipeline Execution State Change": "codepipeline-pipeline",
    "CodePipeline Stage Execution State Change": "codepipeline-stage",
    "CodePipeline Action Execution State Change": "codepipeline-action",
}
_OUTCOMES: Final = {"FAILED": FIRING, "SUCCEEDED": RESOLVED}
"""Started, resumed, superseded, stopped, canceled and abandoned executions are neither."""


def read(message: Message) -> Sequence[Alert]:
    """The alert of one event. Raises Undecoded where it names no pipeline."""
    event = event_of(message)
    if event is None or event.kind not in _KINDS:
        return ()
    detail = event.detail
    pipeline, state = text(detail.get("pipeline")), text(detail.get("state"))
    part = "/".join(filter(None, (text(detail.get("stage")), text(detail.get("action")))))
    result = mapping(detail, "execution-result")
    path = f"codesuite/codepipeline/pipelines/{pipeline}/view?region={event.region}"
    arn = event.arn("codepipeline", pipeline)
    return (
        alert_of(
            message,
            _KINDS[event.kind],
            _OUTCOMES.get((state or "").upper(), INFO),
            key=key_of(arn, "codepipeline", event.account, event.region, pipeline, suffix=part or None),
            title=title("CodePipeline", pipeline, part or None, f"{state}:" if _told(result) else state, _told(result)),
            place=event,
            details=Details(
                severity_raw=state,
                description=_told(result),
                resource=Resource(id=arn, type="AWS::CodePipeline::Pipeline", name=pipeline),
                labels={
                    "pipeline": pipeline,
                    "stage": detail.get("stage"),
                    "action": detail.get("action"),
                    "execution": detail.get("execution-id"),
                    "error_code": result.get("error-code"),
                },
                links=(
                    *console_links(partition_of(event.region), event.region, path),
                    *web_links((Rel.SOURCE, result.get("external-execution-url"))),
                ),
                since=time(detail.get("start-time")) if state == "STARTED" else event.time,
            ),
        ),
    )


def _told(result: object) -> str | None:
    """What the action's provider says about its end."""
    return first_text(mapping(result).get("external-execution-summary"), mapping(result).get("error-code"))
