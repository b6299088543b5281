"""Readings of what senders send: one file a product, one file a kind that knows its products.

`SOURCES` is the one list of the kinds that a configuration may name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.sources.alertmanager import AlertmanagerSource
from bridge.sources.aws import AwsSource
from bridge.sources.azure import AzureSource
from bridge.sources.base import Source
from bridge.sources.cloudevents import CloudEventsSource
from bridge.sources.datadog import DatadogSource
from bridge.sources.dynatrace import DynatraceSource
from bridge.sources.gcp import GcpSource
from bridge.sources.generic import GenericSource
from bridge.sources.grafana import GrafanaSource
from bridge.sources.mapped import AlertMapping
from bridge.sources.newrelic import NewRelicSource
from bridge.sources.oracle import OracleSource
from bridge.sources.pagerduty import PagerDutySource
from bridge.sources.sentry import SentrySource
from bridge.sources.splunk import SplunkSource
from bridge.sources.sysdig import SysdigSource
from bridge.sources.uptimekuma import UptimeKumaSource
from bridge.sources.zabbix import ZabbixSource

SOURCES: Final[Mapping[str, Callable[[], Source]]] = {
    "alertmanager": AlertmanagerSource,
    "aws": AwsSource,
    "azure": AzureSource,
    "cloudevents": CloudEventsSource,
    "datadog": DatadogSource,
    "dynatrace": DynatraceSource,
    "gcp": GcpSource,
    "generic": GenericSource,
    "grafana": GrafanaSource,
    "newrelic": NewRelicSource,
    "oracle": OracleSource,
    "pagerduty": PagerDutySource,
    "sentry": SentrySource,
    "splunk": SplunkSource,
    "sysdig": SysdigSource,
    "uptime-kuma": UptimeKumaSource,
    "zabbix": ZabbixSource,
}

MAPPED: Final[Mapping[str, Callable[[AlertMapping], Source]]] = {
    "cloudevents": CloudEventsSource,
    "generic": GenericSource,
}
"""The kinds that a mapping may be configured for."""
