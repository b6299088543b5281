"""Customers: profiles and accounts."""

from __future__ import annotations

from typing import Annotated, Any, Final

from bridge.pinghome.operation import (
    Answer,
    Confirmation,
    Email,
    Name,
    Operation,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System


class CustomerName(Request, frozen=True, kw_only=True):
    """How the customer is called."""

    name: Annotated[Name, about("The first name.")]
    surname: Annotated[Name, about("The last name.")]


class DeletionReason(Request, frozen=True, kw_only=True):
    """Why an account is deleted."""

    reason: Annotated[Name, about("The reason, for instance poor-features.")]


class NewUsername(Request, frozen=True, kw_only=True):
    """Another e-mail address to sign in with."""

    email: Annotated[Email, about("The new e-mail address; a code is sent to it.")]


class UsernameCode(Request, frozen=True, kw_only=True):
    """The code that was sent to the new address."""

    code: Annotated[Name, about("The six digits that were sent.")]


class Feedback(Request, frozen=True, kw_only=True):
    """What the customer thinks."""

    feedback: Annotated[Name, about("The feedback.")]


class Customer(Answer, frozen=True, kw_only=True):
    """A customer's profile."""

    customer_id: Annotated[str | None, also("id")] = None
    email: str | None = None
    name: str | None = None
    surname: str | None = None
    organisation_id: Annotated[str | None, also("organization_id")] = None
    organisation: dict[str, Any] | None = None
    teams: list[dict[str, Any]] | None = None


GET: Final = Operation(
    system="customer",
    name="get",
    title="Get Customer Profile",
    method="GET",
    service="customer-query",
    path="/default/v1/customer/{customer_id}",
    answer=Customer,
)
UPDATE: Final = Operation(
    system="customer",
    name="update",
    title="Update Customer Information",
    method="PATCH",
    service="customer-query",
    path="/default/v1/customer",
    answer=Confirmation,
    body=CustomerName,
)
DELETE: Final = Operation(
    system="customer",
    name="delete",
    title="Delete Customer Account",
    method="DELETE",
    service="customer-cmd",
    path="/default/v1/customer",
    answer=Confirmation,
    body=DeletionReason,
)
CHANGE_USERNAME: Final = Operation(
    system="customer",
    name="change_username",
    title="Update Customer Username",
    method="PUT",
    service="customer-cmd",
    path="/default/v1/customer/username",
    answer=Confirmation,
    body=NewUsername,
)
CONFIRM_USERNAME: Final = Operation(
    system="customer",
    name="confirm_username",
    title="Confirm Customer Username Change",
    method="PATCH",
    service="customer-cmd",
    path="/default/v1/customer/username",
    answer=Confirmation,
    body=UsernameCode,
)
SEND_FEEDBACK: Final = Operation(
    system="customer",
    name="send_feedback",
    title="Submit Customer Feedback",
    method="POST",
    service="customer-cmd",
    path="/default/v1/customer/feedback",
    answer=Confirmation,
    body=Feedback,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (GET, UPDATE, DELETE, CHANGE_USERNAME, CONFIRM_USERNAME, SEND_FEEDBACK)


class Customers(System):
    """The client's own account, and the profiles of its organisation."""

    async def get(self, customer_id: str) -> Customer:
        """The profile of a customer."""
        return await self._one(GET, customer_id)

    async def update(self, name: str, surname: str) -> Confirmation:
        """Change the names of the client's account."""
        return await self._one(UPDATE, body=CustomerName(name=name, surname=surname))

    async def delete(self, reason: str) -> Confirmation:
        """Delete the client's account."""
        return await self._one(DELETE, body=DeletionReason(reason=reason))

    async def change_username(self, email: str) -> Confirmation:
        """Ask for another e-mail address; it holds once its code is confirmed."""
        return await self._one(CHANGE_USERNAME, body=NewUsername(email=email))

    async def confirm_username(self, code: str) -> Confirmation:
        """Confirm the new e-mail address."""
        return await self._one(CONFIRM_USERNAME, body=UsernameCode(code=code))

    async def send_feedback(self, feedback: str) -> Confirmation:
        """Tell Pinghome what you think."""
        return await self._one(SEND_FEEDBACK, body=Feedback(feedback=feedback))
