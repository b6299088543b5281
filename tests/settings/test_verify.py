"""Methods of proof and severities as the configuration spells them: what is taken, and what is a clear fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.domain.alert import Severity
from bridge.domain.errors import ConfigError
from bridge.settings import Settings, load
from bridge.settings.start import check_start, widened
from bridge.verify.entra import APP_IDS, ROLES
from bridge.verify.hmac import HmacVerifier
from bridge.verify.jwt import JwtVerifier
from bridge.verify.standard_webhooks import StandardWebhooksVerifier

ROUTE = {"name": "all", "to": [{"webhook": "c03b02ec-244f-4d2c-8f68-3910071ed5c8"}]}
TENANT = "8F2B1C34-5d67-4e89-9abc-0123456789ab"
HMAC = {"method": "hmac", "secret": "s3cret", "header": "X-Signature"}
STANDARD = {"method": "standard-webhooks", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
OIDC = {"method": "oidc", "audience": "https://bridge.example.com", "emails": ["a@b.iam.gserviceaccount.com"]}
ENTRA = {"method": "entra", "tenant": TENANT, "audience": "api://bridge"}
CONDITION = {"key": "labels.tier", "operator": "equal", "values": ["1"]}


def loaded(tmp_path: Path, **keys: Any) -> Settings:
    """A configuration of these top-level keys and one route."""
    file = tmp_path / "bridge.yaml"
    file.write_text(yaml.safe_dump({"routes": [ROUTE], **keys}), encoding="utf-8")
    return load(file, {})


def verify(tmp_path: Path, **stated: Any) -> Any:
    """The model of one source's proof."""
    return loaded(tmp_path, sources={"a": {"kind": "azure", "verify": stated}}).sources["a"].verify


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        (HMAC, HmacVerifier),
        ({**HMAC, "secret": ["old", "new"], "timestamp_header": "X-Time", "tolerance": "1m"}, HmacVerifier),
        ({**HMAC, "prefix": "sig:", "encoding": "base64", "algorithm": "sha512"}, HmacVerifier),
        (STANDARD, StandardWebhooksVerifier),
        (OIDC, JwtVerifier),
        ({**OIDC, "audience": ["a", "b"]}, JwtVerifier),
        ({**OIDC, "issuer": "https://idp.example.com", "jwks_url": "https://idp.example.com/keys",
          "allowed_hosts": ["idp.example.com"]}, JwtVerifier),
        (ENTRA, JwtVerifier),
        ({**ENTRA, "cloud": "china", "roles": ["alerts"], "app_ids": [TENANT]}, JwtVerifier),
        ({**ENTRA, "jwks_url": "https://login.microsoftonline.com/common/discovery/v2.0/keys"}, JwtVerifier),
    ],
)  # fmt: skip
def test_a_method_makes_its_verifier(tmp_path: Path, stated: dict[str, Any], kind: type) -> None:
    assert isinstance(verify(tmp_path, **stated).verifier(), kind)


def test_microsofts_own_callers_are_the_defaults(tmp_path: Path) -> None:
    stated = verify(tmp_path, **ENTRA)

    assert (stated.app_ids, stated.roles, stated.tenant) == (APP_IDS, ROLES, TENANT.lower())


