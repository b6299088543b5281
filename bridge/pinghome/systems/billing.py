"""Plans, subscriptions to them, and what pays for them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from bridge.pinghome.operation import (
    Answer,
    Confirmation,
    Name,
    Operation,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System


class Price(Request, frozen=True, kw_only=True):
    """What to pay for."""

    price_id: Annotated[Name, about("The id of the new price.")]


class VoucherCode(Request, frozen=True, kw_only=True):
    """A voucher."""

    code: Annotated[Name, about("The voucher's code.")]


class Payments(Answer, frozen=True, kw_only=True):
    """A subscription and what was paid for it."""

    id: Annotated[str | None, also("subscription_id")] = None
    plan: str | None = None
    price_id: str | None = None
    status: str | None = None
    payments: list[dict[str, Any]] | None = None


class Proration(Answer, frozen=True, kw_only=True):
    """What a change would cost now."""

    current_plan: str | None = None
    product_id: Annotated[str | None, also("new_plan")] = None
    amount: int | float | None = None
    currency: str | None = None


class PlanLimits(Answer, frozen=True, kw_only=True):
    """What a plan allows."""

    plan: str | None = None
    version: str | None = None
    limits: dict[str, Any] | None = None


class PurchaseInfo(Answer, frozen=True, kw_only=True):
    """What an organisation is billed as."""

    id: str | None = None
    organisation_id: Annotated[str | None, also("organization_id")] = None


class PaymentMethod(Answer, frozen=True, kw_only=True):
    """What pays."""

    id: Annotated[str | None, also("payment_method_id")] = None
    provider: str | None = None
    type: str | None = None
    default: Annotated[bool | None, also("is_default")] = None


class Coupon(Answer, frozen=True, kw_only=True):
    """A price cut."""

    code: Annotated[str | None, also("id")] = None
    percent_off: int | float | None = None
    amount_off: int | float | None = None
    valid: bool | None = None


PAYMENTS: Final = Operation(
    system="billing",
    name="payments",
    title="Get Subscription Payment History",
    method="GET",
    service="payment-cmd",
    path="/default/v1/subscription/{id}/payments",
    answer=Payments,
)
PRORATION: Final = Operation(
    system="billing",
    name="proration",
    title="Get Subscription Proration Details",
    method="GET",
    service="payment-cmd",
    path="/default/v1/subscription/{id}/proration/{product_id}",
    answer=Proration,
)
PLAN_LIMITS: Final = Operation(
    system="billing",
    name="plan_limits",
    title="Get Plan Limits by Version",
    method="GET",
    service="customer-query",
    path="/default/v1/plan/{plan}/{version}/limits",
    answer=PlanLimits,
)
CANCEL: Final = Operation(
    system="billing",
    name="cancel",
    title="Delete Subscription",
    method="DELETE",
    service="payment-cmd",
    path="/default/v1/subscription/{id}",
    answer=Confirmation,
)
REACTIVATE: Final = Operation(
    system="billing",
    name="reactivate",
    title="Reactivate Subscription",
    method="PUT",
    service="payment-cmd",
    path="/default/v1/subscription/{id}",
    answer=Confirmation,
)
UPDATE: Final = Operation(
    system="billing",
    name="update",
    title="Update Subscription",
    method="PATCH",
    service="payment-cmd",
    path="/default/v1/subscription/{id}",
    answer=Confirmation,
    body=Price,
)
CREATE_PURCHASE_INFO: Final = Operation(
    system="billing",
    name="create_purchase_info",
    title="Create Organisation Purchase Info",
    method="POST",
    service="customer-cmd",
    path="/default/v1/organisation/purchase-info",
    answer=PurchaseInfo,
)
UPDATE_PLAN: Final = Operation(
    system="billing",
    name="update_plan",
    title="Update Organisation Plan",
    method="PUT",
    service="customer-cmd",
    path="/default/v1/organisation/plan",
    answer=Confirmation,
)
PAYMENT_METHODS: Final = Operation(
    system="billing",
    name="payment_methods",
    title="Get Account's Payment Method Information",
    method="GET",
    service="payment-cmd",
    path="/default/v1/payment-methods",
    answer=PaymentMethod,
    many=True,
)
COUPON: Final = Operation(
    system="billing",
    name="coupon",
    title="Access Coupon Information",
    method="GET",
    service="payment-cmd",
    path="/default/v1/coupon/{code}",
    answer=Coupon,
)
APPLY_VOUCHER: Final = Operation(
    system="billing",
    name="apply_voucher",
    title="Apply Discount Voucher",
    method="POST",
    service="customer-cmd",
    path="/default/v1/customer/applied-voucher",
    answer=Confirmation,
    body=VoucherCode,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    PAYMENTS,
    PRORATION,
    PLAN_LIMITS,
    CANCEL,
    REACTIVATE,
    UPDATE,
    CREATE_PURCHASE_INFO,
    UPDATE_PLAN,
    PAYMENT_METHODS,
    COUPON,
    APPLY_VOUCHER,
)


class Billing(System):
    """Plans and payments."""

    async def payments(self, subscription_id: str) -> Payments:
        """The subscription and what was paid for it. The local Pinghome shows its id in the customer's profile."""
        return await self._one(PAYMENTS, subscription_id)

    async def proration(self, subscription_id: str, product_id: str) -> Proration:
        """What a change to a product would cost now."""
        return await self._one(PRORATION, subscription_id, product_id)

    async def plan_limits(self, plan: str, version: str) -> PlanLimits:
        """What a plan allows."""
        return await self._one(PLAN_LIMITS, plan, version)

    async def cancel(self, subscription_id: str) -> Confirmation:
        """End a subscription."""
        return await self._one(CANCEL, subscription_id)

    async def reactivate(self, subscription_id: str) -> Confirmation:
        """Take the end of a subscription back."""
        return await self._one(REACTIVATE, subscription_id)

    async def update(self, subscription_id: str, price_id: str) -> Confirmation:
        """Change to another price."""
        return await self._one(UPDATE, subscription_id, body=Price(price_id=price_id))

    async def create_purchase_info(self) -> PurchaseInfo:
        """Say what the organisation is billed as."""
        return await self._one(CREATE_PURCHASE_INFO)

    async def update_plan(self) -> Confirmation:
        """Bring the organisation's plan in line with its subscription."""
        return await self._one(UPDATE_PLAN)

    async def payment_methods(self) -> list[PaymentMethod]:
        """What pays."""
        return await self._many(PAYMENT_METHODS)

    async def coupon(self, code: str) -> Coupon:
        """A price cut."""
        return await self._one(COUPON, code)

    async def apply_voucher(self, code: str) -> Confirmation:
        """Use a voucher."""
        return await self._one(APPLY_VOUCHER, body=VoucherCode(code=code))
