"""Status pages. They belong to an organisation, and each of its customers may change them."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any, Final

import msgspec

from bridge.local import ownership
from bridge.local.accounts.addresses import is_domain
from bridge.local.accounts.passwords import Passwords
from bridge.local.pages import components as component_statuses
from bridge.local.pages import page_parts, status_pages
from bridge.local.reading import read
from bridge.local.replies import Call, Fault, Reply, created, invalid, not_found
from bridge.local.storage.database import Database
from bridge.pinghome.systems.shared import Enabled
from bridge.pinghome.systems.statuspage import NewStatuspage, StatuspageChange

_ALL: Final = "SELECT * FROM status_pages WHERE organisation_id = ? ORDER BY created_at, id"
_CREATE: Final = """
INSERT INTO status_pages (id, organisation_id, name, description, subdomain, domain, type, password_hash, settings,
                          enabled, created_at, updated_at)
VALUES (:id, :organisation_id, :name, :description, :subdomain, :domain, :type, :password_hash, :settings,
        TRUE, :now, :now)
RETURNING *
"""
_UPDATE: Final = """
UPDATE status_pages SET name = :name, description = :description, subdomain = :subdomain, domain = :domain,
                        type = :type, password_hash = :password_hash, settings = :settings, updated_at = :now
WHERE id = :id RETURNING *
"""
_SWITCH: Final = "UPDATE status_pages SET enabled = ?, updated_at = ? WHERE id = ? RETURNING *"
_OF_DOMAIN: Final = "SELECT * FROM status_pages WHERE domain = ? AND organisation_id = ?"


async def create(database: Database, passwords: Passwords, call: Call) -> Reply:
    """A new page, shown at once. Raises 409 for a subdomain or domain that is taken, be it by another organisation."""
    wanted = read(call, NewStatuspage)
    if faults := status_pages.faults_of(wanted):
        raise invalid(*faults)
    password_hash = await passwords.hash(wanted.password) if wanted.password else None
    return await database.run(lambda connection: _create(connection, call, wanted, password_hash))


async def update(database: Database, passwords: Passwords, call: Call) -> Reply:
    """Change a page. An optional field that is left out stays; so does the password, unless `update_password`."""
    await database.run(lambda connection: ownership.status_page(connection, call.customer, call.path["id"]))
    wanted = read(call, StatuspageChange)
    faults = status_pages.faults_of(wanted)
    if wanted.update_password and not wanted.password:
        faults.append(Fault(field="password", message="is required with update_password"))
    if faults:
        raise invalid(*faults)
    password_hash = await passwords.hash(wanted.password) if wanted.update_password and wanted.password else None
    return await database.run(lambda connection: _update(connection, call, wanted, password_hash))


def list_all(connection: sqlite3.Connection, call: Call) -> Reply:
    """The pages of the organisation, oldest first, without their components."""
    rows = connection.execute(_ALL, (call.customer.organisation_id,)).fetchall()
    return Reply(message="Status pages.", data=[status_pages.summary(row) for row in rows])


def get(connection: sqlite3.Connection, call: Call) -> Reply:
    """One page with its components."""
    row = ownership.status_page(connection, call.customer, call.path["id"])
    return Reply(message="Status page.", data=status_pages.shown(connection, row))


def unified(connection: sqlite3.Connection, call: Call) -> Reply:
    """One page with its components, its theme and the status of the whole."""
    row = ownership.status_page(connection, call.customer, call.path["id"])
    return Reply(message="Status page.", data=status_pages.unified(connection, row))


def components(connection: sqlite3.Connection, call: Call) -> Reply:
    """All components of a page, in groups and outside."""
    row = ownership.status_page(connection, call.customer, call.path["id"])
    return Reply(message="Components.", data=page_parts.listed(connection, row["id"]))


def component_statistics(connection: sqlite3.Connection, call: Call) -> Reply:
    """How a component did, by the statuses it was given."""
    row = ownership.component(connection, call.customer, call.path["id"])
    return Reply(message="Component statistics.", data=component_statuses.statistics(connection, row, call.now))


def cname(connection: sqlite3.Connection, call: Call) -> Reply:
    """Where a domain must point. Whether it does is null: nothing here asks the DNS.

    The texts know no 404 here, for a domain is pointed somewhere before a page has it. A domain that no page of the
    organisation has must point nowhere yet: null.
    """
    domain = call.path["domain"]
    if not is_domain(domain):
        raise not_found("domain")
    row = connection.execute(_OF_DOMAIN, (domain, call.customer.organisation_id)).fetchone()
    target = None if row is None else f"{row['subdomain']}.{status_pages.ZONE}"
    data = {"domain": domain, "cname": target, "verified": None}
    return Reply(message="The domain has not been looked up.", data=data)


def delete(connection: sqlite3.Connection, call: Call) -> Reply:
    """Delete a page with its components, their history and its subscriptions."""
    row = ownership.status_page(connection, call.customer, call.path["id"])
    connection.execute("DELETE FROM status_pages WHERE id = ?", (row["id"],))
    return Reply(message="Status page deleted.", data={"id": row["id"]})


def set_enabled(connection: sqlite3.Connection, call: Call) -> Reply:
    """Show or hide a page."""
    before = ownership.status_page(connection, call.customer, call.path["id"])
    wanted = read(call, Enabled)
    row = connection.execute(_SWITCH, (wanted.enabled, call.now, before["id"])).fetchone()
    return Reply(message="Status page status updated.", data=status_pages.shown(connection, row))


def _create(connection: sqlite3.Connection, call: Call, wanted: NewStatuspage, password_hash: str | None) -> Reply:
    page_id = str(uuid.uuid4())
    status_pages.check_free(connection, wanted, page_id)
    settings = status_pages.settings_of(wanted)
    values = {
        **_columns(wanted, wanted.domain or None, password_hash, settings),
        "id": page_id,
        "organisation_id": call.customer.organisation_id,
        "now": call.now,
    }
    row = connection.execute(_CREATE, values).fetchone()
    page_parts.replace(connection, call, page_id, wanted.components, wanted.groups)
    return created("Status page created.", status_pages.shown(connection, row))


def _update(connection: sqlite3.Connection, call: Call, wanted: StatuspageChange, password_hash: str | None) -> Reply:
    before = ownership.status_page(connection, call.customer, call.path["id"])
    status_pages.check_free(connection, wanted, before["id"])
    changes = {name: value for name, value in status_pages.settings_of(wanted).items() if value is not None}
    domain = before["domain"] if wanted.domain is None else wanted.domain or None
    values = {
        **_columns(
            wanted,
            domain,
            password_hash or before["password_hash"],
            {**msgspec.json.decode(before["settings"]), **changes},
        ),
        "id": before["id"],
        "now": call.now,
    }
    row = connection.execute(_UPDATE, values).fetchone()
    page_parts.replace(connection, call, before["id"], wanted.components, wanted.groups)
    return Reply(message="Status page updated.", data=status_pages.shown(connection, row))


def _columns(
    wanted: NewStatuspage | StatuspageChange, domain: str | None, password_hash: str | None, settings: dict[str, Any]
) -> dict[str, Any]:
    """What create and update both write. Raises 422 for a private page that everybody could read."""
    if wanted.type == "private" and password_hash is None and not settings["ip_addresses"]:
        raise invalid(Fault(field="password", message="a private page needs a password or ip_addresses"))
    return {
        "name": wanted.name,
        "description": wanted.description,
        "subdomain": wanted.subdomain,
        "domain": domain,
        "type": wanted.type,
        "password_hash": password_hash,
        "settings": msgspec.json.encode(settings).decode(),
    }
