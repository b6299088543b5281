"""The alert of Azure Monitor, made of its essentials and its alert context, in whichever schema they came.

Source: Azure documentation, Azure Monitor, "Common alert schema". ARM ids are compared without regard to case,
because Azure itself spells one resource in several ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bridge.domain.alert import Action, Alert, Rel, Resource, Status
from bridge.domain.errors import Undecoded
from bridge.sources.azure_facts import Facts, Family
from bridge.sources.azure_monitor_families import family_of
from bridge.sources.reading import Message, first_text, labels, mapping, members, text, time, title, web_links

_MEANING: Final = {
    "fired": (Status.FIRING, Action.TRIGGER),
    "resolved": (Status.RESOLVED, Action.RESOLVE),
    "activated": (Status.FIRING, Action.TRIGGER),
    "deactivated": (Status.RESOLVED, Action.RESOLVE),
}
"""The monitor conditions of the common schema, and the legacy schemas' words for them."""

_TEST_NAMES: Final = ("test-", "test_")
_TEST_SUBSCRIPTIONS: Final = frozenset({"aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", "11111111-1111-1111-1111-111111111111"})
"""Stand-ins that the test button of an action group names, today and in its first years."""

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"/providers/", re.IGNORECASE)


def alert_of(
    message: Message,
    *,
    essentials: Mapping[str, object],
    context: Mapping[str, object],
    custom: Mapping[str, object],
    service: str | None = None,
) -> Alert:
    """The alert of one message. `service` is the monitoring service where the essentials do not name it.

    Raises Undecoded where its state or its identity cannot be read.
    """
    facts = _facts(essentials, context, custom, service)
    family = family_of(facts)
    status, action = _meaning(facts, family)
    test = _is_test(facts)
    resolved = status is Status.RESOLVED
    return Alert(
        type=family.type,
        status=Status.INFO if test else status,
        action=Action.TEST if test else action,
        key=_key(facts, family),
        global_key=facts.subscription is not None,
        title=_title(facts, family, resolved=resolved),
        severity=family.severity,
        severity_raw=family.severity_raw,
        description=first_text(essentials.get("description"), family.description),
        provider="azure",
        account=facts.subscription,
        region=family.region,
        event_id=message.event_id,
        resource=_resource(facts),
        condition=family.condition,
        labels=_labels(facts, family),
        links=web_links((Rel.CONSOLE, essentials.get("investigationLink")), *family.links),
        # The health families tell of a recovery by another message that is fired as well.
        starts_at=None if resolved and family.recovered else time(essentials.get("firedDateTime")),
        ends_at=_ended(facts, family) if resolved else None,
        test=test,
        raw=message.raw,
    )


def _facts(
    essentials: Mapping[str, object], context: Mapping[str, object], custom: Mapping[str, object], service: str | None
) -> Facts:
    alert_id = text(essentials.get("alertId"))
    targets = [found for found in map(text, members(essentials.get("alertTargetIDs"))) if found is not None]
    named = (_SUBSCRIPTION.match(arm_id) for arm_id in (alert_id, *targets) if arm_id is not None)
    return Facts(
        service=first_text(service, essentials.get("monitoringService"), "alert") or "alert",
        essentials=essentials,
        context=context,
        custom=custom,
        alert_id=alert_id,
        target=targets[0] if targets else None,
        subscription=next((found.group(1) for found in named if found is not None), None),
    )


def _meaning(facts: Facts, family: Family) -> tuple[Status, Action]:
    condition = text(facts.essentials.get("monitorCondition"))
    known = _MEANING.get((condition or "").casefold())
    if known is None:
        raise Undecoded(f"the monitor condition is not known: {condition!r}")
    return _MEANING["resolved"] if family.recovered else known


def _key(facts: Facts, family: Family) -> str:
    identity = family.identity or facts.alert_id or text(facts.essentials.get("originAlertId"))
    if identity is None:
        raise Undecoded("the alert has no alertId")
    return identity.casefold()


def _is_test(facts: Facts) -> bool:
    """Both signs of the portal's test button: either alone is something that a customer may have."""
    budget = mapping(facts.context, "AlertData").get("BudgetName")
    named = first_text(facts.essentials.get("alertRule"), budget, (facts.target or "").rpartition("/")[2]) or ""
    stand_in = (facts.subscription or "").casefold() in _TEST_SUBSCRIPTIONS
    return stand_in and named.casefold().startswith(_TEST_NAMES)


def _title(facts: Facts, family: Family, *, resolved: bool) -> str:
    essentials = facts.essentials
    told = family.condition.text if family.condition else None
    stated = (family.subject, essentials.get("alertRule"), essentials.get("description"))
    subject = first_text(*stated, told, facts.alert_id)
    item = next(iter(members(essentials.get("configurationItems"))), None)
    where = text(item) if family.subject is None else None
    return title("Resolved:" if resolved else "Fired:", subject, f"on {where}" if where else None)


def _resource(facts: Facts) -> Resource:
    """The target by its ARM id: `.../providers/NAMESPACE/TYPE/NAME`, with more pairs for nested resources."""
    if facts.target is None:
        return Resource()
    _, *found = _PROVIDER.split(facts.target)
    namespace, *rest = found[-1].split("/") if found else [""]
    if len(rest) < 2:
        return Resource(id=facts.target)
    return Resource(id=facts.target, type="/".join([namespace, *rest[::2]]), name=rest[-1])


def _labels(facts: Facts, family: Family) -> dict[str, str]:
    named = {
        "alert_rule": facts.essentials.get("alertRule"),
        "monitoring_service": facts.essentials.get("monitoringService"),
    }
    return labels(family.labels, facts.custom, named)


def _ended(facts: Facts, family: Family) -> datetime | None:
    stated = time(facts.essentials.get("resolvedDateTime"))
    if stated is not None or not family.recovered:
        return stated
    return time(facts.context.get("eventTimestamp")) or time(facts.essentials.get("firedDateTime"))
