"""Read this second: from a message to what is sent, with no I/O at all.

Planning is a pure function of the delivery and the configuration. Everything here can be tried by hand with
`pinghome-bridge explain`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bridge.domain.delivery import Delivery
from bridge.domain.identity import new_delivery_id
from bridge.domain.request import AuthMethod, Principal
from bridge.pipeline.ports import Plan
from bridge.samples import build
from bridge.settings import Settings
from bridge.wiring import planner

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PAGERS = {"webhook": "11111111-0000-4000-8000-000000000001"}
ARCHIVE = {"webhook": "22222222-0000-4000-8000-000000000002"}


def plan(kind: str, *, firing: bool = True, routes: list[dict[str, Any]] | None = None, **source: Any) -> Plan:
    """What the sample of that kind becomes under these routes."""
    sample = build(kind, firing=firing, now=NOW)
    settings = Settings.model_validate(
        {
            "sources": {sample.source: {"kind": sample.source, "verify": {"method": "token", "token": "t"}, **source}},
            "routes": routes or [{"name": "all", "to": [PAGERS]}],
        }
    )
    delivery = Delivery(
        id=new_delivery_id(NOW, 1),
        source=sample.source,
        received_at=NOW,
        principal=Principal(method=AuthMethod.TOKEN, name="token"),
        event_id=None,
        headers={},
        body=sample.body,
    )
    return planner(settings).plan(delivery)


def alert(planned: Plan) -> dict[str, Any]:
    """The one alert, as it is posted."""
    (body,) = planned.bodies
    document: dict[str, Any] = json.loads(body)
    return document


def test_three_clouds_speak_one_language() -> None:
    """Whatever the sender calls it: what is wrong, where, how bad, since when."""
    aws, gcp, azure = (alert(plan(kind)) for kind in ("aws-sns", "gcp-monitoring", "azure-monitor"))

    assert {one["schema"] for one in (aws, gcp, azure)} == {"bridge.alert/v1"}
    assert {one["action"] for one in (aws, gcp, azure)} == {"trigger"}
    assert aws["condition"]["metric"] == "CPUUtilization"
    assert gcp["severity_raw"] == "Error"
    assert azure["resource"]["name"] == "web-1"


def test_one_alarm_is_one_problem_however_it_comes() -> None:
    """By SNS and by EventBridge, firing and resolved: the same `dedup_key`."""
    spellings = [
        alert(plan(kind, firing=firing)) for kind in ("aws-sns", "aws-eventbridge") for firing in (True, False)
    ]

    assert len({one["dedup_key"] for one in spellings}) == 1


def test_sources_do_not_speak_for_each_other_unless_they_are_told_to() -> None:
    """The key begins with the source's name, or with the identity group that several sources share."""
    alone, grouped = alert(plan("aws-sns")), alert(plan("aws-sns", identity_group="production"))

    assert alone["dedup_key"].startswith("aws:arn:aws:cloudwatch:")
    assert grouped["dedup_key"].startswith("production:arn:aws:cloudwatch:")


def test_an_unknown_severity_is_never_harmless() -> None:
    """CloudWatch has none. The source's default applies, and it is counted."""
    planned = plan("aws-sns", default_severity="critical")

    assert (alert(planned)["severity"], alert(planned)["urgency"]) == ("critical", "high")
    assert planned.counts["severity_unmapped"] == 1


def test_the_first_route_whose_conditions_hold_takes_it() -> None:
    """Conditions are Pinghome's own, over the very document that is posted."""
    high = {"key": "severity", "operator": "equal", "values": ["critical", "high"]}
    routes = [
        {
            "name": "chatter",
            "when": [{"key": "labels.team", "operator": "equal", "values": ["lab"]}],
            "to": [{"drop": True}],
        },
        {"name": "pages", "when": [high], "to": [PAGERS, ARCHIVE]},
        {"name": "rest", "to": [ARCHIVE]},
    ]

    planned = plan("azure-monitor", routes=routes)

    assert alert(planned)["routing"]["route"] == "pages"
    assert [send.target.id for send in planned.sends] == [PAGERS["webhook"], ARCHIVE["webhook"]]


def test_a_dropped_alert_is_counted() -> None:
    """Nothing disappears in silence."""
    nowhere = {
        "name": "nowhere",
        "when": [{"key": "source.kind", "operator": "equal", "values": ["gcp"]}],
        "to": [{"drop": True}],
    }
    planned = plan("gcp-monitoring", routes=[nowhere, {"name": "all", "to": [PAGERS]}])

    assert planned.sends == []
    assert planned.counts["dropped"] == 1


def test_planning_again_makes_the_same_sends() -> None:
    """Ids follow from what they name, so a repetition is recognised as one."""
    first, second = plan("azure-monitor"), plan("azure-monitor")

    assert [(send.id, send.body) for send in first.sends] == [(send.id, send.body) for send in second.sends]
