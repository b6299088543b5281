"""Notification channels of customers and of teams: the same seven operations for both.

A channel is verified, and on, once the code that was sent to it came back. Another value makes it unverified and off.
What becomes of codes and tests stands in the outbox: that a test was taken, or sent, does not say that it was read.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias

from bridge.local import ownership
from bridge.local.accounts import channel_values, codes, limits, membership
from bridge.local.accounts.limits import Limit
from bridge.local.messages import outbox
from bridge.local.messages.outbox import Message
from bridge.local.reading import read, read_query
from bridge.local.replies import Call, Fault, Refusal, Reply, created, invalid
from bridge.local.times import rfc3339, written
from bridge.pinghome.systems.channels import (
    ChannelCode,
    ChannelEnabled,
    ChannelFilter,
    ChannelPriorities,
    ChannelPriority,
    ChannelType,
    ChannelValue,
    NewChannel,
)

CODE: Final = "channel"
TEST_FLOOR: Final = Limit(name="channel-test", times=1, seconds=60)

_ALL: Final = "SELECT * FROM channels WHERE owner_kind = ? AND owner_id = ? ORDER BY priority"
_ONE: Final = "SELECT * FROM channels WHERE owner_kind = ? AND owner_id = ? AND priority = ?"
_BY_ADDRESS: Final = "SELECT priority FROM channels WHERE owner_kind = ? AND owner_id = ? AND type = ? AND value = ?"
# After the last one, and in no gap: a new channel is tried before none of those that are there.
_ADD: Final = """
INSERT INTO channels (owner_kind, owner_id, priority, type, value, enabled, created_at, updated_at)
SELECT :kind, :id, coalesce(max(priority), 0) + 1, :type, :value, 0, :now, :now FROM channels
WHERE owner_kind = :kind AND owner_id = :id
RETURNING *
"""
_CHANGE: Final = """
UPDATE channels SET value = ?, verified_at = NULL, enabled = 0, updated_at = ?
WHERE owner_kind = ? AND owner_id = ? AND priority = ? RETURNING *
"""
_VERIFY: Final = """
UPDATE channels SET verified_at = ?, enabled = 1, updated_at = ?
WHERE owner_kind = ? AND owner_id = ? AND priority = ? RETURNING *
"""
_ENABLE: Final = """
UPDATE channels SET enabled = ?, updated_at = ? WHERE owner_kind = ? AND owner_id = ? AND priority = ? RETURNING *
"""
_DELETE: Final = "DELETE FROM channels WHERE owner_kind = ? AND owner_id = ? AND priority = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose channels; `name` is for people."""

    kind: Literal["customer", "team"]
    id: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """How the table names it."""
        return self.kind, self.id


FindOwner: TypeAlias = Callable[[sqlite3.Connection, Call], Owner]
"""The owner that a call names. Raises 404, and 403 where the customer may not."""


