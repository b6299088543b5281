"""A local Pinghome in which there is one of everything, and for every operation a call that succeeds there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.pinghome.demo import (
    DEMO_CUSTOMER_ID,
    DEMO_EMAIL,
    DEMO_HEARTBEAT_ID,
    DEMO_PASSWORD,
    DEMO_RULESET_ID,
    DEMO_SERVICE_ID,
    DEMO_TEAM_ID,
    DEMO_WEBHOOK_ID,
)
from tests.local.world import World

NEW_EMAIL: Final = "new.person@example.com"
NEW_PASSWORD: Final = "example-Passw0rd!"
INVITED: Final = "invited@example.com"
ENTRY: Final = {"team_member_id": DEMO_CUSTOMER_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00:00"}
SERVER: Final = {
    "service_id": DEMO_SERVICE_ID,
    "name": "db1",
    "description": "the database",
    "timezone": "Europe/Berlin",
    "chart_type_default": "line",
}
MONITOR: Final = {
    "name": "shop",
    "type": "http",
    "port": "",
    "grace_period": 0,
    "recovery_period": 0,
    "skip_ssl_error": False,
    "not_follow_redirect": False,
    "method": "GET",
    "is_advanced": True,
    "service_id": DEMO_SERVICE_ID,
    "url": "https://shop.example.com",
    "conditions": [{"type": "response-json-check", "key": "ok", "operator": "equal", "values": ["true"]}],
    "regions": ["eu-central-1"],
}
MONITOR_CHANGE: Final = {
    name: MONITOR[name]
    for name in (
        "name", "is_advanced", "method", "grace_period", "recovery_period", "skip_ssl_error", "service_id",
        "conditions", "regions",
    )
}  # fmt: skip
INTEGRATION: Final = {
    "name": "n",
    "status": "investigating",
    "integration": "page1",
    "type": "statuspageIo",
    "items": ["c"],
}
INTEGRATION_CHANGE: Final = {"name": "n", "status": "resolved", "message": "over", "items": ["c"]}
RULESET: Final = {
    "rule_type": "webhook",
    "conditions": [{"type": "json-check", "key": "a", "operator": "equal", "values": ["1"]}],
    "level": "team",
    "team_id": DEMO_TEAM_ID,
    "name": "n",
    "description": "d",
    "urgency": "high",
    "assignees": [{"type": "team", "id": DEMO_TEAM_ID}],
}
INCIDENT: Final = {"name": "n", "description": "d", "urgency": "high"}
NOTHING_TO_FIND: Final[Mapping[str, Mapping[str, str] | None]] = {
    "billing.coupon": {"code": "25OFF"},
    "billing.apply_voucher": None,
}
"""A local Pinghome sells nothing, so that there is no coupon and no voucher that these could succeed with."""


@dataclass(frozen=True, kw_only=True)
class Good:
    """A call that succeeds."""

    path: Mapping[str, str] | None = None
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


@dataclass
class Prepared:
    """One of everything, by the name of what it is."""

    ids: dict[str, str] = field(default_factory=dict)

    def page(self, subdomain: str = "other") -> dict[str, Any]:
        """A status page with a component in and one outside of a group."""
        component = {
            "name": "Shop",
            "description": "",
            "status": "operational",
            "type": "resource",
            "resource_id": self.ids["monitor"],
        }
        return {
            "name": "Status",
            "description": "",
            "subdomain": subdomain,
            "domain": f"{subdomain}.example.com",
            "type": "public",
            "components": [component],
            "groups": [{"name": "Group", "components": [component]}],
        }

    def calls(self) -> dict[str, Good]:
        """For every operation a call that succeeds in a fresh copy of this world."""
        return {**self._people(), **self._monitoring(), **self._incidents(), **self._pages(), **self._billing()}

    def _people(self) -> dict[str, Good]:
        ids, team, service = self.ids, {"id": DEMO_TEAM_ID}, {"id": DEMO_SERVICE_ID}
        member = {"id": DEMO_TEAM_ID, "memberId": ids["member"]}
        new = {"name": "New", "surname": "Person", "email": "newer@example.com", "password": NEW_PASSWORD}
        reset = {"email": DEMO_EMAIL, "code": ids["recovery_code"], "password": NEW_PASSWORD}
        changed = {"previous_password": DEMO_PASSWORD, "proposed_password": NEW_PASSWORD}
        guest = {"channel_value": "guest@example.com", "channel_type": "email"}
        return {
            "auth.sign_up": Good(body=new),
            "auth.confirm": Good(body={"email": NEW_EMAIL, "confirmation_code": ids["sign_up_code"]}),
            "auth.resend_code": Good(body={"email": NEW_EMAIL}),
            "auth.sign_in": Good(body={"email": DEMO_EMAIL, "password": DEMO_PASSWORD}),
            "auth.sign_out": Good(),
            "auth.recover_password": Good(body={"email": DEMO_EMAIL}),
            "auth.reset_password": Good(body=reset),
            "auth.change_password": Good(body=changed),
            "customer.get": Good(path={"customer_id": DEMO_CUSTOMER_ID}),
            "customer.update": Good(body={"name": "Demo", "surname": "Person"}),
            "customer.delete": Good(body={"reason": "poor-features"}),
            "customer.change_username": Good(body={"email": "renamed@example.com"}),
            "customer.confirm_username": Good(body={"code": ids["username_code"]}),
            "customer.send_feedback": Good(body={"feedback": "Good experience"}),
            "team.create": Good(body={"name": "second"}),
            "team.list": Good(),
            "team.update": Good(path=team, body={"name": "renamed"}),
            "team.delete": Good(path={"id": ids["other_team"]}),
            "team.invitations": Good(path=team),
            "team.invite": Good(path=team, body=guest),
            "team.withdraw_invitation": Good(path=team, body={"channel_value": INVITED}),
            "team.members": Good(path=team),
            "team.remove_member": Good(path=member),
            "team.update_member": Good(path=member, body={"role": "manager", "new_team_id": DEMO_TEAM_ID}),
            "team.remind": Good(path=team, body={"channel_value": INVITED}),
            **_channels("customer-channels", {"id": DEMO_CUSTOMER_ID}, ids["channel_code"]),
            **_channels("team-channels", team, ids["team_channel_code"]),
            "service.create": Good(body={"name": "api", "team_id": DEMO_TEAM_ID}),
            "service.update": Good(path=service, body={"name": "renamed"}),
            "service.delete": Good(path=service),
            "service.get": Good(path=service),
        }

    def _monitoring(self) -> dict[str, Good]:
        ids, service, heartbeat = self.ids, {"id": DEMO_SERVICE_ID}, {"id": DEMO_HEARTBEAT_ID}
        monitor, bare, server = {"id": ids["monitor"]}, {"id": ids["bare_monitor"]}, {"id": ids["server"]}
        integration = {"id": ids["monitor"], "integration": ids["integration"]}
        days = {"days_before": [1, 7]}
        changed = {"name": "n", "service_id": DEMO_SERVICE_ID, "methods": ["GET"]}
        return {
            "uptime.create": Good(body=MONITOR),
            "uptime.delete_many": Good(query={"id": f"{ids['monitor']},{ids['bare_monitor']}"}),
            "uptime.set_enabled": Good(path=monitor, body={"enabled": False}),
            "uptime.delete": Good(path=monitor),
            "uptime.update": Good(path=monitor, body=MONITOR_CHANGE),
            "uptime.set_tld_reminder": Good(path=bare, body=days),
            "uptime.update_tld_reminder": Good(path=monitor, body=days),
            "uptime.delete_tld_reminder": Good(path=monitor),
            "uptime.set_ssl_reminder": Good(path=bare, body=days),
            "uptime.update_ssl_reminder": Good(path=monitor, body=days),
            "uptime.delete_ssl_reminder": Good(path=monitor),
            "uptime.list": Good(path=service, query={"page": 1, "limit": 50}),
            "uptime.get": Good(path=monitor),
            "uptime.regions": Good(path=monitor),
            "uptime.ssl": Good(path=monitor),
            "uptime.tld": Good(path=monitor),
            "uptime.ssl_reminder": Good(path=monitor),
            "uptime.tld_reminder": Good(path=monitor),
            "uptime.statistic": Good(path=monitor, query={"interval": "minute", "limit": 4}),
            "uptime.state_changes": Good(path=monitor, query={"start_date": "2026-01-01T00:00:00Z", "limit": 4}),
            "uptime.integrations": Good(path=monitor),
            "uptime.create_integration": Good(path=monitor, body={**INTEGRATION, "integration": "page2"}),
            "uptime.update_integration": Good(path=integration, body=INTEGRATION_CHANGE),
            "uptime.delete_integration": Good(path=integration),
            "server.create": Good(body=SERVER),
            "server.delete_many": Good(query=server),
            "server.update": Good(path=server, body={**SERVER, "enabled": False}),
            "server.list": Good(path=service, query={"page": 1, "limit": 50}),
            "server.get": Good(path=server),
            "server.metrics": Good(path=server, query={"type": "cpu-total-usage"}),
            "heartbeat.create": Good(body={"name": "n", "service_id": DEMO_SERVICE_ID}),
            "heartbeat.delete_many": Good(query=heartbeat),
            "heartbeat.delete": Good(path=heartbeat),
            "heartbeat.list": Good(path=service, query={"page": 1, "limit": 50}),
            "heartbeat.update": Good(path=heartbeat, body=changed),
            "heartbeat.get": Good(path=heartbeat),
            "heartbeat.statistic": Good(path=heartbeat, query={"interval": "7d"}),
            "heartbeat.events": Good(path=heartbeat, query={"limit": 10}),
            "heartbeat.submit": Good(path=heartbeat, query={"result": "complete", "message": "done"}),
        }

    def _incidents(self) -> dict[str, Good]:
        ids, me, team = self.ids, {"id": DEMO_CUSTOMER_ID}, {"id": DEMO_TEAM_ID}
        ruleset, webhook = {"id": DEMO_RULESET_ID}, {"id": DEMO_WEBHOOK_ID}
        setting = {"status_page_id": ids["page"], "component_id": ids["component"]}
        entry = {"team_member_id": DEMO_CUSTOMER_ID, "created_at": ids["entry"]}
        actions = [{"type": "trigger-alerts", "settings": [setting]}]
        older = {"limit": 10, "last_received_at": "2030-01-01T00:00:00Z"}
        return {
            "ruleset.list": Good(),
            "ruleset.create": Good(body=RULESET),
            "ruleset.update": Good(path=ruleset, body=RULESET),
            "ruleset.delete": Good(path=ruleset),
            "ruleset.actions": Good(path=ruleset),
            "ruleset.update_actions": Good(path=ruleset, body={"actions": actions}),
            "webhook.list": Good(),
            "webhook.events": Good(path=webhook, query=older),
            "webhook.create": Good(body={"name": "second", "description": "d"}),
            "webhook.submit": Good(path=webhook, body={"example_key": "example_value"}),
            "incident.health_check": Good(),
            "incident.create": Good(path=team, body=INCIDENT),
            "incident.update": Good(path={"id": ids["incident"]}, body=INCIDENT),
            "incident.list": Good(path=team, query={"status": "open"}),
            "schedule.get": Good(path=me),
            "schedule.create": Good(path=team, body=ENTRY),
            "schedule.update": Good(path=team, body={**ENTRY, "created_at": ids["entry"]}),
            "schedule.delete": Good(path=team, query=entry),
        }

    def _pages(self) -> dict[str, Good]:
        ids, page, token = self.ids, {"id": self.ids["page"]}, {"token": self.ids["subscription"]}
        return {
            "statuspage.list": Good(),
            "statuspage.get": Good(path=page),
            "statuspage.components": Good(path=page),
            "statuspage.component_statistics": Good(path={"id": ids["component"]}),
            "statuspage.unified": Good(path=page),
            "statuspage.cname": Good(path={"domain": "status.example.com"}),
            "statuspage.create": Good(body=self.page()),
            "statuspage.update": Good(path=page, body=self.page("status")),
            "statuspage.delete": Good(path=page),
            "statuspage.set_enabled": Good(path=page, body={"enabled": False}),
            "statuspage-subscription.create": Good(body={"channel_type": "email", "channel_value": "x@example.com"}),
            "statuspage-subscription.verify": Good(path=token),
            "statuspage-subscription.delete": Good(path=token),
        }

    def _billing(self) -> dict[str, Good]:
        subscription = {"id": self.ids["billing"]}
        return {
            "billing.payments": Good(path=subscription),
            "billing.proration": Good(path={**subscription, "product_id": "local"}),
            "billing.plan_limits": Good(path={"plan": "local", "version": "1"}),
            "billing.cancel": Good(path=subscription),
            "billing.reactivate": Good(path=subscription),
            "billing.update": Good(path=subscription, body={"price_id": "price_1"}),
            "billing.create_purchase_info": Good(),
            "billing.update_plan": Good(),
            "billing.payment_methods": Good(),
        }


def _channels(system: str, owner: Mapping[str, str], code: str) -> dict[str, Good]:
    """Priority 1 is verified and enabled, priority 2 waits for its code."""
    types = {"include_types": "sms,email", "exclude_types": "push-notification"}
    return {
        f"{system}.create": Good(path=owner, body={"value": "other@example.com", "type": "email"}),
        f"{system}.list": Good(path=owner, query=types),
        f"{system}.update": Good(path=owner, body={"value": "changed@example.com", "priority": 1}),
        f"{system}.verify": Good(path=owner, body={"code": code, "priority": 2}),
        f"{system}.delete_many": Good(path=owner, query={"priority": "1,2"}),
        f"{system}.test": Good(path=owner, body={"priority": 1}),
        f"{system}.set_enabled": Good(path=owner, body={"enabled": False, "priority": 1}),
    }


async def prepare(world: World) -> Prepared:
    """Make one of everything, by the API."""
    prepared = Prepared()
    ids = prepared.ids
    await _prepare_people(world, ids)
    ids["channel_code"] = await _prepare_channels(world, "customer-channels", DEMO_CUSTOMER_ID)
    ids["team_channel_code"] = await _prepare_channels(world, "team-channels", DEMO_TEAM_ID)
    await _prepare_monitors(world, ids)
    ids["page"] = (await good(world, "statuspage.create", json=prepared.page("status")))["id"]
    ids["component"] = (await good(world, "statuspage.components", path={"id": ids["page"]}))[0]["id"]
    ids["incident"] = (await good(world, "incident.create", path={"id": DEMO_TEAM_ID}, json=INCIDENT))["id"]
    ids["entry"] = (await good(world, "schedule.create", path={"id": DEMO_TEAM_ID}, json=ENTRY))["created_at"]
    subscriber = {"channel_type": "email", "channel_value": "s@example.com"}
    await good(world, "statuspage-subscription.create", json=subscriber)
    ids["subscription"] = re.findall(r"[\w-]{20,}", (await sent_to(world, "s@example.com"))["body"])[-1]
    profile = await good(world, "customer.get", path={"customer_id": DEMO_CUSTOMER_ID})
    ids["billing"] = profile["organisation"]["subscription_id"]
    return prepared


async def _prepare_people(world: World, ids: dict[str, str]) -> None:
    body = {"name": "New", "surname": "Person", "email": NEW_EMAIL, "password": NEW_PASSWORD}
    await good(world, "auth.sign_up", json=body)
    ids["sign_up_code"] = await code_to(world, NEW_EMAIL)
    await good(world, "auth.recover_password", json={"email": DEMO_EMAIL})
    ids["recovery_code"] = await code_to(world, DEMO_EMAIL)
    await good(world, "customer.change_username", json={"email": "other-name@example.com"})
    ids["username_code"] = await code_to(world, "other-name@example.com")
    ids["other_team"] = (await good(world, "team.create", json={"name": "other"}))["team_id"]
    path = {"id": DEMO_TEAM_ID}
    await good(world, "team.invite", path=path, json={"channel_value": INVITED, "channel_type": "email"})
    joined = "joined@example.com"
    await good(world, "team.invite", path=path, json={"channel_value": joined, "channel_type": "email"})
    await good(world, "auth.sign_up", json={**body, "email": joined})
    await good(world, "auth.confirm", json={"email": joined, "confirmation_code": await code_to(world, joined)})
    members = await good(world, "team.members", path=path)
    ids["member"] = next(member["team_member_id"] for member in members if member["email"] == joined)
    # A team keeps an owner: with a second one the first may go.
    owner = {"role": "owner", "new_team_id": DEMO_TEAM_ID}
    await good(world, "team.update_member", path={**path, "memberId": ids["member"]}, json=owner)


async def _prepare_channels(world: World, system: str, owner: str) -> str:
    """Two channels, the first verified and enabled; the code that the second waits for."""
    code = ""
    for priority in (1, 2):
        address = f"{system}-{priority}@example.com"
        await good(world, f"{system}.create", path={"id": owner}, json={"value": address, "type": "email"})
        code = await code_to(world, address)
        if priority == 1:
            await good(world, f"{system}.verify", path={"id": owner}, json={"code": code, "priority": 1})
            await good(world, f"{system}.set_enabled", path={"id": owner}, json={"enabled": True, "priority": 1})
    return code


async def _prepare_monitors(world: World, ids: dict[str, str]) -> None:
    ids["monitor"] = (await good(world, "uptime.create", json=MONITOR))["id"]
    ids["bare_monitor"] = (await good(world, "uptime.create", json=MONITOR))["id"]
    path = {"id": ids["monitor"]}
    for key in ("uptime.set_tld_reminder", "uptime.set_ssl_reminder"):
        await good(world, key, path=path, json={"days_before": [1]})
    ids["integration"] = (await good(world, "uptime.create_integration", path=path, json=INTEGRATION))["id"]
    ids["server"] = (await good(world, "server.create", json=SERVER))["id"]


async def good(world: World, key: str, **arguments: Any) -> Any:
    """Call an operation that must succeed; its data."""
    answer = await world.call(key, **arguments)
    assert answer.status < 300, (key, answer.status, answer.json)
    return None if answer.json is None else answer.json.get("data")


async def sent_to(world: World, address: str) -> dict[str, Any]:
    """The newest message to an address."""

    def newest(connection: Any) -> dict[str, Any]:
        row = connection.execute(
            "SELECT * FROM outbox WHERE channel_value = ? ORDER BY id DESC LIMIT 1", (address,)
        ).fetchone()
        assert row is not None, f"nothing was sent to {address}"
        return dict(row)

    found: dict[str, Any] = await world.store(newest)
    return found


async def code_to(world: World, address: str) -> str:
    """The six digits of the newest message to an address."""
    digits = re.findall(r"\b\d{6}\b", (await sent_to(world, address))["body"])
    assert digits
    return str(digits[0])
