"""Routes, facts and words in the configuration: what they become, and what is refused where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.domain.alert import Link, Rel, Status, Urgency
from bridge.domain.conditions import AllOf, AnyOf, Condition, Not
from bridge.domain.destination import HeartbeatOf, IncidentOf, Result
from bridge.domain.enrichment import Always, Facts, Table
from bridge.domain.errors import ConfigError
from bridge.domain.routing import Route
from bridge.domain.send import Target, TargetKind
from bridge.domain.template import Template
from bridge.settings import Settings, load
from bridge.settings.start import check_start

WEBHOOK = {"webhook": "c03b02ec-244f-4d2c-8f68-3910071ed5c8"}
TEAM = {"incident": {"team": "team-1"}}
HIGH = {"key": "severity", "operator": "equal", "values": ["high"]}
FIRING = {"key": "status", "operator": "equal", "values": ["firing"]}


def route(**keys: Any) -> dict[str, Any]:
    """One route to a webhook."""
    return {"name": "all", "to": [WEBHOOK], **keys}


def settings(*routes: dict[str, Any], **keys: Any) -> Settings:
    """A configuration with these routes."""
    return Settings.model_validate({"routes": list(routes) or [route()], **keys})


def faults(folder: Path, *routes: dict[str, Any], **keys: Any) -> dict[str, str]:
    """Key path and reason of every fault of a configuration with these routes."""
    file = folder / "bridge.yaml"
    file.write_text(yaml.safe_dump({"routes": list(routes) or [route()], **keys}))
    with pytest.raises(ConfigError) as raised:
        check_start(load(file, {}))
    return {fault.key: fault.reason for fault in raised.value.faults}


def test_conditions_nest() -> None:
    written = [HIGH, {"any": [FIRING, {"not": {"all": [HIGH, FIRING]}}]}]

    (made,) = settings(route(when=written)).routes

    high = Condition(key="severity", operator="equal", values=("high",))
    firing = Condition(key="status", operator="equal", values=("firing",))
    assert made.route().when == (high, AnyOf(members=(firing, Not(member=AllOf(members=(high, firing))))))


def test_severity_rules_facts_and_words_nest_too() -> None:
    nested = [{"not": HIGH}]

    made = settings(
        severity={"rules": [{"when": nested, "severity": "low"}]},
        enrichment=[{"when": nested, "set": {"service": "a"}}],
        templates=[{"when": nested, "title": "b"}],
    )

    expected = (Not(member=Condition(key="severity", operator="equal", values=("high",))),)
    assert made.enrichment[0].rule().when == made.templates[0].template().when == expected
    assert made.severity.severities().by_rule({"severity": "medium"}) == "low"


def test_every_kind_of_target() -> None:
    incident = {
        "team": "team-1",
        "urgency": "high",
        "assignees": [{"type": "team", "id": "team-2"}],
        "actions": [{"type": "trigger-alerts", "settings": [{"status_page_id": "p", "component_id": "c"}]}],
    }
    heartbeat = {"id": "monitor-1", "results": {"firing": "tick", "resolved": "ignore"}}

    (made,) = settings(
        {"name": "a", "continue": True, "to": [WEBHOOK, {"incident": incident}, {"heartbeat": heartbeat}]}
    ).routes

    assert made.route() == Route(
        name="a",
        when=(),
        proceed=True,
        to=(
            Target(kind=TargetKind.WEBHOOK, id=WEBHOOK["webhook"]),
            IncidentOf(
                target=Target(kind=TargetKind.INCIDENT, id="team-1"),
                urgency=Urgency.HIGH,
                assignees=({"type": "team", "id": "team-2"},),
                actions=(
                    {"type": "trigger-alerts", "settings": [{"status_page_id": "p", "component_id": "c"}]},
                ),
            ),
            HeartbeatOf(
                target=Target(kind=TargetKind.HEARTBEAT, id="monitor-1"),
                results={Status.FIRING: Result.TICK, Status.RESOLVED: None},
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "place", "reason"),
    [
        ({"when": [{"any": [{"key": "a[", "operator": "exists"}]}]}, "when[0].any[0]", "no JMESPath expression"),
        ({"when": [{"not": {"operator": "exists"}}]}, "when[0].not.key", "field required"),
        ({"when": [{"all": []}]}, "when[0].all", "at least 1 item"),
        ({"when": [{"any": [HIGH], "not": HIGH}]}, "when[0].not", "extra inputs"),
        ({"when": ["severity"]}, "when[0]", "valid dictionary"),
        ({"to": [{"hook": "x"}]}, "to[0].hook", "extra inputs"),
        ({"to": [{"incident": {}}, WEBHOOK]}, "to[0].incident.team", "field required"),
        ({"to": [{"incident": {"team": "t", "urgency": "urgent"}}]}, "to[0].incident.urgency", "input should be"),
        ({"to": [{"heartbeat": {"id": "x", "results": {}}}, WEBHOOK]}, "to[0].heartbeat.results", "at least 1 item"),
        (
            {"to": [{"heartbeat": {"id": "x", "results": {"firing": "ignore"}}}, WEBHOOK]},
            "to[0].heartbeat",
            "never hear anything",
        ),
        ({"to": [{"drop": True}, WEBHOOK]}, "", "drop stands alone"),
        ({"to": [{"drop": True}], "continue": True}, "", "drop ends the way"),
    ],
)
def test_a_bad_route_is_told_with_its_place(tmp_path: Path, bad: dict[str, Any], place: str, reason: str) -> None:
    """Without a word of how the places are told apart."""
    found = faults(tmp_path, route(**bad), route(name="good"))

    key = f"routes[0].{place}".rstrip(".")
    assert reason in found[key]
    assert not any("<" in place for place in found)


def test_a_heartbeat_alone_is_no_way_out(tmp_path: Path) -> None:
    heartbeat = {"heartbeat": {"id": "x", "results": {"firing": "tick"}}}

    assert "no alert could ever get out" in faults(tmp_path, route(to=[heartbeat]))[""]


def test_an_incident_is_a_way_out_and_needs_an_account(tmp_path: Path) -> None:
    found = faults(tmp_path, route(), route(name="team", to=[WEBHOOK, TEAM]))

    assert found == {"routes[1].to[1].incident": "an incident needs pinghome.email and pinghome.password"}
    check_start(settings(route(to=[TEAM]), pinghome={"email": "a@example.com", "password": "x"}))


def test_facts_become_tables_and_rules() -> None:
    facts = {"service": "shop", "team": "payments", "labels": {"tier": "1"},
             "links": {"runbook": "https://wiki.example.com"}}  # fmt: skip

    made = settings(enrichment=[{"set": facts}, {"by": "source.account", "rows": {111122223333: {"environment": "p"}}}])

    runbook = Link(rel=Rel.RUNBOOK, href="https://wiki.example.com")
    assert [one.rule() for one in made.enrichment] == [
        Always(facts=Facts(service="shop", labels={"tier": "1", "team": "payments"}, links=(runbook,))),
        Table(key="source.account", rows={"111122223333": Facts(environment="p")}),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({}, "give either"),
        ({"by": "labels.a"}, "give either"),
        ({"rows": {"a": {}}}, "give either"),
        ({"set": {}, "by": "labels.a", "rows": {"a": {}}}, "give either"),
        ({"by": "labels[", "rows": {"a": {}}}, "by: key"),
        ({"set": {"links": {"runbook": "javascript:alert(1)"}}}, "string should match pattern"),
    ],
)
def test_facts_that_say_nothing_are_refused(tmp_path: Path, bad: dict[str, Any], reason: str) -> None:
    assert any(reason in told for told in faults(tmp_path, enrichment=[bad]).values())


def test_words_become_templates() -> None:
    made = settings(templates=[{"title": "{{ title }}", "description": "{{ labels.team }}"}])

    assert made.templates[0].template() == Template(title="{{ title }}", description="{{ labels.team }}")


@pytest.mark.parametrize("bad", [{}, {"title": "{{ title"}, {"title": "a", "description": "{{ raw }}"}])
def test_words_that_cannot_be_filled_in_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    assert list(faults(tmp_path, templates=[bad])) == ["templates[0]"]


def test_what_is_shown_is_spelt_as_it_is_written() -> None:
    """`/v1/config` can be pasted back, but for the secrets."""
    written = route(**{"continue": True, "when": [{"any": [{"not": {**HIGH, "type": "json-check"}}]}]})

    (shown,) = settings(written).model_dump(mode="json")["routes"]

    assert shown == {**written, "to": [{"webhook": "**********"}]}
