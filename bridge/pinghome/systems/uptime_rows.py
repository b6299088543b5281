"""Uptime monitors: the rows of the table."""

from __future__ import annotations

from typing import Any, Final

from bridge.pinghome.operation import Confirmation, Operation
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

CREATE: Final = Operation(
    system="uptime",
    name="create",
    title="Create Uptime Monitor",
    method="POST",
    service="resource-cmd",
    path="/default/v1/resource",
    answer=Monitor,
    body=NewMonitor,
)
DELETE_MANY: Final = Operation(
    system="uptime",
    name="delete_many",
    title="Delete Multiple Uptime Monitors",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/resource",
    answer=Confirmation,
    query=Ids,
)
SET_ENABLED: Final = Operation(
    system="uptime",
    name="set_enabled",
    title="Change Uptime Monitor Status",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/resource/{id}/status",
    answer=Confirmation,
    body=Enabled,
)
DELETE: Final = Operation(
    system="uptime",
    name="delete",
    title="Delete Uptime Monitor",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/resource/{id}",
    answer=Confirmation,
)
UPDATE: Final = Operation(
    system="uptime",
    name="update",
    title="Update Uptime Monitor",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/resource/{id}",
    answer=Monitor,
    body=MonitorChange,
)
SET_TLD_REMINDER: Final = Operation(
    system="uptime",
    name="set_tld_reminder",
    title="Set TLD Expiration Reminder",
    method="POST",
    service="resource-cmd",
    path="/default/v1/{id}/tld/reminder",
    answer=Confirmation,
    body=Reminder,
)
UPDATE_TLD_REMINDER: Final = Operation(
    system="uptime",
    name="update_tld_reminder",
    title="Update TLD Reminder",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/{id}/tld/reminder",
    answer=Confirmation,
    body=Reminder,
)
DELETE_TLD_REMINDER: Final = Operation(
    system="uptime",
    name="delete_tld_reminder",
    title="Delete TLD Reminder",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/tld/reminder/{id}",
    answer=Confirmation,
)
SET_SSL_REMINDER: Final = Operation(
    system="uptime",
    name="set_ssl_reminder",
    title="Set SSL Expiration Reminder",
    method="POST",
    service="resource-cmd",
    path="/default/v1/ssl/reminder/{id}",
    answer=Confirmation,
    body=Reminder,
)
UPDATE_SSL_REMINDER: Final = Operation(
    system="uptime",
    name="update_ssl_reminder",
    title="Update SSL Reminder",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/ssl/reminder/{id}",
    answer=Confirmation,
    body=Reminder,
)
DELETE_SSL_REMINDER: Final = Operation(
    system="uptime",
    name="delete_ssl_reminder",
    title="Delete SSL Reminder",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/ssl/reminder/{id}",
    answer=Confirmation,
)
LIST: Final = Operation(
    system="uptime",
    name="list",
    title="Uptime Monitoring Records Collection",
    method="GET",
    service="resource-query",
    path="/default/v1/service/{id}/resources",
    answer=Monitor,
    query=Paging,
    many=True,
    paging="page",
)
GET: Final = Operation(
    system="uptime",
    name="get",
    title="Get Specific Uptime Monitor",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}",
    answer=Monitor,
)
REGIONS: Final = Operation(
    system="uptime",
    name="regions",
    title="Get Uptime Monitor Regions",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/regions",
    answer=Region,
    many=True,
)
SSL: Final = Operation(
    system="uptime",
    name="ssl",
    title="View Uptime Monitor SSL Information",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/ssl",
    answer=Expiry,
)
TLD: Final = Operation(
    system="uptime",
    name="tld",
    title="View Uptime Monitor TLD Information",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/tld",
    answer=Expiry,
)
SSL_REMINDER: Final = Operation(
    system="uptime",
    name="ssl_reminder",
    title="View SSL Certificate Reminder Settings",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/ssl/reminder",
    answer=ReminderSettings,
)
TLD_REMINDER: Final = Operation(
    system="uptime",
    name="tld_reminder",
    title="View TLD Reminder Settings",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/tld/reminder",
    answer=ReminderSettings,
)
STATISTIC: Final = Operation(
    system="uptime",
    name="statistic",
    title="View Uptime Monitor Performance Report",
    method="GET",
    service="statistic-query",
    path="/default/v1/resource/{id}/statistic",
    answer=Report,
    query=ReportPeriod,
)
STATE_CHANGES: Final = Operation(
    system="uptime",
    name="state_changes",
    title="View Uptime Monitor State Change History",
    method="GET",
    service="statistic-query",
    path="/default/v1/resource/{id}/state-changed-logs",
    answer=StateChange,
    query=StatePeriod,
    many=True,
)
INTEGRATIONS: Final = Operation(
    system="uptime",
    name="integrations",
    title="Uptime Monitor Integrations Retrieval",
    method="GET",
    service="resource-query",
    path="/default/v1/resource/{id}/integrations",
    answer=Integration,
    many=True,
)
CREATE_INTEGRATION: Final = Operation(
    system="uptime",
    name="create_integration",
    title="Configure Integration for Uptime Monitor",
    method="POST",
    service="resource-cmd",
    path="/default/v1/resource/{id}/integration",
    answer=Integration,
    body=NewIntegration,
)
UPDATE_INTEGRATION: Final = Operation(
    system="uptime",
    name="update_integration",
    title="Update Uptime Monitor Integration",
    method="PUT",
    service="resource-cmd",
    path="/default/v1/resource/{id}/integration/{integration}",
    answer=Confirmation,
    body=IntegrationChange,
)
DELETE_INTEGRATION: Final = Operation(
    system="uptime",
    name="delete_integration",
    title="Delete Uptime Monitor Integration",
    method="DELETE",
    service="resource-cmd",
    path="/default/v1/resource/{id}/integration/{integration}",
    answer=Confirmation,
)

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    CREATE,
    DELETE_MANY,
    SET_ENABLED,
    DELETE,
    UPDATE,
    SET_TLD_REMINDER,
    UPDATE_TLD_REMINDER,
    DELETE_TLD_REMINDER,
    SET_SSL_REMINDER,
    UPDATE_SSL_REMINDER,
    DELETE_SSL_REMINDER,
    LIST,
    GET,
    REGIONS,
    SSL,
    TLD,
    SSL_REMINDER,
    TLD_REMINDER,
    STATISTIC,
    STATE_CHANGES,
    INTEGRATIONS,
    CREATE_INTEGRATION,
    UPDATE_INTEGRATION,
    DELETE_INTEGRATION,
)