class _Channels:
    """The operations on the channels of one kind of owner."""

    def __init__(self, *, readable: FindOwner, changeable: FindOwner) -> None:
        self._readable = readable
        self._changeable = changeable

    def create(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """A new channel after the others; a code goes to it. 409 where the owner has it already."""
        owner = self._changeable(connection, call)
        wanted = read(call, NewChannel)
        value = _new_value(connection, owner, wanted.type, wanted.value, priority=None)
        fields = {"kind": owner.kind, "id": owner.id, "type": wanted.type, "value": value, "now": call.now}
        row = connection.execute(_ADD, fields).fetchone()
        _send_code(connection, call, owner, row)
        return created("Channel created. Verify it with the code that was sent to it.", _shown(connection, row))

    def list(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """The channels by priority, each with what became of its newest test."""
        owner = self._readable(connection, call)
        wanted = read_query(call, ChannelFilter)
        rows = [row for row in connection.execute(_ALL, owner.key) if _fits(row, wanted)]
        return Reply(message="Channels.", data=[_shown(connection, row) for row in rows])

    def update(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """Another value, to be verified anew. The same one again asks for another code, unless it is verified."""
        owner = self._changeable(connection, call)
        wanted = read(call, ChannelValue)
        before = _find(connection, owner, wanted.priority)
        value = _new_value(connection, owner, before["type"], wanted.value, priority=wanted.priority)
        if value == before["value"] and before["verified_at"] is not None:
            return Reply(message="The channel has this value, and is verified.", data=_shown(connection, before))
        row = connection.execute(_CHANGE, (value, call.now, *owner.key, wanted.priority)).fetchone()
        _send_code(connection, call, owner, row)
        return Reply(
            message="Channel updated. Verify it with the code that was sent to it.", data=_shown(connection, row)
        )

    def verify(self, connection: sqlite3.Connection, call: Call) -> Reply | Refusal:
        """Confirm the code that was sent to a channel, which is on from then. 409 for one that is verified."""
        owner = self._changeable(connection, call)
        wanted = read(call, ChannelCode)
        row = _find(connection, owner, wanted.priority)
        if row["verified_at"] is not None:
            raise Refusal(HTTPStatus.CONFLICT, "The channel is verified already.")
        given = codes.redeem(connection, CODE, _address(row), wanted.code, call.now, field="code")
        if isinstance(given, Refusal):
            return given
        row = connection.execute(_VERIFY, (call.now, call.now, *owner.key, wanted.priority)).fetchone()
        return Reply(message="Channel verified.", data=_shown(connection, row))

    def delete_many(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """Delete channels: all of them, or none if one is missing. The others keep their priorities."""
        owner = self._changeable(connection, call)
        priorities = sorted(set(read_query(call, ChannelPriorities).priority))
        for priority in priorities:
            _find(connection, owner, priority)
            connection.execute(_DELETE, (*owner.key, priority))
        return Reply(message="Channels deleted.", data={"priorities": priorities})

    def test(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """Take a test message for a channel. 409 for one that is off or not verified, 429 within a minute of the
        last one."""
        owner = self._changeable(connection, call)
        row = _find(connection, owner, read(call, ChannelPriority).priority)
        if row["verified_at"] is None:
            raise Refusal(HTTPStatus.CONFLICT, "The channel is not verified.")
        if not row["enabled"]:
            raise Refusal(HTTPStatus.CONFLICT, "The channel is disabled.")
        limits.check(connection, TEST_FLOOR, _address(row), call.now)
        limits.spend(connection, TEST_FLOOR, _address(row), call.now)
        nonce = secrets.token_hex(8)
        number = outbox.post(connection, _test_message(call, owner, row, nonce), call.now)
        data = {"priority": row["priority"], "outbox_id": number, "nonce": nonce}
        return Reply(message="The test message was taken.", data=data)

    def set_enabled(self, connection: sqlite3.Connection, call: Call) -> Reply:
        """Switch a channel on or off. 409 for switching on one that is not verified."""
        owner = self._changeable(connection, call)
        wanted = read(call, ChannelEnabled)
        before = _find(connection, owner, wanted.priority)
        if wanted.enabled and before["verified_at"] is None:
            raise Refusal(HTTPStatus.CONFLICT, "The channel is not verified.")
        row = connection.execute(_ENABLE, (wanted.enabled, call.now, *owner.key, wanted.priority)).fetchone()
        done = "enabled" if wanted.enabled else "disabled"
        return Reply(message=f"Channel {done}.", data=_shown(connection, row))


def _customer(connection: sqlite3.Connection, call: Call) -> Owner:
    row = ownership.oneself(connection, call.customer, call.path["id"])
    return Owner(kind="customer", id=row["id"], name=f"{row['name']} {row['surname']}")


def _team(connection: sqlite3.Connection, call: Call) -> Owner:
    return _owning(ownership.team(connection, call.customer, call.path["id"]))


def _team_to_change(connection: sqlite3.Connection, call: Call) -> Owner:
    row = ownership.team(connection, call.customer, call.path["id"])
    membership.require(row, "change the channels of")
    return _owning(row)


def _owning(team: sqlite3.Row) -> Owner:
    return Owner(kind="team", id=team["id"], name=f"the team {team['name']}")


OF_CUSTOMER: Final = _Channels(readable=_customer, changeable=_customer)
OF_TEAM: Final = _Channels(readable=_team, changeable=_team_to_change)


def _find(connection: sqlite3.Connection, owner: Owner, priority: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(_ONE, (*owner.key, priority)).fetchone()
    if row is None:
        message = f"There is no channel with the priority {priority}."
        raise Refusal(HTTPStatus.NOT_FOUND, message, faults=(Fault(field="priority", message=message),))
    return row


def _new_value(
    connection: sqlite3.Connection, owner: Owner, kind: ChannelType, given: str, *, priority: int | None
) -> str:
    """The value as it is stored. Raises 422 for one that is no address, 409 where another channel has it."""
    value = channel_values.normal(kind, given)
    if (fault := channel_values.fault_of(kind, value)) is not None:
        raise invalid(Fault(field="value", message=fault))
    same = connection.execute(_BY_ADDRESS, (*owner.key, kind, value)).fetchone()
    if same is not None and same["priority"] != priority:
        what = f"is the value of the channel with the priority {same['priority']} already"
        raise Refusal(HTTPStatus.CONFLICT, f"This {what}.", faults=(Fault(field="value", message=what),))
    return value


def _fits(row: sqlite3.Row, wanted: ChannelFilter) -> bool:
    return (not wanted.include_types or row["type"] in wanted.include_types) and (
        row["type"] not in (wanted.exclude_types or ())
    )


def _address(row: sqlite3.Row) -> str:
    """What codes and tests are counted for. No priority, lest deleting and creating a channel counts from nothing."""
    return ":".join((row["owner_kind"], row["owner_id"], row["type"], row["value"]))


def _reference(row: sqlite3.Row) -> str:
    return f"{row['owner_kind']}:{row['owner_id']}:{row['priority']}"


def _send_code(connection: sqlite3.Connection, call: Call, owner: Owner, row: sqlite3.Row) -> None:
    """Raises 429 within a minute of another code to the same address."""
    codes.slow_down(connection, CODE, _address(row), call.now)
    code = codes.issue(connection, CODE, _address(row), call.now)
    body = (
        f"{code} verifies this {row['type']} channel of {owner.name}. It is good for"
        f" {codes.LIFETIME_SECONDS // 60} minutes.\n\nIf you did not ask for it, there is nothing to do."
    )
    outbox.post(connection, _message(call, row, "code", f"Verify a channel of {owner.name}", body, code=code), call.now)


def _test_message(call: Call, owner: Owner, row: sqlite3.Row, nonce: str) -> Message:
    at = rfc3339(call.now)
    body = (
        f"This is a test of the {row['type']} channel with the priority {row['priority']} of {owner.name}."
        f" Nothing has happened, and there is nothing to do.\n\nAsked for at {at}. Test {nonce}."
    )
    return _message(call, row, "test", f"Test of a channel of {owner.name}", body, test=True, at=at, nonce=nonce)


def _message(
    call: Call, row: sqlite3.Row, purpose: Literal["code", "test"], subject: str, body: str, **more: Any
) -> Message:
    """A message to a channel; `more` is what only machines are sent."""
    document = {
        "type": purpose,
        "owner": {"kind": row["owner_kind"], "id": row["owner_id"]},
        "priority": row["priority"],
        **more,
        "text": body,
    }
    return Message(
        organisation_id=call.customer.organisation_id,
        channel_type=row["type"],
        channel_value=row["value"],
        purpose=purpose,
        reference=_reference(row),
        subject=subject,
        body=body,
        document=document,
    )


def _shown(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "priority": row["priority"],
        "type": row["type"],
        "value": row["value"],
        "verified": row["verified_at"] is not None,
        "enabled": bool(row["enabled"]),
        "verified_at": written(row["verified_at"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "last_test": _last_test(connection, row),
    }


def _last_test(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any] | None:
    """What became of the newest test of this channel at this address."""
    for posted in outbox.listing(connection, purpose="test", reference=_reference(row), limit=1):
        if posted.address == (row["type"], row["value"]) and posted.created_at >= row["created_at"]:
            return {"at": rfc3339(posted.created_at), "state": posted.state, "detail": posted.detail}
    return None
