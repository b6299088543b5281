"""Uptime monitors, their reminders, reports and integrations."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence

from bridge.pinghome.operation import Confirmation
from bridge.pinghome.systems import uptime_rows as rows
from bridge.pinghome.systems.base import System
from bridge.pinghome.systems.shared import Enabled, Ids, Paging
from bridge.pinghome.systems.uptime_models import (
    Expiry,
    Integration,
    IntegrationChange,
    Monitor,
    MonitorChange,
    NewIntegration,
    NewMonitor,
    Region,
    Reminder,
    ReminderSettings,
    Report,
    ReportPeriod,
    StateChange,
    StatePeriod,
)


class Uptime(System):
    """Uptime monitors."""

    async def create(self, monitor: NewMonitor) -> Monitor:
        """A new monitor of a service."""
        return await self._one(rows.CREATE, body=monitor)

    async def delete_many(self, ids: Sequence[str]) -> Confirmation:
        """Delete several monitors."""
        return await self._one(rows.DELETE_MANY, query=Ids(id=[*ids]))

    async def set_enabled(self, monitor_id: str, *, enabled: bool) -> Confirmation:
        """Switch a monitor on or off."""
        return await self._one(rows.SET_ENABLED, monitor_id, body=Enabled(enabled=enabled))

    async def delete(self, monitor_id: str) -> Confirmation:
        """Delete one monitor."""
        return await self._one(rows.DELETE, monitor_id)

    async def update(self, monitor_id: str, monitor: MonitorChange) -> Monitor:
        """Change a monitor."""
        return await self._one(rows.UPDATE, monitor_id, body=monitor)

    async def set_tld_reminder(self, monitor_id: str, days_before: Sequence[int]) -> Confirmation:
        """Be reminded before the domain expires."""
        return await self._one(rows.SET_TLD_REMINDER, monitor_id, body=Reminder(days_before=[*days_before]))

    async def update_tld_reminder(self, monitor_id: str, days_before: Sequence[int]) -> Confirmation:
        """Be reminded of the domain at other times."""
        return await self._one(rows.UPDATE_TLD_REMINDER, monitor_id, body=Reminder(days_before=[*days_before]))

    async def delete_tld_reminder(self, monitor_id: str) -> Confirmation:
        """No longer be reminded of the domain."""
        return await self._one(rows.DELETE_TLD_REMINDER, monitor_id)

    async def set_ssl_reminder(self, monitor_id: str, days_before: Sequence[int]) -> Confirmation:
        """Be reminded before the certificate expires."""
        return await self._one(rows.SET_SSL_REMINDER, monitor_id, body=Reminder(days_before=[*days_before]))

    async def update_ssl_reminder(self, monitor_id: str, days_before: Sequence[int]) -> Confirmation:
        """Be reminded of the certificate at other times."""
        return await self._one(rows.UPDATE_SSL_REMINDER, monitor_id, body=Reminder(days_before=[*days_before]))

    async def delete_ssl_reminder(self, monitor_id: str) -> Confirmation:
        """No longer be reminded of the certificate."""
        return await self._one(rows.DELETE_SSL_REMINDER, monitor_id)

    async def list(self, service_id: str, page: int | None = None, limit: int | None = None) -> builtins.list[Monitor]:
        """One page of a service's monitors."""
        return await self._many(rows.LIST, service_id, query=Paging(page=page, limit=limit))

    def each(self, service_id: str) -> AsyncIterator[Monitor]:
        """All monitors of a service, page after page."""
        return self._pages(rows.LIST, service_id)

    async def get(self, monitor_id: str) -> Monitor:
        """One monitor."""
        return await self._one(rows.GET, monitor_id)

    async def regions(self, monitor_id: str) -> builtins.list[Region]:
        """Where it is checked from."""
        return await self._many(rows.REGIONS, monitor_id)

    async def ssl(self, monitor_id: str) -> Expiry:
        """The certificate."""
        return await self._one(rows.SSL, monitor_id)

    async def tld(self, monitor_id: str) -> Expiry:
        """The domain's registration."""
        return await self._one(rows.TLD, monitor_id)

    async def ssl_reminder(self, monitor_id: str) -> ReminderSettings:
        """When one is reminded of the certificate."""
        return await self._one(rows.SSL_REMINDER, monitor_id)

    async def tld_reminder(self, monitor_id: str) -> ReminderSettings:
        """When one is reminded of the domain."""
        return await self._one(rows.TLD_REMINDER, monitor_id)

    async def statistic(self, monitor_id: str, period: ReportPeriod | None = None) -> Report:
        """How it did."""
        return await self._one(rows.STATISTIC, monitor_id, query=period)

    async def state_changes(self, monitor_id: str, period: StatePeriod | None = None) -> builtins.list[StateChange]:
        """When it went down and up."""
        return await self._many(rows.STATE_CHANGES, monitor_id, query=period)

    async def integrations(self, monitor_id: str) -> builtins.list[Integration]:
        """The pages elsewhere that follow it."""
        return await self._many(rows.INTEGRATIONS, monitor_id)

    async def create_integration(self, monitor_id: str, integration: NewIntegration) -> Integration:
        """Have a page elsewhere follow it."""
        return await self._one(rows.CREATE_INTEGRATION, monitor_id, body=integration)

    async def update_integration(
        self, monitor_id: str, integration_id: str, integration: IntegrationChange
    ) -> Confirmation:
        """Change such a page."""
        return await self._one(rows.UPDATE_INTEGRATION, monitor_id, integration_id, body=integration)

    async def delete_integration(self, monitor_id: str, integration_id: str) -> Confirmation:
        """Let such a page go."""
        return await self._one(rows.DELETE_INTEGRATION, monitor_id, integration_id)
