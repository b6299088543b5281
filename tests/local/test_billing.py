"""A Pinghome that costs nothing keeps what was asked for, charges nothing and says so."""

from __future__ import annotations

import pytest

from bridge.local.times import micros
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_ORGANISATION_ID
from tests.local.fixtures import StartWorld
from tests.local.kept import BILLED, COUPON, SUBSCRIPTION_ID, VOUCHER, prepare_world
from tests.local.world import COLLEAGUE, STRANGER, World

PRICE = {"price_id": "price_1"}
OF_SUBSCRIPTION = ["billing.payments", "billing.cancel", "billing.reactivate"]


async def test_a_customer_finds_the_id_of_the_subscription_in_the_profile(world: World) -> None:
    profile = (await world.call("customer.get", path={"customer_id": DEMO_CUSTOMER_ID})).data
    subscription_id = profile["organisation"]["subscription_id"]
    assert subscription_id == SUBSCRIPTION_ID
    answer = await world.call("billing.payments", path={"id": subscription_id})
    assert (answer.data["status"], answer.data["plan"], answer.data["payments"]) == ("active", "local", [])
    assert "nothing is charged" in answer.json["message"]


async def test_what_became_of_a_subscription_is_kept(start_world: StartWorld) -> None:
    world = await start_world()
    assert (await world.call("billing.update", path=BILLED, json=PRICE)).data["price_id"] == "price_1"
    first = await world.call("billing.cancel", path=BILLED)
    world.clock.advance(hours=1)
    again = await world.call("billing.cancel", path=BILLED)
    assert (first.status, again.status, again.data) == (200, 200, first.data)
    assert (await world.call("billing.update", path=BILLED, json=PRICE)).status == 409
    world = await start_world()
    kept = (await world.call("billing.payments", path=BILLED)).data
    assert (kept["status"], kept["cancelled_at"], kept["price_id"]) == (
        "cancelled",
        first.data["cancelled_at"],
        "price_1",
    )
    for _ in range(2):
        active = await world.call("billing.reactivate", path=BILLED)
        assert (active.status, active.data["status"], active.data["cancelled_at"]) == (200, "active", None)


@pytest.mark.parametrize("key", OF_SUBSCRIPTION)
async def test_a_subscription_is_the_whole_organisations_and_nobody_elses(world: World, key: str) -> None:
    assert (await world.call(key, path=BILLED, token=COLLEAGUE)).status == 200
    assert (await world.call(key, path=BILLED, token=STRANGER)).status == 404


async def test_a_price_is_needed_to_change_to(world: World) -> None:
    assert (await world.call("billing.update", path=BILLED, json={})).fields == {"price_id"}
    assert (await world.call("billing.update", path=BILLED, json=PRICE, token=STRANGER)).status == 404


async def test_there_is_no_price_arithmetic_and_so_no_amount(world: World) -> None:
    path = {**BILLED, "product_id": "local"}
    data = (await world.call("billing.proration", path=path)).data
    assert (data["amount"], data["currency"], data["product_id"]) == (None, None, "local")
    assert (await world.call("billing.proration", path=path, token=STRANGER)).status == 404
    assert (await world.call("billing.proration", path={**BILLED, "product_id": "prod_1"})).status == 404


@pytest.mark.parametrize(("plan", "version", "status"), [("local", "1", 200), ("team", "1", 404), ("local", "2", 404)])
async def test_the_one_plan_limits_nothing(world: World, plan: str, version: str, status: int) -> None:
    answer = await world.call("billing.plan_limits", path={"plan": plan, "version": version})
    assert answer.status == status
    if status == 200:
        assert answer.data == {"plan": plan, "version": version, "limits": {}}


async def test_the_plan_is_what_it_was(world: World) -> None:
    answer = await world.call("billing.update_plan")
    assert (answer.status, answer.data["plan"]) == (200, "local")
    assert (await world.call("billing.payment_methods")).data == []


async def test_an_organisation_has_one_purchase_info(world: World) -> None:
    created = await world.call("billing.create_purchase_info")
    assert (created.status, created.data["organisation_id"]) == (201, DEMO_ORGANISATION_ID)
    assert (await world.call("billing.create_purchase_info", token=COLLEAGUE)).status == 409
    assert (await world.call("billing.create_purchase_info", token=STRANGER)).status == 201


async def test_no_coupon_is_known_until_somebody_writes_one(world: World) -> None:
    assert (await world.call("billing.coupon", path={"code": COUPON})).status == 404
    unknown = await world.call("billing.apply_voucher", json={"code": VOUCHER})
    assert (unknown.status, unknown.fields) == (404, {"code"})
    await prepare_world(world)
    coupon = (await world.call("billing.coupon", path={"code": COUPON})).data
    assert (coupon["code"], coupon["percent_off"], coupon["valid"]) == (COUPON, 25, True)


async def test_a_voucher_counts_once_in_an_organisation(world: World) -> None:
    await prepare_world(world)
    body = {"code": VOUCHER}
    assert (await world.call("billing.apply_voucher", json={})).fields == {"code"}
    assert (await world.call("billing.apply_voucher", json=body)).status == 200
    assert (await world.call("billing.apply_voucher", json=body)).status == 409
    assert (await world.call("billing.apply_voucher", json=body, token=COLLEAGUE)).status == 409
    assert (await world.call("billing.apply_voucher", json=body, token=STRANGER)).status == 200


async def test_a_voucher_may_be_too_old(world: World) -> None:
    await prepare_world(world)
    ends = micros(world.clock())
    await world.store(lambda connection: connection.execute("UPDATE coupons SET valid_until = ?", (ends,)))
    answer = await world.call("billing.apply_voucher", json={"code": VOUCHER})
    assert (answer.status, answer.fields) == (422, {"code"})
    assert (await world.call("billing.coupon", path={"code": COUPON})).data["valid"] is False
