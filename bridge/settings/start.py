"""What a configuration must be besides well formed: safe to start with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.domain.errors import ConfigError, ConfigFault
from bridge.settings.model import Settings
from bridge.settings.routes import IncidentTarget
from bridge.settings.values import is_loopback
from bridge.settings.verify import NoVerify


def check_start(settings: Settings, *, insecure_dev: bool = False) -> None:
    """Refuse to start where a stranger could get in. Raises ConfigError with every reason."""
    public = settings.public_listeners()
    faults = []
    if not insecure_dev:
        faults += [_fault(key, "no proof at all is refused without --insecure-dev") for key in _unproven(settings)]
        if public:
            where = " and ".join(public)
            faults += [
                _fault(key, f"the development token must not be reachable from other machines ({where}); "
                            "configure one of your own, or say --insecure-dev")
                for key in settings.development_credentials()
            ]  # fmt: skip
    faults += [_fault(key, "an incident needs pinghome.email and pinghome.password") for key in _unaccounted(settings)]
    if settings.admin.token is None and not is_loopback(settings.admin.host):
        faults.append(_fault("admin.token", "needed where the admin API can be reached from other machines"))
    if faults:
        raise ConfigError(faults)


def widened(settings: Settings) -> Mapping[str, Sequence[str]]:
    """The sources whose keys or confirmations may be at other hosts than their provider's own, and those hosts."""
    stated = (
        (name, (*getattr(source.verify, "allowed_hosts", ()), *source.confirmation_hosts))
        for name, source in settings.sources.items()
    )
    return {name: hosts for name, hosts in stated if hosts}


def _unproven(settings: Settings) -> Sequence[str]:
    return [f"sources.{name}.verify.method" for name, s in settings.sources.items() if isinstance(s.verify, NoVerify)]


def _unaccounted(settings: Settings) -> Sequence[str]:
    """The incident targets, where no account is configured that could open them."""
    if settings.pinghome.email and settings.pinghome.password:
        return []
    return [
        f"routes[{number}].to[{place}].incident"
        for number, route in enumerate(settings.routes)
        for place, target in enumerate(route.to)
        if isinstance(target, IncidentTarget)
    ]


def _fault(key: str, reason: str) -> ConfigFault:
    return ConfigFault(origin="start", key=key, reason=reason)
