"""Accounts: signing up, in and out, and passwords."""

from __future__ import annotations

from typing import Annotated, Any, Final

from bridge.pinghome.operation import (
    Answer,
    Confirmation,
    Email,
    Name,
    Operation,
    Password,
    Request,
    about,
    also,
)
from bridge.pinghome.systems.base import System


class NewAccount(Request, frozen=True, kw_only=True):
    """Who signs up."""

    name: Annotated[Name, about("First name of the user.")]
    surname: Annotated[Name, about("Last name of the user.")]
    email: Annotated[Email, about("The e-mail address, which is the user's name too.")]
    password: Annotated[Password, about("At least 8 characters with a letter and a digit.")]


class AccountConfirmation(Request, frozen=True, kw_only=True):
    """The code that was sent to a new account's address."""

    email: Annotated[Email, about("The user's e-mail address.")]
    confirmation_code: Annotated[Name, about("The six digits that were sent.")]


class AccountEmail(Request, frozen=True, kw_only=True):
    """Whose account."""

    email: Annotated[Email, about("The user's e-mail address.")]


class Credentials(Request, frozen=True, kw_only=True):
    """E-mail address and password."""

    email: Annotated[Name, about("The user's e-mail address.")]
    password: Annotated[Password, about("The user's password.")]


class PasswordReset(Request, frozen=True, kw_only=True):
    """A new password and the code that was sent for it."""

    email: Annotated[Email, about("The e-mail address of the account.")]
    code: Annotated[Name, about("The six digits that were sent.")]
    password: Annotated[Password, about("The new password.")]


class PasswordChange(Request, frozen=True, kw_only=True):
    """The password that was and the one that shall be."""

    previous_password: Annotated[Password, about("The current password.")]
    proposed_password: Annotated[Password, about("The new password.")]


class AccountHolder(Answer, frozen=True, kw_only=True):
    """Who signed in."""

    customer_id: Annotated[str | None, also("id")] = None
    email: str | None = None
    name: str | None = None
    surname: str | None = None
    organisation_id: Annotated[str | None, also("organization_id")] = None


class Session(Answer, frozen=True, kw_only=True):
    """What a sign-in gives. `expires_in` is in seconds."""

    access_token: Annotated[str | None, also("token")] = None
    refresh_token: str | None = None
    expires_in: int | None = None
    customer: dict[str, Any] | None = None


SIGN_UP: Final = Operation(
    system="auth",
    name="sign_up",
    title="Account Sign Up",
    method="POST",
    service="auth",
    path="/v1/account",
    answer=Confirmation,
    auth=False,
    body=NewAccount,
)
CONFIRM: Final = Operation(
    system="auth",
    name="confirm",
    title="Account Confirmation",
    method="PATCH",
    service="auth",
    path="/v1/account",
    answer=Confirmation,
    auth=False,
    body=AccountConfirmation,
)
RESEND_CODE: Final = Operation(
    system="auth",
    name="resend_code",
    title="Resend Sign up Confirmation Code",
    method="POST",
    service="auth",
    path="/v1/account/confirmation-code",
    answer=Confirmation,
    auth=False,
    body=AccountEmail,
)
SIGN_IN: Final = Operation(
    system="auth",
    name="sign_in",
    title="Account Sign In",
    method="POST",
    service="auth",
    path="/v1/auth",
    answer=Session,
    auth=False,
    body=Credentials,
)
SIGN_OUT: Final = Operation(
    system="auth",
    name="sign_out",
    title="Logout & Revoke Access",
    method="DELETE",
    service="auth",
    path="/v1/auth",
    answer=Confirmation,
    repeatable=False,
)
RECOVER_PASSWORD: Final = Operation(
    system="auth",
    name="recover_password",
    title="Recover Password",
    method="POST",
    service="auth",
    path="/v1/account/password",
    answer=Confirmation,
    auth=False,
    body=AccountEmail,
)
# The texts list the three as query parameters and show them in the body: a password does not belong in a URL.
RESET_PASSWORD: Final = Operation(
    system="auth",
    name="reset_password",
    title="Confirm Password Recovery",
    method="PATCH",
    service="auth",
    path="/v1/account/password",
    answer=Confirmation,
    auth=False,
    body=PasswordReset,
)
CHANGE_PASSWORD: Final = Operation(
    system="auth",
    name="change_password",
    title="Update Account Password",
    method="PUT",
    service="auth",
    path="/v1/account/password",
    answer=Confirmation,
    body=PasswordChange,
    repeatable=False,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    SIGN_UP,
    CONFIRM,
    RESEND_CODE,
    SIGN_IN,
    SIGN_OUT,
    RECOVER_PASSWORD,
    RESET_PASSWORD,
    CHANGE_PASSWORD,
)


class Auth(System):
    """Accounts. The client signs in and out by itself; these are for everything else."""

    async def sign_up(self, account: NewAccount) -> Confirmation:
        """A new account; a code goes to its address. Raises Conflict for an address that has one."""
        return await self._one(SIGN_UP, body=account)

    async def confirm(self, email: str, confirmation_code: str) -> Confirmation:
        """Confirm a new account. Raises Invalid for a wrong or old code."""
        return await self._one(CONFIRM, body=AccountConfirmation(email=email, confirmation_code=confirmation_code))

    async def resend_code(self, email: str) -> Confirmation:
        """Send the confirmation code again."""
        return await self._one(RESEND_CODE, body=AccountEmail(email=email))

    async def sign_in(self, email: str, password: str) -> Session:
        """A session of its own, not the client's."""
        return await self._one(SIGN_IN, body=Credentials(email=email, password=password))

    async def sign_out(self) -> Confirmation:
        """Revoke the client's token; its next call signs in again."""
        return await self._one(SIGN_OUT)

    async def recover_password(self, email: str) -> Confirmation:
        """Send a code for a new password, if the address has an account."""
        return await self._one(RECOVER_PASSWORD, body=AccountEmail(email=email))

    async def reset_password(self, email: str, code: str, password: str) -> Confirmation:
        """Set a new password with the code that was sent."""
        return await self._one(RESET_PASSWORD, body=PasswordReset(email=email, code=code, password=password))

    async def change_password(self, previous_password: str, proposed_password: str) -> Confirmation:
        """Change the password of the client's account. Raises Invalid where the previous one is wrong."""
        body = PasswordChange(previous_password=previous_password, proposed_password=proposed_password)
        return await self._one(CHANGE_PASSWORD, body=body)
