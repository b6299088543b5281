"""Billing of a Pinghome that costs nothing: what was asked for is kept, nothing is charged, and the answers say so.

Cancelling and reactivating may be repeated: a client does so when an answer was lost.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from bridge.local.accounts import plans
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid, not_found
from bridge.local.times import rfc3339, written
from bridge.pinghome.systems.billing import Price, VoucherCode

_FREE: Final = "The local Pinghome is free: nothing is charged."

_ADD_PURCHASE_INFO: Final = """
INSERT INTO purchase_infos (organisation_id, id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING *
"""
_COUPON: Final = "SELECT * FROM coupons WHERE code = ?"
_APPLY: Final = """
INSERT INTO applied_vouchers (organisation_id, code, customer_id, applied_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING *
"""


def payments(connection: sqlite3.Connection, call: Call) -> Reply:
    """The subscription and what was paid for it: nothing."""
    subscription = plans.find(connection, call.customer, call.path["id"])
    return Reply(message=_FREE, data={**plans.shown(subscription), "payments": []})


def proration(connection: sqlite3.Connection, call: Call) -> Reply:
    """What a change to a product would cost now: null, because there are no prices to reckon with.

    The one product is the one plan; any other is 404.
    """
    subscription = plans.find(connection, call.customer, call.path["id"])
    if call.path["product_id"] != plans.PLAN:
        raise not_found("product")
    data = {
        "subscription_id": plans.id_of(subscription.organisation_id),
        "current_plan": plans.PLAN,
        "product_id": call.path["product_id"],
        "amount": None,
        "currency": None,
    }
    return Reply(message=_FREE, data=data)


def plan_limits(_connection: sqlite3.Connection, call: Call) -> Reply:
    """What the one plan limits: nothing. 404 for any other plan or version."""
    plan, version = call.path["plan"], call.path["version"]
    if (plan, version) != (plans.PLAN, plans.VERSION):
        raise not_found("plan")
    return Reply(message="The plan has no limits.", data={"plan": plan, "version": version, "limits": {}})


def cancel(connection: sqlite3.Connection, call: Call) -> Reply:
    """End the subscription. It is kept as cancelled; nothing stops working."""
    subscription = plans.find(connection, call.customer, call.path["id"])
    if subscription.cancelled_at is None:
        subscription = replace(subscription, cancelled_at=call.now)
        plans.write(connection, subscription, call.now)
    return Reply(message=f"Subscription cancelled. {_FREE}", data=plans.shown(subscription))


def reactivate(connection: sqlite3.Connection, call: Call) -> Reply:
    """Take the end of the subscription back."""
    subscription = plans.find(connection, call.customer, call.path["id"])
    if subscription.cancelled_at is not None:
        subscription = replace(subscription, cancelled_at=None)
        plans.write(connection, subscription, call.now)
    return Reply(message=f"Subscription reactivated. {_FREE}", data=plans.shown(subscription))


def update(connection: sqlite3.Connection, call: Call) -> Reply:
    """Change to another price, which is only remembered. 409 for a cancelled subscription."""
    subscription = plans.find(connection, call.customer, call.path["id"])
    wanted = read(call, Price)
    if subscription.cancelled_at is not None:
        raise Refusal(HTTPStatus.CONFLICT, "The subscription is cancelled: reactivate it first.")
    subscription = replace(subscription, price_id=wanted.price_id)
    plans.write(connection, subscription, call.now)
    return Reply(message=f"Subscription updated. {_FREE}", data=plans.shown(subscription))


def create_purchase_info(connection: sqlite3.Connection, call: Call) -> Reply:
    """A record that the organisation could be billed, once. The texts document no field of it."""
    values = (call.customer.organisation_id, str(uuid.uuid4()), call.now)
    row = connection.execute(_ADD_PURCHASE_INFO, values).fetchone()
    if row is None:
        raise Refusal(HTTPStatus.CONFLICT, "The organisation has its purchase info already.")
    data = {
        "id": row["id"],
        "organisation_id": row["organisation_id"],
        "created_at": rfc3339(row["created_at"]),
    }
    return created(f"Purchase info created. {_FREE}", data)


def update_plan(connection: sqlite3.Connection, call: Call) -> Reply:
    """Bring the organisation's plan in line with its subscription: it is, there is only one plan."""
    own = plans.id_of(call.customer.organisation_id)
    data = plans.shown(plans.find(connection, call.customer, own))
    return Reply(message=f"The plan is {plans.PLAN}, there is no other. {_FREE}", data=data)


def payment_methods(_connection: sqlite3.Connection, _call: Call) -> Reply:
    """What pays: nothing."""
    return Reply(message=_FREE, data=[])


def coupon(connection: sqlite3.Connection, call: Call) -> Reply:
    """A price cut. 404 unless whoever runs the local Pinghome wrote one into its table."""
    row = connection.execute(_COUPON, (call.path["code"],)).fetchone()
    if row is None:
        raise not_found("coupon")
    return Reply(message="Coupon.", data=_shown(row, call.now))


def apply_voucher(connection: sqlite3.Connection, call: Call) -> Reply:
    """Note that the organisation uses a coupon. 404 for an unknown code, 409 for one that is used already."""
    code = read(call, VoucherCode).code
    row = connection.execute(_COUPON, (code,)).fetchone()
    if row is None:
        raise not_found("voucher", named_by="code")
    if not _valid(row, call.now):
        raise invalid(Fault(field="code", message="is no longer valid"))
    applied = connection.execute(_APPLY, (call.customer.organisation_id, code, call.customer.id, call.now)).fetchone()
    if applied is None:
        raise Refusal(HTTPStatus.CONFLICT, "The organisation uses that voucher already.")
    data = {**_shown(row, call.now), "applied_at": rfc3339(applied["applied_at"])}
    return Reply(message=f"Voucher applied. {_FREE}", data=data)


def _valid(row: sqlite3.Row, now: int) -> bool:
    return row["valid_until"] is None or now < row["valid_until"]


def _shown(row: sqlite3.Row, now: int) -> dict[str, Any]:
    return {
        "code": row["code"],
        "percent_off": row["percent_off"],
        "amount_off": row["amount_off"],
        "currency": row["currency"],
        "valid_until": written(row["valid_until"]),
        "valid": _valid(row, now),
    }
