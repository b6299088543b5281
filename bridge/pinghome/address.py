"""Where Pinghome is: one URL template with the service's name in it, for the SaaS and for the local Pinghome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bridge.pinghome.endpoints import operation

PLACEHOLDER: Final = "{service}"
CLOUD: Final = "https://{service}.api.pinghome.io"
_WEBHOOK_SUBMIT: Final = operation("webhook.submit")
_HEARTBEAT_SUBMIT: Final = operation("heartbeat.submit")


class BadAddress(ValueError):
    """A template that cannot be an address; the text says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Address:
    """A template such as `https://{service}.api.pinghome.io` or `http://127.0.0.1:8090/{service}`.

    `cloud` is short for the first. Raises BadAddress for anything that could not be called.
    """

    template: str

    def __post_init__(self) -> None:
        template = CLOUD if self.template == "cloud" else self.template.rstrip("/")
        _check(template)
        object.__setattr__(self, "template", template)

    def url(self, service: str, path: str) -> str:
        """The URL of a path (it begins with a slash) of one service."""
        return self.template.replace(PLACEHOLDER, service) + path

    def webhook_url(self, webhook_id: str) -> str:
        """Where events of a webhook are posted. Holds the webhook's id, which is a secret."""
        return self.url(_WEBHOOK_SUBMIT.service, _WEBHOOK_SUBMIT.fill({"id": webhook_id}))

    def heartbeat_url(self, heartbeat_id: str) -> str:
        """Where a heartbeat reports. Holds the heartbeat's id, which is a secret."""
        return self.url(_HEARTBEAT_SUBMIT.service, _HEARTBEAT_SUBMIT.fill({"id": heartbeat_id}))


def _check(template: str) -> None:
    if template.count(PLACEHOLDER) != 1:
        raise BadAddress("the template must contain {service} exactly once, or be 'cloud'")
    try:
        parts = urlsplit(template.replace(PLACEHOLDER, "service"))
        _ = parts.port
    except ValueError as error:
        raise BadAddress(f"the template is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise BadAddress("the template must begin with https:// or http://")
    if not parts.hostname:
        raise BadAddress("the template names no host")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("the template must not carry credentials; use pinghome.email and pinghome.password")
    if parts.query or parts.fragment:
        raise BadAddress("the template must not have a query or a fragment")
