"""Status pages, their components and groups."""

from __future__ import annotations

import builtins
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from bridge.pinghome.operation import END, Answer, Confirmation, Name, Operation, Password, Request, Text, about, also
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import (
    Description,
    Enabled,
)

ComponentStatus = Literal["operational", "degraded-performance", "partial-outage", "major-outage", "maintenance"]


class Component(Request, frozen=True, kw_only=True):
    """A part of a page. The texts show `operational` and `resource`."""

    name: Annotated[Name, about("What the page calls it.")]
    type: Annotated[Name, about("resource, or another kind of part.")]
    id: Name | None = None
    description: Text | None = None
    status: ComponentStatus | None = None
    resource_id: Name | None = None


class Group(Request, frozen=True, kw_only=True):
    """Components under one heading."""

    name: Annotated[Name, about("The heading.")]
    components: Annotated[list[Component], Meta(max_length=200)]
    id: Name | None = None


class _Page(Request, frozen=True, kw_only=True):
    name: Annotated[Name, about("The name of the status page.")]
    description: Description
    subdomain: Annotated[
        str, Meta(min_length=1, max_length=63, pattern=rf"^[a-z0-9]([a-z0-9-]*[a-z0-9])?{END}"), about("A DNS label.")
    ]
    type: Annotated[Literal["public", "private"], about("Who may read it.")]
    password: Annotated[Password, about("For a private page.")] | None = None
    domain: Annotated[str, Meta(max_length=253), about("A domain of your own.")] | None = None
    page_name: Annotated[str, Meta(max_length=255), about("The title of the page.")] | None = None
    dark_theme: bool | None = None
    favicon: Annotated[str, Meta(max_length=2048)] | None = None
    logo: Annotated[str, Meta(max_length=2048)] | None = None
    redirect_to_https: bool | None = None
    remove_branding: bool | None = None
    robots_meta_contents: Annotated[list[Name], Meta(max_length=20)] | None = None
    website_url: Annotated[str, Meta(max_length=2048)] | None = None
    privacy_url: Annotated[str, Meta(max_length=2048)] | None = None
    support_url: Annotated[str, Meta(max_length=2048)] | None = None
    ga_tracking: Annotated[str, Meta(max_length=255)] | None = None
    ip_addresses: Annotated[list[Name], Meta(max_length=1000), about("Who may read a private page.")] | None = None
    subscription_enabled: bool | None = None


class NewStatuspage(_Page, frozen=True, kw_only=True):
    """A status page. A private one has a password or a list of addresses."""

    components: Annotated[list[Component], Meta(max_length=200), about("Components outside of groups.")]
    groups: Annotated[list[Group], Meta(max_length=200), about("Components under headings.")]


class StatuspageChange(_Page, frozen=True, kw_only=True):
    """A page as it shall be. Components and groups stay where they are left out, as the texts' example does."""

    update_password: Annotated[bool, about("Whether `password` replaces the one that was.")] | None = None
    components: Annotated[list[Component], Meta(max_length=200), about("Components outside of groups.")] | None = None
    groups: Annotated[list[Group], Meta(max_length=200), about("Components under headings.")] | None = None


class Statuspage(Answer, frozen=True, kw_only=True):
    """A status page."""

    id: Annotated[str | None, also("status_page_id", "statuspage_id")] = None
    name: str | None = None
    description: str | None = None
    subdomain: str | None = None
    domain: str | None = None
    type: str | None = None
    enabled: Annotated[bool | None, also("is_enabled")] = None
    status: str | None = None
    theme: dict[str, Any] | None = None
    components: list[dict[str, Any]] | None = None
    groups: list[dict[str, Any]] | None = None


class StatuspageComponent(Answer, frozen=True, kw_only=True):
    """A part of a page."""

    id: Annotated[str | None, also("component_id")] = None
    name: str | None = None
    description: str | None = None
    status: str | None = None
    type: str | None = None
    resource_id: str | None = None
    group_id: str | None = None


class ComponentStatistics(Answer, frozen=True, kw_only=True):
    """How a component did: `uptime` in per cent. `points` is empty where nothing is known."""

    component_id: Annotated[str | None, also("id")] = None
    status: str | None = None
    duration_seconds: Annotated[float | None, also("duration")] = None
    uptime: float | None = None
    points: list[dict[str, Any]] | None = None
    open_incidents: list[dict[str, Any]] | None = None


