"""Who may see and change what.

Everything belongs to one organisation. A thing of another organisation does not exist for a customer (404, so that
ids cannot be probed); a thing of a team of the own organisation that the customer is no member of is refused (403).
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import Final

from bridge.local.replies import Customer, Refusal, not_found

_TEAM: Final = """
SELECT teams.*, mine.role AS my_role FROM teams
LEFT JOIN team_members AS mine ON mine.team_id = teams.id AND mine.customer_id = ?
WHERE teams.id = ? AND teams.organisation_id = ?
"""


def team(
    connection: sqlite3.Connection, customer: Customer, team_id: str, *, named_by: str | None = None
) -> sqlite3.Row:
    """A team of the customer's. Raises 404 or 403; `named_by` is the field that named it, None for the path."""
    return _allowed(connection, customer, team_id, "team", named_by)


def oneself(connection: sqlite3.Connection, customer: Customer, customer_id: str) -> sqlite3.Row:
    """The customer's own account, for what is nobody else's. Raises 404, and 403 for a colleague's."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM customers WHERE id = ? AND organisation_id = ?", (customer_id, customer.organisation_id)
    ).fetchone()
    if row is None:
        raise not_found("customer")
    if row["id"] != customer.id:
        raise Refusal(HTTPStatus.FORBIDDEN, "This is another customer's.")
    return row


def service(
    connection: sqlite3.Connection, customer: Customer, service_id: str, *, named_by: str | None = None
) -> sqlite3.Row:
    """A service of one of the customer's teams. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM services WHERE id = ?", (service_id,)).fetchone()
    if row is None:
        raise not_found("service", named_by=named_by)
    _allowed(connection, customer, row["team_id"], "service", named_by)
    return row


def heartbeat(connection: sqlite3.Connection, customer: Customer, heartbeat_id: str) -> sqlite3.Row:
    """A heartbeat monitor of one of the customer's services. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT heartbeats.*, services.team_id FROM heartbeats JOIN services ON services.id = heartbeats.service_id"
        " WHERE heartbeats.id = ?",
        (heartbeat_id,),
    ).fetchone()
    if row is None:
        raise not_found("heartbeat")
    _allowed(connection, customer, row["team_id"], "heartbeat", None)
    return row


def webhook(connection: sqlite3.Connection, customer: Customer, webhook_id: str) -> sqlite3.Row:
    """A webhook of the customer's organisation; webhooks belong to no team. Raises 404."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM webhooks WHERE id = ? AND organisation_id = ?", (webhook_id, customer.organisation_id)
    ).fetchone()
    if row is None:
        raise not_found("webhook")
    return row


def ruleset(connection: sqlite3.Connection, customer: Customer, ruleset_id: str) -> sqlite3.Row:
    """A ruleset of one of the customer's teams. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM rulesets WHERE id = ?", (ruleset_id,)).fetchone()
    if row is None:
        raise not_found("ruleset")
    _allowed(connection, customer, row["team_id"], "ruleset", None)
    return row


def incident(connection: sqlite3.Connection, customer: Customer, incident_id: str) -> sqlite3.Row:
    """An incident of one of the customer's teams. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM incidents WHERE id = ?", (incident_id,)).fetchone()
    if row is None:
        raise not_found("incident")
    _allowed(connection, customer, row["team_id"], "incident", None)
    return row


def monitor(connection: sqlite3.Connection, customer: Customer, monitor_id: str) -> sqlite3.Row:
    """An uptime monitor of one of the customer's services. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT monitors.*, services.team_id FROM monitors JOIN services ON services.id = monitors.service_id"
        " WHERE monitors.id = ?",
        (monitor_id,),
    ).fetchone()
    if row is None:
        raise not_found("uptime monitor")
    _allowed(connection, customer, row["team_id"], "uptime monitor", None)
    return row


def server(connection: sqlite3.Connection, customer: Customer, server_id: str) -> sqlite3.Row:
    """A server monitor of one of the customer's services. Raises 404 or 403."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT servers.*, services.team_id FROM servers JOIN services ON services.id = servers.service_id"
        " WHERE servers.id = ?",
        (server_id,),
    ).fetchone()
    if row is None:
        raise not_found("server monitor")
    _allowed(connection, customer, row["team_id"], "server monitor", None)
    return row


def status_page(
    connection: sqlite3.Connection, customer: Customer, status_page_id: str, *, named_by: str | None = None
) -> sqlite3.Row:
    """A status page of the customer's organisation; status pages belong to no team. Raises 404."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM status_pages WHERE id = ? AND organisation_id = ?", (status_page_id, customer.organisation_id)
    ).fetchone()
    if row is None:
        raise not_found("status page", named_by=named_by)
    return row


def component(
    connection: sqlite3.Connection, customer: Customer, component_id: str, *, named_by: str | None = None
) -> sqlite3.Row:
    """A component of a status page of the customer's organisation. Raises 404."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT components.* FROM components JOIN status_pages ON status_pages.id = components.status_page_id"
        " WHERE components.id = ? AND status_pages.organisation_id = ?",
        (component_id, customer.organisation_id),
    ).fetchone()
    if row is None:
        raise not_found("component", named_by=named_by)
    return row


def _allowed(
    connection: sqlite3.Connection, customer: Customer, team_id: str, what: str, named_by: str | None
) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(_TEAM, (customer.id, team_id, customer.organisation_id)).fetchone()
    if row is None:
        raise not_found(what, named_by=named_by)
    if row["my_role"] is None:
        raise Refusal(HTTPStatus.FORBIDDEN, f"The {what} is not your team's.")
    return row
