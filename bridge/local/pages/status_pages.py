"""What a status page may be, and how it is shown to its organisation. No page is served to the public here."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bridge.local.accounts.addresses import is_domain, is_label, is_network, is_url
from bridge.local.pages import page_parts
from bridge.local.replies import Fault, Refusal
from bridge.local.times import rfc3339
from bridge.pinghome.systems.statuspage import NewStatuspage, StatuspageChange

ZONE: Final = "status.local"
"""Under it each page has its subdomain."""

_COLUMNS: Final = frozenset(
    {"name", "description", "subdomain", "type", "password", "update_password", "domain", "components", "groups"}
)
_LINKS: Final = ("website_url", "privacy_url", "support_url")
_TAKEN: Final = {
    "subdomain": "SELECT 1 FROM status_pages WHERE subdomain = ? AND id <> ?",
    "domain": "SELECT 1 FROM status_pages WHERE domain = ? AND id <> ?",
}
# From well to worst, for the status of a whole page.
_BADNESS: Final = ("operational", "maintenance", "degraded-performance", "partial-outage", "major-outage")


def faults_of(page: NewStatuspage | StatuspageChange) -> list[Fault]:
    """What is wrong with a page beyond its fields' types."""
    faults = [
        # They become links on a page that anybody may read.
        Fault(field=field, message="must be an http or https address")
        for field in _LINKS
        if getattr(page, field) and not is_url(getattr(page, field))
    ]
    if not is_label(page.subdomain):
        faults.append(Fault(field="subdomain", message="must be a DNS label"))
    if page.domain and not is_domain(page.domain):
        faults.append(Fault(field="domain", message="must be a domain name"))
    for number, address in enumerate(page.ip_addresses or (), start=1):
        if not is_network(address):
            faults.append(Fault(field="ip_addresses", message=f"entry {number} must be an IP address or network"))
    return faults


def check_free(connection: sqlite3.Connection, page: NewStatuspage | StatuspageChange, own_id: str) -> None:
    """Raises 409, naming the fields, for names that another page has, of whatever organisation."""
    taken = [
        field
        for field, statement in _TAKEN.items()
        if getattr(page, field) and connection.execute(statement, (getattr(page, field), own_id)).fetchone()
    ]
    if taken:
        faults = tuple(Fault(field=field, message="is taken") for field in taken)
        raise Refusal(HTTPStatus.CONFLICT, f"Taken by another page: {', '.join(taken)}.", faults=faults)


def settings_of(page: NewStatuspage | StatuspageChange) -> dict[str, Any]:
    """What has no column of its own, as it was given."""
    return {name: value for name, value in msgspec.structs.asdict(page).items() if name not in _COLUMNS}


def summary(row: sqlite3.Row) -> dict[str, Any]:
    """A page without its components. Of a password only that there is one."""
    return {
        "id": row["id"],
        "organisation_id": row["organisation_id"],
        "name": row["name"],
        "description": row["description"],
        "subdomain": row["subdomain"],
        "domain": row["domain"],
        "type": row["type"],
        "has_password": row["password_hash"] is not None,
        **msgspec.json.decode(row["settings"]),
        "enabled": bool(row["enabled"]),
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }


def shown(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """A page with its components and groups."""
    return {**summary(row), **page_parts.shown(connection, row["id"])}


def unified(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """A page with its theme and the status of the whole: the worst of its components, null without any."""
    page = shown(connection, row)
    statuses = {component["status"] for component in page_parts.listed(connection, row["id"])}
    worst = max(statuses, key=_BADNESS.index, default=None)
    theme = {name: page[name] for name in ("page_name", "dark_theme", "favicon", "logo", "remove_branding")}
    return {**page, "status": worst, "theme": theme}