class Cname(Answer, frozen=True, kw_only=True):
    """Where a domain of your own must point."""

    domain: str | None = None
    cname: str | None = None
    verified: bool | None = None


LIST: Final = Operation(
    system="statuspage",
    name="list",
    title="Get Status Pages for Organisation",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/statuspages",
    answer=Statuspage,
    many=True,
)
GET: Final = Operation(
    system="statuspage",
    name="get",
    title="Get Status Page",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}",
    answer=Statuspage,
)
COMPONENTS: Final = Operation(
    system="statuspage",
    name="components",
    title="Get Status Page Components",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}/components",
    answer=StatuspageComponent,
    many=True,
)
COMPONENT_STATISTICS: Final = Operation(
    system="statuspage",
    name="component_statistics",
    title="Get Statistics for Status Page Component",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/component/{id}/statistics",
    answer=ComponentStatistics,
)
UNIFIED: Final = Operation(
    system="statuspage",
    name="unified",
    title="Get Comprehensive Status Page Details",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}/unified",
    answer=Statuspage,
)
CNAME: Final = Operation(
    system="statuspage",
    name="cname",
    title="Get Domain CNAME Settings",
    method="GET",
    service="statuspage-cmd",
    path="/default/v1/domain/{domain}/cname",
    answer=Cname,
)
CREATE: Final = Operation(
    system="statuspage",
    name="create",
    title="Create Status Page",
    method="POST",
    service="statuspage-cmd",
    path="/default/v1/statuspage",
    answer=Statuspage,
    body=NewStatuspage,
)
UPDATE: Final = Operation(
    system="statuspage",
    name="update",
    title="Update Status Page",
    method="PUT",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}",
    answer=Confirmation,
    body=StatuspageChange,
)
DELETE: Final = Operation(
    system="statuspage",
    name="delete",
    title="Delete Status Page",
    method="DELETE",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}",
    answer=Confirmation,
)
SET_ENABLED: Final = Operation(
    system="statuspage",
    name="set_enabled",
    title="Update Status Page Status",
    method="PUT",
    service="statuspage-cmd",
    path="/default/v1/statuspage/{id}/status",
    answer=Confirmation,
    body=Enabled,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    LIST,
    GET,
    COMPONENTS,
    COMPONENT_STATISTICS,
    UNIFIED,
    CNAME,
    CREATE,
    UPDATE,
    DELETE,
    SET_ENABLED,
)


class Statuspages(System):
    """Status pages."""

    async def list(self) -> builtins.list[Statuspage]:
        """The organisation's pages."""
        return await self._many(LIST)

    async def get(self, statuspage_id: str) -> Statuspage:
        """One page."""
        return await self._one(GET, statuspage_id)

    async def components(self, statuspage_id: str) -> builtins.list[StatuspageComponent]:
        """The components of a page."""
        return await self._many(COMPONENTS, statuspage_id)

    async def component_statistics(self, component_id: str) -> ComponentStatistics:
        """How a component did."""
        return await self._one(COMPONENT_STATISTICS, component_id)

    async def unified(self, statuspage_id: str) -> Statuspage:
        """One page with everything on it."""
        return await self._one(UNIFIED, statuspage_id)

    async def cname(self, domain: str) -> Cname:
        """Where a domain must point."""
        return await self._one(CNAME, domain)

    async def create(self, statuspage: NewStatuspage) -> Statuspage:
        """A new page. Raises Conflict for a subdomain or domain that is taken."""
        return await self._one(CREATE, body=statuspage)

    async def update(self, statuspage_id: str, statuspage: StatuspageChange) -> Confirmation:
        """Change a page."""
        return await self._one(UPDATE, statuspage_id, body=statuspage)

    async def delete(self, statuspage_id: str) -> Confirmation:
        """Delete a page."""
        return await self._one(DELETE, statuspage_id)

    async def set_enabled(self, statuspage_id: str, *, enabled: bool) -> Confirmation:
        """Show or hide a page."""
        return await self._one(SET_ENABLED, statuspage_id, body=Enabled(enabled=enabled))