@pytest.mark.parametrize(
    ("stated", "path", "word"),
    [
        ({**HMAC, "secret": ""}, "hmac.secret[0]", "at least 1"),
        ({**HMAC, "secret": ["a", "b", "c"]}, "hmac.secret", "at most 2"),
        ({**HMAC, "header": "X Signature"}, "hmac.header", "pattern"),
        ({**HMAC, "timestamp_header": ""}, "hmac.timestamp_header", "pattern"),
        ({**HMAC, "algorithm": "md5"}, "hmac.algorithm", "sha256"),
        ({**HMAC, "encoding": "base32"}, "hmac.encoding", "hex"),
        ({**HMAC, "tolerance": "2h"}, "hmac.tolerance", "less than or equal"),
        ({"method": "hmac", "secret": "a"}, "hmac.header", "required"),
        ({**STANDARD, "secret": "whsec_s3cret-is-none"}, "standard-webhooks", "Base64"),
        ({**STANDARD, "secret": "czNjcmV0"}, "standard-webhooks", "at least 16 bytes"),
        ({"method": "oidc", "audience": "a"}, "oidc.emails", "required"),
        ({**OIDC, "emails": []}, "oidc.emails", "at least 1"),
        ({**OIDC, "audience": []}, "oidc.audience", "at least 1"),
        ({**OIDC, "audience": ""}, "oidc.audience[0]", "at least 1"),
        ({**OIDC, "jwks_url": "https://evil.example/keys"}, "oidc", "allowed_hosts"),
        ({**OIDC, "jwks_url": "http://127.0.0.1:80/k", "allowed_hosts": ["127.0.0.1:80"]}, "oidc", "allow_http"),
        ({**OIDC, "jwks_url": "http://k.example/k", "allowed_hosts": ["k.example"], "allow_http": True},
         "oidc", "loopback"),
        ({**OIDC, "issuer": "https://idp.example.com"}, "oidc", "jwks_url"),
        ({**ENTRA, "tenant": "contoso.onmicrosoft.com"}, "entra.tenant", "pattern"),
        ({**ENTRA, "roles": []}, "entra.roles", "at least 1"),
        ({**ENTRA, "app_ids": []}, "entra.app_ids", "at least 1"),
        ({**ENTRA, "app_ids": ["AzNS"]}, "entra.app_ids[0]", "pattern"),
        ({**ENTRA, "cloud": "germany"}, "entra.cloud", "china"),
        ({**ENTRA, "jwks_url": "https://www.googleapis.com/oauth2/v3/certs"}, "entra", "allowed_hosts"),
    ],
)  # fmt: skip
def test_a_method_that_makes_no_sense(tmp_path: Path, stated: dict[str, Any], path: str, word: str) -> None:
    """A fault at the key, in words, and never the secret."""
    with pytest.raises(ConfigError) as raised:
        verify(tmp_path, **stated)

    (fault,) = raised.value.faults
    assert fault.key == f"sources.a.verify.{path}"
    assert word in fault.reason
    assert "s3cret" not in str(raised.value)
    assert "czNjcmV0" not in str(raised.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")

    stated = verify(tmp_path, method="hmac", secret_file=str(tmp_path / "secret"), header="X-Signature")

    assert [secret.get_secret_value() for secret in stated.secret] == ["from-a-file"]


def test_the_development_token_is_one_wherever_it_stands(tmp_path: Path) -> None:
    """Also as a key to sign with."""
    settings = loaded(
        tmp_path,
        ingress={"host": "0.0.0.0"},  # noqa: S104
        sources={"a": {"kind": "azure", "verify": {**HMAC, "secret": "dev-token"}}},
    )

    assert settings.development_credentials() == ["sources.a.verify.secret"]
    with pytest.raises(ConfigError, match=r"sources\.a\.verify\.secret"):
        check_start(settings)


def test_hosts_of_ones_own_are_told_at_the_start(tmp_path: Path) -> None:
    """Whoever answers there can speak for the provider."""
    stand_in = {**OIDC, "jwks_url": "https://keys.example.com/k", "allowed_hosts": ["keys.example.com"]}
    sources = {"a": {"kind": "gcp", "verify": stand_in}, "b": {"kind": "gcp", "verify": OIDC}}

    assert widened(loaded(tmp_path, sources=sources)) == {"a": ("keys.example.com",)}


def test_severities_are_read(tmp_path: Path) -> None:
    severity = {
        "rules": [{"when": [CONDITION], "severity": "critical"}],
        "words": {"low": ["P4", "minor"], "high": ["P2"]},
    }

    severities = loaded(tmp_path, severity=severity).severity.severities()

    assert severities.by_rule({"labels": {"tier": "1"}}) is Severity.CRITICAL
    assert severities.by_word("p4") is Severity.LOW


@pytest.mark.parametrize(
    ("stated", "path", "word"),
    [
        ({"rules": [{"when": [], "severity": "low"}]}, "severity.rules[0].when", "at least 1"),
        ({"rules": [{"when": [CONDITION], "severity": "P1"}]}, "severity.rules[0].severity", "critical"),
        ({"rules": [{"when": [{**CONDITION, "key": "["}], "severity": "low"}]}, "severity.rules[0].when[0]", "key"),
        ({"words": {"urgent": ["P1"]}}, "severity.words.urgent.[key]", "critical"),
        ({"words": {"low": ["P1"], "high": ["p1"]}}, "severity", "p1"),
        ({"words": {"low": [""]}}, "severity.words.low[0]", "at least 1"),
    ],
)  # fmt: skip
def test_severities_that_make_no_sense(tmp_path: Path, stated: dict[str, Any], path: str, word: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, severity=stated)

    assert [(fault.key, word in fault.reason) for fault in raised.value.faults] == [(path, True)]
