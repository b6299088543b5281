"""What a local Pinghome starts with: one account and what the bridge's configuration refers to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.pinghome import demo

_NAMESPACE: Final = uuid.UUID("0f6f4f3e-7a34-4f6b-9d2c-6d2b1f0c9a11")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One organisation with one account, a team, a service, an on-call schedule and a ruleset that opens
    incidents; and the webhooks and heartbeat monitors that must be there (id to name)."""

    name: str
    email: str
    password: str
    organisation_id: str
    customer_id: str
    team_id: str
    service_id: str
    ruleset_id: str
    webhooks: Mapping[str, str] = field(default_factory=dict)
    heartbeats: Mapping[str, str] = field(default_factory=dict)


def demo_world(webhooks: Mapping[str, str] | None = None, heartbeats: Mapping[str, str] | None = None) -> World:
    """The published demo account with its webhook `alerts` and its monitor `demo-job`, and more if given."""
    return World(
        name="demo",
        email=demo.DEMO_EMAIL,
        password=demo.DEMO_PASSWORD,
        organisation_id=demo.DEMO_ORGANISATION_ID,
        customer_id=demo.DEMO_CUSTOMER_ID,
        team_id=demo.DEMO_TEAM_ID,
        service_id=demo.DEMO_SERVICE_ID,
        ruleset_id=demo.DEMO_RULESET_ID,
        webhooks={**(webhooks or {}), demo.DEMO_WEBHOOK_ID: "alerts"},
        heartbeats={**(heartbeats or {}), demo.DEMO_HEARTBEAT_ID: "demo-job"},
    )


def configured_world(email: str, password: str, webhooks: Mapping[str, str], heartbeats: Mapping[str, str]) -> World:
    """The account of the configuration. Its ids follow from its e-mail address, so a restart finds them again."""

    def derived(what: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{what}:{email}"))

    return World(
        name="bridge",
        email=email,
        password=password,
        organisation_id=derived("organisation"),
        customer_id=derived("customer"),
        team_id=derived("team"),
        service_id=derived("service"),
        ruleset_id=derived("ruleset"),
        webhooks=webhooks,
        heartbeats=heartbeats,
    )
