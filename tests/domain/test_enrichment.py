"""What the operator knows is added, and what was said stays."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain.alert import Link, Rel
from bridge.domain.conditions import BadCondition, Condition
from bridge.domain.enrichment import Always, Enrichment, Facts, Table

RUNBOOK = Link(rel=Rel.RUNBOOK, href="https://wiki.example.com/disk")
SHOP = Facts(service="shop", environment="production", labels={"team": "payments"}, links=(RUNBOOK,))
PRODUCTION = Facts(environment="production")
FIRING = (Condition(key="status", operator="equal", values=("firing",)),)


def enriched(*rules: Table | Always, **said: Any) -> dict[str, Any]:
    """An alert's document after the rules."""
    document = {"status": "firing", "service": None, "environment": None, "labels": {}, "links": [], **said}
    Enrichment(rules).apply(document)
    return document


def test_facts_are_added() -> None:
    document = enriched(Always(facts=SHOP))

    assert (document["service"], document["environment"]) == ("shop", "production")
    assert document["labels"] == {"team": "payments"}
    assert document["links"] == [{"rel": "runbook", "href": "https://wiki.example.com/disk"}]


def test_what_the_sender_said_stays() -> None:
    there = {"rel": "runbook", "href": "https://wiki.example.com/disk"}

    document = enriched(Always(facts=SHOP), service="cart", labels={"team": "web", "a": "b"}, links=[there])

    assert (document["service"], document["labels"]) == ("cart", {"team": "web", "a": "b"})
    assert document["links"] == [there], "an address stands there once"


def test_the_first_rule_that_knows_counts() -> None:
    document = enriched(Always(facts=Facts(service="first")), Always(facts=SHOP))

    assert (document["service"], document["environment"]) == ("first", "production")


def test_a_rule_is_for_those_for_whom_its_conditions_hold() -> None:
    assert enriched(Always(facts=SHOP, when=FIRING), status="resolved")["service"] is None
    assert enriched(Table(key="status", rows={"resolved": SHOP}, when=FIRING), status="resolved")["service"] is None


@pytest.mark.parametrize(
    ("account", "known"), [("111122223333", True), (111122223333, True), ("4", False), (None, False), ([], False)]
)
def test_a_table_finds_its_row_as_equal_compares(account: object, *, known: bool) -> None:
    """An account number may be a number here and a text there."""
    table = Table(key="source.account", rows={"111122223333": PRODUCTION})

    assert (enriched(table, source={"account": account})["environment"] == "production") is known


def test_a_later_rule_sees_what_an_earlier_one_said() -> None:
    by_service = Table(key="service", rows={"shop": Facts(labels={"tier": "1"})})

    assert enriched(Always(facts=SHOP), by_service)["labels"] == {"team": "payments", "tier": "1"}


def test_a_table_that_can_never_be_read_is_refused() -> None:
    with pytest.raises(BadCondition):
        Enrichment([Table(key="a[", rows={})])


def test_it_is_known_whether_the_raw_message_is_needed() -> None:
    assert Enrichment([Table(key="raw.cluster", rows={})]).reads_raw
    assert not Enrichment([Always(facts=SHOP, when=FIRING)]).reads_raw
