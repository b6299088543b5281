"""Readings of what senders send: one file a product, one file a kind that knows its products.

`SOURCES` is the one list of the kinds that a configuration may name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.sources.aws import AwsSource
from bridge.sources.azure import AzureSource
from bridge.sources.base import Source
from bridge.sources.gcp import GcpSource

SOURCES: Final[Mapping[str, Callable[[], Source]]] = {
    "aws": AwsSource,
    "azure": AzureSource,
    "gcp": GcpSource,
}
