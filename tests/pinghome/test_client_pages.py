"""Status pages, their subscriptions and billing by the typed client, on the local Pinghome."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bridge.pinghome.address import Address
from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_EMAIL, DEMO_ORGANISATION_ID, DEMO_PASSWORD
from bridge.pinghome.errors import Conflict, Invalid, NotFound
from bridge.pinghome.systems.statuspage import Component, Group, NewStatuspage, StatuspageChange
from tests.local.kept import COUPON, VOUCHER, prepare_world
from tests.local.world import World

PAGE = NewStatuspage(
    name="Acme",
    description="How we are",
    subdomain="acme",
    type="public",
    domain="status.example.org",
    dark_theme=True,
    components=[Component(name="API", type="resource", status="partial-outage")],
    groups=[Group(name="Data", components=[Component(name="DB", type="resource")])],
)


@pytest.fixture
async def pinghome(world: World) -> AsyncIterator[Pinghome]:
    url = Address(f"http://127.0.0.1:{world.client.port}/{{service}}").template
    async with (
        aiohttp.ClientSession() as session,
        Pinghome(Connection(url=url, email=DEMO_EMAIL, password=DEMO_PASSWORD), session) as pinghome,
    ):
        yield pinghome


async def test_a_page_lives_and_goes(pinghome: Pinghome) -> None:
    created = await pinghome.statuspages.create(PAGE)
    assert created.id is not None
    assert (created.subdomain, created.type, created.enabled) == ("acme", "public", True)
    with pytest.raises(Conflict):
        await pinghome.statuspages.create(PAGE)
    change = StatuspageChange(
        name="Acme 2", description="", subdomain="acme", type="private", password="secret", update_password=True
    )
    await pinghome.statuspages.update(created.id, change)
    shown = await pinghome.statuspages.get(created.id)
    assert (shown.name, shown.type, shown.extra["has_password"]) == ("Acme 2", "private", True)
    assert shown.components == created.components
    assert [page.id for page in await pinghome.statuspages.list()] == [created.id]
    await pinghome.statuspages.set_enabled(created.id, enabled=False)
    assert (await pinghome.statuspages.get(created.id)).enabled is False
    await pinghome.statuspages.delete(created.id)
    with pytest.raises(NotFound):
        await pinghome.statuspages.get(created.id)


async def test_components_and_the_whole(world: World, pinghome: Pinghome) -> None:
    page = (await pinghome.statuspages.create(PAGE)).id or ""
    api, db = await pinghome.statuspages.components(page)
    assert (api.name, api.status, api.group_id) == ("API", "partial-outage", None)
    assert (db.name, db.status, db.group_id is None) == ("DB", "operational", False)
    world.clock.advance(minutes=30)
    known = await pinghome.statuspages.component_statistics(api.id or "")
    assert (known.uptime, known.status, known.duration_seconds) == (0, "partial-outage", 1800)
    unified = await pinghome.statuspages.unified(page)
    assert (unified.status, (unified.theme or {})["dark_theme"]) == ("partial-outage", True)
    cname = await pinghome.statuspages.cname("status.example.org")
    assert (cname.cname, cname.verified) == ("acme.status.local", None)


async def test_a_subscription_takes_no_account(world: World) -> None:
    url = f"http://127.0.0.1:{world.client.port}/{{service}}"
    async with aiohttp.ClientSession() as session, Pinghome(Connection(url=url), session) as pinghome:
        await pinghome.subscriptions.create("email", "reader@example.com")
        document = await world.store(
            lambda connection: connection.execute("SELECT document FROM outbox ORDER BY id DESC").fetchone()[0]
        )
        token = json.loads(document)["token"]
        await pinghome.subscriptions.verify(token)
        assert (await pinghome.subscriptions.delete(token)).id is not None
        with pytest.raises(NotFound):
            await pinghome.subscriptions.verify(token)
        with pytest.raises(Invalid):
            await pinghome.subscriptions.create("webhook", "reader@example.com")


async def test_billing(world: World, pinghome: Pinghome) -> None:
    organisation = (await pinghome.customers.get(DEMO_CUSTOMER_ID)).organisation or {}
    subscription = organisation["subscription_id"]
    paid = await pinghome.billing.payments(subscription)
    assert (paid.id, paid.plan, paid.status, paid.payments) == (subscription, "local", "active", [])
    assert (await pinghome.billing.proration(subscription, "local")).amount is None
    assert (await pinghome.billing.plan_limits("local", "1")).limits == {}
    assert (await pinghome.billing.update(subscription, "price_1")).extra["price_id"] == "price_1"
    await pinghome.billing.cancel(subscription)
    assert (await pinghome.billing.payments(subscription)).status == "cancelled"
    await pinghome.billing.reactivate(subscription)
    assert (await pinghome.billing.payments(subscription)).status == "active"
    assert (await pinghome.billing.create_purchase_info()).organisation_id == DEMO_ORGANISATION_ID
    await pinghome.billing.update_plan()
    assert await pinghome.billing.payment_methods() == []
    with pytest.raises(NotFound):
        await pinghome.billing.coupon(COUPON)
    await prepare_world(world)
    assert (await pinghome.billing.coupon(COUPON)).percent_off == 25
    await pinghome.billing.apply_voucher(VOUCHER)
    with pytest.raises(Conflict):
        await pinghome.billing.apply_voucher(VOUCHER)
