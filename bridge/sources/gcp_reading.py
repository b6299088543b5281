"""What all products of Google Cloud spell alike: severities, projects, regions."""

from __future__ import annotations

import re
from typing import Final

from bridge.domain.alert import Severity
from bridge.sources.reading import text

_SEVERITIES: Final = {
    "emergency": Severity.CRITICAL,
    "alert": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "high": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "notice": Severity.LOW,
    "low": Severity.LOW,
    "info": Severity.INFO,
    "debug": Severity.INFO,
}
"""Monitoring's words, Cloud Logging's ("LogSeverity"), Security Command Center's ("Finding.Severity"), and what people
write into a user label `severity`."""

_PROJECT: Final = re.compile(r"(?:^|/)projects/([^/]+)")
_PLACE: Final = re.compile(r"([a-z]+-[a-z]+[0-9]+)(?:-[a-z])?")
"""A region, or a zone, which is its region and a letter (Compute Engine documentation)."""


def rated(*stated: object) -> tuple[Severity | None, str | None]:
    """The severity by the first word that the table knows, and that word; else None and the first word there is."""
    words = [word for word in map(text, stated) if word is not None]
    for word in words:
        if word.casefold() in _SEVERITIES:
            return _SEVERITIES[word.casefold()], word
    return None, words[0] if words else None


def project_in(name: str | None) -> str | None:
    """The project in a resource name (`projects/PROJECT/...`), by its id or its number as the sender has it."""
    found = _PROJECT.search(name or "")
    return found.group(1) if found else None


def region_of(place: str | None) -> str | None:
    """The region of a region, a zone or a place of another kind, which is left as it is."""
    found = _PLACE.fullmatch(place or "")
    return found.group(1) if found else place
